"""How each kind of reminder is set: its steps, its clock, its escalation (DOMAIN 2.4).

The office may set a kind anew for a stage, for headquarters or for amounts from so many yuan; the
most particular setting that fits a lead holds.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from crm.leads.rules import Stage, is_for
from crm.reminders.rules.kinds import ReminderKind, Timing

MOST_DAYS = 2000
MOST_STEPS = 6
SOON = "soon"
"""The code of a step that announces a day to come though it counts from a day in the past."""


class SettingFault(StrEnum):
    """Why a setting cannot be taken."""

    NO_STEPS = "no_steps"
    TOO_MANY_STEPS = "too_many_steps"
    UNREADABLE = "unreadable"
    TWICE = "twice"
    TOO_FAR = "too_far"
    NOT_RISING = "not_rising"
    DIRECTOR_FIRST = "director_first"
    NO_SCOPE = "no_scope"
    SAME_SCOPE = "same_scope"


@dataclass(frozen=True, slots=True)
class Step:
    """One threshold of a kind: its code and how many days after its base day it is reached.

    A negative number counts back from the base day, as for a signing that is expected.
    """

    code: str
    days: int

    @property
    def announces(self) -> bool:
        """Whether it tells of a day to come: nothing is late yet, so nothing goes further up."""
        return self.days < 0 or self.code == SOON


@dataclass(frozen=True, slots=True)
class Setting:
    """How a kind is reminded of. Days of steps are calendar days unless `in_working_days`.

    `to_unit_head_after` and `to_director_after` are working days a step has been overdue; None: never.
    `counts_from`: what lies before that day is not asked for, or counts from it (see `clock_start`);
    None: whatever the day.
    """

    kind: ReminderKind
    steps: tuple[Step, ...]
    stage: Stage | None = None
    is_headquarters: bool | None = None
    at_least_yuan: int | None = None
    is_on: bool = True
    in_working_days: bool = False
    to_unit_head_after: int | None = None
    to_director_after: int | None = None
    timing: Timing = Timing.DAILY
    may_be_off: bool = True
    counts_from: date | None = None

    @property
    def particularity(self) -> tuple[int, int, bool]:
        """The more is said of the leads it is for, the sooner it holds; then the greater amount.

        Where two say as much, the one for a stage comes before the one for a form.
        """
        said = (self.stage, self.is_headquarters, self.at_least_yuan)
        is_said = sum(each is not None for each in said)
        return is_said, self.at_least_yuan or 0, self.stage is not None

    @property
    def is_general(self) -> bool:
        """Whether it is for all leads that no other setting of its kind is for."""
        return not self.particularity[0]

    @property
    def scope_key(self) -> str:
        """For which leads it is, in one word; a kind is set once for each. Empty: the general one."""
        return scope_key(self.stage, self.is_headquarters, self.at_least_yuan)

    def fits(self, stage: Stage, is_headquarters: bool | None, yuan: int | None) -> bool:
        """Whether it is for such a lead. An amount nobody knows reaches no threshold."""
        return is_for(self, stage, is_headquarters, yuan)


def scope_key(stage: Stage | None, is_headquarters: bool | None, at_least_yuan: int | None) -> str:
    """The leads a setting is for in one word, as `negotiating;hq;500000000`; "" for all of them."""
    form = {None: "", True: "hq", False: "physical"}[is_headquarters]
    said = (stage or "", form, "" if at_least_yuan is None else str(at_least_yuan))
    return ";".join(said) if any(said) else ""


def steps(text: str) -> tuple[Step, ...]:
    """The steps of `notice:14,yellow:30`. Raises ValueError with the SettingFault of what is wrong."""
    found: list[Step] = []
    for part in text.replace("，", ",").split(","):
        if not part.strip():
            continue
        match = re.fullmatch(
            r"\s*([a-z][a-z0-9_]{0,19})\s*[:：]\s*(-?[0-9]{1,5})\s*", part, re.ASCII
        )
        if match is None:
            raise ValueError(SettingFault.UNREADABLE)
        found.append(Step(match[1], int(match[2])))
    fault = why_not_steps(tuple(found))
    if fault:
        raise ValueError(fault)
    return tuple(found)


def steps_text(of: Iterable[Step]) -> str:
    """The steps as one line, the inverse of `steps`."""
    return ",".join(f"{step.code}:{step.days}" for step in of)


def why_not_steps(of: tuple[Step, ...]) -> SettingFault | None:
    """What is wrong with the steps of a kind: they rise, each code once, within some five years."""
    if not of:
        return SettingFault.NO_STEPS
    if len(of) > MOST_STEPS:
        return SettingFault.TOO_MANY_STEPS
    if len({step.code for step in of}) < len(of):
        return SettingFault.TWICE
    if any(abs(step.days) > MOST_DAYS for step in of):
        return SettingFault.TOO_FAR
    days = [step.days for step in of]
    return None if days == sorted(set(days)) else SettingFault.NOT_RISING


def why_not_escalation(
    to_unit_head_after: int | None, to_director_after: int | None
) -> SettingFault | None:
    """A bureau leader is told after the unit head, never before."""
    if to_unit_head_after is None or to_director_after is None:
        return None
    return SettingFault.DIRECTOR_FIRST if to_director_after < to_unit_head_after else None


MOST_WORKING_DAYS = 250
"""After a year nobody waits for an escalation any more."""


def why_not_setting(
    setting: Setting, *, is_general: bool, taken: Container[str] = ()
) -> dict[str, SettingFault]:
    """What is wrong with a setting, by field. `taken`: the scopes its kind is set for otherwise.

    The general one is for all leads; any other says which ones it is for.
    """
    found: dict[str, SettingFault] = {}
    fault = why_not_steps(setting.steps)
    if fault:
        found[f"days_{_faulty_step(setting, fault)}"] = fault
    fault = why_not_escalation(setting.to_unit_head_after, setting.to_director_after)
    if fault:
        found["to_director_after"] = fault
    if not is_general and setting.is_general:
        found["stage"] = SettingFault.NO_SCOPE
    elif not is_general and setting.scope_key in taken:
        found["stage"] = SettingFault.SAME_SCOPE
    return found


def _faulty_step(setting: Setting, fault: SettingFault) -> str:
    """The code of the step a fault stands beside."""
    for before, step in zip((None, *setting.steps), setting.steps, strict=False):
        if fault is SettingFault.TOO_FAR and abs(step.days) > MOST_DAYS:
            return step.code
        if fault is SettingFault.NOT_RISING and before and step.days <= before.days:
            return step.code
    return BEGINS_WITH[setting.kind].steps[0].code


def _setting(kind: ReminderKind, text: str, **more: object) -> Setting:
    return Setting(kind, steps(text), **more)  # type: ignore[arg-type]


COMING = "d60:-60,d30:-30,d7:-7,passed:1"
DEFAULTS: tuple[Setting, ...] = (
    _setting(
        ReminderKind.NEXT_ACTION,
        "due:0",
        to_unit_head_after=5,
        to_director_after=10,
        may_be_off=False,
    ),
    _setting(
        ReminderKind.FIRST_RESPONSE,
        "due:1",
        in_working_days=True,
        to_unit_head_after=1,
        to_director_after=3,
        timing=Timing.AT_ONCE,
        may_be_off=False,
    ),
    _setting(
        ReminderKind.SCREENING,
        "due:3",
        in_working_days=True,
        to_unit_head_after=2,
        to_director_after=5,
    ),
    _setting(ReminderKind.REFERRER_FEEDBACK, "due:7", to_unit_head_after=3),
    _setting(
        ReminderKind.QUIET,
        "notice:14,yellow:30,red:60,withdraw:180",
        to_unit_head_after=5,
        to_director_after=15,
    ),
    _setting(
        ReminderKind.NOT_REGISTERED,
        "yellow:90,red:180",
        to_unit_head_after=10,
        to_director_after=20,
    ),
    _setting(
        ReminderKind.NOT_STARTED, "yellow:180,red:365", to_unit_head_after=10, to_director_after=20
    ),
    _setting(ReminderKind.EXPECTED_SIGNING, COMING),
    _setting(ReminderKind.EXPECTED_LANDING, COMING),
    _setting(ReminderKind.EVIDENCE, "notice:14,yellow:30,red:60", to_unit_head_after=10),
    _setting(ReminderKind.QUOTA_BEHIND, "month:0"),
    _setting(ReminderKind.TRIP_REPORT, "soon:12,due:15", to_unit_head_after=5),
    _setting(
        ReminderKind.AGREED_DATE, "d30:-30,d7:-7,due:0", to_unit_head_after=3, to_director_after=10
    ),
    _setting(
        ReminderKind.INSTRUCTION,
        "d3:-3,due:0",
        to_unit_head_after=1,
        to_director_after=3,
        may_be_off=False,
    ),
)
"""What an office begins with. Working days for the first response and the screening (江门 2024: 1 and
3 days), 7 days for the referrer; lights of quiet leads 14/30/60/180 days; signed and not registered
90/180, registered and not started 180/365; a trip's report 15 days after the return."""

