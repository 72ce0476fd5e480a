"""From moves to stays: what teaches the forecast and what does not."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import ORDER, Stage
from crm.outlook.rules.forecasting import Ending
from crm.outlook.rules.stays import (
    Backfill,
    Step,
    backfilled,
    ending_of,
    excluded,
    shrunk,
    size_band,
    stays_of,
)

DAY = date(2026, 3, 1)


def step(to, after=0, *, late=0, lead=1, by=7, imported=False):
    on = DAY + timedelta(after)
    return Step(lead, to, on, on + timedelta(late), by, imported)


def test_a_stay_ends_on_the_event_day_of_the_next_step():
    spells = stays_of([step(Stage.LEAD), step(Stage.CONTACTED, 10), step(Stage.LOST, 30)], {})
    told = [(s.stage, s.entered_on, s.ended_on, s.ending) for s in spells]
    assert told == [
        (Stage.LEAD, DAY, DAY + timedelta(10), Ending.ADVANCE),
        (Stage.CONTACTED, DAY + timedelta(10), DAY + timedelta(30), Ending.LOST),
    ]


def test_what_an_import_states_is_no_transition():
    own = [
        step(Stage.NEGOTIATING, imported=True, late=60),
        step(Stage.SIGNED, 200, imported=True, late=9),
    ]
    first, last = stays_of(own, {})
    assert (first.known_on, first.ended_on, first.ending) == (
        DAY + timedelta(60), DAY + timedelta(209), None,
    )  # fmt: skip
    assert (last.stage, last.ended_on) == (Stage.SIGNED, None)
    assert excluded(own).moves == 0


def test_five_moves_by_one_person_in_a_day_are_marked_and_four_are_not():
    def moved(count):
        steps = []
        for lead in range(count):
            steps += [step(Stage.LEAD, -40, lead=lead), step(Stage.CONTACTED, lead=lead)]
        return [mark for mark in backfilled(steps) if mark]

    assert moved(4) == []
    assert moved(5) == [Backfill.BULK] * 5


def test_a_move_entered_more_than_seven_days_late_is_marked():
    steps = [
        step(Stage.LEAD, -40),
        step(Stage.CONTACTED, 0, late=7),
        step(Stage.REVIEWED, 20, late=8),
    ]
    assert backfilled(steps) == [None, None, Backfill.LATE]
    spells = stays_of(steps, {})
    assert [each.is_backfilled for each in spells] == [False, True, False]
    found = excluded(steps)
    assert (found.moves, found.late, found.used) == (2, 1, 1)


def test_how_a_stay_ended():
    assert ending_of(Stage.REVIEWED, Stage.NEGOTIATING) is Ending.RETURNED
    assert ending_of(Stage.REVIEWED, Stage.SIGNED) is Ending.ADVANCE
    assert ending_of(Stage.REVIEWED, Stage.PARKED) is Ending.PARKED
    assert ending_of(Stage.PARKED, Stage.NEGOTIATING) is Ending.ADVANCE
    assert ending_of(Stage.PARKED, Stage.TRANSFERRED) is Ending.LOST


steps_of_one = st.lists(
    st.tuples(st.sampled_from(Stage), st.integers(0, 400), st.integers(0, 30), st.booleans()),
    min_size=1,
    max_size=8,
)


@given(steps_of_one)
def test_stays_follow_each_other_and_never_run_backwards(drawn):
    own = [step(to, after, late=late, imported=imported) for to, after, late, imported in drawn]
    spells = stays_of(own, {})
    for spell in spells:
        assert spell.stage in (*ORDER, Stage.PARKED)
        assert spell.known_on >= spell.entered_on
        assert spell.ended_on is None or spell.ended_on >= spell.entered_on
        assert spell.ending is None or spell.ended_on is not None
    assert [s.entered_on for s in spells] == sorted(s.entered_on for s in spells)
    assert sum(s.ended_on is None for s in spells) <= 1


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0.05, 0.95), st.floats(1, 50))
def test_a_shrunk_share_lies_between_prior_and_history(yes, no, prior, weight):
    share = shrunk(yes, yes + no, prior=prior, weight=weight)
    seen = yes / (yes + no) if yes + no else prior
    assert min(prior, seen) - 1e-9 <= share <= max(prior, seen) + 1e-9


def test_size_bands_include_their_threshold():
    assert size_band(5_000_000_000) == "over_50yi"
    assert size_band(4_999_999_999) == "over_5yi"
    assert size_band(None) == "under_5yi"
