"""The engine: options, how connections begin, when they are asked whether they live, what errors say."""

import time
from select import POLLIN, poll
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from crm.core.db import is_writing

IDLE = 30.0
"""Seconds a connection may have lain unused without being asked whether it still lives."""


def engine_options(url: str, *, shows_values: bool) -> dict[str, Any]:
    """Options of `create_engine`; values of parameters, which may be personal, stay out of errors
    unless `shows_values`."""
    options: dict[str, Any] = {"hide_parameters": not shows_values}
    if url.startswith("sqlite"):
        return {**options, "connect_args": {"timeout": 15}}
    return {**options, "pool_size": 5, "max_overflow": 5, "pool_recycle": 1800}


def prepare_engine(engine: Engine) -> None:
    """What every connection of this engine does, whichever database it leads to."""
    if engine.dialect.name == "sqlite":
        _begin_ourselves(engine)
    else:
        _look_before_use(engine)
    if engine.hide_parameters:
        _say_no_values(engine)


def _begin_ourselves(engine: Engine) -> None:
    """SQLite: WAL, foreign keys on, busy timeout; the driver's own implicit BEGIN is switched off."""

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing() else "BEGIN")


def _look_before_use(engine: Engine) -> None:
    """A connection whose server has ended, restarted for instance, is replaced before anybody uses it.

    A server that ends closes its side, which shows without asking it: the socket has something to
    read. One that vanished without a word, or a firewall that forgot the connection, is found by a
    question, put only after IDLE: asked before every request it took longer than most statements.
    """

    @event.listens_for(engine, "checkin")
    def _checkin(connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        if connection is not None:
            entry.info["unused_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, entry: ConnectionPoolEntry, _fairy: Any) -> None:
        since = entry.info.get("unused_since")
        if since is None or (time.monotonic() - since < IDLE and not _has_news(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None  # the pool opens another one


def _has_news(connection: Any) -> bool:
    """Whether the server has said something unasked, mostly good-bye."""
    try:
        waiting = poll()
        waiting.register(connection.fileno(), POLLIN)
        return bool(waiting.poll(0))
    except connection.Error:  # it is closed on our side
        return True


def _say_no_values(engine: Engine) -> None:
    """The server's DETAIL and CONTEXT quote rows; its message alone says what is wrong, and where."""

    @event.listens_for(engine, "handle_error")
    def _shorten(context: ExceptionContext) -> None:
        error: Any = context.original_exception
        said = getattr(getattr(error, "diag", None), "message_primary", None)
        if said is None:
            return
        error.args = (said,)
        if context.sqlalchemy_exception is not None:
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
            context.sqlalchemy_exception.args = (f"({kind}) {said}",)
