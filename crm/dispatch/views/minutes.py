"""The minutes of a meeting on paper: A4 in the browser, or a document to edit further."""

import io

from flask import g, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core.guard import allow
from crm.dispatch import access
from crm.dispatch.minutes import minutes_document, minutes_of
from crm.dispatch.queries import meetings as queries
from crm.dispatch.views import bp

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@bp.get("/meetings/<int:meeting_id>/minutes")
@allow(*LEAD_READERS)
def minutes(meeting_id: int) -> ResponseReturnValue:
    row = access.meeting_for(g.actor, meeting_id)
    page = queries.meeting_page(g.actor, row.id)
    return render_template("dispatch/minutes.html", meeting=page.meeting, told=minutes_of(page))


@bp.get("/meetings/<int:meeting_id>/minutes.docx")
@allow(*LEAD_READERS)
def minutes_file(meeting_id: int) -> ResponseReturnValue:
    row = access.meeting_for(g.actor, meeting_id)
    told = minutes_of(queries.meeting_page(g.actor, row.id))
    return send_file(
        io.BytesIO(minutes_document(told)),
        mimetype=DOCX,
        as_attachment=True,
        download_name=_("会议纪要%(day)s", day=f"{row.held_on:%Y%m%d}") + ".docx",
    )
