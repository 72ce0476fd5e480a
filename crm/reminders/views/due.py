"""The next actions that are due or coming, late first."""

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.reminders.queries import due as queries
from crm.reminders.rules import Scope
from crm.reminders.views import bp
from crm.reminders.wording import word


def scope_asked(scopes: tuple[Scope, ...]) -> Scope:
    """The scope of the address, if it is one of these; else the first."""
    wanted = request.args.get("scope", "")
    return Scope(wanted) if wanted in scopes else scopes[0]


def scope_tabs(scopes: tuple[Scope, ...], shown: Scope, **more: Any) -> list[dict[str, Any]]:
    """Links to the same page in each scope; none where there is only one."""
    if len(scopes) < 2:
        return []
    assert request.endpoint is not None
    return [
        {
            "label": word(each),
            "href": url_for(request.endpoint, scope=each, **more),
            "active": each is shown,
        }
        for each in scopes
    ]


@bp.get("/agenda")
@allow(*LEAD_READERS)
def agenda() -> ResponseReturnValue:
    return next_actions_page()


def next_actions_page() -> str:
    """The lists of next actions, in the scopes of whoever looks."""
    scopes = queries.SCOPES_OF[g.actor.role]
    scope = scope_asked(scopes)
    today = clock.today()
    overdue, due = queries.due_for(g.actor, scope, today)
    return render_template(
        "reminders/agenda.html",
        scope=scope,
        scopes=scope_tabs(scopes, scope),
        overdue=overdue,
        due=due,
        coming=queries.coming_for(g.actor, scope, today),
        shown=queries.SHOWN,
    )
