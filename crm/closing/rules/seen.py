"""A stored verdict as it was known from one moment to another, and the numbers it stands in."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crm.quotas.rules import Outcome, Reason


class Number(StrEnum):
    """The numbers of a quota: 已签约, 已注册, 已开工, 已认定."""

    SIGNED = "signed"
    REGISTERED = "registered"
    STARTED = "started"
    CERTIFIED = "certified"


BY_EVENT = (Number.SIGNED, Number.REGISTERED, Number.STARTED)
"""The numbers that follow from events; 已认定 follows from decisions."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known of a lead on a quota, and since when (None: not by a moment of its own)."""

    lead_id: int
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    branch: int | None = None
    signed_from: date | None = None
    registered_from: date | None = None
    started_from: date | None = None
    since: datetime | None = None

    def entered(self, number: Number) -> date | None:
        """The day from which the lead stands in a number by events; None if it does not."""
        match number:
            case Number.SIGNED:
                return self.signed_from
            case Number.REGISTERED:
                return self.registered_from
            case Number.STARTED:
                return self.started_from
            case Number.CERTIFIED:
                return None

    def stands_in(self, number: Number, on: date) -> bool:
        """Whether the lead stands in the number by the end of the day ``on``."""
        day = self.entered(number)
        return day is not None and day <= on
