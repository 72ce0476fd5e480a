"""The indicators of a year as the board shows them: current, 应达, light, 同比 and the months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import rows_of
from crm.leads.rules.filters import LeadFilter
from crm.quotas.computed import Computed, computed
from crm.quotas.facts import nodes_of
from crm.quotas.models import Quota, YearFigure
from crm.quotas.queries import reach
from crm.quotas.reported import Owner, Report, Reports, owners_of, reports_of_years
from crm.quotas.rules import (
    Measure,
    Modality,
    Source,
    Universe,
    YearSection,
    cutoff,
    due,
    growth_percent,
    missing_months,
    months_of,
    progress,
    rounding_step,
)
from crm.quotas.telling import subject
from crm.quotas.wording import (
    figure_text,
    growth_text,
    listed,
    month_text,
    months_text,
    pace_text,
    target_text,
    word,
)

BASE_OF = {
    "land": "land_mu",
    "resettlement": "resettlement_units",
    "renewal_starts": "renewal_starts_m2",
}
"""Under which name the report gives last year's whole figure of an indicator."""


MONTHS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Linked:
    """A number in words with the leads behind it; `name` tells it from others beside it."""

    text: str
    behind: LeadFilter
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """The months as a small picture and the same in words: coordinates in a box of 112 by 28."""

    line: str
    due: str
    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Month:
    """One month of an indicator, every cell ready to print; None where there is nothing."""

    month: date
    is_missing: bool
    report: Report | None
    corrected: tuple[Report, ...]
    value: str | None
    due: str
    ours: str | None
    difference: str | None
    last_year: str | None
    growth: str | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of the year as of a day."""

    quota: Quota
    name: str
    owner: Owner | None
    target: str
    due: str
    source: Source
    current: str | None
    light: str | None
    light_words: str | None
    latest: Report | None
    ours: tuple[Linked, ...]
    unstated: tuple[Linked, ...]  # 待补: their role on the chain is not stated
    difference: str | None
    missing: str | None
    last_year: str | None
    growth: str | None
    trend: Trend | None
    known: "_Known"
    today: date

    @property
    def unstated_told(self) -> str:
        """How many firms wait for their role on the chain to be stated, on all chains together."""
        parts = self.known.records.unstated if self.known.records else ()
        return _unstated_text(sum((part.value for part in parts), Decimal(0)), self.quota.unit)

    @property
    def months(self) -> tuple[Month, ...]:
        """Every month of the period so far; made when a page asks, the board shows none."""
        return _months(self.quota, self.known, self.today)


def indicators(actor: Actor, quotas: Sequence[Quota], today: date) -> list[Indicator]:
    """The indicators among a year's quotas, in their order, in a fixed number of queries."""
    wanted = [quota for quota in quotas if quota.criteria is None]
    if not wanted:
        return []
    year, ids = wanted[0].year, [quota.id for quota in wanted]
    reports = reports_of_years(year, year - 1)
    owners = owners_of(ids)
    records = computed(actor, wanted, today)
    bases = _bases(year)
    is_whole = reach(actor) is None
    return [
        _indicator(
            quota,
            _Known(
                reports.get((year, quota.code), Reports()),
                reports.get((year - 1, quota.code), Reports()),
                records.get(quota.id),
                owners.get(quota.id),
                bases.get(BASE_OF.get(quota.code, "")),
            ),
            today,
            is_whole=is_whole,
        )
        for quota in wanted
    ]


def due_of(quota: Quota, on: date) -> int:
    """应达 of a quota or indicator by the end of a day, in its unit."""
    return due(
        quota.target,
        on,
        opens=quota.opens,
        closes=quota.closes,
        nodes=nodes_of(quota),
        rounding=quota.rounding,
        curve=quota.curve,
        step=rounding_step(quota.target) if quota.measure == Measure.SUM else 1,
    )


def grouped(found: Sequence[Indicator]) -> list[tuple[str, list[Indicator]]]:
    """The indicators by what they count, groups and rows in a fixed order."""
    groups = [
        (str(word(each)), [one for one in found if one.quota.universe == each]) for each in Universe
    ]
    return [(name, rows) for name, rows in groups if rows]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one indicator: this year's and last year's reports, and our own records."""

    reports: Reports
    last_year: Reports
    records: Computed | None
    owner: Owner | None
    base: int | None  # last year's whole figure

    def last_year_of(self, month: date) -> Decimal | None:
        """上年同期: as typed beside this year's figure, else as reported then."""
        entry = self.reports.current.get(month)
        if entry is not None and entry.last_year is not None:
            return entry.last_year
        then = self.last_year.current.get(month.replace(year=month.year - 1))
        return then.value if then else None


