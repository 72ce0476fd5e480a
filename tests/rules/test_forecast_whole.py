"""The forecast as its readers see it: exact, the same in any order, never sure of an open lead."""

import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.leads.rules.stages import Stage
from crm.outlook.rules.forecasting import (
    Arrivals,
    Assumed,
    Ceremony,
    Flag,
    Settings,
    forecast,
    in_tenths,
    whole,
)
from crm.outlook.rules.forecasting.arriving import arriving
from crm.outlook.rules.forecasting.quadrature import chebyshev, interpolation, shared
from tests.rules.forecast_cases import CLOSE, ON, enumerated, history, lead, leads, quota

HISTORY = history()
PAIR = (quota("A", 8, 2, exclusive_group="x"), quota("B", 9, 1, exclusive_group="x"))
CEREMONIES = (Ceremony(1, date(2026, 9, 10)), Ceremony(2, date(2026, 12, 10), p_slip=0.3))
KNOWN_YEAR = Settings(u=0.0, u_sd=0.5)


def seen(candidates, targets=(quota(),), given=Settings(), spells=HISTORY):  # noqa: B008
    return forecast(spells, candidates, targets, given, ON)


def with_ceremonies(candidates):
    return [
        replace(each, ceremony_id=1 + each.lead_id % 2) if each.lead_id % 6 == 0 else each
        for each in candidates
    ]


RICH = Settings(
    ceremonies=CEREMONIES, arrivals=(Arrivals("A", (3, 5, 2)), Arrivals("B", prior_mean=2.0))
)


# ---------------------------------------------------------------- exact


@given(st.integers(0, 6), st.integers(0, 9), st.integers(0, 3))
@settings(max_examples=15)
def test_one_more_that_counts_is_a_target_of_one_less(count, target, certain):
    found, lower = (
        seen(leads(count, ["A"]), [quota(target=each, certain=certain)]).quotas[0]
        for each in (target, target - 1)
    )
    gain = lower.p_meet - found.p_meet
    assert found.gain_of_one(target) == pytest.approx(gain, abs=1e-9)


@given(st.integers(0, 6), st.integers(-1, 9))
@settings(max_examples=15)
def test_with_nothing_shared_the_chance_is_that_of_every_outcome(count, target):
    """With parameters as good as known all leads are independent: brute force over the chances."""
    sure = Settings(u=0.0, stage_weeks=1e9, form_pool_weeks=1e9, chain_pool_weeks=1e9)
    found = seen(leads(count, ["A"]), [quota(target=target, certain=0)], sure)
    p = [chance.p for chance in found.chances]
    assert found.quotas[0].p_meet == pytest.approx(sum(enumerated(p)[max(target, 0) :]), abs=1e-7)


def test_the_distribution_sums_to_one_and_has_its_mean_and_tail():
    for found in seen(with_ceremonies(leads(60)), PAIR, RICH).quotas:
        distribution = np.array(found.distribution)
        target = next(each for each in PAIR if each.code == found.code)
        assert distribution.sum() == pytest.approx(1, abs=1e-9)
        assert found.first_count == target.certain
        count = found.first_count + np.arange(len(distribution))
        assert found.expected == pytest.approx(float(distribution @ count), abs=1e-9)
        assert found.p_meet == pytest.approx(distribution[count >= target.target].sum(), abs=1e-9)
        low, high = found.band80
        assert distribution[(count >= low) & (count <= high)].sum() >= 0.8


