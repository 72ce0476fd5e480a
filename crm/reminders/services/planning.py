"""Planning a day: what is due becomes rows, what is no longer due is settled, messages are noted.

Services never commit, doors do. Everything here may be repeated and may run twice at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, update

from crm.accounts.rules import Way
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.bulk import chunked, insert_rows, without_collecting
from crm.core.days import WorkCalendar
from crm.core.db import db
from crm.outbox import channels
from crm.outbox import services as outbox
from crm.outbox.models import Delivery, Heartbeat
from crm.outbox.queries import reach_of
from crm.outbox.rules import DeliveryKind, DeliveryState, channels_for
from crm.reminders.models import Reminder
from crm.reminders.queries import facts, live
from crm.reminders.queries.matters import Matter, matters
from crm.reminders.rules import MAIL_AT, PLANNER, planning_day
from crm.reminders.rules.kinds import ReminderState
from crm.reminders.rules.telling import Open, Telling, counts_as_told, telling

EVERY = timedelta(hours=1)
"""How often a day is planned again; a digest goes once a day all the same."""
KEY = ("subject", "kind", "step", "due_on", "person_id", "level")


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning changed: reminders begun and settled, messages noted."""

    begun: int = 0
    settled: int = 0
    messages: int = 0


def plan(at: datetime, mail_at: time = MAIL_AT, *, again: bool = False) -> Planned:
    """Plan the office's day at this moment, if it is a working day past `mail_at`.

    At most once an hour, whoever asks; `again` plans all the same. Two beats at once: the second
    one waits for the first and finds it done.
    """
    calendar = work_calendar()
    day = planning_day(calendar, clock.office_day(at), clock.office_time(at), mail_at)
    if day is None or not (_takes_turn(at, day, mail_at) or again):
        return Planned()
    with without_collecting():
        begun, settled = note_what_is_due(day, calendar, at)
        return Planned(begun, settled, note_messages(day, calendar, at))


def _takes_turn(at: datetime, day: date, mail_at: time) -> bool:
    """Whether this planner is the one of the hour: one conditional UPDATE of its sign of life.

    A clock that was put back counts as none: a sign from the future is overwritten.
    """
    opens = clock.office_moment(day, mail_at)
    before = max(at - EVERY, opens - timedelta(microseconds=1))
    done: Any = db.session.execute(
        update(Heartbeat)
        .where(Heartbeat.name == PLANNER, or_(Heartbeat.at <= before, Heartbeat.at > at))
        .values(at=at)
    )
    if done.rowcount:
        return True
    if db.session.get(Heartbeat, PLANNER) is not None:
        return False
    outbox.beat(at, PLANNER)
    return True


def note_what_is_due(
    day: date, calendar: WorkCalendar, at: datetime, leads: Collection[int] | None = None
) -> tuple[int, int]:
    """Give every matter its row and settle those that are no longer due; (begun, settled).

    Where `leads` are named, what concerns them alone.
    """
    standing = live.live_keys(leads)
    due: set[tuple[Any, ...]] = set()

    def new() -> Iterator[dict[str, Any]]:
        # In the settled order of matters: two planners then wait for each other and never in a ring.
        for key, lead_id in _keyed(matters(day, calendar, leads=leads)):
            if key in due:
                continue
            due.add(key)
            if key not in standing:
                yield {
                    "subject": key[0], "kind": key[1], "step": key[2], "due_on": key[3],
                    "person_id": key[4], "level": key[5], "lead_id": lead_id,
                }  # fmt: skip

    # What was settled and is due again, on the same day of the same step, begins anew.
    begun = insert_rows(
        Reminder,
        new(),
        same={"state": ReminderState.OPEN, "planned_on": day, "created_at": at},
        once=KEY,
        again={
            "state": "'open'",
            "planned_on": "excluded.planned_on",
            "delivery_id": "NULL",
            "seen_at": "NULL",
            "delegate_seen_at": "NULL",
            "snoozed_until": "NULL",
            "snoozes": "0",
            "note": "NULL",
            "answered_at": "NULL",
            "answered_by_id": "NULL",
            "version": "reminders.version + 1",
        },
        where="reminders.state IN ('settled', 'withdrawn')",
    )
    return begun, _settle([key for of, key in standing.items() if of not in due], at)


