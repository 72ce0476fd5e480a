"""Files of a lead: upload, hand out after a look at rights, take off."""

from flask import flash, g, render_template, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Fault, NotFound
from crm.core.guard import allow
from crm.leads import access
from crm.leads.forms import PaperForm
from crm.leads.models import Attachment
from crm.leads.services import papers
from crm.leads.views import bp
from crm.leads.views.saving import attachments_dir, attempt, to_lead, upload_in
from crm.quotas import services as quotas


@bp.route("/<int:lead_id>/papers/new", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def upload(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = PaperForm()
    if form.validate_on_submit():
        done = save_paper(form, lead_id)
        if done is not None:
            flash(_("已上传。"), "success")
            return to_lead(lead_id, "papers")
    return render_template("leads/paper.html", form=form, lead=lead), form.status


def save_paper(form: PaperForm, lead_id: int) -> Attachment | None:
    brought = upload_in(form, "file", form.kind.data)
    if brought is None:
        form.show([Fault("file", "no_file", _("请选择要上传的文件"))])
        return None
    return attempt(
        form, lead_id,
        lambda: papers.add(g.actor, clock.now(), lead_id, brought, attachments_dir()),
    )  # fmt: skip


@bp.get("/<int:lead_id>/papers/<int:attachment_id>")
@allow(*LEAD_READERS)
def download(lead_id: int, attachment_id: int) -> ResponseReturnValue:
    """The file itself, never shown inside a page: rights are looked at each time."""
    row = of_lead(lead_id, attachment_id)
    file = attachments_dir() / row.stored_name
    if not file.is_file():
        raise NotFound
    answer = send_file(
        file, mimetype=row.media_type, as_attachment=True, download_name=row.filename, max_age=0
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.route("/<int:lead_id>/papers/<int:attachment_id>/remove", methods=["POST"])
@allow(*LEAD_WRITERS)
def remove_paper(lead_id: int, attachment_id: int) -> ResponseReturnValue:
    row = of_lead(lead_id, attachment_id)
    with transaction():
        papers.remove(g.actor, clock.now(), row.id)
        quotas.rejudge([lead_id], today=clock.today(), at=clock.now())
    flash(_("已移除文件，记录仍保留。"), "success")
    return to_lead(lead_id, "papers")


def of_lead(lead_id: int, attachment_id: int) -> Attachment:
    row = papers.paper_for(g.actor, attachment_id)
    if row.lead_id != lead_id:
        raise NotFound
    return row
