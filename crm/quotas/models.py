"""The year's quotas and indicators, and the stored verdict of every lead on each quota."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision
from crm.quotas.rules import Outcome


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
    frozen_at: Mapped[datetime | None]  # 封账: from then on its verdicts stay as they are
    version: Mapped[revision]


class _Judged:
    """What judging says of a lead on a quota; the columns are those of `Verdict`."""

    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    verdict: Mapped[Outcome]
    branch: Mapped[int | None]  # the alternative of the criteria that decided
    lacks_yuan: Mapped[int | None] = mapped_column(BigInteger)  # where an amount alone is missing
    is_near_miss: Mapped[bool] = mapped_column(default=False)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    signed_from: Mapped[date | None]
    registered_from: Mapped[date | None]
    started_from: Mapped[date | None]
    is_signed_pending: Mapped[bool] = mapped_column(default=False)
    is_registered_pending: Mapped[bool] = mapped_column(default=False)
    is_started_pending: Mapped[bool] = mapped_column(default=False)


class Verdict(_Judged, Base):
    """What the rule said about a lead, kept current in the transaction that changes a fact.

    A lead stands in 已签约 from the day `signed_from` on, in 已注册 from `registered_from`, in
    已开工 from `started_from` (empty: not in that number), so that a home page counts by comparing
    days and never judges. Each number has its own flag for 待补佐证.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        UniqueConstraint("quota_id", "lead_id"),
        Index(
            "ix_verdicts_signed",
            "quota_id",
            "signed_from",
            "lead_id",
            sqlite_where=text("signed_from IS NOT NULL"),
            postgresql_where=text("signed_from IS NOT NULL"),
        ),
        Index("ix_verdicts_lead", "lead_id"),
        Index(
            "ix_verdicts_near",
            "quota_id",
            "lacks_yuan",
            "lead_id",
            sqlite_where=text("is_near_miss = 1"),
            postgresql_where=text("is_near_miss"),
        ),
        Index(
            "ix_verdicts_pending",
            "quota_id",
            "signed_from",
            "lead_id",
            sqlite_where=text("is_signed_pending = 1"),
            postgresql_where=text("is_signed_pending"),
        ),
        Index("ix_verdicts_outcome", "quota_id", "verdict", "lead_id"),
    )

    id: Mapped[pk]
    judged_at: Mapped[created]  # known since: a judging that says the same does not touch it


class SupersededVerdict(_Judged, Base):
    """What `verdicts` said from `judged_at` until `replaced_at`: the numbers of any day as known then."""

    __tablename__ = "superseded_verdicts"
    __table_args__ = (
        Index("ix_superseded_verdicts_quota", "quota_id", "replaced_at"),
        Index("ix_superseded_verdicts_lead", "lead_id", "replaced_at"),
    )

    id: Mapped[pk]
    judged_at: Mapped[datetime]
    replaced_at: Mapped[datetime]
