"""The bridge between two numbers of every quota of a year, with names and with who changed what."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.closing.queries.known import (
    ENTRY_DAYS,
    QuotaAsKnown,
    chains_between,
    placed,
    quotas_as_known,
    verdicts_as_known,
)
from crm.closing.rules import (
    BY_EVENT,
    Bridge,
    Cause,
    Crossing,
    Number,
    Why,
    bridge,
    why_entered,
    why_left,
)
from crm.core.bulk import among, chunked
from crm.core.db import rows_of
from crm.history.changes import Change, changes_behind
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.quotas.queries import reach

Places = Mapping[tuple[int, Number], Collection[int]]
"""The leads behind each number of each quota: (quota id, number) -> lead ids."""

ENTRY_COLUMNS = ("quota_id", "lead_id", *ENTRY_DAYS.values())
OF_RULES = frozenset(
    {Cause.AMOUNT_CORRECTED, Cause.EVIDENCE, Cause.TYPE_CHANGED, Cause.JUDGED_AGAIN}
)
"""Causes that are a change of the rules where one was published at that moment."""


@dataclass(frozen=True, slots=True)
class Point:
    """One end of a bridge: facts dated up to a day, as known at a moment.

    ``frozen`` are the leads behind the numbers where they are kept (封账, an export).
    """

    on: date
    known_at: datetime
    frozen: Places | None = None


@dataclass(frozen=True, slots=True)
class NumberBridge:
    """One number of one quota, from one end to the other."""

    quota_id: int
    code: str
    label: str
    label_en: str | None
    number: Number
    bridge: Bridge


@dataclass(frozen=True, slots=True)
class YearBridge:
    """The bridges of a year. ``titles`` holds the leads the reader may see, ``changes`` who changed them."""

    year: int
    quotas: tuple[NumberBridge, ...]
    titles: Mapping[int, str]
    changes: Mapping[tuple[int, datetime], Change]

    def change_behind(self, crossing: Crossing) -> Change | None:
        at = crossing.why.known_at
        return self.changes.get((crossing.lead_id, at)) if at is not None else None


def bridge_of_points(actor: Actor, year: int, start: Point, end: Point) -> YearBridge | None:
    """From one point to a later one, as far as a person counts the leads."""
    quotas = quotas_as_known(year, end.known_at)
    if not quotas:
        return None
    ids = [quota.quota_id for quota in quotas]
    starts = _places(actor, ids, start)
    ends = _places(actor, ids, end)
    chains = chains_between(ids, differing(starts, ends), start.known_at, end.known_at)

    def why(quota_id: int, number: Number, lead_id: int, entered: bool) -> Why:
        chain = chains.get((quota_id, lead_id), [])
        if entered:
            return why_entered(chain, number, start.on, end.on)
        return why_left(chain, number, end.on)

    return assemble(actor, year, quotas, BY_EVENT, starts, ends, why)


def _places(actor: Actor, quota_ids: Sequence[int], point: Point) -> Places:
    if point.frozen is None:
        return places_as_known(actor, quota_ids, point.on, point.known_at)
    return counted_by(actor, point.frozen)


def counted_by(actor: Actor, places: Places) -> Places:
    """The same, as far as a person counts the leads."""
    within = reach(actor)
    if within is None:
        return places
    everyone = {lead_id for ids in places.values() for lead_id in ids}
    seen: set[int] = set()
    for some in chunked(everyone):
        seen |= {row.id for row in rows_of(select(Lead.id).where(among(Lead.id, some), within))}
    return {key: seen & set(ids) for key, ids in places.items()}


def places_as_known(
    actor: Actor, quota_ids: Sequence[int], on: date, known_at: datetime
) -> dict[tuple[int, Number], set[int]]:
    """The leads behind each number by the end of a day, as known then: those that a person counts."""
    within = reach(actor)
    on_day = placed(on)

    def counted(table: Any) -> Any:
        if within is None:
            return on_day(table)
        return on_day(table) & table.lead_id.in_(select(Lead.id).where(within))

    rows = verdicts_as_known(quota_ids, known_at, counted, ENTRY_COLUMNS)
    return places_of(quota_ids, rows, on)


def places_of(
    quota_ids: Sequence[int], rows: Iterable[Any], on: date
) -> dict[tuple[int, Number], set[int]]:
    """The leads behind each number, of rows with quota, lead and days of entry."""
    found: dict[tuple[int, Number], set[int]] = {
        (quota_id, number): set() for quota_id in quota_ids for number in BY_EVENT
    }
    for row in rows:
        for number, column in ENTRY_DAYS.items():
            day = getattr(row, column)
            if day is not None and day <= on:
                found[row.quota_id, number].add(row.lead_id)
    return found


def differing(starts: Places, ends: Places) -> set[int]:
    """The leads that stand on one side of some number alone."""
    found: set[int] = set()
    for key in starts.keys() | ends.keys():
        found |= set(starts.get(key, ())) ^ set(ends.get(key, ()))
    return found


def assemble(
    actor: Actor,
    year: int,
    quotas: Sequence[QuotaAsKnown],
    numbers: Sequence[Number],
    starts: Places,
    ends: Places,
    why: Callable[[int, Number, int, bool], Why],
) -> YearBridge:
    """The bridges with names, and with the changes behind them."""
    bridges = [
        (
            quota,
            number,
            bridge(
                starts.get((quota.quota_id, number), ()),
                ends.get((quota.quota_id, number), ()),
                partial(why, quota.quota_id, number),
            ),
        )
        for quota in quotas
        for number in numbers
    ]
    crossings = [each for *_, one in bridges for each in (*one.entered, *one.left)]
    changes = changes_behind(
        (each.lead_id, each.why.known_at) for each in crossings if each.why.known_at
    )
    return YearBridge(
        year,
        tuple(
            NumberBridge(
                quota.quota_id,
                quota.terms.code,
                quota.terms.label,
                quota.label_en,
                number,
                replace(
                    one,
                    entered=tuple(_by_rule(each, changes) for each in one.entered),
                    left=tuple(_by_rule(each, changes) for each in one.left),
                ),
            )
            for quota, number, one in bridges
        ),
        titles_seen(actor, {each.lead_id for each in crossings}),
        changes,
    )


def joined(first: YearBridge, second: YearBridge) -> YearBridge:
    """Two bridges of one year as one, number by number of each quota."""
    order = {code: place for place, code in enumerate(dict.fromkeys(q.code for q in first.quotas))}
    both = sorted((*first.quotas, *second.quotas), key=lambda each: order.get(each.code, 0))
    return YearBridge(
        first.year,
        tuple(both),
        {**first.titles, **second.titles},
        {**first.changes, **second.changes},
    )


def _by_rule(crossing: Crossing, changes: Mapping[tuple[int, datetime], Change]) -> Crossing:
    """The same; where the rules of the quota were changed at that moment, they are the cause."""
    at = crossing.why.known_at
    change = changes.get((crossing.lead_id, at)) if at is not None else None
    if change is None or not change.is_of_rules or crossing.why.cause not in OF_RULES:
        return crossing
    return replace(crossing, why=replace(crossing.why, cause=Cause.RULE_CHANGED))


def titles_seen(actor: Actor, lead_ids: Collection[int]) -> dict[int, str]:
    """The titles of those of the leads that a person may see."""
    found: dict[int, str] = {}
    for some in chunked(lead_ids):
        found |= dict(
            rows_of(select(Lead.id, Lead.title).where(among(Lead.id, some), may_see(actor))).all()
        )
    return found
