"""Days somebody has to keep: agreed dates of a lead, and reports of trips."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.core import clock, forms
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Stale
from crm.core.guard import allow
from crm.leads import access, queries
from crm.leads.forms import AgreedDateForm, TripReportForm
from crm.leads.models import AgreedDate
from crm.leads.rules import AttachmentKind
from crm.leads.services import agreed
from crm.leads.views import bp
from crm.leads.views.saving import attachments_dir, to_lead, upload_in


@bp.get("/<int:lead_id>/dates")
@allow(*LEAD_READERS)
def agreed_dates(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_for(g.actor, lead_id)
    return render_template(
        "leads/dates.html", lead=lead, dates=queries.agreed_dates_of(lead_id), today=clock.today(),
        may_act=access.can_edit(g.actor, lead_id),
    )  # fmt: skip


@bp.route("/<int:lead_id>/dates/new", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def add_agreed_date(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = AgreedDateForm()
    if form.validate_on_submit():
        done = forms.attempt(
            form,
            lambda: agreed.add_date(
                g.actor, clock.now(), lead_id, agreement_in(form), today=clock.today()
            ),
        )
        if done is not None:
            flash(_("已登记约定日期。"), "success")
            return redirect(url_for("leads.agreed_dates", lead_id=lead_id))
    return date_page(form, lead, _("登记约定日期"))


@bp.route("/<int:lead_id>/dates/<int:date_id>", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def change_agreed_date(lead_id: int, date_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    row = of_lead(lead_id, date_id)
    form = AgreedDateForm()
    if form.validate_on_submit():
        done = forms.attempt(
            form,
            lambda: agreed.change_date(
                g.actor, clock.now(), date_id, form.version.data or 0, agreement_in(form),
                today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已保存约定日期。"), "success")
            return redirect(url_for("leads.agreed_dates", lead_id=lead_id))
    elif not form.is_submitted():
        for name in ("version", "title", "due_on", "document", "done_on"):
            form[name].data = getattr(row, name)
    return date_page(form, lead, _("修改约定日期"))


@bp.post("/<int:lead_id>/dates/<int:date_id>/done")
@allow(*LEAD_WRITERS)
def finish_agreed_date(lead_id: int, date_id: int) -> ResponseReturnValue:
    of_lead(lead_id, date_id)
    with transaction():
        agreed.finish_date(g.actor, clock.now(), date_id, seen_version(), today=clock.today())
    flash(_("已标记完成，不再提醒。"), "success")
    return redirect(url_for("leads.agreed_dates", lead_id=lead_id))


@bp.post("/<int:lead_id>/dates/<int:date_id>/remove")
@allow(*LEAD_WRITERS)
def remove_agreed_date(lead_id: int, date_id: int) -> ResponseReturnValue:
    of_lead(lead_id, date_id)
    with transaction():
        agreed.remove_date(g.actor, clock.now(), date_id, seen_version())
    flash(_("已删除约定日期，变更记录仍保留。"), "success")
    return redirect(url_for("leads.agreed_dates", lead_id=lead_id))


def of_lead(lead_id: int, date_id: int) -> AgreedDate:
    row = db.session.get(AgreedDate, date_id)
    if row is None or row.lead_id != lead_id:
        raise NotFound
    access.lead_for(g.actor, lead_id)
    return row


def seen_version() -> int:
    """The version the button was shown with; anything that is no number counts as an old one."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def agreement_in(form: AgreedDateForm) -> agreed.Agreement:
    return agreed.Agreement(
        form.title.data, form.due_on.data, form.document.data, form.done_on.data
    )


def date_page(form: AgreedDateForm, lead: Any, heading: str) -> ResponseReturnValue:
    return render_template(
        "leads/date.html", form=form, lead=lead, heading=heading,
        back=url_for("leads.agreed_dates", lead_id=lead.id),
    ), form.status  # fmt: skip


@bp.route("/activities/<int:activity_id>/report", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def report_trip(activity_id: int) -> ResponseReturnValue:
    """The report of a trip: handed in on which day, with its file where the lead may be changed."""
    trip = agreed.trip_to_report(g.actor, activity_id)
    lead = access.lead_for(g.actor, trip.lead_id) if trip.lead_id is not None else None
    takes_file = lead is not None and access.can_edit(g.actor, lead.id)
    form = TripReportForm()
    if not takes_file:
        del form.file
    if form.validate_on_submit():
        upload = upload_in(form, "file", AttachmentKind.OTHER) if takes_file else None
        done = forms.attempt(
            form,
            lambda: agreed.report_trip(
                g.actor, clock.now(), activity_id, seen_day(form.seen.data),
                form.reported_on.data, upload=upload, today=clock.today(),
                folder=attachments_dir(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已登记外出招商报告。"), "success")
            if lead is not None:
                return to_lead(lead.id, "activities")
            return redirect(url_for("enterprises.detail", enterprise_id=trip.enterprise_id))
    elif not form.is_submitted():
        form.seen.data = trip.reported_on.isoformat() if trip.reported_on else ""
        form.reported_on.data = trip.reported_on or clock.today()
    back = (
        url_for("leads.detail", lead_id=lead.id, _anchor="activities")
        if lead is not None
        else url_for("enterprises.detail", enterprise_id=trip.enterprise_id)
    )
    return render_template(
        "leads/trip_report.html", form=form, lead=lead, trip=trip, back=back,
        takes_file=takes_file,
    ), form.status  # fmt: skip


def seen_day(text: Any) -> date | None:
    """The day the page showed. Raises Stale for anything that is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise Stale from None
