"""The ledger's pages: take one in after a look at what it would change, decide, ask, write out."""

import io
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from crm.accounts.rules import LEDGER_IMPORTERS
from crm.chains.queries import segment_names
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.forms import BaseForm
from crm.core.guard import allow
from crm.core.language import language
from crm.core.sheets import Limits, SheetFault, UnreadableFile
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.core.waiting import Expired, WaitingFiles
from crm.imports import queries
from crm.imports.rules import Field, MessageCode
from crm.imports.rules.facts import sum_fact
from crm.imports.services import deciding
from crm.imports.services.importing import import_ledger
from crm.imports.services.reporting import Report, kept_message
from crm.imports.wording import WORDS, fact_text
from crm.leads.rules import Stage
from crm.leads.wording import WORDS as LEAD_WORDS

bp = Blueprint("imports", __name__, url_prefix="/ledgers")

SHOWN_ROWS = 200
SHOWN_MESSAGES = 200


class UploadForm(BaseForm):
    file = FileField(_l("台账文件"))


def _folder() -> Path:
    folder: Path = current_app.extensions["settings"].ledgers_dir
    return folder


def _waiting() -> WaitingFiles:
    return WaitingFiles("ledger-preview")


def _index(form: BaseForm, status: int = 200) -> ResponseReturnValue:
    differences, questions = queries.waiting(g.actor)
    page = render_template(
        "imports/index.html",
        form=form,
        imports=queries.imports_of(g.actor),
        differences=differences,
        questions=questions,
    )
    return page, status


@bp.get("/")
@allow(*LEDGER_IMPORTERS)
def index() -> ResponseReturnValue:
    return _index(UploadForm())


@bp.post("/upload")
@allow(*LEDGER_IMPORTERS)
def upload() -> ResponseReturnValue:
    """Look at a file: what it would add and change, row by row. Nothing of it is saved as data."""
    form = UploadForm()
    if not form.validate():
        return _index(form, 422)
    sent = request.files.get("file")
    filename = PurePath((sent.filename or "").replace("\\", "/")).name[-200:] if sent else ""
    if sent is None or not filename:
        form.file.errors = [_("请选择台账文件")]
        return _index(form, 422)
    data = sent.read()
    try:
        report = _take(data, filename, dry_run=True)
    except UnreadableFile as error:
        form.file.errors = [_unreadable(error)]
        return _index(form, 413 if error.fault is SheetFault.FILE_TOO_LARGE else 422)
    except Refused as refused:
        form.file.errors = [fault.text for fault in refused.faults]
        return _index(form, 422)
    token = _waiting().keep(data, g.actor.id, file=filename)
    return render_template("imports/preview.html", report=report, token=token, **_told(report))


def _take(data: bytes, filename: str, *, dry_run: bool) -> Report:
    settings = current_app.extensions["settings"]
    return import_ledger(
        g.actor,
        data,
        filename,
        at=clock.now(),
        today=clock.today(),
        folder=_folder(),
        dry_run=dry_run,
        limits=Limits(file_bytes=settings.upload_limit_mb * 1024 * 1024),
    )


def _unreadable(error: UnreadableFile) -> str:
    words = str(SHEET_WORDS[SheetFault][error.fault])
    return f"{words} ({error.detail})" if error.detail else words


@bp.post("/confirm")
@allow(*LEDGER_IMPORTERS)
def confirm() -> ResponseReturnValue:
    """Take in the file that was looked at, by whoever looked at it."""
    token = request.form.get("token", "")
    try:
        data, seen = _waiting().fetch(token, g.actor.id)
    except Expired:
        flash(_("预览已过期或已导入，请重新选择文件"), "warn")
        return redirect(url_for("imports.index"))
    with transaction():
        report = _take(data, seen["file"], dry_run=False)
    _waiting().forget(token, g.actor.id)
    flash(_("已导入，新增%(n)s个项目", n=report.added), "good")
    return redirect(url_for("imports.show", import_id=report.import_id))


@bp.get("/<int:import_id>")
@allow(*LEDGER_IMPORTERS)
def show(import_id: int) -> ResponseReturnValue:
    done = queries.import_for(g.actor, import_id)
    return render_template(
        "imports/show.html",
        done=done,
        messages=[_in_words(message) for message in done.messages[:SHOWN_MESSAGES]],
        message_count=len(done.messages),
        gone=queries.titles_of(g.actor, done.gone),
        stage_words=LEAD_WORDS[Stage],
    )


