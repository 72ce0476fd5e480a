"""Which light an instruction shows, who may do what with it, and what its list narrows by."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.rules import Role
from crm.core.days import WorkCalendar
from crm.dispatch.rules import (
    Cutoffs,
    InstructionState,
    Light,
    Parties,
    Person,
    Power,
    Verb,
    due_by_default,
    light_of,
    may_issue_to,
    number_text,
    powers,
    told_on,
    verbs,
)

PLAIN = WorkCalendar()
NATIONAL_DAY = WorkCalendar(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    workdays=frozenset({date(2026, 9, 27), date(2026, 10, 10)}),
    years=frozenset({2026}),
)
MONDAY = date(2026, 11, 23)
OPEN = InstructionState.OPEN


def light(due_on, progress=0, *, state=OPEN, today=MONDAY, calendar=PLAIN):
    return light_of(state, due_on, progress, Cutoffs.of(calendar, today))


@pytest.mark.parametrize(
    ("days", "progress", "expected"),
    [
        (-1, 99, Light.RED),  # over is over, however far it is
        (0, 0, Light.YELLOW),
        (0, 80, Light.GREEN),
        (3, 79, Light.YELLOW),  # Thursday: three working days
        (4, 79, Light.GREEN),
        (4, 29, Light.YELLOW),
        (4, 30, Light.GREEN),
        (9, 0, Light.YELLOW),  # Wednesday of the next week: seven
        (10, 0, Light.GREEN),
    ],
)
def test_the_light_follows_working_days_left_and_progress(days, progress, expected):
    assert light(MONDAY + timedelta(days=days), progress) is expected


def test_a_due_day_on_a_weekend_has_the_working_days_before_it():
    sunday = MONDAY + timedelta(days=6)
    assert light(sunday, 50) is Light.GREEN  # four of them
    assert light(sunday, 50, today=MONDAY + timedelta(days=1)) is Light.YELLOW


def test_days_off_leave_less_time_than_the_calendar_shows():
    before = date(2026, 9, 29)
    assert light(date(2026, 10, 9), 50, today=before, calendar=NATIONAL_DAY) is Light.YELLOW
    assert light(date(2026, 10, 9), 50, today=before) is Light.GREEN


@pytest.mark.parametrize("state", [each for each in InstructionState if each is not OPEN])
def test_what_is_answered_or_over_shows_no_light(state):
    assert light(MONDAY - timedelta(days=30), state=state) is None


@given(st.integers(-30, 60), st.integers(0, 100), st.integers(0, 100))
def test_more_progress_never_makes_the_light_worse(days, one, other):
    order = [Light.GREEN, Light.YELLOW, Light.RED]
    due_on = MONDAY + timedelta(days=days)
    less, more = sorted((one, other))
    assert order.index(light(due_on, more)) <= order.index(light(due_on, less))


@given(st.integers(-30, 60), st.integers(0, 60), st.integers(0, 100))
def test_the_light_never_gets_better_while_nothing_is_done(days, later, progress):
    order = [Light.GREEN, Light.YELLOW, Light.RED]
    due_on = MONDAY + timedelta(days=days)
    now = light(due_on, progress)
    then = light(due_on, progress, today=MONDAY + timedelta(days=later))
    assert order.index(then) >= order.index(now)


OF = Parties(person_id=7, department_id=3, issued_by_id=9)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Person(7, Role.STAFF, 3), {Power.ANSWER}),
        (Person(8, Role.STAFF, 3), set()),
        (Person(8, Role.STAFF, 4, frozenset({7})), {Power.ANSWER}),  # the delegate
        (Person(5, Role.UNIT_HEAD, 3), {Power.ANSWER}),
        (Person(5, Role.UNIT_HEAD, 4), set()),
        (Person(9, Role.UNIT_HEAD, 3), {Power.ANSWER, Power.DIRECT}),
        (Person(2, Role.DIRECTOR, None), {Power.DIRECT}),
        (Person(7, Role.DIRECTOR, 3), {Power.ANSWER, Power.DIRECT}),
        (Person(9, Role.DISTRICT_LEADER, None), set()),
        (Person(7, Role.AUDITOR, None, frozenset({7})), set()),
    ],
)
def test_who_answers_and_who_directs(who, expected):
    assert powers(who, OF) == expected


def test_what_is_over_can_only_be_taken_up_again():
    both = frozenset(Power)
    assert verbs(both, InstructionState.CLOSED) == (Verb.REOPEN,)
    assert verbs(both, InstructionState.WITHDRAWN) == (Verb.REOPEN,)
    assert Verb.RETURN in verbs(both, InstructionState.REPLIED)
    assert Verb.REPLY not in verbs(both, InstructionState.REPLIED)
    assert verbs((), OPEN) == ()


@pytest.mark.parametrize(
    ("role", "own", "unit", "expected"),
    [
        (Role.DIRECTOR, None, 4, True),
        (Role.UNIT_HEAD, 4, 4, True),
        (Role.UNIT_HEAD, 4, 5, False),
        (Role.UNIT_HEAD, None, None, False),
        (Role.STAFF, 4, 4, False),
        (Role.DISTRICT_LEADER, None, 4, True),
    ],
)
def test_leaders_give_to_all_and_unit_heads_to_their_own(role, own, unit, expected):
    assert may_issue_to(role, own, unit) is expected


def test_numbers_days_and_the_day_people_hear_of_it():
    assert number_text(2026, 7) == "2026-007"
    assert number_text(2026, 1234) == "2026-1234"
    assert due_by_default(PLAIN, MONDAY) == date(2026, 11, 30)
    assert told_on(NATIONAL_DAY, date(2026, 10, 3)) == date(2026, 10, 8)
    assert told_on(NATIONAL_DAY, date(2026, 10, 8)) == date(2026, 10, 8)
