"""Keeping each week's forecast, so that it can be held against what happened."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.outlook.models import ForecastChance, ForecastQuota, ForecastRun
from crm.outlook.queries import YearForecast, year_forecast
from crm.outlook.rules.forecasting import QuotaForecast
from crm.quotas.models import Quota


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def archive_week(at: datetime, today: date) -> int:
    """Archive this week's forecast of every year that runs, once; how many were new."""
    week_of = monday_of(today)
    years = db.session.scalars(
        select(Quota.year)
        .where(Quota.opens <= today, Quota.closes >= today, Quota.criteria.is_not(None))
        .distinct()
        .order_by(Quota.year)
    ).all()
    done = set(db.session.scalars(select(ForecastRun.year).where(ForecastRun.week_of == week_of)))
    new = 0
    for year in years:
        if year not in done:
            found = year_forecast(year, today)
            if found.ingredients.quotas:
                keep(found, week_of, at)
                new += 1
    return new


def keep(found: YearForecast, week_of: date, at: datetime) -> ForecastRun:
    """Store a forecast with its parameters and what it says of every lead."""
    told, made = found.forecast, found.ingredients
    run = ForecastRun(
        year=made.year, week_of=week_of, made_on=made.on, at=at, p_all=told.p_all,
        parameters=told.parameters,
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    by_code = {quota.code: quota for quota in made.quotas}
    for each in told.quotas:
        target = next(one for one in made.targets if one.code == each.code)
        db.session.add(
            ForecastQuota(
                run_id=run.id, code=each.code, event=by_code[each.code].event.value,
                target=target.target, certain=target.certain, p_meet=each.p_meet,
                low=each.band80[0], high=each.band80[1], expected=each.expected,
                unknown_low=each.not_yet_known[0], unknown_high=each.not_yet_known[1],
                told=_told(each, target.target),
            )
        )  # fmt: skip
    db.session.flush()
    insert_rows(
        ForecastChance,
        [
            {
                "run_id": run.id, "code": each.code, "lead_id": each.lead_id, "p": each.p,
                "within_30": each.within_30, "within_60": each.within_60,
                "within_90": each.within_90,
            }
            for each in told.chances
        ],
    )  # fmt: skip
    return run


def _told(quota: QuotaForecast, target: int) -> dict[str, Any]:
    """Names before numbers: who moves the quota most, and what would be enough."""
    names = quota.needed.names
    return {
        "movers": [
            {
                "lead_id": each.lead_id, "p": each.p, "if_signed": each.delta_signed,
                "if_lost": each.delta_lost,
            }
            for each in quota.movers
        ],
        "more": quota.needed.more,
        "names": None if names is None else list(names),
        "gain_of_one": quota.gain_of_one(target),
    }  # fmt: skip
