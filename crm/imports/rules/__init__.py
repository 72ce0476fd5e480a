"""The rules of reading a ledger: pure, from sheets of plain cells to rows of plain values."""

from crm.imports.rules.fields import Field, LandUnit, meaning_of
from crm.imports.rules.layout import Column, SheetLayout, find_layout
from crm.imports.rules.ledger import (
    BLOCKING,
    Hint,
    Ledger,
    LedgerMessage,
    LedgerRow,
    MessageCode,
)
from crm.imports.rules.reading import read_ledger
from crm.imports.rules.stage_words import stage_of
from crm.imports.rules.taxonomy import KnownChain, KnownSegment, Taxonomy

__all__ = [
    "BLOCKING",
    "Column",
    "Field",
    "Hint",
    "KnownChain",
    "KnownSegment",
    "LandUnit",
    "Ledger",
    "LedgerMessage",
    "LedgerRow",
    "MessageCode",
    "SheetLayout",
    "Taxonomy",
    "find_layout",
    "meaning_of",
    "read_ledger",
    "stage_of",
]
