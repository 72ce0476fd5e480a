"""The append-only audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, text

ON_BEHALF = "代改"  # 原文: the note of an event by which a bureau leader changed another's lead


class AuditEvent(Base):
    """Who did what to which record, when and from where; what it was before and is now."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_subject", "subject_type", "subject_id", "id"),
        Index("ix_audit_events_actor", "actor_id", "id"),
        Index("ix_audit_events_sealed", "sealed_at", "id"),
        Index(
            "ix_audit_events_on_behalf",
            "lead_id",
            "at",
            sqlite_where=sql(f"note = '{ON_BEHALF}'"),
            postgresql_where=sql(f"note = '{ON_BEHALF}'"),
        ),
    )

    id: Mapped[pk]
    at: Mapped[created] = mapped_column(index=True)
    actor_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str | None] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[ref | None]
    lead_id: Mapped[ref | None] = mapped_column(index=True)  # the lead whose history shows it
    department_id: Mapped[ref | None]  # whose unit may read it
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    note: Mapped[text | None]
    sealed_at: Mapped[datetime | None]
    seal: Mapped[str | None] = mapped_column(String(64))


class PastTold(Base):
    """Up to which moment the past was told (an export, a closed period). The one row of its table:
    whatever is recorded later bears a later moment."""

    __tablename__ = "past_told"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[pk]
    until: Mapped[datetime]
