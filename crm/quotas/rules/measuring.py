"""Official figures as people type them: 7000万美元, 240亿, 3000亩, 1.6万㎡, 50."""

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum

from crm.core.money import AmountError, Unit, parse_amount

LARGEST = Decimal(9 * 10**15)
LONGEST_TEXT = 40
MONEY: dict[str, Unit] = {"元": Unit.YI, "美元": Unit.WAN_USD}
"""The units that are money, and what a bare number of them is taken in."""

COUNTED = frozenset({"个", "家", "套", "人"})
"""Units of things that are counted, never measured: no decimals."""

_SAME: dict[str, tuple[str, ...]] = {
    "平方米": ("平方米", "平米", "m2", "㎡", "平"),
    "亩": ("亩",),
    "套": ("套", "户"),
    "家": ("家", "户", "个"),
    "个": ("个", "项"),
    "人": ("人", "名"),
}
_SCALES = {"": 1, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_NUMBER = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<scale>百万|千万|[百千万亿]?)(?P<unit>.*)")


class FigureFault(StrEnum):
    """Why an official figure cannot be taken as it was typed."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    WRONG_UNIT = "wrong_unit"
    NOT_EXACT = "not_exact"
    NOT_WHOLE = "not_whole"
    TOO_PRECISE = "too_precise"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"


class FigureError(ValueError):
    def __init__(self, code: FigureFault) -> None:
        super().__init__(code.value)
        self.code = code


def read_figure(text: str, unit: str) -> Decimal:
    """The figure in `unit`: whole yuan or dollars, else at most two decimals.

    An official figure is exact: 约, 超, 余 and ranges are refused. Money without a word of its
    unit is taken in 亿元 or 万美元, as the field says. Raises FigureError.
    """
    kept = text.strip()
    if not kept:
        raise FigureError(FigureFault.EMPTY)
    if len(kept) > LONGEST_TEXT:
        raise FigureError(FigureFault.TOO_LONG)
    return _money(kept, unit) if unit in MONEY else _measure(kept, unit)


def _money(text: str, unit: str) -> Decimal:
    bare = MONEY[unit]
    try:
        amount = parse_amount(text, bare_unit=bare)
    except AmountError as error:
        same = {
            "negative": FigureFault.NEGATIVE,
            "too_large": FigureFault.TOO_LARGE,
            "empty": FigureFault.EMPTY,
            "only_upper_bound": FigureFault.NOT_EXACT,
            "fraction_of_yuan": FigureFault.NOT_WHOLE,
            "currency_conflict": FigureFault.WRONG_UNIT,
        }
        raise FigureError(same.get(error.code.value, FigureFault.NOT_A_NUMBER)) from None
    if amount.currency != bare.currency:
        raise FigureError(FigureFault.WRONG_UNIT)
    if amount.qualifier is not None or amount.upper is not None or amount.phase_one is not None:
        raise FigureError(FigureFault.NOT_EXACT)
    return Decimal(amount.value)


def _measure(text: str, unit: str) -> Decimal:
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    plain = plain.replace(",", "").replace("萬", "万")
    if plain.startswith(("-", "−", "负")):
        raise FigureError(FigureFault.NEGATIVE)
    found = _NUMBER.fullmatch(plain)
    if found is None or not plain.isprintable():
        is_about = re.match(r"[约近超≥>]|不低于|不少于|超过", plain)
        raise FigureError(FigureFault.NOT_EXACT if is_about else FigureFault.NOT_A_NUMBER)
    written = found["unit"]
    if written and written not in _SAME.get(unit, (unit,)):
        is_about = re.match(r"[余多+]|左右|以上|-|~|至", written)
        raise FigureError(FigureFault.NOT_EXACT if is_about else FigureFault.WRONG_UNIT)
    scale = _SCALES.get(found["scale"]) or _SCALES[found["scale"][0]] * _SCALES[found["scale"][1]]
    number = Decimal(found["number"]) * scale
    if number > LARGEST:
        raise FigureError(FigureFault.TOO_LARGE)
    if number != number.quantize(Decimal("0.01")):
        raise FigureError(FigureFault.TOO_PRECISE)
    if unit in COUNTED and number != number.to_integral_value():
        raise FigureError(FigureFault.NOT_WHOLE)
    return number
