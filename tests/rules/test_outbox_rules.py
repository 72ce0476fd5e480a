"""When a message is tried, taken over and given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.rules import Way, mobile_number
from crm.outbox.rules import (
    CHANNELS_OF,
    CONCERNS_ALL,
    DELAYS,
    FOR_GOOD,
    FURTHEST,
    LEASE,
    PERSONAL,
    Channel,
    DeliveryState,
    Pace,
    Problem,
    Reach,
    Standing,
    after_failure,
    channels_for,
    is_silent,
    may_claim,
    may_send_again,
    next_try,
    ways_offered,
    why_not_mail,
)

AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
moments = st.integers(-2880, 2880).map(lambda minutes: AT + timedelta(minutes=minutes))
standings = st.builds(
    Standing,
    state=st.sampled_from(DeliveryState),
    attempts=st.integers(0, 20),
    next_try_at=st.none() | moments,
    claimed_at=st.none() | moments,
    expires_at=st.none() | moments,
)


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


@pytest.mark.parametrize(("minutes", "silent"), [(None, True), (0, False), (5, False), (6, True)])
def test_the_worker_is_silent_after_five_minutes_without_a_sign(minutes, silent):
    sign = None if minutes is None else AT - timedelta(minutes=minutes)
    assert is_silent(sign, AT) is silent


@given(standings, moments)
def test_a_settled_mail_is_never_taken_up_again(row, at):
    if row.state not in {DeliveryState.PENDING, DeliveryState.SENDING}:
        assert not may_claim(row, at)


@given(standings, moments, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_what_may_be_taken_up_now_may_be_taken_up_later(row, at, later):
    no_clock_was_put_back = (row.next_try_at or at) <= at + FURTHEST and (
        row.claimed_at or at
    ) <= at + LEASE
    if may_claim(row, at) and no_clock_was_put_back:
        assert may_claim(row, at + later)


@given(standings, moments)
def test_a_clock_put_back_keeps_nothing_waiting_for_longer_than_a_wait_lasts(row, at):
    if row.state is DeliveryState.PENDING:
        assert any(may_claim(row, at + n * MINUTE) for n in range(0, 421, 60))
    if row.state is DeliveryState.SENDING:
        assert any(may_claim(row, at + n * MINUTE) for n in range(0, 21, 5))


@given(
    st.integers(1, 600),
    st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 200)), max_size=40),
)
def test_no_minute_sees_more_messages_than_the_server_takes(per_minute, asked):
    pace, at, free_at, sent = Pace(per_minute), AT, None, []
    for milliseconds, wanted in asked:
        at += timedelta(milliseconds=milliseconds)
        count = max(min(pace.room(free_at, at), wanted), 0)
        free_at = pace.after(free_at, at, count)
        sent += [at] * count
    for first in set(sent):
        assert sum(first <= each < first + MINUTE for each in sent) <= per_minute


@given(st.integers(1, 600), st.none() | moments)
def test_the_road_to_a_server_is_free_when_it_says_so(per_minute, noted):
    pace = Pace(per_minute)
    free_at = pace.after(noted, AT, 0)  # noted whenever somebody asks
    opens_at = pace.opens_at(free_at, AT)
    assert AT <= opens_at <= AT + MINUTE, "a clock put back costs a minute at most"
    assert pace.room(free_at, opens_at + timedelta(microseconds=1)) >= 1


def test_the_whole_of_what_a_server_takes_can_be_used():
    pace, at, free_at, sent = Pace(120), AT, None, 0
    for _ in range(600):
        room = pace.room(free_at, at)
        free_at, sent = pace.after(free_at, at, room), sent + room
        at += timedelta(seconds=1)
    assert sent >= 0.8 * 120 * 10


def test_a_fresh_claim_is_left_alone_and_a_stale_one_taken_over():
    row = Standing(DeliveryState.SENDING, 1, claimed_at=AT)
    assert not may_claim(row, AT + LEASE - timedelta(seconds=1))
    assert may_claim(row, AT + LEASE)


def test_one_whose_worker_died_while_handing_it_over_goes_out_again():
    row = Standing(DeliveryState.SENDING, 1, claimed_at=AT)
    assert may_claim(row, AT + LEASE)


def test_the_waits_are_1_5_30_120_and_360_minutes_and_then_it_is_given_up():
    waits = [next_try(n, AT, AT + timedelta(days=3)) for n in range(1, 7)]
    minutes = [wait and (wait - AT) // timedelta(minutes=1) for wait in waits]
    assert minutes == [1, 5, 30, 120, 360, None]


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
    assert attempts == len(DELAYS) + 1


@given(st.sampled_from(Problem), st.integers(1, 20), moments)
def test_only_a_failure_that_may_pass_is_tried_again(problem, attempts, at):
    outcome = after_failure(problem, attempts, at, MIDNIGHT)
    if outcome.state is DeliveryState.PENDING:
        assert problem not in FOR_GOOD
        assert outcome.next_try_at is not None
    else:
        assert outcome.next_try_at is None


def test_what_concerns_the_whole_server_is_never_one_recipients_fault():
    assert not CONCERNS_ALL & FOR_GOOD


@given(standings, moments)
def test_the_administrator_may_send_again_what_was_given_up_and_is_not_too_late(row, at):
    is_late = row.expires_at is not None and at >= row.expires_at
    assert may_send_again(row, at) is (row.state is DeliveryState.FAILED and not is_late)


# --- by which channels a person is told ---

REACHES = st.builds(
    Reach,
    is_active=st.booleans(),
    mail=st.sampled_from([None, " ", "a@example.gov.cn"]),
    messenger_id=st.sampled_from([None, "lina"]),
    mobile=st.sampled_from([None, "", "13800001001"]),
    way=st.sampled_from(Way),
)
IN_USE = st.sets(st.sampled_from(PERSONAL))


@given(REACHES, IN_USE, st.none() | st.sampled_from(Way))
def test_a_message_goes_where_it_is_wanted_or_by_mail_and_nowhere_without_an_address(
    reach, in_use, way
):
    found = channels_for(reach, in_use, way)
    wanted = CHANNELS_OF[way or reach.way]
    assert all(reach.address(channel) for channel in found)
    assert set(found) <= {*in_use, Channel.MAIL}
    assert len(set(found)) == len(found)
    if not reach.is_active:
        assert found == ()
    elif set(found) - set(wanted):  # nothing that is wanted can be used
        assert found == (Channel.MAIL,)
    if reach.is_active and reach.address(Channel.MAIL):
        assert found


@given(REACHES, IN_USE)
def test_only_what_works_now_is_offered_and_mail_always(reach, in_use):
    offered = ways_offered(reach, in_use)
    assert offered[0] is Way.MAIL
    for way in offered[1:]:
        found = channels_for(replace(reach, is_active=True, mail="a@example.gov.cn"), in_use, way)
        assert found == CHANNELS_OF[way]


@pytest.mark.parametrize("channel", PERSONAL)
def test_a_persons_gateway_is_given_up_after_six_minutes(channel):
    at = datetime(2026, 11, 26, 1, tzinfo=UTC)
    waits = [
        after_failure(Problem.UNREACHABLE, n, at, None, channel).next_try_at for n in (1, 2, 3)
    ]
    assert waits == [at + timedelta(minutes=1), at + timedelta(minutes=5), None]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800001001", "13800001001"),
        ("+86 138-0000-1001", "13800001001"),
        ("0086 13800001001", "13800001001"),
        ("１３８００００１００１", "13800001001"),
        ("0531-88881234", "0531-88881234"),
        ("8612345", "8612345"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_mobile_number_has_one_spelling(typed, number):
    assert mobile_number(typed) == number
