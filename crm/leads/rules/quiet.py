"""Leads in talks that nobody moves: how quiet is too quiet."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.leads.rules.stages import Stage


class Light(StrEnum):
    """From calm to alarm; every light is shown with an icon and a word."""

    GREEN = "green"
    NOTICE = "notice"
    YELLOW = "yellow"
    RED = "red"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class QuietLimits:
    """Calendar days without progress from which each light shows (a setting)."""

    notice: int = 14
    yellow: int = 30
    red: int = 60
    withdraw: int = 180

    def __post_init__(self) -> None:
        if not 0 < self.notice <= self.yellow <= self.red <= self.withdraw:
            raise ValueError("limits must be positive and must not fall")


DEFAULT_QUIET_LIMITS = QuietLimits()


def quiet_light(
    stage: Stage,
    last_progress_on: date | None,
    today: date,
    limits: QuietLimits = DEFAULT_QUIET_LIMITS,
) -> Light:
    """The light of a lead in talks; every other stage has clocks of its own and is green.

    A limit is reached on its day: 14 days without progress show the notice. A lead in talks
    whose progress was never recorded shows the notice, since how long it is quiet is unknown.
    """
    if not stage.is_in_talks:
        return Light.GREEN
    if last_progress_on is None:
        return Light.NOTICE
    days = (today - last_progress_on).days
    for least, light in (
        (limits.withdraw, Light.WITHDRAW),
        (limits.red, Light.RED),
        (limits.yellow, Light.YELLOW),
        (limits.notice, Light.NOTICE),
    ):
        if days >= least:
            return light
    return Light.GREEN


def quiet_days(light: Light, limits: QuietLimits = DEFAULT_QUIET_LIMITS) -> tuple[int, int | None]:
    """The days without progress for which a light shows: from, and below what (None: no end).

    Raises ValueError for GREEN, which also means stages that have no such clock.
    """
    steps = [limits.notice, limits.yellow, limits.red, limits.withdraw]
    place = (Light.NOTICE, Light.YELLOW, Light.RED, Light.WITHDRAW).index(light)
    return steps[place], steps[place + 1] if place < 3 else None


def is_quiet(
    stage: Stage,
    last_progress_on: date | None,
    today: date,
    limits: QuietLimits = DEFAULT_QUIET_LIMITS,
) -> bool:
    """Whether the lead belongs on the list of quiet leads."""
    return quiet_light(stage, last_progress_on, today, limits) is not Light.GREEN
