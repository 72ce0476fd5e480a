"""交办单 and 调度会 on screen."""

from typing import Any

from flask import Blueprint, g

from crm.core import clock
from crm.core.web import mark
from crm.dispatch.rules import number_text
from crm.dispatch.wording import STATE_TONES, word
from crm.reminders.queries import live

bp = Blueprint("dispatch", __name__, url_prefix="/dispatch")


@bp.context_processor
def words() -> dict[str, Any]:
    """What the templates of dispatch call."""
    return {"word": word, "mark": mark, "number_text": number_text, "state_tones": STATE_TONES}


def stands_for() -> frozenset[int]:
    """The people who are away today and have named this person their delegate."""
    if "stands_for" not in g:
        g.stands_for = live.principals((g.actor.id,), clock.today()) - {g.actor.id}
    found: frozenset[int] = g.stands_for
    return found


# The pages hang themselves on the blueprint when they are imported.
from crm.dispatch.views import agenda, brief, detail, issuing, lists, meetings, minutes  # noqa: E402, F401
