"""How much a sign of expansion still says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enterprises.rules.signals import FULL_WEIGHT, SignalKind, signal_weight

TODAY = date(2026, 11, 26)
kinds = st.sampled_from(SignalKind)
ages = st.integers(0, 40_000)
half_lives = st.integers(1, 3650)


@pytest.mark.parametrize(
    ("kind", "days", "half_life", "weight"),
    [
        (SignalKind.EXPANSION, 0, 180, 1.0),
        (SignalKind.EXPANSION, 180, 180, 0.5),
        (SignalKind.EXPANSION, 360, 180, 0.25),
        (SignalKind.EXPANSION, 90, 180, 0.7071),
        (SignalKind.SUBSIDIARY, 30, 30, 0.4),
        (SignalKind.FUNDING, 0, 180, 0.6),
        (SignalKind.POLICY, 180, 180, 0.2),
    ],
)
def test_a_signal_is_worth_half_after_its_half_life(kind, days, half_life, weight):
    assert signal_weight(kind, TODAY - timedelta(days), TODAY, half_life) == weight


@given(kinds, ages, ages, half_lives)
def test_an_older_signal_never_weighs_more(kind, one, other, half_life):
    older, newer = (TODAY - timedelta(days) for days in sorted((one, other), reverse=True))
    weight = signal_weight(kind, older, TODAY, half_life)
    assert 0 <= weight <= signal_weight(kind, newer, TODAY, half_life) <= FULL_WEIGHT[kind] <= 1


@given(kinds, ages, half_lives, half_lives)
def test_a_longer_half_life_never_weighs_less(kind, age, one, other):
    short, long = sorted((one, other))
    day = TODAY - timedelta(age)
    assert signal_weight(kind, day, TODAY, short) <= signal_weight(kind, day, TODAY, long)


@given(kinds, st.integers(1, 4000))
def test_a_day_to_come_is_refused(kind, ahead):
    with pytest.raises(ValueError, match="day to come"):
        signal_weight(kind, TODAY + timedelta(ahead), TODAY)


def test_a_half_life_is_at_least_a_day():
    with pytest.raises(ValueError, match="half-life"):
        signal_weight(SignalKind.POLICY, TODAY, TODAY, 0)
