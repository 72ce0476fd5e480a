"""What each level said last: who is recognised, as of a day and as known at a moment."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select

from crm.core.bulk import among
from crm.core.db import rows_of
from crm.quotas.models import Quota
from crm.quotas.rules import Outcome
from crm.recognition.models import Decision, RecognitionBatch
from crm.recognition.rules import Decided, Level, State


def last_decisions(*conditions: ColumnElement[bool]) -> Any:
    """The decisions that hold among those meeting the conditions, as a subquery with their columns.

    One row per project, quota and level: the latest by day, then by number.
    """
    place = func.row_number().over(
        partition_by=(Decision.lead_id, Decision.quota_id, Decision.at_level),
        order_by=(Decision.decided_on.desc(), Decision.id.desc()),
    )
    ranked = (
        select(
            Decision.id,
            Decision.lead_id,
            Decision.quota_id,
            Decision.at_level,
            Decision.decided,
            Decision.decided_on,
            Decision.recorded_at,
            Decision.batch_id,
            Decision.reason,
            place.label("place"),
        )
        .where(*conditions)
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1).subquery()


def _of_year(year: Any) -> ColumnElement[bool]:
    return Decision.quota_id.in_(select(Quota.id).where(Quota.year == year))


def recognised(
    year: int, level: Level, *, on: date | None = None, known_at: datetime | None = None
) -> dict[int, frozenset[int]]:
    """Quota id → ids of the leads approved at the level; quotas without any are left out.

    With `on` by what was decided on or before that day, with `known_at` by what was recorded by
    that moment.
    """
    conditions = [_of_year(year), Decision.at_level == level]
    if on is not None:
        conditions.append(Decision.decided_on <= on)
    if known_at is not None:
        conditions.append(Decision.recorded_at <= known_at)
    last = last_decisions(*conditions)
    rows = rows_of(
        select(last.c.quota_id, last.c.lead_id).where(last.c.decided == Decided.APPROVED)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for quota_id, lead_id in rows:
        found[quota_id].add(lead_id)
    return {quota_id: frozenset(ids) for quota_id, ids in found.items()}


def recognised_by_code(
    year: int, *, on: date | None = None, known_at: datetime | None = None
) -> dict[str, dict[Level, int]]:
    """Quota code → how many leads each level approved, as `recognised` counts them."""
    codes = dict(rows_of(select(Quota.id, Quota.code).where(Quota.year == year)).all())
    found: dict[str, dict[Level, int]] = defaultdict(dict)
    for level in Level:
        for quota_id, ids in recognised(year, level, on=on, known_at=known_at).items():
            found[codes[quota_id]][level] = len(ids)
    return found


def approved_in(year: int) -> Any:
    """The approvals that hold for the year's quotas, as a subquery; every number counts these."""
    last = last_decisions(_of_year(year))
    return select(last).where(last.c.decided == Decided.APPROVED).subquery()


def recognised_ids(year: int, level: Level, code: str | None) -> Select[int]:
    """The ids of the leads approved at the level for a quota of the year by its code, or for any."""
    last = approved_in(year)
    found = select(last.c.lead_id).where(last.c.at_level == level)
    if code is None:
        return found
    coded = select(Quota.id).where(Quota.year == year, Quota.code == code)
    return found.where(last.c.quota_id.in_(coded))


@dataclass(frozen=True, slots=True)
class Said:
    """The decision of a level that holds, with its number and paper."""

    id: int
    level: Level
    decided: Decided
    on: date
    recorded_at: datetime
    reason: str | None
    batch_id: int | None
    batch_title: str | None
    document_number: str | None
    outcome_then: Outcome | None = None
    sides_then: Sequence[Any] = ()
    is_frozen: bool = False  # the quota is closed: nothing of it moves any more

    @property
    def state(self) -> State:
        return State(self.decided, self.on, self.id)


LeadQuota = tuple[int, int]


def said_of(
    year: int, lead_ids: Collection[int] | None = None
) -> Mapping[LeadQuota, dict[Level, Said]]:
    """By (lead id, quota id): what each level said last, for the year's quotas."""
    conditions = [_of_year(year)]
    if lead_ids is not None:
        conditions.append(among(Decision.lead_id, lead_ids))
    return _by_level(rows_of(_saying(*conditions)))


def said_of_lead(lead_id: int, year: int) -> Mapping[LeadQuota, dict[Level, Said]]:
    """As `said_of`, of one lead."""
    return _by_level(rows_of(_OF_LEAD, {"lead_id": lead_id, "year": year}))


def _saying(*conditions: ColumnElement[bool]) -> Select[Any]:
    last = last_decisions(*conditions)
    return (
        select(
            last,
            RecognitionBatch.title,
            RecognitionBatch.document_number,
            Decision.outcome_then,
            Decision.sides_then,
            Quota.frozen_at,
        )
        .join(Decision, Decision.id == last.c.id)
        .join(Quota, Quota.id == last.c.quota_id)
        .outerjoin(RecognitionBatch, RecognitionBatch.id == last.c.batch_id)
        .order_by(last.c.id)
    )


# Made once for the page of a lead: making it took longer than running it.
_OF_LEAD = _saying(Decision.lead_id == bindparam("lead_id"), _of_year(bindparam("year")))


def _by_level(rows: Iterable[Any]) -> Mapping[LeadQuota, dict[Level, Said]]:
    found: dict[LeadQuota, dict[Level, Said]] = defaultdict(dict)
    for row in rows:
        found[row.lead_id, row.quota_id][row.at_level] = _said(row)
    return found


def _said(row: Row[Any]) -> Said:
    return Said(
        id=row.id,
        level=row.at_level,
        decided=row.decided,
        on=row.decided_on,
        recorded_at=row.recorded_at,
        reason=row.reason,
        batch_id=row.batch_id,
        batch_title=row.title,
        document_number=row.document_number,
        outcome_then=row.outcome_then,
        sides_then=row.sides_then,
        is_frozen=row.frozen_at is not None,
    )
