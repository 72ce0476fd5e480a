"""The facts that quotas read of leads: a fixed number of SELECTs for any number of leads."""

from crm.quotas.facts.concerned import (
    leads_in_currency,
    leads_of_enterprises,
    leads_of_ranked_groups,
    leads_of_ranking_list,
)
from crm.quotas.facts.reading import CHUNK, facts_of
from crm.quotas.facts.terms import Surroundings, nodes_of, surroundings, terms_of

__all__ = [
    "CHUNK",
    "Surroundings",
    "facts_of",
    "leads_in_currency",
    "leads_of_enterprises",
    "leads_of_ranked_groups",
    "leads_of_ranking_list",
    "nodes_of",
    "surroundings",
    "terms_of",
]
