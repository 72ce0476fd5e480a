"""The audit trail as people read it."""

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from crm.accounts.rules import Role
from crm.core.forms import trimmed
from crm.core.guard import allow
from crm.core.lists import CursorError
from crm.history import queries
from crm.history.wording import ACTION, SUBJECT

bp = Blueprint("history", __name__, url_prefix="/history")


@bp.get("/")
@allow(Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR, Role.ADMINISTRATOR, Role.AUDITOR)
def index() -> ResponseReturnValue:
    action = request.args.get("action", "").strip() or None
    who = trimmed(request.args.get("who", "")[:60])
    if action is not None and action not in ACTION:
        abort(400)
    condition = queries.readable(g.actor.role, g.actor.id, g.actor.department_id)
    try:
        page = queries.events(
            condition, actor_name=who, action=action, cursor=request.args.get("cursor")
        )
    except CursorError:
        abort(400)
    return render_template(
        "history/index.html",
        page=page,
        action=action,
        who=who,
        action_words=ACTION,
        subject_words=SUBJECT,
    )
