"""Coverage on earlier days, and the gaps that leads have filled."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import PresenceRole, SegmentLayout, Strength
from crm.coverage.rules import CoverageSettings, Status
from crm.coverage.rules.chances import chances_of
from crm.coverage.rules.timeline import (
    Needed,
    SegmentHistory,
    Stay,
    Travelled,
    counted,
    filled,
    month_ends,
    status_on,
    together,
    with_registration,
)
from crm.leads.rules.stages import Stage

HELD, CHANCES = CoverageSettings(), chances_of(None)
YEAR, TODAY = date(2026, 1, 1), date(2026, 11, 26)
days = st.dates(date(2025, 1, 1), TODAY)
maybe = st.none() | days
stays = st.builds(
    Stay, st.sampled_from(PresenceRole), st.sampled_from(Strength), days, maybe, maybe
)
needs = st.builds(Needed, st.booleans(), days, maybe)
moves = st.lists(st.tuples(days, st.sampled_from(Stage)), max_size=4).map(
    lambda found: tuple(sorted(found, key=lambda move: move[0]))
)
travelled = st.builds(Travelled, st.integers(1, 99), moves, maybe)
histories = st.builds(
    SegmentHistory,
    st.sampled_from(SegmentLayout),
    st.lists(stays, max_size=3).map(tuple),
    st.lists(needs, max_size=3).map(tuple),
    st.lists(travelled, max_size=3).map(tuple),
)


def lead(*moves, lead_id=7, recorded_on=None):
    return Travelled(lead_id, moves, recorded_on)


def supplier(since=None, ended=None, strength=Strength.MEDIUM):
    return Stay(PresenceRole.SUPPLIER, strength, TODAY, since, ended)


def told(history, since=YEAR, until=TODAY):
    return filled(1, history, history, since, until, HELD)


LANDS = lead((date(2026, 3, 1), Stage.SIGNED), (date(2026, 5, 6), Stage.REGISTERED))


def test_a_lead_that_registers_where_nobody_stands_fills_the_gap():
    found = told(SegmentHistory(leads=(LANDS,)))
    assert (found.lead_id, found.on) == (7, date(2026, 5, 6))


def test_a_registration_stands_on_its_own_day():
    may, june, july = (date(2026, month, 6) for month in (5, 6, 7))
    moves = ((may, Stage.SIGNED), (june, Stage.REGISTERED), (july, Stage.STARTED))
    assert with_registration(moves, None) == with_registration(moves, june) == moves
    assert with_registration(moves[:1], june) == moves[:1], "it stands registered no more"
    earlier = with_registration(moves, date(2026, 5, 1))
    assert earlier == ((date(2026, 5, 1), Stage.REGISTERED), *moves[1:])
    late = Travelled(7, with_registration(moves, date(2026, 8, 1)))
    assert late.landed_on == date(2026, 8, 1)
    assert late.stage_on(july) is Stage.SIGNED
    assert late.stage_on(TODAY) is Stage.STARTED


def test_a_gap_is_not_filled_where_somebody_stood_or_the_lead_is_gone_again():
    for history in (
        SegmentHistory(stays=(supplier(strength=Strength.WEAK),), leads=(LANDS,)),
        SegmentHistory(leads=(lead(*LANDS.moves, (date(2026, 8, 1), Stage.LOST)),)),
        SegmentHistory(leads=(lead((date(2025, 12, 30), Stage.REGISTERED)), LANDS)),
        SegmentHistory(SegmentLayout.EXTERNAL, leads=(LANDS,)),
        SegmentHistory(needs=(Needed(True, date(2026, 6, 1), None),), leads=(LANDS,)),
        SegmentHistory(leads=(lead((date(2026, 3, 1), Stage.SIGNED)),)),
    ):
        assert told(history) is None


def test_a_company_that_left_before_leaves_a_gap_and_its_record_may_follow_the_lead():
    left = supplier(ended=date(2026, 5, 5))
    assert told(SegmentHistory(stays=(left,), leads=(LANDS,))) is not None
    recorded = lead(*LANDS.moves, recorded_on=date(2026, 7, 1))
    good, weak = supplier(date(2026, 7, 1)), supplier(date(2026, 7, 1), strength=Strength.WEAK)
    assert told(SegmentHistory(stays=(good,), leads=(recorded,))) is not None
    assert told(SegmentHistory(stays=(weak,), leads=(recorded,))) is None


def test_each_gap_is_filled_once_and_by_the_first_that_stayed():
    gone = lead((date(2026, 2, 1), Stage.REGISTERED), (date(2026, 3, 1), Stage.LOST), lead_id=3)
    later = lead((date(2026, 9, 1), Stage.REGISTERED), lead_id=9)
    assert told(SegmentHistory(leads=(later, LANDS, gone))).lead_id == 7


@given(histories, days)
def test_what_is_filled_was_nobodys_place_the_day_before_and_is_covered_now(history, since):
    found = told(history, since)
    if found is not None:
        assert since <= found.on <= TODAY
        before = history.facts_on(found.on - timedelta(days=1), HELD)
        assert before.standing == 0
        assert status_on(history, TODAY, HELD, CHANCES).status in {Status.HAS, Status.STRONG}


@given(st.lists(histories, max_size=3))
def test_each_month_counts_every_segment_once(found):
    ends = month_ends(TODAY)
    assert (ends[0], ends[-2], ends[-1]) == (date(2025, 12, 31), date(2026, 10, 31), TODAY)
    for counts in counted(found, ends, HELD, CHANCES):
        assert sum(counts.values()) == len(found)


@given(histories, histories, days)
def test_a_parent_has_the_facts_of_what_lies_below_it_on_every_day(upper, lower, day):
    whole = together({1: upper, 2: lower}, {1: None, 2: 1})
    both = upper.facts_on(day, HELD).with_below(lower.facts_on(day, HELD))
    one = whole[1].facts_on(day, HELD)
    assert (one.standing, one.leads, one.needs) == (both.standing, both.leads, both.needs)
    assert whole[2] == lower
