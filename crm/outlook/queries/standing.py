"""The rule of the three books as SQL, so that the database counts and pages books of any size.

`crm/outlook/rules/books.py` says what each fact allows; the conditions here are made of its tables
and limits. Reasons are made by the rule itself, of the leads a page shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead, among
from crm.leads.queries import STATEMENTS_KEPT
from crm.leads.rules import FRESH_DAYS, IN_TALKS
from crm.outlook.rules.books import (
    CONFIDENCE_ALLOWS,
    HOPED_SLIP_DAYS,
    HOPED_SLIPS,
    STAGE_ALLOWS,
    SURE_SLIP_DAYS,
    SURE_SLIPS,
    Book,
)
from crm.quotas.models import Quota, Verdict, could_count
from crm.quotas.queries import computed_quotas, reach
from crm.quotas.rules import Outcome


@dataclass(frozen=True, slots=True)
class QuotaOfYear:
    """A quota that judges leads, as the books need it."""

    quota_id: int
    code: str
    label: str
    label_en: str | None
    opens: date
    closes: date
    target: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many leads of a book count to exactly these quotas, and whether the person sees them."""

    codes: frozenset[str]
    book: Book
    is_seen: bool
    number: int


@dataclass(frozen=True, slots=True)
class Page:
    """Which leads are shown: of each book or of one, of all quotas or of one."""

    book: Book | None = None
    code: str | None = None
    start: int = 0
    size: int = 10**6


BOOKS = tuple(Book)
"""By its place here a book goes through the database: numbers are sooner sorted than words."""

Moved = tuple[tuple[Book, tuple[int, ...]], ...]
"""The leads a person's decision puts into a book, whatever the rule says."""


def year_quotas(year: int) -> tuple[QuotaOfYear, ...]:
    statement = (
        computed_quotas(year)
        .with_only_columns(
            Quota.id, Quota.code, Quota.label, Quota.label_en, Quota.opens, Quota.closes,
            Quota.target,
        )
        .order_by(Quota.position, Quota.id)
    )  # fmt: skip
    return tuple(QuotaOfYear(*row) for row in rows_of(statement))


def counted(
    actor: Actor,
    quotas: tuple[QuotaOfYear, ...],
    on: date,
    moved: Moved,
    *,
    hoped_only: bool = False,
) -> tuple[Tally, ...]:
    """The leads within a person's reach by quotas and book; one query.

    With `hoped_only` without the reserve: the database then looks only at leads with an expected
    signing day.
    """
    rows = rows_of(_counting(actor, quotas, on, moved, hoped_only))
    return tuple(_tally(row, quotas) for row in rows)


def counted_and_shown(
    actor: Actor, quotas: tuple[QuotaOfYear, ...], on: date, moved: Moved, page: Page
) -> tuple[tuple[Tally, ...], tuple[int, ...]]:
    """As `counted`, and the ids of one page of each book, or of one; one query, one pass."""
    tallies, ids = [], []
    for row in rows_of(_counting_and_paging(actor, quotas, on, moved, page)):
        if row.number:
            tallies.append(_tally(row, quotas))
        else:
            ids.append((row.place, row.lead_id))
    return tuple(tallies), tuple(lead_id for _place, lead_id in sorted(ids))


def ids_behind(
    actor: Actor, quotas: tuple[QuotaOfYear, ...], on: date, moved: Moved
) -> dict[tuple[str, Book], frozenset[int]]:
    """By quota's code and book the leads that are sure or hoped for; one query."""
    found: dict[tuple[str, Book], set[int]] = {}
    for lead_id, mask, book in rows_of(_listing_hoped(actor, quotas, on, moved)):
        for code in _codes(mask, quotas):
            found.setdefault((code, BOOKS[book]), set()).add(lead_id)
    return {key: frozenset(ids) for key, ids in found.items()}


def _tally(row: Any, quotas: Sequence[QuotaOfYear]) -> Tally:
    return Tally(_codes(row.mask, quotas), BOOKS[row.book], bool(row.is_seen), row.number)