def simulated(candidates, targets, given, runs=40_000):
    """Monte Carlo: shift, ceremonies, leads, arrivals and the best assignment, one by one."""
    random = np.random.default_rng(5)
    found = seen(candidates, targets, given)
    sd, u_sd = found.parameters["shared_sd"], given.u_sd
    shifts = random.normal(-(sd**2) / 2, sd, runs)
    counts = {frozenset(key): np.zeros(runs, dtype=int) for key in ("A", "B", "AB")}
    slips = {each.ceremony_id: random.random(runs) < each.p_slip for each in given.ceremonies}
    # P(counts) of each lead by shift, on a fine grid of fixed shifts, each a forecast of its own.
    grid = np.linspace(-4 * sd, 4 * sd, 33) - sd**2 / 2
    exact = whole.shared
    tables = []
    try:
        for shift in grid:
            whole.shared = lambda *_a, shift=shift: shared(float(shift), 0.0, 0.0)
            branches = []
            for p_slip in (0.0, 1.0):
                fixed = replace(
                    given, ceremonies=tuple(replace(c, p_slip=p_slip) for c in given.ceremonies)
                )
                chances = {c.lead_id: c.p for c in seen(candidates, targets, fixed).chances}
                branches.append(chances)
            tables.append(branches)
    finally:
        whole.shared = exact
    for each in candidates:
        on_time, late = (
            np.interp(shifts, grid, [row[branch][each.lead_id] for row in tables])
            for branch in (0, 1)
        )
        is_late = slips.get(each.ceremony_id, np.zeros(runs, dtype=bool))
        counts[each.counts_to] += random.random(runs) < np.where(is_late, late, on_time)
    share = u_sd**2 / sd**2
    year = np.exp(share * (shifts + sd**2 / 2) - u_sd**2 * share / 2)
    arriving_a = random.poisson(random.gamma(10.5, 1 / 3, runs) * year)
    arriving_b = random.poisson(random.gamma(2.0, 1.0, runs) * year)
    only_a, only_b = counts[frozenset("A")] + arriving_a, counts[frozenset("B")] + arriving_b
    both = counts[frozenset("AB")]
    missing = [targets[n].target - targets[n].certain for n in (0, 1)]
    meets = [only_a + both >= missing[0], only_b + both >= missing[1]]
    together = np.maximum(0, missing[0] - only_a) + np.maximum(0, missing[1] - only_b) <= both
    return found, [float(each.mean()) for each in (*meets, together)]


def test_the_forecast_is_what_chance_does_forty_thousand_times():
    candidates = with_ceremonies(leads(45))
    pair = (replace(PAIR[0], target=14), replace(PAIR[1], target=14))
    found, happened = simulated(candidates, pair, RICH)
    said = [*(each.p_meet for each in found.quotas), found.p_all]
    for p, share in zip(said, happened, strict=True):
        assert 0.05 < p < 0.95
        # Four standard errors, and as much for the grid of the check itself.
        assert abs(p - share) < 4 * (0.25 / 40_000) ** 0.5 + 0.004


def test_doubling_the_points_of_the_quadrature_changes_next_to_nothing(monkeypatch):
    few = leads(120)
    coarse = seen(few, PAIR, RICH)
    exact = whole.shared
    monkeypatch.setattr(whole, "shared", lambda *given: exact(*given, points=77))
    fine = seen(few, PAIR, RICH)
    assert coarse.p_all == pytest.approx(fine.p_all, abs=1e-3)
    for one, other in zip(coarse.quotas, fine.quotas, strict=True):
        assert one.p_meet == pytest.approx(other.p_meet, abs=1e-3)
        assert one.band80 == other.band80


def test_the_interpolation_over_the_shift_is_exact_for_what_is_smooth():
    grid, at = chebyshev(-3, 4), np.linspace(-3, 4, 50)
    found = interpolation(grid, at) @ np.log1p(np.exp(grid))
    assert np.abs(found - np.log1p(np.exp(at))).max() < 1e-4
    assert (interpolation(grid, grid) == np.eye(len(grid))).all()


# ---------------------------------------------------------------- movers and what is needed


def test_a_mover_says_what_the_forecast_would_say_if_it_signed_or_were_lost():
    candidates = with_ceremonies(leads(50))
    found = seen(candidates, PAIR, RICH)
    for quota_found in found.quotas:
        assert len(quota_found.movers) == 10
        for mover in quota_found.movers:
            for assumed, delta in (
                (Assumed.SIGNED, mover.delta_signed),
                (Assumed.LOST, mover.delta_lost),
            ):
                supposed = [
                    replace(each, assumed=assumed) if each.lead_id == mover.lead_id else each
                    for each in candidates
                ]
                again = next(
                    q for q in seen(supposed, PAIR, RICH).quotas if q.code == quota_found.code
                )
                assert again.p_meet - quota_found.p_meet == pytest.approx(delta, abs=1e-9)


def test_the_names_needed_reach_the_aim_when_they_sign_and_not_with_one_less():
    candidates = leads(40, ["A"])
    found = seen(candidates, [quota(target=10, certain=2)])
    names = found.quotas[0].needed.names
    assert names

    def if_signed(some):
        return (
            seen(
                [
                    replace(e, assumed=Assumed.SIGNED) if e.lead_id in some else e
                    for e in candidates
                ],
                [quota(target=10, certain=2)],
            )
            .quotas[0]
            .p_meet
        )

    assert if_signed(names) >= 0.8
    assert if_signed(names[:-1]) < 0.8


