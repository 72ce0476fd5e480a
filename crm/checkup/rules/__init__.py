"""The pure rules of the checkup: papers a counted project needs, questions its records raise."""

from crm.checkup.rules.findings import (
    Common,
    ExaminedProject,
    Finding,
    FindingCode,
    Limits,
    StatedAmount,
    Weight,
    examine,
)
from crm.checkup.rules.folder import file_name, folder_name, unique_names
from crm.checkup.rules.papers import (
    CountedProject,
    EventPaper,
    KeptFile,
    Paper,
    PaperState,
    Proof,
    days_left,
    next_cutoff,
    papers_of,
)

__all__ = [
    "Common",
    "CountedProject",
    "EventPaper",
    "ExaminedProject",
    "Finding",
    "FindingCode",
    "KeptFile",
    "Limits",
    "Paper",
    "PaperState",
    "Proof",
    "StatedAmount",
    "Weight",
    "days_left",
    "examine",
    "file_name",
    "folder_name",
    "next_cutoff",
    "papers_of",
    "unique_names",
]
