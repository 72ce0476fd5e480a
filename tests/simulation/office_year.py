"""A small bureau through one year: people, projects, days to keep, and what happens to them.

Everything follows from the seed. Each morning before half past eight `live` lets happen what happens
that day; what is due afterwards is for others to say.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.leads.rules import ORDER, Stage
from crm.reminders.rules.kinds import ReminderKind, Timing

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
YI = 100_000_000


@dataclass
class Worker:
    id: int
    role: str  # staff, head, leader
    unit: int | None
    is_active: bool = True
    has_address: bool = True
    wishes: dict[ReminderKind, Timing] = field(default_factory=dict)
    most_at_once: int = 5


@dataclass
class Project:
    id: int
    entered: date
    unit: int
    owner: int | None
    sponsor: int | None = None
    named: frozenset[int] | None = None
    is_headquarters: bool | None = None
    yuan: int | None = None
    has_referrer: bool = False
    is_imported: bool = False
    stage: Stage = Stage.LEAD
    before: Stage = Stage.LEAD
    since: date = FIRST
    progress: date = FIRST
    next_on: date | None = None
    has_response: bool = False
    is_screened: bool = False
    fed_back: date | None = None
    signed: date | None = None
    signing_expected: date | None = None
    landing_expected: date | None = None
    papers_since: date | None = None
    pace: float = 0.1  # how likely something happens on a day


@dataclass
class Promise:
    id: int
    project: int
    on: date
    done: bool = False


@dataclass
class Trip:
    id: int
    by: int
    project: int | None
    returned: date
    reported: bool = False


@dataclass
class Order:
    """A 交办单: by when somebody has to do something, in whose name, about which project if any."""

    id: int
    person: int
    unit: int
    leader: int
    project: int | None
    on: date
    done: bool = False


@dataclass(frozen=True)
class Leave:
    person: int
    delegate: int
    first: date
    last: date


@dataclass(frozen=True)
class Own:
    """A setting of the office's own: the steps as pairs of code and days."""

    kind: ReminderKind
    steps: tuple[tuple[str, int], ...]
    stage: Stage | None = None
    is_headquarters: bool | None = None
    at_least: int | None = None
    is_on: bool = True
    in_working_days: bool = False
    head: int | None = None
    leader: int | None = None
    timing: Timing = Timing.DAILY
    may_be_off: bool = True
    counts_from: date | None = None


