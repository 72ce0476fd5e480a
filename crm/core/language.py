"""The reader's language: Chinese, or English."""

from flask_babel import get_locale


def language() -> str:
    """zh or en; zh outside a request."""
    locale = get_locale()
    return "zh" if locale is None else str(locale.language)


def is_chinese() -> bool:
    return language() == "zh"


NUMERALS = "一二三四五六七八九"


def numbered(number: int, heading: str) -> str:
    """A heading of a document with its number: 一、签约2个; in English 1. Signed: 2.

    Beyond 九十九 the number is written in figures.
    """
    if not is_chinese():
        return f"{number}. {heading}"
    tens, ones = divmod(number, 10)
    if number > 99:
        return f"{number}、{heading}"
    told = ("" if tens < 2 else NUMERALS[tens - 1]) + ("十" if tens else "")
    return f"{told}{NUMERALS[ones - 1] if ones else ''}、{heading}"
