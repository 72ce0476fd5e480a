"""Giving an instruction: from nothing, from a lead, or from a line of the minutes."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.queries import departments, leaders
from crm.accounts.rules import Actor, Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import attempt, number_in
from crm.core.guard import allow
from crm.core.web import mark
from crm.dispatch.forms import InstructionForm, StepForm
from crm.dispatch.queries import instructions as queries
from crm.dispatch.rules import ISSUERS, due_by_default
from crm.dispatch.services import instructions
from crm.dispatch.services.instructions import NewInstruction
from crm.dispatch.views import bp
from crm.dispatch.views.asking import number_asked


@bp.route("/new", methods=["GET", "POST"])
@allow(*ISSUERS)
def new() -> ResponseReturnValue:
    form = InstructionForm()
    lead_id = number_in(form.lead.data) if form.is_submitted() else number_asked("lead")
    lead = queries.lead_to_ask_about(g.actor, lead_id) if lead_id else None
    if lead_id and lead is None:
        raise NotFound
    offer(form)
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: instructions.issue(
                g.actor, clock.now(), wanted(form, lead_id), today=clock.today()
            ),
        )
        if done is not None:
            flash(_("已交办，责任人会收到通知。"), "good")
            return redirect(url_for("dispatch.detail", instruction_id=done.id))
    elif not form.is_submitted():
        prefill(form, lead)
    back = (
        url_for("leads.detail", lead_id=lead.id) if lead is not None else url_for("dispatch.index")
    )
    return render_template("dispatch/new.html", form=form, lead=lead, back=back), form.status


def offer(
    form: InstructionForm | StepForm, giver: Actor | None = None, also: Actor | None = None
) -> None:
    """The pick lists: a unit head's are of the own unit. `also` stands among the leaders too."""
    giver = giver or g.actor
    unit = giver.department_id if giver.role is Role.UNIT_HEAD else None
    units = [tuple(row) for row in departments() if unit is None or row[0] == unit]
    form.department.offer(units)
    form.person.offer((key, name) for key, name, _unit in queries.people_to_ask(unit))
    if not isinstance(form, InstructionForm):
        return
    found = {row.id: row.name for row in leaders()}
    for each in (giver, also):
        if each is not None:
            found.setdefault(each.id, each.name)
    form.leader.offer(found.items())


def prefill(form: InstructionForm, lead: Any) -> None:
    """What is likely: the lead's own people, whoever gives it as leader, five working days."""
    form.leader.data = g.actor.id
    form.due_on.data = due_by_default(work_calendar(), clock.today())
    if g.actor.role is not Role.DIRECTOR:
        form.department.data = g.actor.department_id
    if lead is not None:
        form.lead.data = str(lead.id)
        form.matter.data = f"{lead.title}{mark('：', ': ')}"
        form.department.data = lead.department_id
        form.person.data = lead.owner_id


def wanted(
    form: InstructionForm, lead_id: int | None, meeting_id: int | None = None
) -> NewInstruction:
    return NewInstruction(
        matter=form.matter.data,
        department_id=form.department.data,
        person_id=form.person.data,
        leader_id=form.leader.data,
        due_on=form.due_on.data,
        lead_id=lead_id,
        meeting_id=meeting_id,
        next_step=form.next_step.data,
    )
