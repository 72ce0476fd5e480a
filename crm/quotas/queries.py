"""Reading quotas and stored verdicts: the leads behind each number, what a lead's page says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, literal, select, union_all

from crm.accounts.rules import Actor
from crm.chains.models import Chain
from crm.core.db import db, planned_once, rows_of
from crm.core.lists import capped_counts, counting, first
from crm.enterprises.models import RankingList
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.queries import STATEMENTS_KEPT, hidden_matching, leads_matching
from crm.leads.rules import QuietLights
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.leads.rules.filters import Outcome as Wanted
from crm.places.models import Zone
from crm.quotas.facts import terms_of
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import CountingEvent, Outcome, QuotaTerms, due_under

ALL = "ALL"
"""In a filter, instead of a quota's code: any of the year's quotas (去重合计)."""

OVERLAP = "OVERLAP"
"""In a filter, instead of a quota's code: more than one of the year's quotas (重叠)."""

NUMBERS = {
    CountedEvent.SIGNED: (Verdict.signed_from, Verdict.is_signed_pending),
    CountedEvent.REGISTERED: (Verdict.registered_from, Verdict.is_registered_pending),
    CountedEvent.STARTED: (Verdict.started_from, Verdict.is_started_pending),
}
"""For each number the day from which a lead stands in it, and whether it is 待补佐证 there."""


def computed_quotas(year: int | None = None) -> Select[Quota]:
    """The quotas that judge leads, of one year or of all."""
    statement = select(Quota).where(
        Quota.criteria.is_not(None), Quota.universe == "leads", Quota.source == "computed"
    )
    return statement if year is None else statement.where(Quota.year == year)


def _judges_leads(quota: Quota) -> bool:
    """The same of a quota at hand."""
    return quota.criteria is not None and quota.universe == "leads" and quota.source == "computed"


def judged_leads(wanted: LeadFilter, today: date) -> Select[int] | None:
    """The ids of the leads a filter's quota, year, verdict and event mean; None without a quota.

    With an event: the leads in that number of the quota by the end of `today` (or of `until`, if
    that is earlier), with `since` those that entered it from that day on, and with the verdict
    `pending` those of them that are 待补佐证 in it. OVERLAP and ALL count as one quota.
    """
    if wanted.quota is None:
        return None
    statement = (
        select(Verdict.lead_id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == (wanted.year or today.year), *_conditions(wanted, today))
    )
    if wanted.quota == OVERLAP:
        return statement.group_by(Verdict.lead_id).having(func.count() > 1)
    return statement if wanted.quota == ALL else statement.where(Quota.code == wanted.quota)


def _conditions(wanted: LeadFilter, today: date) -> list[ColumnElement[bool]]:
    if wanted.event is None:
        return [Verdict.verdict == wanted.verdict.value] if wanted.verdict else []
    since, is_pending = NUMBERS[wanted.event]
    until = min(today, wanted.until or today)
    found = [since.is_not(None), since <= until]
    if wanted.since is not None:
        found.append(since >= wanted.since)
    if wanted.verdict is Wanted.PENDING:
        found.append(is_pending.expression)
    elif wanted.verdict is not None:
        found += [Verdict.verdict == wanted.verdict.value, is_pending.is_(False)]
    return found


# Statements of the list and of a lead's page are made once; each request only fills in the values.
_QUOTAS_OF = (
    computed_quotas()
    .with_only_columns(Quota.code, Quota.label, Quota.label_en)
    .where(Quota.year == bindparam("year"))
    .order_by(Quota.position, Quota.id)
)
VERDICTS_OF = (
    select(
        Quota.year,
        Quota.id.label("quota_id"),
        Quota.code,
        Quota.label,
        Quota.label_en,
        Verdict.verdict,
        Verdict.branch,
        Verdict.lacks_yuan,
        Verdict.reasons,
        Verdict.judged_at,
    )
    .join(Quota, Quota.id == Verdict.quota_id)
    .where(Verdict.lead_id == bindparam("lead_id"))
    .order_by(Quota.year, Quota.position, Quota.id)
)


def quotas_of(year: int) -> Sequence[Row[str, str, str | None]]:
    """(code, label, English label) of the year's quotas that judge leads, in their order."""
    return rows_of(_QUOTAS_OF, {"year": year}).all()


