"""Importing a file of companies: choose it, look at what it would do, then import."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from flask import flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import Sheet, Value, write_long_workbook
from crm.core.uploads import picked_rows
from crm.core.waiting import Expired
from crm.core.web import mark as punctuation
from crm.enterprises import access, services
from crm.enterprises.forms import RosterForm
from crm.enterprises.rules.roster import (
    COLUMN_HEADS,
    Outcome,
    RosterColumn,
    RosterRow,
    likeliest_roster,
    roster_columns,
)
from crm.enterprises.services import ALL_DOUBLES, RosterLook
from crm.enterprises.views import bp
from crm.enterprises.views.consequences import after_changes_of
from crm.enterprises.views.uploads import XLSX, Uploads
from crm.enterprises.wording import FIELD, roster_words, tell, word

SHOWN = 50
DOUBLES_SHOWN = 200


UPLOADS = Uploads("company-roster", likeliest_roster, services.look_at_roster)


@bp.route("/import", methods=["GET", "POST"])
@allow(*access.COMPANY_IMPORTERS)
def companies_import() -> ResponseReturnValue:
    """Put a file aside and show what it would do; nothing of it is saved."""
    form = RosterForm()
    if form.validate_on_submit():
        mark = UPLOADS.put_aside(form)
        if mark is not None:
            return redirect(url_for("enterprises.companies_preview", mark=mark))
    page = render_template("enterprises/roster_import.html", form=form, heads=COLUMN_HEADS.values())
    return page, form.status


@bp.get("/import/template")
@allow(*access.COMPANY_IMPORTERS)
def companies_template() -> ResponseReturnValue:
    """An empty file with the header words that are read."""
    heads: list[Value] = [*COLUMN_HEADS.values()]
    return workbook(_("企业名录模板"), [("企业名录", heads, [])])


def workbook(
    name: str, sheets: Sequence[tuple[str, Sequence[Value], Sequence[Sequence[Value]]]]
) -> ResponseReturnValue:
    """A file of tables to download: each its name, its header and its rows."""
    out = io.BytesIO()
    write_long_workbook(
        out,
        [
            (title, [max(12, 2 * len(str(h))) for h in head], [head, *rows])
            for title, head, rows in sheets
        ],
    )
    out.seek(0)
    return send_file(out, mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")


@bp.get("/import/preview")
@allow(*access.COMPANY_IMPORTERS)
def companies_preview() -> ResponseReturnValue:
    mark = request.args.get("mark", "")
    try:
        sheet, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    return _preview(mark, told["file"], sheet)


@bp.post("/import/confirm")
@allow(*access.COMPANY_IMPORTERS)
def companies_confirm() -> ResponseReturnValue:
    """Import the file that was looked at, and the possible doubles that were ticked."""
    mark, at = request.form.get("mark", ""), clock.now()
    try:
        sheet, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    try:
        with transaction():
            taken = services.import_roster(
                g.actor, at, sheet, filename=told["file"], take=_chosen()
            )
            suggest_for((*taken.new, *taken.filled))
            after_changes_of(taken.filled, at)
    except Refused as refused:
        for fault in refused.faults:
            flash(str(fault.text), "warn")
        return _preview(mark, told["file"], sheet), 422
    UPLOADS.forget(mark)
    text = _("已登记%(added)s家新企业，补充%(filled)s家的资料。",
             added=taken.added, filled=len(taken.filled))  # fmt: skip
    flash(text, "good")
    return redirect(url_for("enterprises.index"))


def _chosen() -> set[int] | str:
    """The rows of possible doubles that were ticked, or all of them."""
    return ALL_DOUBLES if request.form.get("all_doubles") == "yes" else picked_rows()


def _expired() -> ResponseReturnValue:
    flash(_("预览已过期或已导入，请重新选择文件"), "warn")
    return redirect(url_for("enterprises.companies_import"))


def _preview(mark: str, filename: str, sheet: Sheet) -> str:
    look = services.look_at_roster(sheet)
    header, columns = roster_columns(sheet)
    width = max((len(row) for row in sheet.rows), default=0)
    unread = [
        str(head)
        for place in range(width)
        if place not in columns.values() and (head := sheet.at(header, place)) is not None
    ]
    place = columns[RosterColumn.NAME]
    told = [
        {
            "row": each.row,
            "name": str(sheet.at(each.row - 1, place) or "")[:60],
            "words": roster_words(each),
            "keeps_out": each.keeps_out,
        }
        for each in look.messages
    ]
    return render_template(
        "enterprises/roster_preview.html",
        token=mark,
        filename=filename,
        sheet_name=sheet.name,
        look=look,
        known=len(look.known),
        columns=[
            (sheet.at(header, place), word(column)) for column, place in sorted_columns(columns)
        ],
        unread=unread,
        faults=[each for each in told if each["keeps_out"]],
        remarks=[each for each in told if not each["keeps_out"]],
        doubles=look.doubles[:DOUBLES_SHOWN],
        differences=list(_differences(look, look.differing[:SHOWN])),
        fills=list(_fills(look, look.filled[:SHOWN])),
        shown=SHOWN,
        double_row=lambda each: each.row.sheet_row,
        doubles_shown=DOUBLES_SHOWN,
    )


def sorted_columns(columns: Any) -> list[tuple[RosterColumn, int]]:
    return sorted(columns.items(), key=lambda pair: pair[1])


def _differences(look: RosterLook, companies: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What the file gives otherwise, in words; ours stays."""
    parents = services.names_of(
        [number for each in companies if (number := look.ours[each].parent_id) is not None]
    )
    for number in companies:
        row = look.known[number]
        for each in look.compared[number].differs:
            is_parent = each.field == "parent_id"
            ours = parents.get(look.ours[number].parent_id) if is_parent else each.ours
            yield {
                "id": number,
                "row": row.sheet_row,
                "name": look.ours[number].name,
                "field": FIELD["parent" if is_parent else each.field],
                "ours": tell(each.field, ours),
                "theirs": row.parent if is_parent else tell(each.field, each.theirs),
            }


