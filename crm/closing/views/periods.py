"""封账: the periods of a year, what is open before closing, what is frozen, and corrections."""

from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.closing.forms import CloseForm, CorrectionForm, ExportForm
from crm.closing.queries import closed as queries
from crm.closing.queries.bridges import titles_seen
from crm.closing.rules import (
    YEAR,
    CloseFault,
    CorrectionKind,
    Number,
    cutoff,
    why_not_close,
)
from crm.closing.services.closing import Correction, close_period, correct
from crm.closing.views import bp
from crm.closing.views.asking import asked_year, pages
from crm.closing.wording import MISSING, period_text, word
from crm.core import clock
from crm.core.days import LAST_YEAR
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.leads.wording import word as lead_word
from crm.quotas.rules import read_reason
from crm.quotas.telling import lacks_of, subject

READERS = (Role.DIRECTOR, Role.AUDITOR)


@bp.get("/periods")
@allow(*READERS)
def periods() -> ResponseReturnValue:
    year = asked_year()
    return render_template(
        "closing/periods.html",
        year=year,
        pages=pages(year),
        months=_months(year, clock.today()),
        exports=queries.exports_of(year),
        form=ExportForm(formdata=None, as_of=clock.today())
        if g.actor.role is Role.DIRECTOR
        else None,
        period_text=period_text,
    )


def _months(year: int, today: date) -> list[dict[str, Any]]:
    """The months of a year and the year itself: closed by whom and when, or whether they may be."""
    days = queries.cutoff_of(year)
    if days is None:
        return []
    closed = {row.month: row for row in queries.periods_of(year)}
    found = []
    for month in (*range(1, 13), YEAR):
        closes_on = cutoff(year, month, *days)
        faults = why_not_close(month, closes_on, closed, today)
        found.append(
            {
                "period": "year" if month == YEAR else month,
                "name": period_text(year, month),
                "closes_on": closes_on,
                "closed": closed.get(month),
                "may_close": not faults and g.actor.role is Role.DIRECTOR,
                "faults": [
                    word(each)
                    for each in faults
                    if each in {CloseFault.LATER_CLOSED, CloseFault.YEAR_CLOSED}
                ],
            }
        )
    return found


MONTHS = {str(month): month for month in range(1, 13)} | {"year": YEAR}
"""The periods of a year as an address names them."""


@bp.route("/periods/<int:year>/<period>/close", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def close(year: int, period: str) -> ResponseReturnValue:
    """What is still open, by name and owner; then the one button that closes."""
    month = MONTHS.get(period)
    days = queries.cutoff_of(year) if month is not None and year <= LAST_YEAR else None
    if days is None or month is None:
        abort(404)
    form, today = CloseForm(), clock.today()
    if form.validate_on_submit():
        closed_now = attempt(
            form,
            lambda: close_period(g.actor, clock.now(), year, month, form.note.data, today=today),
            alone=True,
        )
        if closed_now is not None:
            flash(_("已封账：%(period)s。", period=period_text(year, month)), "success")
            return redirect(url_for("closing.period", period_id=closed_now.id))
    closes_on = cutoff(year, month, *days)
    closed = {row.month for row in queries.periods_of(year)}
    page = render_template(
        "closing/close.html",
        form=form,
        year=year,
        month=month,
        name=period_text(year, month),
        closes_on=closes_on,
        faults=[word(each) for each in why_not_close(month, closes_on, closed, today)],
        rows=_open_rows(year, closes_on),
    )
    return page, form.status


def _open_rows(year: int, closes_on: date) -> list[dict[str, Any]]:
    """The leads whose evidence is still to come, each once, with their quotas and what is missing."""
    found: dict[int, dict[str, Any]] = {}
    for row in queries.still_open(g.actor, year, closes_on):
        reasons = [read_reason(data) for data in row.reasons]
        lacks = lacks_of(row.verdict, row.branch, reasons) or _("签约材料或日期待补")
        one = found.setdefault(
            row.lead_id,
            {
                "lead_id": row.lead_id if row.is_seen else None,
                "title": row.title if row.is_seen else str(MISSING),
                "owner": row.owner if row.is_seen else None,
                "signed_from": row.signed_from,
                "quotas": [],
                "lacks": lacks if row.is_seen else "",
            },
        )
        one["quotas"].append(subject(row.label, row.label_en))
    return list(found.values())


@bp.route("/periods/<int:period_id>/correct", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def correct_period(period_id: int) -> ResponseReturnValue:
    row = queries.period_for(period_id)
    quotas = queries.frozen_quotas(period_id)
    form = CorrectionForm().offer(
        [(each.row.code, subject(each.row.label, each.row.label_en)) for each in quotas],
        queries.leads_to_correct(g.actor),
    )
    if form.validate_on_submit():
        amount, at = form.value.amount, clock.now()
        said = Correction(
            form.code.data,
            Number(form.number.data),
            CorrectionKind(form.kind.data),
            form.lead_id.data,
            amount.value if amount else None,
            form.document_number.data,
            form.reason.data,
        )
        if attempt(form, lambda: correct(g.actor, at, period_id, said)) is not None:
            flash(_("已登记更正，封账数保持不变。"), "success")
            return redirect(url_for("closing.period", period_id=period_id))
    return render_template(
        "closing/correct.html", form=form, row=row, name=period_text(row.year, row.month)
    ), form.status


@bp.get("/periods/<int:period_id>")
@allow(*READERS)
def period(period_id: int) -> ResponseReturnValue:
    row = queries.period_for(period_id)
    quotas = queries.frozen_quotas(period_id)
    everyone = {lead.lead_id for quota in quotas for lead in quota.leads}
    everyone |= {each.lead_id for quota in quotas for each in quota.corrections}
    seen = titles_seen(g.actor, everyone)
    return render_template(
        "closing/period.html",
        row=row,
        name=period_text(row.year, row.month),
        quotas=quotas,
        numbers=list(Number),
        seen=seen,
        papers=queries.papers_of(period_id),
        missing=str(MISSING),
        word=word,
        lead_word=lead_word,
        subject=subject,
        may_correct=g.actor.role is Role.DIRECTOR,
    )