def _indicator(quota: Quota, known: _Known, today: date, *, is_whole: bool) -> Indicator:
    source, unit = Source(quota.source), quota.unit
    latest = known.reports.latest
    ours = _linked(known.records, unit)
    unstated = _unstated(known.records, unit)
    if source is Source.REPORTED:
        value = latest.value if latest else None
        on = latest.as_of if latest else today
        month = latest.month if latest else None
    else:
        value = known.records.value if known.records else None
        on = min(today, quota.closes)
        month = on.replace(day=1)
    light = words = None
    if value is not None and (is_whole or source is Source.REPORTED):
        found = progress(Modality(quota.modality), quota.target, due_of(quota, on), value)
        light, words = found.pace.value, pace_text(found, unit)
    last_year = known.last_year_of(month) if month else None
    told_last_year = figure_text(last_year, unit) if last_year is not None else None
    if told_last_year is None and known.base is not None:
        told_last_year = _("全年%(value)s", value=figure_text(known.base, unit))
    missing = _missing(quota, known, today)
    return Indicator(
        quota=quota,
        name=subject(quota.label, quota.label_en or quota.name_en),
        owner=known.owner,
        target=target_text(Modality(quota.modality), quota.target, unit),
        due=figure_text(due_of(quota, today), unit),
        source=source,
        current=figure_text(value, unit) if value is not None else None,
        light=light,
        light_words=words,
        latest=latest,
        ours=ours,
        unstated=unstated,
        difference=_difference(known.records, latest, unit),
        missing=_told_missing(missing),
        last_year=told_last_year,
        growth=_growth(value, last_year),
        trend=_trend(quota, known, today),
        known=known,
        today=today,
    )


def _linked(records: Computed | None, unit: str) -> tuple[Linked, ...]:
    if records is None:
        return ()
    return tuple(
        Linked(figure_text(part.value, unit), part.behind, subject(part.name, part.name_en))
        for part in records.parts
    )


def _unstated(records: Computed | None, unit: str) -> tuple[Linked, ...]:
    """Firms that may count once somebody states their role on the chain."""
    if records is None:
        return ()
    return tuple(
        Linked(
            _unstated_text(part.value, unit),
            part.behind,
            subject(part.name, part.name_en),
        )
        for part in records.unstated
    )


def _unstated_text(value: Decimal, unit: str) -> str:
    return _("%(number)s未注明链上角色", number=figure_text(value, unit))


def _missing(quota: Quota, known: _Known, today: date) -> tuple[date, ...]:
    if quota.source != Source.REPORTED:
        return ()
    return missing_months(
        quota.opens, quota.closes, quota.monthly_cutoff_day, known.reports.current.keys(), today
    )


def _told_missing(missing: Sequence[date]) -> str | None:
    """10月未报; by their number where there are many."""
    if len(missing) > MONTHS_NAMED:
        return _("%(n)s个月未报", n=len(missing))
    return _("%(months)s未报", months=months_text(missing)) if missing else None


def _difference(records: Computed | None, report: Report | None, unit: str) -> str | None:
    """What the official figure says more than our records at the end of the same month."""
    if records is None or report is None:
        return None
    apart = report.value - records.by(report.month)
    sign = "+" if apart > 0 else "−" if apart < 0 else ""
    return f"{sign}{figure_text(abs(apart), unit)}"


def _growth(value: Decimal | None, last_year: Decimal | None) -> str | None:
    found = growth_percent(value, last_year) if value is not None else None
    return growth_text(found)


def _value_of(quota: Quota, known: _Known, month: date) -> Decimal | None:
    if quota.source == Source.REPORTED:
        entry = known.reports.current.get(month)
        return entry.value if entry else None
    return known.records.by(month) if known.records else None


def _months(quota: Quota, known: _Known, today: date) -> tuple[Month, ...]:
    missing, unit = set(_missing(quota, known, today)), quota.unit
    found = []
    for month in months_of(quota.opens, quota.closes):
        if month > today:
            break
        entries = known.reports.of(month)
        report = entries[-1] if entries else None
        value, last_year = _value_of(quota, known, month), known.last_year_of(month)
        on = report.as_of if report else cutoff(month, quota.monthly_cutoff_day, quota.closes)
        found.append(
            Month(
                month=month,
                is_missing=month in missing,
                report=report,
                corrected=entries[:-1],
                value=figure_text(value, unit) if value is not None else None,
                due=figure_text(due_of(quota, on), unit),
                ours=figure_text(known.records.by(month), unit) if known.records else None,
                difference=_difference(known.records, report, unit),
                last_year=figure_text(last_year, unit) if last_year is not None else None,
                growth=_growth(value, last_year),
            )
        )
    return tuple(found)


WIDTH, HEIGHT, MARGIN = 112, 28, 3


def _trend(quota: Quota, known: _Known, today: date) -> Trend | None:
    months = months_of(quota.opens, quota.closes)
    told = [
        (place, month, value)
        for place, month in enumerate(months)
        if month <= today and (value := _value_of(quota, known, month)) is not None
    ]
    if not told:
        return None
    highest = max([Decimal(quota.target), *(value for _place, _month, value in told)])
    step = (WIDTH - 2 * MARGIN) / max(len(months) - 1, 1)

    def point(place: int, value: int | Decimal) -> tuple[float, float]:
        height = (HEIGHT - 2 * MARGIN) * float(Decimal(value) / highest)
        return round(MARGIN + step * place, 1), round(HEIGHT - MARGIN - height, 1)

    line = [point(place, value) for place, _, value in told]
    asked = [
        point(place, due_of(quota, cutoff(month, quota.monthly_cutoff_day, quota.closes)))
        for place, month in enumerate(months)
    ]
    words = listed(
        f"{month_text(month)} {figure_text(value, quota.unit)}" for _place, month, value in told
    )
    return Trend(_drawn(line), _drawn(asked), *line[-1], words)


def _drawn(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _bases(year: int) -> Mapping[str, int | None]:
    """Last year's whole figures by the report's name for them."""
    rows = rows_of(
        select(YearFigure.name, YearFigure.amount)
        .where(
            YearFigure.year == year,
            YearFigure.section == YearSection.BASE,
            YearFigure.of_year == year - 1,
        )
        .order_by(YearFigure.position)
    )
    return dict(rows.all())
