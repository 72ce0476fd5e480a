"""分解: a quota's number by unit, sponsor, chain, cluster area or month."""

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
from crm.quotas.breakdown import Dimension, Row, Span
from crm.quotas.breakdown import breakdown as taken_apart
from crm.quotas.telling import subject
from crm.quotas.views import bp
from crm.quotas.views.years import year_asked, year_tabs
from crm.quotas.wording import month_text

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


@bp.get("/breakdown")
@allow(*LEAD_READERS)
def breakdown() -> ResponseReturnValue:
    years, today = queries.quota_years(), clock.today()
    year = year_asked(years)
    quotas = [each for each in queries.year_quotas(year) if each.criteria is not None]
    asked, by = request.args.get("quota", ""), request.args.get("by", Dimension.DEPARTMENT.value)
    if by not in list(Dimension) or (asked and asked not in {each.code for each in quotas}):
        abort(404)
    quota = next((each for each in quotas if each.code == asked), quotas[0] if quotas else None)
    dimension = Dimension(by)
    return render_template(
        "quotas/breakdown.html",
        year=year,
        year_tabs=year_tabs("quotas.breakdown", years, year, quota=asked or None, by=by),
        quota_tabs=[
            {
                "label": subject(each.label, each.label_en),
                "href": url_for("quotas.breakdown", year=year, quota=each.code, by=by),
                "active": each is quota,
            }
            for each in quotas
        ],
        tabs=[
            {
                "label": label,
                "href": url_for(
                    "quotas.breakdown",
                    year=year,
                    quota=quota.code if quota else None,
                    by=each.value,
                ),
                "active": each is dimension,
            }
            for each, label in DIMENSIONS.items()
        ],
        found=taken_apart(g.actor, quota, dimension, today) if quota else None,
        heading=DIMENSIONS[dimension],
        is_whole=queries.reach(g.actor) is None,
        events=list(FILTER_WORDS[CountedEvent].items()),
        spans=SPANS,
        name_of=lambda row: _name(row, dimension),
    )


def _name(row: Row, by: Dimension) -> str:
    if row.month is not None:
        return month_text(row.month)
    if row.name is None:
        return _("年度之后") if by is Dimension.MONTH else _("未定")
    return subject(row.name, row.name_en)
