"""预测: how the year will end, by name first; and what may be supposed without saving."""

from collections.abc import Mapping
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.guard import allow
from crm.outlook import queries
from crm.outlook.prognosis import in_words, needed_text, percent, points, quota_cards
from crm.outlook.queries import LeadTold, WhatIf, YearForecast
from crm.outlook.rules.scoring import ENOUGH, scores
from crm.outlook.views import bp
from crm.outlook.views.asking import asked_year
from crm.outlook.wording import BAND_WORDS, word
from crm.quotas.queries import year_numbers
from crm.quotas.rules import due_under
from crm.quotas.telling import subject

READERS = (Role.DIRECTOR, Role.DISTRICT_LEADER, Role.AUDITOR)
SUPPOSED_AT_MOST = 50
YEARS: Mapping[str, float] = {"good": 0.5, "usual": 0.0, "poor": -0.5}
"""How good the year is supposed to be: one standard deviation of the common factor."""
WEEKS_SHOWN = 12


@bp.get("/forecast")
@allow(*READERS)
def forecast() -> ResponseReturnValue:
    year, tabs = asked_year()
    today = clock.today()
    found = queries.year_forecast(year, today)
    asked, supposed = asked_what_if(found)
    under = (
        found.forecast if supposed.is_empty else queries.forecast_from(found.ingredients, supposed)
    )
    wanted = {mover.lead_id for quota in under.quotas for mover in quota.movers}
    wanted |= {each for quota in under.quotas for each in quota.needed.names or ()}
    leads = queries.leads_told(g.actor, wanted | supposed.signed | supposed.lost)
    reached = queries.reached_days(found.ingredients.quotas, today)
    terms = {each.code: each.terms for each in year_numbers(g.actor, year, today).quotas}
    cards = quota_cards(
        found, supposed, under, leads, reached, lambda code, day: due_under(terms[code], day)
    )
    return render_template(
        "outlook/forecast.html",
        year=year, tabs=tabs, today=today, cards=cards, needed=needed_text,
        p_all=percent(under.p_all), p_all_words=in_words(under.p_all),
        p_all_before=None if supposed.is_empty else percent(found.forecast.p_all),
        flags=[word(each) for each in sorted(under.flags)],
        found=found, supposed=supposed, asked=asked,
        chips=chips(year, asked, supposed, leads), suppose=suppose_url(year, asked),
        seasons=list(season_words().items()), ceremonies=[
            each for each in queries.ceremonies(g.actor)
            if each.held_on >= today and not each.is_cancelled
        ],
        gates=found.ingredients.gates, moves=found.ingredients.moves,
        training=found.forecast.training, percent=percent, bands=BAND_WORDS,
        months=found.ingredients.settings.month_factors,
    )  # fmt: skip


def asked_what_if(found: YearForecast) -> tuple[dict[str, Any], WhatIf]:
    """What the address supposes, kept to the leads the forecast knows; 400 for what makes no sense."""
    known = {each.lead_id for each in found.ingredients.candidates}
    asked: dict[str, Any] = {
        name: [each for each in dict.fromkeys(_numbers(name)) if each in known]
        for name in ("signed", "lost")
    }
    good = request.args.get("season", "")
    if good and good not in YEARS:
        abort(400)
    asked["season"] = good or None
    signed = frozenset(asked["signed"])
    lost = frozenset(asked["lost"]) - signed
    return asked, WhatIf(signed, lost, YEARS.get(good))


def _numbers(name: str) -> list[int]:
    texts = request.args.getlist(name)[:SUPPOSED_AT_MOST]
    if any(not (each.isascii() and each.isdigit() and len(each) < 18) for each in texts if each):
        abort(400)
    return [int(each) for each in texts if each]


def suppose_url(year: int, asked: dict[str, Any]) -> Any:
    """`suppose("signed", 12)`: the address that supposes one thing more, or takes it back."""

    def url(name: str, lead_id: int) -> str:
        lists = {
            key: [each for each in asked[key] if each != lead_id] for key in ("signed", "lost")
        }
        if lead_id not in asked[name]:
            lists[name].append(lead_id)
        return url_for("outlook.forecast", year=year, season=asked["season"], **lists)

    return url


def chips(
    year: int, asked: dict[str, Any], supposed: WhatIf, leads: Mapping[int, LeadTold]
) -> list[dict[str, str]]:
    """What is supposed, each with the address without it."""
    url = suppose_url(year, asked)
    found = []
    for name, ids in (("signed", supposed.signed), ("lost", supposed.lost)):
        for lead_id in sorted(ids):
            told = leads.get(lead_id)
            title = told.title if told and told.is_seen else _("敏感项目")
            words = _("假设签约") if name == "signed" else _("假设终止")
            found.append({"label": f"{words} {title}", "href": url(name, lead_id)})
    if asked["season"]:
        without = {**asked, "season": None}
        found.append(
            {
                "label": str(season_words()[asked["season"]]),
                "href": url_for(
                    "outlook.forecast", year=year, signed=without["signed"], lost=without["lost"]
                ),
            }
        )
    return found


def season_words() -> dict[str, str]:
    return {"good": _("好年景"), "usual": _("平常年景"), "poor": _("差年景")}


@bp.get("/forecast/archive")
@allow(*READERS)
def archive() -> ResponseReturnValue:
    """What earlier weeks said, and how good it was."""
    year, tabs = asked_year()
    today = clock.today()
    runs = queries.archived_runs(year, WEEKS_SHOWN)
    return render_template(
        "outlook/archive.html",
        year=year, tabs=tabs, runs=runs, percent=percent, enough=ENOUGH, points=points,
        names={each.code: subject(each.label, each.label_en) for each in queries.year_quotas(year)},
        became=queries.became(year, today),
        scores=scores(queries.archived_statements(year), queries.reached_on(), today),
    )  # fmt: skip
