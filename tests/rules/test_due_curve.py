"""应达 along a curve and through nodes, in the steps it is told."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.quotas.rules import (
    Curve,
    Node,
    Rounding,
    due,
    festival_weeks,
    rounding_step,
    spring_festival,
)

YEAR = {"opens": date(2026, 1, 1), "closes": date(2026, 12, 31)}
SEASONAL = {**YEAR, "curve": Curve.SEASONAL}
EXACT = 1_000_000  # a target so large that one day shows


@pytest.mark.parametrize(("target", "expected"), [(10, 9), (12, 11)])
def test_both_curves_ask_for_the_same_late_in_november(target, expected):
    on = date(2026, 11, 23)
    assert due(target, on, **YEAR) == due(target, on, **SEASONAL) == expected


def test_spring_festival_is_a_known_day():
    assert [spring_festival(year) for year in (2024, 2026, 2027, 2033, 2099)] == [
        date(2024, 2, 10),
        date(2026, 2, 17),
        date(2027, 2, 6),
        date(2033, 1, 31),
        date(2099, 1, 21),
    ]
    assert spring_festival(1999) is spring_festival(2100) is None


@given(st.integers(2000, 2099))
def test_the_flat_weeks_are_two_and_hold_the_eve_and_the_week_after(year):
    first, last = festival_weeks(year)
    assert first.weekday() == 0
    assert last - first == timedelta(days=13)
    assert first < spring_festival(year) <= last - timedelta(days=6)


def test_nothing_more_is_due_in_the_flat_weeks_and_more_on_a_december_day():
    first, last = festival_weeks(2026)

    def grows(day):
        return due(EXACT, day, **SEASONAL) - due(EXACT, day - timedelta(days=1), **SEASONAL)

    assert {grows(first + timedelta(days=n)) for n in range(14)} == {0}
    assert grows(last + timedelta(days=1)) > 0
    assert grows(date(2026, 12, 10)) == pytest.approx(1.2 * grows(date(2026, 5, 10)), abs=2)


def test_a_year_beyond_the_table_has_no_flat_weeks_but_a_target_all_the_same():
    opens, closes = date(2150, 1, 1), date(2150, 12, 31)
    assert due(10, closes, opens=opens, closes=closes, curve=Curve.SEASONAL) == 10
    assert due(10, date(2150, 7, 1), opens=opens, closes=closes, curve=Curve.SEASONAL) == 5


def test_between_two_nodes_inside_the_flat_weeks_the_days_decide():
    first, _ = festival_weeks(2026)
    nodes = [Node(first, 2), Node(first + timedelta(days=4), 6)]
    asked = [due(10, first + timedelta(days=n), **SEASONAL, nodes=nodes) for n in range(5)]
    assert asked == [2, 3, 4, 5, 6]


def test_nodes_that_fall_or_pass_the_target_never_make_what_is_due_fall():
    nodes = [Node(date(2026, 3, 1), 30), Node(date(2026, 6, 1), 4)]
    assert [due(10, day, **YEAR, nodes=nodes) for day in (date(2026, 3, 1), date(2026, 6, 1))] == [
        10,
        10,
    ]


def test_sums_are_told_in_steps():
    assert [rounding_step(n) for n in (0, 10, 3000, 70_000_000, 24_000_000_000)] == [
        1,
        1,
        1,
        10_000,
        10_000_000,
    ]
    told = due(24_000_000_000, date(2026, 11, 23), **SEASONAL, step=10_000_000)
    assert told == 21_030_000_000


days = st.dates(date(2025, 6, 1), date(2027, 6, 1))


@given(
    st.integers(0, 10**11),
    days,
    days,
    st.sampled_from(Rounding),
    st.sampled_from(Curve),
    st.lists(st.builds(Node, st.dates(*YEAR.values()), st.integers(0, 10**11)), max_size=4),
)
def test_what_is_due_never_falls_begins_at_nothing_and_ends_at_the_target(
    target, one, other, rounding, curve, nodes
):
    asked = {"nodes": nodes, "rounding": rounding, "curve": curve, "step": rounding_step(target)}
    earlier, later = (due(target, day, **YEAR, **asked) for day in sorted((one, other)))
    assert 0 <= earlier <= later <= target
    assert due(target, YEAR["opens"] - timedelta(days=1), **YEAR, **asked) == 0
    assert due(target, YEAR["closes"], **YEAR, **asked) == target


@given(st.integers(0, 500), st.dates(*YEAR.values()), st.sampled_from(Curve))
def test_roundings_lie_in_order(target, on, curve):
    down, half, up = (
        due(target, on, **YEAR, curve=curve, rounding=each)
        for each in (Rounding.DOWN, Rounding.HALF_UP, Rounding.UP)
    )
    assert down <= half <= up <= down + 1
