"""A whole year of a small bureau, every day: the rules say what a slow walk over the days says."""

import random
from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday
from chinese_calendar.constants import holidays

from crm.core.days import WorkCalendar
from crm.reminders.rules.falling import (
    Days,
    LeadClock,
    OpenDay,
    QuotaStanding,
    due_of_day,
    due_of_lead,
    due_of_quota,
    overdue_since,
    setting_for,
    telling_day,
)
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState
from crm.reminders.rules.people import Away, Charge, Office, delegates, told_to
from crm.reminders.rules.settings import DEFAULTS, Setting, Settings, Step
from crm.reminders.rules.telling import Open, Wishes, telling
from tests.simulation.office_year import Own, Project, Year, days_of_year
from tests.simulation.slow_reminders import (
    Book,
    Key,
    Message,
    due_today,
    may_be_told,
    works,
)


def published_calendar(years: range = range(2024, 2027)) -> WorkCalendar:
    """The notices of these years, as the product keeps them."""
    days = [
        date(year, 1, 1) + timedelta(days=n)
        for year in years
        for n in range(366)
        if (date(year, 1, 1) + timedelta(days=n)).year == year
    ]
    return WorkCalendar(
        workdays=frozenset(day for day in days if day.weekday() >= 5 and is_workday(day)),
        holidays=frozenset(day for day in days if day.weekday() < 5 and not is_workday(day)),
        years=frozenset(years),
    )


CALENDAR = published_calendar()


def setting_of(own: Own) -> Setting:
    return Setting(
        kind=own.kind,
        steps=tuple(Step(code, days) for code, days in own.steps),
        stage=own.stage,
        is_headquarters=own.is_headquarters,
        at_least_yuan=own.at_least,
        is_on=own.is_on,
        in_working_days=own.in_working_days,
        to_unit_head_after=own.head,
        to_director_after=own.leader,
        timing=own.timing,
        may_be_off=own.may_be_off,
        counts_from=own.counts_from,
    )


def settings_of(year: Year) -> Settings:
    own = [setting_of(each) for each in year.own]
    general = {each.kind for each in own if each.particularity[0] == 0}
    return Settings([*own, *(each for each in DEFAULTS if each.kind not in general)])


def clock_of(project: Project) -> LeadClock:
    return LeadClock(
        lead_id=project.id,
        stage=project.stage,
        entered_on=project.entered,
        stage_since=project.since,
        last_progress_on=project.progress,
        is_imported=project.is_imported,
        is_headquarters=project.is_headquarters,
        investment_yuan=project.yuan,
        next_action_on=project.next_on,
        has_response=project.has_response,
        is_screened=project.is_screened,
        has_referrer=project.has_referrer,
        fed_back_on=project.fed_back,
        signed_on=project.signed,
        expected_sign_on=project.signing_expected,
        expected_landing_on=project.landing_expected,
        papers_wanted_since=project.papers_since,
    )


def office_of(year: Year) -> Office:
    active = [each for each in year.people if each.is_active]
    return Office(
        frozenset(each.id for each in active),
        {
            unit: tuple(e.id for e in active if e.role == "head" and e.unit == unit)
            for unit in (1, 2, 3)
        },
        tuple(each.id for each in active if each.role == "leader"),
    )


def day_of(kind: ReminderKind, subject: str, on: date, of: Project | None) -> OpenDay:
    if of is None:
        return OpenDay(kind, subject, on)
    return OpenDay(kind, subject, on, of.id, of.stage, of.is_headquarters, of.yuan)


def told_by_the_rules(year: Year, today: date, shuffled: random.Random | None = None) -> set[Key]:
    """Everything due and everybody told of it, by the product's own rules."""
    holding, office, days = settings_of(year), office_of(year), Days(CALENDAR, today)
    watched: list[tuple[LeadClock | OpenDay, Charge]] = [
        (clock_of(each), Charge(each.owner, each.unit, each.sponsor, each.named))
        for each in year.projects
    ]
    for promise in year.promises:
        of = year.project(promise.project)
        if not promise.done and not of.stage.is_closed:
            day = day_of(ReminderKind.AGREED_DATE, f"agreed_date:{promise.id}", promise.on, of)
            watched.append((day, Charge(of.owner, of.unit, of.sponsor, of.named)))
    for trip in year.trips:
        if not trip.reported:
            about = year.project(trip.project) if trip.project else None
            day = day_of(ReminderKind.TRIP_REPORT, f"trip:{trip.id}", trip.returned, about)
            named = about.named if about else None
            watched.append((day, Charge(trip.by, year.person(trip.by).unit, None, named)))
    for order in year.orders:
        if not order.done:
            subject = f"instruction:{order.id}"
            day = OpenDay(ReminderKind.INSTRUCTION, subject, order.on, order.project)
            named = year.project(order.project).named if order.project else None
            watched.append((day, Charge(order.person, order.unit, order.leader, named)))
    if shuffled:
        shuffled.shuffle(watched)
    found: set[Key] = set()
    for clock, charge in watched:
        if isinstance(clock, LeadClock):
            dues = due_of_lead(clock, holding, days)
        else:
            dues = [each for each in [due_of_day(clock, holding, days)] if each]
        for due in dues:
            setting = setting_for(due.kind, clock, holding)
            assert setting is not None
            since = overdue_since(due, setting, days)
            for told in told_to(charge, since, setting, office, days):
                key = (due.kind, due.subject, due.step, due.due_on, told.person_id, told.level)
                assert key not in found
                found.add(key)
    setting = holding.of(ReminderKind.QUOTA_BEHIND)
    if setting is not None:
        asked = year.quota_due(telling_day(setting, CALENDAR, today))
        quota = due_of_quota(QuotaStanding(1, year.quota_reached, asked), holding, days)
        if quota is not None:
            found |= {
                (quota.kind, quota.subject, quota.step, quota.due_on, person, Level.OWNER)
                for person in office.directors
            }
    return found