def test_more_projects_needed_shrink_when_more_is_certain():
    needed = [
        seen(leads(40, ["A"]), [quota(target=12, certain=certain)]).quotas[0].needed.more
        for certain in (0, 4, 12)
    ]
    assert needed[0] > needed[1] > needed[2] == 0


def test_nothing_in_talks_names_no_number_of_projects_like_them():
    found = seen([lead(1, Stage.CONTACTED)], [quota(target=3, certain=0)]).quotas[0]
    assert found.needed.more is None
    assert found.needed.names is None


def test_a_quota_already_met_needs_nothing_and_no_lead_moves_it():
    found = seen(leads(10, ["A"]), [quota(target=3, certain=3)]).quotas[0]
    assert found.p_meet == 1
    assert found.needed.more == 0
    assert found.needed.names == ()
    assert found.movers == ()


# ---------------------------------------------------------------- what a lead is


def test_the_order_of_leads_stays_and_quotas_changes_nothing():
    candidates = with_ceremonies(leads(40))
    one = seen(candidates, PAIR, RICH)
    other = seen(candidates[::-1], PAIR[::-1], RICH, HISTORY[::-1])
    assert other.p_all == pytest.approx(one.p_all, abs=1e-12)
    for found in one.quotas:
        again = next(each for each in other.quotas if each.code == found.code)
        assert again.p_meet == pytest.approx(found.p_meet, abs=1e-12)
        assert [m.lead_id for m in again.movers] == [m.lead_id for m in found.movers]


@pytest.mark.parametrize("u", [None, -8.0, 8.0])
def test_no_open_lead_is_ever_sure_or_hopeless(u):
    candidates = [
        lead(1, Stage.LEAD),
        lead(2, Stage.PRE_SIGNING),
        lead(3, Stage.SIGNED),
        lead(4, Stage.OPERATING),
        lead(5, Stage.PARKED),
        lead(6, amount_gate=0.0),
        lead(7, ceremony_id=1),
        lead(8, ceremony_id=9),
    ]
    given = Settings(u=u, ceremonies=CEREMONIES)
    for closes_on in (ON, ON + timedelta(days=1), CLOSE, date(2029, 12, 31)):
        for chance in seen(candidates, [quota(closes_on=closes_on)], given).chances:
            assert given.floor <= chance.p <= 1 - given.floor


def test_the_three_gates_stand_apart_and_multiply():
    chance = seen([lead(1, amount_gate=0.8, recognition_gate=0.5)]).chances[0]
    assert chance.p == pytest.approx(chance.p_event * 0.8 * 0.5)


def test_a_lead_past_the_event_has_only_the_later_gates_before_it():
    chance = seen([lead(1, Stage.REGISTERED, amount_gate=0.9, recognition_gate=0.7)]).chances[0]
    assert chance.p_event == 1
    assert chance.p == pytest.approx(0.63)


def test_what_is_nearer_to_signing_is_likelier_and_likelier_with_time():
    nearer = (Stage.LEAD, Stage.CONTACTED, Stage.REVIEWED, Stage.PRE_SIGNING)
    found = seen([lead(n, stage) for n, stage in enumerate(nearer)])
    p = [chance.p for chance in found.chances]
    assert p == sorted(p)
    for chance in found.chances:
        assert 0 < chance.within_30 < chance.within_60 < chance.within_90 < 1


def test_a_harder_event_is_reached_less_often():
    signed, started = (
        seen([lead(1)], [quota(event=event)]).chances[0].p
        for event in (Stage.SIGNED, Stage.STARTED)
    )
    assert started < signed


def test_suppositions_work_on_one_lead_and_on_the_year():
    candidates = leads(30, ["A"])
    found = {
        name: seen(candidates, given=given).quotas[0].p_meet
        for name, given in {
            "poor": Settings(u=-1.0),
            "plain": Settings(u=0.0),
            "rich": Settings(u=1.0),
        }.items()
    }
    assert found["poor"] < found["plain"] < found["rich"]
    lost = [replace(each, assumed=Assumed.LOST) for each in candidates]
    assert seen(lost).quotas[0].p_meet == pytest.approx(0, abs=1e-12)


# ---------------------------------------------------------------- what leads share