class Year:
    """The bureau on its latest morning."""

    def __init__(
        self, seed: int, projects: int = 24, *, with_papers: bool = True, sets: bool = True
    ) -> None:
        """`with_papers`: quotas wait for papers. `sets`: the office changes settings."""
        self.chance = random.Random(seed)
        self.with_papers, self.sets = with_papers, sets
        self.people = [Worker(1, "leader", None), Worker(2, "leader", None)]
        for unit in (1, 2, 3):
            self.people.append(Worker(len(self.people) + 1, "head", unit))
            if unit == 3:
                self.people.append(Worker(len(self.people) + 1, "head", unit))
            self.people += [Worker(len(self.people) + n, "staff", unit) for n in (1, 2)]
        self.person(5).has_address = False
        self.projects: list[Project] = []
        self.promises: list[Promise] = []
        self.trips: list[Trip] = []
        self.orders: list[Order] = []
        self.leaves: list[Leave] = []
        self.own: list[Own] = []
        self.quota_reached = 0
        self.planned = sorted(
            FIRST + timedelta(days=self.chance.randrange(-300, 330)) for _ in range(projects)
        )
        for stage in ORDER:
            self._stands_still(stage)
        while self.planned and self.planned[0] < FIRST:
            self._enter(self.planned.pop(0), FIRST)

    def person(self, key: int) -> Worker:
        return next(each for each in self.people if each.id == key)

    def project(self, key: int) -> Project:
        return next(each for each in self.projects if each.id == key)

    def quota_due(self, day: date) -> int:
        """应达: two more each month, whatever the day of it."""
        return 2 * (day.month - 1)

    # --- what happens ---

    def live(self, day: date) -> None:
        while self.planned and self.planned[0] <= day:
            self._enter(self.planned.pop(0), day)
        for project in self.projects:
            if self.chance.random() < project.pace:
                self._happens(project, day)
        for promise in self.promises:
            if not promise.done and promise.on <= day and self.chance.random() < 0.1:
                promise.done = True
        for trip in self.trips:
            if not trip.reported and trip.returned <= day and self.chance.random() < 0.05:
                trip.reported = True
        self._orders_change(day)
        if self.chance.random() < 0.25:
            self._people_change(day)
        if self.sets and self.chance.random() < 0.04:
            self._office_changes()
        if self.chance.random() < 0.05:
            self.quota_reached += 1

    def _enter(self, entered: date, day: date) -> None:
        chance = self.chance
        unit = chance.choice((1, 2, 3))
        people = [each.id for each in self.people if each.unit == unit]
        stage = chance.choice((*ORDER[:7], Stage.PARKED)) if entered < FIRST else Stage.LEAD
        owner = chance.choice((*people, None)) if chance.random() < 0.3 else chance.choice(people)
        project = Project(
            id=len(self.projects) + 1, entered=entered, unit=unit, owner=owner,
            sponsor=chance.choice((None, 1, 2, 3)),
            named=frozenset(chance.sample(range(1, len(self.people) + 1), 3))
            if chance.random() < 0.15 else None,
            is_headquarters=chance.choice((None, False, True)),
            yuan=chance.choice((None, YI, 8 * YI, 60 * YI)),
            has_referrer=chance.random() < 0.5, is_imported=chance.random() < 0.25,
            stage=stage, before=stage, since=entered, progress=entered,
            has_response=stage is not Stage.LEAD,
            pace=chance.choice((0.002, 0.02, 0.12)),
            signed=entered if stage.is_signed and chance.random() < 0.8 else None,
        )  # fmt: skip
        if project.is_imported and stage is Stage.PARKED:
            project.stage = Stage.LEAD
        if stage.is_signed and self.with_papers and chance.random() < 0.5:
            project.papers_since = entered
        self.projects.append(project)

    def _stands_still(self, stage: Stage) -> None:
        """A project of that stage to which nothing ever happens: it sees every step."""
        entered = FIRST - timedelta(days=60)
        signed = entered if stage.is_signed else None
        self.projects.append(
            Project(
                id=len(self.projects) + 1, entered=entered, unit=1, owner=4, has_referrer=True,
                stage=stage, before=stage, since=entered, progress=entered, signed=signed,
                signing_expected=FIRST + timedelta(days=100),
                landing_expected=FIRST + timedelta(days=130),
                papers_since=FIRST if signed and self.with_papers else None, pace=0,
            )
        )  # fmt: skip

    def _happens(self, project: Project, day: date) -> None:
        chance = self.chance
        what = chance.choice(
            ("comment", "progress", "feedback", "screening", "next", "next", "expected", "move",
             "move", "off", "papers", "owner", "promise", "trip")
        )  # fmt: skip
        soon = day + timedelta(days=chance.randrange(0, 40))
        if what == "comment":
            project.has_response = True
        elif what == "progress":
            project.has_response, project.progress = True, day
        elif what == "feedback" and project.has_referrer:
            project.fed_back = day
        elif what == "screening":
            project.is_screened = True
        elif what == "next":
            project.next_on = chance.choice((None, soon))
        elif what == "expected":
            project.signing_expected = chance.choice((None, soon + timedelta(days=50)))
            project.landing_expected = chance.choice((None, soon + timedelta(days=70)))
        elif what == "move":
            self._move(project, day)
        elif what == "off" and not project.stage.is_closed:
            project.before = project.before if project.stage.is_off_ramp else project.stage
            self._stand(project, chance.choice((Stage.PARKED, Stage.LOST, Stage.TRANSFERRED)), day)
        elif what == "papers":
            project.papers_since = None
        elif what == "owner":
            project.owner = chance.choice((None, *(each.id for each in self.people)))
        elif what == "promise":
            self.promises.append(
                Promise(len(self.promises) + 1, project.id, soon + timedelta(days=20))
            )
        elif what == "trip":
            who = chance.choice([each.id for each in self.people])
            of = chance.choice((project.id, None))
            self.trips.append(Trip(len(self.trips) + 1, who, of, day))

    def _orders_change(self, day: date) -> None:
        chance = self.chance
        for order in self.orders:
            if not order.done and chance.random() < 0.06:
                order.done = chance.random() < 0.6
                order.on += timedelta(days=0 if order.done else chance.randrange(1, 9))
        if chance.random() < 0.06:
            person = chance.choice(self.people)
            unit = person.unit or chance.choice((1, 2, 3))
            about = chance.choice((None, chance.choice(self.projects).id))
            on = day + timedelta(days=chance.randrange(0, 20))
            self.orders.append(
                Order(len(self.orders) + 1, person.id, unit, chance.choice((1, 2, 3)), about, on)
            )

    def _move(self, project: Project, day: date) -> None:
        if project.stage.is_off_ramp:
            self._stand(project, project.before, day)
        elif project.stage is not ORDER[-1]:
            stage = ORDER[ORDER.index(project.stage) + 1]
            self._stand(project, stage, day)
            project.has_response = True
            if stage is Stage.SIGNED:
                project.signed = day - timedelta(days=self.chance.randrange(3))
                project.papers_since = project.signed if self.with_papers else None

    def _stand(self, project: Project, stage: Stage, day: date) -> None:
        project.stage, project.since, project.progress = stage, day, max(project.progress, day)

    def _people_change(self, day: date) -> None:
        chance = self.chance
        person = chance.choice(self.people)
        what = chance.choice(("leave", "leave", "leave", "wish", "wish", "cap", "active"))
        if what == "leave":
            first = day + timedelta(days=chance.randrange(0, 9))
            other = chance.choice([each.id for each in self.people if each is not person])
            last = first + timedelta(days=chance.randrange(0, 15))
            self.leaves.append(Leave(person.id, other, first, last))
        elif what == "wish":
            person.wishes[chance.choice(list(ReminderKind))] = chance.choice(list(Timing))
        elif what == "cap":
            person.most_at_once = chance.choice((0, 1, 2, 5))
        else:
            person.is_active = not person.is_active

    def _office_changes(self) -> None:
        chance = self.chance
        offered = (
            Own(ReminderKind.QUIET, (("notice", 10), ("red", 25)), stage=Stage.PRE_SIGNING, head=3),
            Own(ReminderKind.QUIET, (("notice", 7), ("red", 20)), at_least=50 * YI, head=2, leader=4),
            Own(ReminderKind.QUIET, (("notice", 4), ("red", 11)), at_least=5 * YI),
            Own(ReminderKind.QUIET, (("notice", 9),), is_headquarters=True, at_least=5 * YI),
            Own(ReminderKind.SCREENING, (("due", 5),), in_working_days=True, head=0),
            Own(ReminderKind.REFERRER_FEEDBACK, (("due", 7),), is_on=False),
            Own(ReminderKind.REFERRER_FEEDBACK, (("due", 5), ("red", 9)), in_working_days=True),
            Own(ReminderKind.EXPECTED_SIGNING, (("d10", -10), ("passed", 2)), head=1, leader=1),
            Own(ReminderKind.AGREED_DATE, (("d5", -5), ("due", 0)), stage=Stage.SIGNED, head=0),
            Own(ReminderKind.QUOTA_BEHIND, (("month", 4),), timing=Timing.WEEKLY),
            Own(ReminderKind.TRIP_REPORT, (("soon", 5), ("due", 10)), head=2, leader=3),
            Own(ReminderKind.NEXT_ACTION, (("due", 0),), head=2, timing=Timing.AT_ONCE),
            Own(ReminderKind.INSTRUCTION, (("d5", -5), ("due", 0)), head=0, leader=2),
            Own(
                ReminderKind.NOT_REGISTERED, (("yellow", 20), ("red", 50)), head=5,
                counts_from=date(2026, 4, 1),
            ),
            Own(
                ReminderKind.EXPECTED_LANDING, (("d7", -7), ("passed", 1)), head=3,
                counts_from=date(2026, 5, 11),
            ),
        )  # fmt: skip
        one = chance.choice(offered)
        if one in self.own:
            self.own.remove(one)
        elif not any(_same_scope(one, each) for each in self.own):
            self.own.append(one)


def _same_scope(one: Own, other: Own) -> bool:
    def scope(of: Own) -> tuple[object, ...]:
        return of.kind, of.stage, of.is_headquarters, of.at_least

    return scope(one) == scope(other)


def days_of_year() -> list[date]:
    return [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
