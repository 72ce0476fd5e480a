"""Industrial chains (产业链), their segments (环节), and who stands there."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from crm.chains.rules import (
    DEFAULT_WEIGHT,
    LEAST_WEIGHT,
    MOST_WEIGHT,
    ChainKind,
    FitBasis,
    FitState,
    NeedKind,
    PresenceRole,
    SegmentLayout,
    Strength,
    Tier,
)
from crm.core.db import Base, created, pk, ref, revision, text, yuan


class Chain(Base):
    """An industrial chain or a future track. Nobody's official word until `confirmed_on`."""

    __tablename__ = "chains"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[ChainKind] = mapped_column(default=ChainKind.CHAIN)
    anchor: Mapped[text | None]  # what the taxonomy says of parks and anchor firms
    leader_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))  # 链长
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))  # 牵头单位
    position: Mapped[int] = mapped_column(default=0)
    confirmed_on: Mapped[date | None]  # by the task force (专班); until then 非官方
    confirmed_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    retired_on: Mapped[date | None]
    version: Mapped[revision]


class ChainGroup(Base):
    """A group of segments the district promotes as one (链群), with its 链长 and lead bureau."""

    __tablename__ = "chain_groups"

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str | None] = mapped_column(String(120))
    chain_id: Mapped[ref | None] = mapped_column(ForeignKey("chains.id"), index=True)
    leader_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"), index=True)  # 链长
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))  # 牵头单位
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[revision]


class Segment(Base):
    """A link of a chain (环节); a tree of any depth whose parts share the tier of their root.

    `merged_into_id` tells where what stood here went; a retired segment takes nothing new.
    """

    __tablename__ = "segments"
    __table_args__ = (
        CheckConstraint(f"weight BETWEEN {LEAST_WEIGHT} AND {MOST_WEIGHT}", name="weight_in_range"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
    )

    id: Mapped[pk]
    chain_id: Mapped[ref] = mapped_column(ForeignKey("chains.id"), index=True)
    parent_id: Mapped[ref | None] = mapped_column(ForeignKey("segments.id"), index=True)
    group_id: Mapped[ref | None] = mapped_column(ForeignKey("chain_groups.id"), index=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(60))  # without the [group] suffix of the taxonomy
    name_en: Mapped[str | None] = mapped_column(String(120))
    tier: Mapped[Tier | None]
    layout: Mapped[SegmentLayout] = mapped_column(default=SegmentLayout.FOCUS)
    is_key: Mapped[bool] = mapped_column(default=False)  # 关键环节
    weight: Mapped[int] = mapped_column(default=DEFAULT_WEIGHT)
    keywords: Mapped[list[Any] | None] = mapped_column(JSON)
    industry_codes: Mapped[list[Any] | None] = mapped_column(JSON)  # GB/T 4754, codes or prefixes
    examples: Mapped[list[Any] | None] = mapped_column(JSON)
    position: Mapped[int] = mapped_column(default=0)
    retired_on: Mapped[date | None]
    merged_into_id: Mapped[ref | None] = mapped_column(ForeignKey("segments.id"), index=True)
    version: Mapped[revision]


class SegmentLink(Base):
    """What one segment makes feeds another, of the same chain or not (供给 → 需求). No circles."""

    __tablename__ = "segment_links"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id"),
        Index("ix_segment_links_to", "to_id"),
        CheckConstraint("from_id <> to_id", name="leads_elsewhere"),
    )

    id: Mapped[pk]
    from_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    to_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    product: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[revision]


class ChainChange(Base):
    """A change of chains and segments with what takes it back (撤销); see ADR 0027.

    `rows` holds each row before and after: {"table", "id", "before", "after"}, None where there was
    no row. `leads` holds which leads followed: {"ids", "before", "after"}, both as [chain, segment].
    """

    __tablename__ = "chain_changes"

    id: Mapped[pk]
    action: Mapped[str] = mapped_column(String(40))  # as the audit trail names it
    about: Mapped[str] = mapped_column(String(120))  # what was changed, by name
    rows: Mapped[list[Any]] = mapped_column(JSON)
    leads: Mapped[list[Any]] = mapped_column(JSON)
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))


class ChangedChain(Base):
    """A chain that a change touched: its page offers to take the newest one back."""

    __tablename__ = "changed_chains"
    __table_args__ = (Index("ix_changed_chains_chain", "chain_id", "change_id"),)

    change_id: Mapped[ref] = mapped_column(ForeignKey("chain_changes.id"), primary_key=True)
    chain_id: Mapped[ref] = mapped_column(ForeignKey("chains.id"), primary_key=True)


class Presence(Base):
    """A local company at a segment, in its role; the newest check says how fresh the knowledge is."""

    __tablename__ = "presences"
    __table_args__ = (
        Index(
            "uq_presences_standing",
            "enterprise_id",
            "segment_id",
            unique=True,
            sqlite_where=sql("ended_on IS NULL"),
            postgresql_where=sql("ended_on IS NULL"),
        ),
        Index("ix_presences_segment", "segment_id", "ended_on"),
        CheckConstraint("output_yuan IS NULL OR output_yuan >= 0", name="output_not_negative"),
    )

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"), index=True)
    segment_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    role: Mapped[PresenceRole]
    strength: Mapped[Strength] = mapped_column(default=Strength.MEDIUM)
    output_yuan: Mapped[yuan | None]  # a year's output (年产值)
    output_year: Mapped[int | None]
    evidence: Mapped[str | None] = mapped_column(String(300))
    zone_id: Mapped[ref | None] = mapped_column(ForeignKey("zones.id"), index=True)
    since_on: Mapped[date | None]  # None: as far back as anybody knows
    ended_on: Mapped[date | None]
    checked_on: Mapped[date]
    checked_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class AnchorNeed(Base):
    """An entry of an anchor firm's three lists (三张清单): what it needs, and at which segment.

    `partner_id` or `partner_name` is who serves it today, or whom it wishes for.
    """

    __tablename__ = "anchor_needs"
    __table_args__ = (
        Index("ix_anchor_needs_segment", "segment_id", "met_on"),
        CheckConstraint("amount_yuan IS NULL OR amount_yuan >= 0", name="amount_not_negative"),
    )

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"), index=True)
    segment_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    kind: Mapped[NeedKind]
    description: Mapped[str] = mapped_column(String(200))
    partner_id: Mapped[ref | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    partner_name: Mapped[str | None] = mapped_column(String(120))
    amount_yuan: Mapped[yuan | None]  # a year's demand or trade
    noted_on: Mapped[date]
    met_on: Mapped[date | None]  # the day on which it was met here
    created_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class SegmentFit(Base):
    """A company, local or not, that belongs to a segment: suggested by its words, or by a person."""

    __tablename__ = "segment_fits"
    __table_args__ = (
        UniqueConstraint("enterprise_id", "segment_id"),
        Index("ix_segment_fits_segment", "segment_id", "state", "score", "enterprise_id"),
        Index("ix_segment_fits_state", "state", "score", "id"),  # the list of suggestions
        CheckConstraint("score BETWEEN 0 AND 100", name="score_in_range"),
    )

    id: Mapped[pk]
    enterprise_id: Mapped[ref] = mapped_column(ForeignKey("enterprises.id"))
    segment_id: Mapped[ref] = mapped_column(ForeignKey("segments.id"))
    basis: Mapped[FitBasis]
    score: Mapped[int]
    state: Mapped[FitState] = mapped_column(default=FitState.SUGGESTED)
    matched: Mapped[list[Any] | None] = mapped_column(JSON)  # the words and codes it rests on
    decided_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[revision]
