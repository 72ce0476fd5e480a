"""The Monday brief for the 调度会, and the short roll-up for district leaders: one account, two lengths.

What it says of the week are the lines of the week's report; its numbers are the lengths of its lists.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.dispatch.queries import instructions
from crm.dispatch.rules import Cutoffs, InstructionState, Light, light_of
from crm.quotas.numbers import Card, cards
from crm.quotas.queries import year_numbers
from crm.recognition.numbers import LevelPart, card_levels
from crm.reports.queries import still_leads, week_facts
from crm.reports.rules import Still, Week, WeekReport, report_week


@dataclass(frozen=True, slots=True)
class Asked:
    """One instruction of the brief with its light."""

    row: Any
    light: Light | None

    @property
    def is_done(self) -> bool:
        return self.row.state is InstructionState.CLOSED


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """How one quota stands: its card, and what each level has decided."""

    card: Card
    levels: tuple[LevelPart, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """What is read before the meeting: last week's instructions first, then the leads, the quotas."""

    on: date
    week: Week  # the week told of
    asked: tuple[Asked, ...]
    report: WeekReport
    stalled: tuple[Still, ...]  # yellow
    red: tuple[Still, ...]
    quotas: tuple[QuotaLine, ...]

    @property
    def done(self) -> int:
        return sum(each.is_done for each in self.asked)

    @property
    def late(self) -> int:
        return sum(each.light is Light.RED for each in self.asked)


def brief_of(
    actor: Actor, on: date, week: Week | None = None, stands_for: Collection[int] = ()
) -> Brief:
    """The brief for a person on a day, of the week before unless another is asked for."""
    told = week or Week.of(on).before
    cutoffs = Cutoffs.of(work_calendar(), on)
    asked: Sequence[Any] = instructions.of_week(actor, told.monday, told.sunday, on, stands_for)
    still = still_leads(actor, on)
    numbers = year_numbers(actor, on.year, on)
    levels = card_levels(actor, numbers)
    return Brief(
        on,
        told,
        tuple(Asked(row, light_of(row.state, row.due_on, row.progress, cutoffs)) for row in asked),
        report_week(told, week_facts(actor, told), on),
        tuple(each for each in still if not each.is_red),
        tuple(each for each in still if each.is_red),
        tuple(
            QuotaLine(card, levels.get(card.code, ()))
            for card in cards(numbers)
            if not card.is_example
        ),
    )
