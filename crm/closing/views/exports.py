"""Exports: taking a day's standing out, and whether what was handed in still holds."""

import io
import json
from typing import Any

from flask import flash, g, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import Role
from crm.closing.forms import ExportForm
from crm.closing.queries import Point, whole_bridge
from crm.closing.queries.bridges import titles_seen
from crm.closing.queries.closed import export_for
from crm.closing.queries.standings import hash_of, places_in, standing_document
from crm.closing.services.exporting import take_export
from crm.closing.telling import bridge_text, title_text
from crm.closing.views import bp
from crm.closing.views.asking import asked_year
from crm.closing.views.known import shown_quotas
from crm.closing.views.periods import READERS
from crm.closing.wording import why_text, word
from crm.closing.workbook import document_of, workbook_of
from crm.core import clock
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.quotas.telling import subject
from crm.quotas.wording import day_text


@bp.post("/exports")
@allow(Role.DIRECTOR)
def take() -> ResponseReturnValue:
    year, form = asked_year(), ExportForm()
    if form.validate_on_submit():
        export = attempt(
            form,
            lambda: take_export(g.actor, clock.now(), year, form.as_of.data, today=clock.today()),
            alone=True,
        )
        if export is not None:
            flash(_("已导出并留存。"), "success")
            return redirect(url_for("closing.export", export_id=export.id))
    for text in [*form.form_errors, *form.as_of.errors]:
        flash(str(text), "error")
    return redirect(url_for("closing.periods", year=year))


@bp.get("/exports/<int:export_id>")
@allow(*READERS)
def export(export_id: int) -> ResponseReturnValue:
    row = export_for(export_id)
    remade = standing_document(row.year, row.as_of, row.known_at)
    kept = Point(row.as_of, row.known_at, places_in(row.content))
    found = whole_bridge(g.actor, row.year, kept, Point(row.as_of, clock.now()))
    changed = [
        each for each in (found.quotas if found else ()) if each.bridge.entered or each.bridge.left
    ]
    return render_template(
        "closing/export.html",
        row=row,
        is_untouched=hash_of(row.content) == row.content_hash,
        is_remade=remade is not None and hash_of(remade) == row.content_hash,
        found=found,
        changed=changed,
        quotas=shown_quotas(row.content),
        text=bridge_text(found, day_text(row.as_of), _("现在的口径")) if found and changed else "",
        word=word,
        subject=subject,
        why_text=why_text,
        title_text=title_text,
    )


@bp.get("/exports/<int:export_id>.xlsx")
@allow(*READERS)
def export_workbook(export_id: int) -> ResponseReturnValue:
    row = export_for(export_id)
    return send_file(
        io.BytesIO(workbook_of(row, _titles(row))),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{_name(row)}.xlsx",
        max_age=0,
    )


@bp.get("/exports/<int:export_id>.json")
@allow(*READERS)
def export_json(export_id: int) -> ResponseReturnValue:
    row = export_for(export_id)
    text = json.dumps(document_of(row, _titles(row)), ensure_ascii=False, indent=2)
    return send_file(
        io.BytesIO(text.encode()),
        mimetype="application/json",
        as_attachment=True,
        download_name=f"{_name(row)}.json",
        max_age=0,
    )


def _titles(row: Any) -> dict[int, str]:
    return titles_seen(
        g.actor, {lead["lead_id"] for quota in row.content["quotas"] for lead in quota["leads"]}
    )


def _name(row: Any) -> str:
    return _("%(year)s年指标进度%(day)s", year=row.year, day=f"{row.as_of:%Y%m%d}")
