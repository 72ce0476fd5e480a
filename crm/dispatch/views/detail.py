"""One instruction: what it says, how it stands, what may be done, everything that happened."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.web import mark, moment_text
from crm.dispatch import access
from crm.dispatch.forms import StepForm
from crm.dispatch.models import Instruction
from crm.dispatch.queries import instructions as queries
from crm.dispatch.rules import Cutoffs, EntryKind, Verb, light_of, number_text, verbs
from crm.dispatch.services import instructions as services
from crm.dispatch.services.instructions import Step
from crm.dispatch.views import bp, stands_for
from crm.dispatch.views.issuing import offer
from crm.dispatch.wording import word
from crm.reminders.services.settling import settle_subject

ICONS = {
    EntryKind.ISSUED: ("send", None),
    EntryKind.PROGRESS: ("note", None),
    EntryKind.REPLY: ("message-circle", None),
    EntryKind.EXTENDED: ("calendar", None),
    EntryKind.REASSIGNED: ("transfer", None),
    EntryKind.CLOSED: ("circle-check", "good"),
    EntryKind.RETURNED: ("arrow-back-up", "warn"),
    EntryKind.REOPENED: ("refresh", None),
    EntryKind.WITHDRAWN: ("ban", None),
}
SUBMITS = {
    Verb.PROGRESS: ("note", ""),
    Verb.REPLY: ("message-circle", "main"),
    Verb.EXTEND: ("calendar", ""),
    Verb.REASSIGN: ("transfer", ""),
    Verb.CLOSE: ("circle-check", "main"),
    Verb.RETURN: ("arrow-back-up", ""),
    Verb.REOPEN: ("refresh", ""),
    Verb.WITHDRAW: ("ban", ""),
}
FIELDS: dict[Verb, tuple[str, ...]] = {
    Verb.PROGRESS: ("body", "progress", "next_step"),
    Verb.REPLY: ("body", "progress"),
    Verb.EXTEND: ("due_on", "body"),
    Verb.REASSIGN: ("department", "person", "body"),
    Verb.CLOSE: ("body",),
    Verb.RETURN: ("body",),
    Verb.REOPEN: ("due_on", "body"),
    Verb.WITHDRAW: ("body",),
}
"""Which fields of the form each verb asks for."""


@bp.get("/<int:instruction_id>")
@allow(*LEAD_READERS)
def detail(instruction_id: int) -> ResponseReturnValue:
    row = access.instruction_for(g.actor, instruction_id, stands_for())
    shown = queries.one_in_words(row.id)
    today = clock.today()
    calendar = work_calendar()
    offered = verbs(access.powers_of(g.actor, row, stands_for()), row.state)
    return render_template(
        "dispatch/detail.html",
        row=shown,
        number=number_text(row.year, row.number),
        light=light_of(row.state, row.due_on, row.progress, Cutoffs.of(calendar, today)),
        left=calendar.working_days_between(today, row.due_on),
        sees_lead=bool(row.lead_id and queries.lead_to_ask_about(g.actor, row.lead_id)),
        sees_meeting=bool(row.meeting_id and _sees_meeting(row.meeting_id)),
        verbs=offered,
        submits=SUBMITS,
        trail=list(trail_entries(row.id)),
        on_behalf_of=shown.person if row.person_id in stands_for() else None,
    )


def _sees_meeting(meeting_id: int) -> bool:
    try:
        access.meeting_for(g.actor, meeting_id)
    except NotFound:
        return False
    return True


def trail_entries(key: int) -> Iterator[dict[str, Any]]:
    """The trail in words, the latest first."""
    for row in queries.trail_of(key):
        icon, tone = ICONS[row.kind]
        lines = []
        if row.kind is EntryKind.ISSUED:
            lines.append(_("办结时限%(day)s", day=row.new_due_on.isoformat()))
        elif row.new_due_on and row.new_due_on != row.old_due_on:
            lines.append(f"{row.old_due_on.isoformat()} → {row.new_due_on.isoformat()}")
        if row.new_person:
            lines.append(f"{row.old_person} → {row.new_person}")
        if row.kind in (EntryKind.PROGRESS, EntryKind.REPLY) and row.progress is not None:
            lines.append(_("进度%(n)s%%", n=row.progress))
        if row.on_behalf_of:
            lines.append(_("代%(name)s办理", name=row.on_behalf_of))
        yield {
            "title": word(row.kind),
            "at": moment_text(row.at),
            "who": row.by,
            "text": "\n".join(filter(None, (row.body, mark("，", ", ").join(lines)))),
            "icon": icon,
            "tone": tone,
        }


@bp.route("/<int:instruction_id>/<any({}):verb>".format(", ".join(Verb)), methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def step(instruction_id: int, verb: str) -> ResponseReturnValue:
    """One step of an instruction; what it asks for depends on the verb."""
    wanted = Verb(verb)
    row = access.instruction_for(g.actor, instruction_id, stands_for())
    form = _form(wanted)
    if form.validate_on_submit():
        done = attempt(form, lambda: _take(wanted, row.id, form))
        if done is not None:
            flash(_("已保存。"), "good")
            return redirect(url_for("dispatch.detail", instruction_id=row.id))
    elif not form.is_submitted():
        _open(form, wanted, row)
    if not form.is_submitted() and wanted not in verbs(
        access.powers_of(g.actor, row, stands_for()), row.state
    ):
        abort(404)
    return render_template(
        "dispatch/step.html",
        form=form,
        verb=wanted,
        fields=FIELDS[wanted],
        row=queries.one_in_words(row.id),
        number=number_text(row.year, row.number),
    ), form.status


def _take(verb: Verb, key: int, form: StepForm) -> Instruction:
    """The step, and what was due before it is not any more."""
    done = _verb(verb)(key, _step(form))
    if verb is not Verb.PROGRESS:
        settle_subject(f"instruction:{key}", clock.now())
    return done


def _form(verb: Verb) -> StepForm:
    form = StepForm()
    offer(form)
    for name in ("body", "progress", "next_step", "due_on", "department", "person"):
        if name not in FIELDS[verb]:
            del form[name]
    if "due_on" in form:
        form.due_on.label.text = _("新的办结时限")
    words = {
        Verb.PROGRESS: _("进展"),
        Verb.REPLY: _("办理结果"),
        Verb.EXTEND: _("延期理由"),
        Verb.RETURN: _("还差什么"),
        Verb.REOPEN: _("重新办理的理由"),
        Verb.WITHDRAW: _("撤销理由"),
    }
    if verb in words:
        form.body.label.text = words[verb]
    return form


def _open(form: StepForm, verb: Verb, row: Instruction) -> None:
    form.version.data = row.version
    if verb is Verb.PROGRESS:
        form.progress.data, form.next_step.data = row.progress, row.next_step
    elif verb is Verb.REPLY:
        form.progress.data = 100
    elif verb is Verb.REOPEN:
        form.due_on.data = max(row.due_on, clock.today())
    elif verb is Verb.REASSIGN:
        form.department.data, form.person.data = row.department_id, row.person_id


def _step(form: StepForm) -> Step:
    def given(name: str) -> Any:
        return form[name].data if name in form else None

    return Step(
        version=form.version.data or 0,
        body=given("body"),
        progress=given("progress"),
        next_step=given("next_step"),
        due_on=given("due_on"),
        department_id=given("department"),
        person_id=given("person"),
    )


def _verb(verb: Verb) -> Callable[[int, Step], Instruction]:
    actor, at, today, away = g.actor, clock.now(), clock.today(), stands_for()
    found: dict[Verb, Callable[[int, Step], Instruction]] = {
        Verb.PROGRESS: lambda key, step: services.progress(actor, at, key, step, away),
        Verb.REPLY: lambda key, step: services.reply(
            actor, at, key, step, today=today, stands_for=away
        ),
        Verb.EXTEND: lambda key, step: services.extend(actor, at, key, step, today=today),
        Verb.REASSIGN: lambda key, step: services.reassign(actor, at, key, step),
        Verb.CLOSE: lambda key, step: services.close(actor, at, key, step, today=today),
        Verb.RETURN: lambda key, step: services.send_back(actor, at, key, step),
        Verb.REOPEN: lambda key, step: services.reopen(actor, at, key, step, today=today),
        Verb.WITHDRAW: lambda key, step: services.withdraw(actor, at, key, step, today=today),
    }
    return found[verb]
