"""Keyset pages: the same speed on page 1 and page 4,000, and no row twice or lost between pages."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

PAGE = 25
COUNT_LIMIT = 1000


def whole(value: Any) -> int:
    """A cursor's whole number, as `Order.parse`. Raises ValueError for anything else."""
    if type(value) is not int or abs(value) > 2**62:
        raise ValueError(value)
    return value


class CursorError(ValueError):
    """The page mark in the address is not one of ours: status 400."""


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: a column and a direction; rows without a value come last either way."""

    name: str
    column: InstrumentedAttribute[Any]
    is_descending: bool
    parse: Callable[[Any], Any] = lambda value: value
    is_nullable: bool = True

    def reversed(self) -> "Order":
        return replace(self, is_descending=not self.is_descending)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and the marks to walk on."""

    rows: Sequence[Any]
    next_cursor: str | None
    is_first: bool


def write_cursor(value: Any, row_id: int) -> str:
    plain = value.isoformat() if isinstance(value, date) else value
    return base64.urlsafe_b64encode(json.dumps([plain, row_id]).encode()).decode().rstrip("=")


def read_cursor(text: str, order: Order) -> tuple[Any, int]:
    """Raises CursorError for anything `write_cursor` did not write."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        value, row_id = json.loads(base64.urlsafe_b64decode(padded))
        if type(row_id) is not int or abs(row_id) > 2**62:
            raise CursorError(text)
        return (None if value is None else order.parse(value)), row_id
    except (ValueError, TypeError, UnicodeError, binascii.Error, RecursionError) as error:
        raise CursorError(text) from error


def keyset_page(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    order: Order,
    id_column: InstrumentedAttribute[int],
    cursor: str | None,
    size: int = PAGE,
) -> Page:
    """One page of `statement`, whose rows must carry `id` and the order's column under its key.

    Rows without a value come last. They are a second segment with its own query, because an
    ORDER BY … NULLS LAST walks no plain index on PostgreSQL. A page further on is found by
    comparing (value, id) as one row value: only that lets both databases start in the middle of
    the index. Raises CursorError.
    """
    column, down = order.column, order.is_descending
    by_id = id_column.desc() if down else id_column.asc()

    def later(row_id: int) -> ColumnElement[bool]:
        return id_column < row_id if down else id_column > row_id

    ordering = (by_id,) if column is id_column else (column.desc() if down else column.asc(), by_id)
    valued = statement.order_by(*ordering)
    empty = statement.where(column.is_(None)).order_by(by_id)
    rows: list[Any] = []
    value, row_id = read_cursor(cursor, order) if cursor else (None, None)
    if row_id is None or value is not None:
        if row_id is not None:
            if column is id_column:
                valued = valued.where(later(row_id))
            else:
                here = tuple_(column, id_column)
                mark = tuple_(literal(value, column.type), literal(row_id, id_column.type))
                valued = valued.where(here < mark if down else here > mark)
        if order.is_nullable:
            valued = valued.where(column.is_not(None))
        rows = list(session.execute(valued.limit(size + 1)).all())
    else:
        empty = empty.where(later(row_id))
    if order.is_nullable and len(rows) <= size:
        rows += session.execute(empty.limit(size + 1 - len(rows))).all()
    next_cursor = None
    if len(rows) > size:
        rows = rows[:size]
        next_cursor = write_cursor(getattr(rows[-1], column.key), rows[-1].id)
    return Page(rows, next_cursor, not cursor)


def first(count: int) -> ColumnElement[int]:
    """`.limit(first(6))`: the number stands in the statement itself.

    Where PostgreSQL does not know how many rows are wanted it plans a statement anew at each call,
    which takes ten times as long as running it. Only for statements that an index answers whatever
    their values are: for them one plan does.
    """
    return literal_column(str(count), Integer)


def capped_count(
    session: Session, statement: Select[*tuple[Any, ...]], limit: int = COUNT_LIMIT
) -> int:
    """How many rows, counted no further than `limit` + 1 ("1000+")."""
    inner = statement.order_by(None).limit(limit + 1)
    return session.scalar(select(func.count()).select_from(inner.subquery())) or 0


def counting(statements: Sequence[Select[Any]], limit: int = COUNT_LIMIT) -> Select[Any]:
    """How many rows each of some statements has, counted no further than `limit` + 1: one query."""
    return select(
        *(
            select(func.count())
            .select_from(statement.order_by(None).limit(limit + 1).subquery())
            .scalar_subquery()
            for statement in statements
        )
    )


def capped_counts(
    session: Session, statements: Sequence[Select[Any]], limit: int = COUNT_LIMIT
) -> list[int]:
    """How many rows each statement has, counted no further than `limit` + 1, in one query."""
    return list(session.execute(counting(statements, limit)).one()) if statements else []
