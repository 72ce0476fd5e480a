"""What is due, when mails go, and what becomes of one that fails."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.days import WorkCalendar
from crm.leads.rules import Stage
from crm.reminders.rules import (
    CONCERNS_ALL,
    FOR_GOOD,
    MOST_ATTEMPTS,
    STALE_AFTER,
    DayKind,
    DeliveryState,
    DueKind,
    LineFault,
    Problem,
    SpecialDay,
    Standing,
    after_failure,
    days_overdue,
    falls_due,
    is_lost,
    is_silent,
    may_claim,
    may_mark_sent,
    may_send_again,
    missing_years,
    next_try,
    planning_day,
    read_year,
    why_not_mail,
)

DAY = date(2026, 12, 4)  # a Friday
AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
MIDNIGHT = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
moments = st.integers(-2880, 2880).map(lambda minutes: AT + timedelta(minutes=minutes))
standings = st.builds(
    Standing,
    state=st.sampled_from(DeliveryState),
    attempts=st.integers(0, 20),
    next_try_at=st.none() | moments,
    claimed_at=st.none() | moments,
    handed_at=st.none() | moments,
)


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


@pytest.mark.parametrize(
    ("address", "is_active", "problem"),
    [
        (None, True, Problem.NO_ADDRESS),
        ("  ", True, Problem.NO_ADDRESS),
        (None, False, Problem.NO_ADDRESS),
        ("a@example.cn", False, Problem.INACTIVE),
        ("a@example.cn", True, None),
    ],
)
def test_who_cannot_be_mailed_is_known_with_the_reason(address, is_active, problem):
    assert why_not_mail(address, is_active) is problem


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


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 10, 31), ()),
        (date(2026, 11, 1), (2027,)),
        (date(2027, 1, 4), (2027,)),
        (date(2027, 11, 23), (2027, 2028)),
    ],
)
def test_a_missing_year_is_told_while_there_is_time_to_import_it(today, missing):
    assert missing_years(CALENDAR, today) == missing


@pytest.mark.parametrize(("minutes", "silent"), [(None, True), (0, False), (5, False), (6, True)])
def test_the_worker_is_silent_after_five_minutes_without_a_sign(minutes, silent):
    sign = None if minutes is None else AT - timedelta(minutes=minutes)
    assert is_silent(sign, AT) is silent


# --- sending ---


@given(standings, moments)
def test_a_settled_mail_is_never_taken_up_again(row, at):
    if row.state not in {DeliveryState.PENDING, DeliveryState.SENDING}:
        assert not may_claim(row, at)


@given(standings, moments)
def test_no_row_is_at_once_to_be_sent_and_lost(row, at):
    assert not (may_claim(row, at) and is_lost(row, at))


@given(standings, moments, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_what_may_be_taken_up_now_may_be_taken_up_later(row, at, later):
    if may_claim(row, at):
        assert may_claim(row, at + later)


def test_a_fresh_claim_is_left_alone_and_a_stale_one_taken_over():
    row = Standing(DeliveryState.SENDING, 1, claimed_at=AT)
    assert not may_claim(row, AT + STALE_AFTER - timedelta(seconds=1))
    assert may_claim(row, AT + STALE_AFTER)


def test_a_mail_stuck_while_being_handed_over_is_lost_and_not_sent_again():
    row = Standing(DeliveryState.HANDING_OVER, 1, claimed_at=AT, handed_at=AT)
    assert not is_lost(row, AT + timedelta(minutes=1))
    assert is_lost(row, AT + STALE_AFTER)
    assert not may_claim(row, AT + timedelta(days=1))


def test_the_waits_grow_from_a_minute_to_two_hours():
    waits = [next_try(n, AT, AT + timedelta(days=3)) for n in range(1, 9)]
    minutes = [(wait - AT) // timedelta(minutes=1) for wait in waits if wait]
    assert minutes == [1, 5, 15, 30, 60, 120, 120, 120]


@given(st.integers(1, 40), moments)
def test_another_try_is_later_and_still_on_the_same_day(attempts, at):
    again = next_try(attempts, at, MIDNIGHT)
    if again:
        assert at < again < MIDNIGHT


def test_trying_ends_by_itself_even_when_every_try_fails():
    at, attempts = AT, 0
    while at:
        attempts += 1
        outcome = after_failure(Problem.SERVER_BUSY, attempts, at, MIDNIGHT)
        at = outcome.next_try_at
    assert outcome.state is DeliveryState.FAILED
    assert 6 < attempts <= MOST_ATTEMPTS


@given(st.sampled_from(Problem), st.integers(1, 20), moments)
def test_only_a_failure_that_may_pass_is_tried_again(problem, attempts, at):
    outcome = after_failure(problem, attempts, at, MIDNIGHT)
    if outcome.state is DeliveryState.PENDING:
        assert problem not in FOR_GOOD
        assert outcome.next_try_at is not None
    else:
        assert outcome.next_try_at is None


@given(st.integers(1, 20), moments)
def test_a_message_that_was_on_its_way_is_never_sent_again_by_itself(attempts, at):
    outcome = after_failure(Problem.LOST, attempts, at, MIDNIGHT)
    assert outcome.state is DeliveryState.UNCERTAIN


def test_what_concerns_the_whole_server_is_never_one_recipients_fault():
    assert not CONCERNS_ALL & FOR_GOOD


def test_the_administrator_may_send_again_today_and_settle_only_what_is_uncertain():
    for state in DeliveryState:
        open_to_a_person = state in {DeliveryState.FAILED, DeliveryState.UNCERTAIN}
        assert may_send_again(state, DAY, DAY) is open_to_a_person
        assert not may_send_again(state, DAY, DAY + timedelta(days=1))
        assert may_mark_sent(state) is (state is DeliveryState.UNCERTAIN)


# --- the days off of a year ---


def test_a_year_is_read_as_offices_write_it():
    days, faults = read_year(
        [
            ["日期", "类型", "说明"],
            ["2027-01-01", "放假", "元旦"],
            ["2027/2/6", "调休上班", "春节调休"],
            [],
            ["2027年10月1日", "休", "国庆节"],
            ["2027-10-02", "放假", "国庆节（周六）"],
        ]
    )
    assert faults == []
    assert days == (
        SpecialDay(date(2027, 1, 1), DayKind.HOLIDAY, "元旦"),
        SpecialDay(date(2027, 2, 6), DayKind.WORKDAY, "春节调休"),
        SpecialDay(date(2027, 10, 1), DayKind.HOLIDAY, "国庆节"),
    )


def test_every_wrong_line_is_named_with_its_number():
    _days, faults = read_year(
        [
            ["2027-01-01", "holiday"],
            ["2027-02-30", "holiday"],
            ["2027-01-05", "vielleicht"],
            ["2027-01-01", "holiday"],
            ["2028-01-03", "holiday"],
            ["2027-01-06", "workday"],
        ]
    )
    assert [(fault.line, fault.code) for fault in faults] == [
        (2, LineFault.NOT_A_DAY),
        (3, LineFault.UNKNOWN_KIND),
        (4, LineFault.TWICE),
        (5, LineFault.OTHER_YEAR),
        (6, LineFault.WORKED_ANYWAY),
    ]


@pytest.mark.parametrize("lines", [[], [["day", "kind"]], [["2027-01-02", "holiday"]]])
def test_a_file_that_says_nothing_is_refused(lines):
    assert [fault.code for fault in read_year(lines)[1]] == [LineFault.EMPTY_FILE]


def test_a_file_without_end_is_cut_short():
    endless = ([str(n)] for n in range(10**9))
    assert read_year(endless)[1][-1].code is LineFault.TOO_MANY


@given(st.lists(st.lists(st.text(max_size=12), max_size=4), max_size=20))
def test_no_file_makes_the_reader_stumble(lines):
    days, faults = read_year(lines)
    assert days or faults
