"""The forecast of quotas as pure functions; docs/forecast.md tells the method and its sources."""

from crm.outlook.rules.forecasting.backfilling import (
    Move,
    Traits,
    ending_of,
    mark_backfilled,
    spells_of,
)
from crm.outlook.rules.forecasting.facts import (
    Arrivals,
    Assumed,
    Candidate,
    Ceremony,
    Chance,
    Ending,
    FanPoint,
    Flag,
    Forecast,
    Mover,
    Needed,
    QuotaForecast,
    QuotaTarget,
    Settings,
    Spell,
    Training,
)
from crm.outlook.rules.forecasting.seasons import month_factors
from crm.outlook.rules.forecasting.tenths import in_tenths
from crm.outlook.rules.forecasting.whole import forecast

__all__ = [
    "Arrivals",
    "Assumed",
    "Candidate",
    "Ceremony",
    "Chance",
    "Ending",
    "FanPoint",
    "Flag",
    "Forecast",
    "Move",
    "Mover",
    "Needed",
    "QuotaForecast",
    "QuotaTarget",
    "Settings",
    "Spell",
    "Training",
    "Traits",
    "ending_of",
    "forecast",
    "in_tenths",
    "mark_backfilled",
    "month_factors",
    "spells_of",
]
