"""Reading which local firms stand where, and what the anchor firms need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.chains.models import AnchorNeed, Chain, Presence, Segment
from crm.chains.rules import PresenceRole
from crm.chains.rules.presence import (
    STALE_AFTER_DAYS,
    FirmState,
    PresenceFault,
    output_by_year,
    stale_before,
)
from crm.core import search
from crm.core.bulk import among, chunked
from crm.core.db import db
from crm.core.lists import Order, Page, capped_count, keyset_page
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import search_text
from crm.places.models import Zone

LONGEST_CHECKED_FIRST = Order(
    "checked", Presence.checked_on, False, date.fromisoformat, is_nullable=False
)
LARGEST_OUTPUT_FIRST = Order("output", Presence.output_yuan, True)
ORDERS = {order.name: order for order in (LONGEST_CHECKED_FIRST, LARGEST_OUTPUT_FIRST)}
Partner = aliased(Enterprise)


@dataclass(frozen=True, slots=True)
class FirmFilter:
    """What the list of local firms is narrowed to. A segment means all below it as well."""

    text: str | None = None
    chain_id: int | None = None
    segment_id: int | None = None
    role: PresenceRole | None = None
    zone_id: int | None = None
    state: FirmState = FirmState.STANDING


def segment_words(segment_id: int | None) -> str | None:
    """A segment with its chain as the trail keeps it: 新型功能材料 · 正极材料."""
    return words_of_segments([segment_id]).get(segment_id) if segment_id is not None else None


def words_of_segments(segment_ids: Collection[int]) -> dict[int, str]:
    """The same of several, by their ids."""
    rows = db.session.execute(
        select(Segment.id, Chain.name, Segment.name.label("segment"))
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Segment.id.in_(segment_ids))
    )
    return {row.id: f"{row.name} · {row.segment}" for row in rows}


def segment_fault(segment_id: int) -> PresenceFault | None:
    """Why nothing new may stand at a segment; None where it may."""
    row = db.session.execute(
        select(Segment.retired_on).where(Segment.id == segment_id)
    ).one_or_none()
    if row is None:
        return PresenceFault.NO_SUCH_SEGMENT
    return PresenceFault.RETIRED_SEGMENT if row.retired_on else None


def zone_words(zone_id: int | None) -> str | None:
    """The name of a cluster area as the trail keeps it."""
    return db.session.scalar(select(Zone.name).where(Zone.id == zone_id)) if zone_id else None


def segments_in_use(and_this: int | None = None) -> Sequence[Any]:
    """(id, code, name, name_en, chain_id, chain, chain_en) of what is not retired, chain by chain.

    `and_this` stays on offer although it is retired: a record keeps the segment it has.
    """
    return db.session.execute(
        select(
            Segment.id,
            Segment.code,
            Segment.name,
            Segment.name_en,
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
        )
        .join(Chain, Chain.id == Segment.chain_id)
        .where(or_(Segment.retired_on.is_(None), Segment.id == (and_this or 0)))
        .order_by(Chain.position, Chain.id, Segment.position, Segment.id)
    ).all()


def below(segment_id: int) -> Select[*tuple[Any, ...]]:
    """The ids of a segment and of all below it."""
    tree = select(Segment.id).where(Segment.id == segment_id).cte("below", recursive=True)
    tree = tree.union(select(Segment.id).where(Segment.parent_id == tree.c.id))
    return select(tree.c.id)


def _state(state: FirmState, today: date, stale_after_days: int) -> ColumnElement[bool]:
    match state:
        case FirmState.ENDED:
            return Presence.ended_on.is_not(None)
        case FirmState.STALE:
            return and_(
                Presence.ended_on.is_(None),
                Presence.checked_on < stale_before(today, stale_after_days),
            )
        case _:
            return Presence.ended_on.is_(None)


def _narrowed(
    statement: Select[*tuple[Any, ...]], wanted: FirmFilter, today: date, stale_after_days: int
) -> Select[*tuple[Any, ...]]:
    """A Select that reads from presences joined with enterprises and segments."""
    statement = statement.where(_state(wanted.state, today, stale_after_days))
    if wanted.text:
        words = search.terms(wanted.text, search_text)
        found = search.contains(Enterprise.search_text, words) if words else false()
        statement = statement.where(found)
    if wanted.chain_id is not None:
        statement = statement.where(Segment.chain_id == wanted.chain_id)
    if wanted.segment_id is not None:
        statement = statement.where(Presence.segment_id.in_(below(wanted.segment_id)))
    if wanted.role is not None:
        statement = statement.where(Presence.role == wanted.role)
    if wanted.zone_id is not None:
        statement = statement.where(Presence.zone_id == wanted.zone_id)
    return statement


def _firms() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Presence.id,
            Presence.version,
            Presence.enterprise_id,
            Enterprise.name.label("enterprise"),
            Enterprise.uscc,
            Presence.segment_id,
            Segment.code,
            Segment.name.label("segment"),
            Segment.name_en.label("segment_en"),
            Segment.retired_on,
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
            Presence.role,
            Presence.strength,
            Presence.output_yuan,
            Presence.output_year,
            Presence.evidence,
            Zone.name.label("zone"),
            Zone.name_en.label("zone_en"),
            Presence.since_on,
            Presence.ended_on,
            Presence.checked_on,
            User.name.label("checked_by"),
        )
        .join(Enterprise, Enterprise.id == Presence.enterprise_id)
        .join(Segment, Segment.id == Presence.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(Zone, Zone.id == Presence.zone_id)
        .outerjoin(User, User.id == Presence.checked_by_id)
    )


def _ids() -> Select[*tuple[Any, ...]]:
    return (
        select(Presence.id)
        .join(Enterprise, Enterprise.id == Presence.enterprise_id)
        .join(Segment, Segment.id == Presence.segment_id)
    )


def firms_page(
    wanted: FirmFilter,
    today: date,
    cursor: str | None,
    order: Order = LONGEST_CHECKED_FIRST,
    stale_after_days: int = STALE_AFTER_DAYS,
) -> Page:
    """One page of local firms at their segments. Raises CursorError."""
    statement = _narrowed(_firms(), wanted, today, stale_after_days)
    return keyset_page(db.session(), statement, order, Presence.id, cursor)


def firms_count(wanted: FirmFilter, today: date, stale_after_days: int = STALE_AFTER_DAYS) -> int:
    """How many, counted to 1,001 at most."""
    return capped_count(db.session(), _narrowed(_ids(), wanted, today, stale_after_days))


def all_firms(
    wanted: FirmFilter, today: date, stale_after_days: int = STALE_AFTER_DAYS
) -> Sequence[Any]:
    """All of them, chain by chain, for a workbook."""
    statement = _narrowed(_firms(), wanted, today, stale_after_days)
    return db.session.execute(
        statement.order_by(
            Chain.position, Chain.id, Segment.position, Segment.id, Enterprise.name, Presence.id
        )
    ).all()


def outputs(
    wanted: FirmFilter, today: date, stale_after_days: int = STALE_AFTER_DAYS
) -> dict[int, int]:
    """The yearly output of all of them by year, the newest first (`output_by_year`)."""
    statement = (
        select(func.sum(Presence.output_yuan), Presence.output_year)
        .join(Enterprise, Enterprise.id == Presence.enterprise_id)
        .join(Segment, Segment.id == Presence.segment_id)
        .where(Presence.output_yuan.is_not(None))
        .group_by(Presence.output_year)
    )
    rows = db.session.execute(_narrowed(statement, wanted, today, stale_after_days)).all()
    return output_by_year((int(yuan), year) for yuan, year in rows)


def firms_of(enterprise_id: int) -> Sequence[Any]:
    """Where one company stands and stood, what it left last."""
    return db.session.execute(
        _firms()
        .where(Presence.enterprise_id == enterprise_id)
        .order_by(Presence.ended_on.is_not(None), Chain.position, Segment.position, Presence.id)
    ).all()


def firm(presence_id: int) -> Any:
    """One firm at its segment, with zone_id; None if unknown."""
    return db.session.execute(
        _firms().add_columns(Presence.zone_id).where(Presence.id == presence_id)
    ).one_or_none()


def anchors_among(enterprise_ids: Collection[int]) -> set[int]:
    """Those of some companies that are the anchor firm of a segment."""
    found: set[int] = set()
    for ids in chunked(enterprise_ids):
        statement = select(Presence.enterprise_id).where(
            among(Presence.enterprise_id, ids),
            Presence.role == PresenceRole.ANCHOR,
            Presence.ended_on.is_(None),
        )
        found |= set(db.session.scalars(statement))
    return found


def needs_select() -> Select[*tuple[Any, ...]]:
    """Entries of anchor firms' lists with the names a page shows."""
    return (
        select(
            AnchorNeed.id,
            AnchorNeed.version,
            AnchorNeed.enterprise_id,
            Enterprise.name.label("enterprise"),
            Enterprise.uscc,
            AnchorNeed.segment_id,
            Segment.code,
            Segment.name.label("segment"),
            Segment.name_en.label("segment_en"),
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
            AnchorNeed.kind,
            AnchorNeed.description,
            AnchorNeed.partner_id,
            func.coalesce(Partner.name, AnchorNeed.partner_name).label("partner"),
            AnchorNeed.amount_yuan,
            AnchorNeed.noted_on,
            AnchorNeed.met_on,
        )
        .join(Enterprise, Enterprise.id == AnchorNeed.enterprise_id)
        .join(Segment, Segment.id == AnchorNeed.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(Partner, Partner.id == AnchorNeed.partner_id)
    )


def needs_of(enterprise_id: int) -> Sequence[Any]:
    """A company's lists: what is open first, the largest amount first."""
    return db.session.execute(
        needs_select()
        .where(AnchorNeed.enterprise_id == enterprise_id)
        .order_by(
            AnchorNeed.met_on.is_not(None),
            AnchorNeed.amount_yuan.is_(None),
            AnchorNeed.amount_yuan.desc(),
            AnchorNeed.id,
        )
    ).all()


def need(need_id: int) -> Any:
    """One entry of the lists; None if unknown."""
    return db.session.execute(needs_select().where(AnchorNeed.id == need_id)).one_or_none()


def all_needs(wanted: FirmFilter) -> Sequence[Any]:
    """The lists of all anchor firms on the chain or segment wanted, for a workbook."""
    statement = needs_select()
    if wanted.chain_id is not None:
        statement = statement.where(Segment.chain_id == wanted.chain_id)
    if wanted.segment_id is not None:
        statement = statement.where(AnchorNeed.segment_id.in_(below(wanted.segment_id)))
    return db.session.execute(
        statement.order_by(
            Enterprise.name, AnchorNeed.enterprise_id, AnchorNeed.kind, AnchorNeed.id
        )
    ).all()
