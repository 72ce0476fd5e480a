"""What is no amount, or may mean two, is refused with the reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.money import LARGEST, AmountError, AmountFault, Unit, parse_amount
from tests.rules.money_cases import fault_of


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
