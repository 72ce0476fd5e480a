"""Numbers as people write them: 5.2, 1,200.5, 五十, 五点二, 壹亿贰仟万, 5亿2000万, 30 million.

Exact: everything is Decimal. Whatever can be read in two ways is refused, never guessed: 三五亿 is
35 or 3 to 5, 一千五 is 1500 or 1005. The text comes in NFKC, without blanks, in lower case.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

# Wide enough for every digit a caller lets through, so no arithmetic here ever rounds.
EXACT = Context(prec=200)

ARABIC = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+")
DIGITS = {
    "〇": 0, "零": 0, "○": 0,
    "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
    "九": 9,
    "壹": 1, "贰": 2, "貳": 2, "叁": 3, "參": 3, "肆": 4, "伍": 5, "陆": 6, "陸": 6, "柒": 7,
    "捌": 8, "玖": 9,
}  # fmt: skip
TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
ZEROS = "零〇○"
# Longest first: "million" must not be read as "m" and a rest.
ENGLISH = {
    "thousand": 10**3, "million": 10**6, "billion": 10**9,
    "mio": 10**6, "mln": 10**6, "mn": 10**6, "mm": 10**6, "bn": 10**9,
    "k": 10**3, "m": 10**6, "b": 10**9,
}  # fmt: skip


class NotANumberError(ValueError):
    """The text is no number."""


class TwoReadingsError(NotANumberError):
    """The text can be read as two different numbers."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as written.

    `myriad` is the magnitude it carries itself (亿 → 10⁸, million → 10⁶), None for a bare number;
    `tens` the 10, 100 or 1000 that belongs to that magnitude (3千万 → 1000), else 1. Both are what
    the first half of a range such as 3-5千万 borrows.
    """

    value: Decimal
    myriad: int | None = None
    tens: int = 1


def read_numeral(text: str) -> Numeral:
    """Read one non-negative number. Raises NotANumberError, TwoReadingsError."""
    for word, scale in ENGLISH.items():
        if text.endswith(word):
            value = _arabic(text.removesuffix(word))
            return Numeral(EXACT.multiply(value, Decimal(scale)), myriad=scale)
    return _with_myriads(text.replace("萬", "万").replace("億", "亿"))


def borrow_magnitude(first: Numeral, second: Numeral) -> Decimal:
    """The value of the bare `first` in a range whose end `second` carries a magnitude.

    50 in 50-60亿 is 50亿, 3 in 3-5千万 is 3千万, 8 in 八至二十亿 is 8亿. Raises TwoReadingsError
    where two readings remain (三至五十亿).
    """
    if second.myriad is None:
        return first.value
    plain = EXACT.multiply(first.value, Decimal(second.myriad))
    if second.tens == 1 or first.value >= 10:
        return plain
    with_tens = EXACT.multiply(plain, Decimal(second.tens))
    if second.tens >= 100:
        return with_tens
    if with_tens < second.value:
        raise TwoReadingsError("three to fifty, or thirty to fifty")
    return plain


def _with_myriads(text: str) -> Numeral:
    """Split at the last 亿, else at the last 万: multiply what stands before, add the rest."""
    for word, scale in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = text.rpartition(word)
        if found:
            return _myriad(head, scale, tail)
    return _section(text)


def _myriad(head: str, scale: int, tail: str) -> Numeral:
    front = _with_myriads(head)
    myriad = scale * (front.myriad or 1)
    value = EXACT.multiply(front.value, Decimal(scale))
    if not tail:
        return Numeral(value, myriad, front.tens)
    # 5亿2000万: the front must be whole and the rest smaller than the unit it follows.
    rest = _with_myriads(tail.lstrip(ZEROS))
    if not is_whole(front.value) or rest.value >= scale:
        raise NotANumberError(head)
    # 五亿二千 and 一万五 leave open where the rest stands unless 零, a 万 of its own or a full row
    # of digits (1万5000) says so.
    if not (tail[0] in ZEROS or rest.myriad is not None or rest.value * 10 >= scale):
        raise TwoReadingsError(tail)
    return Numeral(EXACT.add(value, rest.value), myriad)


def _section(text: str) -> Numeral:
    """A number without 万 and 亿: arabic with at most one of 十百千 behind it, or Chinese."""
    if ARABIC.fullmatch(text):
        return Numeral(_arabic(text))
    tens = TENS.get(text[-1:], 1)
    if tens > 1 and ARABIC.fullmatch(text[:-1]):
        return Numeral(EXACT.multiply(_arabic(text[:-1]), Decimal(tens)), tens=tens)
    return Numeral(_chinese(text), tens=tens if len(text) == 2 else 1)


def _arabic(text: str) -> Decimal:
    if not ARABIC.fullmatch(text):
        raise NotANumberError(text)
    return Decimal(text.replace(",", ""))


def _chinese(text: str) -> Decimal:
    """Below ten thousand, 千 百 十 at most once and in this order: 三千五百, 十五, 五点二五."""
    whole, point, fraction = text.partition("点")
    if point and not fraction:
        raise NotANumberError(text)
    digits = "".join(str(_digit(char)) for char in fraction)
    return Decimal(f"{_chinese_whole(whole)}.{digits or 0}")


def _chinese_whole(text: str) -> int:
    if not text:
        raise NotANumberError(text)
    if len(text) == 1 and text not in TENS:
        return _digit(text)
    total, last_unit, digit, after_zero = 0, 10**4, None, False
    for position, char in enumerate(text):
        unit = TENS.get(char)
        if unit is not None:
            if digit is None and not (position == 0 and unit == 10):  # 十五, but no bare 百 or 千
                raise NotANumberError(text)
            if unit >= last_unit:
                raise NotANumberError(text)
            total, last_unit = total + (1 if digit is None else digit) * unit, unit
            digit, after_zero = None, False
        elif digit is not None:  # 三五: two digits in a row
            raise TwoReadingsError(text) if DIGITS.get(char) else NotANumberError(text)
        elif _digit(char) == 0:
            if position == 0 or after_zero:
                raise NotANumberError(text)
            after_zero = True
        else:
            digit = _digit(char)
    if digit is None:
        if after_zero:
            raise NotANumberError(text)
        return total
    if 10 < last_unit < 10**4 and not after_zero:  # 一千五
        raise TwoReadingsError(text)
    return total + digit


def _digit(char: str) -> int:
    if char in DIGITS:
        return DIGITS[char]
    if char.isascii() and char.isdigit():  # 3千5百
        return int(char)
    raise NotANumberError(char)


def is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value(context=EXACT)
