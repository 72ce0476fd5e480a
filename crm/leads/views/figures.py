"""Amounts as dated facts: adding one with its paper, withdrawing a slip."""

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_WRITERS
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Fault, NotFound
from crm.core.guard import allow
from crm.leads import access
from crm.leads.forms import FigureForm, WithdrawForm
from crm.leads.models import Figure
from crm.leads.rules import AttachmentKind, FigureKind, FigureSource
from crm.leads.services import figures, papers
from crm.leads.services.editing import ODD_SIZE, is_odd_size
from crm.leads.services.figures import Stated
from crm.leads.views import bp
from crm.leads.views.saving import attachments_dir, attempt, open_form, to_lead, upload_in

PAPERS = {
    FigureSource.AGREEMENT: AttachmentKind.AGREEMENT,
    FigureSource.FILING: AttachmentKind.FILING,
    FigureSource.STATISTICS: AttachmentKind.STATISTICS,
}


@bp.route("/<int:lead_id>/figures/new", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def add_figure(lead_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    form = FigureForm()
    if form.validate_on_submit():
        done = save_figure(form, lead_id)
        if done is not None:
            flash(_("已登记金额。"), "success")
            return to_lead(lead_id)
    elif not form.is_submitted():
        open_form(form, lead)
        form.kind.data = FigureKind.TOTAL_INVESTMENT
        signed = lead.stage.is_signed
        form.source.data = FigureSource.AGREEMENT if signed else FigureSource.TALK
        form.as_of.data = clock.today()
    return render_template(
        "leads/figure.html", form=form, lead=access.lead_to_open(g.actor, lead_id),
        is_odd=ODD_SIZE in form.amount.errors,
    ), form.status  # fmt: skip


def save_figure(form: FigureForm, lead_id: int) -> Figure | None:
    amount = form.amount.amount
    if amount is None:
        return None
    stated = Stated(form.amount.stated or "", amount)
    is_total = form.kind.data is FigureKind.TOTAL_INVESTMENT
    if is_total and not form.confirm_size.data and is_odd_size(stated):
        form.show([Fault("amount", "odd_size", ODD_SIZE)])
        return None
    upload = upload_in(form, "file", PAPERS.get(form.source.data, AttachmentKind.OTHER))

    def verb() -> Figure:
        lead = access.lead_to_edit(g.actor, lead_id)
        paper = (
            papers.keep(g.actor, clock.now(), lead, upload, attachments_dir()) if upload else None
        )
        new = figures.NewFigure(
            form.kind.data, form.source.data, form.as_of.data, stated, form.basis.data,
            form.document.data or (paper.filename if paper else None),
            paper.id if paper else None,
        )  # fmt: skip
        return figures.add_figure(g.actor, clock.now(), lead_id, new, today=clock.today())

    return attempt(form, lead_id, verb)


@bp.route("/<int:lead_id>/figures/<int:figure_id>/withdraw", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def withdraw_figure(lead_id: int, figure_id: int) -> ResponseReturnValue:
    lead = access.lead_to_open(g.actor, lead_id)
    row = db.session.get(Figure, figure_id)
    if row is None or row.lead_id != lead.id or row.is_withdrawn:
        raise NotFound
    form = WithdrawForm()
    if form.validate_on_submit():
        done = attempt(
            form, lead_id,
            lambda: figures.withdraw_figure(
                g.actor, clock.now(), lead_id, figure_id, form.reason.data, today=clock.today()
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已撤回这笔金额，记录仍保留。"), "success")
            return to_lead(lead_id)
    return render_template("leads/withdraw.html", form=form, lead=lead, figure=row), form.status
