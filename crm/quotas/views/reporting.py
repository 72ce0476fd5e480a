"""部门报数: what each department reported, and the form for one month."""

import re
from datetime import date

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import HiddenInput

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.fields import DayField, TextBlock, TextLine
from crm.core.forms import BaseForm
from crm.core.guard import allow
from crm.quotas import queries, services
from crm.quotas.access import may_report
from crm.quotas.indicators import Indicator, indicators
from crm.quotas.models import Quota
from crm.quotas.rules import Source, cutoff, months_of
from crm.quotas.services import NewReport
from crm.quotas.views import bp
from crm.quotas.views.years import year_asked, year_tabs
from crm.quotas.wording import month_text

MONTH = re.compile(r"(\d{4})-(\d{2})\Z", re.ASCII)


class ReportForm(BaseForm):
    value = TextLine(
        _l("本月累计"),
        longest=40,
        description=_l("自年初起的累计确数，例如240亿、7000万美元、3000亩"),
    )
    as_of = DayField(_l("数据截止日"))
    document = TextLine(
        _l("文号或文件名"),
        longest=120,
        description=_l("能据以核对的材料，例如区商务报〔2026〕12号"),
    )
    last_year = TextLine(
        _l("上年同期"), longest=40, description=_l("同一口径的上年累计数，用于同比；没有可不填")
    )
    note = TextBlock(_l("说明"), longest=200, description=_l("更正已报数时写明原因"))
    seen = IntegerField(widget=HiddenInput(), validators=[Optional(), NumberRange(0, 10_000)])


@bp.get("/reported")
@allow(*LEAD_READERS)
def reported() -> ResponseReturnValue:
    years = queries.quota_years()
    year = year_asked(years)
    found = [
        each
        for each in indicators(g.actor, queries.year_quotas(year), clock.today())
        if each.source is Source.REPORTED
    ]
    mine = {each.quota.code for each in found if _may_report(each)}
    return render_template(
        "quotas/reported.html",
        year=year,
        tabs=year_tabs("quotas.reported", years, year),
        rows=sorted(found, key=lambda each: each.quota.code not in mine),
        mine=mine,
        month_text=month_text,
        lacking=sum(each.missing is not None for each in found),
    )


@bp.route("/<int:year>/<code>/report", methods=["GET", "POST"])
@allow(Role.UNIT_HEAD, Role.DIRECTOR)
def report(year: int, code: str) -> ResponseReturnValue:
    at = clock.now()
    today = clock.office_day(at)
    indicator = _indicator(year, code, today)
    quota = indicator.quota
    month = _month(quota, indicator, today)
    known = next((each for each in indicator.months if each.month == month), None)
    entries = (*known.corrected, known.report) if known and known.report else ()
    form = ReportForm()
    if not form.is_submitted():
        form.as_of.data = min(cutoff(month, quota.monthly_cutoff_day, quota.closes), today)
        form.seen.data = len(entries)
    if form.validate_on_submit() and _saved(form, quota, month, today):
        flash(_("已报数，之前的数仍可查看。") if entries else _("已报数。"), "success")
        return redirect(url_for("quotas.detail", year=year, code=code))
    page = render_template(
        "quotas/report_form.html",
        form=form,
        indicator=indicator,
        year=year,
        month=month,
        entries=entries,
        month_text=month_text,
        months=_month_tabs(quota, indicator, month),
    )
    return page, form.status


def _saved(form: ReportForm, quota: Quota, month: date, today: date) -> bool:
    new = NewReport(
        month=month,
        stated=form.value.data or "",
        as_of=form.as_of.data,
        document=form.document.data,
        last_year=form.last_year.data,
        note=form.note.data,
        seen=form.seen.data or 0,
    )
    try:
        with transaction():
            services.report(g.actor, clock.now(), quota.id, new, today=today)
    except Refused as refused:
        form.show(refused.faults)
        return False
    return True


def _indicator(year: int, code: str, today: date) -> Indicator:
    """The reported indicator, if the person may report it; else 404."""
    found = indicators(g.actor, queries.year_quotas(year), today)
    indicator = next((each for each in found if each.quota.code == code), None)
    if indicator is None or indicator.source is not Source.REPORTED or not _may_report(indicator):
        abort(404)
    return indicator


def _may_report(indicator: Indicator) -> bool:
    owner = indicator.owner
    return may_report(g.actor, owner.department_id if owner else None)


def _month(quota: Quota, indicator: Indicator, today: date) -> date:
    """The month asked for; without one the first missing, else the month that runs."""
    months = [month for month in months_of(quota.opens, quota.closes) if month <= today]
    if not months:
        abort(404)
    text = request.args.get("month", "")
    if not text:
        missing = [each.month for each in indicator.months if each.is_missing]
        return missing[0] if missing else months[-1]
    found = MONTH.match(text)
    month = next((each for each in months if found and f"{each:%Y-%m}" == text), None)
    if month is None:
        abort(404)
    return month


def _month_tabs(quota: Quota, indicator: Indicator, month: date) -> list[dict[str, object]]:
    return [
        {
            "label": month_text(each.month) + (_("（未报）") if each.is_missing else ""),
            "href": url_for(
                "quotas.report", year=quota.year, code=quota.code, month=f"{each.month:%Y-%m}"
            ),
            "active": each.month == month,
        }
        for each in indicator.months
    ]
