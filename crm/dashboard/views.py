"""工作台: the first page after signing in, by role."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_WRITERS, Role
from crm.core import clock
from crm.core.guard import SIGNED_IN, allow
from crm.dashboard import home as homes
from crm.history.wording import ACTION
from crm.leads.wording import word

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow(SIGNED_IN)
def home() -> ResponseReturnValue:
    today = clock.today()
    if g.actor.role is Role.ADMINISTRATOR:
        return render_template(
            "dashboard/administrator.html", home=homes.system_home(g.actor, today, clock.now())
        )
    if g.actor.role is Role.STAFF:
        return render_template(
            "dashboard/work.html",
            home=homes.staff_home(g.actor, today, clock.now()),
            is_unit=False,
            action_words=ACTION,
        )
    if g.actor.role is Role.UNIT_HEAD:
        return render_template(
            "dashboard/work.html",
            home=homes.unit_home(g.actor, today),
            is_unit=True,
            stage_word=word,
        )
    return render_template(
        "dashboard/leader.html",
        home=homes.leader_home(g.actor, today),
        year=today.year,
        stage_word=word,
        may_enter=g.actor.role in LEAD_WRITERS,
    )
