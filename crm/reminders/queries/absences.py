"""Reading who is away, and who is told instead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.core.db import db, rows_of
from crm.reminders.access import may_arrange_for, may_stand_in
from crm.reminders.models import Absence
from crm.reminders.queries import facts
from crm.reminders.rules.absence import StandIn, stand_ins
from crm.reminders.rules.people import Away, delegates

MOST_ENDED = 20
"""So many ended absences are shown; all are kept."""


@dataclass(frozen=True, slots=True)
class AbsenceShown:
    """An absence as a page tells it, with who is told from when to when."""

    absence_id: int
    version: int
    person_id: int
    person: str
    delegate: str
    starts_on: date
    ends_on: date
    note: str | None
    told: tuple[tuple[date, date, str, bool], ...]  # from, to, who, whether that is the person


def absences_of(person_id: int, today: date) -> tuple[list[AbsenceShown], list[AbsenceShown]]:
    """(running and coming, ended) absences of one person; the ended ones latest first."""
    return _current(User.id == person_id, today), _ended(User.id == person_id, today)


def arranged_by(actor: Actor, today: date) -> tuple[list[AbsenceShown], list[AbsenceShown]]:
    """(running and coming, ended) absences of everybody this person may note absences for."""
    return _current(may_arrange_for(actor), today), _ended(may_arrange_for(actor), today)


def _current(whose: ColumnElement[bool], today: date) -> list[AbsenceShown]:
    rows = _rows(whose, Absence.ends_on >= today, (Absence.starts_on, Absence.id))
    return _shown(rows, _known(today))


def _ended(whose: ColumnElement[bool], today: date) -> list[AbsenceShown]:
    newest = (Absence.ends_on.desc(), Absence.id.desc())
    return _shown(_rows(whose, Absence.ends_on < today, newest, MOST_ENDED), None)


def _rows(
    whose: ColumnElement[bool], when: ColumnElement[bool], order: Sequence[Any], most: int = 500
) -> Sequence[Row[*tuple[Any, ...]]]:
    delegate = aliased(User)
    return db.session.execute(
        select(
            Absence.id, Absence.version, Absence.user_id, User.name,
            Absence.delegate_id, delegate.name.label("delegate"),
            Absence.starts_on, Absence.ends_on, Absence.note,
        )
        .join(User, User.id == Absence.user_id)
        .join(delegate, delegate.id == Absence.delegate_id)
        .where(whose, when)
        .order_by(*order)
        .limit(most)
    ).all()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What the way of a reminder through delegates depends on."""

    absences: tuple[Away, ...]
    active: frozenset[int]
    names: dict[int, str]


def _known(today: date) -> Known:
    absences = all_from(today)
    ids = {each.delegate_id for each in absences} | {each.person_id for each in absences}
    names = dict(rows_of(select(User.id, User.name).where(User.id.in_(ids))).all())
    return Known(absences, facts.office().active, names)


def all_from(day: date) -> tuple[Away, ...]:
    """The absences of everybody that have not ended before that day."""
    statement = select(
        Absence.user_id, Absence.delegate_id, Absence.starts_on, Absence.ends_on
    ).where(Absence.ends_on >= day)
    return tuple(Away(*row) for row in rows_of(statement))


def _shown(rows: Sequence[Row[*tuple[Any, ...]]], known: Known | None) -> list[AbsenceShown]:
    found = []
    for row in rows:
        told: tuple[StandIn, ...] = ()
        if known is not None:
            away = Away(row.user_id, row.delegate_id, row.starts_on, row.ends_on)
            told = stand_ins(away, known.absences, known.active)
        found.append(
            AbsenceShown(
                row.id, row.version, row.user_id, row.name, row.delegate, row.starts_on,
                row.ends_on, row.note,
                tuple(
                    (
                        each.starts_on,
                        each.ends_on,
                        (known.names if known else {}).get(each.reader_id, row.name),
                        each.reader_id == row.user_id,
                    )
                    for each in told
                ),
            )
        )  # fmt: skip
    return found


def absence_of(actor: Actor, absence_id: int) -> Absence | None:
    """An absence this person may change; None where there is none, or it is not theirs to change."""
    return db.session.scalar(
        select(Absence)
        .join(User, User.id == Absence.user_id)
        .where(Absence.id == absence_id, may_arrange_for(actor))
    )


def people_arranged_by(actor: Actor) -> Sequence[Row[int, str, str | None]]:
    """(id, name, unit) of whose absences this person may note, unit by unit."""
    return _people(User.is_active & may_arrange_for(actor))


def possible_delegates() -> Sequence[Row[int, str, str | None]]:
    """(id, name, unit) of who may be told instead of somebody, unit by unit."""
    return _people(may_stand_in())


def _people(which: ColumnElement[bool]) -> Sequence[Row[int, str, str | None]]:
    return db.session.execute(
        select(User.id, User.name, Department.name)
        .outerjoin(Department, Department.id == User.department_id)
        .where(which)
        .order_by(Department.position, Department.id, User.name, User.id)
    ).all()


def stood_in_for(person_id: int, today: date) -> list[tuple[int, str, date]]:
    """(id, name, last day) of everybody whose reminders this person is told today."""
    away = facts.absences(today)
    whose = [
        person
        for person, reader in delegates(away, facts.office().active, today).items()
        if reader == person_id
    ]
    ends = {each.person_id: each.ends_on for each in away}
    names = _names(whose)
    return [(key, names[key], ends[key]) for key in sorted(whose)]


def _names(ids: Collection[int]) -> dict[int, str]:
    return dict(rows_of(select(User.id, User.name).where(User.id.in_(ids))).all())
