"""What the checkup asks about, and the answers to it."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision, text


class FindingAnswer(Base):
    """What somebody answered to a question of the checkup; the newest answer holds.

    `finding_key` names the facts: when they change, the question is asked anew.
    """

    __tablename__ = "finding_answers"
    __table_args__ = (Index("ix_finding_answers_key", "year", "finding_key", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    finding_key: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(32))
    lead_ids: Mapped[list[Any]] = mapped_column(JSON)
    note: Mapped[text]
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class KeptSettings(Base):
    """Which questions the office asks and under which limits: one row; without it the defaults.

    `limits` holds whole numbers by the names of `LimitName`, `off` codes of `FindingCode`.
    """

    __tablename__ = "checkup_settings"

    id: Mapped[pk]
    limits: Mapped[dict[str, Any]] = mapped_column(JSON)
    off: Mapped[list[Any]] = mapped_column(JSON)
    version: Mapped[revision]
