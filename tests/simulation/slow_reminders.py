"""What is due and who is told, said as plainly as possible: every clock is walked day by day.

Written against docs/reminders.md alone. Nothing here comes from the rules it is compared with but the
names of stages, kinds, levels and timings.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from chinese_calendar import is_workday

from crm.leads.rules import Stage
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState, Timing
from tests.simulation.office_year import Own, Project, Worker, Year

ONE = timedelta(days=1)
LAST_KNOWN = 2026  # the package knows no later year

K = ReminderKind
COMING = (("d60", -60), ("d30", -30), ("d7", -7), ("passed", 1))
BEGINS_WITH = {
    K.NEXT_ACTION: Own(K.NEXT_ACTION, (("due", 0),), head=5, leader=10, may_be_off=False),
    K.FIRST_RESPONSE: Own(
        K.FIRST_RESPONSE, (("due", 1),), in_working_days=True, head=1, leader=3,
        timing=Timing.AT_ONCE, may_be_off=False,
    ),
    K.SCREENING: Own(K.SCREENING, (("due", 3),), in_working_days=True, head=2, leader=5),
    K.REFERRER_FEEDBACK: Own(K.REFERRER_FEEDBACK, (("due", 7),), head=3),
    K.QUIET: Own(
        K.QUIET, (("notice", 14), ("yellow", 30), ("red", 60), ("withdraw", 180)), head=5, leader=15
    ),
    K.NOT_REGISTERED: Own(K.NOT_REGISTERED, (("yellow", 90), ("red", 180)), head=10, leader=20),
    K.NOT_STARTED: Own(K.NOT_STARTED, (("yellow", 180), ("red", 365)), head=10, leader=20),
    K.EXPECTED_SIGNING: Own(K.EXPECTED_SIGNING, COMING),
    K.EXPECTED_LANDING: Own(K.EXPECTED_LANDING, COMING),
    K.EVIDENCE: Own(K.EVIDENCE, (("notice", 14), ("yellow", 30), ("red", 60)), head=10),
    K.QUOTA_BEHIND: Own(K.QUOTA_BEHIND, (("month", 0),)),
    K.TRIP_REPORT: Own(K.TRIP_REPORT, (("soon", 12), ("due", 15)), head=5),
    K.AGREED_DATE: Own(K.AGREED_DATE, (("d30", -30), ("d7", -7), ("due", 0)), head=3, leader=10),
    K.INSTRUCTION: Own(
        K.INSTRUCTION, (("d3", -3), ("due", 0)), head=1, leader=3, may_be_off=False
    ),
}  # fmt: skip
TALKING = (Stage.CONTACTED, Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING)
AFTER_SIGNING = (Stage.SIGNED, Stage.REGISTERED, Stage.STARTED, Stage.OPERATING)
OFF = (Stage.PARKED, Stage.LOST, Stage.TRANSFERRED)
CLOSED = (Stage.LOST, Stage.TRANSFERRED)
UP = (Level.OWNER, Level.UNIT_HEAD, Level.DIRECTOR)

Key = tuple[ReminderKind, str, str, date, int, Level]

_works: dict[date, bool] = {}


def works(day: date) -> bool:
    """Whether the office works that day, by the notice; a year without one Monday to Friday."""
    if day not in _works:
        _works[day] = is_workday(day) if day.year <= LAST_KNOWN else day.weekday() < 5
    return _works[day]


@cache
def after(start: date, days: int, *, working: bool) -> date:
    """The day `days` (working) days after `start`; before it, in calendar days, if negative."""
    day = start
    while days < 0:
        day, days = day - ONE, days + 1
    while days > 0:
        day += ONE
        if not working or works(day):
            days -= 1
    return day


def holding(
    year: Year, kind: ReminderKind, stage: Stage | None, hq: bool | None, yuan: int | None
) -> Own | None:
    """The setting that holds; None where it is switched off."""
    best: Own | None = None
    best_rank = (-1, -1)
    has_general = False
    for own in year.own:
        if own.kind is not kind:
            continue
        said = [own.stage is not None, own.is_headquarters is not None, own.at_least is not None]
        has_general = has_general or not any(said)
        if any(said) and stage is None:
            continue
        if own.stage is not None and own.stage is not stage:
            continue
        if own.is_headquarters is not None and own.is_headquarters != bool(hq):
            continue
        if own.at_least is not None and (yuan is None or yuan < own.at_least):
            continue
        rank = (sum(said), own.at_least or 0)
        if rank > best_rank:
            best, best_rank = own, rank
    if best is None and not has_general:
        best = BEGINS_WITH[kind]
    return best if best is not None and best.is_on else None


def general(year: Year, kind: ReminderKind) -> Own:
    for own in year.own:
        if own.kind is kind and (own.stage, own.is_headquarters, own.at_least) == (None,) * 3:
            return own
    return BEGINS_WITH[kind]


def clocks(project: Project) -> dict[ReminderKind, date]:
    """From which day each clock of a project runs."""
    found: dict[ReminderKind, date] = {}
    stage = project.stage
    if project.next_on and stage not in CLOSED:
        found[K.NEXT_ACTION] = project.next_on
    if stage is Stage.LEAD and not project.is_imported and not project.has_response:
        found[K.FIRST_RESPONSE] = project.entered
    is_early = stage is Stage.LEAD or stage is Stage.CONTACTED
    if is_early and not project.is_imported and not project.is_screened:
        found[K.SCREENING] = project.entered
    if project.has_referrer and not project.is_imported:
        outcome = project.entered
        if stage in OFF:
            outcome = project.since
        if stage in AFTER_SIGNING:
            outcome = project.signed or project.since
        if project.fed_back is None or project.fed_back < outcome:
            found[K.REFERRER_FEEDBACK] = outcome
    if stage in TALKING:
        found[K.QUIET] = project.progress
    if stage is Stage.SIGNED:
        found[K.NOT_REGISTERED] = project.signed or project.since
    if stage is Stage.REGISTERED:
        found[K.NOT_STARTED] = project.signed or project.since
    if project.signing_expected and (stage is Stage.LEAD or stage in TALKING):
        found[K.EXPECTED_SIGNING] = project.signing_expected
    if project.landing_expected and (stage in (Stage.LEAD, Stage.SIGNED) or stage in TALKING):
        found[K.EXPECTED_LANDING] = project.landing_expected
    if project.papers_since and stage not in OFF:
        found[K.EVIDENCE] = project.papers_since
    return found


def due_today(year: Year, today: date) -> set[Key]:
    """Every matter that is due, with each person who is told of it."""
    found: set[Key] = set()
    for project in year.projects:
        for kind, base in clocks(project).items():
            _add(found, year, today, kind, f"lead:{project.id}", base, project, of_project(project))
    for promise in year.promises:
        project = year.project(promise.project)
        if not promise.done and project.stage not in CLOSED:
            subject = f"agreed_date:{promise.id}"
            _add(
                found, year, today, K.AGREED_DATE, subject, promise.on, project,
                of_project(project),
            )  # fmt: skip
    for trip in year.trips:
        if not trip.reported:
            of = year.project(trip.project) if trip.project else None
            subject = f"trip:{trip.id}"
            charge = InCharge(trip.by, year.person(trip.by).unit, None, of.named if of else None)
            _add(found, year, today, K.TRIP_REPORT, subject, trip.returned, of, charge)
    for order in year.orders:
        if not order.done:
            named = year.project(order.project).named if order.project else None
            charge = InCharge(order.person, order.unit, order.leader, named)
            subject = f"instruction:{order.id}"
            # Whatever becomes of the project: it is set for all instructions alike.
            _add(found, year, today, K.INSTRUCTION, subject, order.on, None, charge)
    own = holding(year, K.QUOTA_BEHIND, None, None, None)
    if own is not None:
        day = after(today.replace(day=1), own.steps[0][1], working=own.in_working_days)
        while not works(day):
            day += ONE
        if day <= today and year.quota_reached < year.quota_due(day):
            for person in year.people:
                if person.role == "leader" and person.is_active:
                    month = f"{today.year}-{today.month:02}"
                    found.add((K.QUOTA_BEHIND, "quota:1", month, day, person.id, Level.OWNER))
    return found


LASTING = (K.QUIET, K.NOT_REGISTERED, K.NOT_STARTED, K.EVIDENCE)
ALWAYS = (K.NEXT_ACTION, K.INSTRUCTION)


@dataclass(frozen=True)
class InCharge:
    """Who has to do it, in which unit, under which leader, and who alone may know of it."""

    owner: int | None
    unit: int | None
    sponsor: int | None
    may_know: frozenset[int] | None


def of_project(project: Project) -> InCharge:
    return InCharge(project.owner, project.unit, project.sponsor, project.named)


def _add(
    found: set[Key], year: Year, today: date, kind: ReminderKind, subject: str, base: date,
    project: Project | None, charge: InCharge,
) -> None:  # fmt: skip
    own = (
        holding(year, kind, project.stage, project.is_headquarters, project.yuan)
        if project
        else holding(year, kind, None, None, None)
    )
    if own is None:
        return
    if own.counts_from is not None and base < own.counts_from and kind not in ALWAYS:
        if kind not in LASTING:
            return
        base = own.counts_from
    told: tuple[str, date] | None = None
    late_from: date | None = None
    for code, days in own.steps:
        day = after(base, days, working=own.in_working_days)
        if day <= today:
            told = (code, day)
        if late_from is None and days >= 0 and code != "soon":
            late_from = day
    if told is None:
        return
    late = -1
    day = late_from or base
    if day <= today:
        late = 0
        while day < today:
            day += ONE
            late += works(day)
    for person, level in people_told(year, own, late, charge):
        found.add((kind, subject, *told, person, level))


def people_told(year: Year, own: Own, late: int, charge: InCharge) -> list[tuple[int, Level]]:
    """Each person with the lowest level they are told at. `late`: working days; -1: not yet."""
    owner, unit, sponsor, may_know = charge.owner, charge.unit, charge.sponsor, charge.may_know

    def those(role: str, of: int | None = None) -> list[int]:
        return [
            each.id
            for each in year.people
            if each.role == role
            and each.is_active
            and (of is None or each.unit == of)
            and (may_know is None or each.id in may_know)
        ]

    heads = those("head", unit) if unit is not None else []
    all_leaders = [each.id for each in year.people if each.role == "leader" and each.is_active]
    leaders = [sponsor] if sponsor in all_leaders else all_leaders
    leaders = [each for each in leaders if may_know is None or each in may_know]
    first: list[int] = []
    if owner is not None and year.person(owner).is_active:
        first = [owner] if may_know is None or owner in may_know else []
    if not first:
        first = heads or leaders
    if not first and may_know:
        first = [each.id for each in year.people if each.is_active and each.id in may_know]
    told = [(person, Level.OWNER) for person in first]
    if own.head is not None and late >= own.head:
        told += [(each, Level.UNIT_HEAD) for each in heads]
    if own.leader is not None and late >= own.leader:
        told += [(each, Level.DIRECTOR) for each in leaders]
    seen: dict[int, Level] = {}
    for person, level in told:
        if person not in seen:
            seen[person] = level
    return list(seen.items())


def reader_of(year: Year, person: int, today: date) -> int:
    """Who reads what is meant for somebody: the person, or whoever stands in at the end of the way."""
    here, passed = person, {person}
    while True:
        leaves = [
            each for each in year.leaves if each.person == here and each.first <= today <= each.last
        ]
        if not leaves:
            return here if year.person(here).is_active else person
        latest = max(leaves, key=lambda each: (each.first, each.last, each.delegate))
        here = latest.delegate
        if here in passed:
            return person
        passed.add(here)


def may_be_told(year: Year, reader: int, key: Key) -> bool:
    """Whether somebody who stands in may open what a key is about; else whoever is away stays told."""
    sort, number = key[1].split(":")
    of: int | None = int(number) if sort == "lead" else None
    for name, things in (
        ("agreed_date", year.promises),
        ("trip", year.trips),
        ("instruction", year.orders),
    ):
        if sort == name:
            of = next(each.project for each in things if each.id == int(number))
    if not of:
        return True
    project, person = year.project(of), year.person(reader)
    if project.named is not None:
        return reader in project.named
    if key[0] is K.INSTRUCTION:
        return True
    return person.role == "leader" or person.unit == project.unit or project.owner == reader


# --- the book of what was told ---


@dataclass
class Row:
    born: tuple[int, int]
    state: ReminderState = ReminderState.OPEN
    until: date | None = None
    told_on: date | None = None

    @property
    def is_told(self) -> bool:
        """Whether it was said since it began, or since the day it was put off to."""
        return self.told_on is not None and (self.until is None or self.told_on >= self.until)


@dataclass
class Message:
    """What one reader gets on one day, by key; `at_once` and `digest` together are one morning's."""

    at_once: set[Key] = field(default_factory=set)
    digest: set[Key] = field(default_factory=set)
    weekly: set[Key] = field(default_factory=set)