BEGINS_WITH = {each.kind: each for each in DEFAULTS}
COUNTED_WHENEVER = frozenset(
    {ReminderKind.NEXT_ACTION, ReminderKind.INSTRUCTION, ReminderKind.QUOTA_BEHIND}
)
"""Of these no day is too old: somebody has set it here, or it is the month's."""
STARTS_ANEW = frozenset(
    {
        ReminderKind.QUIET,
        ReminderKind.NOT_REGISTERED,
        ReminderKind.NOT_STARTED,
        ReminderKind.EVIDENCE,
    }
)
"""What lasts: an earlier day counts as `counts_from`, so that people get the time the steps give.
Every other kind asks for something once, and what should have been done before it is not asked for."""
FROM_THE_BEGINNING = frozenset(
    {
        ReminderKind.FIRST_RESPONSE,
        ReminderKind.SCREENING,
        ReminderKind.REFERRER_FEEDBACK,
        ReminderKind.EXPECTED_SIGNING,
        ReminderKind.EXPECTED_LANDING,
        ReminderKind.TRIP_REPORT,
    }
)
"""An office begins without asking for what was over before the kind was in force. Lights state how
long nothing has happened and show from the first day on."""


def as_begun(kind: ReminderKind, began_on: date | None) -> Setting:
    """What an office begins with, where the kind has been in force since `began_on`."""
    begun = BEGINS_WITH[kind]
    return replace(begun, counts_from=began_on) if kind in FROM_THE_BEGINNING else begun


