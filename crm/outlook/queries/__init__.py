"""Reading the outlook: the three books, what is reached, what was told, what is forecast."""

from crm.outlook.queries.achieved import Achieved, Named, achieved_of, names_of
from crm.outlook.queries.books import (
    Decision,
    Entry,
    QuotaOfYear,
    YearBooks,
    books_of,
    entry_of,
    year_quotas,
)
from crm.outlook.queries.ceremonies import PlannedCeremony, ceremonies, signable
from crm.outlook.queries.saying import Telling, kept_numbers, sayable, tellings

__all__ = [
    "Achieved",
    "Decision",
    "Entry",
    "Named",
    "PlannedCeremony",
    "QuotaOfYear",
    "Telling",
    "YearBooks",
    "achieved_of",
    "books_of",
    "ceremonies",
    "entry_of",
    "kept_numbers",
    "names_of",
    "sayable",
    "signable",
    "tellings",
    "year_quotas",
]