def verdicts_of(lead_id: int, year: int) -> list[Row[Any]]:
    """The stored verdicts of a lead on the quotas of `year`, in the order of the quotas.

    A lead whose signing counts in another year answers for that year instead. Rows of (year,
    quota_id, code, label, label_en, verdict, branch, lacks_yuan, reasons, judged_at).
    """
    return of_year_meant(rows_of(VERDICTS_OF, {"lead_id": lead_id}).all(), year)


def of_year_meant(rows: Sequence[Row[Any]], year: int) -> list[Row[Any]]:
    """Of a lead's verdicts those of the year, or of the last one where its signing counts in another."""
    years = {row.year for row in rows}
    meant = year if year in years else max(years, default=year)
    return [row for row in rows if row.year == meant]


def code_names(*, english: bool) -> dict[str, str]:
    """The words for codes that criteria take from tables: ranking lists, chains, cluster areas.

    In one query.
    """
    rows: Iterable[Any] = rows_of(
        union_all(
            select(RankingList.code, RankingList.name, RankingList.name_en),
            select(Chain.code, Chain.name, Chain.name_en),
            select(Zone.code, Zone.name, Zone.name_en),
        )
    )
    return {code: (name_en if english and name_en else name) for code, name, name_en in rows}


@dataclass(frozen=True, slots=True)
class Number:
    """How many leads stand in a number, and how many of them are 待补佐证 in it."""

    count: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class QuotaNumbers:
    """A quota of the year with its three numbers as of a day, and what is due by then."""

    quota_id: int
    code: str
    label: str
    label_en: str | None
    is_example: bool
    terms: QuotaTerms
    target: int
    due: int
    signed: Number
    registered: Number
    started: Number
    new: int  # of the signed, those since Monday

    @property
    def reached(self) -> Number:
        """The number that is held against the target, by the counting event."""
        return {
            CountingEvent.SIGNED: self.signed,
            CountingEvent.SIGNED_AND_REGISTERED: self.registered,
            CountingEvent.STARTED: self.started,
        }[self.terms.event]


@dataclass(frozen=True, slots=True)
class YearNumbers:
    """The year's quotas as of a day, and what they have in common.

    `is_whole`: the whole district is counted, not only the part a person sees.
    """

    year: int
    on: date
    quotas: tuple[QuotaNumbers, ...]
    overlap: int
    distinct: int
    is_whole: bool


def reach(actor: Actor) -> ColumnElement[bool] | None:
    """The leads a person's numbers count; None for all.

    Whoever answers for the whole district counts all of it, sensitive leads included, since that
    is the official number; the list behind shows those they may see and says how many more.
    """
    return None if actor.sees_all else may_see(actor)


def year_numbers(
    actor: Actor, year: int, on: date, quotas: Sequence[Quota] | None = None
) -> YearNumbers:
    """The numbers of the year's quotas for a person, without judging: in three queries, or in one
    where all quotas and indicators of the year are at hand."""
    found: Sequence[Quota]
    if quotas is None:
        found = db.session.scalars(computed_quotas(year).order_by(Quota.position, Quota.id)).all()
    else:
        found = [quota for quota in quotas if _judges_leads(quota)]
    numbers, overlap, distinct = _numbers(actor, tuple(quota.id for quota in found), on)
    nothing = (Number(), Number(), Number(), 0)
    told = []
    for quota in found:
        terms = terms_of(quota)
        signed, registered, started, new = numbers.get(quota.id, nothing)
        told.append(
            QuotaNumbers(
                quota.id,
                quota.code,
                quota.label,
                quota.label_en,
                quota.is_example,
                terms,
                quota.target,
                due_under(terms, on),
                signed,
                registered,
                started,
                new,
            )
        )
    return YearNumbers(year, on, tuple(told), overlap, distinct, reach(actor) is None)


