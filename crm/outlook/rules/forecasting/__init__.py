"""The forecast of quotas as pure functions; docs/forecast.md tells the method and its sources."""

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
    "Mover",
    "Needed",
    "QuotaForecast",
    "QuotaTarget",
    "Settings",
    "Spell",
    "Training",
    "forecast",
]
