"""What a leader answers on the phone: how many, which, why, and whether the year will make it.

Cheap enough for a home: stored verdicts, decisions and the forecast kept last; nothing is forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.accounts.rules import Actor
from crm.leads.rules import IN_TALKS, Stage
from crm.leads.wording import word as lead_word
from crm.outlook.prognosis import in_words, percent, points
from crm.outlook.queries import (
    LeadTold,
    QuotaOfYear,
    YearBooks,
    books_of,
    last_forecast,
    leads_told,
)
from crm.outlook.rules.books import Book
from crm.outlook.rules.saying import Counted
from crm.outlook.telling import QuotaLine
from crm.outlook.wording import line_text
from crm.quotas.numbers import EVENT_OF
from crm.quotas.queries import YearNumbers
from crm.quotas.telling import subject
from crm.recognition.queries import LevelNumbers
from crm.recognition.rules import Level

NAMED = 3
"""Leads of a forecast that are named in the sentence."""


@dataclass(frozen=True, slots=True)
class MoverTold:
    """A lead that moves the forecast: its name for who sees it, where it stands now, what it changes."""

    lead_id: int
    title: str | None
    stage: Any
    changes: str | None  # None for one no longer in talks, and where no percentage is given


@dataclass(frozen=True, slots=True)
class ForecastTold:
    """What the forecast kept last said of a quota, names first."""

    made_on: date
    movers: tuple[MoverTold, ...]
    expected: str
    low: int
    high: int
    words: str | None
    p: str | None


@dataclass(frozen=True, slots=True)
class Brief:
    """Each quota's numbers in the order of the quotas, the line to read out, the forecast kept last."""

    lines: tuple[QuotaLine, ...]
    text: str | None  # None for who sees a part of the district
    forecasts: Mapping[str, ForecastTold]


def brief_of(
    actor: Actor, numbers: YearNumbers, levels: LevelNumbers, *, hoped_only: bool
) -> Brief:
    """Four queries. With `hoped_only` the reserve is not counted."""
    quotas = tuple(
        QuotaOfYear(
            quota.quota_id, quota.code, quota.label, quota.label_en, quota.terms.opens,
            quota.terms.closes, quota.target,
        )
        for quota in numbers.quotas
    )  # fmt: skip
    books = books_of(actor, numbers.year, numbers.on, hoped_only=hoped_only, quotas=quotas)
    lines = tuple(_line(each, numbers, levels, books) for each in numbers.quotas)
    names = {each.code: each.name for each in lines}
    return Brief(
        lines,
        line_text(lines, names, numbers.on) if numbers.is_whole and lines else None,
        _forecasts(actor, numbers.year),
    )


def _line(quota: Any, numbers: YearNumbers, levels: LevelNumbers, books: YearBooks) -> QuotaLine:
    recognised = levels.of_quota.get(quota.quota_id, {}).get(Level.DISTRICT, 0)
    already = levels.reached.get((quota.quota_id, EVENT_OF[quota.terms.event]), 0)
    counts: dict[Counted, int | None] = {
        Counted.RECOGNISED: recognised,
        Counted.AWAITING: quota.reached.count - already,
    }
    for book in Book:
        is_counted = books.is_whole or book is not Book.RESERVE
        counts[Counted(book.value)] = books.count(book, quota.code) if is_counted else None
    return QuotaLine(
        quota.code, subject(quota.label, quota.label_en), quota.target,
        quota.due if numbers.is_whole else None, counts,
    )  # fmt: skip


def _forecasts(actor: Actor, year: int) -> dict[str, ForecastTold]:
    rows = last_forecast(year)
    movers = {row.code: ((row.told or {}).get("movers") or [])[:NAMED] for row in rows}
    leads = leads_told(actor, {each["lead_id"] for found in movers.values() for each in found})
    return {
        row.code: ForecastTold(
            row.made_on,
            tuple(_mover(each, leads) for each in movers[row.code] if each["lead_id"] in leads),
            f"{row.expected:.1f}",
            row.low,
            row.high,
            in_words(row.p_meet) if movers[row.code] else None,
            percent(row.p_meet),
        )
        for row in rows
    }


def _mover(kept: Mapping[str, Any], leads: Mapping[int, LeadTold]) -> MoverTold:
    told = leads[kept["lead_id"]]
    is_open = told.stage in IN_TALKS or told.stage is Stage.LEAD
    return MoverTold(
        kept["lead_id"],
        told.title if told.is_seen else None,
        lead_word(told.stage),
        _changes(kept["if_signed"], kept["if_lost"]) if is_open else None,
    )


def _changes(if_signed: float | None, if_lost: float | None) -> str | None:
    """The greater of the two changes: if it signs, or if it is lost."""
    if if_signed is None or if_lost is None:
        return None
    if abs(if_signed) >= abs(if_lost):
        return _("若签约%(points)s", points=points(if_signed))
    return _("若终止%(points)s", points=points(if_lost))
