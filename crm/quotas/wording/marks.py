"""Marks, days, months and amounts in the reader's language: what every text is put together with."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from crm.core.language import is_chinese
from crm.core.money import format_yuan


def mark(chinese: str, english: str) -> str:
    """A punctuation mark, which is no text to translate."""
    return chinese if is_chinese() else english


def listed(texts: Iterable[str]) -> str:
    """Several names in a line: 甲、乙."""
    return mark("、", ", ").join(texts)


def yuan_text(yuan: int) -> str:
    return format_yuan(yuan, "zh" if is_chinese() else "en")


def share_text(share: Decimal | None) -> str:
    return "" if share is None else f"{(share * 100).normalize():f}%"


MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def months_text(months: Sequence[date]) -> str:
    """9月、10月, or Sep, Oct."""
    return listed(map(month_text, months))


def month_text(month: date) -> str:
    """A month of a year that is known: 9月, Sep."""
    return f"{month.month}月" if is_chinese() else MONTHS_EN[month.month - 1]  # 原文


def day_text(on: date) -> str:
    """A day as documents write it: 2026年11月23日, 23 November 2026."""
    if is_chinese():
        return f"{on.year}年{on.month}月{on.day}日"  # 原文
    return f"{on.day} {on:%B %Y}"
