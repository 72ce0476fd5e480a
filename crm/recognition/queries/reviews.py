"""待复核: approvals whose project has been judged otherwise since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import null, select, union_all

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.history.changes import changes_behind
from crm.leads.models import Lead
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.recognition.queries.standing import LeadQuota, Said, said_of
from crm.recognition.rules import (
    Crossing,
    Decided,
    Level,
    Snapshot,
    amounts_of,
    crossings,
    sides_at,
    sides_of,
)
from crm.recognition.rules.reviewing import Side


@dataclass(frozen=True, slots=True)
class Review:
    """An approval that goes back to the certifier of its level, and why."""

    lead_id: int
    quota_id: int
    level: Level
    decision_id: int
    crossings: tuple[Crossing, ...]


def kept_sides(sides: Mapping[Side, bool]) -> list[list[Any]]:
    """The sides as a decision keeps them."""
    return [[*side, reached] for side, reached in sorted(sides.items())]


def _read_sides(kept: Iterable[Sequence[Any]]) -> dict[Side, bool]:
    return {(quota_id, name, yuan): reached for quota_id, name, yuan, reached in kept}


def snapshot_of(lead_id: int, quota_id: int, year: int) -> Snapshot:
    """What is judged of a project now: its verdict on the quota, its sides on all of the year."""
    rows = rows_of(
        select(Verdict.quota_id, Verdict.verdict, Verdict.reasons)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Verdict.lead_id == lead_id, Quota.year == year)
    ).all()
    sides: dict[Side, bool] = {}
    for row in rows:
        sides |= sides_of(row.quota_id, row.reasons)
    outcome = next((row.verdict for row in rows if row.quota_id == quota_id), None)
    return Snapshot(outcome, sides)


def to_review(year: int, lead_ids: Collection[int] | None = None) -> list[Review]:
    """The approvals of the year to be looked at again, by project, quota and level; three queries.

    Compared is what the approval saw with everything judged since, whatever door changed the
    facts; a new decision settles it, and so does a later one of another level that took the project
    out. What is frozen moves no more.
    """
    return reviews_said(year, said_of(year, lead_ids))


def reviews_said(year: int, said: Mapping[LeadQuota, Mapping[Level, Said]]) -> list[Review]:
    """As `to_review`, where what was said is at hand; no query where nothing holds as approved."""
    approved = _to_compare(said)
    if not approved:
        return []
    return _compared(approved, judgements_of({pair[0] for pair, _ in approved}, year))


def reviews_of(
    said: Mapping[LeadQuota, Mapping[Level, Said]], judged: Mapping[int, Sequence[Any]]
) -> list[Review]:
    """As `to_review`, where what was said and judged is at hand; one query."""
    return _compared(_to_compare(said), judged)


def _to_compare(
    said: Mapping[LeadQuota, Mapping[Level, Said]],
) -> list[tuple[LeadQuota, Said]]:
    """The approvals that hold, and that no later decision of another level took out."""
    found = []
    for pair, levels in said.items():
        taken_out = max(
            (each.id for each in levels.values() if each.decided not in IN_HAND), default=0
        )
        found += [
            (pair, each)
            for each in levels.values()
            if each.decided is Decided.APPROVED and each.id > taken_out and not each.is_frozen
        ]
    return found


IN_HAND = frozenset({Decided.APPROVED, Decided.PROPOSED})


def _compared(
    approved: Iterable[tuple[LeadQuota, Said]], judged: Mapping[int, Sequence[Any]]
) -> list[Review]:
    found = []
    for (lead_id, quota_id), each in approved:
        then, since = _since(quota_id, each, judged.get(lead_id, ()))
        if changes := crossings(then, since):
            found.append(Review(lead_id, quota_id, each.level, each.id, changes))
    order = list(Level)
    found.sort(key=lambda each: (each.lead_id, each.quota_id, order.index(each.level)))
    return _with_hands(found)


def _with_hands(reviews: list[Review]) -> list[Review]:
    """The same with who changed what, and when, as the trail tells it."""
    behind = changes_behind(
        (review.lead_id, each.since)
        for review in reviews
        for each in review.crossings
        if each.since is not None
    )

    def told(lead_id: int, crossing: Crossing) -> Crossing:
        if crossing.since is None or (lead_id, crossing.since) not in behind:
            return crossing
        change = behind[lead_id, crossing.since]
        return replace(crossing, by=change.by, at=change.at)

    return [
        replace(one, crossings=tuple(told(one.lead_id, each) for each in one.crossings))
        for one in reviews
    ]


def judgements_of(lead_ids: Collection[int], year: int) -> Mapping[int, list[Any]]:
    """By lead, oldest first: what is judged for the year's quotas now (replaced_at None) and what was
    before; one query."""
    if not lead_ids:
        return {}
    of_year = select(Quota.id).where(Quota.year == year)
    parts = []
    for table in (SupersededVerdict, Verdict):
        is_now = table is Verdict
        part = select(
            *(getattr(table, name) for name in JUDGED),
            null().label("replaced_at") if is_now else SupersededVerdict.replaced_at,
            Lead.exclusion.is_not(None).label("is_excluded"),
        )
        parts.append(
            part.join(Lead, Lead.id == table.lead_id).where(
                among(table.lead_id, lead_ids), table.quota_id.in_(of_year)
            )
        )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows_of(union_all(*parts)):
        found[row.lead_id].append(row)
    for some in found.values():
        some.sort(key=lambda row: (row.judged_at, row.replaced_at is None, row.id))
    return found


JUDGED = (
    "id", "lead_id", "quota_id", "verdict", "reasons", "signed_from", "registered_from",
    "started_from", "is_signed_pending", "is_registered_pending", "is_started_pending", "judged_at",
)  # fmt: skip


def _since(
    quota_id: int, approved: Said, judged: Iterable[Any]
) -> tuple[Snapshot, list[tuple[datetime | None, Snapshot]]]:
    """What the approval saw, with its amounts, and every state judged after it, oldest first."""
    amounts: dict[Side, int] = {}
    since: list[tuple[datetime | None, Snapshot]] = []
    is_judged, outcome = False, approved.outcome_then
    for row in judged:
        replaced_at: datetime | None = row.replaced_at
        if replaced_at is not None and replaced_at <= approved.recorded_at:
            continue
        is_own = row.quota_id == quota_id
        is_judged = is_judged or (is_own and replaced_at is None)
        outcome = row.verdict if is_own else outcome
        then = amounts_of(row.quota_id, row.reasons)
        if row.judged_at <= approved.recorded_at:
            amounts |= then
        since.append((row.judged_at, Snapshot(outcome, sides_at(then), then)))
    if not is_judged:
        since.append((None, Snapshot(None, {})))
    return Snapshot(approved.outcome_then, _read_sides(approved.sides_then), amounts), since
