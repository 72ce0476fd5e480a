"""分解: a quota's number by unit, sponsor, chain, cluster area or month, beside task and last year."""

from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.leads.rules.filters import CountedEvent
from crm.leads.wording import FILTER_WORDS
from crm.quotas import queries
from crm.quotas.access import may_divide
from crm.quotas.breakdown import AMONG, Breakdown, Difference, Dimension, Row, Span
from crm.quotas.breakdown import breakdown as taken_apart
from crm.quotas.division import division_of, ranking_of, switchings_of
from crm.quotas.telling import subject
from crm.quotas.views import bp
from crm.quotas.views.years import year_asked, year_tabs
from crm.quotas.wording import divided_text, growth_text, listed, month_text, percent_text

DIMENSIONS = {
    Dimension.DEPARTMENT: _l("按责任单位"),
    Dimension.SPONSOR: _l("按包挂领导"),
    Dimension.CHAIN: _l("按产业链"),
    Dimension.ZONE: _l("按组团"),
    Dimension.MONTH: _l("按月份"),
}
SPANS = {
    Span.MONTH: _l("当月"),
    Span.TOTAL: _l("累计"),
    Span.LAST_YEAR: _l("上年同期"),
}
COMPLETION = "completion"
"""In the address: sorted by 完成率, where the ranking is on."""


@bp.get("/breakdown")
@allow(*LEAD_READERS)
def breakdown() -> ResponseReturnValue:
    years, today = queries.quota_years(), clock.today()
    year = year_asked(years)
    quotas = [each for each in queries.year_quotas(year) if each.criteria is not None]
    asked, by = request.args.get("quota", ""), request.args.get("by", Dimension.DEPARTMENT.value)
    sort = request.args.get("sort", "")
    if (
        by not in list(Dimension)
        or (asked and asked not in {each.code for each in quotas})
        or sort not in {"", COMPLETION}
    ):
        abort(404)
    quota = next((each for each in quotas if each.code == asked), quotas[0] if quotas else None)
    dimension = Dimension(by)
    found = taken_apart(g.actor, quota, dimension, today) if quota else None
    ranking = ranking_of(year)
    may_rank = bool(ranking.is_on and found and found.is_whole and found.shows_targets)
    is_ranked = may_rank and sort == COMPLETION
    if found and is_ranked:
        found = found.by_completion()

    def here(**changes: Any) -> str:
        kept = {"year": year, "quota": quota.code if quota else None, "by": by} | changes
        return url_for("quotas.breakdown", **kept)

    return render_template(
        "quotas/breakdown.html",
        year=year,
        year_tabs=year_tabs("quotas.breakdown", years, year, quota=asked or None, by=by),
        quota_tabs=[
            {
                "label": subject(each.label, each.label_en),
                "href": here(quota=each.code),
                "active": each is quota,
            }
            for each in quotas
        ],
        tabs=[
            {"label": label, "href": here(by=each.value), "active": each is dimension}
            for each, label in DIMENSIONS.items()
        ],
        sort_tabs=[
            {"label": _("按固定次序"), "href": here(), "active": not is_ranked},
            {"label": _("按完成率"), "href": here(sort=COMPLETION), "active": is_ranked},
        ]
        if may_rank
        else [],
        found=found,
        quota=quota,
        among=AMONG.get(dimension),
        division=division_of(year, AMONG[dimension]) if found and found.divided else None,
        divided_text=divided_text(found.divided, quota.unit)
        if quota and found and found.divided
        else None,
        ranking=ranking,
        switched=next(iter(switchings_of(ranking)), None) if ranking.is_on else None,
        is_ranked=is_ranked,
        may_divide=may_divide(g.actor),
        heading=DIMENSIONS[dimension],
        is_by_month=dimension is Dimension.MONTH,
        events=list(FILTER_WORDS[CountedEvent].items()),
        event_words=FILTER_WORDS[CountedEvent],
        spans=SPANS,
        name_of=lambda row: _name(row, dimension),
        difference_name=_difference_name,
        documents=listed(_documents(found)) if found else "",
        month_text=month_text,
        growth_text=growth_text,
        percent_text=percent_text,
    )


def _name(row: Row, by: Dimension) -> str:
    if row.month is not None:
        return month_text(row.month)
    if row.name is None:
        return _("年度之后") if by is Dimension.MONTH else _("未定")
    return subject(row.name, row.name_en)


def _difference_name(each: Difference) -> str:
    if each.name is None:
        return _("全区")
    return subject(each.name, each.name_en)


def _documents(found: Breakdown) -> list[str]:
    return list(dict.fromkeys(each.document for each in found.typed.entries))
