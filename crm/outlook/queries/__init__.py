"""Reading the outlook: the three books, what is reached, what was told, what is forecast."""

from crm.outlook.queries.achieved import (
    Achieved,
    Became,
    Named,
    achieved_of,
    became,
    judged_for,
    names_of,
    reached_days,
)
from crm.outlook.queries.backtesting import Backtest, backtest
from crm.outlook.queries.books import (
    Decision,
    Entry,
    LeadPlace,
    YearBooks,
    books_of,
    entries_of,
    entry_of,
    place_of,
    verdicts_and_move_of,
)
from crm.outlook.queries.ceremonies import PlannedCeremony, ceremonies, signable
from crm.outlook.queries.forecasting import (
    LeadTold,
    WhatIf,
    YearForecast,
    archived_runs,
    archived_statements,
    forecast_from,
    last_forecast,
    leads_told,
    reached_on,
    year_forecast,
)
from crm.outlook.queries.ingredients import Ingredients, ingredients_of
from crm.outlook.queries.past import ForecastQuota, Gates
from crm.outlook.queries.saying import Telling, kept_numbers, sayable, tellings
from crm.outlook.queries.standing import Page, QuotaOfYear, ids_behind, year_quotas

__all__ = [
    "Achieved",
    "Backtest",
    "Became",
    "Decision",
    "Entry",
    "ForecastQuota",
    "Gates",
    "Ingredients",
    "LeadPlace",
    "LeadTold",
    "Named",
    "Page",
    "PlannedCeremony",
    "QuotaOfYear",
    "Telling",
    "WhatIf",
    "YearBooks",
    "YearForecast",
    "achieved_of",
    "archived_runs",
    "archived_statements",
    "backtest",
    "became",
    "books_of",
    "ceremonies",
    "entries_of",
    "entry_of",
    "forecast_from",
    "ids_behind",
    "ingredients_of",
    "judged_for",
    "kept_numbers",
    "last_forecast",
    "leads_told",
    "names_of",
    "place_of",
    "reached_days",
    "reached_on",
    "sayable",
    "signable",
    "tellings",
    "verdicts_and_move_of",
    "year_forecast",
    "year_quotas",
]
