"""Words for the codes of money and days: what is wrong with what was typed, and what to type."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.core.days import DayFault
from crm.core.money import AmountFault, Qualifier, Unit

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    AmountFault: {
        AmountFault.EMPTY: _l("请填写金额"),
        AmountFault.NOT_AN_AMOUNT: _l("看不懂这个金额；可以写5.2亿元、3000万美元、约6亿"),
        AmountFault.AMBIGUOUS: _l("这个金额有两种读法，请用数字写清楚，例如3.5亿元"),
        AmountFault.NO_UNIT: _l("金额没有单位，请写明，例如5.2亿元、3000万美元"),
        AmountFault.NEGATIVE: _l("金额不能是负数"),
        AmountFault.FRACTION_OF_YUAN: _l("金额精确到元，请去掉元以下的小数"),
        AmountFault.TOO_LARGE: _l("金额过大，请核对单位"),
        AmountFault.TOO_LONG: _l("金额写得太长，只写金额，说明请写在备注里"),
        AmountFault.ONLY_UPPER_BOUND: _l("只写了上限；请写下限或约数，例如约6亿元"),
        AmountFault.RANGE_REVERSED: _l("区间的前一个数大于后一个数，请调换"),
        AmountFault.CURRENCY_CONFLICT: _l("同时写了两种货币，请只留一种"),
        AmountFault.NOTE_NOT_UNDERSTOOD: _l("看不懂括号里的说明；金额之外的话请写在备注里"),
        AmountFault.PHASE_ABOVE_TOTAL: _l("一期金额大于总额，请核对"),
    },
    DayFault: {
        DayFault.EMPTY: _l("请填写日期"),
        DayFault.NOT_A_DAY: _l("看不懂这个日期；可以写2026-11-23、11月23日"),
        DayFault.NO_SUCH_DAY: _l("没有这一天，请核对月和日"),
        DayFault.VAGUE: _l("日期不够确切，请写到月或日，例如12月、12月15日"),
        DayFault.OUT_OF_RANGE: _l("日期应在1950年到2100年之间，请核对年份"),
        DayFault.TOO_LONG: _l("日期写得太长，只写日期，说明请写在备注里"),
    },
    Qualifier: {
        Qualifier.ABOUT: _l("约"),
        Qualifier.RANGE: _l("区间"),
        Qualifier.AT_LEAST: _l("不低于"),
        Qualifier.OVER: _l("超过"),
    },
    Unit: {
        Unit.YUAN: _l("元"),
        Unit.WAN: _l("万元"),
        Unit.MILLION: _l("百万元"),
        Unit.TEN_MILLION: _l("千万元"),
        Unit.YI: _l("亿元"),
        Unit.USD: _l("美元"),
        Unit.WAN_USD: _l("万美元"),
        Unit.MILLION_USD: _l("百万美元"),
        Unit.YI_USD: _l("亿美元"),
        Unit.WAN_HKD: _l("万港元"),
        Unit.WAN_EUR: _l("万欧元"),
    },
}
"""One text for every member of every code of money and days."""

CURRENCY: dict[str, LazyString] = {
    "CNY": _l("人民币"),
    "USD": _l("美元"),
    "HKD": _l("港元"),
    "EUR": _l("欧元"),
    "GBP": _l("英镑"),
    "JPY": _l("日元"),
    "KRW": _l("韩元"),
    "TWD": _l("新台币"),
    "SGD": _l("新加坡元"),
    "AUD": _l("澳元"),
    "CAD": _l("加元"),
    "CHF": _l("瑞士法郎"),
    "MOP": _l("澳门元"),
}
"""The currencies an amount may be stated in, by ISO 4217 code."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of money or days, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
