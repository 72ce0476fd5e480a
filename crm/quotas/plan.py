"""What the year's report says beside the indicators, in words: shown, never added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from crm.core.db import db
from crm.core.language import is_chinese
from crm.places.queries import zones
from crm.quotas.models import YearFigure
from crm.quotas.rules import Modality, YearSection
from crm.quotas.wording import BASES, figure_text, listed, reported_name, target_text, word

DIMENSIONS = (
    YearSection.BY_LEVEL,
    YearSection.BY_STATE,
    YearSection.BY_PLACE,
    YearSection.RENEWAL,
)
NAMES = (
    YearSection.LEADING,
    YearSection.FUTURE,
    YearSection.CHAIN_GROUPS,
    YearSection.AXES,
)


@dataclass(frozen=True, slots=True)
class ToldFigure:
    """One figure in words; `named` are the projects the report names."""

    name: str
    value: str
    amount: str | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True)
class ToldPlan:
    growth: Sequence[ToldFigure]
    dimensions: Sequence[tuple[str, Sequence[ToldFigure]]]
    bases: Sequence[ToldFigure]
    base_year: int | None
    names: Sequence[tuple[str, str]]


def told_plan(year: int) -> ToldPlan | None:
    """The figures of a year in words; None where there are none."""
    figures = _figures(year)
    if not figures:
        return None
    bases = figures.get(YearSection.BASE, ())
    places = {} if is_chinese() else {row.name: row.name_en or row.name for row in zones()}
    return ToldPlan(
        growth=[
            ToldFigure(reported_name(row.name), f"{row.percent.normalize():+f}%")
            for row in figures.get(YearSection.GROWTH, ())
            if row.percent is not None
        ],
        dimensions=[
            (str(word(section)), [_told(row, places) for row in figures[section]])
            for section in DIMENSIONS
            if section in figures
        ],
        bases=[
            ToldFigure(
                str(BASES.get(row.name, row.name)), figure_text(row.amount or 0, row.unit or "")
            )
            for row in bases
        ],
        base_year=next((row.of_year for row in bases), None),
        names=[
            (str(word(section)), listed(row.name for row in figures[section]))
            for section in NAMES
            if section in figures
        ],
    )


def _figures(year: int) -> Mapping[YearSection, Sequence[YearFigure]]:
    """What the year's report says beside the indicators, by section, in its order."""
    found: dict[YearSection, list[YearFigure]] = {}
    statement = select(YearFigure).where(YearFigure.year == year).order_by(YearFigure.position)
    for figure in db.session.scalars(statement):
        found.setdefault(figure.section, []).append(figure)
    return found


def _told(row: YearFigure, places: Mapping[str, str]) -> ToldFigure:
    count, name = row.count or 0, reported_name(row.name)
    modality = Modality(row.modality) if row.modality else None
    # In the report's words a modality stands with the sum where there is one: 总投资突破70亿元.
    value = figure_text(count, "个")  # 原文
    amount = figure_text(row.amount, row.unit or "") if row.amount is not None else None
    if modality and row.amount is not None:
        amount = target_text(modality, row.amount, row.unit or "")
    elif modality:
        value = target_text(modality, count, "个")  # 原文
    return ToldFigure(
        f"{places.get(row.zone, row.zone)} · {name}" if row.zone else name,
        value,
        amount,
        listed(row.named) if row.named else None,
    )