def _numbers(
    actor: Actor, ids: tuple[int, ...], on: date
) -> tuple[dict[int, tuple[Number, Number, Number, int]], int, int]:
    """By quota id its three numbers and what is new; 重叠; 去重合计."""
    found = {}
    overlap = distinct = 0
    if ids:
        for quota_id, *row in rows_of(_counting_numbers(actor, ids, on)):
            if quota_id == TOGETHER:
                distinct, overlap = row[:2]
            else:
                found[quota_id] = (Number(*row[0:2]), Number(*row[2:4]), Number(*row[4:6]), row[6])
    return found, overlap, distinct


TOGETHER = 0
"""Stands for all quotas, where a row belongs to one."""


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_numbers(actor: Actor, ids: tuple[int, ...], on: date) -> Any:
    """By quota: each number and its 待补佐证, and those since Monday. In the row TOGETHER how many
    leads there are, each once, and how many of them stand in several quotas."""
    monday = on - timedelta(days=on.weekday())
    within = reach(actor)

    def signed(*columns: Any) -> Select[*tuple[Any, ...]]:
        found = (
            select(*columns)
            .select_from(Verdict)
            .where(Verdict.quota_id.in_(ids), Verdict.signed_from <= on)
        )
        if within is None:
            return found
        return found.join(Lead, Lead.id == Verdict.lead_id).where(within)

    columns = []
    for since, pending in NUMBERS.values():
        columns.append(func.count().filter(since <= on))
        columns.append(func.count().filter(since <= on, pending.is_(True)))
    columns.append(func.count().filter(Verdict.signed_from >= monday))
    of_quotas = signed(Verdict.quota_id, *columns).group_by(Verdict.quota_id)
    times = signed(func.count().label("times")).group_by(Verdict.lead_id).subquery().c.times
    together = select(
        literal(TOGETHER),
        func.count(),
        func.count().filter(times > 1),
        *(literal(0) for _ in columns[2:]),
    )
    return planned_once(union_all(of_quotas, together))


_TOLD = (
    Verdict.lead_id,
    Lead.title,
    Lead.stage,
    Quota.year,
    Quota.code,
    Quota.label,
    Quota.label_en,
    Verdict.verdict,
    Verdict.branch,
    Verdict.lacks_yuan,
    Verdict.reasons,
    Verdict.signed_from,
)


def _told_verdicts(actor: Actor, year: int) -> Select[Any]:
    return (
        select(*_TOLD)
        .join(Quota, Quota.id == Verdict.quota_id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Quota.year == year, may_see(actor))
    )


def nearest(actor: Actor, quotas: Iterable[QuotaNumbers], year: int, limit: int = 5) -> list[Any]:
    """The nearest misses a person sees, smallest lack first."""
    ids = tuple(quota.quota_id for quota in quotas)
    if not ids:
        return []
    found = rows_of(_nearest(actor, ids, year, limit))
    return sorted(found, key=lambda row: (row.lacks_yuan, row.lead_id))[:limit]


@lru_cache(maxsize=STATEMENTS_KEPT)
def _nearest(actor: Actor, ids: tuple[int, ...], year: int, limit: int) -> Any:
    """The nearest of each quota, found along the index, which those of several at once are not."""
    parts = [
        _told_verdicts(actor, year)
        .where(Verdict.quota_id == quota_id, Verdict.is_near_miss)
        .order_by(Verdict.lacks_yuan, Verdict.lead_id)
        .limit(first(limit))
        .subquery()
        for quota_id in ids
    ]
    return union_all(*map(select, parts))


def signed_pending(actor: Actor, wanted: LeadFilter, today: date, limit: int = 6) -> list[Any]:
    """The verdicts behind the signed leads of a filter that are 待补佐证, oldest signing first."""
    return list(rows_of(_signed_pending(actor, wanted, today, limit)))


