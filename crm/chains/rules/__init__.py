"""What a chain is made of, and the judgements over it, as plain values."""

from crm.chains.rules.kinds import (
    DEFAULT_WEIGHT,
    LEAST_WEIGHT,
    MOST_WEIGHT,
    ChainKind,
    FitBasis,
    FitState,
    NeedKind,
    PresenceRole,
    SegmentLayout,
    Strength,
    Tier,
)

__all__ = [
    "DEFAULT_WEIGHT",
    "LEAST_WEIGHT",
    "MOST_WEIGHT",
    "ChainKind",
    "FitBasis",
    "FitState",
    "NeedKind",
    "PresenceRole",
    "SegmentLayout",
    "Strength",
    "Tier",
]
