"""What goes into a forecast: the stays that teach, the leads that may count, the quotas to reach.

A fixed number of queries for any number of leads. With `known_at` everything is read as the ledger
knew it at that moment: stages from the moves entered by then, verdicts as they were stored then.
What is undated (size, form and chain of a lead) is taken as it is now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, union_all

from crm.core.clock import office_day
from crm.core.db import rows_of
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.rules import CLOSED, FROM_SIGNING, MilestoneKind, Stage, StageSource
from crm.leads.rules.stages import milestones_for
from crm.outlook.models import CeremonyLead
from crm.outlook.queries.ceremonies import standing_ceremonies
from crm.outlook.queries.past import (
    EVENT_STAGE,
    ForecastQuota,
    Gates,
    arrivals_of,
    forecast_quotas,
    gates_of,
)
from crm.outlook.rules.forecasting import (
    Candidate,
    Ceremony,
    Move,
    QuotaTarget,
    Settings,
    Spell,
    Traits,
    month_factors,
    spells_of,
)
from crm.outlook.rules.pooling import Excluded, excluded, size_band
from crm.quotas.models import SupersededVerdict, Verdict
from crm.quotas.rules import Outcome
from crm.recognition.queries import recognised
from crm.recognition.rules import Level


@dataclass(frozen=True, slots=True)
class Ingredients:
    year: int
    on: date
    quotas: tuple[ForecastQuota, ...]
    spells: tuple[Spell, ...]
    candidates: tuple[Candidate, ...]
    targets: tuple[QuotaTarget, ...]
    settings: Settings
    gates: Gates
    moves: Excluded


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a lead stands, and since which day."""

    stage: Stage
    since: date


def ingredients_of(year: int, on: date, *, known_at: datetime | None = None) -> Ingredients:
    """Everything a forecast of the year reads, as of the end of the day `on`."""
    quotas = forecast_quotas(year)
    leads = {row.id: row for row in _leads()}
    moves = _moves(leads, on, known_at)
    spells = spells_of(moves, {number: _traits(row) for number, row in leads.items()})
    gates = gates_of(known_at)
    certain = recognised(year, Level.DISTRICT, on=on, known_at=known_at)
    places = _places(leads, moves, known_at)
    ceremonies = tuple(standing_ceremonies(on))
    seats = _seats(ceremonies)
    candidates = tuple(
        _candidates(quotas, places, leads, certain, gates, seats, on, known_at) if quotas else ()
    )
    settings = Settings(
        month_factors=month_factors(spells, on),
        arrivals=tuple(arrivals_of(quotas, year, on)),
        ceremonies=ceremonies,
    )
    targets = tuple(
        QuotaTarget(
            quota.code, quota.target, len(certain.get(quota.quota_id, ())), quota.closes,
            EVENT_STAGE[quota.event], quota.exclusive_group,
        )
        for quota in quotas
    )  # fmt: skip
    return Ingredients(
        year, on, quotas, spells, candidates, targets, settings, gates, excluded(moves)
    )


def _leads() -> Sequence[Row[*tuple[Any, ...]]]:
    return rows_of(
        select(
            Lead.id, Lead.investment_yuan, Lead.path, Lead.chain_id, Lead.stage, Lead.stage_since
        )
    ).all()


def _traits(row: Row[*tuple[Any, ...]]) -> Traits:
    return Traits(size_band(row.investment_yuan), row.path, row.chain_id)


def _moves(
    leads: Mapping[int, Row[*tuple[Any, ...]]], on: date, known_at: datetime | None
) -> list[Move]:
    """All moves by event date, lead by lead; from signing on the milestone's day goes first."""
    statement = select(
        StageChange.lead_id, StageChange.to_stage, StageChange.happened_on, StageChange.at,
        StageChange.by_id, StageChange.source,
    ).order_by(StageChange.lead_id, StageChange.id)  # fmt: skip
    if known_at is not None:
        statement = statement.where(StageChange.at <= known_at)
    days = _milestone_days(on)
    found: list[Move] = []
    for lead_id, stage, happened_on, at, by_id, source in rows_of(statement):
        day = happened_on
        if stage in FROM_SIGNING:
            kinds = milestones_for(stage, leads[lead_id].path)
            day = min(
                (days[lead_id, kind] for kind in kinds if (lead_id, kind) in days), default=day
            )
        before = found[-1].to_stage if found and found[-1].lead_id == lead_id else None
        is_import = source is StageSource.IMPORT
        found.append(Move(lead_id, before, stage, day, office_day(at), by_id, is_import))
    return found


