"""Lists other people publish: reading an edition, finding our companies on it, comparing two."""

from crm.enterprises.rules.ranking.companies import EXACT, SCORE, Basis, Ours, Printed
from crm.enterprises.rules.ranking.diffing import Difference, Pair, compare
from crm.enterprises.rules.ranking.english import english_key
from crm.enterprises.rules.ranking.matching import Proposal, propose

__all__ = [
    "EXACT",
    "SCORE",
    "Basis",
    "Difference",
    "Ours",
    "Pair",
    "Printed",
    "Proposal",
    "compare",
    "english_key",
    "propose",
]
