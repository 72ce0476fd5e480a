"""Who may be noted as away, and who is told in the end while delegates are away themselves."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.reminders.rules.absence import LONGEST, AbsenceFault, StandIn, stand_ins, why_not_away
from crm.reminders.rules.people import Away, delegates

DAY = date(2026, 11, 26)
ONE = timedelta(days=1)


def day(n: int) -> date:
    return DAY + n * ONE


@pytest.mark.parametrize(
    ("first", "last", "delegate", "found"),
    [
        (0, 3, 2, {}),
        (-5, 0, 2, {}),
        (3, 2, 2, {"ends_on": AbsenceFault.ENDS_FIRST}),
        (-5, -1, 2, {"ends_on": AbsenceFault.OVER}),
        (0, LONGEST, 2, {"ends_on": AbsenceFault.TOO_LONG}),
        (0, LONGEST - 1, 2, {"starts_on": AbsenceFault.OVERLAPS}),
        (10, 12, 2, {"starts_on": AbsenceFault.OVERLAPS}),
        (12, 20, 2, {"starts_on": AbsenceFault.OVERLAPS}),
        (13, 20, 2, {}),
        (0, 3, 1, {"delegate_id": AbsenceFault.SELF}),
        (0, 3, 9, {"delegate_id": AbsenceFault.NOT_AT_WORK}),
        (3, 2, 9, {"ends_on": AbsenceFault.ENDS_FIRST, "delegate_id": AbsenceFault.NOT_AT_WORK}),
    ],
)
def test_everything_that_is_wrong_with_an_absence_stands_beside_its_field(
    first, last, delegate, found
):
    others = [Away(1, 3, day(10), day(12))]
    assert (
        why_not_away(1, delegate, day(first), day(last), active={2, 3}, others=others, today=DAY)
        == found
    )


def test_a_delegate_who_is_away_hands_on_for_these_days_alone():
    own = Away(1, 2, day(0), day(9))
    theirs = Away(2, 3, day(4), day(6))
    assert stand_ins(own, [own, theirs], {1, 2, 3}) == (
        StandIn(day(0), day(3), 2),
        StandIn(day(4), day(6), 3),
        StandIn(day(7), day(9), 2),
    )


def test_two_who_stand_in_for_each_other_are_told_themselves():
    own, theirs = Away(1, 2, day(0), day(4)), Away(2, 1, day(2), day(9))
    assert stand_ins(own, [own, theirs], {1, 2}) == (
        StandIn(day(0), day(1), 2),
        StandIn(day(2), day(4), 1),
    )


spans = st.tuples(st.integers(0, 20), st.integers(0, 12))
absences = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), spans), max_size=7)


@given(spans, absences, st.sets(st.integers(1, 5)))
def test_every_day_of_an_absence_has_the_reader_the_day_itself_says(span, others, active):
    own = Away(1, 2, day(span[0]), day(span[0] + span[1]))
    everybody = [own] + [
        Away(person, delegate, day(first), day(first + length))
        for person, delegate, (first, length) in others
        if person != 1
    ]
    found = stand_ins(own, everybody, active)
    told = {
        each.starts_on + n * ONE: each.reader_id
        for each in found
        for n in range((each.ends_on - each.starts_on).days + 1)
    }
    days = [own.starts_on + n * ONE for n in range(span[1] + 1)]
    assert told == {each: delegates(everybody, active, each).get(1, 1) for each in days}
    assert all(before.reader_id != after.reader_id for before, after in itertools.pairwise(found))
