"""Reading which companies belong to which segments: what is suggested, and what a person said."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.chains.models import Chain, Presence, Segment, SegmentFit
from crm.chains.queries.presence import below
from crm.chains.rules import FitBasis, FitState
from crm.core import search
from crm.core.db import db
from crm.core.lists import Order, Page, capped_counts, keyset_page, whole
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import search_text

LIKELIEST_FIRST = Order("score", SegmentFit.score, True, whole, is_nullable=False)
SHOWN = 50
_Other = aliased(SegmentFit)
_open = or_(
    SegmentFit.state != FitState.SUGGESTED,
    and_(
        Segment.retired_on.is_(None),
        not_(
            exists().where(
                Presence.enterprise_id == SegmentFit.enterprise_id,
                Presence.segment_id == SegmentFit.segment_id,
                Presence.ended_on.is_(None),
            )
        ),
    ),
)
"""Nobody is asked whether a company belongs where it stands by a person's word, or to what is out of use."""


@dataclass(frozen=True, slots=True)
class FitFilter:
    """What the list of suggestions is narrowed to. A segment means all below it as well."""

    text: str | None = None
    chain_id: int | None = None
    segment_id: int | None = None
    state: FitState = FitState.SUGGESTED
    basis: FitBasis | None = None


def _fits() -> Select[*tuple[Any, ...]]:
    return (
        select(
            SegmentFit.id,
            SegmentFit.version,
            SegmentFit.enterprise_id,
            Enterprise.name.label("enterprise"),
            Enterprise.region_code,
            SegmentFit.segment_id,
            Segment.code,
            Segment.name.label("segment"),
            Segment.name_en.label("segment_en"),
            Segment.chain_id,
            Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
            SegmentFit.basis,
            SegmentFit.score,
            SegmentFit.state,
            SegmentFit.matched,
            SegmentFit.decided_at,
            User.name.label("decided_by"),
        )
        .join(Enterprise, Enterprise.id == SegmentFit.enterprise_id)
        .join(Segment, Segment.id == SegmentFit.segment_id)
        .join(Chain, Chain.id == Segment.chain_id)
        .outerjoin(User, User.id == SegmentFit.decided_by_id)
    )


def _narrowed(wanted: FitFilter, *statements: Select[*tuple[Any, ...]]) -> list[Any]:
    """Selects that read from fits joined with enterprises and segments, all narrowed alike."""
    conditions: list[ColumnElement[bool]] = [_open]
    if wanted.text:
        words = search.terms(wanted.text, search_text)
        conditions.append(search.contains(Enterprise.search_text, words) if words else false())
    if wanted.chain_id is not None:
        conditions.append(Segment.chain_id == wanted.chain_id)
    if wanted.segment_id is not None:
        conditions.append(SegmentFit.segment_id.in_(below(wanted.segment_id)))
    if wanted.basis is not None:
        conditions.append(SegmentFit.basis == wanted.basis)
    return [statement.where(*conditions) for statement in statements]


def fits_page(wanted: FitFilter, cursor: str | None) -> Page:
    """One page, the likeliest first. Raises CursorError."""
    (statement,) = _narrowed(wanted, _fits().where(SegmentFit.state == wanted.state))
    return keyset_page(db.session(), statement, LIKELIEST_FIRST, SegmentFit.id, cursor, SHOWN)


def fit_counts(wanted: FitFilter) -> dict[FitState, int]:
    """How many of each state, whatever state is wanted, counted to 1,001 at most."""
    ids = (
        select(SegmentFit.id)
        .join(Enterprise, Enterprise.id == SegmentFit.enterprise_id)
        .join(Segment, Segment.id == SegmentFit.segment_id)
    )
    statements = _narrowed(wanted, *(ids.where(SegmentFit.state == state) for state in FitState))
    return dict(zip(FitState, capped_counts(db.session(), statements), strict=True))


def fits_of(enterprise_id: int) -> Sequence[Any]:
    """The segments of one company: confirmed ones, then suggestions by score, then rejected ones."""
    rows = db.session.execute(
        _fits()
        .where(SegmentFit.enterprise_id == enterprise_id, _open)
        .order_by(SegmentFit.score.desc(), SegmentFit.id)
    ).all()
    order = (FitState.CONFIRMED, FitState.SUGGESTED, FitState.REJECTED)
    return sorted(rows, key=lambda row: order.index(row.state))


def other_segments(fit_ids: Collection[int]) -> dict[int, list[Any]]:
    """For each of these fits (name, name_en, state) of its company's others that are not rejected."""
    found: dict[int, list[Any]] = defaultdict(list)
    if not fit_ids:
        return found
    statement = (
        select(SegmentFit.id, Segment.name, Segment.name_en, _Other.state)
        .join(_Other, _Other.enterprise_id == SegmentFit.enterprise_id)
        .join(Segment, Segment.id == _Other.segment_id)
        .where(
            SegmentFit.id.in_(fit_ids),
            _Other.id != SegmentFit.id,
            _Other.state != FitState.REJECTED,
        )
        .order_by(SegmentFit.id, _Other.score.desc(), _Other.id)
    )
    for row in db.session.execute(statement):
        found[row.id].append(row)
    return found


def has_examples() -> bool:
    """Whether segments in use name companies, and none was ever suggested as an example."""
    named = select(Segment.examples).where(
        Segment.retired_on.is_(None), Segment.examples.is_not(None)
    )
    placed = select(SegmentFit.id).where(SegmentFit.basis == FitBasis.EXAMPLE).limit(1)
    return db.session.scalar(placed) is None and any(db.session.scalars(named))
