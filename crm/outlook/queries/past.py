"""What past years say: how often the gates held, and how many projects came that nobody knew of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select

from crm.core.clock import office_day
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.leads.rules import FROM_SIGNING, Stage
from crm.outlook.rules.forecasting import Arrivals
from crm.outlook.rules.pooling import shrunk
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.quotas.numbers import EVENT_OF
from crm.quotas.queries import NUMBERS, computed_quotas
from crm.quotas.rules import CountingEvent, Outcome
from crm.recognition.models import Decision
from crm.recognition.rules import Decided, Level

EVENT_STAGE = {
    CountingEvent.SIGNED: Stage.SIGNED,
    CountingEvent.SIGNED_AND_REGISTERED: Stage.REGISTERED,
    CountingEvent.STARTED: Stage.STARTED,
}

AMOUNT_PRIOR, RECOGNITION_PRIOR, GATE_WEIGHT = 0.85, 0.9, 10.0
"""Labelled assumptions with the weight of ten leads: how often a lead that seems to count before
signing still does after it, and how often the district recognises what reached the event."""

ARRIVALS_OF_TARGET = 0.1
"""Labelled assumption where no past year tells: a tenth of the target, for the rest of the period."""


@dataclass(frozen=True, slots=True)
class Gates:
    """The two gates after the event: shares, and of how many leads history knows."""

    amount: float
    amount_seen: int
    recognition: float
    recognition_seen: int


@dataclass(frozen=True, slots=True)
class ForecastQuota:
    """A quota of counts as the forecast tells it."""

    quota_id: int
    code: str
    label: str
    label_en: str | None
    opens: date
    closes: date
    target: int
    event: CountingEvent
    exclusive_group: str | None
    modality: str


def forecast_quotas(year: int) -> tuple[ForecastQuota, ...]:
    """The quotas of the year that count leads, in their order."""
    statement = (
        computed_quotas(year)
        .where(Quota.measure == "count")
        .with_only_columns(
            Quota.id, Quota.code, Quota.label, Quota.label_en, Quota.opens, Quota.closes,
            Quota.target, Quota.event, Quota.exclusive_group, Quota.modality,
        )
        .order_by(Quota.position, Quota.id)
    )  # fmt: skip
    return tuple(
        ForecastQuota(
            row.id, row.code, row.label, row.label_en, row.opens, row.closes, row.target,
            CountingEvent(row.event or CountingEvent.SIGNED_AND_REGISTERED),
            row.exclusive_group, row.modality,
        )
        for row in rows_of(statement)
    )  # fmt: skip


def gates_of(known_at: datetime | None) -> Gates:
    """How often what seemed to count still did once signed, and was recognised; all years."""
    seemed = select(SupersededVerdict.quota_id, SupersededVerdict.lead_id).where(
        SupersededVerdict.signed_from.is_(None),
        SupersededVerdict.verdict.in_([Outcome.COUNTS, Outcome.PENDING]),
    )
    if known_at is not None:
        seemed = seemed.where(SupersededVerdict.replaced_at <= known_at)
    before = seemed.distinct().subquery()
    signed, kept = rows_of(
        select(func.count(), func.count().filter(Verdict.verdict != Outcome.NO))
        .select_from(before)
        .join(
            Verdict,
            (Verdict.quota_id == before.c.quota_id) & (Verdict.lead_id == before.c.lead_id),
        )
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Lead.stage.in_(FROM_SIGNING))
    ).one()
    decided = (
        select(func.count(), func.count().filter(Decision.decided == Decided.APPROVED))
        .select_from(Decision)
        .where(
            Decision.at_level == Level.DISTRICT,
            Decision.decided.in_([Decided.APPROVED, Decided.RETURNED, Decided.NOT_COUNTED]),
        )
    )
    if known_at is not None:
        decided = decided.where(Decision.recorded_at <= known_at)
    answers, approved = rows_of(decided).one()
    return Gates(
        shrunk(kept, signed, prior=AMOUNT_PRIOR, weight=GATE_WEIGHT),
        signed,
        shrunk(approved, answers, prior=RECOGNITION_PRIOR, weight=GATE_WEIGHT),
        answers,
    )


def arrivals_of(quotas: Sequence[ForecastQuota], year: int, on: date) -> list[Arrivals]:
    """尚未入库: what past years brought after this day that the ledger did not hold then.

    A year counts where the ledger was kept by that day of it and the period is over. Without one
    the labelled assumption for the rest of the period.
    """
    counts = _past_arrivals(quotas, year, on)
    found = []
    for quota in quotas:
        if quota.closes <= on:
            continue
        past = tuple(counts.get(quota.code, {}).values())
        whole = (quota.closes - quota.opens).days + 1
        left = min(1.0, (quota.closes - on).days / whole)
        assumed = None if past else ARRIVALS_OF_TARGET * quota.target * left
        found.append(Arrivals(quota.code, past, assumed))
    return found


def _past_arrivals(
    quotas: Sequence[ForecastQuota], year: int, on: date
) -> dict[str, dict[int, int]]:
    begun = rows_of(select(func.min(Lead.created_at))).scalar()
    if begun is None or not quotas:
        return {}
    first = office_day(begun)
    codes = [quota.code for quota in quotas]
    years = rows_of(
        select(Quota.year, Quota.code).where(
            Quota.code.in_(codes), Quota.year < year, Quota.closes < on
        )
    ).all()
    kept = [(past, code) for past, code in years if _same_day(on, past) >= first]
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for past, code in kept:
        found[code][past] = 0
    if not kept:
        return found
    reached = or_(
        *(
            (Quota.event == event.value) & (NUMBERS[EVENT_OF[event]][0] <= Quota.closes)
            for event in CountingEvent
        )
    )
    rows = rows_of(
        select(Quota.year, Quota.code, Lead.created_at)
        .join(Verdict, Verdict.quota_id == Quota.id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Quota.code.in_(codes), Quota.year.in_({past for past, _ in kept}), reached)
    )
    for past, code, created_at in rows:
        if past in found[code] and office_day(created_at) > _same_day(on, past):
            found[code][past] += 1
    return found


def _same_day(on: date, year: int) -> date:
    return on.replace(year=year, day=28) if (on.month, on.day) == (2, 29) else on.replace(year=year)
