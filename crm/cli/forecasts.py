"""The forecast as one document, and how good earlier ones would have been."""

from datetime import date, datetime
from typing import Any

import click

from crm.cli.terminal import print_json, say
from crm.core import clock
from crm.outlook.queries import Backtest, YearForecast, backtest, year_forecast
from crm.outlook.rules.scoring import ENOUGH

MOST_WEEKS = 260


def forecast_document(year: int, on: date, known_at: datetime | None) -> dict[str, Any] | None:
    """`forecast` of `quotas show --json`; None where the year has no quota that counts leads."""
    found = year_forecast(year, on, known_at=known_at)
    if not found.ingredients.quotas:
        return None
    gates = found.ingredients.gates
    return {
        "parameters": {
            **found.forecast.parameters,
            "amount_gate": round(gates.amount, 4),
            "recognition_gate": round(gates.recognition, 4),
        },
        "quotas": [
            {
                "code": each.code,
                "p_meet": each.p_meet,
                "band80": list(each.band80),
                "expected": each.expected,
                "not_yet_known": list(each.not_yet_known),
                "movers": [
                    {"lead_id": mover.lead_id, "p": mover.p, "delta": mover.delta_signed}
                    for mover in each.movers
                ],
            }
            for each in found.forecast.quotas
        ],
        "p_all": found.forecast.p_all,
    }


@click.command("backtest")
@click.option("--year", type=click.IntRange(2000, 2100), help="default: this year")
@click.option("--weeks", type=click.IntRange(1, MOST_WEEKS), default=52, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def quotas_backtest(year: int | None, weeks: int, as_json: bool) -> None:
    """Forecast past Mondays again from what was known then, and score it by what happened since.

    What is undated (size, form and chain of a lead) is taken as it is now. Exit 0 also where the
    ledger is too young for a single week: then no week is listed.
    """
    today = clock.today()
    found = backtest(year or today.year, today, weeks)
    if as_json:
        print_json(_backtest_document(found))
        return
    click.echo(f"{found.year}: {len(found.weeks)} weeks")
    for score in found.scores:
        told = (
            f"Brier {score.brier:.3f}, without telling leads apart {score.base:.3f}"
            if score.brier is not None and score.base is not None
            else f"too little to judge (under {ENOUGH} leads)"
        )
        click.echo(
            f"{score.horizon} days: {score.n} statements on {score.leads} leads, "
            f"{score.came_true} came true; {told}"
        )
    if not found.weeks:
        say("no week lies in the year and in the time of the ledger")


def _backtest_document(found: Backtest) -> dict[str, Any]:
    return {
        "year": found.year,
        "on": found.on.isoformat(),
        "weeks": [_week_document(each) for each in found.weeks],
        "was": [
            {
                "code": each.code,
                "closes": each.closes_on.isoformat(),
                "target": each.target,
                "certain": each.certain,
                "reached": found.reached[each.code],
            }
            for each in found.was.ingredients.targets
        ],
        "leads": [
            {
                "horizon": score.horizon,
                "n": score.n,
                "leads": score.leads,
                "came_true": score.came_true,
                "enough": score.brier is not None,
                "brier": score.brier,
                "base": score.base,
                "bins": [
                    {
                        "low": each.low,
                        "high": each.high,
                        "n": each.n,
                        "mean": each.mean,
                        "observed": each.observed,
                    }
                    for each in score.bins
                ],
            }
            for score in found.scores
        ],
    }


def _week_document(made: YearForecast) -> dict[str, Any]:
    targets = {each.code: each for each in made.ingredients.targets}
    return {
        "made_on": made.ingredients.on.isoformat(),
        "candidates": len(made.ingredients.candidates),
        "quotas": [
            {
                "code": each.code,
                "target": targets[each.code].target,
                "certain": targets[each.code].certain,
                "p_meet": each.p_meet,
                "band80": list(each.band80),
                "expected": each.expected,
            }
            for each in made.forecast.quotas
        ],
        "p_all": made.forecast.p_all,
    }
