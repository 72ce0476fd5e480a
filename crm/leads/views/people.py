"""Handing a lead over, and who may see a sensitive one."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.queries import departments
from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.fields import as_choices
from crm.core.guard import allow
from crm.leads import access
from crm.leads.forms import (
    HandOverForm,
    SensitiveForm,
)
from crm.leads.rules import MembershipKind
from crm.leads.services import people
from crm.leads.views import bp
from crm.leads.views.saving import attempt, open_form, to_lead


@bp.route("/<int:lead_id>/hand-over", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def hand_over(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = HandOverForm()
    offer_people(form)
    if form.validate_on_submit():
        to = people.HandOver(
            form.owner.data, form.department.data, form.co_owners.data or (), form.note.data
        )
        done = attempt(
            form, lead_id,
            lambda: people.hand_over(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data, to
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已移交，阶段和历史不变。"), "success")
            return away_from(lead_id)
    elif not form.is_submitted():
        open_form(form, lead)
        form.owner.data, form.department.data = lead.owner_id, lead.department_id
        form.co_owners.data = sorted(people.members(lead.id, MembershipKind.CO_OWNER))
    return render_template(
        "leads/hand_over.html", form=form, lead=access.lead_to_open(g.actor, lead_id)
    ), form.status


def offer_people(form: HandOverForm) -> None:
    writers = people.people_to_choose()
    form.owner.offer(writers)
    form.co_owners.choices = as_choices(writers)
    form.department.offer(tuple(row) for row in departments())


@bp.route("/<int:lead_id>/sensitivity", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def sensitivity(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = SensitiveForm()
    form.named.choices = as_choices(people.people_to_choose(readers=True))
    if form.validate_on_submit():
        done = attempt(
            form, lead_id,
            lambda: people.mark_sensitive(
                g.actor, clock.now(), lead_id, form.version.data, form.base.data,
                bool(form.is_sensitive.data), form.named.data or (),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已保存知悉范围。"), "success")
            return to_lead(lead_id)
    elif not form.is_submitted():
        open_form(form, lead)
        form.is_sensitive.data = lead.is_sensitive
        named = people.members(lead.id, MembershipKind.NAMED)
        form.named.data = sorted(named or {lead.owner_id or g.actor.id, g.actor.id})
    return render_template(
        "leads/sensitivity.html", form=form, lead=access.lead_to_open(g.actor, lead_id)
    ), form.status


def away_from(lead_id: int) -> ResponseReturnValue:
    """To the lead, or to the list for whoever has just handed it out of sight."""
    try:
        access.lead_for(g.actor, lead_id)
    except NotFound:
        return redirect(url_for("leads.index"))
    return to_lead(lead_id)
