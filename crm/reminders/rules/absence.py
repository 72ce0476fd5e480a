"""Days on which a delegate (代理人) is told instead: what makes sense, and who is told in the end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.reminders.rules.people import Away, delegates

LONGEST = 366
"""Days; who stays away longer hands the leads over instead."""


class AbsenceFault(StrEnum):
    """Why an absence cannot be noted."""

    ENDS_FIRST = "ends_first"
    OVER = "over"
    TOO_LONG = "too_long"
    SELF = "self"
    NOT_AT_WORK = "not_at_work"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class StandIn:
    """Days on which one reader is told what is meant for somebody away; both days included."""

    starts_on: date
    ends_on: date
    reader_id: int


def why_not_away(
    person_id: int,
    delegate_id: int,
    starts_on: date,
    ends_on: date,
    *,
    active: Collection[int],
    others: Collection[Away],
    today: date,
) -> dict[str, AbsenceFault]:
    """What is wrong with an absence, by field. `others`: the further absences of that person."""
    found = {}
    if ends_on < starts_on:
        found["ends_on"] = AbsenceFault.ENDS_FIRST
    elif ends_on < today:
        found["ends_on"] = AbsenceFault.OVER
    elif (ends_on - starts_on).days >= LONGEST:
        found["ends_on"] = AbsenceFault.TOO_LONG
    elif any(each.starts_on <= ends_on and starts_on <= each.ends_on for each in others):
        found["starts_on"] = AbsenceFault.OVERLAPS
    if delegate_id == person_id:
        found["delegate_id"] = AbsenceFault.SELF
    elif delegate_id not in active:
        found["delegate_id"] = AbsenceFault.NOT_AT_WORK
    return found


def stand_ins(
    away: Away, absences: Collection[Away], active: Collection[int]
) -> tuple[StandIn, ...]:
    """Who is told from when to when during an absence, through delegates who are away themselves.

    `absences` are those of everybody, this one among them. The person is told where the way ends at
    nobody at work (see `delegates`).
    """
    turns = {away.starts_on}
    for each in absences:
        turns |= {each.starts_on, each.ends_on + timedelta(days=1)}
    begins = sorted(day for day in turns if away.starts_on <= day <= away.ends_on)
    found: list[StandIn] = []
    for begin, following in zip(
        begins, [*begins[1:], away.ends_on + timedelta(days=1)], strict=True
    ):
        reader = delegates(absences, active, begin).get(away.person_id, away.person_id)
        last = following - timedelta(days=1)
        if found and found[-1].reader_id == reader:
            found[-1] = StandIn(found[-1].starts_on, last, reader)
        else:
            found.append(StandIn(begin, last, reader))
    return tuple(found)
