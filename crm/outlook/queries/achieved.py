"""What is reached already: who is recognised for each quota, and who waits for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, literal, or_, select, union_all

from crm.accounts.rules import Actor
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.outlook.queries.past import ForecastQuota, forecast_quotas
from crm.quotas.models import Quota, Verdict
from crm.quotas.numbers import EVENT_OF
from crm.quotas.queries import NUMBERS, YearNumbers, reach
from crm.recognition.queries import recognised
from crm.recognition.rules import Level


@dataclass(frozen=True, slots=True)
class Named:
    """A lead by name; without sight of it nobody is told the name."""

    lead_id: int
    title: str
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Achieved:
    """认定 (by the district) and 待认定 of a quota: in its number, and not recognised yet, neither
    for it nor for another quota of its exclusive group."""

    recognised: tuple[Named, ...]
    awaiting: tuple[Named, ...]


def achieved_of(actor: Actor, numbers: YearNumbers) -> dict[str, Achieved]:
    """By code of the quota, in four queries; what is outside a person's reach is left out."""
    if not numbers.quotas:
        return {}
    said = recognised(numbers.year, Level.DISTRICT, on=numbers.on)
    conditions = []
    for quota in numbers.quotas:
        since, _is_pending = NUMBERS[EVENT_OF[quota.terms.event]]
        conditions.append(and_(Verdict.quota_id == quota.quota_id, since <= numbers.on))
    reached: dict[int, set[int]] = {quota.quota_id: set() for quota in numbers.quotas}
    for quota_id, lead_id in rows_of(
        select(Verdict.quota_id, Verdict.lead_id).where(
            Verdict.signed_from.is_not(None),  # nothing is reached before; and it has the index
            or_(*conditions),
        )
    ):
        reached[quota_id].add(lead_id)
    groups = dict(
        rows_of(
            select(Quota.id, Quota.exclusive_group).where(
                Quota.id.in_([*reached]), Quota.exclusive_group.is_not(None)
            )
        ).all()
    )
    elsewhere: dict[str | None, set[int]] = defaultdict(set)
    for quota_id, ids in said.items():
        if (group := groups.get(quota_id)) is not None:
            elsewhere[group] |= ids
    everyone: set[int] = set().union(*reached.values(), *said.values())
    named = names_of(actor, everyone)
    found = {}
    for quota in numbers.quotas:
        approved = said.get(quota.quota_id, frozenset())
        found[quota.code] = Achieved(
            _named(named, approved),
            _named(
                named,
                reached[quota.quota_id] - approved - elsewhere[groups.get(quota.quota_id)],
            ),
        )
    return found


def _named(named: dict[int, Named], ids: Iterable[int]) -> tuple[Named, ...]:
    return tuple(named[each] for each in sorted(ids) if each in named)


def names_of(actor: Actor, ids: Iterable[int]) -> dict[int, Named]:
    """The leads of these ids within a person's reach."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    statement = select(Lead.id, Lead.title, may_see(actor).label("is_seen")).where(
        among(Lead.id, wanted)
    )
    within = reach(actor)
    if within is not None:
        statement = statement.where(within)
    return {
        lead_id: Named(lead_id, title, bool(is_seen))
        for lead_id, title, is_seen in rows_of(statement)
    }


def judged_for(year: int, code: str, ids: Iterable[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """What is judged of these leads on one quota, as `told` reads it; one query."""
    rows = rows_of(
        select(
            Verdict.lead_id, Quota.label, Quota.label_en, Verdict.verdict, Verdict.branch,
            Verdict.reasons,
        )
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == year, Quota.code == code, among(Verdict.lead_id, sorted(set(ids))))
    )  # fmt: skip
    return {row.lead_id: row for row in rows}


def reached_days(quotas: Sequence[ForecastQuota], on: date) -> dict[str, list[date]]:
    """By code of the quota the days on which its leads came to stand in its number, all of the district."""
    if not quotas:
        return {}
    parts = [
        select(literal(quota.code), since).where(
            Verdict.quota_id == quota.quota_id, since <= min(on, quota.closes)
        )
        for quota in quotas
        for since in (NUMBERS[EVENT_OF[quota.event]][0],)
    ]
    found: dict[str, list[date]] = {quota.code: [] for quota in quotas}
    for code, day in rows_of(union_all(*parts)):
        if day is not None:
            found[code].append(day)
    return found


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a quota by a day: its close, or today while it runs."""

    on: date
    is_final: bool
    recognised: int
    reached: int


def became(year: int, today: date) -> dict[str, Became]:
    """By code, for all of the district: what forecasts of the year are held against; four queries at most."""
    quotas = forecast_quotas(year)
    reached = reached_days(quotas, today)
    by_day = {
        day: recognised(year, Level.DISTRICT, on=day)
        for day in {min(quota.closes, today) for quota in quotas}
    }
    return {
        quota.code: Became(
            min(quota.closes, today),
            quota.closes < today,
            len(by_day[min(quota.closes, today)].get(quota.quota_id, ())),
            len(reached[quota.code]),
        )
        for quota in quotas
    }
