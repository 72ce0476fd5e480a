"""Two records of one company that come to stand at one segment become one: nothing known is lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crm.chains.rules.kinds import FitBasis, FitState, PresenceRole, Strength

LONGEST_EVIDENCE = 300
_BASES = (
    FitBasis.PERSON,
    FitBasis.EXAMPLE,
    FitBasis.BOTH,
    FitBasis.KEYWORD,
    FitBasis.INDUSTRY_CODE,
)
_STATES = (FitState.CONFIRMED, FitState.REJECTED, FitState.SUGGESTED)
"""What a person said goes before what is only suggested, and yes before no."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a company at a segment. Output in whole yuan of one year."""

    role: PresenceRole
    strength: Strength
    output_yuan: int | None
    output_year: int | None
    evidence: str | None
    since_on: date | None
    checked_on: date


def joined(one: Standing, other: Standing) -> Standing:
    """One record out of two: the greater role and strength, the earlier beginning, the older check.

    Outputs of one year are added, for they were stated of two parts of the business; of two years the
    newer one stands, for years are never mixed. The older check counts: one of the two has not
    been looked at since.
    """
    roles = tuple(PresenceRole)
    output, year = _output(one, other)
    since = (
        None
        if one.since_on is None or other.since_on is None
        else min(one.since_on, other.since_on)
    )
    words = list(dict.fromkeys(each for each in (one.evidence, other.evidence) if each))
    return Standing(
        min(one.role, other.role, key=roles.index),
        max(one.strength, other.strength, key=lambda each: each.points),
        output,
        year,
        "；".join(words)[:LONGEST_EVIDENCE] or None,
        since,
        min(one.checked_on, other.checked_on),
    )


def _output(one: Standing, other: Standing) -> tuple[int | None, int | None]:
    if one.output_yuan is None or other.output_yuan is None:
        known = one if one.output_yuan is not None else other
    elif one.output_year == other.output_year:
        return one.output_yuan + other.output_yuan, one.output_year
    else:
        known = max((one, other), key=lambda each: each.output_year or 0)
    return known.output_yuan, known.output_year


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a company belongs to a segment, and who says so."""

    state: FitState
    basis: FitBasis
    score: int
    matched: tuple[str, ...]


def joined_fit(one: Fit, other: Fit) -> Fit:
    """One record out of two; what a person decided outweighs any suggestion."""
    state = min(one.state, other.state, key=_STATES.index)
    basis = min(one.basis, other.basis, key=_BASES.index)
    return Fit(state, basis, max(one.score, other.score), both(one.matched, other.matched))


def both(one: Iterable[str] | None, other: Iterable[str] | None) -> tuple[str, ...]:
    """The words of two lists, each once, in their order."""
    return tuple(dict.fromkeys([*(one or ()), *(other or ())]))
