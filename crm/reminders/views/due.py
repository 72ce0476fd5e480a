"""What is due for the person who looks, late first."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.reminders.queries import due as queries
from crm.reminders.rules import Scope
from crm.reminders.views import bp
from crm.reminders.wording import WORDS


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    scopes = queries.SCOPES_OF[g.actor.role]
    wanted = request.args.get("scope", "")
    scope = Scope(wanted) if wanted in scopes else scopes[0]
    today = clock.today()
    overdue, due = queries.due_for(g.actor, scope, today)
    return render_template(
        "reminders/index.html",
        today=today,
        scope=scope,
        scopes=scopes,
        scope_words=WORDS[Scope],
        overdue=overdue,
        due=due,
        coming=queries.coming_for(g.actor, scope, today),
        shown=queries.SHOWN,
    )