class Book:
    """The rows of the office as somebody would keep them by hand."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.gone: dict[Key, Row] = {}

    def morning(self, year: Year, today: date) -> dict[int, Message]:
        """Write down what is due and say who is told what; nothing on a day off."""
        if not works(today):
            return {}
        due = due_today(year, today)
        for key in [each for each in self.rows if each not in due]:
            self.gone[key] = self.rows.pop(key)
        for key in due:
            if key not in self.rows:
                known = self.gone.pop(key, None)
                born = known.born if known else (today.toordinal(), key[4])
                done = known is not None and known.state is ReminderState.DONE
                self.rows[key] = known if known is not None and done else Row(born)
        return {
            reader: message
            for reader, rows in self._by_reader(year, today).items()
            if (message := self._message(year, year.person(reader), rows, today)) is not None
        }

    def _by_reader(self, year: Year, today: date) -> dict[int, list[Key]]:
        found: dict[int, list[Key]] = {}
        for key, row in self.rows.items():
            wakes = row.state is ReminderState.SNOOZED and row.until and row.until <= today
            if row.state is ReminderState.OPEN or wakes:
                reader = reader_of(year, key[4], today)
                if reader != key[4] and not may_be_told(year, reader, key):
                    reader = key[4]
                found.setdefault(reader, []).append(key)
        return found

    def _message(self, year: Year, reader: Worker, keys: list[Key], today: date) -> Message | None:
        once: dict[tuple[ReminderKind, str], Key] = {}
        for key in keys:
            known = once.get(key[:2])
            if known is None or self._before(key, known):
                once[key[:2]] = key
        at_once: list[Key] = []
        message = Message()
        goes = False
        for key in once.values():
            timing = self._timing(year, reader, key)
            row = self.rows[key]
            if timing is Timing.WEEKLY:
                message.weekly.add(key)
            elif timing is Timing.AT_ONCE and not row.is_told:
                at_once.append(key)
            elif timing is not Timing.OFF:
                message.digest.add(key)
                goes = goes or not row.is_told or key[0] in (K.NEXT_ACTION, K.INSTRUCTION)
        message.at_once = set(at_once[: reader.most_at_once])
        rest = at_once[reader.most_at_once :]
        message.digest |= set(rest)
        if not goes and not rest:
            message.digest = set()
        monday = today - timedelta(days=today.weekday())
        earlier = [monday + n * ONE for n in range(today.weekday())]
        if any(works(day) for day in earlier):
            message.weekly = set()
        return message if message.at_once or message.digest or message.weekly else None

    def _before(self, one: Key, other: Key) -> bool:
        mine, theirs = self.rows[one], self.rows[other]
        if mine.is_told != theirs.is_told:
            return mine.is_told
        if one[5] is not other[5]:
            return UP.index(one[5]) < UP.index(other[5])
        return mine.born < theirs.born

    def _timing(self, year: Year, reader: Worker, key: Key) -> Timing:
        own = general(year, key[0])
        wanted = reader.wishes.get(key[0], own.timing)
        if wanted is Timing.OFF and (not own.may_be_off or key[5] is not Level.OWNER):
            return Timing.DAILY
        return wanted

    def sent(self, messages: dict[int, Message], today: date) -> None:
        for message in messages.values():
            for key in message.at_once | message.digest | message.weekly:
                self.rows[key].told_on = today
