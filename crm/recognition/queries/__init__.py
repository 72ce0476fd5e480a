"""Reading recognition: what each level said, what stands to be decided, who may be whom."""

from crm.recognition.queries.claims import (
    Term,
    YearOfClaims,
    hands_of,
    terms_of_year,
    year_of_claims,
)
from crm.recognition.queries.numbers import (
    LevelNumbers,
    level_numbers,
    meant_leads,
)
from crm.recognition.queries.reviews import Review, reviews_said, to_review
from crm.recognition.queries.standing import (
    Said,
    last_decisions,
    recognised,
    recognised_by_code,
    recognised_ids,
    said_of,
    said_of_lead,
)
from crm.recognition.queries.suspects import Suspicion, open_against, suspicions

__all__ = [
    "LevelNumbers",
    "Review",
    "Said",
    "Suspicion",
    "Term",
    "YearOfClaims",
    "hands_of",
    "last_decisions",
    "level_numbers",
    "meant_leads",
    "open_against",
    "recognised",
    "recognised_by_code",
    "recognised_ids",
    "reviews_said",
    "said_of",
    "said_of_lead",
    "suspicions",
    "terms_of_year",
    "to_review",
    "year_of_claims",
]
