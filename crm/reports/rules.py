"""A week at the office: what is new, what moved, what slipped and what comes next, as ordered lines.

Facts in, lines out. A number of the head is the length of the list under it, because it is counted
from that list.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from crm.leads.rules import (
    FROM_SIGNING,
    MilestoneKind,
    OffRampReason,
    Path,
    Stage,
    StageSource,
    starting_milestones,
)
from crm.reminders.rules.falling import Due
from crm.reminders.rules.kinds import ReminderKind

Item = TypeVar("Item")
ONE_WEEK = timedelta(days=7)


class Chapter(StrEnum):
    """The parts of the week's report in the order they are read out."""

    ENTERED = "entered"
    ADVANCED = "advanced"
    SIGNED = "signed"
    REGISTERED = "registered"
    STARTED = "started"
    SLIPPED = "slipped"
    STEPPED_BACK = "stepped_back"
    LEFT = "left"
    DUE = "due"


ALWAYS_TOLD = (
    Chapter.ENTERED,
    Chapter.ADVANCED,
    Chapter.SIGNED,
    Chapter.REGISTERED,
    Chapter.STARTED,
)
"""Chapters the head names even when there is nothing: a leader asks for these."""

WITH_AMOUNTS = (Chapter.SIGNED, Chapter.REGISTERED, Chapter.STARTED)


class DueKind(StrEnum):
    NEXT_ACTION = "next_action"
    EXPECTED_SIGNING = "expected_signing"


class WrongWeek(ValueError):
    """The text is not a week such as 2026-W48."""


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week, Monday to Sunday, of the office's calendar."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def read(cls, text: str) -> "Week":
        """`2026-W48`, from the year 2000 to 2100. Raises WrongWeek."""
        found = re.fullmatch(r"(20\d\d|2100)-W([0-5]\d)", text, re.ASCII)
        if found is None:
            raise WrongWeek(text)
        try:
            return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError as wrong:
            raise WrongWeek(text) from wrong

    @property
    def code(self) -> str:
        year, number, _day = self.monday.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> "Week":
        return Week(self.monday - ONE_WEEK)

    @property
    def after(self) -> "Week":
        return Week(self.monday + ONE_WEEK)

    def __contains__(self, day: date) -> bool:
        return self.monday <= day <= self.sunday


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True)
class About:
    """The lead a fact is about, as it stands today. `unit_place` is the unit's official order."""

    lead_id: int
    title: str
    stage: Stage
    unit: str | None = None
    unit_place: tuple[int, str] = (0, "")
    yuan: int | None = None
    amount_text: str | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead entered in the week, and its investor's name if known."""

    about: About
    on: date
    investor: str | None = None