def messages_by_the_rules(year: Year, book: Book, today: date) -> dict[int, Message]:
    """What goes out, by the product's own rules, over the rows of the book."""
    keys = sorted(book.rows, key=lambda key: book.rows[key].born)
    away = delegates(
        [Away(each.person, each.delegate, each.first, each.last) for each in year.leaves],
        office_of(year).active,
        today,
    )
    by_reader: dict[int, list[Open]] = {}
    for number, key in enumerate(keys):
        row = book.rows[key]
        reader = away.get(key[4], key[4])
        if reader != key[4] and not may_be_told(year, reader, key):
            reader = key[4]  # see `live.kept_back`, which the stored year proves
        by_reader.setdefault(reader, []).append(
            Open(number, key[0], key[5], row.state, row.until, row.is_told, f"{key[0]} {key[1]}")
        )
    holding = settings_of(year)
    general = {
        kind: next(each for each in holding.all(kind) if not each.particularity[0])
        for kind in ReminderKind
    }
    found = {}
    for reader, reminders in by_reader.items():
        wishes = Wishes(
            year.person(reader).wishes,
            {kind: each.timing for kind, each in general.items()},
            frozenset(kind for kind, each in general.items() if not each.may_be_off),
            year.person(reader).most_at_once,
        )
        goes = telling(reminders, wishes, today, CALENDAR)
        if goes.at_once or goes.digest or goes.weekly:
            found[reader] = Message(
                {keys[each] for each in goes.at_once},
                {keys[each] for each in goes.digest},
                {keys[each] for each in goes.weekly},
            )
    return found


def answer_some(year: Year, book: Book, today: date) -> None:
    """Readers acknowledge, put off and finish a few of their reminders."""
    for key in sorted(book.rows):
        if year.chance.random() < 0.03:
            row = book.rows[key]
            row.state = year.chance.choice(
                (ReminderState.ACKNOWLEDGED, ReminderState.SNOOZED, ReminderState.DONE)
            )
            row.until = today + timedelta(days=year.chance.randrange(1, 9))


@pytest.mark.parametrize(("seed", "sets"), [(2026, False), (1, True), (2, True)])
def test_every_day_of_a_year_is_told_as_a_slow_walk_over_the_days_tells_it(seed, sets):
    year, book, seen = Year(seed, sets=sets), Book(), set()
    down = {date(2026, 3, 3) + timedelta(days=n) for n in range(3)}
    for today in days_of_year():
        year.live(today)
        due = told_by_the_rules(year, today)
        assert due == due_today(year, today), today
        if today.weekday() == 0:
            assert due == told_by_the_rules(year, today, random.Random(today.toordinal())), "order"
        if today in down:
            continue
        messages = book.morning(year, today)
        if not works(today):
            assert messages_by_the_rules(year, book, today) == {}, today
            continue
        told = messages_by_the_rules(year, book, today)
        assert set(told) == set(messages), today
        for reader, message in messages.items():
            fast = told[reader]
            # Which of too many go at once is left to their order; how many, and that all go, is not.
            assert len(fast.at_once) == len(message.at_once), (today, reader)
            assert fast.at_once | fast.digest == message.at_once | message.digest, (today, reader)
            assert fast.weekly == message.weekly, (today, reader)
            matters = [key[:2] for key in (*fast.at_once, *fast.digest, *fast.weekly)]
            assert len(matters) == len(set(matters)), "nobody is told twice of one matter"
        seen |= {
            (key[0], "month" if key[0] is ReminderKind.QUOTA_BEHIND else key[2], key[5])
            for key in due
        }
        book.sent({r: m for r, m in messages.items() if year.person(r).has_address}, today)
        answer_some(year, book, today)
    steps = {(kind, step) for kind, step, _level in seen}
    assert sets or steps >= {(each.kind, step.code) for each in DEFAULTS for step in each.steps}
    assert {level for _kind, _step, level in seen} == set(Level)


def test_the_calendar_of_the_proof_is_that_of_the_notices():
    assert {day.year for day in holidays} >= {2025, 2026}
    assert all(CALENDAR.is_working_day(day) == works(day) for day in days_of_year())
