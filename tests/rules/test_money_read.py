"""Amounts as people type them are read exactly, with all that was said about them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.money import LARGEST, Amount, AmountFault, Qualifier, Unit, parse_amount, unit_named
from tests.rules.money_cases import WAN, YI, fault_of


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("50亿", 50 * YI),
        ("5.2亿元", 520_000_000),
        ("５．２亿元", 520_000_000),
        ("５０ 亿", 50 * YI),
        ("49.99亿", 4_999_000_000),
        ("五十亿", 50 * YI),
        ("三十五亿元", 35 * YI),
        ("五点二亿", 520_000_000),
        ("三十五点五亿", 3_550_000_000),
        ("壹亿贰仟万", 120_000_000),
        ("一亿二千万元", 120_000_000),
        ("两亿", 2 * YI),
        ("十亿", 10 * YI),
        ("十五亿", 15 * YI),
        ("一百零五亿", 105 * YI),
        ("二百五十万元", 2_500_000),
        ("5亿2000万", 520_000_000),
        ("5亿200万", 502_000_000),
        ("5亿零200万", 502_000_000),
        ("1万5000元", 15_000),
        ("3000万", 30_000_000),
        ("3千万", 30_000_000),
        ("五千万", 50_000_000),
        ("3千5百万", 35_000_000),
        ("500萬元", 5_000_000),
        ("1,200.5万元", 12_005_000),
        ("12,345,678元", 12_345_678),
        ("1.2万亿元", 12_000 * YI),
        ("人民币5亿元", 5 * YI),
        ("¥5亿", 5 * YI),
        ("￥ 5 亿元", 5 * YI),
        ("5亿元人民币", 5 * YI),
        ("5亿元（人民币）", 5 * YI),
        ("50（亿元）", 50 * YI),
        ("RMB 500 million", 5 * YI),
        ("CNY 1.5bn", 1_500_000_000),
        ("总投资5亿元", 5 * YI),
        ("总投资：5亿元", 5 * YI),
        ("达到5亿元", 5 * YI),
        (".5亿", 50_000_000),
        ("0亿元", 0),
    ],
)
@pytest.mark.parametrize("bare_unit", [None, Unit.YI, Unit.WAN])
def test_an_amount_with_its_unit_is_read_exactly_whatever_the_field_says(
    text: str, yuan: int, bare_unit: Unit | None
) -> None:
    assert parse_amount(text, bare_unit=bare_unit) == Amount(text, yuan)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("３０００万美元", 30_000_000, "USD"),
        ("3000万USD", 30_000_000, "USD"),
        ("3000 万 美金", 30_000_000, "USD"),
        ("$30M", 30_000_000, "USD"),
        ("US$30 million", 30_000_000, "USD"),
        ("USD 1.5bn", 1_500_000_000, "USD"),
        ("3000万（美元）", 30_000_000, "USD"),
        ("2亿港元", 200_000_000, "HKD"),
        ("HK$200m", 200_000_000, "HKD"),
        ("500万欧元", 5_000_000, "EUR"),
        ("€5m", 5_000_000, "EUR"),
        ("20亿日元", 2_000_000_000, "JPY"),
        ("300亿韩元", 30_000_000_000, "KRW"),
        ("1亿新台币", 100_000_000, "TWD"),
        ("800万新加坡元", 8_000_000, "SGD"),
        ("300万英镑", 3_000_000, "GBP"),
        ("五百万瑞士法郎", 5_000_000, "CHF"),
        ("30美元", 30, "USD"),
    ],
)
def test_a_foreign_amount_stays_in_its_currency(text: str, value: int, currency: str) -> None:
    for bare_unit in (None, Unit.YI, Unit.WAN_USD):
        assert parse_amount(text, bare_unit=bare_unit) == Amount(text, value, currency)


@pytest.mark.parametrize(
    ("text", "value", "qualifier"),
    [
        ("约6亿", 6 * YI, Qualifier.ABOUT),
        ("大约6亿元", 6 * YI, Qualifier.ABOUT),
        ("50亿左右", 50 * YI, Qualifier.ABOUT),
        ("近50亿元", 50 * YI, Qualifier.ABOUT),
        ("将近50亿元", 50 * YI, Qualifier.ABOUT),
        ("6亿元（预计）", 6 * YI, Qualifier.ABOUT),
        ("约50亿以上", 50 * YI, Qualifier.ABOUT),
        ("不低于5亿", 5 * YI, Qualifier.AT_LEAST),
        ("不少于5亿元", 5 * YI, Qualifier.AT_LEAST),
        ("至少5亿", 5 * YI, Qualifier.AT_LEAST),
        ("至少达到5亿", 5 * YI, Qualifier.AT_LEAST),
        ("5亿以上", 5 * YI, Qualifier.AT_LEAST),
        ("5亿元及以上", 5 * YI, Qualifier.AT_LEAST),
        ("≥5亿", 5 * YI, Qualifier.AT_LEAST),
        ("超50亿", 50 * YI, Qualifier.OVER),
        ("超过五十亿元", 50 * YI, Qualifier.OVER),
        ("逾50亿", 50 * YI, Qualifier.OVER),
        ("50余亿元", 50 * YI, Qualifier.OVER),
        ("五十多亿", 50 * YI, Qualifier.OVER),
        ("50亿+", 50 * YI, Qualifier.OVER),
        ("总投资约5亿元人民币", 5 * YI, Qualifier.ABOUT),
    ],
)
def test_how_firmly_a_figure_was_stated_is_kept_beside_its_value(
    text: str, value: int, qualifier: Qualifier
) -> None:
    assert parse_amount(text, bare_unit=None) == Amount(text, value, "CNY", qualifier)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("50-60亿", 50 * YI, 60 * YI),
        ("50亿-60亿", 50 * YI, 60 * YI),
        ("50~60亿", 50 * YI, 60 * YI),
        ("５０～６０亿元", 50 * YI, 60 * YI),
        ("50——60亿", 50 * YI, 60 * YI),
        ("50–60亿", 50 * YI, 60 * YI),
        ("50至60亿元", 50 * YI, 60 * YI),
        ("5亿到6亿", 5 * YI, 6 * YI),
        ("约50-60亿", 50 * YI, 60 * YI),
        ("5000万-1亿", 5000 * WAN, YI),
        ("五十至六十亿", 50 * YI, 60 * YI),
        ("五十至一百亿", 50 * YI, 100 * YI),
        ("3-5千万", 3000 * WAN, 5000 * WAN),
        ("三至五千万", 3000 * WAN, 5000 * WAN),
        ("八至二十亿", 8 * YI, 20 * YI),
        ("3000-5000元", 3000, 5000),
    ],
)
def test_a_range_counts_with_its_lower_bound(text: str, lower: int, upper: int) -> None:
    assert parse_amount(text, bare_unit=Unit.YI) == Amount(
        text, lower, "CNY", Qualifier.RANGE, upper
    )


def test_a_foreign_range_keeps_its_currency() -> None:
    for text in ("$30-40M", "3000-4000万美元", "3,000万美元～4,000万美元"):
        assert parse_amount(text, bare_unit=None) == Amount(
            text, 30_000_000, "USD", Qualifier.RANGE, 40_000_000
        )


@pytest.mark.parametrize(
    "text",
    [
        "2.4亿元（一期0.8亿元）",
        "2.4亿元(一期 0.8 亿元)",
        "2.4亿元（其中一期投资0.8亿元）",
        "2.4亿元（首期约8000万）",
        "2.4亿元，其中一期0.8亿元",
        "2.4亿元；一期8000万元",
        "24,000万元，一期8,000万元",
        "2.4亿元\n（一期0.8亿元）",
        "2.4（一期0.8）",
    ],
)
def test_the_first_phase_is_read_beside_the_whole(text: str) -> None:
    assert parse_amount(text, bare_unit=Unit.YI) == Amount(text, 240_000_000, phase_one=80_000_000)


@pytest.mark.parametrize(
    ("number", "bare_unit", "value", "text"),
    [
        (6.5, Unit.YI, 650_000_000, "6.5"),
        (4.2, Unit.YI, 420_000_000, "4.2"),
        (49.99, Unit.YI, 4_999_000_000, "49.99"),
        (0.1 + 0.2, Unit.YI, 30_000_000, "0.3"),
        (50, Unit.YI, 50 * YI, "50"),
        (50.0, Unit.YI, 50 * YI, "50"),
        (1200.5, Unit.WAN, 12_005_000, "1200.5"),
        (Decimal("49.99999999"), Unit.YI, 4_999_999_999, "49.99999999"),
        (0, Unit.YI, 0, "0"),
        (1e15, Unit.YUAN, 10**15, "1000000000000000"),
    ],
)
def test_a_number_from_a_cell_is_exact(
    number: float | Decimal, bare_unit: Unit, value: int, text: str
) -> None:
    assert parse_amount(number, bare_unit=bare_unit) == Amount(text, value)


@given(st.integers(0, 9 * 10**7), st.integers(0, 99))
def test_a_float_cell_of_yi_with_two_decimals_is_exact(whole: int, cents: int) -> None:
    exact = Decimal(f"{whole}.{cents:02d}")
    expected = int(exact * YI)
    if expected <= LARGEST:
        assert parse_amount(float(exact), bare_unit=Unit.YI).value == expected


def test_a_bare_number_takes_the_unit_shown_at_the_field() -> None:
    assert parse_amount("50", bare_unit=Unit.YI).value == 50 * YI
    assert parse_amount("五十", bare_unit=Unit.YI).value == 50 * YI
    assert parse_amount("1,200.5", bare_unit=Unit.WAN).value == 12_005_000
    assert parse_amount("50-60", bare_unit=Unit.YI).upper == 60 * YI
    assert parse_amount("约3000", bare_unit=Unit.WAN_USD) == Amount(
        "约3000", 30_000_000, "USD", Qualifier.ABOUT
    )


def test_a_magnitude_without_currency_takes_the_currency_of_the_field() -> None:
    assert parse_amount("3000万", bare_unit=Unit.WAN_USD).currency == "USD"
    assert parse_amount("3000万元", bare_unit=Unit.WAN_USD).currency == "CNY"
    assert parse_amount("3000万", bare_unit=None).currency == "CNY"


def test_a_mark_without_magnitude_is_enough_in_a_free_field_only() -> None:
    assert parse_amount("$30", bare_unit=None) == Amount("$30", 30, "USD")
    assert parse_amount("¥50", bare_unit=Unit.YUAN).value == 50
    assert fault_of("¥50", Unit.YI) is AmountFault.NO_UNIT
    assert fault_of("$30", Unit.YI) is AmountFault.NO_UNIT


def test_the_text_is_kept_as_written_with_its_ends_trimmed() -> None:
    assert parse_amount("  约 ６亿\n", bare_unit=None).text == "约 ６亿"


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("亿元", Unit.YI),
        ("（亿元）", Unit.YI),
        ("单位：万元", Unit.WAN),
        ("金额单位: 人民币万元", Unit.WAN),
        ("（万美元）", Unit.WAN_USD),
        ("元", Unit.YUAN),
        ("亩", None),
        ("", None),
    ],
)
def test_the_unit_of_a_header_is_recognised(word: str, unit: Unit | None) -> None:
    assert unit_named(word) is unit
