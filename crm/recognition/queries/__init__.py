"""Reading recognition: what each level said, what stands to be decided, who may be whom."""

from crm.recognition.queries.claims import (
    Term,
    YearOfClaims,
    hands_of,
    terms_of_year,
    year_of_claims,
)
from crm.recognition.queries.reviews import Review, to_review
from crm.recognition.queries.standing import (
    Said,
    last_decisions,
    recognised,
    recognised_ids,
    said_of,
)
from crm.recognition.queries.suspects import Suspicion, open_against, suspicions

__all__ = [
    "Review",
    "Said",
    "Suspicion",
    "Term",
    "YearOfClaims",
    "hands_of",
    "last_decisions",
    "open_against",
    "recognised",
    "recognised_ids",
    "said_of",
    "suspicions",
    "terms_of_year",
    "to_review",
    "year_of_claims",
]
