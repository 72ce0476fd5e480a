"""待复核: approvals whose project has been judged otherwise since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.history.changes import changes_behind
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.recognition.models import Decision
from crm.recognition.queries.standing import last_decisions
from crm.recognition.rules import (
    Crossing,
    Decided,
    Level,
    Snapshot,
    amounts_of,
    crossings,
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


def _read_sides(kept: list[list[Any]]) -> dict[Side, bool]:
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
    """The approvals of the year to be looked at again, by project, quota and level; five queries or fewer.

    Compared is what the approval saw with everything judged since, whatever door changed the
    facts; a new decision settles it, and so does a later one of another level that took the project
    out. What is frozen moves no more.
    """
    of_year = Decision.quota_id.in_(
        select(Quota.id).where(Quota.year == year, Quota.frozen_at.is_(None))
    )
    among_them = [] if lead_ids is None else [among(Decision.lead_id, lead_ids)]
    last = last_decisions(of_year, *among_them)
    rows = rows_of(
        select(
            last.c.id,
            last.c.lead_id,
            last.c.quota_id,
            last.c.at_level,
            last.c.decided,
            last.c.recorded_at,
            Decision.outcome_then,
            Decision.sides_then,
        )
        .join(Decision, Decision.id == last.c.id)
        .order_by(last.c.id)
    ).all()
    taken_out: dict[tuple[int, int], int] = {}
    for row in rows:
        if row.decided not in {Decided.APPROVED, Decided.PROPOSED}:
            taken_out[row.lead_id, row.quota_id] = row.id
    approved = [
        row
        for row in rows
        if row.decided is Decided.APPROVED
        and row.id > taken_out.get((row.lead_id, row.quota_id), 0)
    ]
    if not approved:
        return []
    judged = _judged({row.lead_id for row in approved}, year)
    found = []
    for row in approved:
        kept = Snapshot(row.outcome_then, _read_sides(row.sides_then))
        then, since = _since(row, kept, judged.get(row.lead_id, ()))
        if changes := crossings(then, since):
            found.append(Review(row.lead_id, row.quota_id, row.at_level, row.id, changes))
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


def _judged(lead_ids: Collection[int], year: int) -> Mapping[int, list[Any]]:
    """By lead, oldest first: what is judged now (replaced_at None) and what was before."""
    found: dict[int, list[Any]] = defaultdict(list)
    for table, replaced_at in (
        (SupersededVerdict, SupersededVerdict.replaced_at),
        (Verdict, None),
    ):
        columns: list[Any] = [
            table.lead_id, table.quota_id, table.verdict, table.reasons, table.judged_at,
        ]  # fmt: skip
        if replaced_at is not None:
            columns.append(replaced_at)
        rows = rows_of(
            select(*columns)
            .join(Quota, Quota.id == table.quota_id)
            .where(among(table.lead_id, lead_ids), Quota.year == year)
            .order_by(table.judged_at, table.id)
        )
        for row in rows:
            found[row.lead_id].append(row)
    for some in found.values():
        some.sort(key=lambda row: row.judged_at)
    return found


def _since(
    approved: Any, kept: Snapshot, judged: Iterable[Any]
) -> tuple[Snapshot, list[tuple[datetime | None, Snapshot]]]:
    """What the approval saw, with its amounts, and every state judged after it, oldest first."""
    amounts: dict[Side, int] = {}
    since: list[tuple[datetime | None, Snapshot]] = []
    is_judged, outcome = False, kept.outcome
    for row in judged:
        replaced_at: datetime | None = getattr(row, "replaced_at", None)
        if replaced_at is not None and replaced_at <= approved.recorded_at:
            continue
        is_own = row.quota_id == approved.quota_id
        is_judged = is_judged or (is_own and replaced_at is None)
        outcome = row.verdict if is_own else outcome
        then = amounts_of(row.quota_id, row.reasons)
        if row.judged_at <= approved.recorded_at:
            amounts |= then
        sides = sides_of(row.quota_id, row.reasons)
        since.append((row.judged_at, Snapshot(outcome, sides, then)))
    if not is_judged:
        since.append((None, Snapshot(None, {})))
    return replace(kept, amounts=amounts), since
