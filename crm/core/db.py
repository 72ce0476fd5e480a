"""The database: base class, column types, and the one place that commits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVarTuple

from flask_babel import lazy_gettext as _l
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Numeric,
    Result,
    Row,
    String,
    Text,
    TypeDecorator,
    Update,
    event,
    func,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.sql.visitors import cloned_traverse

from crm.core import clock
from crm.core.errors import Fault, Refused

Columns = TypeVarTuple("Columns")
_writing = ContextVar("writing", default=False)  # does the transaction about to begin write?
_alone = ContextVar("alone", default=False)  # and may no other write meanwhile?


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC, always aware; a naive moment is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={
            datetime: UTCDateTime(),
            date: Date(),
            str: String(),
            Decimal: Numeric(18, 6),
            StrEnum: Enum(
                StrEnum,
                values_callable=lambda enum: [member.value for member in enum],
                native_enum=False,
                create_constraint=False,
                length=32,
            ),
        },
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

# SQLite only numbers rows by itself in a column typed INTEGER; elsewhere ids are 64-bit.
BigId = BigInteger().with_variant(Integer(), "sqlite")
pk = Annotated[int, mapped_column(BigId, primary_key=True)]
ref = Annotated[int, mapped_column(BigId)]
yuan = Annotated[int, mapped_column(BigInteger)]  # whole yuan, or whole units of a named currency
text = Annotated[str, mapped_column(Text)]


def _now() -> datetime:
    """What the clock says when a row is made, not the clock that was there at the import."""
    return clock.now()


created = Annotated[datetime, mapped_column(UTCDateTime(), default=_now)]
revision = Annotated[int, mapped_column(Integer, default=1, nullable=False)]  # optimistic lock


def is_writing() -> bool:
    """Whether the transaction about to begin is one of `transaction()`."""
    return _writing.get()


def is_alone() -> bool:
    """Whether no other writer can run until this transaction ends."""
    return _alone.get()


@event.listens_for(Session, "before_flush")
def _only_inside_a_transaction(_session: Session, _context: object, _rows: object) -> None:
    """Raises RuntimeError for a change that would reach the database past `transaction()`."""
    if not _writing.get():
        raise RuntimeError("changes were made outside transaction()")


GATE = 20260101
"""The advisory lock that every writer holds shared, and who must be alone holds alone."""

PATIENCE_MS = 5000
"""So long who must be alone waits for running writers, while new ones queue behind."""


@contextmanager
def transaction(*, alone: bool = False) -> Iterator[Session]:
    """One door, one verb, one commit: all of it happens or nothing does.

    What was read before is forgotten, so the verb judges the state it will change. On SQLite the
    transaction begins IMMEDIATE: two writers queue up instead of failing with "database is locked".
    With `alone` no other writer runs meanwhile and all earlier ones have committed, which is what
    an account of the past (ADR 0023) and a change of chains (0027) need. Raises RuntimeError when the
    session already holds unsaved changes, and Refused where other writers do not end within PATIENCE_MS.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside transaction()")
    session.commit()  # ends the reading transaction only: nothing is pending
    session.expire_all()
    token, alone_token = _writing.set(True), _alone.set(alone)
    try:
        _enter(session, alone=alone)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(token)
        _alone.reset(alone_token)


def _enter(session: Session, *, alone: bool) -> None:
    """Pass the gate; SQLite lets in one writer at a time anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return
    connection = session.connection()
    if not alone:
        connection.execute(_PASS_WITH_OTHERS)
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
    try:
        connection.execute(_PASS_ALONE)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        text = _l("有较大的写入正在进行，请过一会儿再试")
        raise Refused([Fault("", "busy", text)]) from None
    connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")


def take_turns(number: int) -> None:
    """Of transactions that say the same number each waits here until the one before has ended; SQLite
    lets in one writer at a time anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


LOCK_NOT_AVAILABLE = "55P03"
_PASS_WITH_OTHERS = select(func.pg_advisory_xact_lock_shared(GATE))
_PASS_ALONE = select(func.pg_advisory_xact_lock(GATE))


def changed_at_once(statement: Update, values: Mapping[str, Any]) -> int:
    """Run one conditional UPDATE as a transaction of its own; how many rows it changed.

    One round trip instead of four. It passes no gate: it is for rows no account of the past reads,
    states of messages for instance. Raises RuntimeError inside `transaction()`.
    """
    if _writing.get():
        raise RuntimeError("a transaction is open already")
    token = _writing.set(True)
    try:
        if db.engine.dialect.name == "sqlite":
            with db.engine.begin() as connection:
                return connection.execute(statement, values).rowcount
        with db.engine.connect() as connection:
            each = connection.execution_options(isolation_level="AUTOCOMMIT")
            return each.execute(statement, values).rowcount
    finally:
        _writing.reset(token)


def rows_of(
    statement: TypedReturnsRows[*Columns], values: Mapping[str, Any] | None = None
) -> Result[*Columns]:
    """The rows of a Select of columns, for pages: past the ORM, which is half the time of a small query.

    Unsaved changes of the session are written first, as `session.execute` would.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.flush()
    return session.connection().execute(statement, values)


def planned_once(statement: Any) -> Any:
    """The same statement with its values written into it, for numbers that many pages ask for alike.

    With values apart PostgreSQL plans such a statement anew each time, which takes longer than running
    it. Only for values of ours, days and codes: never for what somebody typed, nor where a day stands
    alone in a CASE, which PostgreSQL would take for text.
    """

    def write(value: BindParameter[Any]) -> None:
        value.literal_execute = True

    return cloned_traverse(statement, {}, {"bindparam": write})


def many_rows_of(statement: TypedReturnsRows[*Columns]) -> Iterator[Row[*Columns]]:
    """The rows of a Select of columns, fetched by the thousand: for planning and judging, not for pages."""
    for some in rows_of(statement).partitions(AT_A_TIME):
        yield from some


AT_A_TIME = 5000


def end_reading(failure: BaseException | None) -> None:
    """End the transaction of a request that only read, as a teardown function.

    By COMMIT: psycopg forgets every statement it has prepared at a ROLLBACK, and preparing takes
    longer than running most of ours. There is nothing for it to write: a change outside
    `transaction()` never reaches the database.
    """
    session = db.session()
    if failure is None and not (session.new or session.dirty or session.deleted):
        session.commit()
