"""What the hazards learn, from what, and what they must not learn from."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from crm.leads.rules.stages import Path, Stage
from crm.outlook.rules.forecasting import (
    Ending,
    Move,
    Settings,
    Traits,
    mark_backfilled,
    month_factors,
    spells_of,
)
from crm.outlook.rules.forecasting.absorption import probabilities, reach, states_before
from crm.outlook.rules.forecasting.hazards import PRIOR, learn
from crm.outlook.rules.forecasting.observation import STAGE_AT, observe
from tests.rules.forecast_cases import ON, history, spell

TALKS = STAGE_AT[Stage.NEGOTIATING]
TRUE = {Ending.ADVANCE: 0.05, Ending.LOST: 0.02, Ending.PARKED: 0.01, Ending.RETURNED: 0.005}


def stays(seed, count=4000, *, known_after=0, seen_for=700, rates=TRUE):
    """Stays with constant true hazards a week, begun over two years, seen from the day known."""
    random = np.random.default_rng(seed)
    total = sum(rates.values())
    found = []
    for n in range(count):
        entered = ON - timedelta(days=int(random.integers(1, seen_for)))
        days = int(np.ceil(7 * random.exponential(1 / total)))
        ending = list(rates)[random.choice(len(rates), p=np.array(list(rates.values())) / total)]
        ended = entered + timedelta(days=days)
        found.append(
            spell(
                lead_id=n,
                entered_on=entered,
                known_on=entered + timedelta(days=known_after),
                ended_on=ended if ended <= ON else None,
                ending=ending if ended <= ON else None,
            )
        )
    return found


def learned(spells, **settings):
    return learn(observe(spells, [], ON), Settings(**settings))


def test_known_hazards_are_found_again():
    found = learned(stays(1)).by_stage[TALKS]
    for cause, value in enumerate(TRUE.values()):
        assert found[cause] == pytest.approx(value, rel=0.1)


def test_without_history_a_stage_has_its_documented_prior():
    found = learned([])
    for stage, prior in PRIOR.items():
        assert found.by_stage[STAGE_AT[stage]] == pytest.approx(prior)


def test_a_stronger_prior_leans_more_on_it():
    near = learned(stays(2, 60), stage_weeks=5000).by_stage[TALKS, 0]
    far = learned(stays(2, 60), stage_weeks=5).by_stage[TALKS, 0]
    assert abs(near - PRIOR[Stage.NEGOTIATING][0]) < abs(far - PRIOR[Stage.NEGOTIATING][0])


def test_a_hasty_form_is_told_from_a_slow_one_and_leans_on_all():
    hasty = [replace(each, size_band="large") for each in stays(3, 300)]
    slow = stays(4, 300, rates={Ending.ADVANCE: 0.01, Ending.LOST: 0.02})
    found = learned([*hasty, *slow])
    at = {band: n for n, (band, _path) in enumerate(found.forms)}
    advance = found.weekly[TALKS, 0, :, 0]
    assert advance[at["large"]] > 1.5 * advance[at["small"]]
    assert advance[at["small"]] > 0.01
    assert advance[at["large"]] < 0.05


def test_a_chain_that_advances_faster_is_shifted_and_shrunk():
    quick = [replace(each, chain_id=1) for each in stays(5, 300)]
    slow = [
        replace(each, chain_id=2)
        for each in stays(6, 300, rates={Ending.ADVANCE: 0.025, Ending.LOST: 0.02})
    ]
    found = learned([*quick, *slow])
    assert 0 < found.chain_shift[1] < np.log(2)
    assert -np.log(2) < found.chain_shift[2] < 0
    assert 7 not in found.chain_shift


def test_a_stay_that_lasts_is_at_risk_until_today_and_no_longer():
    begun = ON - timedelta(weeks=10)
    lasting = observe([spell(entered_on=begun, known_on=begun)], [], ON)
    assert lasting.exposure[TALKS].sum() == 10
    assert lasting.endings.sum() == 0
    later = ON + timedelta(days=5)
    ends_later = spell(entered_on=begun, known_on=begun, ended_on=later, ending=Ending.ADVANCE)
    seen_today = observe([ends_later], [], ON)
    assert (seen_today.exposure == lasting.exposure).all()
    assert seen_today.training.resolved == 0


def test_weeks_stand_in_the_bins_they_were_spent_in():
    begun = ON - timedelta(weeks=30)
    found = observe(
        [
            spell(
                entered_on=begun,
                known_on=begun + timedelta(weeks=2),
                ended_on=begun + timedelta(weeks=20),
                ending=Ending.LOST,
            )
        ],
        [],
        ON,
    )
    assert found.exposure[TALKS, :, 0].tolist() == [2, 9, 7, 0]
    assert found.endings[TALKS, :, 0, 1].tolist() == [0, 0, 1, 0]


def survivors(seed, begins=9):
    """A ledger begun ``begins`` weeks before today: only leads still there then are in it."""
    opened = ON - timedelta(weeks=begins)
    return [
        replace(each, known_on=max(each.entered_on, opened))
        for each in stays(seed, 6000)
        if each.ended_on is None or each.ended_on > opened
    ]


def test_a_ledger_of_survivors_is_read_rightly_only_with_left_truncation():
    ledger = survivors(8)
    rightly = learned(ledger).by_stage[TALKS, 0]
    forgetting = learned([replace(each, known_on=each.entered_on) for each in ledger])
    assert rightly == pytest.approx(TRUE[Ending.ADVANCE], rel=0.1)
    assert forgetting.by_stage[TALKS, 0] < 0.8 * TRUE[Ending.ADVANCE]


def test_what_ended_before_the_ledger_knew_of_it_teaches_nothing():
    begun = ON - timedelta(weeks=30)
    gone = spell(
        entered_on=begun,
        known_on=begun + timedelta(weeks=20),
        ended_on=begun + timedelta(weeks=10),
        ending=Ending.ADVANCE,
    )
    found = observe([gone], [], ON)
    assert found.training.spells == 0
    assert found.endings.sum() == 0


def test_backfilled_stays_are_left_out_and_counted():
    spells = stays(9, 200)
    marked = [replace(each, is_backfilled=n < 50) for n, each in enumerate(spells)]
    found = observe(marked, [], ON)
    assert found.training.backfilled == 50
    assert (found.exposure == observe(spells[50:], [], ON).exposure).all()


def test_probabilities_of_a_week_sum_to_less_than_one_however_great_the_hazard():
    found = probabilities(np.array([5.0, 1.0, 0.0, 0.0]))
    assert 0.99 < found.sum() < 1
    assert probabilities(np.zeros(4)).tolist() == [0, 0, 0, 0]


# ---------------------------------------------------------------- from stage to event


def constant(advance, *, lost=0.0, parked=0.0, returned=0.0, back=0.0):
    """The same hazards in every stage and duration; parked leads come back with ``back``."""
    weekly = np.zeros((10, 4, 1, 4))
    weekly[:] = (advance, lost, parked, returned)
    weekly[-1] = (back, 0, 0, 0)
    return weekly


def reached(weekly, days, stage=Stage.PRE_SIGNING, spent=0, event=Stage.SIGNED):
    states = states_before(event)
    table = reach(weekly, event, [days], np.zeros((1, len(states))), np.zeros(-(-days // 7)))
    return table[0, 0, 0, states.index(STAGE_AT[stage]), spent]


@pytest.mark.parametrize("days", [7, 30, 90, 184, 365])
def test_one_stage_away_the_chain_is_the_exponential(days):
    weekly = constant(0.05, lost=0.02)
    expected = 0.05 / 0.07 * (1 - np.exp(-0.07 * days / 7))
    assert reached(weekly, days) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("days", [60, 184, 365])
def test_two_stages_away_the_chain_is_the_gamma(days):
    x = 0.05 * days / 7
    expected = 1 - np.exp(-x) * (1 + x)
    assert reached(constant(0.05), days, Stage.REVIEWED) == pytest.approx(expected, rel=1e-2)


def test_no_time_left_reaches_nothing():
    assert reached(constant(0.5), 0) == 0


def test_a_parked_lead_may_come_back():
    weekly = constant(0.1, back=0.05)
    assert 0 < reached(weekly, 184, Stage.PARKED) < reached(weekly, 184, Stage.NEGOTIATING)
    assert reached(constant(0.1), 184, Stage.PARKED) == 0


def test_time_already_spent_counts():
    weekly = constant(0.1)
    weekly[:, 2:] = (0.01, 0, 0, 0)  # whoever is not through after a quarter is hardly so at all
    assert reached(weekly, 60, spent=0) > 2 * reached(weekly, 60, spent=20)


def test_more_time_is_never_worse_and_a_shift_up_helps():
    weekly = constant(0.05, lost=0.02, parked=0.01, returned=0.01, back=0.02)
    shifts = np.array([[-1.0], [0.0], [1.0]]) * np.ones(len(states_before(Stage.SIGNED)))
    table = reach(weekly, Stage.SIGNED, [200, 100, 50], shifts, np.zeros(29))
    assert (table[0] >= table[1]).all()
    assert (table[1] >= table[2]).all()
    assert (np.diff(table, axis=1) > 0).all()


# ---------------------------------------------------------------- months


def yearly(spike):
    """Three years of stays that end in advance, in December ``spike`` times as often."""
    random = np.random.default_rng(11)
    found = []
    for n in range(1500):
        day = entered = date(2023, 6, 1) + timedelta(days=int(random.integers(0, 1000)))
        while day < ON and random.random() > 0.006 * (spike if day.month == 12 else 1):
            day += timedelta(days=1)
        ended = day if day < ON else None
        found.append(
            spell(
                lead_id=n,
                entered_on=entered,
                known_on=entered,
                ended_on=ended,
                ending=Ending.ADVANCE if ended else None,
            )
        )
    return found


def test_december_is_found_in_three_years():
    factors = month_factors(yearly(3), ON)
    assert factors is not None
    assert factors.index(max(factors)) == 11
    assert 1.5 < factors[11] < 3
    assert sum(factors) == pytest.approx(12)


def test_an_even_year_stays_nearly_flat():
    factors = month_factors(yearly(1), ON)
    assert factors is not None
    assert max(factors) < 1.3


def test_under_two_years_of_history_there_is_no_month_factor():
    assert month_factors(history(), ON) is None
    assert month_factors([], ON) is None


# ---------------------------------------------------------------- 补录 and the ledger

DAY = date(2026, 3, 2)


def move(lead_id=1, **changed):
    facts = {
        "from_stage": Stage.CONTACTED,
        "to_stage": Stage.NEGOTIATING,
        "event_on": DAY,
        "recorded_on": DAY,
        "by_id": 7,
    } | changed
    return Move(lead_id, **facts)


def test_five_moves_by_one_person_in_a_day_are_backfilled_and_four_are_not():
    assert not any(mark_backfilled([move(n) for n in range(4)]))
    assert all(mark_backfilled([move(n) for n in range(5)]))
    apart = [move(n, by_id=n % 2) for n in range(8)]
    assert not any(mark_backfilled(apart))
    days = [move(n, recorded_on=DAY + timedelta(days=n % 2)) for n in range(8)]
    assert not any(mark_backfilled(days))


def test_a_move_is_backfilled_from_the_eighth_day_after_the_event_on():
    assert mark_backfilled([move(recorded_on=DAY + timedelta(days=7))]) == (False,)
    assert mark_backfilled([move(recorded_on=DAY + timedelta(days=8))]) == (True,)


def test_first_entries_are_no_moves():
    entries = [move(n, from_stage=None) for n in range(9)]
    assert not any(mark_backfilled(entries))
    assert not any(mark_backfilled([*entries, *(move(n) for n in range(4))]))


TRAITS = {1: Traits("small", Path.LAND, 3)}


def test_moves_become_stays_by_event_dates():
    entered = move(from_stage=None, to_stage=Stage.CONTACTED, event_on=DAY, recorded_on=DAY)
    later = move(event_on=DAY + timedelta(days=40), recorded_on=DAY + timedelta(days=42))
    first, second = spells_of([later, entered], TRAITS)
    assert (first.stage, first.ended_on, first.ending) == (
        Stage.CONTACTED,
        later.event_on,
        Ending.ADVANCE,
    )
    assert (second.stage, second.known_on, second.ended_on) == (
        Stage.NEGOTIATING,
        later.recorded_on,
        None,
    )
    assert second.chain_id == 3


@pytest.mark.parametrize(
    ("stage", "following", "ending"),
    [
        (Stage.NEGOTIATING, Stage.LOST, Ending.LOST),
        (Stage.NEGOTIATING, Stage.TRANSFERRED, Ending.LOST),
        (Stage.NEGOTIATING, Stage.PARKED, Ending.PARKED),
        (Stage.NEGOTIATING, Stage.CONTACTED, Ending.RETURNED),
        (Stage.PARKED, Stage.CONTACTED, Ending.ADVANCE),
        (Stage.PARKED, Stage.LOST, Ending.LOST),
    ],
)
def test_each_way_out_of_a_stage_has_its_ending(stage, following, ending):
    moves = [
        move(from_stage=None, to_stage=stage),
        move(
            from_stage=stage,
            to_stage=following,
            event_on=DAY + timedelta(days=9),
            recorded_on=DAY + timedelta(days=9),
        ),
    ]
    assert spells_of(moves, TRAITS)[0].ending is ending


def test_a_lead_that_is_gone_stays_nowhere():
    gone = move(from_stage=None, to_stage=Stage.LOST)
    assert spells_of([gone], TRAITS) == ()


def test_a_move_past_a_stage_went_through_it_within_the_day():
    later = DAY + timedelta(days=30)
    moves = [
        move(from_stage=None, to_stage=Stage.CONTACTED),
        move(to_stage=Stage.PRE_SIGNING, event_on=later, recorded_on=later),
    ]
    found = spells_of(moves, TRAITS)
    assert sorted(each.stage for each in found) == sorted(
        [Stage.CONTACTED, Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING]
    )
    counted = observe(found, [], ON)
    assert counted.endings[..., 0].sum() == 3


def test_an_import_creates_no_transition():
    imported = DAY + timedelta(days=60)
    moves = [
        move(from_stage=None, to_stage=Stage.CONTACTED, is_import=True),
        move(to_stage=Stage.REVIEWED, event_on=imported, recorded_on=imported, is_import=True),
    ]
    found = observe(spells_of(moves, TRAITS), [], ON)
    assert found.endings.sum() == 0
    assert found.exposure[STAGE_AT[Stage.CONTACTED]].sum() == 0
    assert found.exposure[STAGE_AT[Stage.REVIEWED]].sum() == pytest.approx((ON - imported).days / 7)
    assert found.training.resolved == 0
