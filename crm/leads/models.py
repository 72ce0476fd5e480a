"""The lead (线索, from signing on 项目), its figures, milestones, activities and papers."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Department, User
from crm.chains.models import Chain, Segment
from crm.core.db import Base, created, pk, ref, revision, text, yuan
from crm.enterprises.models import Enterprise
from crm.leads.rules import (
    IN_TALKS,
    OPEN_STAGES,
    ActivityKind,
    AgreementType,
    AttachmentKind,
    Basis,
    ChainMove,
    ChainRole,
    Confidence,
    Exclusion,
    FigureKind,
    FigureSource,
    HeadquartersType,
    MembershipKind,
    MilestoneKind,
    Nature,
    OffRampReason,
    Origin,
    Path,
    PromotionMode,
    Qualifier,
    Stage,
    StageSource,
    Tier,
)
from crm.leads.rules.filters import NEEDS_NEXT_ACTION
from crm.leads.rules.stages import FROM_SIGNING
from crm.places.models import Carrier, Street, Zone


def _stage_among(stages: Iterable[Stage]) -> str:
    codes = ", ".join(f"'{stage.value}'" for stage in stages)
    return f"stage IN ({codes})"


def _partly(name: str, condition: str, *columns: str) -> Index:
    """An index over those leads alone that meet the condition, on both databases."""
    return Index(name, *columns, sqlite_where=sql(condition), postgresql_where=sql(condition))


_OPEN = _stage_among(OPEN_STAGES)
_IN_TALKS = _stage_among(IN_TALKS)
_SEEN = ("id", "is_sensitive", "department_id")  # what `may_see` asks of an owner's lead
_SEEN_UNIT = ("id", "is_sensitive", "owner_id")  # and of a unit's lead
_BOOKED = ("signing_slips", "signing_slip_days", "confidence", "confidence_on", "is_sensitive")
_LANDED = _stage_among(FROM_SIGNING[1:])
_NO_NEXT = f"next_action_on IS NULL AND {_stage_among(NEEDS_NEXT_ACTION)}"


class Lead(Base):
    """One prospective investment from first tip to production."""

    __tablename__ = "leads"
    __table_args__ = (
        # The default order of the list, and the orders people sort by; id makes each one total.
        Index("ix_leads_progress", "last_progress_on", "id"),
        Index("ix_leads_investment", "investment_yuan", "id"),
        Index("ix_leads_due", "next_action_on", "id"),
        Index("ix_leads_department", "department_id", "last_progress_on", "id"),
        Index("ix_leads_owner", "owner_id", "next_action_on", "id"),
        Index("ix_leads_stage", "stage", "last_progress_on", "id"),
        Index("ix_leads_title_key", "title_key"),
        # A chain's leads by amount; the last two columns let their number be counted here.
        Index("ix_leads_chain", "chain_id", "investment_yuan", "id", "stage", "is_sensitive"),
        # Who stands at which segment, or at none of a chain, counted in the index alone.
        Index("ix_leads_segment", "segment_id", "stage", "chain_id", "is_sensitive"),
        # What a company's leads say of it, and those of a company by which a lead is ranked.
        Index("ix_leads_investor", "investor_id", "stage", "stage_since"),
        _partly(
            "ix_leads_list_enterprise",
            "list_enterprise_id IS NOT NULL",
            "list_enterprise_id",
            "stage",
            "stage_since",
        ),
        _partly("ix_leads_referred", "referrer IS NOT NULL", "investor_id"),
        # Whose the registered leads of a segment are, read in the index alone.
        _partly(
            "ix_leads_landed_entity",
            f"{_LANDED} AND legal_entity_id IS NOT NULL",
            "legal_entity_id",
            "segment_id",
            "stage_since",
            "id",
        ),
        _partly(
            "ix_leads_landed_investor",
            f"{_LANDED} AND legal_entity_id IS NULL",
            "investor_id",
            "segment_id",
            "stage_since",
            "id",
        ),
        # What counts a lead's milestones by month and chain, read in the index alone.
        Index("ix_leads_events", "id", "path", "chain_id", "chain_role", "land_mu"),
        # The numbers of the homes. With the columns `may_see` asks for they are counted in the
        # index alone.
        Index("ix_leads_pipeline", "stage", "is_sensitive", "investment_yuan", "id"),
        _partly("ix_leads_quiet", _IN_TALKS, "last_progress_on", "id", "is_sensitive"),
        _partly("ix_leads_no_next", _NO_NEXT, "last_progress_on", "id", "is_sensitive"),
        _partly("ix_leads_due_open", _OPEN, "next_action_on", "id", "is_sensitive"),
        _partly("ix_leads_owner_quiet", _IN_TALKS, "owner_id", "last_progress_on", *_SEEN),
        _partly("ix_leads_owner_no_next", _NO_NEXT, "owner_id", "last_progress_on", *_SEEN),
        _partly("ix_leads_owner_due", _OPEN, "owner_id", "next_action_on", *_SEEN),
        _partly("ix_leads_unit_quiet", _IN_TALKS, "department_id", "last_progress_on", *_SEEN_UNIT),
        _partly(
            "ix_leads_unit_no_next", _NO_NEXT, "department_id", "last_progress_on", *_SEEN_UNIT
        ),
        _partly("ix_leads_unit_due", _OPEN, "department_id", "next_action_on", *_SEEN_UNIT),
        _partly(
            "ix_leads_unit_pipeline",
            _OPEN,
            "department_id",
            "stage",
            "investment_yuan",
            *_SEEN_UNIT,
        ),
        # The leads that may be sure or hoped for (三本账): few have an expected signing day.
        _partly(
            "ix_leads_expected",
            f"{_IN_TALKS} AND expected_sign_on IS NOT NULL",
            "expected_sign_on",
            "id",
            "stage",
            *_BOOKED,
        ),
        # All that the rule of the three books asks of a lead in talks.
        _partly(
            "ix_leads_books",
            _IN_TALKS,
            "id",
            "stage",
            "expected_sign_on",
            *_BOOKED,
        ),
        CheckConstraint(
            "investment_yuan IS NULL OR investment_yuan >= 0", name="investment_positive"
        ),
    )

    id: Mapped[pk]
    receipt_number: Mapped[str | None] = mapped_column(String(24), unique=True)  # 报备回执
    title: Mapped[str] = mapped_column(String(120))
    title_key: Mapped[str] = mapped_column(String(120), default="")
    search_text: Mapped[text] = mapped_column(default="")

    investor_id: Mapped[ref | None] = mapped_column(ForeignKey("enterprises.id"))
    investor_is_unknown: Mapped[bool] = mapped_column(default=False)
    investor_category: Mapped[str | None] = mapped_column(String(60))  # the bureau's word, no proof
    list_enterprise_id: Mapped[ref | None] = mapped_column(ForeignKey("enterprises.id"))
    list_shareholding: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # percent held by it
    legal_entity_id: Mapped[ref | None] = mapped_column(
        ForeignKey("enterprises.id"), index=True
    )  # registered here
    contract_lead_id: Mapped[ref | None] = mapped_column(ForeignKey("leads.id"), index=True)

    description: Mapped[text | None]  # 建设内容及规模
    chain_id: Mapped[ref | None] = mapped_column(ForeignKey("chains.id"))
    segment_id: Mapped[ref | None] = mapped_column(ForeignKey("segments.id"))
    chain_move: Mapped[ChainMove | None]
    chain_role: Mapped[ChainRole | None]
    industry_code: Mapped[str | None] = mapped_column(String(6))
    zone_id: Mapped[ref | None] = mapped_column(ForeignKey("zones.id"))
    carrier_id: Mapped[ref | None] = mapped_column(ForeignKey("carriers.id"))
    street_id: Mapped[ref | None] = mapped_column(ForeignKey("streets.id"))
    site: Mapped[str | None] = mapped_column(String(120))  # 拟选址, as written
    land_mu: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    floor_area_m2: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))

    owner_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    sponsor_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"), index=True)  # 包挂领导
    first_talk_department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    source: Mapped[str | None] = mapped_column(String(60))  # 信息来源
    referrer: Mapped[str | None] = mapped_column(String(60))  # 引荐人
    is_sensitive: Mapped[bool] = mapped_column(default=False)

    stage: Mapped[Stage] = mapped_column(default=Stage.LEAD)
    stage_since: Mapped[date]
    stage_source: Mapped[StageSource] = mapped_column(default=StageSource.PERSON)
    stage_before_off_ramp: Mapped[Stage | None]
    off_ramp_reason: Mapped[OffRampReason | None]
    transferred_to: Mapped[str | None] = mapped_column(String(60))
    path: Mapped[Path | None]
    first_contact_on: Mapped[date | None]
    expected_sign_on: Mapped[date | None]
    expected_landing_on: Mapped[date | None]  # 预计落地: registered here
    # 推迟次数 and days, by all of signing_day_changes; written with each change of the day alone.
    signing_slips: Mapped[int] = mapped_column(default=0, server_default="0")
    signing_slip_days: Mapped[int] = mapped_column(default=0, server_default="0")
    last_progress_on: Mapped[date]
    next_action: Mapped[str | None] = mapped_column(String(200))
    next_action_on: Mapped[date | None]
    screening_result: Mapped[str | None] = mapped_column(String(60))  # 初步研判
    screened_on: Mapped[date | None]
    review_result: Mapped[str | None] = mapped_column(String(60))
    reviewed_on: Mapped[date | None]
    agreement_type: Mapped[AgreementType | None]
    is_days_order_confirmed: Mapped[bool] = mapped_column(
        default=False
    )  # signed before first contact

    is_physical: Mapped[bool | None] = mapped_column(Boolean)
    is_headquarters: Mapped[bool | None] = mapped_column(Boolean)
    headquarters_type: Mapped[HeadquartersType | None]
    nature: Mapped[Nature | None]
    origin: Mapped[Origin | None]
    promotion_mode: Mapped[PromotionMode | None]
    tier: Mapped[Tier | None]
    confidence: Mapped[Confidence | None]
    confidence_on: Mapped[date | None]  # the day it was stated
    stats_place: Mapped[str | None] = mapped_column(String(60))
    tax_place: Mapped[str | None] = mapped_column(String(60))
    registered_place: Mapped[str | None] = mapped_column(String(60))
    landing_address: Mapped[str | None] = mapped_column(String(120))
    exclusion: Mapped[Exclusion | None]
    exclusion_note: Mapped[str | None] = mapped_column(String(200))
    suggests: Mapped[str | None] = mapped_column(String(120))  # hints of a ledger, comma-separated

    latest_progress: Mapped[text | None]
    problems: Mapped[text | None]
    coordination: Mapped[text | None]
    remark: Mapped[text | None]

    # What the list sorts and shows; written by figures' service from the figures, never by a form.
    investment_yuan: Mapped[yuan | None]
    investment_text: Mapped[str | None] = mapped_column(String(60))

    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]

    investor: Mapped[Enterprise | None] = relationship(lazy="raise", foreign_keys=[investor_id])
    list_enterprise: Mapped[Enterprise | None] = relationship(
        lazy="raise", foreign_keys=[list_enterprise_id]
    )
    legal_entity: Mapped[Enterprise | None] = relationship(
        lazy="raise", foreign_keys=[legal_entity_id]
    )
    chain: Mapped[Chain | None] = relationship(lazy="raise")
    segment: Mapped[Segment | None] = relationship(lazy="raise")
    zone: Mapped[Zone | None] = relationship(lazy="raise")
    carrier: Mapped[Carrier | None] = relationship(lazy="raise")
    street: Mapped[Street | None] = relationship(lazy="raise")
    owner: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[owner_id])
    sponsor: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[sponsor_id])
    department: Mapped[Department | None] = relationship(lazy="raise", foreign_keys=[department_id])
    first_talk_department: Mapped[Department | None] = relationship(
        lazy="raise", foreign_keys=[first_talk_department_id]
    )


def among(stages: Iterable[Stage]) -> ColumnElement[bool]:
    """Leads at one of the stages, the codes written out: so alone both databases see that an index
    over these stages has all of them."""
    return Lead.stage.in_([literal_column(f"'{stage.value}'") for stage in stages])


class LeadMember(Base):
    """People beside the owner: co-owners, and the named list of a sensitive lead."""

    __tablename__ = "lead_members"
    __table_args__ = (UniqueConstraint("lead_id", "user_id", "kind"),)

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    user_id: Mapped[ref] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[MembershipKind]


class Milestone(Base):
    """A dated event on the lead's path. Stated by an import it may lack its day or papers."""

    __tablename__ = "milestones"
    __table_args__ = (
        UniqueConstraint("lead_id", "kind"),
        # Who reached an event when, counted in the index alone.
        Index("ix_milestones_kind", "kind", "happened_on", "known_on", "lead_id"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[MilestoneKind]
    happened_on: Mapped[date | None]
    statistics_on: Mapped[date | None]  # 统计日期; empty means the event day
    known_on: Mapped[date]  # the day we learned of it
    document: Mapped[str | None] = mapped_column(String(200))  # permit no., certificate no. …
    attachment_id: Mapped[ref | None] = mapped_column(ForeignKey("attachments.id"))
    source: Mapped[StageSource] = mapped_column(default=StageSource.PERSON)
    recorded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]


class StageChange(Base):
    """Every move of a lead, forward or back, with its event day and reason."""

    __tablename__ = "stage_changes"
    __table_args__ = (Index("ix_stage_changes_lead", "lead_id", "id"),)

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    from_stage: Mapped[Stage | None]
    to_stage: Mapped[Stage]
    happened_on: Mapped[date]
    statistics_on: Mapped[date | None]
    reason: Mapped[text | None]
    source: Mapped[StageSource] = mapped_column(default=StageSource.PERSON)
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class SigningDayChange(Base):
    """Every change of a lead's expected signing day, the first statement included."""

    __tablename__ = "signing_day_changes"
    __table_args__ = (Index("ix_signing_day_changes_lead", "lead_id", "id"),)

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    before: Mapped[date | None]
    after: Mapped[date | None]
    changed_on: Mapped[date]
    source: Mapped[StageSource] = mapped_column(default=StageSource.PERSON)
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class Figure(Base):
    """An amount as a dated fact: talk, agreement, filing or statistics. Rows are never overwritten."""

    __tablename__ = "figures"
    __table_args__ = (
        Index("ix_figures_lead", "lead_id", "kind", "as_of", "id"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    kind: Mapped[FigureKind]
    source: Mapped[FigureSource]
    as_of: Mapped[date]
    stated_text: Mapped[str] = mapped_column(String(60))  # as typed
    amount: Mapped[yuan]  # whole units of `currency`; the lower bound of a range
    upper: Mapped[yuan | None]
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    qualifier: Mapped[Qualifier | None]
    basis: Mapped[Basis | None]  # headquarters' revenue: committed or actual
    document: Mapped[str | None] = mapped_column(String(200))
    attachment_id: Mapped[ref | None] = mapped_column(ForeignKey("attachments.id"))
    is_withdrawn: Mapped[bool] = mapped_column(
        default=False
    )  # entered by mistake; kept, not judged
    recorded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]


class ExchangeRate(Base):
    """CNY per one unit of a foreign currency on a day (中间价), entered or imported by hand."""

    __tablename__ = "exchange_rates"
    __table_args__ = (UniqueConstraint("currency", "quoted_on"),)

    id: Mapped[pk]
    currency: Mapped[str] = mapped_column(String(3))
    quoted_on: Mapped[date]
    cny_per_unit: Mapped[Decimal] = mapped_column(Numeric(12, 6))


class Activity(Base):
    """A call, visit, reception, meeting or document; on a lead or on a company without one."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_lead", "lead_id", "happened_on", "id"),
        Index("ix_activities_enterprise", "enterprise_id", "happened_on", "id"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref | None] = mapped_column(ForeignKey("leads.id"))
    enterprise_id: Mapped[ref | None] = mapped_column(ForeignKey("enterprises.id"))
    kind: Mapped[ActivityKind]
    happened_on: Mapped[date]
    summary: Mapped[text]
    contact_name: Mapped[str | None] = mapped_column(String(60))
    is_substantive: Mapped[bool] = mapped_column(default=False)
    returned_on: Mapped[date | None]  # of a trip (外出招商), which owes a report; empty: none
    reported_on: Mapped[date | None]  # 外出招商报告 handed in
    next_action: Mapped[str | None] = mapped_column(String(200))
    next_action_on: Mapped[date | None]
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class AgreedDate(Base):
    """A day the contract or the parties have set: an instalment, a land auction, a handover."""

    __tablename__ = "agreed_dates"
    __table_args__ = (
        Index("ix_agreed_dates_lead", "lead_id", "due_on"),
        Index("ix_agreed_dates_open", "done_on", "due_on"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    title: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    document: Mapped[str | None] = mapped_column(String(200))
    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class Attachment(Base):
    """A file of a lead. It lies outside the web root under a random name."""

    __tablename__ = "attachments"

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"), index=True)
    kind: Mapped[AttachmentKind]
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(64), unique=True)
    is_removed: Mapped[bool] = mapped_column(default=False)
    uploaded_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime]
