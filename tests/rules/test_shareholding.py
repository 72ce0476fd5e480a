"""Who holds a company on a day: products along the way, circles survived, impossible shares refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enterprises.rules.shareholding import (
    HIGHEST,
    Link,
    LinkFault,
    holders,
    why_not_link,
)

DAY = date(2026, 6, 1)
HALF, MOST = Decimal(50), Decimal(60)


def test_a_share_by_way_of_others_is_the_product():
    links = {1: [Link(2, MOST)], 2: [Link(3, MOST)]}
    assert list(holders(1, links, DAY)) == [(1, 1), (2, Decimal("0.6")), (3, Decimal("0.36"))]


def test_one_unknown_step_makes_what_is_above_it_unknown():
    links = {1: [Link(2, None)], 2: [Link(3, MOST)]}
    assert list(holders(1, links, DAY)) == [(1, 1), (2, None), (3, None)]


@pytest.mark.parametrize(
    ("on", "holder"),
    [
        (DAY - timedelta(days=1), 2),  # the day before the change is still the old parent's
        (DAY, 3),
        (date(1990, 1, 1), 2),
        (None, 3),  # today
    ],
)
def test_the_day_decides_who_held(on, holder):
    links = {1: [Link(2, MOST, None, DAY), Link(3, HALF, DAY)]}
    assert [company for company, _ in holders(1, links, on)] == [1, holder]


def test_before_a_holding_began_nobody_held():
    assert list(holders(1, {1: [Link(2, MOST, DAY)]}, DAY - timedelta(days=1))) == [(1, 1)]


def test_where_nobody_said_since_when_the_holding_that_ended_counts_for_its_time():
    links = {1: [Link(3, HALF), Link(2, MOST, None, DAY)]}
    assert [company for company, _ in holders(1, links, DAY - timedelta(days=1))] == [1, 2]
    assert [company for company, _ in holders(1, links, DAY)] == [1, 3]


def test_a_circle_is_walked_once():
    links = {1: [Link(2, MOST)], 2: [Link(1, MOST)]}
    assert list(holders(1, links, None)) == [(1, 1), (2, Decimal("0.6"))]


@pytest.mark.parametrize(
    ("percent", "is_fine"),
    [("0", False), ("-1", False), ("0.01", True), ("100", True), ("100.01", False), ("300", False)],
)
def test_a_share_above_a_hundred_or_of_nothing_is_refused(percent, is_fine):
    assert (why_not_link(Decimal(percent), None, None, DAY) == ()) is is_fine


def test_a_holding_begins_after_the_one_it_ends_and_not_in_the_future():
    tomorrow = DAY + timedelta(days=1)
    assert why_not_link(HALF, tomorrow, None, DAY) == (LinkFault.IN_FUTURE,)
    assert why_not_link(HALF, DAY, DAY, DAY) == (LinkFault.NOT_LATER,)
    assert why_not_link(Decimal(300), tomorrow, tomorrow, DAY) == (
        LinkFault.SHARE,
        LinkFault.IN_FUTURE,
        LinkFault.NOT_LATER,
    )


days = st.none() | st.dates(date(2020, 1, 1), date(2021, 1, 1))
percents = st.none() | st.decimals("0.01", 100, places=2)
links_of = st.dictionaries(
    st.integers(1, 12),
    st.lists(st.builds(Link, st.integers(1, 12), percents, days, days), max_size=3),
)


@given(links_of, days)
def test_whatever_was_entered_the_walk_ends_and_no_share_grows(links, on):
    found = list(holders(1, links, on))
    companies = [company for company, _ in found]
    assert len(companies) == len(set(companies)) <= HIGHEST + 1
    shares = [share for _, share in found if share is not None]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)