@lru_cache(maxsize=STATEMENTS_KEPT)
def _signed_pending(actor: Actor, wanted: LeadFilter, today: date, limit: int) -> Select[Any]:
    matching = leads_matching(actor, wanted, today, judged=judged_leads(wanted, today))
    return (
        _told_verdicts(actor, wanted.year or today.year)
        .where(
            Verdict.lead_id.in_(matching),
            Verdict.signed_from <= today,
            Verdict.is_signed_pending,
        )
        .order_by(Verdict.signed_from, Verdict.lead_id, Quota.position)
        .limit(first(limit))
    )


def counts_behind(
    actor: Actor,
    filters: Sequence[LeadFilter],
    today: date,
    *,
    lights: QuietLights | None = None,
) -> list[int]:
    """How many leads stand behind each filter for a person, up to "1000+", all in one query.

    `lights`: see `leads_matching`.
    """
    if not filters:
        return []
    return list(rows_of(_counts_behind(actor, tuple(filters), today, lights)).one())


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counts_behind(
    actor: Actor, filters: tuple[LeadFilter, ...], today: date, lights: QuietLights | None
) -> Select[Any]:
    return counting(
        [
            leads_matching(actor, wanted, today, judged=judged_leads(wanted, today), lights=lights)
            for wanted in filters
        ]
    )


def verdicts_on(
    actor: Actor, quota_id: int, year: int, outcome: Outcome, after: int = 0, limit: int = 25
) -> list[Any]:
    """One page of the visible leads with this verdict on the quota, by lead id, and one more."""
    statement = (
        _told_verdicts(actor, year)
        .where(Verdict.quota_id == quota_id, Verdict.verdict == outcome, Verdict.lead_id > after)
        .order_by(Verdict.lead_id)
        .limit(limit + 1)
    )
    return list(db.session.execute(statement))


def outcome_counts(actor: Actor, quota_id: int) -> dict[Outcome, int]:
    """How many visible leads have each verdict on the quota, each counted up to "1000+"."""
    found = [
        select(Verdict.lead_id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Verdict.quota_id == quota_id, Verdict.verdict == outcome, may_see(actor))
        for outcome in Outcome
    ]
    return dict(zip(Outcome, capped_counts(db.session(), found), strict=True))


def unseen_in(actor: Actor, wanted: LeadFilter, counted: Select[int] | None, today: date) -> int:
    """How many leads of an official number, or of a chain's map, a person who counts all may not see.

    `counted` are the ids the number counts. Only where nothing but the number and its
    decomposition is asked for: otherwise words and amounts could be tried out on leads that nobody
    may look into.
    """
    is_number = wanted.event or wanted.level or wanted.once or wanted.milestone
    is_at_place = wanted.chain is not None or wanted.segment is not None
    told_of = OFFICIAL if is_number else AT_PLACE
    if not actor.sees_all or not (is_number or is_at_place) or wanted.without(*told_of).narrows:
        return 0
    hidden = hidden_matching(actor, wanted, today, judged=counted)
    return db.session.scalar(select(func.count()).select_from(hidden.subquery())) or 0


OFFICIAL = (
    "quota", "year", "verdict", "event", "level", "once", "milestone", "since", "until",
    "department", "sponsor", "chain", "segment", "below", "chain_role", "zone",
)  # fmt: skip
"""What may be asked of the leads that are only counted."""

AT_PLACE = ("chain", "segment", "below", "stage")
"""The same of the numbers that the maps of chains and their progress give."""


def year_quotas(year: int) -> Sequence[Quota]:
    """All quotas and indicators of the year in their order; empty for an unknown year."""
    return db.session.scalars(
        select(Quota).where(Quota.year == year).order_by(Quota.position, Quota.id)
    ).all()


def quota_years() -> list[int]:
    """The years that have quotas, oldest first."""
    return list(db.session.scalars(select(Quota.year).distinct().order_by(Quota.year)))
