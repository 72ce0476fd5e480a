"""Reading the outlook: the three books, and what is reached already."""

from crm.outlook.queries.achieved import Achieved, Named, achieved_of
from crm.outlook.queries.books import (
    Decision,
    Entry,
    QuotaOfYear,
    YearBooks,
    books_of,
    entry_of,
    year_quotas,
)

__all__ = [
    "Achieved",
    "Decision",
    "Entry",
    "Named",
    "QuotaOfYear",
    "YearBooks",
    "achieved_of",
    "books_of",
    "entry_of",
    "year_quotas",
]
