"""Why a project goes back to the certifier, and what two have in common, in words."""

from flask_babel import gettext as _

from crm.core.web import mark, moment_text, money_text
from crm.leads.wording import word as lead_word
from crm.quotas.rules import Outcome
from crm.quotas.wording import word as outcome_word
from crm.recognition.rules import Barred, Crossing, Deciders, Pair
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


def moved_text(crossing: Crossing) -> str:
    """“6亿元 → 4亿元，现为5亿元”; empty where it is not known."""
    if crossing.old is None or crossing.new is None:
        return ""
    text = f"{_value(crossing.old)} → {_value(crossing.new)}"
    if crossing.now is not None and crossing.now != crossing.new:
        text += mark("，", ", ") + _("现为%(value)s", value=_value(crossing.now))
    return text


def _value(value: int | Outcome) -> str:
    return str(outcome_word(value)) if isinstance(value, Outcome) else money_text(value)


def hand_text(crossing: Crossing) -> str:
    """“刘洋，2026-11-20 15:02”, the moment alone where nobody is named."""
    at = crossing.at or crossing.since
    if at is None:
        return ""
    return f"{crossing.by}{mark('，', ', ')}{moment_text(at)}" if crossing.by else moment_text(at)


def barred_text(who: Deciders, *, is_leader: bool) -> str:
    """Why somebody decides in place of a head of the unit: “单位负责人王某本人负责…，由局领导审核”."""
    why = who.why or Barred.OWN
    reason = str(word(why)) % {"names": joined(each.name for each in who.barred)}
    end = _("由局领导审核") if is_leader else _("由同单位其他负责人审核")
    return f"{reason}{mark('，', '; ')}{end}"


def alike_text(pair: Pair) -> str:
    """“同一投资方、联系电话相同”."""
    return joined(word(alike) for alike in pair.reasons)
