"""Suggesting the segments a company may belong to, and keeping what a person says of it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, select, update

from crm.chains.models import Segment, SegmentFit
from crm.chains.queries import terms_in_use
from crm.chains.queries.presence import segment_fault, words_of_segments
from crm.chains.rules import FitBasis, FitState
from crm.chains.rules.suggesting import CompanyText, Matcher, SegmentTerms, Suggestion
from crm.chains.wording import word
from crm.core.bulk import ASKED_AT_ONCE, among, chunked, insert_rows
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.enterprises.models import Enterprise
from crm.history import services as history
from crm.history.services import Doer

CONFIRMED, REJECTED = "segment_confirmed", "segment_rejected"
MOST_OF_ONE = 5
"""So many suggestions of one company are kept: a list to decide on, not a listing of likenesses."""
SURE = 100
"""The score of what a person said."""
OWN_WORK = (FitBasis.KEYWORD, FitBasis.INDUSTRY_CODE, FitBasis.BOTH)
MADE_HERE = and_(SegmentFit.state == FitState.SUGGESTED, SegmentFit.basis.in_(OWN_WORK))
"""What follows from words and codes alone, and is made anew whenever they change."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What looking through companies changed. What people decided is never among it."""

    companies: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """How many suggestions were decided; `left` had changed since the page was opened."""

    done: int
    left: int


def suggest_for(enterprise_ids: Collection[int] | None = None) -> Suggested:
    """Bring the suggestions of these companies (None: of all) in line with words and codes.

    The same again changes nothing. What a person confirmed or rejected stays, and so do the
    examples of the taxonomy.
    """
    if enterprise_ids is not None and not enterprise_ids:
        return Suggested()
    matcher = Matcher(terms_in_use().values())
    companies = added = changed = removed = 0
    for batch in _batches(enterprise_ids):
        wanted = {
            (row.id, each.segment_id): each
            for row in batch
            for each in matcher.suggest(
                CompanyText(row.name, row.business_scope, row.industry_code)
            )[:MOST_OF_ONE]
        }
        others, gone = [], []
        for fit in _fits_of([row.id for row in batch]):
            suggestion = wanted.pop((fit.enterprise_id, fit.segment_id), None)
            if fit.state is not FitState.SUGGESTED or fit.basis not in OWN_WORK:
                continue
            if suggestion is None:
                gone.append(fit.id)
            elif (fit.basis, fit.score, fit.matched) != _said(suggestion):
                others.append({"id": fit.id, **_columns(suggestion)})
        if gone:
            db.session.execute(delete(SegmentFit).where(SegmentFit.id.in_(gone)))
        if others:
            db.session.execute(update(SegmentFit), others)
        insert_rows(SegmentFit, list(_rows(wanted)))
        companies += len(batch)
        added, changed, removed = added + len(wanted), changed + len(others), removed + len(gone)
    return Suggested(companies, added, changed, removed)


def suggest_after(changed: Sequence[SegmentTerms]) -> Suggested:
    """Bring suggestions in line once segments are known by other words or codes.

    Whom none of these speaks of is left: for such a company nothing can have changed.
    """
    if not changed:
        return Suggested()
    matcher = Matcher(changed)
    companies = db.session.execute(
        select(Enterprise.id, Enterprise.name, Enterprise.business_scope, Enterprise.industry_code)
    )
    concerned = {
        row.id
        for row in companies
        if matcher.may_concern(CompanyText(row.name, row.business_scope, row.industry_code))
    }
    for some in chunked(each.segment_id for each in changed):
        concerned |= set(
            db.session.scalars(
                select(SegmentFit.enterprise_id).where(SegmentFit.segment_id.in_(some), MADE_HERE)
            )
        )
    return suggest_for(sorted(concerned))


def forget_at(segment_ids: Collection[int]) -> None:
    """Drop the suggestions at segments that are about to go: they hold nobody back."""
    for some in chunked(segment_ids):
        db.session.execute(delete(SegmentFit).where(SegmentFit.segment_id.in_(some), MADE_HERE))


def decide(actor: Doer, at: datetime, picks: Sequence[tuple[int, int]], state: FitState) -> Decided:
    """Confirm or reject suggestions, each given as (id, version).

    Those that changed since, or whose segment went out of use, are left.
    """
    fits = _to_decide(picks)
    _settle(actor, at, fits, state)
    return Decided(len(fits), len(picks) - len(fits))


def move(actor: Doer, at: datetime, picks: Sequence[tuple[int, int]], segment_id: int) -> Decided:
    """Say that these companies belong to another segment than the one suggested. Raises Refused."""
    _refuse_unless_open(segment_id)
    ids = [fit_id for fit_id, _version in picks]
    _hold(select(SegmentFit.enterprise_id).where(SegmentFit.id.in_(ids)))
    fits = _to_decide(picks)
    elsewhere = [fit for fit in fits if fit.segment_id != segment_id]
    _settle(actor, at, elsewhere, FitState.REJECTED)
    _put(actor, at, {fit.enterprise_id for fit in fits}, segment_id)
    return Decided(len(fits), len(picks) - len(fits))


