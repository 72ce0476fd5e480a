"""A lead is put on the agenda of the next meeting, from its own page."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.forms import number_in
from crm.core.guard import allow
from crm.dispatch.services import meetings
from crm.dispatch.views import bp
from crm.leads.access import lead_for


@bp.post("/leads/<int:lead_id>/agenda")
@allow(*LEAD_WRITERS)
def put_on_agenda(lead_id: int) -> ResponseReturnValue:
    """The meeting is the one the page named: a nearer one may have been called since."""
    lead_for(g.actor, lead_id)
    page = redirect(url_for("leads.detail", lead_id=lead_id))
    meeting_id = number_in(request.form.get("meeting"))
    if meeting_id is None:
        flash(_("没有可以列入的调度会，请先新建一次。"), "warn")
        return page
    try:
        with transaction():
            meetings.add_item(g.actor, clock.now(), meeting_id, lead_id=lead_id)
    except Refused as refused:
        flash(refused.faults[0].text, "warn")
    else:
        flash(_("已列入调度会议题。"), "good")
    return page
