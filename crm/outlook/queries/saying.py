"""一句话口径: what can be said of the quotas today, and what was said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.outlook.models import ToldLine
from crm.outlook.queries.achieved import Achieved
from crm.outlook.queries.books import YearBooks
from crm.outlook.queries.standing import ids_behind
from crm.outlook.rules.books import Book
from crm.outlook.rules.saying import Counted, SaidOfQuota
from crm.quotas.queries import YearNumbers

TELLINGS = 20
"""What was told is shown back to here."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What was told: the line, the numbers behind it, by whom, to whom, when."""

    row: Row[*tuple[Any, ...]]
    numbers: tuple[SaidOfQuota, ...]


def sayable(
    actor: Actor, numbers: YearNumbers, books: YearBooks, achieved: Mapping[str, Achieved]
) -> tuple[SaidOfQuota, ...]:
    """What the line says of each quota today, with the leads behind each number; one query."""
    behind = ids_behind(actor, books.quotas, books.on, books.moved) if books.quotas else {}
    found = []
    for quota in numbers.quotas:
        reached = achieved[quota.code]
        leads = {
            Counted.RECOGNISED: frozenset(each.lead_id for each in reached.recognised),
            Counted.AWAITING: frozenset(each.lead_id for each in reached.awaiting),
            Counted.CERTAIN: behind.get((quota.code, Book.CERTAIN), frozenset()),
            Counted.STRIVE: behind.get((quota.code, Book.STRIVE), frozenset()),
        }
        found.append(SaidOfQuota(quota.code, quota.due, leads))
    return tuple(found)


def tellings(year: int, limit: int = TELLINGS) -> Sequence[Telling]:
    """What was told of a year, the latest first."""
    rows = rows_of(
        select(
            ToldLine.id, ToldLine.on_day, ToldLine.line, ToldLine.numbers, ToldLine.told_to,
            ToldLine.occasion, ToldLine.at, User.name.label("by"),
        )
        .outerjoin(User, User.id == ToldLine.by_id)
        .where(ToldLine.year == year)
        .order_by(ToldLine.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Telling(row, read_numbers(row.numbers)) for row in rows]


def kept_numbers(said: Sequence[SaidOfQuota]) -> dict[str, Any]:
    """As plain JSON, read again by `read_numbers`."""
    return {
        each.code: {
            "due": each.due,
            "leads": {number.value: sorted(ids) for number, ids in each.leads.items()},
        }
        for each in said
    }


def read_numbers(kept: Mapping[str, Any]) -> tuple[SaidOfQuota, ...]:
    return tuple(
        SaidOfQuota(
            code,
            each["due"],
            {Counted(number): frozenset(ids) for number, ids in each["leads"].items()},
        )
        for code, each in kept.items()
    )
