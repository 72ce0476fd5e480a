"""Districts whose leads move by known rules: what their ledger says one day, and how the year ended.

A district lives four years; each stay ends by the earliest of four exponential waits. In the first year
no ledger is kept; leads open at its end enter the ledger that day (left truncation). Each year has a
common factor u, each stage its hazards, each of four forms (size band × path) its pace. All districts
of a kind are simulated at once: arrays are [district, lead]. On 30 June of the fourth year the
forecast is asked; what came true is counted half a year later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from crm.leads.rules.stages import Path, Stage
from crm.outlook.rules.forecasting import (
    Arrivals,
    Candidate,
    Move,
    QuotaTarget,
    Settings,
    Spell,
    Traits,
    month_factors,
    spells_of,
)
from crm.outlook.rules.forecasting.hazards import PRIOR

BEGINS = date(2022, 12, 31)
LEDGER_OPENS = date(2023, 12, 31)
ON = date(2026, 6, 30)
CLOSES = date(2026, 12, 31)
DAYS = (CLOSES - BEGINS).days + 1
CALENDAR = [BEGINS + timedelta(days=n) for n in range(DAYS)]
YEARS = (2023, 2024, 2025, 2026)
WAY = (
    Stage.LEAD,
    Stage.CONTACTED,
    Stage.NEGOTIATING,
    Stage.REVIEWED,
    Stage.PRE_SIGNING,
    Stage.SIGNED,
)
PARKED, GONE = 6, 7
SIGNED = WAY.index(Stage.SIGNED)
STAGES = (*WAY, Stage.PARKED)
FORMS = (
    ("small", Path.LAND),
    ("small", Path.CARRIER),
    ("large", Path.LAND),
    ("large", Path.CARRIER),
)
PACE = np.array([1.1, 1.3, 0.7, 0.9])
GATE = 0.9
"""Both later gates: a signed lead still meets amount and type with this chance, and is recognised."""
SUITS = 0.4
"""The part of leads that count to the quota if they sign."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How districts of a kind differ from what the forecast believes.

    ``per_week`` new leads; ``shock_sd`` of the common factor; ``december`` times the usual advance
    in that month; ``bulk`` the part of leads whose moves are recorded once a quarter, all at once
    and dated so; ``unseen`` the mean number of projects that come from above ready to sign in half
    a year, of which no ledger tells before they sign; ``is_first`` where no earlier year had any;
    ``without_lost``: what was lost is struck from the ledger.
    Nothing in the ledger shows it unless it ``tells``.
    The forecast believes in ``believed_sd`` of u, and in months only if it ``learns_months``.
    """

    name: str
    per_week: float = 2.0
    shock_sd: float = 0.5
    december: float = 1.0
    bulk: float = 0.0
    unseen: float = 0.0
    is_first: bool = False
    without_lost: bool = False
    tells: bool = True
    believed_sd: float = 0.5
    learns_months: bool = False


WELL_SPECIFIED = Kind("well-specified")
MISSPECIFIED = (
    Kind("common shock sd 0.8", shock_sd=0.8),
    Kind("December threefold", december=3.0),
    Kind("half of the moves in bulk", bulk=0.5),
    Kind("unknown arrivals", unseen=2.0),
    Kind("unknown arrivals, for the first time", unseen=2.0, is_first=True, tells=False),
    Kind("survivors only", without_lost=True),
)
FOR_COMPARISON = (
    Kind("well-specified, five times the leads", per_week=10.0),
    Kind("common shock sd 0.8, believed so", shock_sd=0.8, believed_sd=0.8),
    Kind("December threefold, months learned", december=3.0, learns_months=True),
    Kind("no common shock, none believed", shock_sd=1e-6, believed_sd=1e-6),
)


@dataclass(frozen=True, slots=True)
class District:
    """What one ledger says on the day of the forecast, and the count that came true."""

    spells: tuple[Spell, ...]
    candidates: tuple[Candidate, ...]
    target: QuotaTarget
    settings: Settings
    happened: int


def districts(kind: Kind, count: int, seed: int) -> Iterator[District]:
    """``count`` districts of a kind, each with hazards of its own around the documented prior."""
    random = np.random.default_rng(seed)
    lived = _live(kind, count, random)
    for number in range(count):
        yield _seen(kind, number, lived)


@dataclass(frozen=True, slots=True)
class _Lived:
    begins: Any  # [district, lead]: day of entry; DAYS for no lead
    form: Any
    suits: Any
    gates: Any  # both later gates passed
    is_bulk: Any
    unseen: Any  # [district, year]: projects from above that counted in its last half-year
    moves: list[Any]  # per district: rows of lead, from, to, day


def _live(kind: Kind, count: int, random: np.random.Generator) -> _Lived:
    number = random.poisson(kind.per_week * DAYS / 7, count)
    shape = count, int(number.max())
    begins = np.where(np.arange(shape[1]) < number[:, None], random.random(shape) * DAYS, DAYS)
    form = random.integers(0, len(FORMS), shape)
    prior = np.array([PRIOR[stage] for stage in STAGES])
    daily = prior / 7 * np.exp(random.normal(0, 0.25, (count, len(STAGES), 4)))
    u = random.normal(0, kind.shock_sd, (count, len(YEARS)))
    worked = _days_worked(kind, u)
    moves = []
    state, at = np.zeros(shape, dtype=int), begins.copy()
    while (active := (at < DAYS) & (state != SIGNED) & (state != GONE)).any():
        district, lead = np.nonzero(active)
        now, since = state[active], at[active]
        hazards = daily[district, now]
        with np.errstate(divide="ignore"):
            waits = random.exponential(1.0, (len(now), 4)) / hazards
        waits[:, 0] /= PACE[form[active]]
        until = since[:, None] + waits
        until[:, 0] = _after(worked, district, since, waits[:, 0])
        cause = until.argmin(1)
        ends = until.min(1)
        following = np.choose(
            cause, [np.where(now == PARKED, 2, now + 1), GONE, PARKED, np.maximum(now - 1, 0)]
        )
        at[active], state[active] = ends, following
        seen = ends < DAYS
        moves.append(np.stack([district, lead, now, following, ends.astype(int)], 1)[seen])
    rows = np.concatenate(moves)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    edges = np.searchsorted(rows[:, 0], np.arange(count + 1))
    return _Lived(
        begins.astype(int),
        form,
        random.random(shape) < SUITS,
        random.random(shape) < GATE * GATE,
        random.random(shape) < kind.bulk,
        random.poisson(kind.unseen * np.exp(u - kind.shock_sd**2 / 2)),
        [rows[edges[n] : edges[n + 1], 1:] for n in range(count)],
    )


def _days_worked(kind: Kind, u: Any) -> Any:
    """Usual days' worth of advance by each day, [district, day]: good years and months run faster."""
    year = [max(day.year - YEARS[0], 0) for day in CALENDAR]
    even = (12 - kind.december) / 11
    season = np.array([kind.december if day.month == 12 else even for day in CALENDAR])
    return np.concatenate(
        [np.zeros((len(u), 1)), np.cumsum(np.exp(u[:, year]) * season, axis=1)], 1
    )


