"""Changing the working calendar. Services never commit, doors do."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.accounts.rules import Actor
from crm.calendar import queries
from crm.calendar.models import CalendarDay, CalendarYear
from crm.calendar.rules import DayKind, SpecialDay, differs, read_year
from crm.calendar.wording import LINE_FAULT
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.history import services as history


def set_day(actor: Actor, day: date, kind: DayKind, name: str | None, at: datetime) -> None:
    """Say that a day is off or worked against the rule. Raises Refused where that changes nothing."""
    if not differs(day, kind):
        words = (
            _l("这一天是周末，本来就休息。")
            if kind is DayKind.HOLIDAY
            else _l("这一天是周一至周五，本来就上班。")
        )
        raise Refused([Fault("day", "says_nothing", words)])
    row = db.session.scalar(select(CalendarDay).where(CalendarDay.day == day))
    if row is None:
        row = CalendarDay(day=day, kind=kind, name=name)
        db.session.add(row)
        db.session.flush()
        history.record(
            actor, at, "calendar_day_added", row, after={"day": day, "kind": kind, "name": name}
        )
        return
    row.kind, row.name = kind, name
    history.record_changes(actor, at, "calendar_day_changed", row)


def remove_day(actor: Actor, day_id: int, at: datetime) -> date:
    """Let a day follow the rule (Monday to Friday) again; which day it was. Raises NotFound."""
    row = db.session.get(CalendarDay, day_id)
    if row is None:
        raise NotFound
    history.record(
        actor,
        at,
        "calendar_day_removed",
        row,
        before={"day": row.day, "kind": row.kind, "name": row.name},
    )
    db.session.delete(row)
    return row.day


def import_year(
    actor: Actor, lines: Iterable[Sequence[str]], source: str, at: datetime
) -> tuple[int, int]:
    """Replace a whole year by what a file says; (year, special days).

    Raises Refused naming every line that cannot be taken; then nothing has changed.
    """
    days, faults = read_year(lines)
    if faults:
        raise Refused(
            [
                Fault(
                    "file",
                    each.code,
                    LINE_FAULT[each.code] % {"line": each.line, "text": each.text},
                )
                for each in faults[:20]
            ]
        )
    year = days[0].day.year
    before = {row.day.isoformat(): row.kind for row in queries.calendar_days(year)}
    db.session.execute(
        delete(CalendarDay)
        .where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    db.session.add_all(_row(each) for each in days)
    known = db.session.get(CalendarYear, year)
    if known is None:
        db.session.add(CalendarYear(year=year, source=source[:120]))
    else:
        known.source = source[:120]
    history.record(
        actor,
        at,
        "calendar_year_imported",
        None,
        subject_type=CalendarYear.__tablename__,
        before=before,
        after={each.day.isoformat(): each.kind for each in days},
        note=f"{year} {source}"[:200],
    )
    return year, len(days)


def _row(each: SpecialDay) -> CalendarDay:
    return CalendarDay(day=each.day, kind=each.kind, name=each.name or None)
