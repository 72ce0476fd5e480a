"""What the office sets of coverage: the thresholds of a segment's status and the weights of targets.

Every number is whole and stands here once, with its bounds, its default and the part of the page it is
set on. No rule of a district fixes them; the defaults are explained in docs/chains.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Number(StrEnum):
    """A number by the name it is stored under; its ending tells the unit: points, per cent, days."""

    HAS_POINTS = "has_points"
    STRONG_POINTS = "strong_points"
    ANCHOR_PERCENT = "anchor_percent"
    SUPPORT_PERCENT = "support_percent"
    STALE_AFTER_DAYS = "stale_after_days"
    STALE_PERCENT = "stale_percent"
    NEED_POINTS = "need_points"
    TALKS_PERCENT = "talks_percent"


class Part(StrEnum):
    """The parts of the settings' page."""

    STATUS = "status"
    TARGETS = "targets"


@dataclass(frozen=True, slots=True)
class Terms:
    """From where to where a number makes sense, both included, and what holds before anybody set it."""

    part: Part
    default: int
    least: int
    most: int


TERMS: dict[Number, Terms] = {
    Number.HAS_POINTS: Terms(Part.STATUS, 2, 1, 50),
    Number.STRONG_POINTS: Terms(Part.STATUS, 6, 2, 200),
    Number.ANCHOR_PERCENT: Terms(Part.STATUS, 150, 100, 500),
    Number.SUPPORT_PERCENT: Terms(Part.STATUS, 50, 0, 100),
    Number.STALE_AFTER_DAYS: Terms(Part.STATUS, 365, 30, 1825),
    Number.STALE_PERCENT: Terms(Part.STATUS, 50, 0, 100),
    Number.NEED_POINTS: Terms(Part.STATUS, 1, 0, 20),
    Number.TALKS_PERCENT: Terms(Part.STATUS, 50, 1, 500),
}


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """What holds; a number nobody set stands at its default."""

    numbers: Mapping[Number, int] = field(default_factory=dict)

    def __getitem__(self, name: Number) -> int:
        return self.numbers.get(name, TERMS[name].default)

    def told(self) -> Iterator[tuple[str, int]]:
        """Every number under its name, in their order: what is kept, and what a change is told by."""
        for name in TERMS:
            yield name.value, self[name]


def settings_of(kept: Mapping[str, int]) -> CoverageSettings:
    """Settings of a kept row; names of another version of the product are passed over."""
    return CoverageSettings({name: int(kept[name]) for name in TERMS if name in kept})


def outside(settings: CoverageSettings) -> tuple[Number, ...]:
    """The numbers that lie outside their bounds."""
    return tuple(
        name for name, terms in TERMS.items() if not terms.least <= settings[name] <= terms.most
    )


def is_out_of_order(settings: CoverageSettings) -> bool:
    """Whether 强 would ask for no more than 有."""
    return settings[Number.STRONG_POINTS] <= settings[Number.HAS_POINTS]
