"""待复核: approvals whose project has been judged otherwise since."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.recognition.models import Credit, Decision
from crm.recognition.rules import Crossing, Level, Snapshot, crossings, sides_of
from crm.recognition.rules.reviewing import Side


@dataclass(frozen=True, slots=True)
class Review:
    """A recognised project that goes back to the certifier, and why."""

    lead_id: int
    quota_id: int
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
    """The district's approvals of the year to be looked at again, in three queries.

    Compared is what the approval saw with everything judged since, whatever door changed the
    facts; a new decision settles it. What is frozen moves no more.
    """
    statement = (
        select(
            Decision.id,
            Decision.lead_id,
            Decision.quota_id,
            Decision.recorded_at,
            Decision.outcome_then,
            Decision.sides_then,
        )
        .join(Credit, Credit.decision_id == Decision.id)
        .join(Quota, Quota.id == Decision.quota_id)
        .where(Credit.year == year, Credit.at_level == Level.DISTRICT, Quota.frozen_at.is_(None))
        .order_by(Decision.id)
    )
    if lead_ids is not None:
        statement = statement.where(among(Decision.lead_id, lead_ids))
    approved = rows_of(statement).all()
    if not approved:
        return []
    judged = _judged({row.lead_id for row in approved}, year)
    found = []
    for row in approved:
        then = Snapshot(row.outcome_then, _read_sides(row.sides_then))
        since = list(_since(row, then, judged.get(row.lead_id, ())))
        if changes := crossings(then, since):
            found.append(Review(row.lead_id, row.quota_id, row.id, changes))
    return found


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
    return found


def _since(approved: Any, then: Snapshot, judged: Any) -> Any:
    is_judged = False
    for row in judged:
        replaced_at: datetime | None = getattr(row, "replaced_at", None)
        if replaced_at is not None and replaced_at <= approved.recorded_at:
            continue
        is_own = row.quota_id == approved.quota_id
        is_judged = is_judged or (is_own and replaced_at is None)
        outcome = row.verdict if is_own else then.outcome
        yield row.judged_at, Snapshot(outcome, sides_of(row.quota_id, row.reasons))
    if not is_judged:
        yield None, Snapshot(None, {})
