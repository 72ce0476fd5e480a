"""The reader's language: Chinese, or English."""

from flask_babel import get_locale


def language() -> str:
    """zh or en; zh outside a request."""
    locale = get_locale()
    return "zh" if locale is None else str(locale.language)


def is_chinese() -> bool:
    return language() == "zh"
