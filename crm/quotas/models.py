"""The year's quotas and indicators, and the stored verdict of every lead on each quota."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core.db import Base, created, pk, ref, revision
from crm.leads.rules.filters import CountedEvent
from crm.quotas.rules import Among, Curve, Effect, Outcome, Rounding, YearSection


class Quota(Base):
    """One number a year must reach. Without criteria it is an indicator and judges no leads."""

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
    rounding: Mapped[Rounding] = mapped_column(default=Rounding.HALF_UP)  # of 应达
    curve: Mapped[Curve] = mapped_column(default=Curve.STRAIGHT)  # of 应达 between the nodes
    field: Mapped[str | None] = mapped_column(String(40))  # which figure a sum adds up
    chain_codes: Mapped[list[str] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # where only these chains count
    role: Mapped[str | None] = mapped_column(String(30))  # the firms' role on the chain: supplier
    named: Mapped[list[str] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # projects and firms named in the report
    criteria: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_example: Mapped[bool] = mapped_column(
        default=False
    )  # 示例: from the preset, not yet adopted
    position: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[datetime | None]  # 封账: from then on its verdicts stay as they are
    version: Mapped[revision]

    # Without its nodes nobody can say what is due, and every page says it.
    nodes: Mapped[list["QuotaNode"]] = relationship(
        lazy="selectin", order_by="QuotaNode.due_on", cascade="all, delete-orphan"
    )


class QuotaOwner(Base):
    """责任单位: the department that answers for a quota or indicator, and reports its figures.

    A table of its own, because SQLite cannot take a referring column back out of `quotas`.
    """

    __tablename__ = "quota_owners"

    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"), primary_key=True)
    department_id: Mapped[ref] = mapped_column(ForeignKey("departments.id"))


class QuotaNode(Base):
    """节点: the cumulative number that is due at the end of a day, set by a bureau leader."""

    __tablename__ = "quota_nodes"
    __table_args__ = (UniqueConstraint("quota_id", "due_on"),)

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    due_on: Mapped[date]
    count: Mapped[int] = mapped_column(BigInteger)  # in the quota's unit


class ReportedFigure(Base):
    """部门报数: an official cumulative figure of a month, with its paper.

    A correction is a further row with the next number; the row with the highest number holds.
    """

    __tablename__ = "reported_figures"
    __table_args__ = (UniqueConstraint("quota_id", "month", "number"),)

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    month: Mapped[date]  # its first day
    number: Mapped[int] = mapped_column(default=1)
    value: Mapped[Decimal] = mapped_column(Numeric(18, 2))  # since the period opened
    stated_text: Mapped[str] = mapped_column(String(60))
    as_of: Mapped[date]
    document: Mapped[str] = mapped_column(String(120))  # its number, or the name of the file
    last_year_value: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))  # 上年同期
    last_year_text: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(String(200))  # why it was corrected
    recorded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]


class Division(Base):
    """分解: how a year's quotas are divided among units, or among leaders, on which paper.

    The shares are rows of `quota_shares`; this row carries their common version.
    """

    __tablename__ = "quota_divisions"
    __table_args__ = (UniqueConstraint("year", "among"),)

    id: Mapped[pk]
    year: Mapped[int]
    among: Mapped[Among]
    document_number: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[revision]


class QuotaShare(Base):
    """What of a quota's target one unit, or one leader, answers for, in the quota's unit."""

    __tablename__ = "quota_shares"
    __table_args__ = (
        UniqueConstraint("quota_id", "department_id"),
        UniqueConstraint("quota_id", "sponsor_id"),
        CheckConstraint("(department_id IS NULL) <> (sponsor_id IS NULL)", name="one_holder"),
        CheckConstraint("target > 0", name="target_is_positive"),
    )

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    sponsor_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    target: Mapped[int] = mapped_column(BigInteger)


class PastFigure(Base):
    """上年同期, typed from a paper: a number of a quota by the end of a month of the year before.

    Cumulative since that year began; of the whole district, or of one unit.
    """

    __tablename__ = "past_figures"
    __table_args__ = (
        UniqueConstraint("quota_id", "event", "department_id", "month"),
        # Several empty values are no repetition to the constraint above.
        Index(
            "uq_past_figures_district",
            "quota_id",
            "event",
            "month",
            unique=True,
            sqlite_where=text("department_id IS NULL"),
            postgresql_where=text("department_id IS NULL"),
        ),
    )

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))  # of this year
    event: Mapped[CountedEvent]
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    month: Mapped[date]  # its first day, in the year before
    value: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[str] = mapped_column(String(120))
    recorded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]


class RankingSwitch(Base):
    """排名: whether the tables of a year may be sorted by 完成率. Without a row it is off."""

    __tablename__ = "ranking_switches"

    id: Mapped[pk]
    year: Mapped[int] = mapped_column(unique=True)
    is_on: Mapped[bool] = mapped_column(default=False)
    version: Mapped[revision]


class YearFigure(Base):
    """What the year's report says beside the indicators: shown, never computed or added up.

    `section` says of what: growth rates, figures of an earlier year, one of the three overlapping
    dimensions of the key projects, or a name of the year's plan.
    """

    __tablename__ = "year_figures"
    __table_args__ = (UniqueConstraint("year", "section", "position"),)

    id: Mapped[pk]
    year: Mapped[int]
    section: Mapped[YearSection]
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    zone: Mapped[str | None] = mapped_column(String(60))
    of_year: Mapped[int | None]  # where it is a figure of another year
    count: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int | None] = mapped_column(BigInteger)  # in `unit`
    unit: Mapped[str | None] = mapped_column(String(12))
    percent: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    modality: Mapped[str | None] = mapped_column(String(32))
    named: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class CriteriaVersion(Base):
    """One wording of a quota's criteria: a draft, or published and signed, from then on unchanged.

    `quotas.criteria` and `quotas.event` are a copy of the version in force. A quota has one draft at
    most: it takes the next number.
    """

    __tablename__ = "criteria_versions"
    __table_args__ = (
        UniqueConstraint("quota_id", "number"),
        UniqueConstraint("quota_id", "in_force_from"),
    )

    id: Mapped[pk]
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    number: Mapped[int]
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    event: Mapped[str | None] = mapped_column(String(60))
    started_at: Mapped[created]
    started_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None]  # empty: a draft
    published_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    in_force_from: Mapped[date | None]
    document_number: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[revision]


class CriteriaWithdrawal(Base):
    """撤回: a published version taken back before its day came. It keeps its number and signature, its
    day stands here, so that another version may begin on it."""

    __tablename__ = "criteria_withdrawals"

    version_id: Mapped[ref] = mapped_column(ForeignKey("criteria_versions.id"), primary_key=True)
    planned_from: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    withdrawn_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[created]


class CriteriaJudging(Base):
    """All leads of a quota judged by a version that does not hold yet: on trial, or on its way into force.

    The worker fills `staged_verdicts` in chunks; every lead of the quota without a row there is
    still to be judged. `quota_id` is the version's own quota, or the same one of the year before.
    """

    __tablename__ = "criteria_judgings"
    __table_args__ = (UniqueConstraint("version_id", "quota_id"),)

    id: Mapped[pk]
    version_id: Mapped[ref] = mapped_column(ForeignKey("criteria_versions.id"))
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    asked_at: Mapped[created]
    reached: Mapped[ref] = mapped_column(default=0)  # leads up to this id were judged once
    in_force_at: Mapped[datetime | None]  # when the stored verdicts became those of the version


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
            # With the columns after the third a year's numbers are counted in the index alone.
            "ix_verdicts_signed",
            "quota_id",
            "signed_from",
            "lead_id",
            "registered_from",
            "started_from",
            "is_signed_pending",
            "is_registered_pending",
            "is_started_pending",
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
        # The leads that could count (三本账), lead by lead; asked for with `could_count`.
        Index(
            "ix_verdicts_could_count",
            "lead_id",
            "quota_id",
            "verdict",
            sqlite_where=text("verdict <> 'no' OR is_near_miss = 1"),
            postgresql_where=text("verdict <> 'no' OR is_near_miss"),
        ),
    )

    id: Mapped[pk]
    judged_at: Mapped[created]  # known since: a judging that says the same does not touch it


def could_count() -> ColumnElement[bool]:
    """Whether a lead counts, might or nearly does, in the words of the index."""
    return (Verdict.verdict != literal_column("'no'")) | Verdict.is_near_miss


class StagedVerdict(_Judged, Base):
    """What a version not yet in force says of a lead. A changed lead loses its row and is judged again.

    `effect` tells what becomes of the stored verdict; where it stays, `reasons` are left out.
    `was` is the judgement by the present criteria where the outcome would flip.
    """

    __tablename__ = "staged_verdicts"
    __table_args__ = (
        UniqueConstraint("judging_id", "lead_id"),
        Index("ix_staged_verdicts_lead", "lead_id"),
        Index(
            "ix_staged_verdicts_flips",
            "judging_id",
            "lead_id",
            sqlite_where=text("is_flip = 1"),
            postgresql_where=text("is_flip"),
        ),
    )

    id: Mapped[pk]
    judging_id: Mapped[ref] = mapped_column(ForeignKey("criteria_judgings.id"))
    effect: Mapped[Effect]
    is_flip: Mapped[bool] = mapped_column(default=False)
    was: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


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
