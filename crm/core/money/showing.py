"""Money as it is shown, in Chinese and English."""

from decimal import Decimal

from crm.core.money.numerals import EXACT
from crm.core.money.units import CURRENCY_WORDS, WAN, YI, Amount, Qualifier, plain_digits

# A figure is shown with every digit it has: 49.99999999亿元 never reads 50亿元. Where space is
# short, `brief_yuan` cuts after two decimals towards zero and so never shows more than there is.


def format_yuan(yuan: int, locale: str = "zh") -> str:
    """5.2亿元, 1200.5万元, 300元; in English CNY 520 million. Exact."""
    return _money(yuan, "CNY", locale)


def brief_yuan(yuan: int, locale: str = "zh") -> str:
    """As format_yuan, cut (not rounded) after two decimals: 4,999,999,999 yuan are 49.99亿元."""
    step = _step(abs(yuan), locale)[0]
    kept = abs(yuan) * 100 // step * step // 100 if step > 100 else abs(yuan)
    return _money(kept if yuan >= 0 else -kept, "CNY", locale)


def format_money(value: int, currency: str, locale: str = "zh") -> str:
    """Whole units of any currency: 3000万美元, USD 30 million. Exact."""
    return _money(value, currency, locale)


def format_amount(amount: Amount, locale: str = "zh") -> str:
    """The figure with what was said about it: 约6亿元, 50–60亿元, 2.4亿元（一期8000万元）."""
    zh = _is_chinese(locale)
    words = _QUALIFIED_ZH if zh else _QUALIFIED_EN
    if amount.qualifier is Qualifier.RANGE and amount.upper is not None:
        shown = _range(amount.value, amount.upper, amount.currency, locale)
    else:
        shown = _money(amount.value, amount.currency, locale)
        shown = words[amount.qualifier] % shown if amount.qualifier in words else shown
    if amount.phase_one is None:
        return shown
    phase = _money(amount.phase_one, amount.currency, locale)
    return f"{shown}（一期{phase}）" if zh else f"{shown} (phase one {phase})"


_QUALIFIED_ZH: dict[Qualifier | None, str] = {
    Qualifier.ABOUT: "约%s",
    Qualifier.AT_LEAST: "不低于%s",
    Qualifier.OVER: "超%s",
}
_QUALIFIED_EN: dict[Qualifier | None, str] = {
    Qualifier.ABOUT: "about %s",
    Qualifier.AT_LEAST: "at least %s",
    Qualifier.OVER: "over %s",
}
_STEPS_ZH = ((10**12, "万亿"), (YI, "亿"), (WAN, "万"), (1, ""))
_STEPS_EN = ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"), (1, ""))


def _is_chinese(locale: str) -> bool:
    return locale.lower().startswith("zh")


def _step(value: int, locale: str) -> tuple[int, str]:
    steps = _STEPS_ZH if _is_chinese(locale) else _STEPS_EN
    return next(((scale, word) for scale, word in steps if value >= scale), steps[-1])


def _money(value: int, currency: str, locale: str) -> str:
    sign = "-" if value < 0 else ""
    scale, word = _step(abs(value), locale)
    if _is_chinese(locale):
        unit = CURRENCY_WORDS.get(currency, currency)
        return f"{sign}{_digits(abs(value), scale)}{word}{unit}"
    return f"{sign}{currency} {_digits(abs(value), scale, grouped=scale == 1)}{word}"


def _range(lower: int, upper: int, currency: str, locale: str) -> str:
    first, last = _money(lower, currency, locale), _money(upper, currency, locale)
    scale, word = _step(upper, locale)
    same_unit = _step(lower, locale) == (scale, word)
    if _is_chinese(locale):
        return f"{_digits(lower, scale)}–{last}" if same_unit else f"{first}–{last}"
    last = last.removeprefix(f"{currency} ")
    return f"{currency} {_digits(lower, scale)}–{last}" if same_unit else f"{first}–{last}"


def _digits(value: int, scale: int, *, grouped: bool = False) -> str:
    number = EXACT.divide(Decimal(value), Decimal(scale))
    return f"{value:,}" if grouped else plain_digits(number)
