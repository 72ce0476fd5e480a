"""The Monday brief as a page, to be opened in the meeting."""

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.guard import allow
from crm.dispatch.views import bp, stands_for
from crm.reports import wording
from crm.reports.brief import brief_of
from crm.reports.rules import Week, WrongWeek

MOST_STILL = 50
"""Leads of one light on the page as it opens; all of them on demand."""


@bp.get("/brief")
@allow(*LEAD_READERS)
def brief() -> ResponseReturnValue:
    today = clock.today()
    asked = request.args.get("week", "").strip()
    try:
        week = Week.read(asked) if asked else Week.of(today).before
    except WrongWeek:
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name="week", value=asked[:60]))
    return render_template(
        "dispatch/brief.html",
        brief=brief_of(g.actor, today, week, stands_for()),
        words=wording,
        most=None if request.args.get("all") else MOST_STILL,
        last=Week.of(today).before,
    )
