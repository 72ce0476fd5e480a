"""三本账: the weakest fact decides the book, and every fact is told."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import IN_TALKS, Confidence, Slips, Stage, is_stale, slips
from crm.outlook.rules.books import (
    Book,
    FindingCode,
    Fit,
    Prospect,
    lowest,
    proposed,
    why_not_move,
)

OPENS, CLOSES, TODAY = date(2026, 1, 1), date(2026, 12, 31), date(2026, 11, 23)


def sure(**changed) -> Prospect:
    return Prospect(
        **{
            "lead_id": 1,
            "stage": Stage.PRE_SIGNING,
            "expected_sign_on": date(2026, 12, 10),
            "confidence": Confidence.HIGH,
            "confidence_on": date(2026, 11, 10),
            "fit": Fit.PENDING,
            **changed,
        }
    )


def book_of(prospect: Prospect) -> Book:
    return proposed(prospect, opens=OPENS, closes=CLOSES, on=TODAY).book


@pytest.mark.parametrize(
    ("changed", "book", "held_by"),
    [
        ({}, Book.CERTAIN, set()),
        ({"stage": Stage.REVIEWED}, Book.STRIVE, {FindingCode.STAGE}),
        ({"stage": Stage.NEGOTIATING}, Book.STRIVE, {FindingCode.STAGE}),
        ({"stage": Stage.CONTACTED}, Book.RESERVE, {FindingCode.STAGE}),
        ({"expected_sign_on": TODAY}, Book.CERTAIN, set()),
        ({"expected_sign_on": CLOSES}, Book.CERTAIN, set()),
        ({"expected_sign_on": TODAY - timedelta(1)}, Book.STRIVE, {FindingCode.DAY_OVERDUE}),
        ({"expected_sign_on": CLOSES + timedelta(1)}, Book.RESERVE, {FindingCode.DAY_BEYOND}),
        ({"expected_sign_on": None}, Book.RESERVE, {FindingCode.DAY_MISSING}),
        ({"slips": 1, "slip_days": 30}, Book.CERTAIN, set()),
        ({"slips": 1, "slip_days": 31}, Book.STRIVE, {FindingCode.SLIPPED}),
        ({"slips": 2, "slip_days": 180}, Book.STRIVE, {FindingCode.SLIPPED}),
        ({"slips": 2, "slip_days": 181}, Book.RESERVE, {FindingCode.SLIPPED}),
        ({"slips": 3, "slip_days": 3}, Book.RESERVE, {FindingCode.SLIPPED}),
        ({"confidence": Confidence.MEDIUM}, Book.STRIVE, {FindingCode.CONFIDENCE}),
        ({"confidence": Confidence.LOW}, Book.RESERVE, {FindingCode.CONFIDENCE}),
        ({"confidence": None}, Book.STRIVE, {FindingCode.CONFIDENCE_MISSING}),
        ({"confidence_on": TODAY - timedelta(30)}, Book.CERTAIN, set()),
        ({"confidence_on": TODAY - timedelta(31)}, Book.STRIVE, {FindingCode.CONFIDENCE_STALE}),
        ({"confidence_on": None}, Book.STRIVE, {FindingCode.CONFIDENCE_STALE}),
        (
            {"confidence": Confidence.LOW, "confidence_on": None},
            Book.RESERVE,
            {FindingCode.CONFIDENCE_STALE},
        ),
        ({"fit": Fit.COUNTS}, Book.CERTAIN, set()),
        ({"fit": Fit.NEAR}, Book.RESERVE, {FindingCode.CRITERIA_NEAR}),
        (
            {"stage": Stage.CONTACTED, "expected_sign_on": None},
            Book.RESERVE,
            {FindingCode.STAGE, FindingCode.DAY_MISSING},
        ),
    ],
)
def test_the_weakest_fact_decides_and_is_named(changed, book, held_by):
    found = proposed(sure(**changed), opens=OPENS, closes=CLOSES, on=TODAY)
    assert found.book is book
    assert {each.code for each in found.holding_back} == held_by
    assert len(found.findings) == 5  # stage, day, delays, confidence, criteria: always all of them


prospects = st.builds(
    Prospect,
    lead_id=st.just(1),
    stage=st.sampled_from(IN_TALKS),
    expected_sign_on=st.none() | st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    slips=st.integers(0, 5),
    slip_days=st.integers(0, 400),
    confidence=st.none() | st.sampled_from(Confidence),
    confidence_on=st.none() | st.dates(date(2026, 1, 1), TODAY),
    fit=st.sampled_from(Fit),
)


@given(prospects)
def test_a_book_is_the_lowest_of_what_its_findings_allow(prospect):
    found = proposed(prospect, opens=OPENS, closes=CLOSES, on=TODAY)
    assert found.book is lowest(each.allows for each in found.findings)


@given(prospects, st.integers(1, 5), st.integers(1, 300))
def test_putting_a_day_off_never_lifts_a_lead(prospect, more, days):
    later = Prospect(
        prospect.lead_id,
        prospect.stage,
        prospect.expected_sign_on,
        prospect.slips + more,
        prospect.slip_days + days,
        prospect.confidence,
        prospect.confidence_on,
        prospect.fit,
    )
    assert book_of(later).rank >= book_of(prospect).rank


@given(prospects)
def test_a_near_miss_stands_in_reserve_and_nobody_lifts_it(prospect):
    near = Prospect(prospect.lead_id, prospect.stage, fit=Fit.NEAR)
    assert book_of(near) is Book.RESERVE
    assert why_not_move(near, Book.CERTAIN) is FindingCode.CRITERIA_NEAR
    assert why_not_move(near, Book.RESERVE) is None


day_or_none = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(st.lists(day_or_none, max_size=8))
def test_delays_are_the_later_days_alone_and_emptying_hides_none(days):
    stated = [day for day in days if day is not None]
    found = slips(days)
    assert found == slips(stated)
    assert found.count <= max(0, len(stated) - 1)
    assert (found.days > 0) == (found.count > 0)
    if stated == sorted(stated) and stated:
        assert found.days == (stated[-1] - stated[0]).days


def test_a_day_drawn_nearer_takes_no_delay_back():
    days = [date(2026, 6, 30), date(2026, 9, 30), date(2026, 7, 31), None, date(2026, 8, 1)]
    assert slips(days) == Slips(2, 93)


def test_a_confidence_holds_for_thirty_days():
    assert not is_stale(TODAY - timedelta(30), TODAY)
    assert is_stale(TODAY - timedelta(31), TODAY)
    assert is_stale(None, TODAY)