def place(actor: Doer, at: datetime, enterprise_id: int, segment_id: int) -> None:
    """Say that a company belongs to a segment, suggested or not. Raises Refused, NotFound."""
    _refuse_unless_open(segment_id)
    if not _hold(select(Enterprise.id).where(Enterprise.id == enterprise_id)):
        raise NotFound
    _put(actor, at, [enterprise_id], segment_id)


def _hold(companies: Select[*tuple[Any, ...]]) -> Sequence[int]:
    """Lock companies as looking through them does, so that nobody else adds a fit of theirs meanwhile."""
    return db.session.scalars(
        select(Enterprise.id)
        .where(Enterprise.id.in_(companies))
        .order_by(Enterprise.id)
        .with_for_update()
    ).all()


def _put(actor: Doer, at: datetime, enterprise_ids: Collection[int], segment_id: int) -> None:
    known = db.session.scalars(
        select(SegmentFit)
        .where(SegmentFit.enterprise_id.in_(enterprise_ids), SegmentFit.segment_id == segment_id)
        .order_by(SegmentFit.id)
        .with_for_update()
    ).all()
    new = [
        SegmentFit(
            enterprise_id=company,
            segment_id=segment_id,
            basis=FitBasis.PERSON,
            score=SURE,
            state=FitState.SUGGESTED,
            version=1,
        )
        for company in sorted({*enterprise_ids} - {fit.enterprise_id for fit in known})
    ]
    db.session.add_all(new)
    _settle(actor, at, [*known, *new], FitState.CONFIRMED)


def _settle(actor: Doer, at: datetime, fits: Sequence[SegmentFit], state: FitState) -> None:
    """Note what a person decided, and tell it in the history of each company."""
    changed = [fit for fit in fits if fit.state is not state]
    companies = {
        row.id: row
        for row in db.session.scalars(
            select(Enterprise).where(Enterprise.id.in_({fit.enterprise_id for fit in changed}))
        )
    }
    words = words_of_segments({fit.segment_id for fit in changed})
    for fit in changed:
        fit.state, fit.decided_by_id, fit.decided_at = state, actor.id or None, at
        fit.version += 1
        history.record(
            actor, at, CONFIRMED if state is FitState.CONFIRMED else REJECTED,
            companies[fit.enterprise_id], after={"segment": words[fit.segment_id]},
        )  # fmt: skip
    db.session.flush()


def _to_decide(picks: Sequence[tuple[int, int]]) -> Sequence[SegmentFit]:
    versions = dict(picks)
    fits = db.session.scalars(
        select(SegmentFit)
        .join(Segment, Segment.id == SegmentFit.segment_id)
        .where(SegmentFit.id.in_(versions), Segment.retired_on.is_(None))
        .order_by(SegmentFit.id)
        .with_for_update(of=SegmentFit)
    ).all()
    return [fit for fit in fits if fit.version == versions[fit.id]]


def _refuse_unless_open(segment_id: int) -> None:
    fault = segment_fault(segment_id)
    if fault is not None:
        raise Refused([Fault("segment", fault.value, word(fault))])


def _batches(enterprise_ids: Collection[int] | None) -> Iterator[Sequence[Any]]:
    """Companies by their ids, locked so that two who look through them wait for each other; leads
    of these companies may be entered meanwhile."""
    companies = (
        select(Enterprise.id, Enterprise.name, Enterprise.business_scope, Enterprise.industry_code)
        .order_by(Enterprise.id)
        .with_for_update(key_share=True)
    )
    if enterprise_ids is not None:
        for some in chunked(enterprise_ids):
            yield db.session.execute(companies.where(among(Enterprise.id, some))).all()
        return
    last = 0
    while batch := db.session.execute(
        companies.where(Enterprise.id > last).limit(ASKED_AT_ONCE)
    ).all():
        yield batch
        last = batch[-1].id


def _fits_of(enterprise_ids: Collection[int]) -> Sequence[Any]:
    return db.session.execute(
        select(
            SegmentFit.id,
            SegmentFit.enterprise_id,
            SegmentFit.segment_id,
            SegmentFit.basis,
            SegmentFit.score,
            SegmentFit.state,
            SegmentFit.matched,
        )
        .where(among(SegmentFit.enterprise_id, enterprise_ids))
        .order_by(SegmentFit.id)
        .with_for_update()
    ).all()


def _said(suggestion: Suggestion) -> tuple[FitBasis, int, list[str]]:
    matched = [f"{match.found_in}:{match.term}" for match in suggestion.matches]
    return suggestion.basis, suggestion.score, matched


def _columns(suggestion: Suggestion) -> dict[str, Any]:
    return dict(zip(("basis", "score", "matched"), _said(suggestion), strict=True))


def _rows(wanted: dict[tuple[int, int], Suggestion]) -> Iterable[dict[str, Any]]:
    for (enterprise_id, segment_id), suggestion in wanted.items():
        yield {"enterprise_id": enterprise_id, "segment_id": segment_id, **_columns(suggestion)}
