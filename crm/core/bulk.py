"""Thousands of rows at once. The one module that knows how each database takes them fastest."""

import gc
import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import Any, TypedDict, Unpack

from sqlalchemy import ARRAY, ColumnElement, CursorResult, Table, any_, func, literal, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.db import Base, db

CHUNK = 2000
"""Rows per statement: few round trips, little memory."""
AHEAD = 3
"""Chunks made before the server has written the first of them: it never waits for us."""

ASKED_AT_ONCE = 1000
"""Values one statement asks for."""


@contextmanager
def without_collecting() -> Iterator[None]:
    """Nobody looks for cyclic garbage meanwhile.

    Python would go through hundreds of thousands of rows again and again, a quarter of the time
    of an import, and rows hold no cycles.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def reserve_ids(model: type[Base], count: int) -> Sequence[int]:
    """`count` ids nobody else will get, so that rows pointing at each other are written in one go.

    To be called inside `transaction()`: on SQLite nobody else writes until it ends. Elsewhere the
    ids come from the table's sequence, and those not used are lost.
    """
    if count <= 0:
        return []
    table = _table(model)
    if _is_sqlite():
        first = (db.session.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)
    sequence = func.pg_get_serial_sequence(table.name, literal("id"))
    numbers = func.generate_series(1, count).table_valued("value")
    return list(db.session.scalars(select(func.nextval(sequence)).select_from(numbers)))


class How(TypedDict, total=False):
    """What `insert_rows` may be told beside the rows."""

    same: Mapping[str, Any]
    """Columns that all rows share."""
    once: Sequence[str]
    """The columns of a unique key: a row that is there already is left alone, …"""
    again: Mapping[str, str]
    """… or set to these SQL values (`excluded` is the new row), …"""
    where: str
    """… where it meets this SQL condition."""


def insert_rows(
    model: type[Base],
    rows: Iterable[Mapping[str, Any]],
    **how: Unpack[How],
) -> int:
    """Insert rows that all carry the same columns; how many it wrote.

    Columns left out take their plain defaults. `rows` that are made as they are asked for may ask the
    database nothing after the first of them.
    """
    with inserting() as stream:
        stream.insert(model, rows, **how)
    return stream.written


class Stream:
    """Rows on their way to the database. On PostgreSQL each chunk travels as one JSON text, no
    parameter per value has to be bound, and the server writes it while the next rows are made."""

    def __init__(self, sending: ThreadPoolExecutor) -> None:
        self.written = 0
        self._sending = sending
        self._sent: deque[Future[CursorResult[Any]]] = deque()

    def insert(
        self,
        model: type[Base],
        rows: Iterable[Mapping[str, Any]],
        **how: Unpack[How],
    ) -> None:
        """The rows of one table, as `insert_rows` takes them; all are made when it returns."""
        once, again, where = how.get("once", ()), how.get("again"), how.get("where")
        coming = iter(rows)
        first = next(coming, None)
        if first is None:
            return
        coming = chain([first], coming)
        table = _table(model)
        defaults: dict[str, Any] = {**how.get("same", {})}
        named = first.keys() | defaults.keys()
        for column in table.columns:
            default: Any = column.default
            if column.key not in named and default is not None and default.is_scalar:
                defaults[column.key] = default.arg
        connection = db.session.connection()
        if _is_sqlite():
            adding = sqlite.insert(table)
            if again:
                changed = {name: text(value) for name, value in again.items()}
                adding = adding.on_conflict_do_update(
                    index_elements=once, set_=changed, where=text(where) if where else None
                )
            elif once:
                adding = adding.on_conflict_do_nothing(index_elements=once)
            found: Any = connection.execute(adding, [{**defaults, **row} for row in coming])
            self.written += int(found.rowcount)
            return
        conflict = ""
        if once:
            setting = ", ".join(f"{name} = {value}" for name, value in (again or {}).items())
            doing = (
                f"UPDATE SET {setting} {f'WHERE {where}' if where else ''}" if again else "NOTHING"
            )
            conflict = f"ON CONFLICT ({', '.join(once)}) DO {doing}"
        names = ", ".join(f'"{name}"' for name in [*defaults, *first])
        # Every name comes from our own models.
        statement = text(
            f'INSERT INTO "{table.name}" ({names}) SELECT {names} '  # noqa: S608
            f"FROM json_populate_recordset("
            f'json_populate_record(NULL::"{table.name}", CAST(:defaults AS json)), '
            f"CAST(:rows AS json)) {conflict}"
        )
        always = _json(defaults)
        while some := list(islice(coming, CHUNK)):
            if len(self._sent) == AHEAD:
                self._wait()
            given = {"defaults": always, "rows": _json(some)}
            self._sent.append(self._sending.submit(connection.execute, statement, given))

    def end(self) -> None:
        while self._sent:
            self._wait()

    def _wait(self) -> None:
        self.written += self._sent.popleft().result().rowcount


@contextmanager
def inserting() -> Iterator[Stream]:
    """One stream for the rows of several tables, written in their order.

    Until it ends the database may be asked nothing else.
    """
    db.session.flush()
    with ThreadPoolExecutor(1) as sending:
        stream = Stream(sending)
        try:
            yield stream
            stream.end()
        except BaseException:
            sending.shutdown(cancel_futures=True)  # the transaction is about to be undone
            raise


def chunked(values: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Distinct values in a settled order, so many at a time as one IN list takes."""
    found = sorted(set(values))
    for start in range(0, len(found), ASKED_AT_ONCE):
        yield found[start : start + ASKED_AT_ONCE]


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column holds one of thousands of values.

    On PostgreSQL they travel as one array: a parameter each is most of what such a query costs us.
    """
    if _is_sqlite():
        return column.in_(values)
    return column == any_(literal([*values], ARRAY(column.type)))


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return _day_or_moment(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"no JSON for {type(value).__name__}")


@lru_cache(maxsize=1024)
def _day_or_moment(value: date) -> str:
    """Thousands of rows share a few of them."""
    return value.isoformat()