def _after(worked: Any, district: Any, since: Any, wait: Any) -> Any:
    """The day on which ``wait`` usual days' worth has been done since ``since``; never is late enough."""
    found = np.empty(len(since))
    edges = np.searchsorted(district, np.arange(len(worked) + 1))
    calendar = np.arange(worked.shape[1])
    for n, done in enumerate(worked):
        mine = slice(edges[n], edges[n + 1])
        reached = np.interp(since[mine], calendar, done) + wait[mine]
        found[mine] = np.interp(reached, done, calendar, right=2 * DAYS)
    return found


BULK_DAYS = [date(year, month, 15) for year in YEARS for month in (2, 5, 8, 11)]


def _seen(kind: Kind, number: int, lived: _Lived) -> District:
    """The ledger of one district on the day of the forecast."""
    entered = lived.begins[number]
    suits, form = lived.suits[number], lived.form[number]
    on = (ON - BEGINS).days
    opens = (LEDGER_OPENS - BEGINS).days
    way: dict[int, list[tuple[int, Stage | None, Stage]]] = {
        lead: [(day, None, Stage.LEAD)] for lead, day in enumerate(entered.tolist()) if day < DAYS
    }
    for lead, now, following, day in lived.moves[number].tolist():
        way[lead].append((day, STAGES[now], Stage.LOST if following == GONE else STAGES[following]))
    signed_on = {lead: steps[-1][0] for lead, steps in way.items() if steps[-1][2] is Stage.SIGNED}
    counted = [
        CALENDAR[day]
        for lead, day in signed_on.items()
        if suits[lead] and lived.gates[number, lead]
    ]
    arrived = {
        year: sum(
            (date(year, 6, 30) - BEGINS).days < int(entered[lead])
            and date(year, 6, 30) < CALENDAR[day] <= date(year, 12, 31)
            and bool(suits[lead])
            and bool(lived.gates[number, lead])
            for lead, day in signed_on.items()
        )
        for year in (2024, 2025)
    }
    if not kind.is_first:  # entered once they had signed, so their years tell of them
        for year in arrived:
            arrived[year] += int(lived.unseen[number, YEARS.index(year)])
    moves: list[Move] = []
    for lead, steps in way.items():
        known = [step for step in steps if step[0] <= on]
        if not known or (kind.without_lost and known[-1][2] is Stage.LOST):
            continue
        moves += _recorded(lead, known, opens, on, bool(lived.is_bulk[number, lead]))
    traits = {lead: Traits(*FORMS[form[lead]], None) for lead in way}
    spells = spells_of(moves, traits)
    candidates = tuple(
        Candidate(
            each.lead_id,
            each.stage,
            (ON - each.entered_on).days,
            each.size_band,
            each.path,
            None,
            frozenset({"A"}),
            GATE,
            GATE,
        )
        for each in spells
        if each.ended_on is None and each.stage is not Stage.SIGNED and suits[each.lead_id]
    )
    certain = sum(date(2026, 1, 1) <= day <= ON for day in counted)
    return District(
        spells,
        candidates,
        QuotaTarget("A", 12, certain, CLOSES),
        Settings(
            u_sd=kind.believed_sd,
            month_factors=month_factors(spells, ON) if kind.learns_months else None,
            arrivals=(Arrivals("A", tuple(arrived[year] for year in (2024, 2025))),),
        ),
        sum(date(2026, 1, 1) <= day <= CLOSES for day in counted) + int(lived.unseen[number, -1]),
    )


def _recorded(
    lead: int, steps: list[tuple[int, Stage | None, Stage]], opens: int, on: int, is_bulk: bool
) -> Iterator[Move]:
    """The moves of a lead as the ledger has them; what happened before it opened is one entry."""
    before = [step for step in steps if step[0] <= opens]
    later = [step for step in steps if step[0] > opens]
    if before:
        day, _, stage = before[-1]
        if stage in {Stage.LOST, Stage.SIGNED}:
            return
        yield Move(lead, None, stage, CALENDAR[day], LEDGER_OPENS, None)
    for day, from_stage, stage in later:
        event_on = CALENDAR[day]
        if is_bulk and from_stage is not None:
            recorded = next((each for each in BULK_DAYS if each >= event_on), CLOSES)
            if (recorded - BEGINS).days <= on:
                yield Move(lead, from_stage, stage, recorded, recorded, 1)
        else:
            yield Move(lead, from_stage, stage, event_on, event_on, 2 + lead)
