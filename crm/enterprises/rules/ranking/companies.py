"""What matching and comparing read: a company as a list prints it, and as we have registered it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from crm.enterprises.rules.ranking.english import english_key
from crm.enterprises.rules.ranking.name_parts import NameParts, taken_apart


class Basis(StrEnum):
    """By what two names are held for one company, the firmest first."""

    USCC = "uscc"
    NAME = "name"
    CARRIED = "carried"  # confirmed on the edition before, printed the same
    CARRIED_RENAMED = "carried_renamed"  # confirmed on the edition before, printed otherwise
    ALIAS = "alias"
    ENGLISH = "english"
    LOOSE = "loose"
    PINYIN = "pinyin"
    SIMILAR = "similar"


EXACT = frozenset({Basis.USCC, Basis.NAME, Basis.CARRIED})
"""Sound enough to be confirmed many at a time, after a look at the list."""
SCORE = {
    Basis.USCC: 100, Basis.NAME: 98, Basis.CARRIED: 97, Basis.CARRIED_RENAMED: 95,
    Basis.ALIAS: 94, Basis.ENGLISH: 92, Basis.LOOSE: 90, Basis.PINYIN: 89, Basis.SIMILAR: 0,
}  # fmt: skip
"""For the order of a row's proposals; a similar name brings its own likeness in percent."""


@dataclass(frozen=True)
class Printed:
    """A company as one row of an edition prints it; `id` is whatever the caller numbers rows by."""

    id: int
    name_zh: str | None = None
    name_en: str | None = None
    uscc: str | None = None
    rank: int | None = None
    country: str | None = None

    @cached_property
    def parts(self) -> NameParts | None:
        return taken_apart(self.name_zh) if self.name_zh else None

    @cached_property
    def english(self) -> str:
        return english_key(self.name_en) if self.name_en else ""


@dataclass(frozen=True)
class Ours:
    """A registered company with every name it goes or went by."""

    id: int
    name: str
    short_name: str | None = None
    former_names: tuple[str, ...] = ()
    name_en: str | None = None
    uscc: str | None = None

    @cached_property
    def parts(self) -> NameParts:
        return taken_apart(self.name)

    @property
    def aliases(self) -> tuple[str, ...]:
        return (*((self.short_name,) if self.short_name else ()), *self.former_names)