@bp.get("/differences")
@allow(*LEDGER_IMPORTERS)
def differences() -> ResponseReturnValue:
    leads, following, seen = queries.differing_leads(g.actor, after=_after(), on=clock.today())
    return render_template(
        "imports/differences.html",
        leads=leads,
        following=following,
        seen=seen,
        total=queries.waiting(g.actor)[0],
        is_first=not _after(),
        field_words=WORDS[Field],
        value=_value,
    )


@bp.post("/differences")
@allow(*LEDGER_IMPORTERS)
def decide() -> ResponseReturnValue:
    """Take the ledger's values or keep ours: one, all of a project, or all on the page."""
    ids = [int(each) for each in request.form.getlist("id")[:5000] if _is_number(each)]
    seen = request.form.get("seen", "")
    verb = request.form.get("verb")
    if verb not in {"take", "keep"} or not ids or not _is_number(seen):
        abort(400)
    with transaction():
        if verb == "take":
            done = deciding.take(g.actor, clock.now(), ids, seen=int(seen), today=clock.today())
        else:
            done = deciding.keep(g.actor, clock.now(), ids)
    words = _("已采用台账的%(n)s处") if verb == "take" else _("已保留我方的%(n)s处")
    flash(words % {"n": done.settled}, "good" if done.settled else "info")
    if done.left:
        flash(_("%(n)s处在您查看之后又有人改过，没有采用，请再看一次", n=done.left), "warn")
    return redirect(url_for("imports.differences"))


@bp.get("/questions")
@allow(*LEDGER_IMPORTERS)
def questions() -> ResponseReturnValue:
    rows, following = queries.open_questions(g.actor, after=_after())
    return render_template(
        "imports/questions.html",
        rows=rows,
        following=following,
        is_first=not _after(),
        total=queries.waiting(g.actor)[1],
        field_words=_question_words(),
        code_words={code.value: words for code, words in WORDS[MessageCode].items()},
    )


@bp.get("/export")
@allow(*LEDGER_IMPORTERS)
def export() -> ResponseReturnValue:
    """The ledger as a workbook. It names people and telephones, so the trail tells who took it."""
    from crm.imports.services.exporting import export_ledger  # openpyxl takes 0.2 s and 10 MB

    with transaction():
        data = export_ledger(g.actor, at=clock.now(), today=clock.today())
    return send_file(
        io.BytesIO(data),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=_("台账%(day)s", day=f"{clock.today():%Y%m%d}") + ".xlsx",
    )


def _question_words() -> dict[str, Any]:
    words: dict[str, Any] = {field.value: text for field, text in WORDS[Field].items()}
    return words | {"dates_order": _("日期先后")}


def _after() -> int:
    text = request.args.get("after", "0")
    if not _is_number(text):
        abort(400)
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _value(name: str, value: Any, text: str | None = None) -> str:
    if name == Field.SEGMENT.value and value is not None and text is None:
        text = _segment_names().get(value)
    return fact_text(name, value, language(), text)


def _segment_names() -> dict[str, str]:
    """Segments by their codes, read once a request."""
    if "segment_names" not in g:
        g.segment_names = segment_names()
    names: dict[str, str] = g.segment_names
    return names


def _in_words(message: Mapping[str, str]) -> dict[str, Any]:
    """A message as kept with an import, in the reader's language."""
    words = WORDS[MessageCode].get(MessageCode(message["code"]), message["code"])
    return {**message, "words": words}


def _told(report: Report) -> dict[str, Any]:
    """What the preview shows first: rows to look at, then the rest up to a limit."""
    rows = sorted(
        report.rows, key=lambda each: each.row.saved and not each.news and not each.row.problems
    )
    return {
        "rows": rows[:SHOWN_ROWS],
        "row_count": len(rows),
        "messages": [_in_words(kept_message(m)) for m in report.messages[:SHOWN_MESSAGES]],
        "message_count": len(report.messages),
        "gone": queries.titles_of(g.actor, report.gone),
        "field_words": WORDS[Field],
        "stage_words": LEAD_WORDS[Stage],
        "value": _value,
        "sum_fact": sum_fact,
    }
