"""How many mails a day brings, from counts of reminders alone: what a preview asks for.

Reminders of a reader that are told alike (the same kind, capacity and whether it was told) are one
group with a number; `telling` decides over a few of each, since all of a group share their fate.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from crm.core.days import WorkCalendar
from crm.reminders.rules.kinds import Level, ReminderKind
from crm.reminders.rules.telling import MOST_AT_ONCE_ALLOWED, Open, Wishes, telling


@dataclass(frozen=True, slots=True)
class Alike:
    """Reminders of one reader that are told alike, each of another matter, and how many there are."""

    kind: ReminderKind
    level: Level
    is_told: bool
    number: int


@dataclass(frozen=True, slots=True)
class Mails:
    """What one person would get on the day: mails of each sort, and matters of each kind in them."""

    at_once: int = 0
    digest: int = 0
    weekly: int = 0
    of_kind: dict[ReminderKind, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return self.at_once + self.digest + self.weekly


ENOUGH = MOST_AT_ONCE_ALLOWED + 1
"""Of a group: the cap can let no more go at once, so that the last of these shares the fate of the rest."""


def mails_of(groups: Iterable[Alike], wishes: Wishes, today: date, calendar: WorkCalendar) -> Mails:
    """What these reminders make of the day for their reader; none of the day's own mails has gone out."""
    asked: list[Open] = []
    stands_for: list[int] = []
    for each in groups:
        few = min(each.number, ENOUGH)
        for n in range(few):
            asked.append(Open(len(asked), each.kind, each.level, is_told=each.is_told))
            stands_for.append(each.number - few + 1 if n == few - 1 else 1)
    goes = telling(asked, wishes, today, calendar)
    of_kind: Counter[ReminderKind] = Counter()
    for number in (*goes.at_once, *goes.digest, *goes.weekly):
        of_kind[asked[number].kind] += stands_for[number]
    return Mails(len(goes.at_once), bool(goes.digest), bool(goes.weekly), dict(of_kind))
