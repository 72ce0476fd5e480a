"""Amounts as people type them and as ledgers hold them.

What was written is kept word for word; whatever could mean two figures is refused with a code. No
float takes part: an Excel number counts by its shortest decimal form, and by the 15 digits Excel
itself shows where a formula left more.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from crm.core.money.numerals import (
    EXACT,
    NotANumberError,
    Numeral,
    TwoReadingsError,
    borrow_magnitude,
    is_whole,
    read_numeral,
)
from crm.core.money.units import (
    CURRENCY_MARKS,
    CURRENCY_UNITS,
    LARGEST,
    Amount,
    Qualifier,
    Unit,
    plain_digits,
    unit_named,
)

LONGEST_TEXT = 80


class AmountFault(StrEnum):
    EMPTY = "empty"
    NOT_AN_AMOUNT = "not_an_amount"
    AMBIGUOUS = "ambiguous"
    NO_UNIT = "no_unit"
    NEGATIVE = "negative"
    FRACTION_OF_YUAN = "fraction_of_yuan"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    ONLY_UPPER_BOUND = "only_upper_bound"
    RANGE_REVERSED = "range_reversed"
    CURRENCY_CONFLICT = "currency_conflict"
    NOTE_NOT_UNDERSTOOD = "note_not_understood"
    PHASE_ABOVE_TOTAL = "phase_above_total"


class AmountError(ValueError):
    """An amount nobody can take as it stands; `code` says why."""

    def __init__(self, code: AmountFault) -> None:
        super().__init__(code.value)
        self.code = code


ABOUT, AT_LEAST, OVER = Qualifier.ABOUT, Qualifier.AT_LEAST, Qualifier.OVER
BEFORE: dict[str, Qualifier | None] = {
    "约": ABOUT, "大约": ABOUT, "约为": ABOUT, "约计": ABOUT, "近": ABOUT, "将近": ABOUT,
    "接近": ABOUT,
    "预计": ABOUT, "预估": ABOUT, "估计": ABOUT, "估算": ABOUT, "暂估": ABOUT, "≈": ABOUT,
    "about": ABOUT,
    "不低于": AT_LEAST, "不少于": AT_LEAST, "不小于": AT_LEAST, "至少": AT_LEAST, "最低": AT_LEAST,
    "最少": AT_LEAST, "≥": AT_LEAST, ">=": AT_LEAST, "atleast": AT_LEAST,
    "超": OVER, "超过": OVER, "逾": OVER, "大于": OVER, "高于": OVER, "多于": OVER,
    "突破": OVER, ">": OVER,
    "over": OVER,
    "总投资": None, "总投资额": None, "投资": None, "投资额": None, "总额": None, "金额": None,
    "共": None,
    "共计": None, "合计": None, ":": None, "为": None, "达": None, "达到": None,
}  # fmt: skip
AFTER: dict[str, Qualifier | None] = {
    "左右": ABOUT, "上下": ABOUT, "以上": AT_LEAST, "及以上": AT_LEAST, "起": AT_LEAST,
    "余": OVER, "多": OVER, "+": OVER,
}  # fmt: skip
UPPER_BOUND = re.compile(
    r"^(?:不超过|不高于|不多于|不大于|至多|最多|最高|低于|少于|小于|不到|不足|≤|<=?)|(?:以下|以内|之内|封顶)$"
)
NO_FIGURE = {"", "-", "--", "/", "\\", "无", "—", "——", "暂无"}
MINUS = re.compile(r"^(?:-|−|—|–|负)(?=[0-9.〇零一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾¥$])")
RANGE_SIGN = re.compile(r"[-−—–‐‑‒―ー~〜∼至到]+")
MORE_INSIDE = re.compile(r"(?<=[0-9十百千拾佰仟])[余多](?=[百千万亿])")  # 50余亿
# 50 60亿, and a second figure on a line of its own.
TWO_FIGURES = re.compile(r"[0-9]\s+[0-9]|[\r\n]\s*[0-9]")
NOTE = re.compile(r"^(?P<main>[^()]+)\((?P<note>[^()]*)\)$")
PHASE = re.compile(
    r"^(?:其中)?[:,]?(?:一期|首期|第一期|1期|i期|起步区)(?:工程|项目|总投资|投资|金额)*[:,]?"
)
PHASE_CLAUSE = re.compile(
    r"^(?P<main>[^()]+?)[,;、。]*(?P<note>(?:其中[:,]?)?(?:一期|首期|第一期).+)$"
)


def parse_amount(text: str | int | float | Decimal, *, bare_unit: Unit | None) -> Amount:
    """Read an amount as typed or as it stands in a cell.

    A number without a unit is taken in `bare_unit`, the unit shown at the field; without one it is
    refused. A unit without currency (3000万) takes the currency of `bare_unit`, else CNY.
    Raises AmountError.
    """
    if isinstance(text, str):
        return _parse_text(text, bare_unit)
    number = _decimal_of(text)
    if number < 0:
        raise AmountError(AmountFault.NEGATIVE)
    if bare_unit is None:
        raise AmountError(AmountFault.NO_UNIT)
    return Amount(plain_digits(number), _whole(number, bare_unit.scale), bare_unit.currency)


def _decimal_of(number: float | Decimal) -> Decimal:
    if isinstance(number, bool):
        raise AmountError(AmountFault.NOT_AN_AMOUNT)
    if isinstance(number, float):
        if not math.isfinite(number):
            raise AmountError(AmountFault.NOT_AN_AMOUNT)
        shortest = Decimal(repr(number))
        number = shortest if len(shortest.as_tuple().digits) <= 15 else Decimal(f"{number:.15g}")
    elif isinstance(number, int):
        if abs(number) > LARGEST:
            raise AmountError(AmountFault.NEGATIVE if number < 0 else AmountFault.TOO_LARGE)
        number = Decimal(number)
    if not number.is_finite():
        raise AmountError(AmountFault.NOT_AN_AMOUNT)
    if number > LARGEST:
        raise AmountError(AmountFault.TOO_LARGE)
    if number.as_tuple().exponent < -30:  # type: ignore[operator]  # finite, so an int
        raise AmountError(AmountFault.FRACTION_OF_YUAN)
    return number


def _parse_text(raw: str, bare_unit: Unit | None) -> Amount:
    if len(raw) > LONGEST_TEXT:
        raise AmountError(AmountFault.TOO_LONG)
    kept = raw.strip()
    text = _plain_text(kept)
    if text in NO_FIGURE:
        raise AmountError(AmountFault.EMPTY)
    main, note = _take_note(text)
    # 3000万（美元）, 50（亿元）: the same figure with its words moved inside.
    if note in CURRENCY_UNITS or note in CURRENCY_MARKS or unit_named(note):
        main, note = main + note, ""
    amount = replace(_figure(main, bare_unit), text=kept)
    return _with_note(amount, note, bare_unit) if note else amount


def _plain_text(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if len(folded) > 2 * LONGEST_TEXT:
        raise AmountError(AmountFault.TOO_LONG)
    if TWO_FIGURES.search(folded.strip()):
        raise AmountError(AmountFault.AMBIGUOUS)
    kept = (c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
    return "".join(kept).replace("萬", "万").replace("億", "亿").replace("圓", "圆")


def _take_note(text: str) -> tuple[str, str]:
    """Split 2.4亿元(一期0.8亿元) or 2.4亿元,其中一期0.8亿元 into the figure and the note on it."""
    found = NOTE.match(text) or PHASE_CLAUSE.match(text)
    return (found["main"], found["note"]) if found else (text, "")


def _with_note(amount: Amount, note: str, bare_unit: Unit | None) -> Amount:
    phase = PHASE.match(note)
    if phase:
        part = _figure(note[phase.end() :], bare_unit)
        if part.currency != amount.currency:
            raise AmountError(AmountFault.CURRENCY_CONFLICT)
        if part.value > (amount.upper or amount.value):
            raise AmountError(AmountFault.PHASE_ABOVE_TOTAL)
        return replace(amount, phase_one=part.value)
    if BEFORE.get(note) is ABOUT:  # 6亿（预计）
        return replace(amount, qualifier=amount.qualifier or ABOUT)
    raise AmountError(AmountFault.NOTE_NOT_UNDERSTOOD)


@dataclass(frozen=True, slots=True)
class _Part:
    """One number with the words around it read off."""

    number: Numeral
    currency: str | None
    is_unit: bool
    """A currency word stood behind it that is a unit by itself."""
    is_marked: bool
    qualifiers: frozenset[Qualifier]


def _figure(text: str, bare_unit: Unit | None) -> Amount:
    if UPPER_BOUND.search(text):
        raise AmountError(AmountFault.ONLY_UPPER_BOUND)
    if MINUS.match(text.lstrip("¥$")):
        raise AmountError(AmountFault.NEGATIVE)
    text, is_over = MORE_INSIDE.subn("", text)
    pieces = RANGE_SIGN.split(_shield(text))
    if len(pieces) > 2:
        raise AmountError(AmountFault.NOT_AN_AMOUNT)
    parts = [_part(_unshield(piece)) for piece in pieces]
    currency = _one_currency(parts, bare_unit)
    values = _values(parts, currency, bare_unit)
    if len(values) == 2:
        if values[0] > values[1]:
            raise AmountError(AmountFault.RANGE_REVERSED)
        return Amount(text, values[0], currency, Qualifier.RANGE, values[1])
    stated = parts[0].qualifiers | ({OVER} if is_over else frozenset())
    # 约50亿以上: the vaguer word rules.
    firmness = next((q for q in (ABOUT, AT_LEAST, OVER) if q in stated), None)
    return Amount(text, values[0], currency, firmness)


def _shield(text: str) -> str:
    """达到 and 至少 contain signs of a range."""
    return text.replace("至少", "\0").replace("达到", "\1")


def _unshield(text: str) -> str:
    return text.replace("\0", "至少").replace("\1", "达到")


def _part(text: str) -> _Part:
    """Take words off both ends until only the number is left."""
    currencies: set[str] = set()
    qualifiers: set[Qualifier] = set()
    is_unit = is_marked = False
    while True:
        word = _longest(text.startswith, (*BEFORE, *CURRENCY_MARKS, *CURRENCY_UNITS))
        if word:
            text = text.removeprefix(word)
            is_marked = is_marked or word not in BEFORE
        else:
            word = _longest(text.endswith, (*AFTER, *CURRENCY_MARKS, *CURRENCY_UNITS))
            if not word:
                break
            text = text.removesuffix(word)
            is_unit = is_unit or word in CURRENCY_UNITS
            is_marked = is_marked or word in CURRENCY_MARKS
        code = CURRENCY_UNITS.get(word) or CURRENCY_MARKS.get(word)
        currencies |= {code} if code else set()
        qualifier = BEFORE.get(word) or AFTER.get(word)
        qualifiers |= {qualifier} if qualifier else set()
    if len(currencies) > 1:
        raise AmountError(AmountFault.CURRENCY_CONFLICT)
    try:
        number = read_numeral(text)
    except TwoReadingsError:
        raise AmountError(AmountFault.AMBIGUOUS) from None
    except NotANumberError:
        raise AmountError(AmountFault.NOT_AN_AMOUNT) from None
    return _Part(number, next(iter(currencies), None), is_unit, is_marked, frozenset(qualifiers))


def _longest(fits: Callable[[str], bool], words: Iterable[str]) -> str:
    return max((word for word in words if fits(word)), key=len, default="")


def _one_currency(parts: list[_Part], bare_unit: Unit | None) -> str:
    stated = {part.currency for part in parts if part.currency}
    if len(stated) > 1:
        raise AmountError(AmountFault.CURRENCY_CONFLICT)
    return stated.pop() if stated else (bare_unit.currency if bare_unit else "CNY")


def _values(parts: list[_Part], currency: str, bare_unit: Unit | None) -> list[int]:
    last = parts[-1]
    scale = _scale_of(last, bare_unit)
    values = [_whole(last.number.value, scale)]
    if len(parts) == 2:
        first = parts[0]
        if last.number.myriad is None and first.number.myriad is not None and not last.is_unit:
            raise AmountError(AmountFault.AMBIGUOUS)  # 50亿-60
        if first.number.myriad is not None or first.is_unit:
            lower = _whole(first.number.value, _scale_of(first, bare_unit))
        else:
            try:
                lower = _whole(borrow_magnitude(first.number, last.number), scale)
            except TwoReadingsError:
                raise AmountError(AmountFault.AMBIGUOUS) from None
        values.insert(0, lower)
    return values


def _scale_of(part: _Part, bare_unit: Unit | None) -> int:
    """What the number of a part is still to be multiplied by."""
    if part.number.myriad is not None or part.is_unit:
        return 1
    if part.is_marked and (bare_unit is None or bare_unit.scale == 1):
        return 1  # $30 in a free field
    if part.is_marked or bare_unit is None:
        raise AmountError(AmountFault.NO_UNIT)
    return bare_unit.scale


def _whole(number: Decimal, scale: int) -> int:
    if number > LARGEST:
        raise AmountError(AmountFault.TOO_LARGE)
    value = EXACT.multiply(number, Decimal(scale))
    if value > LARGEST:
        raise AmountError(AmountFault.TOO_LARGE)
    if not is_whole(value):
        raise AmountError(AmountFault.FRACTION_OF_YUAN)
    return int(value)
