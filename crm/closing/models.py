"""Closed periods with everything frozen in them, corrections beside them, and exports handed in.

Rows of this module are added and never changed.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from crm.closing.rules import CorrectionKind, Number
from crm.core.db import Base, created, pk, ref, text, yuan
from crm.leads.rules import Basis, FigureKind, FigureSource, MilestoneKind, Qualifier
from crm.quotas.rules import Outcome


class ClosedPeriod(Base):
    """封账: a month of a year (0: the whole year) whose numbers stand as they were when it was closed."""

    __tablename__ = "closed_periods"
    __table_args__ = (
        UniqueConstraint("year", "month"),
        CheckConstraint("month BETWEEN 0 AND 12", name="month_of_year"),
    )

    id: Mapped[pk]
    year: Mapped[int]
    month: Mapped[int]
    closes_on: Mapped[date]  # the cut-off: what is dated later belongs to the next period
    closed_at: Mapped[created]  # what was known by then is frozen
    closed_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    overlap: Mapped[int]  # 重叠
    distinct_total: Mapped[int]  # 去重合计
    note: Mapped[text | None]


class ClosedQuota(Base):
    """The terms and numbers of a quota when its period was closed."""

    __tablename__ = "closed_quotas"
    __table_args__ = (UniqueConstraint("period_id", "quota_id"),)

    id: Mapped[pk]
    period_id: Mapped[ref] = mapped_column(ForeignKey("closed_periods.id"))
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(60))
    label_en: Mapped[str | None] = mapped_column(String(120))
    target: Mapped[int] = mapped_column(BigInteger)
    due: Mapped[int] = mapped_column(BigInteger)
    modality: Mapped[str] = mapped_column(String(32))
    event: Mapped[str] = mapped_column(String(60))
    opens: Mapped[date]
    closes: Mapped[date]
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    nodes: Mapped[list[Any]] = mapped_column(JSON)  # [["2026-06-30", 5], …]
    signed: Mapped[int]
    registered: Mapped[int]
    started: Mapped[int]
    recognised: Mapped[dict[str, Any]] = mapped_column(JSON)  # level -> ids of the leads approved


class ClosedVerdict(Base):
    """The verdict on a lead that stood in a number of a closed quota."""

    __tablename__ = "closed_verdicts"
    __table_args__ = (UniqueConstraint("closed_quota_id", "lead_id"),)

    id: Mapped[pk]
    closed_quota_id: Mapped[ref] = mapped_column(ForeignKey("closed_quotas.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    title: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[Outcome]
    branch: Mapped[int | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    signed_from: Mapped[date | None]
    registered_from: Mapped[date | None]
    started_from: Mapped[date | None]
    is_signed_pending: Mapped[bool]
    is_registered_pending: Mapped[bool]
    is_started_pending: Mapped[bool]


class ClosedFigure(Base):
    """An amount of a lead behind a closed number, with its source and paper."""

    __tablename__ = "closed_figures"
    __table_args__ = (Index("ix_closed_figures_lead", "period_id", "lead_id", "id"),)

    id: Mapped[pk]
    period_id: Mapped[ref] = mapped_column(ForeignKey("closed_periods.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[FigureKind]
    source: Mapped[FigureSource]
    as_of: Mapped[date]
    stated_text: Mapped[str] = mapped_column(String(60))
    amount: Mapped[yuan]  # whole units of `currency`
    upper: Mapped[yuan | None]
    currency: Mapped[str] = mapped_column(String(3))
    qualifier: Mapped[Qualifier | None]
    basis: Mapped[Basis | None]
    document: Mapped[str | None] = mapped_column(String(260))


class ClosedMilestone(Base):
    """A dated event of a lead behind a closed number, with its paper."""

    __tablename__ = "closed_milestones"
    __table_args__ = (UniqueConstraint("period_id", "lead_id", "kind"),)

    id: Mapped[pk]
    period_id: Mapped[ref] = mapped_column(ForeignKey("closed_periods.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[MilestoneKind]
    happened_on: Mapped[date | None]
    statistics_on: Mapped[date | None]
    document: Mapped[str | None] = mapped_column(String(260))


class ClosingCorrection(Base):
    """更正: a signed entry beside a frozen number, never over it."""

    __tablename__ = "closing_corrections"
    __table_args__ = (
        Index("ix_closing_corrections_quota", "closed_quota_id", "id"),
        CheckConstraint("(kind = 'value') = (value_yuan IS NOT NULL)", name="value_of_kind"),
    )

    id: Mapped[pk]
    closed_quota_id: Mapped[ref] = mapped_column(ForeignKey("closed_quotas.id"))
    number: Mapped[Number]
    kind: Mapped[CorrectionKind]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    value_yuan: Mapped[yuan | None]
    document_number: Mapped[str] = mapped_column(String(100))
    reason: Mapped[text]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class StandingExport(Base):
    """A day's standing as it was handed in: who took it when, and exactly what it said."""

    __tablename__ = "standing_exports"
    __table_args__ = (Index("ix_standing_exports_year", "year", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    as_of: Mapped[date]  # facts dated up to this day
    known_at: Mapped[datetime]  # as they were known at this moment
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of the content
    taken_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[created]
