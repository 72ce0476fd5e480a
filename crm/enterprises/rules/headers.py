"""Finding what the columns of a sheet mean by the words of their header. Pure."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TypeVar

from crm.core.sheets import Sheet, Value

Column = TypeVar("Column", bound=StrEnum)
Patterns = Sequence[tuple[Column, re.Pattern[str]]]
"""Tried in this order; the first column a pattern fits takes the field."""

LOOKED_THROUGH = 20
"""Rows at the top of a sheet among which the header is sought."""


def header_words(value: Value) -> str:
    """One width and case, without line breaks: 公司名称(英文), name cn."""
    text = unicodedata.normalize("NFKC", str(value)) if value is not None else ""
    return re.sub(r"[\s_]+", " ", text.strip().lower())


def named_columns(
    cells: Sequence[Value], patterns: Patterns[Column], whole: Collection[Column] = ()
) -> dict[Column, int]:
    """The places of the columns a header row names; for those of `whole` brackets tell too.

    公司名称（中文） is 公司名称, but 公司名称（英文） is not: only there do the brackets tell.
    """
    words = [header_words(cell) for cell in cells]
    short = [re.sub(r"\(.*", "", text).strip() or text for text in words]
    found: dict[Column, int] = {}
    for column, pattern in patterns:
        for place, text in enumerate(words if column in whole else short):
            if text and place not in found.values() and pattern.search(text):
                found[column] = place
                break
    return found


def header_of(
    sheet: Sheet, patterns: Patterns[Column], whole: Collection[Column] = ()
) -> tuple[int, dict[Column, int]]:
    """The row most of whose cells are known header words, counted from 0, and what they name."""
    best: tuple[int, dict[Column, int]] = (0, {})
    for row, cells in enumerate(sheet.rows[:LOOKED_THROUGH]):
        columns = named_columns(cells, patterns, whole)
        if len(columns) > len(best[1]):
            best = (row, columns)
    return best


def value_or_formula(sheet: Sheet, row: int, column: int) -> Value:
    """What stands in a cell; of a formula without a stored value its text, so that it is told."""
    value = sheet.at(row, column)
    return sheet.formulas.get((row, column)) if value is None else value


def cell_text(value: Value) -> str | None:
    """A cell as one line of printable text; a whole number without its decimals, nothing as None."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = str(value)
    if not text.isprintable():
        text = "".join(
            char for char in text if char in "\n\t " or unicodedata.category(char)[0] != "C"
        )
    return " ".join(text.split()) or None
