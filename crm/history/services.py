"""Writing and sealing the audit trail. Every service that changes something calls `record`, never commits."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import func, inspect, select

from crm.core.db import Base, db, rows_of
from crm.history.models import AuditEvent, PastTold

UNTOLD = {
    "version",
    "search_text",
    "scope_key",
    "name_norm",
    "name_loose",
    "title_key",
    "pinyin_initials",
    "initials",
    "password_hash",
    "session_stamp",
    "token_hash",
    "signing_slips",
    "signing_slip_days",
    "confidence_on",
}


class Doer(Protocol):
    """Whoever acts: the permission module's Actor fits."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def department_id(self) -> int | None: ...


def plain(value: Any) -> Any:
    """A value as JSON keeps it: days and moments as ISO text, decimals as text, codes as words."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


def changed_fields(record: Base) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after of every changed column of a record not yet flushed, derived columns left out."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(record)
    for attribute in state.mapper.column_attrs:
        if attribute.key in UNTOLD:
            continue
        # PASSIVE_OFF loads an expired value, so that "before" is never lost.
        history = state.attrs[attribute.key].load_history()
        if not history.has_changes():
            continue
        old = plain(history.deleted[0]) if history.deleted else None
        new = plain(history.added[0]) if history.added else None
        if old != new:
            before[attribute.key], after[attribute.key] = old, new
    return before, after


TICK = timedelta(microseconds=1)


def recorded(at: datetime) -> datetime:
    """The moment under which something is recorded that `known_at` will ask for.

    It is `at`, or, where the past was told up to a later moment while this verb was on its way
    (or another host's clock is behind), just after that: nobody can add to what was told. To be
    called inside `transaction()`, which lets nobody tell the past meanwhile.
    """
    until = _told_until()
    return at if until is None or at > until else until + TICK


def tell_until(at: datetime) -> None:
    """Let nothing be recorded any more as known at `at` or before.

    To be called inside `transaction(alone=True)`, so that all who recorded earlier have committed.
    """
    row = db.session.get(PastTold, 1)
    if row is None:
        db.session.add(PastTold(id=1, until=at))
    elif row.until < at:
        row.until = at
    db.session.flush()
    db.session.info.pop(TOLD, None)


TOLD = "past_told"


def _told_until() -> datetime | None:
    """Read once in a transaction: while it runs, the gate keeps it from moving."""
    session = db.session()
    inside = session.get_transaction()
    kept: tuple[object, datetime | None] | None = session.info.get(TOLD)
    if inside is None or kept is None or kept[0] is not inside:
        until = rows_of(select(PastTold.until)).scalar_one_or_none()
        kept = (session.get_transaction(), until)
        session.info[TOLD] = kept
    return kept[1]


_told_of: dict[str, Callable[[AuditEvent], None]] = {}


def tell_of(actions: Iterable[str], listener: Callable[[AuditEvent], None]) -> None:
    """Have `listener` hear of each event of these actions as it is recorded, in its transaction.

    For what must follow whatever door the change came through; the factory says who hears of what.
    """
    _told_of.update(dict.fromkeys(actions, listener))


def record(
    actor: Doer,
    at: datetime,
    action: str,
    subject: Base | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    lead_id: int | None = None,
    department_id: int | None = None,
    note: str | None = None,
    subject_type: str | None = None,
) -> AuditEvent:
    """Add one event. `subject` must already have its id (flush first)."""
    event = AuditEvent(
        at=recorded(at),
        actor_id=actor.id or None,
        actor_name=actor.name,
        address=actor.address,
        action=action,
        subject_type=subject_type or (subject.__tablename__ if subject is not None else "app"),
        subject_id=getattr(subject, "id", None),
        lead_id=lead_id,
        department_id=department_id if department_id is not None else actor.department_id,
        before={k: plain(v) for k, v in before.items()} if before else None,
        after={k: plain(v) for k, v in after.items()} if after else None,
        note=note,
    )
    db.session.add(event)
    if action in _told_of:
        db.session.flush()  # the event gets its number
        _told_of[action](event)
    return event


def event_row(
    actor: Doer,
    at: datetime,
    action: str,
    model: type[Base],
    subject_id: int,
    after: dict[str, Any],
    *,
    before: dict[str, Any] | None = None,
    lead_id: int | None = None,
    department_id: int | None = None,
) -> dict[str, Any]:
    """One event of the trail as a row for `bulk.insert_rows`, as `record` writes it."""
    return {
        "at": at,
        "actor_id": actor.id or None,
        "actor_name": actor.name,
        "address": actor.address,
        "action": action,
        "subject_type": model.__tablename__,
        "subject_id": subject_id,
        "lead_id": lead_id,
        "department_id": department_id if department_id is not None else actor.department_id,
        "before": before,
        "after": after,
    }


def record_changes(
    actor: Doer,
    at: datetime,
    action: str,
    subject: Base,
    *,
    lead_id: int | None = None,
    department_id: int | None = None,
    note: str | None = None,
    more: Iterable[tuple[str, Any, Any]] = (),
) -> AuditEvent | None:
    """Add one event with what changed on `subject` (call before the flush); None if nothing did.

    `more` are further (name, before, after) that stand in other tables.
    """
    before, after = changed_fields(subject)
    for name, old, new in more:
        if plain(old) != plain(new):
            before[name], after[name] = plain(old), plain(new)
    if not after:
        return None
    return record(
        actor, at, action, subject,
        before=before, after=after, lead_id=lead_id, department_id=department_id, note=note,
    )  # fmt: skip


# --- the seal: each event's hash contains the one before it, so nothing can be changed unseen ---

SETTLES_WITHIN = timedelta(seconds=30)
"""Younger events wait: a slow transaction may still add one with a lower number."""
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking the chain found. `broken_at` is the first event that is not as it was sealed."""

    sealed: int
    unsealed: int
    broken_at: int | None
    last_seal: str | None


def seal(at: datetime, limit: int = BATCH) -> int:
    """Seal the oldest events not sealed yet, at most `limit`; how many.

    The worker does it, because computed inside each write it would make all writers queue up. Two at
    once wait for each other at the first event. The chain runs in the order of (sealed_at, id).
    """
    first = select(AuditEvent.id).order_by(AuditEvent.id).limit(1)
    db.session.execute(first.with_for_update())
    last = db.session.execute(
        select(AuditEvent.sealed_at, AuditEvent.seal)
        .where(AuditEvent.sealed_at.is_not(None))
        .order_by(AuditEvent.sealed_at.desc(), AuditEvent.id.desc())
        .limit(1)
    ).one_or_none()
    previous = last.seal if last else ""
    if last and at <= last.sealed_at:  # two clocks: batches must not share their moment
        at = last.sealed_at + timedelta(microseconds=1)
    events = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.sealed_at.is_(None), AuditEvent.at <= at - SETTLES_WITHIN)
        .order_by(AuditEvent.id)
        .limit(limit)
    ).all()
    for event in events:
        previous = _seal_of(event, previous)
        event.sealed_at, event.seal = at, previous
    return len(events)


def verify() -> Verification:
    """Recompute the whole chain. A removed, changed or inserted event breaks it at its place.

    What was cut off at the end shows only to somebody who kept an earlier `last_seal`.
    """
    sealed, previous = 0, ""
    events = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.sealed_at.is_not(None))
        .order_by(AuditEvent.sealed_at, AuditEvent.id)
        .execution_options(yield_per=BATCH)
    )
    with closing(events):  # a broken chain ends the reading early
        for event in events:
            if event.seal != _seal_of(event, previous):
                return Verification(sealed, _unsealed(), event.id, previous or None)
            previous = event.seal or ""
            sealed += 1
    return Verification(sealed, _unsealed(), None, previous or None)


def _unsealed() -> int:
    return (
        db.session.scalar(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.sealed_at.is_(None))
        )
        or 0
    )


def _seal_of(event: AuditEvent, previous: str) -> str:
    """SHA-256 over the seal before and everything the event tells, as canonical JSON."""
    told = {
        column.key: plain(getattr(event, column.key))
        for column in inspect(AuditEvent).column_attrs
        if column.key not in {"sealed_at", "seal"}
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
