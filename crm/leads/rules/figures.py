"""Amounts as dated facts, and which of them judges.

An amount is told in talks, written into the agreement, filed, and reported to statistics. Each of
these is kept; a later one never overwrites an earlier one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from crm.core.money import Qualifier

CNY = "CNY"


class FigureKind(StrEnum):
    TOTAL_INVESTMENT = "total_investment"
    FIXED_ASSETS = "fixed_assets"
    EQUIPMENT = "equipment"
    PHASE_ONE = "phase_one"
    FOREIGN_CAPITAL = "foreign_capital"
    ANNUAL_OUTPUT = "annual_output"
    ANNUAL_REVENUE = "annual_revenue"
    ANNUAL_TAX = "annual_tax"
    HEADQUARTERS_REVENUE = "headquarters_revenue"


class FigureSource(StrEnum):
    """How firm an amount is, softest first."""

    TALK = "talk"
    AGREEMENT = "agreement"
    FILING = "filing"
    STATISTICS = "statistics"


FIRMNESS = (
    FigureSource.TALK,
    FigureSource.AGREEMENT,
    FigureSource.FILING,
    FigureSource.STATISTICS,
)


class Basis(StrEnum):
    """Whose revenue, and of which kind; only the local legal person's own can count."""

    COMMITTED = "committed"
    ACTUAL = "actual"
    CONSOLIDATED = "consolidated"


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount as somebody stated it on a day.

    ``amount`` and ``upper`` are whole units of ``currency``; ``yuan`` is the amount in whole yuan
    (None for a foreign amount without a rate), converted at ``rate`` yuan per unit as of
    ``rate_on``; ``is_provisional`` while that rate is not the signing day's. ``document`` names
    the paper that proves it; a talk amount is a statement even when a paper is attached.
    """

    kind: FigureKind
    source: FigureSource
    on: date
    amount: int
    currency: str = CNY
    qualifier: Qualifier | None = None
    upper: int | None = None
    yuan: int | None = None
    rate: Decimal | None = None
    rate_on: date | None = None
    is_provisional: bool = False
    basis: Basis | None = None
    document: str | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if self.currency == CNY and self.yuan is None:
            object.__setattr__(self, "yuan", self.amount)

    @property
    def is_documented(self) -> bool:
        return self.source is not FigureSource.TALK and bool(self.document)


class FigureStanding(StrEnum):
    """What weight the judged figure has."""

    EXPECTED = "expected"
    STATED = "stated"
    EVIDENCED = "evidenced"


@dataclass(frozen=True, slots=True)
class JudgedFigure:
    figure: Figure
    standing: FigureStanding


def judged_figure(
    figures: Iterable[Figure], kind: FigureKind, signed: bool, on: date
) -> JudgedFigure | None:
    """The figure of ``kind`` that judges on the day ``on``, or None if none was recorded by then.

    Before signing the newest talk amount is shown as expectation (another source only where
    nobody told one). From signing on the document amount judges, and of several the firmest:
    statistics before filing before agreement, since each later paper examines the earlier one.
    Within a source the newest judges. Without any document the firmest stated amount judges, and
    it is not evidenced.
    """
    known = [figure for figure in figures if figure.kind is kind and figure.on <= on]
    if not known:
        return None
    if not signed:
        told = [figure for figure in known if figure.source is FigureSource.TALK]
        return JudgedFigure(_last(told or known, _newest), FigureStanding.EXPECTED)
    documented = [figure for figure in known if figure.is_documented]
    if documented:
        return JudgedFigure(_last(documented, _firmest), FigureStanding.EVIDENCED)
    return JudgedFigure(_last(known, _firmest), FigureStanding.STATED)


def _last(figures: Sequence[Figure], order: Callable[[Figure], tuple[object, ...]]) -> Figure:
    """The last in that order. Of figures alike in it any is as good; the choice is only settled."""
    if len(figures) == 1:
        return figures[0]
    return max(figures, key=lambda figure: (*order(figure), repr(figure)))


def _newest(figure: Figure) -> tuple[date, int, int]:
    return figure.on, figure.id, figure.amount


def _firmest(figure: Figure) -> tuple[int, date, int, int]:
    return FIRMNESS.index(figure.source), *_newest(figure)


@dataclass(frozen=True, slots=True)
class Rate:
    """Yuan per one unit of a currency, published on a day."""

    currency: str
    on: date
    rate: Decimal


def pick_rate(rates: Iterable[Rate], currency: str, day: date) -> Rate | None:
    """The newest rate published on or before ``day``; None if there is none."""
    known = [rate for rate in rates if rate.currency == currency and rate.on <= day]
    return max(known, key=lambda rate: rate.on, default=None)


def valued(figure: Figure, rates: Iterable[Rate], *, signed_on: date | None, today: date) -> Figure:
    """The figure with its value in yuan: at the signing day's rate, else provisional at the latest.

    Yuan are rounded down, so that a conversion never lifts an amount over a threshold. Without
    any rate ``yuan`` stays None.
    """
    if figure.currency == CNY:
        if figure.yuan == figure.amount and figure.rate_on is None and not figure.is_provisional:
            return figure  # as it was loaded
        return replace(figure, yuan=figure.amount, rate=None, rate_on=None, is_provisional=False)
    rate = pick_rate(rates, figure.currency, signed_on or today)
    if rate is None:
        return replace(figure, yuan=None, rate=None, rate_on=None, is_provisional=True)
    return replace(
        figure,
        yuan=to_yuan(figure.amount, rate.rate),
        rate=rate.rate,
        rate_on=rate.on,
        is_provisional=signed_on is None,
    )


def to_yuan(units: int, rate: Decimal) -> int:
    """Whole yuan of ``units`` of a currency at ``rate`` yuan per unit, rounded down."""
    return int((Decimal(units) * rate).to_integral_value(rounding=ROUND_FLOOR))
