"""Amounts as dated facts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import (
    Figure,
    FigureKind,
    FigureSource,
    FigureStanding,
    Rate,
    judged_figure,
    pick_rate,
    to_yuan,
    valued,
)

TODAY = date(2026, 11, 23)
YI = 100_000_000
TOTAL = FigureKind.TOTAL_INVESTMENT


def figure(source=FigureSource.TALK, amount=50 * YI, on=date(2026, 3, 1), **more) -> Figure:
    return Figure(kind=TOTAL, source=source, on=on, amount=amount, **more)


TALK = figure()
AGREEMENT = figure(FigureSource.AGREEMENT, 52 * YI, date(2026, 10, 18), document="协议.pdf")
FILING = figure(FigureSource.FILING, 51 * YI, date(2026, 10, 30), document="备案证.pdf")
STATISTICS = figure(FigureSource.STATISTICS, 49 * YI, date(2026, 11, 20), document="入统表.pdf")


def test_before_signing_the_newest_talk_amount_is_the_expectation():
    newer = figure(amount=60 * YI, on=date(2026, 4, 1))
    judged = judged_figure([TALK, newer, AGREEMENT], TOTAL, signed=False, on=TODAY)
    assert judged is not None
    assert (judged.figure, judged.standing) == (newer, FigureStanding.EXPECTED)


@pytest.mark.parametrize(
    ("on", "judging"),
    [
        (date(2026, 10, 18), AGREEMENT),
        (date(2026, 10, 30), FILING),
        (date(2026, 11, 20), STATISTICS),
    ],
)
def test_from_signing_the_firmest_document_known_by_the_day_judges(on, judging):
    judged = judged_figure([STATISTICS, TALK, FILING, AGREEMENT], TOTAL, signed=True, on=on)
    assert judged is not None
    assert (judged.figure, judged.standing) == (judging, FigureStanding.EVIDENCED)


def test_a_stated_amount_judges_only_without_any_document():
    stated = replace(FILING, document=None)
    judged = judged_figure([TALK, stated], TOTAL, signed=True, on=TODAY)
    assert judged is not None
    assert (judged.figure, judged.standing) == (stated, FigureStanding.STATED)
    judged = judged_figure([TALK, stated, AGREEMENT], TOTAL, signed=True, on=TODAY)
    assert judged is not None
    assert judged.figure == AGREEMENT


def test_a_paper_beside_a_talk_amount_proves_nothing():
    noted = replace(TALK, document="洽谈纪要.pdf")
    judged = judged_figure([noted], TOTAL, signed=True, on=TODAY)
    assert judged is not None
    assert judged.standing is FigureStanding.STATED


def test_other_kinds_and_later_days_do_not_judge():
    other = replace(AGREEMENT, kind=FigureKind.FIXED_ASSETS)
    assert judged_figure([other, STATISTICS], TOTAL, signed=True, on=date(2026, 11, 19)) is None


@given(st.permutations([TALK, AGREEMENT, FILING, STATISTICS]), st.booleans(), st.dates())
def test_the_order_of_figures_never_matters(figures, signed, on):
    assert judged_figure(figures, TOTAL, signed, on) == judged_figure(
        sorted(figures, key=repr), TOTAL, signed, on
    )


RATES = [
    Rate("USD", date(2026, 1, 5), Decimal("7.0200")),
    Rate("HKD", date(2026, 1, 5), Decimal("0.9010")),
    Rate("USD", date(2026, 6, 30), Decimal("7.0800")),
]


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2026, 1, 4), None),
        (date(2026, 1, 5), "7.0200"),
        (date(2026, 6, 29), "7.0200"),
        (date(2026, 6, 30), "7.0800"),
        (TODAY, "7.0800"),
    ],
)
def test_the_newest_rate_on_or_before_the_day_is_used(day, rate):
    picked = pick_rate(RATES, "USD", day)
    assert (picked.rate if picked else None) == (Decimal(rate) if rate else None)


def test_a_foreign_amount_is_frozen_at_the_signing_days_rate_and_provisional_before():
    dollars = figure(amount=30_000_000, currency="USD")
    signed = valued(dollars, RATES, signed_on=date(2026, 5, 1), today=TODAY)
    assert (signed.yuan, signed.rate_on) == (210_600_000, date(2026, 1, 5))
    assert not signed.is_provisional
    unsigned = valued(dollars, RATES, signed_on=None, today=TODAY)
    assert (unsigned.yuan, unsigned.is_provisional) == (212_400_000, True)


def test_without_a_rate_nothing_is_guessed():
    euros = valued(figure(currency="EUR"), RATES, signed_on=TODAY, today=TODAY)
    assert (euros.yuan, euros.rate) == (None, None)


def test_yuan_need_no_rate():
    assert TALK.yuan == TALK.amount
    assert valued(TALK, [], signed_on=None, today=TODAY) == TALK


@given(st.integers(0, 10**12), st.decimals("0.0001", "99", places=4))
def test_a_conversion_never_rounds_up(units, rate):
    yuan = to_yuan(units, rate)
    assert yuan <= units * rate < yuan + 1
