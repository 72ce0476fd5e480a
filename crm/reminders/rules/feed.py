"""What stands in a person's calendar feed, and the secret its address holds.

Pure: the secret itself comes from elsewhere. Whoever has the address reads the feed, so only its hash
is kept and a new address ends the old one.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crm.core.days import WorkCalendar
from crm.reminders.rules.falling import step_day
from crm.reminders.rules.settings import Setting

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 random bytes as they stand in an address."""
MOST_OF_A_KIND = 1000
"""More than a person has before them; the latest days are kept."""


class FeedKind(StrEnum):
    """What a day of the feed is about."""

    NEXT_ACTION = "next_action"
    EXPECTED_SIGNING = "expected_signing"
    AGREED_DATE = "agreed_date"
    TRIP_REPORT = "trip_report"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class FeedDay:
    """One all-day event: `of_id` is the lead's, date's, trip's or instruction's.

    `made_at` and `version` tell a calendar whether it changed; `about` is the lead's title.
    """

    kind: FeedKind
    of_id: int
    on: date
    words: str
    about: str | None
    lead_id: int | None
    made_at: datetime
    version: int = 1
    on_behalf_of: str | None = None  # who is away on that day

    @property
    def uid(self) -> str:
        """The same for ever, whatever becomes of the day."""
        return f"{self.kind.value.replace('_', '-')}-{self.of_id}"


def hashed(token: str) -> str:
    """What is kept of a token. It is random enough to need no salt."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def looks_like_a_token(text: str) -> bool:
    """Whether it is worth asking the database."""
    return TOKEN.fullmatch(text) is not None


def report_day(returned_on: date, setting: Setting, calendar: WorkCalendar) -> date:
    """The day until which the report of a trip is owed: the first step that announces nothing."""
    step = next((each for each in setting.steps if not each.announces), setting.steps[-1])
    return step_day(calendar, returned_on, step.days, setting.in_working_days)