def switched_on(before: Setting | None, after: Setting, today: date) -> Setting:
    """A kind that was off is switched on: it counts from today, unless another day was given."""
    is_begun = before is not None and not before.is_on and after.is_on
    if not is_begun or after.kind in COUNTED_WHENEVER:
        return after
    assert before is not None
    return replace(after, counts_from=today) if after.counts_from == before.counts_from else after


def clock_start(base: date, setting: Setting) -> date | None:
    """The day a clock runs from under a setting; None where it lies too far back to be asked for."""
    first = setting.counts_from
    if first is None or base >= first or setting.kind in COUNTED_WHENEVER:
        return base
    return first if setting.kind in STARTS_ANEW else None


MONTHLY = frozenset({ReminderKind.QUOTA_BEHIND})
"""Told once a month to bureau leaders, from so many days after its first on; nobody is above them."""


def steps_from(kind: ReminderKind, days: Mapping[str, int | None]) -> tuple[Step, ...]:
    """The steps of a kind as people give them: whole days by code, none where a step is not used.

    Codes are the kind's own; those that announce a coming day are given as days before it.
    """
    return tuple(
        Step(each.code, -given if each.days < 0 else given)
        for each in BEGINS_WITH[kind].steps
        if (given := days.get(each.code)) is not None
    )


class Settings:
    """The settings of an office, asked by kind and lead; the answer is remembered."""

    def __init__(self, of: Iterable[Setting]) -> None:
        self._of: dict[ReminderKind, list[Setting]] = {kind: [] for kind in ReminderKind}
        for each in of:
            self._of[each.kind].append(each)
        for found in self._of.values():
            found.sort(key=lambda each: each.particularity, reverse=True)
        # A kind set once for all leads needs no looking at the lead.
        self._for_all = {
            kind: found[0] if found[0].is_on else None
            for kind, found in self._of.items()
            if len(found) == 1 and found[0].is_general
        }

    def of(
        self,
        kind: ReminderKind,
        stage: Stage | None = None,
        is_headquarters: bool | None = None,
        yuan: int | None = None,
    ) -> Setting | None:
        """The setting that holds for such a lead; None where the kind is off for it.

        Without a stage the office's general setting is meant (for what concerns no lead).
        """
        if kind in self._for_all:
            return self._for_all[kind]
        for each in self._of[kind]:
            if stage is None:
                if each.particularity[0] == 0:
                    return each if each.is_on else None
            elif each.fits(stage, is_headquarters, yuan):
                return each if each.is_on else None
        return None

    def all(self, kind: ReminderKind) -> tuple[Setting, ...]:
        """Every setting of a kind, the most particular first."""
        return tuple(self._of[kind])

    def general(self, kind: ReminderKind) -> Setting:
        """The setting of a kind for all leads that no other is for, on or off."""
        return next((each for each in self._of[kind] if each.is_general), BEGINS_WITH[kind])

    def changed(self, before: Setting | None, after: Setting | None) -> "Settings":
        """The same with one setting replaced (None: added, or taken away)."""
        kept = [each for of in self._of.values() for each in of if each != before]
        return Settings([*kept, *([after] if after else [])])

    def alone(self, kind: ReminderKind) -> "Settings":
        """The settings of one kind; every other is off."""
        return Settings(self._of[kind])
