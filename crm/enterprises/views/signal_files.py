"""Importing a file of expansion signals: choose it, look at what it would do, then import."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import Sheet
from crm.core.uploads import picked_rows
from crm.core.waiting import Expired
from crm.enterprises import access, services
from crm.enterprises.forms import SignalFileForm
from crm.enterprises.rules.signal_file import SIGNAL_HEADS, SignalColumn, likeliest_signals
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.services import ALL_COMPANIES
from crm.enterprises.views import bp
from crm.enterprises.views.roster import workbook
from crm.enterprises.views.uploads import Uploads
from crm.enterprises.wording import WORDS, signal_words

SHOWN = 50
UNKNOWN_SHOWN = 200

UPLOADS = Uploads(
    "expansion-signals",
    likeliest_signals,
    lambda sheet: services.look_at_signals(sheet, clock.today()),
)


@bp.route("/signals/import", methods=["GET", "POST"])
@allow(*access.SIGNAL_LOGGERS)
def signals_import() -> ResponseReturnValue:
    """Put a file aside and show what it would do; nothing of it is saved."""
    form = SignalFileForm()
    if form.validate_on_submit():
        mark = UPLOADS.put_aside(form)
        if mark is not None:
            return redirect(url_for("enterprises.signals_preview", mark=mark))
    page = render_template(
        "enterprises/signals_import.html", form=form, kinds=WORDS[SignalKind].values()
    )
    return page, form.status


@bp.get("/signals/import/template")
@allow(*access.SIGNAL_LOGGERS)
def signals_template() -> ResponseReturnValue:
    """An empty file with the header words that are read."""
    return workbook(_("扩产信号模板"), [("扩产信号", [*SIGNAL_HEADS.values()], [])])


@bp.get("/signals/import/preview")
@allow(*access.SIGNAL_LOGGERS)
def signals_preview() -> ResponseReturnValue:
    mark = request.args.get("mark", "")
    try:
        sheet, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    return _preview(mark, told["file"], sheet)


@bp.post("/signals/import/confirm")
@allow(*access.SIGNAL_LOGGERS)
def signals_confirm() -> ResponseReturnValue:
    """Log what was looked at, and register the unknown companies that were ticked."""
    mark = request.form.get("mark", "")
    try:
        sheet, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    register = ALL_COMPANIES if request.form.get("all_companies") == "yes" else picked_rows()
    try:
        with transaction():
            done = services.import_signals(
                g.actor, clock.now(), sheet, filename=told["file"], register=register
            )
            suggest_for(done.registered)
    except Refused as refused:
        for fault in refused.faults:
            flash(str(fault.text), "warn")
        return _preview(mark, told["file"], sheet), 422
    UPLOADS.forget(mark)
    flash(_("已登记%(n)s条扩产信号。", n=len(done.new)), "good")
    return redirect(url_for("enterprises.signals"))


def _expired() -> ResponseReturnValue:
    flash(_("预览已过期或已导入，请重新选择文件"), "warn")
    return redirect(url_for("enterprises.signals_import"))


def _preview(mark: str, filename: str, sheet: Sheet) -> str:
    look = services.look_at_signals(sheet, clock.today())
    place = look.columns.get(SignalColumn.COMPANY)
    if place is None:  # `look_at_signals` refuses a sheet without it
        abort(422)
    told: dict[tuple[bool, int], dict[str, Any]] = {}
    for each in look.messages:
        of_row = {"row": each.row, "name": str(sheet.at(each.row - 1, place) or "")[:60]}
        row = told.setdefault((each.keeps_out, each.row), {**of_row, "words": []})
        row["words"].append(signal_words(each))
    return render_template(
        "enterprises/signals_preview.html",
        token=mark,
        filename=filename,
        sheet_name=sheet.name,
        look=look,
        kind_words=WORDS[SignalKind],
        faults=[row for (keeps_out, _n), row in told.items() if keeps_out],
        remarks=[row for (keeps_out, _n), row in told.items() if not keeps_out],
        unknown=list(look.unknown.values())[:UNKNOWN_SHOWN],
        unknown_row=lambda each: each.row.sheet_row,
        shown=SHOWN,
        unknown_shown=UNKNOWN_SHOWN,
    )
