"""What we hold of the projects a ledger names, and what ledgers left open."""

from crm.imports.queries.left_open import (
    COLUMN_OF,
    Change,
    Differing,
    differing_leads,
    open_matters,
    open_questions,
    told_fields,
    waiting,
)
from crm.imports.queries.ours import KINDS, Ours, ours_of
from crm.imports.queries.taken import import_for, imports_of, titles_of

__all__ = [
    "COLUMN_OF",
    "KINDS",
    "Change",
    "Differing",
    "Ours",
    "differing_leads",
    "import_for",
    "imports_of",
    "open_matters",
    "open_questions",
    "ours_of",
    "titles_of",
    "told_fields",
    "waiting",
]