def test_a_common_year_widens_the_band():
    candidates = leads(150, ["A"])
    narrow, wide = (
        seen(candidates, given=Settings(u_sd=sd)).quotas[0].band80 for sd in (0.01, 0.8)
    )
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_a_ceremony_slips_as_a_whole():
    """Eight leads of one ceremony: together or not at all, unlike eight leads of their own."""
    given = Settings(ceremonies=(Ceremony(1, date(2026, 12, 1), p_slip=0.5),), u=0.0)
    bound = [lead(n, ceremony_id=1) for n in range(1, 9)]
    found = seen(bound, [quota(target=3, certain=0)], given).quotas[0]
    assert found.band80[0] == 0
    apart = seen([lead(n) for n in range(1, 9)], [quota(target=3, certain=0)], given).quotas[0]
    assert found.p_meet < 0.5 < apart.p_meet


def test_a_ceremony_that_slips_within_the_year_costs_nothing():
    early = Settings(ceremonies=(Ceremony(1, date(2026, 8, 1), p_slip=0.9, slip_days=30),))
    p = seen([lead(1, ceremony_id=1)], given=early).chances[0].p
    assert p > 0.8


def test_a_ceremony_past_and_its_later_day_past_leaves_its_leads_like_others():
    past = Settings(ceremonies=(Ceremony(1, date(2026, 3, 1), slip_days=30),))
    assert seen([lead(1, ceremony_id=1)], given=past).chances == seen([lead(1)]).chances


def test_over_four_ceremonies_the_smaller_ones_slip_together():
    many = tuple(Ceremony(n, date(2026, 12, 1), p_slip=0.3) for n in range(1, 7))
    candidates = [lead(n, ceremony_id=1 + n % 6) for n in range(1, 25)]
    found = seen(candidates, given=Settings(ceremonies=many))
    assert Flag.CEREMONIES_JOINED in found.flags
    assert Flag.CEREMONIES_JOINED not in seen(candidates[:3], given=Settings(ceremonies=many)).flags


# ---------------------------------------------------------------- arrivals


def test_projects_to_come_are_a_band_of_their_own():
    history_of = Settings(arrivals=(Arrivals("A", (3, 5, 4)),), u_sd=0.0)
    found = seen(leads(20, ["A"]), given=history_of).quotas[0]
    assert found.p_meet > found.p_meet_known
    assert found.not_yet_known_expected == pytest.approx(12.5 / 3, abs=0.01)
    low, high = found.not_yet_known
    assert low < 4 < high
    assert Flag.LABELLED_PRIOR_ARRIVALS not in found.flags


def test_an_assumed_number_of_arrivals_is_labelled_and_none_is_said():
    candidates = leads(20, ["A"])
    assumed = seen(candidates, given=Settings(arrivals=(Arrivals("A", prior_mean=2.0),)))
    assert Flag.LABELLED_PRIOR_ARRIVALS in assumed.quotas[0].flags
    none = seen(candidates).quotas[0]
    assert Flag.NO_ARRIVALS in none.flags
    assert none.not_yet_known == (0, 0)
    assert none.p_meet == none.p_meet_known


def test_arrivals_are_negative_binomial():
    common = shared(0.0, 0.5, 0.0)
    found = arriving(Arrivals("A", (2, 6)), common)[:, 0]
    number = np.arange(len(found))
    mean = found @ number
    assert mean == pytest.approx(8.5 / 2, abs=1e-6)
    assert found @ number**2 - mean**2 == pytest.approx(mean * (1 + 1 / 2), abs=1e-4)


# ---------------------------------------------------------------- several quotas


def test_all_quotas_are_met_no_oftener_than_any_and_a_lead_counts_once():
    found = seen(leads(45), PAIR)
    apart = seen(leads(45), [replace(each, exclusive_group=None) for each in PAIR])
    assert found.p_all <= min(each.p_meet for each in found.quotas)
    assert found.p_all < apart.p_all
    assert Flag.P_ALL_AT_LEAST not in found.flags
    assert Flag.P_ALL_AT_LEAST in apart.flags


def test_one_quota_alone_is_all_of_them():
    found = seen(with_ceremonies(leads(30, ["A"])), given=RICH)
    assert found.p_all == pytest.approx(found.quotas[0].p_meet, abs=1e-9)


def test_more_than_two_exclusive_quotas_give_no_number_together():
    three = [quota(code, exclusive_group="x") for code in "ABC"]
    found = seen(leads(20), three)
    assert found.p_all is None
    assert Flag.EXCLUSIVE_OVER_TWO in found.flags


