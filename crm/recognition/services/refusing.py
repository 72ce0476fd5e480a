"""Reasons of the rules as the refusal of a verb."""

from collections.abc import Iterable

from crm.core.errors import Fault, Refused
from crm.recognition.rules import WhyNot
from crm.recognition.wording import word

FIELDS = {
    WhyNot.REASON_MISSING: "reason",
    WhyNot.NO_BATCH: "batch",
    WhyNot.BATCH_CLOSED: "batch",
    WhyNot.BATCH_OTHER_LEVEL: "batch",
    WhyNot.BATCH_OTHER_YEAR: "batch",
    WhyNot.NO_DOCUMENT: "batch",
    WhyNot.DAY_AHEAD: "batch",
    WhyNot.EARLIER_THAN_LAST: "batch",
}
"""Beside which field of a form a reason is shown; others concern the whole."""


def refuse(reasons: Iterable[WhyNot]) -> None:
    """Raises Refused with all of them, if there are any."""
    faults = [Fault(FIELDS.get(why, ""), why.value, word(why)) for why in reasons]
    if faults:
        raise Refused(faults)
