"""Money in the unit people speak in, in both languages, and what is shown reads back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.money import (
    Amount,
    Qualifier,
    Unit,
    brief_yuan,
    format_amount,
    format_money,
    format_yuan,
    is_suspicious,
    parse_amount,
    to_yuan,
    yuan_in,
)
from tests.rules.money_cases import WAN, YI, YUAN


@given(YUAN)
def test_what_is_shown_in_chinese_reads_back_to_the_same_yuan(yuan: int) -> None:
    assert parse_amount(format_yuan(yuan), bare_unit=None).value == yuan


@given(
    st.integers(0, 10**12),
    st.sampled_from(["USD", "HKD", "EUR", "JPY"]),
    st.sampled_from([None, Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.OVER]),
)
def test_a_shown_amount_reads_back_with_currency_and_qualifier(
    value: int, currency: str, qualifier: Qualifier | None
) -> None:
    shown = format_amount(Amount("", value, currency, qualifier))
    read = parse_amount(shown, bare_unit=None)
    assert (read.value, read.currency, read.qualifier) == (value, currency, qualifier)


@given(YUAN, YUAN)
def test_a_brief_figure_never_shows_more_than_there_is(yuan: int, other: int) -> None:
    def shown(value: int) -> int:
        return parse_amount(brief_yuan(value), bare_unit=None).value

    assert shown(yuan) <= yuan
    assert yuan > other or shown(yuan) <= shown(other)


@given(YUAN, st.sampled_from(list(Unit)))
def test_a_column_of_one_unit_loses_nothing(value: int, unit: Unit) -> None:
    assert yuan_in(value, unit) * unit.scale == value
    assert "E" not in str(yuan_in(value, unit)) or yuan_in(value, unit) < 1


@pytest.mark.parametrize(
    ("yuan", "zh", "en", "brief"),
    [
        (520_000_000, "5.2亿元", "CNY 520 million", "5.2亿元"),
        (5_200_000_000, "52亿元", "CNY 5.2 billion", "52亿元"),
        (4_999_999_999, "49.99999999亿元", "CNY 4.999999999 billion", "49.99亿元"),
        (5_000_000_000, "50亿元", "CNY 5 billion", "50亿元"),
        (99_999_999, "9999.9999万元", "CNY 99.999999 million", "9999.99万元"),
        (12_005_000, "1200.5万元", "CNY 12.005 million", "1200.5万元"),
        (1_200_000_000_000, "1.2万亿元", "CNY 1.2 trillion", "1.2万亿元"),
        (12_345, "1.2345万元", "CNY 12,345", "1.23万元"),
        (9_999, "9999元", "CNY 9,999", "9999元"),
        (0, "0元", "CNY 0", "0元"),
        (-520_000_000, "-5.2亿元", "-CNY 520 million", "-5.2亿元"),
    ],
)
def test_money_is_shown_in_the_unit_people_speak_in(
    yuan: int, zh: str, en: str, brief: str
) -> None:
    assert (format_yuan(yuan), format_yuan(yuan, "en"), brief_yuan(yuan)) == (zh, en, brief)


def test_foreign_money_is_shown_with_its_currency() -> None:
    assert format_money(30_000_000, "USD") == "3000万美元"
    assert format_money(30_000_000, "USD", "en") == "USD 30 million"
    assert format_money(200_000_000, "HKD", "zh_Hans_CN") == "2亿港元"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("约6亿", "约6亿元", "about CNY 600 million"),
        ("50-60亿", "50–60亿元", "CNY 5–6 billion"),
        ("5000万-1亿", "5000万元–1亿元", "CNY 50–100 million"),
        ("5亿-20亿", "5–20亿元", "CNY 500 million–2 billion"),
        ("不低于5亿", "不低于5亿元", "at least CNY 500 million"),
        ("逾50亿", "超50亿元", "over CNY 5 billion"),
        (
            "2.4亿（一期0.8亿）",
            "2.4亿元（一期8000万元）",
            "CNY 240 million (phase one CNY 80 million)",
        ),
    ],
)
def test_an_amount_is_shown_with_what_was_said_about_it(text: str, zh: str, en: str) -> None:
    amount = parse_amount(text, bare_unit=None)
    assert (format_amount(amount), format_amount(amount, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("yuan", "suspicious"),
    [
        (2000 * YI, True),
        (2000 * YI - 1, False),
        (10 * WAN, False),
        (10 * WAN - 1, True),
        (50 * YI, False),
    ],
)
def test_a_slip_of_the_unit_is_noticed(yuan: int, suspicious: bool) -> None:
    assert is_suspicious(yuan) is suspicious


def test_foreign_money_becomes_whole_yuan_rounded_half_up() -> None:
    assert to_yuan(30_000_000, Decimal("7.0200")) == 210_600_000
    assert to_yuan(1, Decimal("0.5")) == 1
    assert to_yuan(1, Decimal("0.4999")) == 0
    assert to_yuan(3, Decimal("0.5")) == 2


@pytest.mark.parametrize("rate", ["0", "-7", "NaN", "Infinity"])
def test_a_rate_that_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not an exchange rate"):
        to_yuan(1, Decimal(rate))
