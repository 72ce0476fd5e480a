"""What each role's home shows, composed of other features' queries; every number has its list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from crm.accounts.rules import Actor
from crm.core.lists import COUNT_LIMIT
from crm.leads.queries import changed_on_behalf, first_leads, pipeline
from crm.leads.rules import OPEN_STAGES, Light, QuietLights, Stage, quiet_light
from crm.leads.rules.filters import (
    Bucket,
    CountedEvent,
    Due,
    LeadFilter,
    Outcome,
    Quiet,
    Sort,
)
from crm.outbox.queries import deliveries_since, last_sign_at
from crm.outbox.rules import DeliveryState, is_silent
from crm.outlook.briefing import Brief, brief_of
from crm.quotas.numbers import Card, cards, distinct_behind, line_to_read, overlap_behind
from crm.quotas.queries import (
    ALL,
    YearNumbers,
    counts_behind,
    nearest,
    signed_pending,
    year_numbers,
)
from crm.quotas.telling import Told, told
from crm.recognition.desk import stuck_in
from crm.recognition.numbers import LevelPart, card_levels
from crm.recognition.queries import level_numbers
from crm.reminders.queries.lights import quiet_lights

SHOWN = 6

TOLD_DAYS = 14
"""How long a home tells an owner what a bureau leader changed for them."""


def counted_text(number: int) -> str:
    """The number as the list behind it says it."""
    return f"{COUNT_LIMIT}+" if number > COUNT_LIMIT else str(number)


@dataclass(frozen=True, slots=True)
class Counted:
    """A number and the list behind it."""

    key: str
    number: int
    behind: LeadFilter

    @property
    def text(self) -> str:
        return counted_text(self.number)


@dataclass(frozen=True, slots=True)
class StageShare:
    """One stage of the pipeline: leads and known amounts, with their list.

    `yuan` is None where the leads are more than are counted.
    """

    stage: Stage
    number: int
    yuan: int | None
    behind: LeadFilter

    @property
    def text(self) -> str:
        return counted_text(self.number)


@dataclass(frozen=True, slots=True)
class LeaderHome:
    numbers: YearNumbers
    cards: Sequence[Card]
    levels: Mapping[str, Sequence[LevelPart]]
    overlap: LeadFilter
    distinct: LeadFilter
    line: str
    brief: Brief
    near: Sequence[tuple[Any, Told]]
    stages: Sequence[StageShare]
    in_talks: Counted
    in_talks_yuan: int | None  # None where they are more than are counted
    counts: dict[str, Counted]
    quiet: Sequence[tuple[Any, Light, int]]
    week: Sequence[Any]


@dataclass(frozen=True, slots=True)
class WorkHome:
    """The home of those who do the work: of one person's leads, or of a unit's."""

    counts: dict[str, Counted]
    overdue: Sequence[Any]
    week: Sequence[Any]
    no_next: Sequence[Any]
    quiet: Sequence[tuple[Any, Light, int]]
    pending: Sequence[tuple[Any, list[Told]]]
    stages: Sequence[StageShare] = field(default=())
    on_behalf: Sequence[Any] = field(default=())  # 代改: what bureau leaders changed of mine


@dataclass(frozen=True, slots=True)
class SystemHome:
    last_sign_at: datetime | None
    is_silent: bool
    failed: Sequence[Any]
    stuck: int  # decisions of recognition that nobody has the authority to take


def leader_home(actor: Actor, today: date) -> LeaderHome:
    """The answer to the phone, the quotas, the pipeline, what is quiet and what the week holds.

    Fourteen queries at most. The reserve of the three books is not counted where the leads in talks
    are more than are counted.
    """
    numbers = year_numbers(actor, today.year, today)
    stages = _stages(actor, {})
    talks = [each for each in stages if each.stage.is_in_talks]
    amounts = [each.yuan for each in talks if each.yuan is not None]
    quiet = LeadFilter(quiet=Quiet.ANY, sort=Sort.PROGRESS, is_reversed=True)
    week = LeadFilter(due=Due.WEEK, sort=Sort.DUE)
    levels = level_numbers(actor, numbers.year, reached_on=today)
    in_talks = sum(each.number for each in talks)
    lights = quiet_lights(today)
    quiet_leads, week_leads = first_leads(actor, (quiet, week), today, SHOWN, lights=lights)
    return LeaderHome(
        numbers=numbers,
        cards=cards(numbers),
        levels=card_levels(actor, numbers, levels),
        overlap=overlap_behind(numbers.year),
        distinct=distinct_behind(numbers.year),
        line=line_to_read(numbers),
        brief=brief_of(actor, numbers, levels, hoped_only=in_talks > COUNT_LIMIT),
        near=[(row, told(row)) for row in nearest(actor, numbers.quotas, numbers.year)],
        stages=stages,
        in_talks=Counted("in_talks", in_talks, LeadFilter(stage=Bucket.IN_TALKS)),
        in_talks_yuan=sum(amounts) if len(amounts) == len(talks) else None,
        counts=_counts(
            actor,
            {
                "withdraw": LeadFilter(quiet=Quiet.WITHDRAW),
                "red": LeadFilter(quiet=Quiet.RED),
                "yellow": LeadFilter(quiet=Quiet.YELLOW),
                "overdue": LeadFilter(due=Due.OVERDUE),
                "week": LeadFilter(due=Due.WEEK),
                "no_next": LeadFilter(due=Due.NONE),
            },
            today,
            lights,
        ),
        quiet=_with_lights(quiet_leads, today, lights),
        week=week_leads,
    )


def staff_home(actor: Actor, today: date, at: datetime) -> WorkHome:
    """A person's own leads, and what others changed of them in two weeks; six queries."""
    on_behalf = changed_on_behalf(actor.id, at - timedelta(days=TOLD_DAYS), SHOWN)
    return replace(_work_home(actor, {"owner": actor.id}, today), on_behalf=on_behalf)


