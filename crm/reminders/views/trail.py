"""Who was reminded of a lead or an instruction: parts of their pages, asked for when somebody looks."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.core.web import mark, moment_text
from crm.dispatch.access import instruction_for
from crm.dispatch.rules import number_text
from crm.leads.queries import lead_heading
from crm.reminders.queries import live, trail
from crm.reminders.rules.kinds import Level, ReminderState
from crm.reminders.views import bp
from crm.reminders.wording import word

ICONS = {Level.OWNER: "bell", Level.UNIT_HEAD: "users", Level.DIRECTOR: "gavel"}
TONES = {ReminderState.OPEN: "warn", ReminderState.SNOOZED: "", ReminderState.DONE: "good"}


@bp.get("/of-lead/<int:lead_id>")
@allow(*LEAD_READERS)
def of_lead(lead_id: int) -> ResponseReturnValue:
    lead = lead_heading(g.actor, lead_id)
    return _page(
        trail.reminded_of_lead(lead_id), lead.title, url_for("leads.detail", lead_id=lead_id)
    )


@bp.get("/of-instruction/<int:instruction_id>")
@allow(*LEAD_READERS)
def of_instruction(instruction_id: int) -> ResponseReturnValue:
    away = live.principals((g.actor.id,), clock.today()) - {g.actor.id}
    row = instruction_for(g.actor, instruction_id, away)
    return _page(
        trail.reminded_of(f"instruction:{row.id}"),
        _("交办单%(number)s", number=number_text(row.year, row.number)),
        url_for("dispatch.detail", instruction_id=row.id),
    )


def _page(rows: Sequence[Any], title: str, back: str) -> str:
    is_part = bool(request.headers.get("HX-Request"))
    return render_template(
        "reminders/_trail.html" if is_part else "reminders/trail.html",
        entries=list(_entries(rows)),
        title=title,
        back=back,
    )


def _entries(rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        told = []
        if row.sent_at:
            told.append(_("邮件%(moment)s发出", moment=moment_text(row.sent_at)))
        state = str(word(row.state))
        if row.state is ReminderState.SNOOZED and row.snoozed_until:
            state = f"{state} {row.snoozed_until.isoformat()}"
        if row.answered_at:
            state = f"{state} {moment_text(row.answered_at)}"
        told.append(state)
        if row.note:
            told.append(row.note)
        yield {
            "title": f"{row.person}{mark('（', ' (')}{word(row.level)}{mark('）', ')')}",
            "on": row.planned_on,
            "who": word(row.kind),
            "text": mark("；", "; ").join(told),
            "icon": ICONS[row.level],
            "tone": TONES.get(row.state),
        }
