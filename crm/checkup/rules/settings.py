"""What the checkup asks about, as an office sets it: each kind of question on or off, its limits.

No rule of a district fixes the limits; the defaults are what inspections were seen to ask about
(DOMAIN §2.4, §2.5).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from crm.checkup.rules.findings import FindingCode, Limits


class LimitName(StrEnum):
    """A limit by the name it is stored under, which tells its unit: per cent, days, else projects."""

    JUST_ABOVE_PERCENT = "just_above_percent"
    FILING_GAP_PERCENT = "filing_gap_percent"
    TOGETHER_DAYS = "together_days"
    BURST_DAYS = "burst_days"
    BURST_PERCENT = "burst_percent"
    BURST_LEAST = "burst_least"
    LATE_DAYS = "late_days"


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where to where a limit makes sense, both included."""

    least: int
    most: int


BOUNDS: dict[LimitName, Bounds] = {
    LimitName.JUST_ABOVE_PERCENT: Bounds(0, 20),
    LimitName.FILING_GAP_PERCENT: Bounds(0, 99),
    LimitName.TOGETHER_DAYS: Bounds(0, 1095),
    LimitName.BURST_DAYS: Bounds(1, 183),
    LimitName.BURST_PERCENT: Bounds(1, 100),
    LimitName.BURST_LEAST: Bounds(2, 100),
    LimitName.LATE_DAYS: Bounds(0, 365),
}

LIMITS_OF: dict[FindingCode, tuple[LimitName, ...]] = {
    FindingCode.CROSSED_THRESHOLD: (),
    FindingCode.JUST_ABOVE: (LimitName.JUST_ABOVE_PERCENT,),
    FindingCode.FILING_BELOW: (LimitName.FILING_GAP_PERCENT,),
    FindingCode.SPLIT_GROUP: (LimitName.TOGETHER_DAYS,),
    FindingCode.SHARED: (),
    FindingCode.YEAR_END_BURST: (
        LimitName.BURST_DAYS,
        LimitName.BURST_PERCENT,
        LimitName.BURST_LEAST,
    ),
    FindingCode.LATE_ENTRY: (LimitName.LATE_DAYS,),
    FindingCode.NO_TALKS: (),
    FindingCode.YEAR_SHIFTED: (),
}
"""Which limits belong to which kind of question; the width of 压线 also tells a suspicious edit."""

DEFAULT_LIMITS: dict[LimitName, int] = {
    LimitName(each.name): getattr(Limits(), each.name) for each in fields(Limits)
}


@dataclass(frozen=True, slots=True)
class CheckupSettings:
    """What holds: the limits, and the kinds that are not asked about."""

    limits: Limits = field(default_factory=Limits)
    off: frozenset[FindingCode] = frozenset()

    def limit(self, name: LimitName) -> int:
        value: int = getattr(self.limits, name.value)
        return value

    def told(self) -> Iterator[tuple[str, bool | int]]:
        """Every switch and limit under its name, in their order: what a change is told by."""
        for code in FindingCode:
            yield code.value, code not in self.off
        for name in LimitName:
            yield name.value, self.limit(name)


def settings_of(limits: Mapping[LimitName, int], off: frozenset[FindingCode]) -> CheckupSettings:
    """Settings of typed values; limits not named stand at their defaults."""
    known = {name.value: value for name, value in {**DEFAULT_LIMITS, **limits}.items()}
    return CheckupSettings(Limits(**known), off)


def outside(settings: CheckupSettings) -> tuple[LimitName, ...]:
    """The limits that lie outside their bounds."""
    return tuple(
        name
        for name, bounds in BOUNDS.items()
        if not bounds.least <= settings.limit(name) <= bounds.most
    )
