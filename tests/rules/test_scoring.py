"""Archived forecasts of leads are scored; too few outcomes are not judged."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.outlook.rules.scoring import ENOUGH, HORIZONS, Stated, came_true, scores

MADE, TODAY = date(2026, 3, 2), date(2026, 11, 23)


def said(lead, p, horizon=30, made=MADE, event="signed"):
    return Stated(made, lead, event, horizon, p)


def at_30(found):
    return next(each for each in found if each.horizon == 30)


def test_saying_the_truth_scores_nothing_and_the_opposite_one():
    reached = {(lead, "signed"): MADE + timedelta(10) for lead in range(20)}
    true = [said(lead, 1.0 if lead < 20 else 0.0) for lead in range(40)]
    assert at_30(scores(true, reached, TODAY)).brier == 0
    wrong = [said(lead, 0.0 if lead < 20 else 1.0) for lead in range(40)]
    found = at_30(scores(wrong, reached, TODAY))
    assert (found.brier, found.base, found.came_true) == (1, 0.25, 20)


def test_fewer_than_thirty_leads_are_not_judged():
    few = [
        said(lead, 0.5, made=MADE + timedelta(7 * week))
        for lead in range(ENOUGH - 1)
        for week in range(3)
    ]
    found = at_30(scores(few, {}, TODAY))
    assert (found.n, found.leads, found.brier, found.bins) == (87, 29, None, ())
    assert at_30(scores([*few, said(99, 0.5)], {}, TODAY)).brier == 0.25


def test_what_is_not_due_yet_is_left_out():
    late = [said(lead, 0.5, made=TODAY - timedelta(29)) for lead in range(40)]
    assert at_30(scores(late, {}, TODAY)).n == 0
    assert at_30(scores(late, {}, TODAY + timedelta(1))).n == 40


@pytest.mark.parametrize(("days", "expected"), [(30, True), (31, False)])
def test_the_last_day_of_the_horizon_counts(days, expected):
    assert came_true(said(1, 0.5), {(1, "signed"): MADE + timedelta(days)}) is expected


def test_a_lead_of_two_quotas_with_one_event_is_scored_once():
    twice = [said(lead, 0.5) for lead in range(30)] * 2
    assert at_30(scores(twice, {}, TODAY)).n == 30


statements = st.lists(
    st.builds(
        Stated,
        made_on=st.dates(date(2026, 1, 1), TODAY),
        lead_id=st.integers(1, 60),
        event=st.just("signed"),
        horizon=st.sampled_from(HORIZONS),
        p=st.floats(0, 1),
    ),
    max_size=120,
)


@given(
    statements,
    st.dictionaries(
        st.tuples(st.integers(1, 60), st.just("signed")), st.dates(date(2026, 1, 1), TODAY)
    ),
)
def test_bins_hold_every_statement_once_and_order_never_matters(drawn, reached):
    found = scores(drawn, reached, TODAY)
    assert found == scores(reversed(drawn), reached, TODAY)
    for each in found:
        if each.brier is not None:
            assert 0 <= each.brier <= 1
            assert sum(one.n for one in each.bins) == each.n
            assert sum(one.observed * one.n for one in each.bins) == pytest.approx(each.came_true)
