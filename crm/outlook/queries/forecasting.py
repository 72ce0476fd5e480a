"""The forecast of a year from what the ledger holds, and what became of earlier ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone
from crm.leads.rules import MilestoneKind, Stage
from crm.outlook.models import ForecastChance, ForecastQuota, ForecastRun
from crm.outlook.queries.ingredients import Ingredients, ingredients_of
from crm.outlook.queries.past import EVENT_STAGE
from crm.outlook.rules.forecasting import Assumed, Candidate, Chance, Forecast, forecast
from crm.outlook.rules.scoring import HORIZONS, Stated
from crm.quotas.rules import CountingEvent


@dataclass(frozen=True, slots=True)
class YearForecast:
    ingredients: Ingredients
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What somebody supposes, without saving: single leads, and how good the year is."""

    signed: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()
    u: float | None = None

    @property
    def is_empty(self) -> bool:
        return not self.signed and not self.lost and self.u is None


NOTHING = WhatIf()


def forecast_from(found: Ingredients, supposed: WhatIf = NOTHING) -> Forecast:
    """The forecast of these ingredients, under what is supposed."""
    candidates = tuple(_supposed(each, supposed) for each in found.candidates)
    settings = found.settings
    if supposed.u is not None:
        settings = replace(settings, u=supposed.u)
    return forecast(found.spells, candidates, found.targets, settings, found.on)


def _supposed(candidate: Candidate, supposed: WhatIf) -> Candidate:
    if candidate.lead_id in supposed.signed:
        return replace(candidate, assumed=Assumed.SIGNED)
    if candidate.lead_id in supposed.lost:
        return replace(candidate, assumed=Assumed.LOST)
    return candidate


def year_forecast(year: int, on: date, *, known_at: datetime | None = None) -> YearForecast:
    """How the year's quotas will stand at their close; with `known_at` as it could be said then."""
    found = ingredients_of(year, on, known_at=known_at)
    return YearForecast(found, forecast_from(found))


@dataclass(frozen=True, slots=True)
class LeadTold:
    title: str
    stage: Stage
    is_seen: bool


def leads_told(actor: Actor, ids: Collection[int]) -> dict[int, LeadTold]:
    """Title and stage of leads; a title only of those the person may see is to be shown."""
    if not ids:
        return {}
    rows = rows_of(
        select(Lead.id, Lead.title, Lead.stage, may_see(actor)).where(Lead.id.in_(sorted(ids)))
    )
    return {number: LeadTold(title, stage, bool(seen)) for number, title, stage, seen in rows}


EVENT_KINDS: dict[Stage, tuple[frozenset[MilestoneKind], ...]] = {
    Stage.SIGNED: (frozenset({MilestoneKind.SIGNED}),),
    Stage.REGISTERED: (
        frozenset({MilestoneKind.SIGNED}),
        frozenset({MilestoneKind.REGISTERED}),
    ),
    Stage.STARTED: (
        frozenset({MilestoneKind.SIGNED}),
        frozenset({MilestoneKind.REGISTERED}),
        frozenset({MilestoneKind.STARTED, MilestoneKind.MOVED_IN, MilestoneKind.TAXPAYING}),
    ),
}
"""What must have happened for the stage of an event: one milestone of each set."""


def reached_on() -> dict[tuple[int, str], date]:
    """The day on which each lead had reached each counting event, by (lead id, stage of the event)."""
    days: dict[int, dict[MilestoneKind, date]] = {}
    rows = rows_of(
        select(Milestone.lead_id, Milestone.kind, Milestone.happened_on).where(
            Milestone.happened_on.is_not(None)
        )
    )
    for lead_id, kind, day in rows:
        if day is not None:
            days.setdefault(lead_id, {})[kind] = day
    found = {}
    for lead_id, known in days.items():
        for stage, sets in EVENT_KINDS.items():
            firsts = [min((known[k] for k in kinds & known.keys()), default=None) for kinds in sets]
            whole = [day for day in firsts if day is not None]
            if len(whole) == len(sets):
                found[lead_id, stage.value] = max(whole)
    return found


def stated_by(
    chances: Iterable[Chance], events: Mapping[str, Stage], made_on: date
) -> list[Stated]:
    """What a forecast said of each lead at each horizon; leads without percentage said nothing."""
    return [
        Stated(made_on, each.lead_id, events[each.code].value, horizon, p)
        for each in chances
        for horizon, p in zip(
            HORIZONS, (each.within_30, each.within_60, each.within_90), strict=True
        )
        if p is not None
    ]


def events_of(found: Ingredients) -> dict[str, Stage]:
    return {target.code: target.event for target in found.targets}


def archived_statements(year: int) -> list[Stated]:
    """Everything the archived forecasts of a year said of leads."""
    rows = rows_of(
        select(
            ForecastRun.made_on, ForecastQuota.event, ForecastChance.lead_id,
            ForecastChance.within_30, ForecastChance.within_60, ForecastChance.within_90,
        )
        .join(ForecastRun, ForecastRun.id == ForecastChance.run_id)
        .join(
            ForecastQuota,
            (ForecastQuota.run_id == ForecastChance.run_id)
            & (ForecastQuota.code == ForecastChance.code),
        )
        .where(ForecastRun.year == year)
    )  # fmt: skip
    return [
        Stated(made_on, lead_id, EVENT_STAGE[CountingEvent(event)].value, horizon, p)
        for made_on, event, lead_id, *within in rows
        for horizon, p in zip(HORIZONS, within, strict=True)
        if p is not None
    ]


def last_forecast(year: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What the forecast kept last said of each quota, one row each; one query."""
    return rows_of(_LAST_FORECAST, {"year": year}).all()


# Made once: it stands on the board and on every leader's home.
_LAST_FORECAST = (
    select(
        ForecastRun.made_on, ForecastQuota.code, ForecastQuota.target, ForecastQuota.certain,
        ForecastQuota.p_meet, ForecastQuota.low, ForecastQuota.high, ForecastQuota.expected,
        ForecastQuota.told,
    )
    .join(ForecastQuota, ForecastQuota.run_id == ForecastRun.id)
    .where(
        ForecastRun.id
        == select(ForecastRun.id)
        .where(ForecastRun.year == bindparam("year"))
        .order_by(ForecastRun.week_of.desc())
        .limit(1)
        .scalar_subquery()
    )
    .order_by(ForecastQuota.id)
)  # fmt: skip


def archived_runs(year: int, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What the latest archived forecasts said of each quota, the latest week first."""
    runs = (
        select(ForecastRun.id)
        .where(ForecastRun.year == year)
        .order_by(ForecastRun.week_of.desc())
        .limit(limit)
        .subquery()
    )
    return rows_of(
        select(
            ForecastRun.week_of, ForecastRun.made_on, ForecastRun.p_all, ForecastQuota.code,
            ForecastQuota.target, ForecastQuota.certain, ForecastQuota.p_meet, ForecastQuota.low,
            ForecastQuota.high, ForecastQuota.expected,
        )
        .join(ForecastQuota, ForecastQuota.run_id == ForecastRun.id)
        .where(ForecastRun.id.in_(select(runs.c.id)))
        .order_by(ForecastRun.week_of.desc(), ForecastQuota.id)
    ).all()  # fmt: skip
