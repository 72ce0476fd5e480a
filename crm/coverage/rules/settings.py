"""What the office sets of coverage: the thresholds of a segment's status and the weights of targets.

Every number is whole and stands here once, with its bounds, its default and the part of the page it is
set on. No rule of a district fixes them; the defaults are explained in docs/chains.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm.chains.rules.presence import STALE_AFTER_DAYS
from crm.enterprises.rules.signals import HALF_LIFE_DAYS


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
    TARGET_GAP_POINTS = "target_gap_points"
    TARGET_WEAK_POINTS = "target_weak_points"
    LIST_COUNTED_POINTS = "list_counted_points"
    LIST_LARGE_POINTS = "list_large_points"
    LIST_OTHER_POINTS = "list_other_points"
    ANCHOR_PARTNER_POINTS = "anchor_partner_points"
    ANCHOR_NEED_POINTS = "anchor_need_points"
    SIGNAL_POINTS = "signal_points"
    SIGNAL_HALF_LIFE_DAYS = "signal_half_life_days"
    AFFILIATE_POINTS = "affiliate_points"
    QUOTA_FIT_POINTS = "quota_fit_points"
    CONTACT_POINTS = "contact_points"
    TALKS_MINUS_POINTS = "talks_minus_points"
    GROUP_TALKS_MINUS_POINTS = "group_talks_minus_points"
    REFUSED_MINUS_POINTS = "refused_minus_points"


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
    Number.STALE_AFTER_DAYS: Terms(Part.STATUS, STALE_AFTER_DAYS, 30, 1825),
    Number.STALE_PERCENT: Terms(Part.STATUS, 50, 0, 100),
    Number.NEED_POINTS: Terms(Part.STATUS, 1, 0, 20),
    Number.TALKS_PERCENT: Terms(Part.STATUS, 50, 1, 500),
    # DOMAIN §3's model; what is taken away is ours.
    Number.TARGET_GAP_POINTS: Terms(Part.TARGETS, 25, 0, 100),
    Number.TARGET_WEAK_POINTS: Terms(Part.TARGETS, 15, 0, 100),
    Number.LIST_COUNTED_POINTS: Terms(Part.TARGETS, 20, 0, 100),
    Number.LIST_LARGE_POINTS: Terms(Part.TARGETS, 12, 0, 100),
    Number.LIST_OTHER_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.ANCHOR_PARTNER_POINTS: Terms(Part.TARGETS, 15, 0, 100),
    Number.ANCHOR_NEED_POINTS: Terms(Part.TARGETS, 15, 0, 100),
    Number.SIGNAL_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.SIGNAL_HALF_LIFE_DAYS: Terms(Part.TARGETS, HALF_LIFE_DAYS, 1, 3650),
    Number.AFFILIATE_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.QUOTA_FIT_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.CONTACT_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.TALKS_MINUS_POINTS: Terms(Part.TARGETS, 30, 0, 100),
    Number.GROUP_TALKS_MINUS_POINTS: Terms(Part.TARGETS, 10, 0, 100),
    Number.REFUSED_MINUS_POINTS: Terms(Part.TARGETS, 15, 0, 100),
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