def _fills(look: RosterLook, companies: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Which facts known companies get, in words."""
    for number in companies:
        fills = look.compared[number].fills
        yield {
            "id": number,
            "row": look.known[number].sheet_row,
            "name": look.ours[number].name,
            "fields": [FIELD["parent" if name == "parent_id" else name] for name in fills],
        }


@bp.get("/import/report")
@allow(*access.COMPANY_IMPORTERS)
def companies_report() -> ResponseReturnValue:
    """Every row that is not simply new or known, with why: to be mended and imported again."""
    try:
        sheet, _told = UPLOADS.again(request.args.get("mark", ""))
    except Expired:
        return _expired()
    look = services.look_at_roster(sheet)
    head: list[Value] = [str(each) for each in (_("行"), _("企业"), _("结果"), _("说明"))]
    rows = sorted(_report(look, sheet), key=lambda row: (row[0], str(row[2])))
    return workbook(_("导入明细"), [(_("导入明细"), head, rows)])


def _report(look: RosterLook, sheet: Sheet) -> Iterator[tuple[int, str, str, str]]:
    place = look.columns[RosterColumn.NAME]

    def name(row: int) -> str:
        return str(sheet.at(row - 1, place) or "")

    for each in look.messages:
        result = word(Outcome.FAULTY) if each.keeps_out else _("留意")
        yield each.row, name(each.row), str(result), roster_words(each)
    for double in look.doubles:
        row: RosterRow = double.row
        others = punctuation("、", ", ").join(each.name for each in double.namesakes)
        yield row.sheet_row, row.name, str(word(Outcome.DOUBLE)), others
    for each in _differences(look, look.differing):
        colon = punctuation("：", ": ")
        told = f"{each['field']}{colon}{each['ours']} → {each['theirs']}"
        yield each["row"], each["name"], _("资料不同"), told
