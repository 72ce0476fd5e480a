"""Taking in an edition of a ranking list: choose the file, look at what it says, then import."""

from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import Limits, Sheet, SheetFault, UnreadableFile, read_sheets
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.core.waiting import Expired, WaitingFiles
from crm.enterprises import access, queries, services
from crm.enterprises.forms import EditionImportForm
from crm.enterprises.rules.ranking.columns import (
    Column,
    ColumnMapping,
    likeliest_list,
    proposed_mapping,
)
from crm.enterprises.services import EditionEntry, Taken
from crm.enterprises.views import bp
from crm.enterprises.views.cards import list_name
from crm.enterprises.views.consequences import judge_again
from crm.enterprises.wording import WORDS, unreadable_list, word
from crm.quotas.facts import leads_of_ranking_list

SHOWN = 50
SAMPLES = 3
LONGEST_UNIT = 20


def _waiting() -> WaitingFiles:
    return WaitingFiles("ranking-edition")


@bp.route("/rankings/import", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def edition_import() -> ResponseReturnValue:
    """Put a file aside and show what it would do; nothing of it is saved."""
    form = EditionImportForm(data=_asked_for()).offer(
        [(row.id, list_name(row)) for row in queries.ranking_lists()]
    )
    if form.validate_on_submit():
        sent = request.files.get("file")
        filename = PurePath((sent.filename or "").replace("\\", "/")).name[-200:] if sent else ""
        if sent is None or not filename:
            form.file.errors = [_("请选择榜单文件")]
        else:
            data = sent.read()
            try:
                _sheet(data, filename)
            except UnreadableFile as error:
                form.file.errors = [_unreadable(error)]
            else:
                mark = _waiting().keep(
                    data, g.actor.id,
                    file=filename, list=form.list_id.data, year=form.year.data,
                    day=form.published_on.data.isoformat(), document=form.document.data,
                )  # fmt: skip
                return redirect(url_for("enterprises.edition_preview", mark=mark))
    return render_template("enterprises/edition_import.html", form=form), form.status


def _asked_for() -> dict[str, Any]:
    """An edition that was registered by hand asks for its rows."""
    known = request.args.get("edition", "")
    edition = (
        queries.edition_by_id(int(known))
        if known.isascii() and known.isdigit() and len(known) < 19
        else None
    )
    if edition is None:
        return {}
    return {
        "list_id": edition.list_id, "year": edition.year,
        "published_on": edition.published_on, "document": edition.document,
    }  # fmt: skip


def _sheet(data: bytes, filename: str) -> Sheet:
    settings = current_app.extensions["settings"]
    limits = Limits(file_bytes=settings.upload_limit_mb * 1024 * 1024)
    return likeliest_list(read_sheets(data, filename, limits))


def _unreadable(error: UnreadableFile) -> str:
    words = unreadable_list(error.fault) or SHEET_WORDS[SheetFault][error.fault]
    return f"{words} ({error.detail})" if error.detail else str(words)


def _put_aside(mark: str) -> tuple[Sheet, Mapping[str, Any], EditionEntry]:
    """The waiting file, what was told of it and the edition it is. Raises Expired."""
    data, told = _waiting().fetch(mark, g.actor.id)
    entry = EditionEntry(
        told["list"], told["year"], date.fromisoformat(told["day"]), told["document"]
    )
    return _sheet(data, told["file"]), told, entry


@bp.get("/rankings/import/preview")
@allow(*access.RANKING_CONFIRMERS)
def edition_preview() -> ResponseReturnValue:
    """What the file says with these columns, and how it differs; nothing of it is saved."""
    mark = request.args.get("mark", "")
    try:
        sheet, told, entry = _put_aside(mark)
    except Expired:
        return _expired()
    mapping = _mapping(request.args, sheet)
    taken = services.look_at(sheet, mapping, entry, today=clock.today())
    return _preview(mark, told, sheet, taken)


@bp.post("/rankings/import/confirm")
@allow(*access.RANKING_CONFIRMERS)
def edition_import_confirm() -> ResponseReturnValue:
    """Import the file that was looked at, with the columns it was looked at with."""
    mark = request.form.get("mark", "")
    try:
        sheet, told, entry = _put_aside(mark)
    except Expired:
        return _expired()
    mapping, at = _mapping(request.form, sheet), clock.now()
    try:
        with transaction():
            taken = services.import_edition(
                g.actor, at, sheet, mapping, entry,
                filename=told["file"], today=clock.office_day(at),
            )  # fmt: skip
            judge_again(leads_of_ranking_list(entry.list_id), at)
    except Refused:
        seen = services.look_at(sheet, mapping, entry, today=clock.office_day(at))
        return _preview(mark, told, sheet, seen), 422
    _waiting().forget(mark, g.actor.id)
    words = _("已导入%(rows)s家企业，其中%(n)s家可能是本区登记的企业，请核对确认。",
              rows=len(taken.read.rows), n=taken.proposed)  # fmt: skip
    flash(words, "good")
    return redirect(
        url_for("enterprises.edition_rows", edition_id=taken.edition_id, tab="waiting")
        if taken.proposed
        else url_for("enterprises.edition_rows", edition_id=taken.edition_id)
    )


def _expired() -> ResponseReturnValue:
    flash(_("预览已过期或已导入，请重新选择文件"), "warn")
    return redirect(url_for("enterprises.edition_import"))


def _mapping(asked: Mapping[str, str], sheet: Sheet) -> ColumnMapping:
    """The columns a person chose (`c0`=rank, `head`=1, `unit`); those proposed where none was asked."""
    proposed = proposed_mapping(sheet)
    if "head" not in asked:
        return proposed
    head = asked["head"]
    if not (head.isascii() and head.isdigit() and len(head) < 6 and int(head) > 0):
        abort(400)
    width = max((len(row) for row in sheet.rows), default=0)
    columns: dict[Column, int] = {}
    for place in range(width):
        chosen = asked.get(f"c{place}", "")
        if chosen in tuple(Column) and Column(chosen) not in columns:
            columns[Column(chosen)] = place
    unit = " ".join(asked.get("unit", "").replace("\x00", "").split())[:LONGEST_UNIT]
    return ColumnMapping(int(head) - 1, columns, unit or None)


def _preview(mark: str, told: Mapping[str, Any], sheet: Sheet, taken: Taken) -> str:
    mapping, difference = taken.mapping, taken.difference
    width = max((len(row) for row in sheet.rows), default=0)
    below = range(mapping.header_row + 1, mapping.header_row + 1 + SAMPLES)
    held = {place: column.value for column, place in mapping.columns.items()}
    columns = [
        {
            "name": f"c{place}",
            "head": sheet.at(mapping.header_row, place),
            "samples": [v for row in below if (v := sheet.at(row, place)) is not None],
            "column": held.get(place, ""),
        }
        for place in range(width)
    ]
    messages = [
        {"row": m.row or "", "words": word(m.fault), "value": m.value, "is_blocking": m.is_blocking}
        for m in taken.read.messages
    ]
    rows = taken.read.rows
    lists = {row.id: row for row in queries.ranking_lists()}
    return render_template(
        "enterprises/edition_preview.html",
        token=mark,
        told=told,
        taken=taken,
        columns=columns,
        choices=[(member.value, words) for member, words in WORDS[Column].items()],
        faults=[each for each in messages if each["is_blocking"]],
        remarks=[each for each in messages if not each["is_blocking"]],
        list_name=list_name(lists[taken.entry.list_id]),
        rows=rows,
        new=difference.new if difference else (),
        dropped=difference.dropped if difference else (),
        renamed=difference.renamed if difference else (),
        corrected=[
            {"row": rows[place], "columns": [WORDS[Column][_COLUMN_OF[name]] for name in names]}
            for place, names in taken.changed.items()
        ],
        shown=SHOWN,
    )


_COLUMN_OF = {
    "rank": Column.RANK, "name_zh": Column.NAME_ZH, "name_en": Column.NAME_EN,
    "country": Column.COUNTRY, "revenue": Column.REVENUE, "uscc": Column.USCC,
    "parent_key": Column.PARENT,
}  # fmt: skip
