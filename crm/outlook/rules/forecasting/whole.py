"""The forecast put together."""

from collections.abc import Sequence
from datetime import date

from crm.outlook.rules.forecasting.facts import Candidate, Forecast, QuotaTarget, Settings, Spell


def forecast(
    spells: Sequence[Spell],
    candidates: Sequence[Candidate],
    targets: Sequence[QuotaTarget],
    settings: Settings,
    on: date,
) -> Forecast:
    """How the quotas will stand at their close, seen from ``on``."""
    raise NotImplementedError
