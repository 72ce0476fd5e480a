"""The year's quotas and indicators, and the stored verdict of every lead on each quota."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision


class Quota(Base):
    """One number a year must reach. Without criteria it is an indicator that is only shown."""

    __tablename__ = "quotas"
    __table_args__ = (UniqueConstraint("year", "code"),)

    id: Mapped[pk]
    year: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(60))  # 大项目
    label_en: Mapped[str | None] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(300))
    measure: Mapped[str] = mapped_column(String(32))
    target: Mapped[int] = mapped_column(BigInteger)  # pieces, yuan, US dollars … as `unit` says
    unit: Mapped[str] = mapped_column(String(12))
    modality: Mapped[str] = mapped_column(String(32))
    universe: Mapped[str] = mapped_column(String(30))
    source: Mapped[str] = mapped_column(String(32))
    event: Mapped[str | None] = mapped_column(String(60))
    exclusive_group: Mapped[str | None] = mapped_column(String(30))
    opens: Mapped[date]
    closes: Mapped[date]
    monthly_cutoff_day: Mapped[int] = mapped_column(default=25)
    criteria: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_example: Mapped[bool] = mapped_column(
        default=False
    )  # 示例: from the preset, not yet adopted
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[revision]


class Verdict(Base):
    """What the rule said about a lead, kept current in the transaction that changes a fact.

    The three days are copied from the milestones so that a home page counts without judging.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        UniqueConstraint("quota_id", "lead_id"),
        Index("ix_verdicts_count", "quota_id", "verdict", "period_on"),
        Index("ix_verdicts_lead", "lead_id"),
        Index("ix_verdicts_miss", "quota_id", "verdict", "lacks_yuan"),
    )

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    verdict: Mapped[str] = mapped_column(String(32))
    lacks_yuan: Mapped[int | None] = mapped_column(BigInteger)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    # Counting days, None = the event is not known. `period_on` is the signing's 统计日期.
    period_on: Mapped[date | None]
    registered_on: Mapped[date | None]
    started_on: Mapped[date | None]
    is_pending_event: Mapped[bool] = mapped_column(
        default=False
    )  # a stated event lacks day or papers
    judged_at: Mapped[created]
