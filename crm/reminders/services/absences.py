"""Noting who is away and who is told instead. Services never commit, doors do."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.reminders.access import may_arrange_for, may_stand_in
from crm.reminders.models import Absence
from crm.reminders.rules.absence import why_not_away
from crm.reminders.rules.people import Away
from crm.reminders.wording import ABSENCE_FIELD, word

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AbsenceEntry:
    """An absence as typed; both days are days of absence."""

    person_id: int
    delegate_id: int
    starts_on: date
    ends_on: date
    note: str | None = None


def save_absence(
    actor: Actor,
    entry: AbsenceEntry,
    at: datetime,
    today: date,
    *,
    absence_id: int | None = None,
    version: int | None = None,
) -> Absence:
    """Note an absence, or change one that has not ended.

    Raises Refused (with each fault beside its field), Stale, and NotFound for a person or an absence
    that is not this actor's to arrange.
    """
    row = None if absence_id is None else _to_change(actor, absence_id, version, today)
    person_id = entry.person_id if row is None else row.user_id
    _lock(actor, person_id)
    stands_in = select(User.id).where(may_stand_in())
    found = why_not_away(
        person_id,
        entry.delegate_id,
        entry.starts_on,
        entry.ends_on,
        active=frozenset(db.session.scalars(stands_in)),
        others=_others(person_id, absence_id),
        today=today,
    )
    if found:
        raise Refused([Fault(field, code, word(code)) for field, code in found.items()])
    values = {
        "delegate_id": entry.delegate_id,
        "starts_on": entry.starts_on,
        "ends_on": entry.ends_on,
        "note": entry.note,
    }
    if row is None:
        row = Absence(user_id=person_id, created_at=at, **values)
        db.session.add(row)
        db.session.flush()
        history.record(actor, at, "absence_added", row, after={"user_id": person_id, **values})
        return row
    for name, value in values.items():
        setattr(row, name, value)
    if history.record_changes(actor, at, "absence_changed", row):
        row.version += 1
    return row


def end_absence(
    actor: Actor, absence_id: int, version: int | None, at: datetime, today: date
) -> bool:
    """The person is back today: it ends yesterday, or never was; whether it had begun.

    Raises Stale, NotFound.
    """
    row = _to_change(actor, absence_id, version, today)
    has_begun = row.starts_on < today
    if has_begun:
        row.ends_on = today - ONE_DAY
        history.record_changes(actor, at, "absence_ended", row)
        row.version += 1
        return True
    before = {"user_id": row.user_id, "delegate_id": row.delegate_id, "starts_on": row.starts_on,
              "ends_on": row.ends_on, "note": row.note}  # fmt: skip
    history.record(actor, at, "absence_removed", row, before=before, after={"user_id": row.user_id})
    db.session.delete(row)
    return False


def _to_change(actor: Actor, absence_id: int, version: int | None, today: date) -> Absence:
    row = db.session.scalar(
        select(Absence)
        .join(User, User.id == Absence.user_id)
        .where(Absence.id == absence_id, Absence.ends_on >= today, may_arrange_for(actor))
        .with_for_update(of=Absence)
    )
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        missed = trail.missed_changes(
            Absence.__tablename__, row.id, "absence_changed", row.version - version,
            ABSENCE_FIELD, _tell,
        )  # fmt: skip
        raise Stale(row, missed)
    return row


def _tell(name: str, value: object) -> object:
    if name.endswith("_id") and isinstance(value, int):
        return db.session.scalar(select(User.name).where(User.id == value))
    return value


def _lock(actor: Actor, person_id: int) -> None:
    """One absence of a person is noted at a time: two at once would overlap. Raises NotFound."""
    found = db.session.scalar(
        select(User.id).where(User.id == person_id, may_arrange_for(actor)).with_for_update()
    )
    if found is None:
        raise NotFound


def _others(person_id: int, absence_id: int | None) -> list[Away]:
    rows = db.session.execute(
        select(Absence.id, Absence.delegate_id, Absence.starts_on, Absence.ends_on).where(
            Absence.user_id == person_id
        )
    )
    return [
        Away(person_id, delegate, starts_on, ends_on)
        for key, delegate, starts_on, ends_on in rows
        if key != absence_id
    ]
