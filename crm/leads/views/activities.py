"""Logging a call or a visit: two clicks and one text."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.enterprises.models import Enterprise
from crm.leads import access
from crm.leads.forms import ActivityForm
from crm.leads.rules import ActivityKind
from crm.leads.services import activities
from crm.leads.views import bp
from crm.leads.views.saving import attempt, to_lead


@bp.route("/activities/new", methods=["GET", "POST"])
@bp.route("/<int:lead_id>/activities/new", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def log_activity(lead_id: int | None = None) -> ResponseReturnValue:
    """On a lead, or with ?enterprise= on a company that need not have one."""
    lead = access.lead_for(g.actor, lead_id) if lead_id is not None else None
    enterprise = None if lead else asked_enterprise()
    form = ActivityForm()
    if form.validate_on_submit():
        new = activity_in(form)
        if lead is not None:
            done = attempt(
                form, lead.id,
                lambda: activities.log_on_lead(
                    g.actor, clock.now(), lead.id, new, today=clock.today()
                ),
            )  # fmt: skip
        else:
            done = attempt(
                form, None,
                lambda: activities.log_on_enterprise(
                    g.actor, clock.now(), enterprise.id, new, today=clock.today()
                ),
            )  # fmt: skip
        if done is not None:
            if lead is not None and lead.stage.is_in_talks and not done.is_substantive:
                flash(_("已记录。没有勾选“有实质进展”，“久未推进”的天数接着算。"), "success")
            else:
                flash(_("已记录。"), "success")
            if lead is not None:
                return to_lead(lead.id)
            return redirect(url_for("enterprises.detail", enterprise_id=enterprise.id))
    elif not form.is_submitted():
        form.happened_on.data = clock.today()
        if request.args.get("kind") in set(ActivityKind):
            form.kind.data = request.args["kind"]
    return render_template(
        "leads/activity.html", form=form, lead=lead, enterprise=enterprise,
        may_set_next=lead is not None and access.can_edit(g.actor, lead.id),
    ), form.status  # fmt: skip


def asked_enterprise() -> Enterprise:
    text = request.args.get("enterprise", "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound
    found = db.session.get(Enterprise, int(text))
    if found is None:
        raise NotFound
    return found


def activity_in(form: ActivityForm) -> activities.NewActivity:
    return activities.NewActivity(
        kind=ActivityKind(form.kind.data),
        happened_on=form.happened_on.data,
        summary=form.summary.data,
        contact_name=form.contact_name.data,
        is_substantive=bool(form.is_substantive.data),
        returned_on=form.returned_on.data,
        next_action=form.next_action.data,
        next_action_on=form.next_action_on.data,
    )