def _codes(mask: int, quotas: Sequence[QuotaOfYear]) -> frozenset[str]:
    return frozenset(quota.code for place, quota in enumerate(quotas) if mask >> place & 1)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting(
    actor: Actor, quotas: tuple[QuotaOfYear, ...], on: date, moved: Moved, hoped_only: bool
) -> Select[*tuple[Any, ...]]:
    each = _placed(actor, quotas, on, moved, hoped_only=hoped_only).subquery("placed")
    statement = _tallying(each)
    return statement.where(each.c.book != BOOKS.index(Book.RESERVE)) if hoped_only else statement


def _tallying(each: Any) -> Select[*tuple[Any, ...]]:
    return select(each.c.mask, each.c.book, each.c.is_seen, func.count().label("number")).group_by(
        each.c.mask, each.c.book, each.c.is_seen
    )


@lru_cache(maxsize=STATEMENTS_KEPT)
def _listing_hoped(
    actor: Actor, quotas: tuple[QuotaOfYear, ...], on: date, moved: Moved
) -> Select[*tuple[Any, ...]]:
    each = _placed(actor, quotas, on, moved, hoped_only=True).subquery("placed")
    return select(each.c.lead_id, each.c.mask, each.c.book).where(
        each.c.book != BOOKS.index(Book.RESERVE)
    )


@lru_cache(maxsize=STATEMENTS_KEPT)
def _counting_and_paging(
    actor: Actor, quotas: tuple[QuotaOfYear, ...], on: date, moved: Moved, page: Page
) -> Any:
    each = _placed(actor, quotas, on, moved).cte("placed")
    place = func.row_number().over(
        partition_by=each.c.book,
        order_by=(each.c.expected_sign_on.is_(None), each.c.expected_sign_on, each.c.lead_id),
    )
    wanted: list[ColumnElement[bool]] = [each.c.is_seen]
    if page.book is not None:
        wanted.append(each.c.book == BOOKS.index(page.book))
    if page.code is not None:
        bit = 1 << [quota.code for quota in quotas].index(page.code)
        wanted.append(each.c.mask.bitwise_and(bit) != 0)
    ranked = (
        select(each.c.lead_id, each.c.mask, each.c.book, each.c.is_seen, place.label("place"))
        .where(*wanted)
        .subquery("ranked")
    )
    no_number = literal(0)
    return union_all(
        _tallying(each).add_columns(no_number.label("place"), no_number.label("lead_id")),
        select(
            ranked.c.mask, ranked.c.book, ranked.c.is_seen, no_number, ranked.c.place,
            ranked.c.lead_id,
        ).where(ranked.c.place > page.start, ranked.c.place <= page.start + page.size),
    )  # fmt: skip