def test_exclusive_quotas_of_different_events_give_a_lower_bound():
    pair = (PAIR[0], replace(PAIR[1], event=Stage.REGISTERED))
    found = seen(leads(45), pair)
    assert Flag.P_ALL_AT_LEAST in found.flags
    assert found.p_all <= min(each.p_meet for each in found.quotas)


# ---------------------------------------------------------------- what may be said


def test_with_too_few_transitions_in_a_band_there_is_range_and_names_only():
    candidates = [*leads(20, ["A"]), lead(99, size_band="huge"), lead(98, counts_to=frozenset("B"))]
    found = seen(candidates, [quota(), quota("B")])
    thin, told = found.quotas
    assert thin.thin_bands == ("huge",)
    assert Flag.TOO_FEW_TRANSITIONS in thin.flags
    assert (thin.p_meet, thin.p_meet_known, thin.distribution) == (None, None, ())
    assert thin.movers
    assert all((m.p, m.delta_signed, m.delta_lost) == (None, None, None) for m in thin.movers)
    assert thin.band80[0] <= thin.expected <= thin.band80[1]
    assert found.p_all is None
    assert next(c for c in found.chances if c.lead_id == 99).p is None
    assert next(c for c in found.chances if c.lead_id == 1).p is not None
    assert told.p_meet is not None


def test_no_history_at_all_gives_no_percentage():
    found = seen(leads(20, ["A"]), spells=[])
    assert found.quotas[0].p_meet is None
    assert found.training.resolved == 0


def test_the_fan_grows_from_month_end_to_month_end_and_ends_in_the_band():
    for candidates in (leads(60), leads(900)):
        for found in seen(with_ceremonies(candidates), PAIR, RICH).quotas:
            days = [point.on for point in found.fan]
            assert days[:2] == [date(2026, 7, 31), date(2026, 8, 31)]
            assert days[4:] == [date(2026, 11, 30), CLOSE]
            expected = [point.expected for point in found.fan]
            assert expected == sorted(expected)
            assert (found.fan[-1].low, found.fan[-1].high) == found.band80
            assert all(point.low <= point.expected <= point.high for point in found.fan)


def test_flat_months_are_said_and_a_busy_december_moves_the_count_there():
    candidates = leads(60, ["A"])
    busy = Settings(month_factors=(0.9,) * 11 + (2.1,))
    flat = seen(candidates)
    seasonal = seen(candidates, given=busy)
    assert Flag.FLAT_MONTHS in flat.flags
    assert Flag.FLAT_MONTHS not in seasonal.flags
    gained = [
        found.quotas[0].fan[-1].expected - found.quotas[0].fan[-2].expected
        for found in (flat, seasonal)
    ]
    assert gained[1] > 1.4 * gained[0]


def test_no_leads_at_all_still_make_a_forecast():
    found = seen([], PAIR)
    assert [each.p_meet for each in found.quotas] == [0, 0]
    assert found.quotas[0].band80 == (2, 2)
    assert seen([], []).p_all is None


def test_a_quota_of_nothing_is_met():
    assert seen(leads(5, ["A"]), [quota(target=0, certain=0)]).quotas[0].p_meet == 1


def test_a_closed_lead_one_that_stands_twice_and_a_gate_of_two_are_refused():
    for wrong in ([lead(1, Stage.LOST)], [lead(1), lead(1)], [lead(1, amount_gate=2.0)]):
        with pytest.raises(ValueError):
            seen(wrong)
    with pytest.raises(ValueError):
        seen([], [quota(), quota()])


@pytest.mark.parametrize(
    ("p", "tenths"),
    [(0, 1), (0.04, 1), (0.149, 1), (0.15, 2), (0.55, 6), (0.6, 6), (0.97, 9), (1, 9)],
)
def test_a_chance_is_said_in_tenths_and_never_as_none_or_all(p, tenths):
    assert in_tenths(p) == tenths


def test_five_thousand_leads_are_seen_within_seconds():
    """`make bench` holds the half second; here only that nothing grows with the square of the leads."""
    candidates, targets = leads(5000), (replace(PAIR[0], target=300), replace(PAIR[1], target=500))
    seen(leads(50), targets)
    begun = time.perf_counter()
    seen(candidates, targets, RICH)
    assert time.perf_counter() - begun < 5