def _keyed(found: Iterable[Matter]) -> Iterator[tuple[tuple[Any, ...], int | None]]:
    """Each matter as the key of its reminder and the lead it concerns."""
    for matter in found:
        of, told = matter.due, matter.told
        yield (of.subject, of.kind, of.step, of.due_on, told.person_id, told.level), of.lead_id


def settle_what_is_over(
    leads: Collection[int], day: date, calendar: WorkCalendar, at: datetime
) -> int:
    """Settle what is no longer due on these leads, without waiting for the day to be planned; how many.

    For doors that change facts of a lead: what somebody has just done leaves their inbox at once.
    What begins to be due waits for the planning.
    """
    standing = live.live_keys(leads)
    if not standing:
        return 0
    due = {key for key, _lead in _keyed(matters(day, calendar, leads=leads))}
    return _settle([key for of, key in standing.items() if of not in due], at)


def _settle(ids: Collection[int], at: datetime) -> int:
    """Close these reminders: the facts say that nothing is due any more."""
    for some in chunked(ids):
        db.session.execute(
            update(Reminder)
            .where(Reminder.id.in_(some), Reminder.state.in_(live.LIVE))
            .values(state=ReminderState.SETTLED, answered_at=at, version=Reminder.version + 1)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


# --- messages ---


def tellings(
    day: date,
    calendar: WorkCalendar,
    of: Collection[int] | None = None,
    being_written: Collection[int] = (),
) -> dict[int, Telling]:
    """What goes out on a day to each reader, or to those named (see `live.open_by_person`)."""
    people = None if of is None else live.principals(of, day)
    by_person = live.open_by_person(people, being_written)
    of_reader: dict[int, list[Open]] = defaultdict(list)
    counts, told = live.told_at_once(day)
    reader_of = live.readers(tuple(by_person), day)
    kept = live.kept_back({who: reader for who, reader in reader_of.items() if who != reader})
    for person, stands_in in reader_of.items():
        for each in by_person[person]:
            reader = person if each.reminder_id in kept else stands_in
            # One that was settled and began anew since then is told again.
            last = told.get(each.reminder_id)
            is_of_before = (
                last is not None and each.planned_on is not None and last < each.planned_on
            )
            known = each.is_told or (not is_of_before and counts_as_told(last, each.snoozed_until))
            of_reader[reader].append(each if known == each.is_told else _as_told(each))
    wishes = live.wishes_of(tuple(of_reader), facts.settings())
    return {
        reader: telling(reminders, wishes[reader], day, calendar, counts.get(reader, 0))
        for reader, reminders in of_reader.items()
    }


def _as_told(reminder: Open) -> Open:
    return replace(reminder, is_told=True)


def note_messages(day: date, calendar: WorkCalendar, at: datetime) -> int:
    """Note the messages of a day for everybody who can be reached; how many were new.

    A digest still waiting at the end of its day expires: the next working day's tells all of it. What
    has been noted goes the way it was noted for, whatever its reader has chosen since.
    """
    found = tellings(day, calendar)
    reach, noted, gateways = reach_of(found), live.noted(day), channels.gateways()
    ends = clock.office_moment(day + timedelta(days=1))
    rows: list[dict[str, Any]] = []

    def note(
        kind: DeliveryKind, reader: int, key: str, expires_at: datetime | None, way: Way | None
    ) -> None:
        if (kind, reader, key) in noted:
            return
        rows.extend(
            {
                "kind": kind,
                "channel": channel,
                "recipient": f"user:{reader}",
                "person_id": reader,
                "endpoint_id": gateways.get(channel),
                "key": key,
                "expires_at": expires_at,
            }
            for channel in channels_for(reach[reader], gateways, way)
        )

    for reader, goes in sorted(found.items()):
        if reader not in reach:
            continue
        if goes.digest:
            note(DeliveryKind.DUE_DIGEST, reader, "", ends, None)
        if goes.weekly:
            note(DeliveryKind.WEEK_DIGEST, reader, "", ends, None)
        for reminder_id in goes.at_once:
            note(DeliveryKind.AT_ONCE, reader, str(reminder_id), None, goes.ways.get(reminder_id))
    same = {"due_on": day, "state": DeliveryState.PENDING, "created_at": at}
    once = ("kind", "recipient", "due_on", "key", "channel")
    return insert_rows(Delivery, rows, same=same, once=once)