def unit_home(actor: Actor, today: date) -> WorkHome:
    """The leads of the unit a person heads; six queries."""
    return _work_home(actor, {"department": actor.department_id}, today, is_unit=True)


def _work_home(
    actor: Actor, whose: dict[str, Any], today: date, *, is_unit: bool = False
) -> WorkHome:
    def mine(**wanted: Any) -> LeadFilter:
        return LeadFilter(**whose, **wanted)

    pending = mine(quota=ALL, year=today.year, event=CountedEvent.SIGNED, verdict=Outcome.PENDING)
    quiet = mine(quiet=Quiet.ANY, sort=Sort.PROGRESS, is_reversed=True)
    lights = quiet_lights(today)
    overdue, week, no_next, quiet_leads = first_leads(
        actor,
        (
            mine(due=Due.OVERDUE, sort=Sort.DUE),
            mine(due=Due.WEEK, sort=Sort.DUE),
            mine(due=Due.NONE),
            quiet,
        ),
        today,
        SHOWN,
        lights=lights,
    )
    return WorkHome(
        counts=_counts(
            actor,
            {
                "overdue": mine(due=Due.OVERDUE),
                "today": mine(due=Due.TODAY),
                "week": mine(due=Due.WEEK),
                "no_next": mine(due=Due.NONE),
                "quiet": mine(quiet=Quiet.ANY),
                "pending": pending,
            },
            today,
            lights,
        ),
        overdue=overdue,
        week=week,
        no_next=no_next,
        quiet=_with_lights(quiet_leads, today, lights),
        pending=_by_lead(signed_pending(actor, pending, today, SHOWN)),
        stages=_stages(actor, whose) if is_unit else (),
    )


def system_home(actor: Actor, today: date, at: datetime) -> SystemHome:
    """What the administrator must know: is the worker alive, which mails failed this week, and
    whether somebody must be given authority."""
    seen = last_sign_at()
    states = (DeliveryState.FAILED,)
    return SystemHome(
        seen,
        is_silent(seen, at),
        deliveries_since(today - timedelta(days=7), states),
        stuck_in(actor, today.year, today),
    )


def _stages(actor: Actor, whose: dict[str, Any]) -> list[StageShare]:
    found = pipeline(actor, LeadFilter(**whose))
    return [
        StageShare(stage, *found.get(stage, (0, 0)), LeadFilter(stage=stage, **whose))
        for stage in OPEN_STAGES
    ]


def _counts(
    actor: Actor, filters: dict[str, LeadFilter], today: date, lights: QuietLights
) -> dict[str, Counted]:
    numbers = counts_behind(actor, list(filters.values()), today, lights=lights)
    return {
        key: Counted(key, number, wanted)
        for (key, wanted), number in zip(filters.items(), numbers, strict=True)
    }


def _with_lights(
    rows: Iterable[Any], today: date, lights: QuietLights
) -> list[tuple[Any, Light, int]]:
    """The leads nobody moves, each with its light and the days without progress."""
    return [
        (
            row,
            quiet_light(
                row.stage,
                row.last_progress_on,
                lights,
                is_headquarters=row.is_headquarters,
                yuan=row.investment_yuan,
            ),
            (today - row.last_progress_on).days,
        )
        for row in rows
    ]


def _by_lead(rows: Iterable[Any]) -> list[tuple[Any, list[Told]]]:
    found: dict[int, tuple[Any, list[Told]]] = {}
    for row in rows:
        found.setdefault(row.lead_id, (row, []))[1].append(told(row))
    return list(found.values())
