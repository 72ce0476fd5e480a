"""指标: the year's quotas and indicators, and every verdict on a quota with its reasons."""

from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT
from crm.quotas import queries
from crm.quotas.numbers import cards
from crm.quotas.rules import Modality, Outcome
from crm.quotas.telling import criteria_text, subject, told
from crm.quotas.views import bp
from crm.quotas.wording import target_text, word
from crm.recognition.numbers import card_levels, year_levels

PAGE = 25


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    years = queries.quota_years()
    year = _year(years)
    numbers = queries.year_numbers(g.actor, year, clock.today())
    levels = year_levels(g.actor, numbers)
    indicators = [each for each in queries.year_quotas(year) if each.criteria is None]
    return render_template(
        "quotas/index.html",
        year=year,
        tabs=[
            {
                "label": _("%(year)s年", year=each),
                "href": url_for("quotas.index", year=each),
                "active": each == year,
            }
            for each in years
        ],
        numbers=numbers,
        cards=cards(numbers),
        levels=levels.of_quota,
        together=levels,
        criteria={each.code: criteria_text(each.terms.criteria) for each in numbers.quotas},
        indicators=indicators,
        targets={
            each.code: target_text(Modality(each.modality), each.target, each.unit)
            for each in indicators
        },
        named=lambda each: subject(each.label, each.label_en),
    )


def _year(years: list[int]) -> int:
    """The year asked for; 404 for one without quotas."""
    this_year = clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        return this_year if this_year in years or not years else years[-1]
    if not text.isascii() or not text.isdigit() or int(text[:5]) not in years:
        abort(404)
    return int(text)


@bp.get("/<int:year>/<code>")
@allow(*LEAD_READERS)
def detail(year: int, code: str) -> ResponseReturnValue:
    numbers = queries.year_numbers(g.actor, year, clock.today())
    quota = next((each for each in numbers.quotas if each.code == code), None)
    if quota is None:
        abort(404)
    outcome = _outcome()
    rows = queries.verdicts_on(g.actor, quota.quota_id, year, outcome, _after(), PAGE)
    counts = queries.outcome_counts(g.actor, quota.quota_id)
    return render_template(
        "quotas/detail.html",
        year=year,
        quota=quota,
        name=subject(quota.label, quota.label_en),
        card=next(each for each in cards(numbers) if each.code == code),
        levels=card_levels(g.actor, numbers),
        criteria=criteria_text(quota.terms.criteria),
        tabs=[
            {
                "label": word(each),
                "href": url_for("quotas.detail", year=year, code=code, verdict=each.value),
                "active": each is outcome,
                "count": f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else count,
            }
            for each, count in counts.items()
        ],
        rows=[(row, _told_of_lead(row)) for row in rows[:PAGE]],
        near=[(row, told(row)) for row in queries.nearest(g.actor, [quota], year)],
        next_url=url_for(
            "quotas.detail",
            year=year,
            code=code,
            verdict=outcome.value,
            after=rows[PAGE - 1].lead_id,
        )
        if len(rows) > PAGE
        else None,
        first_url=url_for("quotas.detail", year=year, code=code, verdict=outcome.value)
        if _after()
        else None,
    )


def _told_of_lead(row: Any) -> Any:
    return told(row, url_for("leads.detail", lead_id=row.lead_id))


def _outcome() -> Outcome:
    text = request.args.get("verdict", Outcome.COUNTS.value)
    if text not in list(Outcome):
        abort(400)
    return Outcome(text)


def _after() -> int:
    text = request.args.get("after", "0")
    if not text.isascii() or not text.isdigit() or int(text) > 2**62:
        abort(400)
    return int(text)
