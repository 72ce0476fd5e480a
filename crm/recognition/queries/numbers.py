"""The numbers of the levels and of 不重复口径, each from the same ids as the list behind it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Select,
    String,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.accounts.rules import Actor
from crm.core.db import planned_once, rows_of
from crm.leads.models import Lead
from crm.leads.queries import STATEMENTS_KEPT
from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import ALL, NUMBERS, OVERLAP, TOGETHER, judged_leads, reach
from crm.recognition.models import Assignment, AssignmentPlace
from crm.recognition.queries.standing import approved_in, recognised_ids
from crm.recognition.rules import Level


@dataclass(frozen=True, slots=True)
class LevelNumbers:
    """How many leads each level approved: by quota id, and each lead once (去重合计).

    `once` is 不重复口径 by quota id: the signed leads, each in one quota alone. `reached` tells how
    many of those the district approved, for a quota or for another one of its exclusive group,
    stand in each of the quota's numbers: they wait for no recognition in it.
    """

    of_quota: dict[int, Counter[Level]]
    distinct: Counter[Level]
    once: dict[int, int] = field(default_factory=dict)
    reached: dict[tuple[int, CountedEvent], int] = field(default_factory=dict)


def level_numbers(
    actor: Actor, year: int, once_on: date | None = None, *, reached_on: date | None = None
) -> LevelNumbers:
    """The levels' numbers for a person, who counts what `reach` says; one query.

    With a day 不重复口径 by the end of it as well, or what of the approved is `reached` by then,
    in the same query.
    """
    found = LevelNumbers(defaultdict(Counter), Counter())
    statement = (
        _counting_levels(actor, year, once_on)
        if reached_on is None
        else _counting_reached(actor, year, reached_on)
    )
    for quota_id, level, count, *reached in rows_of(statement):
        if level == REACHED:
            found.reached.update(
                {(quota_id, event): n for event, n in zip(NUMBERS, reached, strict=True)}
            )
        elif level == ONCE:
            found.once[quota_id] = count
        elif quota_id == TOGETHER:
            found.distinct[Level(level)] = count
        else:
            found.of_quota[quota_id][Level(level)] = count
    return found


ONCE, REACHED = "once", "reached"


def _approved(actor: Actor, year: int) -> Any:
    """The approvals that hold, of the leads a person counts."""
    last = approved_in(year)
    approved = select(last.c.quota_id, last.c.at_level, last.c.lead_id)
    within = reach(actor)
    if within is not None:
        approved = approved.join(Lead, Lead.id == last.c.lead_id).where(within)
    return approved.cte("approved")


def _of_levels(approved: Any) -> tuple[Any, ...]:
    """Rows of (quota, level, leads approved); those of TOGETHER count each lead once."""
    each = approved.c
    at_level = cast(each.at_level, String)
    return (
        select(each.quota_id, at_level, func.count()).group_by(each.quota_id, each.at_level),
        select(literal(TOGETHER), at_level, func.count(distinct(each.lead_id))).group_by(
            each.at_level
        ),
    )


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_levels(actor: Actor, year: int, once_on: date | None) -> Any:
    """The levels' numbers, and with a day 不重复口径 of each quota beside them."""
    levels = _of_levels(_approved(actor, year))
    if once_on is None:
        return union_all(*levels)
    within = reach(actor)
    once_placed = placed(year, once_on)
    once: Select[Any] = (
        select(once_placed.c.quota_id, literal(ONCE), func.count())
        .where(once_placed.c.place == 1)
        .group_by(once_placed.c.quota_id)
    )
    if within is not None:
        once = once.join(Lead, Lead.id == once_placed.c.lead_id).where(within)
    return planned_once(union_all(*levels, once))


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_reached(actor: Actor, year: int, on: date) -> Any:
    """The levels' numbers, and how many of the approved stand in each number on the day."""
    source, target = aliased(Quota), aliased(Quota)
    is_settled = or_(
        target.id == source.id,
        and_(target.year == year, target.exclusive_group == source.exclusive_group),
    )
    settled = (
        select(source.id.label("approved_for"), target.id)
        .join(target, is_settled)
        .where(source.year == year, source.criteria.is_not(None))
        .cte("settled")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # a dozen rows, else looked up per lead
    )
    approved = _approved(actor, year)
    days = {event: since.expression for event, (since, _is) in NUMBERS.items()}
    reached: Any = (
        select(
            settled.c.id,
            literal(REACHED),
            literal(0),
            *(func.count(distinct(Verdict.lead_id)).filter(day <= on) for day in days.values()),
        )
        .select_from(approved)
        .join(settled, settled.c.approved_for == approved.c.quota_id)
        .join(
            Verdict,
            (Verdict.quota_id == settled.c.id) & (Verdict.lead_id == approved.c.lead_id),
        )
        .where(approved.c.at_level == Level.DISTRICT)
        .group_by(settled.c.id)
    )
    nothing = [literal(0) for _ in days]
    levels = (each.add_columns(*nothing) for each in _of_levels(approved))
    return planned_once(union_all(*levels, reached))


def placed(year: int, on: date) -> Any:
    """Signed leads with their quotas of the year; place 1 is the one they count in.

    Where the published assignment puts them, else the first in the order of the quotas.
    """
    last = select(func.max(Assignment.id)).where(Assignment.year == year).scalar_subquery()
    is_published = case((AssignmentPlace.id.is_not(None), 0), else_=1)
    place = func.row_number().over(
        partition_by=Verdict.lead_id, order_by=(is_published, Quota.position, Quota.id)
    )
    return (
        select(
            Verdict.lead_id,
            Verdict.quota_id,
            Verdict.signed_from,
            Quota.code,
            place.label("place"),
        )
        .join(Quota, Quota.id == Verdict.quota_id)
        .outerjoin(
            AssignmentPlace,
            (AssignmentPlace.lead_id == Verdict.lead_id)
            & (AssignmentPlace.quota_id == Verdict.quota_id)
            & (AssignmentPlace.assignment_id == last)
            & Quota.exclusive_group.is_not(None),
        )
        .where(Quota.year == year, Verdict.signed_from <= on)
        .subquery()
    )


def meant_leads(wanted: LeadFilter, today: date) -> Select[int] | None:
    """The ids of the leads a filter's quota means, with its verdict, event, level and `once`.

    None without a quota. A level alone asks for what it approved, whatever is judged now.
    """
    if wanted.quota is None or not (wanted.level or wanted.once):
        return judged_leads(wanted, today)
    year = wanted.year or today.year
    ids: list[Select[int]] = []
    if wanted.level:
        ids.append(_recognised(wanted.quota, Level(wanted.level.value), year))
    if wanted.once:
        once = placed(year, today)
        ids.append(select(once.c.lead_id).where(once.c.place == 1, once.c.code == wanted.quota))
    if wanted.event or wanted.verdict:
        judged = judged_leads(wanted, today)
        assert judged is not None
        ids.append(judged)
    first, *others = ids
    statement = select(Lead.id).where(Lead.id.in_(first))
    for each in others:
        statement = statement.where(Lead.id.in_(each))
    return statement


def _recognised(code: str, level: Level, year: int) -> Select[int]:
    if code == OVERLAP:
        found = recognised_ids(year, level, None).subquery()
        lead_id = next(iter(found.c))
        return select(lead_id).group_by(lead_id).having(func.count() > 1)
    return recognised_ids(year, level, None if code == ALL else code)
