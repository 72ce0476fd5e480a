"""How the office judges coverage, and which companies it does not want to be shown for a while."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, pk, ref, revision


class KeptCoverageSettings(Base):
    """Thresholds of a segment's status and weights of targets: one row; without it the defaults.

    `numbers` holds whole numbers by the names of `crm.coverage.rules.settings`.
    """

    __tablename__ = "coverage_settings"

    id: Mapped[pk]
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[revision]


class TargetDismissal(Base):
    """A company not to be shown among the targets of a segment until a day, and why."""

    __tablename__ = "target_dismissals"
    __table_args__ = (Index("ix_target_dismissals_segment", "segment_id", "until_on"),)

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"), index=True)
    segment_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    reason: Mapped[str] = mapped_column(String(200))
    until_on: Mapped[date]  # shown again from this day
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[revision]
