"""What becomes of an instruction (交办单), which light it shows, and who may do what with it.

Pure: the day and the calendar are arguments. Days are the office's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from crm.accounts.rules import Role
from crm.core.days import WorkCalendar


class InstructionState(StrEnum):
    """An answer does not end an instruction: whoever gave it looks at the answer and closes it."""

    OPEN = "open"
    REPLIED = "replied"  # 已回执, waits for whoever gave it
    CLOSED = "closed"  # 办结
    WITHDRAWN = "withdrawn"  # 撤销


class EntryKind(StrEnum):
    """One step of an instruction's trail; rows are added, never changed."""

    ISSUED = "issued"
    PROGRESS = "progress"
    REPLY = "reply"
    EXTENDED = "extended"
    REASSIGNED = "reassigned"
    CLOSED = "closed"
    RETURNED = "returned"  # an answer that does not suffice
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class Light(StrEnum):
    """How an open instruction stands; what is answered or over shows none."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Scope(StrEnum):
    """Whose instructions a list shows."""

    MINE = "mine"
    ISSUED = "issued"
    UNIT = "unit"
    ALL = "all"


class Standing(StrEnum):
    """Which instructions a list shows, by how far they are."""

    RUNNING = "running"  # open or answered
    OPEN = "open"
    REPLIED = "replied"
    OVER = "over"  # closed or withdrawn
    ANY = "any"


STATES: dict[Standing, tuple[InstructionState, ...]] = {
    Standing.RUNNING: (InstructionState.OPEN, InstructionState.REPLIED),
    Standing.OPEN: (InstructionState.OPEN,),
    Standing.REPLIED: (InstructionState.REPLIED,),
    Standing.OVER: (InstructionState.CLOSED, InstructionState.WITHDRAWN),
    Standing.ANY: tuple(InstructionState),
}


# --- the light ---

SOON, NEARLY_DONE = 3, 80
"""Within so many working days it is yellow, unless so many per cent are done."""
IN_SIGHT, BARELY_BEGUN = 7, 30
"""Within so many working days it is yellow while fewer per cent than that are done."""


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """The due days at which the light changes, as seen from one day.

    Kept apart from the rule so that a list can be narrowed by the same days in SQL.
    """

    today: date
    soon: date
    in_sight: date

    @classmethod
    def of(cls, calendar: WorkCalendar, today: date) -> "Cutoffs":
        """A due day counts as `n` working days away up to the eve of the working day after them."""
        return cls(
            today, _last_within(calendar, today, SOON), _last_within(calendar, today, IN_SIGHT)
        )


def _last_within(calendar: WorkCalendar, today: date, days: int) -> date:
    after = calendar.add_working_days(today, days + 1)
    return date.fromordinal(after.toordinal() - 1)


def light_of(
    state: InstructionState, due_on: date, progress: int, cutoffs: Cutoffs
) -> Light | None:
    """Red once the due day has passed; yellow when little time is left for what is still to be done.

    Three working days left and less than 80 %, or seven and less than 30 %. An answered instruction
    waits for whoever gave it and shows no light, nor does one that is over.
    """
    if state is not InstructionState.OPEN:
        return None
    if due_on < cutoffs.today:
        return Light.RED
    if due_on <= cutoffs.soon and progress < NEARLY_DONE:
        return Light.YELLOW
    if due_on <= cutoffs.in_sight and progress < BARELY_BEGUN:
        return Light.YELLOW
    return Light.GREEN


# --- who may do what ---

ISSUERS = (Role.DIRECTOR, Role.UNIT_HEAD)
MEETING_KEEPERS = (Role.DIRECTOR, Role.UNIT_HEAD)
"""Who opens a meeting; its recorder writes along, whatever their role."""


class Power(StrEnum):
    """What a person may do with one instruction."""

    ANSWER = "answer"  # progress, next step, reply
    DIRECT = "direct"  # extend, reassign, close, send back, reopen, withdraw


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever acts, as these rules need them. `stands_for`: the people who are away and named them."""

    id: int
    role: Role
    department_id: int | None
    stands_for: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom an instruction is."""

    person_id: int
    department_id: int
    issued_by_id: int


def powers(who: Person, of: Parties) -> frozenset[Power]:
    """The responsible person answers, so do the head of the unit and a delegate. Whoever gave it, and
    every bureau leader, directs it. Roles that only read have neither."""
    found = set()
    if who.role not in (Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR):
        return frozenset()
    heads = who.role is Role.UNIT_HEAD and who.department_id == of.department_id
    if who.id == of.person_id or of.person_id in who.stands_for or heads:
        found.add(Power.ANSWER)
    if who.role is Role.DIRECTOR or who.id == of.issued_by_id:
        found.add(Power.DIRECT)
    return frozenset(found)


def may_issue_to(role: Role, own_unit: int | None, unit: int | None) -> bool:
    """Leaders give instructions to every unit, unit heads within their own.

    A district leader's are entered by whoever keeps the minutes of the meeting they chair.
    """
    if role in (Role.DIRECTOR, Role.DISTRICT_LEADER):
        return True
    return role is Role.UNIT_HEAD and own_unit is not None and unit == own_unit


class Verb(StrEnum):
    """What may be done with an instruction, each from some states only."""

    PROGRESS = "progress"
    REPLY = "reply"
    EXTEND = "extend"
    REASSIGN = "reassign"
    CLOSE = "close"
    RETURN = "return"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


ALLOWED: dict[Verb, tuple[Power, tuple[InstructionState, ...]]] = {
    Verb.PROGRESS: (Power.ANSWER, (InstructionState.OPEN,)),
    Verb.REPLY: (Power.ANSWER, (InstructionState.OPEN,)),
    Verb.EXTEND: (Power.DIRECT, (InstructionState.OPEN,)),
    Verb.REASSIGN: (Power.DIRECT, (InstructionState.OPEN,)),
    Verb.CLOSE: (Power.DIRECT, (InstructionState.OPEN, InstructionState.REPLIED)),
    Verb.RETURN: (Power.DIRECT, (InstructionState.REPLIED,)),
    Verb.REOPEN: (Power.DIRECT, (InstructionState.CLOSED, InstructionState.WITHDRAWN)),
    Verb.WITHDRAW: (Power.DIRECT, (InstructionState.OPEN, InstructionState.REPLIED)),
}


def verbs(has: Collection[Power], state: InstructionState) -> tuple[Verb, ...]:
    """What a person with these powers may do now, in the order the page offers it."""
    return tuple(
        verb for verb, (power, states) in ALLOWED.items() if power in has and state in states
    )


# --- words that are numbers ---


def number_text(year: int, number: int) -> str:
    """The number of an instruction as papers bear it: 2026-017."""
    return f"{year}-{number:03d}"


def due_by_default(calendar: WorkCalendar, today: date, days: int = 5) -> date:
    """The due day offered first: so many working days from today, 5 unless it is said otherwise."""
    return calendar.add_working_days(today, days)


TOLD_FROM = time(8, 30)
"""On a day off nobody is told anything; the next working day begins with it."""


def told_on(calendar: WorkCalendar, today: date) -> date:
    """The day on which people hear of what was done today."""
    return calendar.working_day_from(today)
