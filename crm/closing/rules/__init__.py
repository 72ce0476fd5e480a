"""The pure rules of closing: closed periods, corrections, and the bridge between two numbers."""

from crm.closing.rules.bridging import (
    OFFICIAL,
    Bridge,
    Cause,
    Compare,
    Crossing,
    Why,
    bridge,
    decisive,
    why_entered,
    why_left,
)
from crm.closing.rules.periods import (
    YEAR,
    CloseFault,
    CorrectionFault,
    CorrectionKind,
    CorrectionSaid,
    ExportFault,
    corrected,
    cutoff,
    why_not_close,
    why_not_correct,
)
from crm.closing.rules.seen import BY_EVENT, Number, Seen

__all__ = [
    "BY_EVENT",
    "OFFICIAL",
    "YEAR",
    "Bridge",
    "Cause",
    "CloseFault",
    "Compare",
    "CorrectionFault",
    "CorrectionKind",
    "CorrectionSaid",
    "Crossing",
    "ExportFault",
    "Number",
    "Seen",
    "Why",
    "bridge",
    "corrected",
    "cutoff",
    "decisive",
    "why_entered",
    "why_left",
    "why_not_close",
    "why_not_correct",
]
