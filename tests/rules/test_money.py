"""Amounts as people type them: read exactly, or refused with the reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.money import (
    LARGEST,
    Amount,
    AmountError,
    AmountFault,
    Qualifier,
    Unit,
    brief_yuan,
    format_amount,
    format_money,
    format_yuan,
    is_suspicious,
    parse_amount,
    to_yuan,
    unit_named,
    yuan_in,
)

YI = 10**8
WAN = 10**4
YUAN = st.integers(0, LARGEST)


def fault_of(text: object, bare_unit: Unit | None = Unit.YI) -> AmountFault:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, bare_unit=bare_unit)  # type: ignore[arg-type]
    return caught.value.code


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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", AmountFault.EMPTY),
        ("  　", AmountFault.EMPTY),
        ("-", AmountFault.EMPTY),
        ("/", AmountFault.EMPTY),
        ("—", AmountFault.EMPTY),
        ("无", AmountFault.EMPTY),
        ("面议", AmountFault.NOT_AN_AMOUNT),
        ("待定", AmountFault.NOT_AN_AMOUNT),
        ("数亿元", AmountFault.NOT_AN_AMOUNT),
        ("百亿级", AmountFault.NOT_AN_AMOUNT),
        ("亿元", AmountFault.NOT_AN_AMOUNT),
        ("=1+1", AmountFault.NOT_AN_AMOUNT),
        ("1e9", AmountFault.NOT_AN_AMOUNT),
        ("nan", AmountFault.NOT_AN_AMOUNT),
        ("inf亿", AmountFault.NOT_AN_AMOUNT),
        ("1.2.3亿", AmountFault.NOT_AN_AMOUNT),
        ("12,00亿", AmountFault.NOT_AN_AMOUNT),
        ("50-60-70亿", AmountFault.NOT_AN_AMOUNT),
        ("5.2亿3000万", AmountFault.NOT_AN_AMOUNT),
        ("5亿20000万", AmountFault.NOT_AN_AMOUNT),
        ("٣亿", AmountFault.NOT_AN_AMOUNT),
        ("(3亿)", AmountFault.NOT_AN_AMOUNT),
        ("三五亿", AmountFault.AMBIGUOUS),
        ("一千五", AmountFault.AMBIGUOUS),
        ("五亿二千", AmountFault.AMBIGUOUS),
        ("5亿2", AmountFault.AMBIGUOUS),
        ("三至五十亿", AmountFault.AMBIGUOUS),
        ("50亿-60", AmountFault.AMBIGUOUS),
        ("50 60亿", AmountFault.AMBIGUOUS),
        ("3亿\n2亿", AmountFault.AMBIGUOUS),
        ("-3亿", AmountFault.NEGATIVE),
        ("－3亿", AmountFault.NEGATIVE),
        ("−3亿", AmountFault.NEGATIVE),
        ("负三亿", AmountFault.NEGATIVE),
        ("¥-3亿", AmountFault.NEGATIVE),
        ("-¥3亿", AmountFault.NEGATIVE),
        ("60亿以内", AmountFault.ONLY_UPPER_BOUND),
        ("不超过60亿", AmountFault.ONLY_UPPER_BOUND),
        ("60-50亿", AmountFault.RANGE_REVERSED),
        ("5000-1亿", AmountFault.RANGE_REVERSED),
        ("3000万美元-5亿港元", AmountFault.CURRENCY_CONFLICT),
        ("$3000万港元", AmountFault.CURRENCY_CONFLICT),
        ("2亿元（一期1000万美元）", AmountFault.CURRENCY_CONFLICT),
        ("2.4亿（一期3亿）", AmountFault.PHASE_ABOVE_TOTAL),
        ("5亿（含流动资金）", AmountFault.NOTE_NOT_UNDERSTOOD),
        ("0.123456789亿", AmountFault.FRACTION_OF_YUAN),
        ("1.5元", AmountFault.FRACTION_OF_YUAN),
        ("90000001亿", AmountFault.TOO_LARGE),
        ("9" * 70, AmountFault.TOO_LARGE),
        ("9" * 81, AmountFault.TOO_LONG),
    ],
)
def test_what_cannot_be_taken_as_it_stands_is_refused_with_the_reason(
    text: str, code: AmountFault
) -> None:
    assert fault_of(text) is code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (float("nan"), AmountFault.NOT_AN_AMOUNT),
        (float("inf"), AmountFault.NOT_AN_AMOUNT),
        (float("-inf"), AmountFault.NOT_AN_AMOUNT),
        (Decimal("sNaN"), AmountFault.NOT_AN_AMOUNT),
        (True, AmountFault.NOT_AN_AMOUNT),
        (-3.5, AmountFault.NEGATIVE),
        (-(10**40), AmountFault.NEGATIVE),
        (10**40, AmountFault.TOO_LARGE),
        (1e300, AmountFault.TOO_LARGE),
        (5e-324, AmountFault.FRACTION_OF_YUAN),
        (Decimal("1e999999"), AmountFault.TOO_LARGE),
        (Decimal("1e-999999"), AmountFault.FRACTION_OF_YUAN),
        (90_000_001, AmountFault.TOO_LARGE),
    ],
)
def test_a_cell_value_that_is_no_sum_of_money_is_refused(number: object, code: AmountFault) -> None:
    assert fault_of(number) is code


def test_a_bare_number_in_a_free_field_is_refused() -> None:
    for bare in ("50", "五十", "1,200.5", 50, 6.5):
        assert fault_of(bare, None) is AmountFault.NO_UNIT


def test_the_text_is_kept_as_written_with_its_ends_trimmed() -> None:
    assert parse_amount("  约 ６亿\n", bare_unit=None).text == "约 ６亿"


@pytest.mark.parametrize(
    "text", ["1" * 80, "约" * 80, "(" * 80, "50-" * 26, "一" * 80, "，一期" * 26]
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    assert fault_of(text) in AmountFault


@given(st.text(max_size=100), st.sampled_from([None, *Unit]))
def test_any_text_is_either_read_within_bounds_or_refused(text: str, unit: Unit | None) -> None:
    try:
        amount = parse_amount(text, bare_unit=unit)
    except AmountError:
        return
    assert 0 <= amount.value <= LARGEST


@given(st.text(alphabet="0159.,-~至万亿千十五点零元美$约超（）一期 余", max_size=14))
def test_any_mix_of_amount_signs_is_either_read_within_bounds_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text, bare_unit=Unit.YI)
    except AmountError:
        return
    assert 0 <= amount.value <= LARGEST
    assert amount.upper is None or amount.value <= amount.upper <= LARGEST
    assert amount.phase_one is None or amount.phase_one <= (amount.upper or amount.value)


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


@given(st.integers(0, 9 * 10**7), st.integers(0, 99))
def test_a_float_cell_of_yi_with_two_decimals_is_exact(whole: int, cents: int) -> None:
    exact = Decimal(f"{whole}.{cents:02d}")
    expected = int(exact * YI)
    if expected <= LARGEST:
        assert parse_amount(float(exact), bare_unit=Unit.YI).value == expected


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
