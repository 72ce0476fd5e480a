"""分解目标: shares, what of them is due, 完成率, places, and 同比 of typed whole months."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.quotas.rules import (
    Curve,
    Divided,
    Node,
    Rounding,
    completion_percent,
    completion_places,
    due_of_share,
    due_under,
    falling,
    growth_percent,
    last_whole_month,
    months_of,
    number_of_month,
)
from tests.rules.quota_cases import A

MONTHS = months_of(date(2026, 1, 1), date(2026, 12, 31))
COUNTS = st.integers(0, 10**6)
TASKS = st.one_of(st.none(), st.integers(1, 10**6))


@given(st.integers(1, 10**15), st.lists(st.integers(1, 10**12), max_size=30))
def test_shares_and_what_is_not_divided_add_up_to_the_target_or_more(target, shares):
    divided = Divided(target, sum(shares))
    assert sum(shares) + divided.undivided == divided.total
    assert divided.total == target + divided.extra
    assert min(divided.undivided, divided.extra) == 0


@given(COUNTS, TASKS)
def test_completion_is_exact_to_a_tenth_and_never_full_too_early(reached, task):
    percent = completion_percent(reached, task)
    if task is None:
        assert percent is None
        return
    exact = Fraction(100 * reached, task)
    if reached < task:
        assert percent < 100
    assert abs(Fraction(percent) - exact) <= Fraction(1, 10)
    if percent != Decimal("99.9"):
        assert abs(Fraction(percent) - exact) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("reached", "task", "told"),
    [
        (2, 3, "66.7"),
        (0, 4, "0"),
        (5, 4, "125"),
        (9999, 10000, "99.9"),
        (1, 8, "12.5"),
        (1, 0, None),
    ],
)
def test_completion_by_example(reached, task, told):
    assert completion_percent(reached, task) == (None if told is None else Decimal(told))


@given(st.lists(st.tuples(COUNTS, TASKS), max_size=20))
def test_places_follow_completion_and_equals_share_one(rows):
    places = completion_places(rows)
    ranked = [(Fraction(r, t), p) for (r, t), p in zip(rows, places, strict=True) if t]
    assert [p for (_r, t), p in zip(rows, places, strict=True) if not t] == [None] * (
        len(rows) - len(ranked)
    )
    for share, place in ranked:
        assert place == 1 + sum(other > share for other, _place in ranked)


@given(
    st.integers(1, 500),
    st.dates(date(2025, 12, 1), date(2027, 2, 1)),
    st.sampled_from(list(Rounding)),
    st.sampled_from(list(Curve)),
    st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 30)), st.integers(0, 10))),
)
def test_a_share_of_everything_is_due_like_the_whole_and_none_exceeds_itself(
    share, on, rounding, curve, nodes
):
    terms = replace(
        A,
        rounding=rounding,
        curve=curve,
        opens=date(2026, 1, 1),
        closes=date(2026, 12, 31),
        nodes=tuple(Node(*node) for node in nodes),
    )
    assert due_of_share(terms.target, terms, on) == due_under(terms, on)
    asked = due_of_share(share, terms, on)
    assert 0 <= asked <= share
    assert asked <= due_of_share(share, terms, on + timedelta(days=30))
    if on >= terms.closes:
        assert asked == share
    if on < terms.opens:
        assert asked == 0


def test_a_month_is_whole_at_its_last_day():
    assert last_whole_month(MONTHS, date(2026, 1, 30)) is None
    assert last_whole_month(MONTHS, date(2026, 1, 31)) == date(2026, 1, 1)
    assert last_whole_month(MONTHS, date(2026, 11, 23)) == date(2026, 10, 1)
    assert last_whole_month(MONTHS, date(2027, 5, 1)) == date(2026, 12, 1)


@given(st.lists(COUNTS, min_size=12, max_size=12))
def test_months_add_up_to_the_last_cumulative_figure(brought):
    cumulative = {month: sum(brought[: n + 1]) for n, month in enumerate(MONTHS)}
    assert [number_of_month(cumulative, MONTHS, month) for month in MONTHS] == brought
    assert falling(cumulative) == ()


@given(st.dictionaries(st.sampled_from(MONTHS), COUNTS))
def test_a_month_beside_an_unknown_one_is_not_told(cumulative):
    for n, month in enumerate(MONTHS):
        needed = {month, MONTHS[n - 1]} if n else {month}
        assert (number_of_month(cumulative, MONTHS, month) is None) == (
            not needed <= set(cumulative)
        )


def test_a_count_that_falls_is_named():
    typed = {date(2025, 1, 1): 3, date(2025, 2, 1): 2, date(2025, 4, 1): 3, date(2025, 5, 1): 1}
    assert falling(typed) == (date(2025, 2, 1), date(2025, 5, 1))


@given(COUNTS, st.one_of(st.none(), COUNTS))
def test_growth_is_exact_and_never_infinite(now, before):
    growth = growth_percent(Decimal(now), None if before is None else Decimal(before))
    if not before:
        assert growth is None
        return
    assert abs(Fraction(growth) - Fraction((now - before) * 100, before)) <= Fraction(1, 20)
