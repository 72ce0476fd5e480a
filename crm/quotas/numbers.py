"""The numbers of a year as a page shows them: each with the list behind it, and a light."""

from dataclasses import dataclass

from flask_babel import gettext as _

from crm.leads.rules.filters import CountedEvent, LeadFilter
from crm.leads.rules.filters import Outcome as Wanted
from crm.quotas.queries import ALL, OVERLAP, Number, QuotaNumbers, YearNumbers
from crm.quotas.rules import CountingEvent, Pace, progress
from crm.quotas.telling import subject
from crm.quotas.wording import one_line, pace_text, word

EVENT_OF = {
    CountingEvent.SIGNED: CountedEvent.SIGNED,
    CountingEvent.SIGNED_AND_REGISTERED: CountedEvent.REGISTERED,
    CountingEvent.STARTED: CountedEvent.STARTED,
}

TONES = {Pace.GREEN: "good", Pace.YELLOW: "warn", Pace.RED: "bad"}


@dataclass(frozen=True, slots=True)
class Part:
    """One number and how much of it is 待补佐证, each with the list behind it."""

    event: CountedEvent
    label: str
    number: int
    behind: LeadFilter
    pending: int
    pending_behind: LeadFilter


@dataclass(frozen=True, slots=True)
class Card:
    """One quota: its reached number large, the light, the three numbers, what is pending."""

    code: str
    name: str
    target: int
    due: int
    modality: str
    event: str
    number: int
    behind: LeadFilter
    light: str | None
    light_words: str | None
    tone: str
    bar_words: str
    parts: tuple[Part, ...]
    is_example: bool


def cards(numbers: YearNumbers) -> list[Card]:
    """The year's quotas. A person who sees a part of the district gets its numbers, not a light:
    the targets are the district's."""
    return [_card(each, numbers.year, is_whole=numbers.is_whole) for each in numbers.quotas]


def _card(quota: QuotaNumbers, year: int, *, is_whole: bool) -> Card:
    name = subject(quota.label, quota.label_en)
    reached = quota.reached
    event = EVENT_OF[quota.terms.event]
    light, words, tone = _light(quota, reached) if is_whole else (None, None, "")
    return Card(
        code=quota.code,
        name=name,
        target=quota.target,
        due=quota.due,
        modality=str(word(quota.terms.modality)),
        event=str(word(quota.terms.event)),
        number=reached.count,
        behind=LeadFilter(quota=quota.code, year=year, event=event),
        light=light,
        light_words=words,
        tone=tone,
        bar_words=_(
            "%(name)s：计数%(n)s个，目标%(target)s个，应达%(due)s个",
            name=name,
            n=reached.count,
            target=quota.target,
            due=quota.due,
        ),
        parts=tuple(
            _part(label, number, quota.code, year, counted)
            for label, number, counted in (
                (_("已签约"), quota.signed, CountedEvent.SIGNED),
                (_("已注册"), quota.registered, CountedEvent.REGISTERED),
                (_("已开工"), quota.started, CountedEvent.STARTED),
            )
        ),
        is_example=quota.is_example,
    )


def _part(label: str, number: Number, code: str, year: int, event: CountedEvent) -> Part:
    return Part(
        event,
        label,
        number.count,
        LeadFilter(quota=code, year=year, event=event),
        number.pending,
        LeadFilter(quota=code, year=year, event=event, verdict=Wanted.PENDING),
    )


def _light(quota: QuotaNumbers, reached: Number) -> tuple[str, str, str]:
    found = progress(quota.terms.modality, quota.target, quota.due, reached.count)
    return found.pace.value, pace_text(found, "个"), TONES[found.pace]  # 原文


def overlap_behind(year: int) -> LeadFilter:
    return LeadFilter(quota=OVERLAP, year=year, event=CountedEvent.SIGNED)


def distinct_behind(year: int) -> LeadFilter:
    return LeadFilter(quota=ALL, year=year, event=CountedEvent.SIGNED)


def line_to_read(numbers: YearNumbers) -> str:
    """“截至2026年11月23日，大项目已签约n个（目标10，应达9）…”, the same numbers as on the page."""
    return one_line(numbers.quotas, numbers.on, overlap=numbers.overlap, distinct=numbers.distinct)
