"""How many of independent leads count, against going through every outcome, and all at once."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.outlook.rules.forecasting.counting import (
    DIRECT,
    ProductTree,
    all_but_each,
    at_least,
    band80,
    capped,
    convolved,
)
from crm.outlook.rules.forecasting.fanning import EXACT_UP_TO, counted
from crm.outlook.rules.forecasting.together import met_together, shortfall
from tests.rules.forecast_cases import enumerated

chances = st.lists(st.floats(0, 1), min_size=0, max_size=8)
BIG = np.random.default_rng(3).beta(1, 6, (700, 3))


def column(p):
    return np.array(p, dtype=float).reshape(-1, 1)


def apart(found, expected):
    """The greatest difference of two distributions; beyond its end one is 0."""
    length = max(len(found), len(expected))
    return max(
        abs((found[n] if n < len(found) else 0) - (expected[n] if n < len(expected) else 0))
        for n in range(length)
    )


def one_after_the_other(p):
    """The plain dynamic programme, lead by lead."""
    found = np.zeros((len(p) + 1, p.shape[1]))
    found[0] = 1
    for each in p:
        found[1:] = found[1:] * (1 - each) + found[:-1] * each
        found[0] *= 1 - each
    return found


@given(chances)
def test_the_distribution_is_that_of_every_outcome(p):
    found = ProductTree(column(p)).distribution[:, 0]
    assert apart(found, enumerated(p)) < 1e-9


def test_many_leads_through_the_fast_transform_are_those_one_after_the_other():
    assert len(BIG) > 4 * DIRECT
    found = ProductTree(BIG).distribution
    expected = one_after_the_other(BIG)
    assert np.abs(found - expected[: len(found)]).max() < 1e-12
    assert expected[len(found) :].max(initial=0) < 1e-15


@given(chances.filter(bool), st.integers(0, 9))
def test_without_a_lead_is_the_distribution_of_the_others(p, exactly):
    worth = np.zeros((exactly + 1, 1))
    worth[exactly] = 1
    found = ProductTree(column(p)).without_each(worth)[:, 0]
    for n, value in enumerate(found):
        others = enumerated(p[:n] + p[n + 1 :])
        expected = others[exactly] if exactly < len(others) else 0.0
        assert value == pytest.approx(expected, abs=1e-9)


def test_without_a_lead_holds_for_many_leads_too():
    worth = np.zeros((120, 3))
    worth[119] = 1
    found = ProductTree(BIG).without_each(worth)
    for n in (0, 1, 350, 698, 699):
        others = one_after_the_other(np.delete(BIG, n, axis=0))
        assert np.abs(found[n] - others[119]).max() < 1e-12


@given(chances.filter(bool), st.data())
def test_a_lead_put_in_place_of_another_is_the_tree_built_anew(p, data):
    places = data.draw(st.lists(st.integers(0, len(p) - 1), unique=True, min_size=1))
    new = data.draw(st.lists(st.floats(0, 1), min_size=len(places), max_size=len(places)))
    found = ProductTree(column(p)).replaced(places, column(new), 20)[:, 0]
    for place, value in zip(places, new, strict=True):
        p[place] = value
    assert apart(found, enumerated(p)) < 1e-9


def test_many_leads_put_in_place_of_others_are_the_tree_built_anew():
    changed = BIG.copy()
    changed[[5, 300, 699]] = 0.97
    found = ProductTree(BIG).replaced([699, 5, 300], changed[[699, 5, 300]], 150)
    assert np.abs(found - ProductTree(changed).distribution[:150]).max() < 1e-12


@given(st.lists(st.lists(st.floats(0, 1), max_size=3), max_size=4))
def test_all_but_each_leaves_out_exactly_that_part(groups):
    parts = [ProductTree(column(p)).distribution for p in groups]
    for n, found in enumerate(all_but_each(parts, 1)):
        expected = enumerated([q for m, p in enumerate(groups) if m != n for q in p])
        assert apart(found[:, 0], expected) < 1e-9


@given(
    st.lists(st.floats(0, 1), max_size=3),
    st.lists(st.floats(0, 1), max_size=3),
    st.lists(st.floats(0, 1), max_size=3),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_exclusive_quotas_together_are_the_best_assignment_of_every_outcome(a, b, both, x, y):
    count = [ProductTree(column(p)).distribution for p in (a, b, both)]
    found = met_together(shortfall(count[0], x), shortfall(count[1], y), count[2])[0]
    expected = 0.0
    p = [*a, *b, *both]
    for outcome in product((0, 1), repeat=len(p)):
        chance = np.prod([q if o else 1 - q for q, o in zip(p, outcome, strict=True)])
        only_a, only_b = sum(outcome[: len(a)]), sum(outcome[len(a) : len(a) + len(b)])
        shared = sum(outcome[len(a) + len(b) :])
        if any(only_a + given >= x and only_b + shared - given >= y for given in range(shared + 1)):
            expected += chance
    assert found == pytest.approx(expected, abs=1e-9)


@given(chances, st.integers(-2, 10))
def test_at_least_counts_the_tail(p, needed):
    found = at_least(ProductTree(column(p)).distribution, needed)[0]
    assert found == pytest.approx(sum(enumerated(p)[max(needed, 0) :]), abs=1e-9)


def test_what_is_capped_keeps_its_mass():
    found = capped(one_after_the_other(BIG), 60)
    assert len(found) == 61
    assert np.abs(found.sum(0) - 1).max() < 1e-12
    assert np.abs(found[60] - one_after_the_other(BIG)[60:].sum(0)).max() < 1e-12


def test_the_band_holds_at_least_eight_of_ten():
    distribution = np.array([0.05, 0.05, 0.2, 0.4, 0.2, 0.06, 0.04])
    assert band80(distribution) == (1, 4)
    assert band80(np.ones(1)) == (0, 0)


def test_a_month_end_of_many_leads_is_near_the_exact_one():
    assert len(BIG) > EXACT_UP_TO
    found, exact = counted(BIG), one_after_the_other(BIG)
    length = min(len(found), len(exact))
    below = np.abs(np.cumsum(found, 0)[:length] - np.cumsum(exact, 0)[:length])
    assert below.max() < 1e-3
    for node in range(BIG.shape[1]):
        # Off by one only where a count stands on the edge of the band.
        assert np.abs(np.subtract(band80(found[:, node]), band80(exact[:, node]))).max() <= 1


def test_counts_of_two_parts_add_up():
    whole = convolved(ProductTree(BIG[:300]).distribution, ProductTree(BIG[300:]).distribution)
    exact = one_after_the_other(BIG)
    assert np.abs(whole - exact[: len(whole)]).max() < 1e-12
