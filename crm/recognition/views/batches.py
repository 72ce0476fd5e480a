"""Batches: made, completed, decided in, closed."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, Role
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.core.forms import BaseForm, attempt
from crm.core.guard import allow
from crm.core.web import mark
from crm.recognition import services
from crm.recognition.desk import desk
from crm.recognition.forms import BatchForm
from crm.recognition.models import RecognitionBatch
from crm.recognition.queries import terms_of_year
from crm.recognition.queries.pages import decisions_in, names_of
from crm.recognition.rules import Decided, Level, Task
from crm.recognition.services import NewBatch
from crm.recognition.views import bp
from crm.recognition.views.asking import year_asked
from crm.recognition.views.index import quota_name
from crm.recognition.wording import TONES

MOST_AT_ONCE = 200


@bp.route("/batches/new", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def new_batch() -> ResponseReturnValue:
    year, _years = year_asked()
    form = BatchForm()
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.open_batch(
                g.actor, clock.now(), year, form.at_level.data, _wanted(form)
            ),
        )
        if done is not None:
            flash(_("已新建批次。"), "good")
            return redirect(url_for("recognition.batch", batch_id=done.id))
    elif not form.is_submitted():
        form.decided_on.data = clock.today()
        form.at_level.data = Level.DISTRICT
    return render_template("recognition/batch_form.html", form=form, year=year), form.status


def _wanted(form: BatchForm) -> NewBatch:
    return NewBatch(
        form.title.data,
        form.decided_on.data,
        form.document_number.data,
        form.opinions.data,
        form.minutes.data,
    )


@bp.get("/batches/<int:batch_id>")
@allow(*LEAD_READERS)
def batch(batch_id: int) -> ResponseReturnValue:
    return _page(_batch(batch_id))


@bp.route("/batches/<int:batch_id>/edit", methods=["GET", "POST"])
@allow(Role.DIRECTOR)
def edit_batch(batch_id: int) -> ResponseReturnValue:
    row = _batch(batch_id)
    if row.closed_at is not None:
        raise NotFound
    form = BatchForm(obj=row)
    del form.at_level
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.edit_batch(
                g.actor, clock.now(), batch_id, form.version.data or 0, _wanted(form)
            ),
        )
        if done is not None:
            flash(_("已保存。"), "good")
            return redirect(url_for("recognition.batch", batch_id=batch_id))
    return render_template(
        "recognition/batch_form.html", form=form, year=row.year, batch=row
    ), form.status


@bp.post("/batches/<int:batch_id>/close")
@allow(Role.DIRECTOR)
def close_batch(batch_id: int) -> ResponseReturnValue:
    form = BaseForm()
    version = request.form.get("version", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    if form.validate():
        done = attempt(form, lambda: services.close_batch(g.actor, clock.now(), batch_id, seen))
        if done is not None:
            flash(_("批次已封存。"), "good")
            return redirect(url_for("recognition.batch", batch_id=batch_id))
    return _page(_batch(batch_id), form), 422


@bp.post("/batches/<int:batch_id>/approve")
@allow(Role.DIRECTOR)
def approve(batch_id: int) -> ResponseReturnValue:
    """Approve the picked projects, all of them or none."""
    form = BaseForm()
    row = _batch(batch_id)
    picks = _picks()
    if form.validate():
        if not picks:
            form.show([Fault("", "none", _("请先勾选项目"))])
        elif attempt(form, lambda: _approve_all(row, picks)) is not None:
            flash(_("已通过%(n)s项。", n=len(picks)), "good")
            return redirect(url_for("recognition.batch", batch_id=batch_id))
    return _page(_batch(batch_id), form), 422


def _approve_all(row: RecognitionBatch, picks: list[tuple[int, int]]) -> int:
    faults = []
    names = names_of(g.actor, [lead_id for lead_id, _quota in picks])
    for lead_id, quota_id in picks:
        try:
            services.decide(
                g.actor,
                clock.now(),
                lead_id,
                quota_id,
                row.at_level,
                Decided.APPROVED,
                today=clock.today(),
                batch_id=row.id,
            )
        except Refused as refused:
            if lead_id not in names:
                raise NotFound from None
            title = names[lead_id].title
            faults += [
                Fault("", fault.code, f"{title}{mark('：', ': ')}{fault.text}")
                for fault in refused.faults
            ]
    if faults:
        raise Refused(faults)
    return len(picks)


def _picks() -> list[tuple[int, int]]:
    found = []
    for text in request.form.getlist("pick")[:MOST_AT_ONCE]:
        lead_id, _dash, quota_id = text.partition("-")
        if not all(p.isascii() and p.isdigit() and len(p) < 19 for p in (lead_id, quota_id)):
            abort(400)
        found.append((int(lead_id), int(quota_id)))
    return found


def _batch(batch_id: int) -> RecognitionBatch:
    row = db.session.get(RecognitionBatch, batch_id, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _page(row: RecognitionBatch, form: BaseForm | None = None) -> str:
    said = decisions_in(row.id)
    names = names_of(g.actor, {each.lead_id for each in said})
    may_decide = g.actor.role is Role.DIRECTOR and row.closed_at is None
    waiting: list[Any] = []
    if may_decide:
        waiting = [
            case
            for case in desk(g.actor, row.year, clock.today()).tasks
            if row.at_level in case.waits_at and case.task is not Task.ANSWER
        ]
    terms = terms_of_year(row.year)
    return render_template(
        "recognition/batch.html",
        batch=row,
        form=form or BaseForm(formdata=None),
        said=[each for each in said if each.lead_id in names],
        names=names,
        unseen=sum(each.lead_id not in names for each in said) if g.actor.sees_all else 0,
        waiting=waiting,
        pick_of=lambda case: f"{case.lead_id}-{case.quota_id}",
        quota_name=lambda quota_id: quota_name(terms[quota_id]) if quota_id in terms else "",
        may_decide=may_decide,
        tones=TONES,
    )
