"""Why a project goes back to the certifier, and what two have in common, in words."""

from crm.core.web import money_text
from crm.leads.wording import word as lead_word
from crm.recognition.rules import Crossing, Pair
from crm.recognition.wording import joined, word


def crossing_text(crossing: Crossing) -> str:
    """“总投资降到门槛5亿元以下”; amounts with their unit in the reader's language."""
    text = word(crossing.change)
    if crossing.field is None or crossing.threshold is None:
        return str(text)
    return str(text) % {
        "field": lead_word(crossing.field),
        "threshold": money_text(crossing.threshold),
    }


def alike_text(pair: Pair) -> str:
    """“同一投资方、联系电话相同”."""
    return joined(word(alike) for alike in pair.reasons)
