"""Pinyin of names, so that `jbjt` finds 建邦胶体. Plain functions; the library loads on first use."""

from functools import lru_cache

# Readings the library takes from everyday words but place names say otherwise.
PLACE_READINGS = {"单县": "sx"}


@lru_cache(maxsize=4096)
def pinyin_initials(text: str) -> str:
    """First letters of every character, Latin letters and digits kept: 建邦A2 → jba2."""
    from pypinyin import Style, lazy_pinyin

    for word, letters in PLACE_READINGS.items():
        text = text.replace(word, letters)
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower().replace(" ", "")
