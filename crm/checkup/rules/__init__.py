"""The pure rules of the checkup: which papers a counted project needs. No Flask, SQL or clock."""

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
    "CountedProject",
    "EventPaper",
    "KeptFile",
    "Paper",
    "PaperState",
    "Proof",
    "days_left",
    "file_name",
    "folder_name",
    "next_cutoff",
    "papers_of",
    "unique_names",
]
