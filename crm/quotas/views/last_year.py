"""录入上年同期: the months of the year before, typed from a paper, of the district or of one unit."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.queries import departments
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.fields import SeenVersion, TextLine
from crm.core.forms import BaseForm, attempt, optional_id
from crm.core.guard import allow
from crm.leads.rules.filters import CountedEvent
from crm.leads.wording import FILTER_WORDS
from crm.quotas import queries, services
from crm.quotas.access import may_divide
from crm.quotas.breakdown import HELD
from crm.quotas.division import LastYear, Typed, last_year_of
from crm.quotas.facts import terms_of
from crm.quotas.models import Quota
from crm.quotas.services import PastFigures
from crm.quotas.services.last_year import past_field, past_months
from crm.quotas.telling import subject
from crm.quotas.views import bp
from crm.quotas.wording import month_text, typed_text


class LastYearForm(BaseForm):
    version = SeenVersion()
    document = TextLine(
        _l("文号或文件名"),
        longest=120,
        description=_l("新填和改动的数以此为据，例如天招办通报〔2025〕12号"),
    )


@bp.route("/<int:year>/<code>/last-year", methods=["GET", "POST"])
@allow(Role.DIRECTOR, Role.AUDITOR)
def last_year(year: int, code: str) -> ResponseReturnValue:
    quota = next(
        (q for q in queries.year_quotas(year) if q.code == code and q.criteria is not None), None
    )
    if quota is None:
        abort(404)
    units = [(row.id, row.name) for row in departments()]
    event, unit = _asked(quota, units)
    known = last_year_of(quota.id)
    form = _form(quota, known, event, unit)
    if form.is_submitted() and not may_divide(g.actor):
        abort(403)
    if form.validate_on_submit():
        quota_id, version = quota.id, form.version.data
        typed = {month: form[past_field(month)].data for month in past_months(quota)}
        figures = PastFigures(event, unit, typed, form.document.data)
        done = attempt(
            form,
            lambda: services.type_last_year(g.actor, clock.now(), quota_id, version, figures),
        )
        if done is not None:
            flash(_("已保存上年同期。"), "success")
            return redirect(
                url_for(
                    "quotas.last_year", year=year, code=code, event=event.value, department=unit
                )
            )
    page = render_template(
        "quotas/last_year.html",
        form=form,
        quota=quota,
        year=year,
        name=subject(quota.label, quota.label_en or quota.name_en),
        rows=[
            (month, form[past_field(month)], _entry(known, event, unit, month))
            for month in past_months(quota)
        ],
        tabs=[
            {
                "label": label,
                "href": url_for(
                    "quotas.last_year", year=year, code=code, event=each.value, department=unit
                ),
                "active": each is event,
            }
            for each, label in FILTER_WORDS[CountedEvent].items()
        ],
        units=units,
        unit=unit,
        event=event,
        may_type=may_divide(g.actor),
        month_text=month_text,
    )
    return page, form.status


def _asked(quota: Quota, units: list[tuple[int, str]]) -> tuple[CountedEvent, int | None]:
    """The number and the unit asked for; 404 for what there is not."""
    event = request.args.get("event", "")
    if event and event not in list(CountedEvent):
        abort(404)
    try:
        unit = optional_id(request.args.get("department"))
    except ValueError:
        abort(404)
    if unit is not None and unit not in dict(units):
        abort(404)
    return CountedEvent(event) if event else HELD[terms_of(quota).event], unit


def _form(quota: Quota, known: LastYear, event: CountedEvent, unit: int | None) -> Any:
    """The form with a field for each month of the year before."""
    months = past_months(quota)
    values = known.of(event, unit)
    is_one_year = months[0].year == months[-1].year
    fields = {
        past_field(month): TextLine(
            month_text(month) if is_one_year else f"{month:%Y-%m}", longest=40
        )
        for month in months
    }
    data = {
        past_field(month): typed_text(values[month], quota.unit)
        for month in months
        if month in values
    }
    return type("LastYearForm", (LastYearForm,), fields)(data={"version": quota.version, **data})


def _entry(known: LastYear, event: CountedEvent, unit: int | None, month: Any) -> Typed | None:
    wanted = (event, unit, month)
    return next((e for e in known.entries if (e.event, e.department_id, e.month) == wanted), None)
