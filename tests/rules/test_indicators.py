"""Official figures as they are typed, the months that are missing, and the light."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.quotas.rules import (
    FigureError,
    FigureFault,
    Modality,
    Pace,
    cutoff,
    missing_months,
    months_of,
    progress,
    read_figure,
)
from crm.quotas.rules.measuring import MONEY

OPENS, CLOSES = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("7000万美元", "美元", 70_000_000),
        ("7000万", "美元", 70_000_000),
        ("6510", "美元", 65_100_000),
        ("240亿", "元", 24_000_000_000),
        ("240亿元", "元", 24_000_000_000),
        ("209.35", "元", 20_935_000_000),
        ("3000亩", "亩", 3000),
        ("2886.5 亩", "亩", Decimal("2886.5")),
        ("3千亩", "亩", 3000),
        ("300万㎡", "平方米", 3_000_000),
        ("300万平方米", "平方米", 3_000_000),
        ("1,600,000m2", "平方米", 1_600_000),
        ("８０家", "家", 80),
        ("0", "个", 0),
        ("20人", "人", 20),
    ],
)
def test_a_figure_is_read_as_people_type_it(text, unit, value):
    assert read_figure(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit", "fault"),
    [
        ("", "亩", FigureFault.EMPTY),
        ("约3000亩", "亩", FigureFault.NOT_EXACT),
        ("160余万平方米", "平方米", FigureFault.NOT_EXACT),
        ("240亿以上", "元", FigureFault.NOT_EXACT),
        ("7000万元", "美元", FigureFault.WRONG_UNIT),
        ("7000万美元", "元", FigureFault.WRONG_UNIT),
        ("3000平方米", "亩", FigureFault.WRONG_UNIT),
        ("-3", "亩", FigureFault.NEGATIVE),
        ("-3亿", "元", FigureFault.NEGATIVE),
        ("5.5", "家", FigureFault.NOT_WHOLE),
        ("3.333", "亩", FigureFault.TOO_PRECISE),
        ("9" * 30, "亩", FigureFault.TOO_LARGE),
        ("9" * 50, "亩", FigureFault.TOO_LONG),
        ("许多", "亩", FigureFault.NOT_A_NUMBER),
        ("许多", "元", FigureFault.NOT_A_NUMBER),
    ],
)
def test_what_is_no_exact_figure_is_refused_with_the_reason(text, unit, fault):
    with pytest.raises(FigureError) as refused:
        read_figure(text, unit)
    assert refused.value.code is fault


@given(
    st.text(max_size=60), st.sampled_from(["元", "美元", "亩", "平方米", "套", "家", "个", "人"])
)
def test_any_text_is_read_or_refused(text, unit):
    try:
        value = read_figure(text, unit)
    except FigureError:
        return
    assert 0 <= value <= 9 * 10**15
    assert unit not in MONEY or value == value.to_integral_value()


@given(st.integers(0, 10**9))
def test_the_unit_never_matters(number):
    assert read_figure(f"{number}万美元", "美元") == read_figure(str(number), "美元")
    assert read_figure(f"{number}亩", "亩") == read_figure(str(number), "亩") == number


def test_a_month_is_missing_once_its_cut_off_day_has_passed():
    reported = {month for month in months_of(OPENS, CLOSES) if month.month < 10}

    def missing(today):
        return [month.month for month in missing_months(OPENS, CLOSES, 25, reported, today)]

    assert missing(date(2026, 10, 25)) == []
    assert missing(date(2026, 10, 26)) == [10]
    assert missing(date(2026, 11, 26)) == [10, 11]
    assert missing(date(2027, 3, 1)) == [10, 11, 12]


def test_the_last_cut_off_never_lies_after_the_period():
    assert cutoff(date(2026, 6, 1), 25, date(2026, 6, 20)) == date(2026, 6, 20)
    assert [month.month for month in months_of(date(2026, 11, 15), date(2027, 1, 3))] == [11, 12, 1]


@pytest.mark.parametrize(
    ("modality", "reached", "pace", "behind"),
    [
        (Modality.AT_LEAST, 9, Pace.GREEN, 0),
        (Modality.AT_LEAST, 8, Pace.RED, 1),
        (Modality.MORE_THAN, 8, Pace.RED, 1),
        (Modality.MORE_THAN, 9, Pace.GREEN, 0),
        (Modality.STRIVE_FOR, 1, Pace.YELLOW, 8),
        (Modality.EXPECTED, 1, Pace.YELLOW, 8),
        (Modality.AT_LEAST, Decimal("8.5"), Pace.RED, Decimal("0.5")),
    ],
)
def test_behind_is_red_where_the_target_binds_and_yellow_where_it_does_not(
    modality, reached, pace, behind
):
    found = progress(modality, 10, 9, reached)
    assert (found.pace, found.behind) == (pace, behind)


def test_to_pass_a_target_one_must_do_more_than_meet_it():
    assert progress(Modality.MORE_THAN, 10, 10, 10).pace is Pace.RED
    assert progress(Modality.MORE_THAN, 10, 10, 11).pace is Pace.GREEN
    assert progress(Modality.AT_LEAST, 10, 10, 10).pace is Pace.GREEN
