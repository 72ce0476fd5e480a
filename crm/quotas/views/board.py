"""指标: the year's quotas and indicators, and every verdict on a quota with its reasons."""

from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT
from crm.leads.rules import ChainRole
from crm.leads.wording import word as lead_word
from crm.quotas import queries
from crm.quotas.access import may_report, may_set_pacing
from crm.quotas.indicators import grouped, indicators
from crm.quotas.numbers import cards
from crm.quotas.plan import told_plan
from crm.quotas.rules import Outcome, Source
from crm.quotas.telling import criteria_text, subject, told
from crm.quotas.versions import Version, being_published
from crm.quotas.views import bp
from crm.quotas.views.years import year_asked, year_tabs
from crm.quotas.wording import exclusions_text, figure_text, listed, month_text, word
from crm.recognition.numbers import card_levels, year_levels

PAGE = 25


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    years, today = queries.quota_years(), clock.today()
    year = year_asked(years)
    quotas = queries.year_quotas(year)
    numbers = queries.year_numbers(g.actor, year, today, quotas)
    levels = year_levels(g.actor, numbers)
    found = indicators(g.actor, quotas, today)
    return render_template(
        "quotas/index.html",
        year=year,
        tabs=year_tabs("quotas.index", years, year),
        numbers=numbers,
        publishing=_publishing(year),
        cards=cards(numbers),
        levels=levels.of_quota,
        together=levels,
        criteria={each.code: criteria_text(each.terms.criteria) for each in numbers.quotas},
        groups=grouped(found),
        count=len(found),
        all_examples=all(each.quota.is_example for each in found),
        month_text=month_text,
        named=lambda each: subject(each.label, each.label_en),
        words=word,
    )


@bp.get("/year-report")
@allow(*LEAD_READERS)
def year_report() -> ResponseReturnValue:
    """What the year's government report says beside the indicators: shown, never added up."""
    years = queries.quota_years()
    year = year_asked(years)
    return render_template(
        "quotas/year_report.html",
        year=year,
        tabs=year_tabs("quotas.year_report", years, year),
        plan=told_plan(year),
    )


def _publishing(year: int, code: str | None = None) -> list[tuple[str, Version]]:
    """Versions by which leads are still being judged, with the names of their quotas: the numbers
    shown are those of the version before."""
    return [
        (subject(quota.label, quota.label_en), version)
        for quota, version in being_published(year, clock.today(), code)
    ]


@bp.get("/<int:year>/<code>")
@allow(*LEAD_READERS)
def detail(year: int, code: str) -> ResponseReturnValue:
    numbers = queries.year_numbers(g.actor, year, clock.today())
    quota = next((each for each in numbers.quotas if each.code == code), None)
    if quota is None:
        return _indicator(year, code)
    outcome = _outcome()
    rows = queries.verdicts_on(g.actor, quota.quota_id, year, outcome, _after(), PAGE)
    counts = queries.outcome_counts(g.actor, quota.quota_id)
    return render_template(
        "quotas/detail.html",
        year=year,
        quota=quota,
        name=subject(quota.label, quota.label_en),
        publishing=_publishing(year, code),
        card=next(each for each in cards(numbers) if each.code == code),
        levels=card_levels(g.actor, numbers),
        criteria=criteria_text(quota.terms.criteria),
        exclusions=exclusions_text(quota.terms.exclusions),
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


def _indicator(year: int, code: str) -> ResponseReturnValue:
    """The page of an indicator without criteria: its months, and what is due by when."""
    found = indicators(g.actor, queries.year_quotas(year), clock.today())
    indicator = next((each for each in found if each.quota.code == code), None)
    if indicator is None:
        abort(404)
    owner = indicator.owner
    return render_template(
        "quotas/indicator.html",
        year=year,
        indicator=indicator,
        quota=indicator.quota,
        nodes=listed(
            f"{node.due_on.isoformat()} {figure_text(node.count, indicator.quota.unit)}"
            for node in indicator.quota.nodes
        ),
        named=listed(indicator.quota.named or ()),
        may_report=indicator.source is Source.REPORTED
        and may_report(g.actor, owner.department_id if owner else None),
        may_set=may_set_pacing(g.actor),
        role=lead_word(ChainRole(indicator.quota.role)) if indicator.quota.role else None,
        month_text=month_text,
        words=word,
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