def _placed(
    actor: Actor,
    quotas: tuple[QuotaOfYear, ...],
    on: date,
    moved: Moved,
    *,
    hoped_only: bool = False,
) -> Select[*tuple[Any, ...]]:
    """Every lead in talks that could count: its quotas as bits, its book, whether the person sees it.

    A lead counts to the quotas it fits; one near to some alone, to those it is near to.
    """
    is_fit = Verdict.verdict != Outcome.NO
    bit = case(
        {quota.quota_id: 1 << place for place, quota in enumerate(quotas)},
        value=Verdict.quota_id,
        else_=0,
    )
    judged: list[ColumnElement[bool]] = [
        Verdict.quota_id.in_([quota.quota_id for quota in quotas]),
        could_count(),
    ]
    masks = [
        func.sum(case((is_fit, bit), else_=0)).label("fits"),
        func.sum(case((is_fit, 0), else_=bit)).label("nears"),
        *_period(quotas, is_fit),
    ]
    columns = [
        Lead.id.label("lead_id"), Lead.stage, Lead.expected_sign_on, Lead.signing_slips,
        Lead.signing_slip_days, Lead.confidence, Lead.confidence_on,
        may_see(actor).label("is_seen"),
    ]  # fmt: skip
    conditions = [among(IN_TALKS)]
    within = reach(actor)
    if within is not None:
        conditions.append(within)
    if hoped_only:  # few leads: found first, then judged
        last = max(quota.closes for quota in quotas)
        ids = [lead_id for _book, leads in moved for lead_id in leads]
        expected = _allowed(Lead, Book.STRIVE, on, on, last)
        conditions.append(or_(expected, Lead.id.in_(ids)) if ids else expected)
        standing = (
            select(*columns, *masks)
            .join(Verdict, Verdict.lead_id == Lead.id)
            .where(*conditions, *judged)
            .group_by(Lead.id)
            .subquery("standing")
        )
    else:
        each = select(Verdict.lead_id, *masks).where(*judged).group_by(Verdict.lead_id).subquery()
        standing = (
            select(*columns, each.c.fits, each.c.nears, each.c.opens, each.c.closes)
            .join(each, each.c.lead_id == Lead.id)
            .where(*conditions)
            .subquery("standing")
        )
    where = standing.c
    by_rule = case(
        (
            and_(where.fits > 0, _allowed(where, Book.CERTAIN, on, where.opens, where.closes)),
            BOOKS.index(Book.CERTAIN),
        ),
        (
            and_(where.fits > 0, _allowed(where, Book.STRIVE, on, where.opens, where.closes)),
            BOOKS.index(Book.STRIVE),
        ),
        else_=BOOKS.index(Book.RESERVE),
    )
    decided = [(where.lead_id.in_(leads), BOOKS.index(book)) for book, leads in moved if leads]
    return select(
        where.lead_id,
        where.expected_sign_on,
        where.is_seen,
        case((where.fits > 0, where.fits), else_=where.nears).label("mask"),
        (case(*decided, else_=by_rule) if decided else by_rule).label("book"),
    )


def _period(quotas: Sequence[QuotaOfYear], is_fit: ColumnElement[bool]) -> list[Any]:
    """The first and last day of the periods of the quotas a lead fits."""
    if len({(quota.opens, quota.closes) for quota in quotas}) == 1:
        return [
            literal(quotas[0].opens, Date).label("opens"),
            literal(quotas[0].closes, Date).label("closes"),
        ]

    def day(days: Mapping[int, date]) -> ColumnElement[Any]:
        values = {number: literal(each, Date) for number, each in days.items()}
        return case((is_fit, case(values, value=Verdict.quota_id)))

    return [
        func.min(day({quota.quota_id: quota.opens for quota in quotas})).label("opens"),
        func.max(day({quota.quota_id: quota.closes for quota in quotas})).label("closes"),
    ]


def _allowed(where: Any, book: Book, on: date, opens: Any, closes: Any) -> ColumnElement[bool]:
    """Whether every fact but the criteria allows the book (确保 or 争取); an unknown fact says no."""
    stages = [stage for stage, allows in STAGE_ALLOWS.items() if allows.rank <= book.rank]
    stated = [level for level, allows in CONFIDENCE_ALLOWS.items() if allows.rank <= book.rank]
    if book is Book.CERTAIN:
        times, days = SURE_SLIPS, SURE_SLIP_DAYS
        is_in_time = and_(where.expected_sign_on >= on, where.expected_sign_on >= opens)
        is_sure = and_(
            where.confidence.in_(stated), where.confidence_on >= on - timedelta(days=FRESH_DAYS)
        )
    else:
        times, days = HOPED_SLIPS, HOPED_SLIP_DAYS
        is_in_time = true()
        is_sure = or_(where.confidence.is_(None), where.confidence.in_(stated))
    return and_(
        where.stage.in_(stages),
        where.expected_sign_on <= closes,
        is_in_time,
        or_(
            where.signing_slips == 0,
            and_(where.signing_slips <= times, where.signing_slip_days <= days),
        ),
        is_sure,
    )
