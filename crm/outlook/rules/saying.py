"""一句话口径: the numbers that are told, and which leads explain that the next ones differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Counted(StrEnum):
    """The numbers of the line that have names behind them, in the order in which they are said."""

    RECOGNISED = "recognised"
    AWAITING = "awaiting"
    CERTAIN = "certain"
    STRIVE = "strive"
    RESERVE = "reserve"


SAID = (Counted.RECOGNISED, Counted.AWAITING, Counted.CERTAIN, Counted.STRIVE)
"""What the line says; nobody is told the reserve."""


@dataclass(frozen=True, slots=True)
class SaidOfQuota:
    """What the line says of one quota: the lead ids behind each number, and what is due."""

    code: str
    due: int
    leads: Mapping[Counted, frozenset[int]]

    def count(self, number: Counted) -> int:
        return len(self.leads.get(number, frozenset()))


@dataclass(frozen=True, slots=True)
class Differs:
    """One number that is not what was told: the leads that came and those that went."""

    code: str
    number: Counted
    before: int
    after: int
    came: tuple[int, ...] = ()
    went: tuple[int, ...] = ()


def differing(told: Sequence[SaidOfQuota], now: Sequence[SaidOfQuota]) -> tuple[Differs, ...]:
    """Every number that differs from what was told, also where the names alone do.

    What is due grows by itself and is left out, and so is the reserve, which is not said. A quota
    told of before and gone since counts as none now, and one new since counted as none then.
    """
    before = {each.code: each for each in told}
    after = {each.code: each for each in now}
    found = []
    for code in dict.fromkeys([*before, *after]):
        for number in SAID:
            old = before[code].leads.get(number, frozenset()) if code in before else frozenset()
            new = after[code].leads.get(number, frozenset()) if code in after else frozenset()
            if old != new:
                found.append(
                    Differs(
                        code, number, len(old), len(new),
                        tuple(sorted(new - old)), tuple(sorted(old - new)),
                    )
                )  # fmt: skip
    return tuple(found)
