"""Leads in talks that nobody moves: how quiet is too quiet.

From which day on a light shows is the office's setting (提醒设置); it comes here as `QuietLights`, made by
`crm.reminders.rules.lights`, so that a page and a mail never name two lights.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from crm.leads.rules.stages import Stage


class Light(StrEnum):
    """From calm to alarm; every light is shown with an icon and a word."""

    GREEN = "green"
    NOTICE = "notice"
    YELLOW = "yellow"
    RED = "red"
    WITHDRAW = "withdraw"


class Scope(Protocol):
    """For which leads something is set; None: whatever theirs is."""

    @property
    def stage(self) -> Stage | None: ...
    @property
    def is_headquarters(self) -> bool | None: ...
    @property
    def at_least_yuan(self) -> int | None: ...


def is_for(scope: Scope, stage: Stage, is_headquarters: bool | None, yuan: int | None) -> bool:
    """Whether it is set for such a lead. An amount nobody knows reaches no threshold."""
    return (
        scope.stage in (None, stage)
        and scope.is_headquarters in (None, bool(is_headquarters))
        and (scope.at_least_yuan is None or (yuan is not None and yuan >= scope.at_least_yuan))
    )


@dataclass(frozen=True, slots=True)
class LightDays:
    """The lights of some leads in talks, as seen from one day.

    `since`: each light there is, the worst first, with the newest day of last progress for which it
    shows. Without any the leads are always green.
    """

    since: tuple[tuple[Light, date], ...] = ()
    stage: Stage | None = None
    is_headquarters: bool | None = None
    at_least_yuan: int | None = None

    def between(self, lights: Collection[Light]) -> tuple[date | None, date | None]:
        """The days of last progress for which one of these lights shows: up to the first, after the
        second (None: without end). The lights follow each other; (None, None) where there is none."""
        until = after = None
        for light, day in self.since:
            if light in lights:
                until = day
            elif until is None:
                after = day
        return until, after if until is not None else None


QuietLights = tuple[LightDays, ...]
"""The most particular first: the first that is for a lead holds."""


def quiet_light(
    stage: Stage,
    last_progress_on: date,
    lights: QuietLights,
    *,
    is_headquarters: bool | None = None,
    yuan: int | None = None,
) -> Light:
    """The light of a lead in talks; every other stage has clocks of its own and is green."""
    if not stage.is_in_talks:
        return Light.GREEN
    for scope in lights:
        if is_for(scope, stage, is_headquarters, yuan):
            shown = (light for light, day in scope.since if last_progress_on <= day)
            return next(shown, Light.GREEN)
    return Light.GREEN
