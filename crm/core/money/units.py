"""Units, currencies, exact conversion, and the amount itself."""

import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from crm.core.money.numerals import EXACT

LARGEST = 9 * 10**15  # still fits a BIGINT and a spreadsheet cell exactly
WAN = 10**4
YI = 10**8
SUSPICIOUS_FROM = 2000 * YI
SUSPICIOUS_BELOW = 10 * WAN


class Qualifier(StrEnum):
    """How firmly the figure was stated. The value kept is always the lower bound."""

    ABOUT = "about"
    RANGE = "range"
    AT_LEAST = "at_least"
    OVER = "over"


class Unit(StrEnum):
    """The unit a field or a column header declares for bare numbers."""

    YUAN = "yuan"
    WAN = "wan"
    MILLION = "million"
    TEN_MILLION = "ten_million"
    YI = "yi"
    USD = "usd"
    WAN_USD = "wan_usd"
    MILLION_USD = "million_usd"
    YI_USD = "yi_usd"
    WAN_HKD = "wan_hkd"
    WAN_EUR = "wan_eur"

    @property
    def scale(self) -> int:
        """Whole units of the currency in one of this unit."""
        return _UNITS[self][0]

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return _UNITS[self][1]

    @property
    def word(self) -> str:
        """As written in a Chinese header: 亿元, 万美元."""
        return _UNITS[self][2]


_UNITS = {
    Unit.YUAN: (1, "CNY", "元"),
    Unit.WAN: (WAN, "CNY", "万元"),
    Unit.MILLION: (10**6, "CNY", "百万元"),
    Unit.TEN_MILLION: (10**7, "CNY", "千万元"),
    Unit.YI: (YI, "CNY", "亿元"),
    Unit.USD: (1, "USD", "美元"),
    Unit.WAN_USD: (WAN, "USD", "万美元"),
    Unit.MILLION_USD: (10**6, "USD", "百万美元"),
    Unit.YI_USD: (YI, "USD", "亿美元"),
    Unit.WAN_HKD: (WAN, "HKD", "万港元"),
    Unit.WAN_EUR: (WAN, "EUR", "万欧元"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure as stated.

    `text` is what was written, ends trimmed. `value`, `upper` (of a range) and `phase_one` (一期)
    are whole units of `currency`; `value` is the lower bound and what thresholds are judged by.
    """

    text: str
    value: int
    currency: str = "CNY"
    qualifier: Qualifier | None = None
    upper: int | None = None
    phase_one: int | None = None


# A currency word that is itself a unit (50元 is fifty yuan) against a mere mark (in a field of
# 亿元, ¥50 leaves open which fifty).
CURRENCY_UNITS = {
    "元人民币": "CNY", "元": "CNY", "圆": "CNY", "块": "CNY",
    "美元": "USD", "美金": "USD", "港元": "HKD", "港币": "HKD", "港幣": "HKD", "欧元": "EUR",
    "英镑": "GBP",
    "日元": "JPY", "日圆": "JPY", "韩元": "KRW", "韩圆": "KRW", "新台币": "TWD", "台币": "TWD",
    "新加坡元": "SGD", "新元": "SGD", "澳元": "AUD", "澳大利亚元": "AUD", "加元": "CAD",
    "加拿大元": "CAD",
    "瑞士法郎": "CHF", "瑞郎": "CHF", "澳门元": "MOP", "澳门币": "MOP",
}  # fmt: skip
CURRENCY_MARKS = {
    "人民币": "CNY", "cny": "CNY", "rmb": "CNY", "¥": "CNY",
    "us$": "USD", "usd": "USD", "$": "USD", "hk$": "HKD", "hkd": "HKD", "€": "EUR", "eur": "EUR",
    "£": "GBP", "gbp": "GBP", "jpy": "JPY", "krw": "KRW", "twd": "TWD", "nt$": "TWD", "sgd": "SGD",
    "s$": "SGD", "aud": "AUD", "a$": "AUD", "cad": "CAD", "c$": "CAD", "chf": "CHF", "mop": "MOP",
}  # fmt: skip
CURRENCY_WORDS = {
    "CNY": "元", "USD": "美元", "HKD": "港元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元",
    "KRW": "韩元",
    "TWD": "新台币", "SGD": "新加坡元", "AUD": "澳元", "CAD": "加元", "CHF": "瑞士法郎",
    "MOP": "澳门元",
}  # fmt: skip


def unit_named(word: str) -> Unit | None:
    """The unit a header or note declares, None if none: 亿元, 单位：万元, （万美元）."""
    text = unicodedata.normalize("NFKC", word).replace(" ", "").strip("()[]").casefold()
    text = text.removeprefix("金额").removeprefix("单位").removeprefix(":").removeprefix("人民币")
    return _UNIT_WORDS.get(text)


_UNIT_WORDS = {unit.word: unit for unit in Unit} | {
    "万": Unit.WAN,
    "亿": Unit.YI,
    "亿元人民币": Unit.YI,
    "万元人民币": Unit.WAN,
    "万美金": Unit.WAN_USD,
    "亿美金": Unit.YI_USD,
    "万港币": Unit.WAN_HKD,
}


def is_suspicious(amount_yuan: int) -> bool:
    """Whether an investment looks like a slip of the unit: from 2000亿元 up, or under 10万元."""
    return amount_yuan >= SUSPICIOUS_FROM or amount_yuan < SUSPICIOUS_BELOW


def to_yuan(value: int, rate: Decimal) -> int:
    """`value` whole units of a currency at `rate` (CNY per unit), rounded half up to whole yuan.

    Raises ValueError for a rate that is not a positive finite number.
    """
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"not an exchange rate: {rate}")
    exact = EXACT.multiply(Decimal(value), rate)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT))


def yuan_in(yuan: int, unit: Unit) -> Decimal:
    """`yuan` (whole units of the unit's currency) in `unit`, exactly: for columns of one unit."""
    return stripped(EXACT.divide(Decimal(yuan), Decimal(unit.scale)))


def stripped(number: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent."""
    short = number.normalize(EXACT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def plain_digits(number: Decimal) -> str:
    return format(stripped(number), "f")
