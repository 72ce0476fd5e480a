"""Does the 80 % band hold what comes true? Simulated districts; at length: `python -m tests.simulation`."""

from functools import cache

import pytest

from tests.simulation.districts import MISSPECIFIED, WELL_SPECIFIED, Kind
from tests.simulation.scoring import Score, score

RUNS, FEWER = 200, 30


def test_in_districts_that_are_as_believed_the_band_holds_four_of_five_and_the_pit_is_uniform():
    found = score(WELL_SPECIFIED, RUNS, seed=1)
    assert 0.75 <= found.coverage <= 0.92
    assert found.ks < 1.63, f"not uniform at the level 1 %: {found.deciles}"
    assert abs(found.bias) < 0.12


@cache
def fewer(kind: Kind) -> Score:
    return score(kind, FEWER, seed=1)


@pytest.mark.parametrize("kind", MISSPECIFIED, ids=lambda kind: kind.name)
def test_in_districts_that_are_not_as_believed_the_band_still_holds_three_of_five(kind):
    """Fewer districts than the report; a standard error is 0.08."""
    assert fewer(kind).coverage >= 0.6


@pytest.mark.parametrize(
    "kind", [kind for kind in MISSPECIFIED if kind.tells], ids=lambda kind: kind.name
)
def test_the_band_is_wider_where_the_ledger_shows_that_it_is_not_as_believed(kind):
    """Of the same districts, so that their luck is the same."""
    assert fewer(kind).width > fewer(WELL_SPECIFIED).width


def test_who_believes_in_greater_shocks_gets_a_wider_band():
    narrow = score(Kind("believed as usual", shock_sd=0.8), 12, seed=3)
    wide = score(Kind("believed so", shock_sd=0.8, believed_sd=0.8), 12, seed=3)
    assert wide.width > 1.15 * narrow.width
    assert wide.coverage >= narrow.coverage