@dataclass(frozen=True, slots=True)
class StageMove:
    """One change of stage recorded in the week; `from_stage` is None for the first stage of all."""

    about: About
    from_stage: Stage | None
    to_stage: Stage
    happened_on: date
    note: str | None = None
    reason: OffRampReason | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone that happened, or was recorded, in the week. `recorded_on` is an office day."""

    about: About
    kind: MilestoneKind
    happened_on: date
    recorded_on: date
    source: StageSource


@dataclass(frozen=True, slots=True)
class NewPromise:
    """The expected signing day was changed in the week; several changes come in order."""

    about: About
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Coming:
    """A next action or an expected signing, and the day it is for."""

    about: About
    kind: DueKind
    on: date
    what: str | None = None


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """Everything known about one week, in the order it was recorded.

    `expected` are the signing days of leads not signed, `coming` the next actions; both may reach
    into the week after.
    """

    entries: Sequence[Entry] = ()
    moves: Sequence[StageMove] = ()
    reached: Sequence[Reached] = ()
    promises: Sequence[NewPromise] = ()
    expected: Sequence[Coming] = ()
    coming: Sequence[Coming] = ()


# ---------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class Line:
    """One lead in one chapter, and what changed. Which fields are set depends on the chapter."""

    chapter: Chapter
    about: About
    on: date | None = None
    stages: tuple[Stage, ...] = ()
    investor: str | None = None
    milestone: MilestoneKind | None = None
    is_late_entry: bool = False
    before: date | None = None
    after: date | None = None
    reason: OffRampReason | None = None
    note: str | None = None
    due: DueKind | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one unit; `unit` is None for leads without a unit, which come last."""

    unit: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One chapter: its lines by unit, and the numbers its head says, counted from those lines."""

    chapter: Chapter
    groups: tuple[Group, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def yuan(self) -> int:
        """The amounts of its lines together; lines without an amount add nothing."""
        return sum(line.about.yuan or 0 for line in self.lines)

    @property
    def without_amount(self) -> int:
        return sum(line.about.yuan is None for line in self.lines)

    @property
    def late_entries(self) -> int:
        return sum(line.is_late_entry for line in self.lines)


@dataclass(frozen=True, slots=True)
class WeekReport:
    """The report: one part per chapter that applies, in the order of `Chapter`."""

    week: Week
    today: date
    parts: tuple[Part, ...]

    @property
    def is_running(self) -> bool:
        return self.today <= self.week.sunday

    @property
    def told(self) -> tuple[Part, ...]:
        """The parts the head names."""
        return tuple(part for part in self.parts if part.count or part.chapter in ALWAYS_TOLD)


def report_week(week: Week, facts: WeekFacts, today: date) -> WeekReport:
    """Sort a week's facts into chapters, and each chapter by unit in official order.

    What comes next is told only while the week runs: of a week long past, tomorrow is known.
    """
    reached = _reached(facts.reached, week)
    lines = [
        *_entered(facts),
        *_moved(facts.moves, {line.about.lead_id for line in reached}),
        *reached,
        *_slipped(facts, week, today),
    ]
    if today <= week.sunday:
        lines += [
            Line(Chapter.DUE, each.about, on=each.on, due=each.kind, note=each.what)
            for each in (*facts.coming, *facts.expected)
            if each.on in week.after
        ]
    return WeekReport(week, today, tuple(_part(chapter, lines) for chapter in Chapter))


def _entered(facts: WeekFacts) -> Iterable[Line]:
    first = {move.about.lead_id: move.to_stage for move in facts.moves if move.from_stage is None}
    for entry in facts.entries:
        stage = first.get(entry.about.lead_id, entry.about.stage)
        yield Line(
            Chapter.ENTERED, entry.about, on=entry.on, stages=(stage,), investor=entry.investor
        )


def _moved(moves: Sequence[StageMove], told: Collection[int]) -> Iterable[Line]:
    """One line per lead, however often it moved; what a milestone tells is not told again."""
    for lead_id, own in _by_lead(moves, lambda move: move.about).items():
        steps = [move for move in own if move.from_stage is not None]
        if not steps:
            continue
        first, last = steps[0].from_stage, steps[-1]
        assert first is not None
        way = (first, *(move.to_stage for move in steps))
        if last.to_stage.is_off_ramp:
            chapter = Chapter.LEFT
        elif last.to_stage is first or last.to_stage.is_before(first):
            chapter = Chapter.STEPPED_BACK
        elif last.to_stage in FROM_SIGNING and lead_id in told:
            continue
        else:
            chapter = Chapter.ADVANCED
        yield Line(
            chapter,
            last.about,
            on=last.happened_on,
            stages=way,
            reason=last.reason if chapter is Chapter.LEFT else None,
            note=None if chapter is Chapter.ADVANCED else last.note,
        )


def _reached(reached: Sequence[Reached], week: Week) -> list[Line]:
    """Signed, registered, started: by the day it happened.

    What a person records later than its week is told in the week of recording too, and marked: else
    nobody would ever read of it. A ledger read for the first time is old stock, not this week's news.
    """
    found = []
    for each in reached:
        chapter = _chapter_of(each.kind, each.about.path)
        is_own = each.happened_on in week
        is_late = (
            not is_own
            and each.recorded_on in week
            and each.happened_on < week.monday
            and each.source is not StageSource.IMPORT
        )
        if chapter is not None and (is_own or is_late):
            found.append(
                Line(
                    chapter,
                    each.about,
                    on=each.happened_on,
                    milestone=each.kind,
                    is_late_entry=is_late,
                )
            )
    return found


def _chapter_of(kind: MilestoneKind, path: Path | None) -> Chapter | None:
    if kind is MilestoneKind.SIGNED:
        return Chapter.SIGNED
    if kind is MilestoneKind.REGISTERED:
        return Chapter.REGISTERED
    return Chapter.STARTED if kind in starting_milestones(path) else None


def _slipped(facts: WeekFacts, week: Week, today: date) -> Iterable[Line]:
    """Signing days put off in the week, and those that passed in it without a signing."""
    changed = _by_lead(facts.promises, lambda promise: promise.about)
    for own in changed.values():
        before, after, about = own[0].before, own[-1].after, own[-1].about
        is_later = before is not None and (after is None or after > before)
        if is_later and about.stage.is_before(Stage.SIGNED):
            yield Line(Chapter.SLIPPED, about, on=before, before=before, after=after)
    for each in facts.expected:
        is_waiting = each.about.stage.is_before(Stage.SIGNED)
        passed = each.on in week and each.on < today
        if passed and is_waiting and each.about.lead_id not in changed:
            yield Line(Chapter.SLIPPED, each.about, on=each.on, before=each.on, after=each.on)


def _by_lead(items: Sequence[Item], about: Callable[[Item], About]) -> dict[int, list[Item]]:
    found: dict[int, list[Item]] = {}
    for item in items:
        found.setdefault(about(item).lead_id, []).append(item)
    return found


def _part(chapter: Chapter, lines: Sequence[Line]) -> Part:
    """The chapter's lines by unit in official order, each unit's by day and lead."""
    own = sorted(
        (line for line in lines if line.chapter is chapter),
        key=lambda line: (
            line.about.unit is None,
            line.about.unit_place,
            line.on or date.min,
            line.about.lead_id,
            line.due or "",
        ),
    )
    units: dict[str | None, list[Line]] = {}
    for line in own:
        units.setdefault(line.about.unit, []).append(line)
    return Part(chapter, tuple(Group(unit, tuple(found)) for unit, found in units.items()))


# ---------------------------------------------------------------- the Monday brief

STANDING_STILL = (ReminderKind.QUIET, ReminderKind.NOT_REGISTERED, ReminderKind.NOT_STARTED)
"""The clocks that say a lead does not move; their lights are steps of the office's settings."""
RED_STEPS = frozenset({"red", "withdraw"})
YELLOW_STEP = "yellow"


@dataclass(frozen=True, slots=True)
class Still:
    """A lead that does not move: by which clock, since when, and whether its light is red."""

    about: About
    kind: ReminderKind
    is_red: bool
    days: int  # calendar days since the step was reached


def standing_still(abouts: Iterable[tuple[About, Sequence[Due]]], today: date) -> tuple[Still, ...]:
    """The leads whose light is yellow or red, each once by its worst clock, the longest first."""
    found = []
    for about, dues in abouts:
        lights = [
            (due.step in RED_STEPS, (today - due.due_on).days, due.kind)
            for due in dues
            if due.kind in STANDING_STILL and (due.step in RED_STEPS or due.step == YELLOW_STEP)
        ]
        if lights:
            is_red, days, kind = max(lights)
            found.append(Still(about, kind, is_red, days))
    return tuple(
        sorted(
            found,
            key=lambda each: (
                each.about.unit is None,
                each.about.unit_place,
                -each.days,
                each.about.lead_id,
            ),
        )
    )
