"""The week's report: to read, to print, and as text to paste into a chat group."""

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Actor, Role
from crm.core import clock
from crm.core.guard import allow
from crm.reports import queries, wording
from crm.reports.rules import Week, WrongWeek, report_week

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    today = clock.today()
    asked = request.args.get("week", "").strip()
    try:
        week = Week.read(asked) if asked else Week.of(today)
    except WrongWeek:
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="week", value=asked[:60]))
    report = report_week(week, queries.week_facts(g.actor, week), today)
    title = _("一周招商变化")
    scope = scope_text(g.actor)
    return render_template(
        "reports/index.html",
        report=report,
        title=title,
        scope=scope,
        text=wording.as_plain_text(report, title, scope),
        words=wording,
        this_week=Week.of(today),
    )


def scope_text(actor: Actor) -> str:
    """Which leads the numbers are about, so that a unit's number is not read as the bureau's."""
    match actor.role:
        case Role.DISTRICT_LEADER:
            scope = _("范围：包挂和分管产业链的项目，不含敏感项目。")
        case Role.STAFF | Role.UNIT_HEAD:
            scope = _(
                "范围：%(unit)s和本人的项目，不含敏感项目。",
                unit=actor.department_name or _("本单位"),
            )
        case _:
            scope = _("范围：全部项目，不含敏感项目。")
    return scope