def _milestone_days(on: date) -> dict[tuple[int, MilestoneKind], date]:
    rows = rows_of(
        select(Milestone.lead_id, Milestone.kind, Milestone.happened_on).where(
            Milestone.happened_on <= on
        )
    )
    return {(lead_id, kind): day for lead_id, kind, day in rows if day is not None}


def _places(
    leads: Mapping[int, Row[*tuple[Any, ...]]], moves: Iterable[Move], known_at: datetime | None
) -> dict[int, _Place]:
    """Where every lead stands now, or stood as known then."""
    if known_at is None:
        return {number: _Place(row.stage, row.stage_since) for number, row in leads.items()}
    found: dict[int, _Place] = {}
    for move in moves:
        found[move.lead_id] = _Place(move.to_stage, move.event_on)
    return found


def _verdicts(
    quotas: Sequence[ForecastQuota], known_at: datetime | None
) -> Sequence[Row[int, int, Outcome, date | None]]:
    ids = [quota.quota_id for quota in quotas]

    def of(table: Any, *conditions: ColumnElement[bool]) -> Any:
        return select(table.quota_id, table.lead_id, table.verdict, table.signed_from).where(
            table.quota_id.in_(ids),
            table.verdict.in_([Outcome.COUNTS, Outcome.PENDING]),
            *conditions,
        )

    if known_at is None:
        return rows_of(of(Verdict)).all()
    return rows_of(
        union_all(
            of(Verdict, Verdict.judged_at <= known_at),
            of(
                SupersededVerdict,
                SupersededVerdict.judged_at <= known_at,
                SupersededVerdict.replaced_at > known_at,
            ),
        )
    ).all()


def _candidates(
    quotas: Sequence[ForecastQuota],
    places: Mapping[int, _Place],
    leads: Mapping[int, Row[*tuple[Any, ...]]],
    certain: Mapping[int, frozenset[int]],
    gates: Gates,
    seats: Mapping[int, int],
    on: date,
    known_at: datetime | None,
) -> list[Candidate]:
    by_id = {quota.quota_id: quota for quota in quotas}
    taken = _taken(quotas, certain)
    counts_to: dict[int, set[str]] = defaultdict(set)
    proven: set[int] = set()
    for quota_id, lead_id, verdict, signed_from in _verdicts(quotas, known_at):
        place, quota = places.get(lead_id), by_id[quota_id]
        if place is None or place.stage in CLOSED or lead_id in taken[quota_id]:
            continue
        if place.stage in FROM_SIGNING and signed_from is None:
            continue  # its signing counts in another period, or is none
        counts_to[lead_id].add(quota.code)
        if verdict is Outcome.COUNTS and signed_from is not None:
            proven.add(lead_id)
    found = []
    for lead_id in sorted(counts_to):
        place = places[lead_id]
        traits = _traits(leads[lead_id])
        found.append(
            Candidate(
                lead_id=lead_id,
                stage=place.stage,
                days_in_stage=max(0, (on - place.since).days),
                size_band=traits.size_band,
                path=traits.path,
                chain_id=traits.chain_id,
                counts_to=frozenset(counts_to[lead_id]),
                amount_gate=1.0 if lead_id in proven else gates.amount,
                recognition_gate=gates.recognition,
                ceremony_id=None if place.stage in FROM_SIGNING else seats.get(lead_id),
            )
        )
    return found


def _taken(
    quotas: Sequence[ForecastQuota], certain: Mapping[int, frozenset[int]]
) -> dict[int, set[int]]:
    """By quota the leads recognised for it, or for another one of its exclusive group."""
    by_group: dict[str, set[int]] = defaultdict(set)
    for quota in quotas:
        if quota.exclusive_group is not None:
            by_group[quota.exclusive_group] |= certain.get(quota.quota_id, frozenset())
    return {
        quota.quota_id: set(certain.get(quota.quota_id, frozenset()))
        | (by_group[quota.exclusive_group] if quota.exclusive_group is not None else set())
        for quota in quotas
    }


def _seats(ceremonies: Sequence[Ceremony]) -> dict[int, int]:
    """Which of the ceremonies a lead is to sign at."""
    standing = [each.ceremony_id for each in ceremonies]
    if not standing:
        return {}
    rows = rows_of(
        select(CeremonyLead.lead_id, CeremonyLead.ceremony_id).where(
            CeremonyLead.ceremony_id.in_(standing)
        )
    )
    return dict(iter(rows))
