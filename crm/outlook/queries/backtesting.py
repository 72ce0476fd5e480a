"""Past weeks forecast again from what was known then, and held against what happened since."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import func, select

from crm.core.clock import office_day, office_moment
from crm.core.db import rows_of
from crm.leads.models import StageChange
from crm.outlook.queries.achieved import reached_days
from crm.outlook.queries.forecasting import (
    YearForecast,
    events_of,
    reached_on,
    stated_by,
    year_forecast,
)
from crm.outlook.rules.scoring import Score, Stated, scores

LEARNING_WEEKS = 13
"""A ledger younger than this has nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The weeks of a year as they would have been forecast, and the score of what was said of leads."""

    year: int
    on: date
    weeks: tuple[YearForecast, ...]
    was: YearForecast  # as of `on`: what became of what was said
    reached: dict[str, int]
    scores: tuple[Score, ...]


def backtest(year: int, on: date, weeks: int) -> Backtest:
    """The last `weeks` Mondays before `on` that lie in the year's periods and in the ledger's time."""
    found: list[YearForecast] = []
    said: list[Stated] = []
    for monday in _mondays(on, weeks):
        known_at = office_moment(monday, time(23, 59, 59))
        made = year_forecast(year, monday, known_at=known_at)
        quotas = made.ingredients.quotas
        if not quotas or not any(quota.opens <= monday <= quota.closes for quota in quotas):
            continue
        found.append(made)
        said += stated_by(made.forecast.chances, events_of(made.ingredients), monday)
    was = year_forecast(year, on)
    reached = {code: len(days) for code, days in reached_days(was.ingredients.quotas, on).items()}
    return Backtest(year, on, tuple(found), was, reached, scores(said, reached_on(), on))


def _mondays(on: date, weeks: int) -> Iterator[date]:
    begun = rows_of(select(func.min(StageChange.at))).scalar()
    if begun is None:
        return
    first = office_day(begun) + timedelta(weeks=LEARNING_WEEKS)
    last = on - timedelta(days=on.weekday() or 7)
    for back in range(weeks - 1, -1, -1):
        monday = last - timedelta(weeks=back)
        if monday >= first:
            yield monday
