"""An approval whose facts changed goes back to the certifier."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import FigureKind
from crm.quotas.rules import Outcome, Reason, ReasonCode, kept
from crm.recognition.rules import Change, Crossing, Snapshot, amounts_of, crossings, sides_of

AT = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 5, tzinfo=UTC)
YI = 100_000_000
TOTAL = FigureKind.TOTAL_INVESTMENT
LOW, HIGH = (1, TOTAL.value, 5 * YI), (2, TOTAL.value, 50 * YI)


def snapshot(outcome=Outcome.COUNTS, low=True, high=False):
    return Snapshot(outcome, {LOW: low, HIGH: high})


def test_the_sides_of_a_verdict_are_read_from_its_reasons():
    reasons = [
        Reason(ReasonCode.PHYSICAL, True, 0),
        Reason(ReasonCode.AMOUNT_REACHED, True, 0, field=TOTAL, value=6 * YI, threshold=5 * YI),
        Reason(ReasonCode.AMOUNT_BELOW, False, 1, field=TOTAL, value=6 * YI, threshold=50 * YI),
        Reason(ReasonCode.AMOUNT_MISSING, None, 1, field=FigureKind.FIXED_ASSETS, threshold=1),
    ]
    assert sides_of(1, map(kept, reasons)) == {LOW: True, (1, TOTAL.value, 50 * YI): False}
    assert amounts_of(1, map(kept, reasons)) == dict.fromkeys(
        (LOW, (1, TOTAL.value, 50 * YI)), 6 * YI
    )


def test_nothing_changed_and_nothing_goes_back():
    assert crossings(snapshot(), [(LATER, snapshot()), (None, snapshot())]) == ()


def test_a_verdict_that_left_counting_goes_back():
    assert crossings(snapshot(), [(LATER, snapshot(Outcome.PENDING))]) == (
        Crossing(
            Change.NO_LONGER_COUNTS,
            LATER,
            old=Outcome.COUNTS,
            new=Outcome.PENDING,
            now=Outcome.PENDING,
        ),
    )


def test_a_project_that_left_the_period_goes_back():
    assert crossings(snapshot(), [(None, Snapshot(None, {}))]) == (
        Crossing(Change.OTHER_PERIOD, old=Outcome.COUNTS),
    )


def test_an_amount_that_crosses_any_threshold_of_the_year_goes_back_either_way():
    assert crossings(snapshot(), [(AT, snapshot(high=True))]) == (
        Crossing(Change.ROSE_ABOVE, AT, TOTAL, 50 * YI),
    )
    assert crossings(snapshot(), [(AT, snapshot(Outcome.NO, low=False))]) == (
        Crossing(Change.NO_LONGER_COUNTS, AT, old=Outcome.COUNTS, new=Outcome.NO, now=Outcome.NO),
        Crossing(Change.FELL_BELOW, AT, TOTAL, 5 * YI),
    )


def test_a_threshold_crossed_and_crossed_back_is_still_told():
    found = crossings(snapshot(), [(AT, snapshot(high=True)), (LATER, snapshot())])
    assert [each.change for each in found] == [Change.ROSE_ABOVE]


def test_a_crossing_tells_what_it_was_what_it_became_and_what_it_is_now():
    approved = Snapshot(Outcome.COUNTS, {LOW: True}, {LOW: 6 * YI})
    since = [
        (AT, Snapshot(Outcome.COUNTS, {LOW: True}, {LOW: 7 * YI})),
        (LATER, Snapshot(Outcome.COUNTS, {LOW: False}, {LOW: 4 * YI})),
        (LATER, Snapshot(Outcome.COUNTS, {LOW: True}, {LOW: 5 * YI})),
    ]
    (found,) = crossings(approved, since)
    assert (found.old, found.new, found.now) == (7 * YI, 4 * YI, 5 * YI)


states = st.builds(snapshot, st.sampled_from(list(Outcome)), st.booleans(), st.booleans())


@given(states, st.lists(states))
def test_only_what_differs_from_the_approval_goes_back(approved, since):
    found = crossings(approved, [(AT, state) for state in since])
    if all(state == approved for state in since):
        assert found == ()
    if any(state.sides != approved.sides for state in since):
        assert found
    assert len(set(found)) == len(found)
