"""Which next action is due, and from when on mails are planned."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.days import WorkCalendar
from crm.leads.rules import Stage
from crm.reminders.rules import DueKind, days_overdue, falls_due, planning_day

DAY = date(2026, 12, 4)  # a Friday
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


# --- what is due ---


def test_a_next_action_is_told_on_its_day_and_after_it_never_before():
    told = [falls_due(Stage.NEGOTIATING, DAY, DAY + timedelta(days=n)) for n in (-1, 0, 1, 400)]
    assert told == [None, DueKind.DUE, DueKind.OVERDUE, DueKind.OVERDUE]


@pytest.mark.parametrize("stage", [Stage.LOST, Stage.TRANSFERRED])
def test_nobody_is_reminded_of_a_lead_that_is_lost_or_transferred(stage):
    assert falls_due(stage, DAY, DAY) is None


def test_a_parked_lead_is_told_by_its_own_next_action_alone():
    assert falls_due(Stage.PARKED, DAY, DAY) is DueKind.DUE
    assert falls_due(Stage.PARKED, None, DAY) is None


@given(st.sampled_from(Stage), days, days, st.integers(0, 400))
def test_what_is_due_stays_due_until_somebody_acts(stage, due_on, on, later):
    if falls_due(stage, due_on, on):
        assert falls_due(stage, due_on, on + timedelta(days=later))


@given(st.sampled_from(Stage), days, days)
def test_overdue_is_said_exactly_from_one_day_late_on(stage, due_on, on):
    kind = falls_due(stage, due_on, on)
    if kind:
        assert (kind is DueKind.OVERDUE) == (days_overdue(due_on, on) > 0)


# --- when it is told ---

CALENDAR = WorkCalendar(
    workdays=frozenset({date(2026, 2, 14)}),  # a Saturday
    holidays=frozenset({date(2026, 10, 1)}),  # a Thursday
    years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("day", "clock_time", "goes"),
    [
        (DAY, time(8, 29, 59), False),
        (DAY, time(8, 30), True),
        (DAY, time(23, 59, 59), True),
        (date(2026, 12, 5), time(9), False),
        (date(2026, 10, 1), time(9), False),
        (date(2026, 2, 14), time(9), True),
    ],
)
def test_mails_go_on_working_days_from_half_past_eight_until_midnight(day, clock_time, goes):
    assert planning_day(CALENDAR, day, clock_time) == (day if goes else None)
