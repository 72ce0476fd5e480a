"""What a single clause says of a lead: met or not, why, and the facts it was read from.

Each clause of the criteria becomes a question that is asked once per lead, however many quotas ask
it. The answer (`Said`) is one of few, so that judging thousands of leads compares answers instead
of making sentences; the reasons with their values are made of it when somebody wants to read them.
"""

from crm.quotas.rules.findings.amounts import AmountQuestion
from crm.quotas.rules.findings.choices import FactQuestion, HeadquartersQuestion, PhysicalQuestion
from crm.quotas.rules.findings.rankings import FirstEntryQuestion, RankingQuestion
from crm.quotas.rules.findings.reading import (
    FigureChoice,
    Question,
    Read,
    Said,
    plain_reason,
    signing_of,
)

__all__ = [
    "AmountQuestion",
    "FactQuestion",
    "FigureChoice",
    "FirstEntryQuestion",
    "HeadquartersQuestion",
    "PhysicalQuestion",
    "Question",
    "RankingQuestion",
    "Read",
    "Said",
    "plain_reason",
    "signing_of",
]
