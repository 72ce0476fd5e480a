"""What may be said of a segment, a chain or a group: the same limits for a form and a spreadsheet."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from crm.chains.rules.kinds import (
    DEFAULT_WEIGHT,
    LEAST_WEIGHT,
    MOST_WEIGHT,
    ChainKind,
    SegmentLayout,
)

LONGEST_CODE, LONGEST_CHAIN_CODE = 20, 12
LONGEST_NAME, LONGEST_NAME_EN = 60, 120
LONGEST_PRODUCT = 120
LONGEST_ANCHOR = 300
LONGEST_WORD, MOST_WORDS = 30, 100
LONGEST_EXAMPLE = 60
CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
INDUSTRY_CODE = re.compile(r"[A-T]?[0-9]{2,4}|[A-T]")
"""GB/T 4754-2017: a section's letter, or 2 to 4 digits of a division, group or class."""
_BETWEEN_WORDS = re.compile(r"[、,，;；\r\n]+")
_BETWEEN_CODES = re.compile(r"[、,，;；\s]+")


class EntryFault(StrEnum):
    NO_CODE = "no_code"
    BAD_CODE = "bad_code"
    LONG_CODE = "long_code"
    SAME_CODE = "same_code"
    NO_NAME = "no_name"
    LONG_NAME = "long_name"
    LONG_NAME_EN = "long_name_en"
    BAD_WEIGHT = "bad_weight"
    LONG_WORD = "long_word"
    MANY_WORDS = "many_words"
    BAD_INDUSTRY_CODE = "bad_industry_code"
    LONG_PRODUCT = "long_product"
    LONG_ANCHOR = "long_anchor"


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """What a segment says of itself, its place apart."""

    code: str
    name: str
    name_en: str | None = None
    layout: SegmentLayout = SegmentLayout.FOCUS
    is_key: bool = False
    weight: int = DEFAULT_WEIGHT
    keywords: tuple[str, ...] = ()
    industry_codes: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """What a chain says of itself."""

    code: str
    name: str
    name_en: str | None = None
    kind: ChainKind = ChainKind.CHAIN
    anchor: str | None = None
    leader_id: int | None = None
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """What a chain group says of itself."""

    code: str
    name: str
    name_en: str | None = None
    chain_id: int | None = None
    leader_id: int | None = None
    department_id: int | None = None


def words_in(text: str | None) -> tuple[str, ...]:
    """The words of a list as people type it, each once; blanks inside a word stay."""
    return _each(_BETWEEN_WORDS.split(text or ""))


def codes_in(text: str | None) -> tuple[str, ...]:
    """The codes of a list as people type it, in narrow capitals, each once."""
    narrow = unicodedata.normalize("NFKC", text or "")
    return _each(_BETWEEN_CODES.split(narrow.upper()))


def _each(parts: Iterable[str]) -> tuple[str, ...]:
    plain = ("".join(c if c.isprintable() else " " for c in part) for part in parts)
    return tuple(dict.fromkeys(kept for part in plain if (kept := " ".join(part.split()))))


def code_of(text: str | None) -> str:
    """A code as it is kept: narrow capitals, no blanks at its ends, and nothing that no database takes: a
    NUL, or half a character of a terminal."""
    taken = (text or "").encode(errors="ignore").decode().replace("\x00", "")
    return unicodedata.normalize("NFKC", taken).strip().upper()


def why_not_segment(entry: SegmentEntry) -> Iterator[tuple[str, EntryFault]]:
    """(field, fault) of everything that cannot be said of a segment."""
    yield from _names(entry.code, entry.name, entry.name_en, LONGEST_CODE)
    if not LEAST_WEIGHT <= entry.weight <= MOST_WEIGHT:
        yield "weight", EntryFault.BAD_WEIGHT
    for name, words, longest in (
        ("keywords", entry.keywords, LONGEST_WORD),
        ("industry_codes", entry.industry_codes, LONGEST_WORD),
        ("examples", entry.examples, LONGEST_EXAMPLE),
    ):
        if len(words) > MOST_WORDS:
            yield name, EntryFault.MANY_WORDS
        elif any(len(word) > longest for word in words):
            yield name, EntryFault.LONG_WORD
    if not all(INDUSTRY_CODE.fullmatch(code) for code in entry.industry_codes):
        yield "industry_codes", EntryFault.BAD_INDUSTRY_CODE


def why_not_chain(entry: ChainEntry) -> Iterator[tuple[str, EntryFault]]:
    """(field, fault) of everything that cannot be said of a chain."""
    yield from _names(entry.code, entry.name, entry.name_en, LONGEST_CHAIN_CODE)
    if len(entry.anchor or "") > LONGEST_ANCHOR:
        yield "anchor", EntryFault.LONG_ANCHOR


def why_not_group(entry: GroupEntry) -> Iterator[tuple[str, EntryFault]]:
    """(field, fault) of everything that cannot be said of a group."""
    yield from _names(entry.code, entry.name, entry.name_en, LONGEST_CODE)


def _names(
    code: str, name: str, name_en: str | None, longest_code: int
) -> Iterator[tuple[str, EntryFault]]:
    if not code:
        yield "code", EntryFault.NO_CODE
    elif len(code) > longest_code:
        yield "code", EntryFault.LONG_CODE
    elif not CODE.fullmatch(code):
        yield "code", EntryFault.BAD_CODE
    if not name:
        yield "name", EntryFault.NO_NAME
    elif len(name) > LONGEST_NAME:
        yield "name", EntryFault.LONG_NAME
    if len(name_en or "") > LONGEST_NAME_EN:
        yield "name_en", EntryFault.LONG_NAME_EN
