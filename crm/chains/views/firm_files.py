"""Local firms and anchor firms' lists as a workbook: taken out, filled in, looked at, taken in again."""

from itertools import groupby
from typing import Any

from flask import flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.chains import access
from crm.chains.forms.presence import FirmFileForm
from crm.chains.queries import presence as queries
from crm.chains.rules.firm_file import (
    FIRM_HEADS,
    NEED_HEADS,
    Book,
    FirmColumn,
    FirmMessage,
    FirmRow,
    NeedColumn,
    NeedRow,
    book_of,
    firm_columns,
    need_columns,
)
from crm.chains.services import firm_import as services
from crm.chains.services.firm_import import ALL_COMPANIES
from crm.chains.views import bp
from crm.chains.views.asking import segment_choices, stale_after_days, zone_choices
from crm.chains.views.firms import filter_asked
from crm.chains.views.workbooks import wan, workbook
from crm.chains.wording import NEED_FIELD, PRESENCE_FIELD, WORDS, named, row_words, tell, word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import Value
from crm.core.uploads import XLSX, Uploads, picked_rows
from crm.core.waiting import Expired
from crm.core.web import mark as mark_of
from crm.history import services as history

SHOWN = 50
UNKNOWN_SHOWN = 200
HIGHEST_ROW = 2 * 10**6
UPLOADS = Uploads("local-firms", book_of, lambda book: services.look_at_firms(book, clock.today()))
FIRM_WIDTHS = (32, 20, 12, 26, 10, 8, 14, 10, 36, 14, 12, 12, 12)
NEED_WIDTHS = (32, 20, 12, 12, 26, 40, 28, 14, 12, 12)
_NAMED_OTHERWISE = {"zone_id": "zone"}


@bp.get("/firms.xlsx")
@allow(*access.FIRM_READERS)
def firms_file() -> ResponseReturnValue:
    """The list, and the lists of its anchor firms, to be filled in and taken in again.

    The trail tells who took it.
    """
    wanted, days = filter_asked(), stale_after_days()
    rows = queries.all_firms(wanted, clock.today(), days)
    needs = queries.all_needs(wanted)
    with transaction():
        history.record(
            g.actor, clock.now(), "presences_exported", None, after={"rows": len(rows)},
            subject_type="presences",
        )  # fmt: skip
    heads = [str(words) for words in WORDS[FirmColumn].values()]
    need_heads = [str(words) for words in WORDS[NeedColumn].values()]
    return send_file(
        workbook(
            [
                (_("本地企业"), FIRM_WIDTHS, [heads, *map(_firm_cells, rows)]),
                (_("三张清单"), NEED_WIDTHS, [need_heads, *map(_need_cells, needs)]),
            ]
        ),
        mimetype=XLSX,
        as_attachment=True,
        download_name=_("本地企业%(day)s", day=f"{clock.today():%Y%m%d}") + ".xlsx",
    )


def _firm_cells(row: Any) -> list[Value]:
    return [
        row.enterprise,
        row.uscc,
        row.code,
        named(row.segment, row.segment_en),
        str(word(row.role)),
        str(word(row.strength)),
        None if row.output_yuan is None else wan(row.output_yuan),
        row.output_year,
        row.evidence,
        named(row.zone, row.zone_en) if row.zone else None,
        row.since_on,
        row.checked_on,
        row.ended_on,
    ]


def _need_cells(row: Any) -> list[Value]:
    return [
        row.enterprise,
        row.uscc,
        str(word(row.kind)),
        row.code,
        named(row.segment, row.segment_en),
        row.description,
        row.partner,
        None if row.amount_yuan is None else wan(row.amount_yuan),
        row.noted_on,
        row.met_on,
    ]


@bp.route("/firms/import", methods=["GET", "POST"])
@allow(*access.FIRM_IMPORTERS)
def firms_import() -> ResponseReturnValue:
    """Put a file aside and show what it would do; nothing of it is saved."""
    form = FirmFileForm()
    if form.validate_on_submit():
        mark = UPLOADS.put_aside(form)
        if mark is not None:
            return redirect(url_for("chains.firms_preview", mark=mark))
    page = render_template(
        "chains/firms_import.html", form=form, firm_heads=list(WORDS[FirmColumn].values())[:-1],
        need_heads=list(WORDS[NeedColumn].values()),
    )  # fmt: skip
    return page, form.status


@bp.get("/firms/import/template")
@allow(*access.FIRM_IMPORTERS)
def firms_template() -> ResponseReturnValue:
    """An empty workbook with the headers that are read, and the segments with their codes."""
    codes = [[row.code, row.name, row.name_en, row.chain] for row in queries.segments_in_use()]
    out = workbook(
        [
            ("本地企业", FIRM_WIDTHS, [list(FIRM_HEADS.values())]),
            ("三张清单", NEED_WIDTHS, [list(NEED_HEADS.values())]),
            ("编码表", (14, 30, 44, 24), [["编码", "名称", "英文名", "产业链"], *codes]),
        ]
    )
    return send_file(
        out, mimetype=XLSX, as_attachment=True, download_name=_("本地企业模板") + ".xlsx"
    )


@bp.get("/firms/import/preview")
@allow(*access.FIRM_IMPORTERS)
def firms_preview() -> ResponseReturnValue:
    mark = request.args.get("mark", "")
    try:
        book, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    return _preview(mark, told["file"], book)


@bp.post("/firms/import/confirm")
@allow(*access.FIRM_IMPORTERS)
def firms_confirm() -> ResponseReturnValue:
    """Take in what was looked at, and register the unknown companies that were ticked."""
    mark = request.form.get("mark", "")
    try:
        book, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    register = (
        ALL_COMPANIES if request.form.get("all_companies") == "yes" else picked_rows(HIGHEST_ROW)
    )
    try:
        with transaction():
            done = services.import_firms(
                g.actor, clock.now(), book, filename=told["file"], register=register
            )
    except Refused as refused:
        for fault in refused.faults:
            flash(str(fault.text), "warn")
        return _preview(mark, told["file"], book), 422
    UPLOADS.forget(mark)
    flash(
        _("已登记%(new)s条，更正%(changed)s条。",
          new=len(done.new_firms) + len(done.new_needs),
          changed=len(done.changed_firms) + len(done.changed_needs)),
        "good",
    )  # fmt: skip
    return redirect(url_for("chains.firms"))


def _expired() -> ResponseReturnValue:
    flash(_("预览已过期或已导入，请重新选择文件"), "warn")
    return redirect(url_for("chains.firms_import"))


def _preview(mark: str, filename: str, book: Book) -> str:
    look = services.look_at_firms(book, clock.today())
    segments, zones = dict(segment_choices()), dict(zone_choices())
    told = [
        {
            "name": _name_in(book, each),
            "sheet": _sheet_words(is_need=each.is_need),
            "row": each.sheet_row,
            "words": mark_of("；", "; ").join(str(row_words(every)) for every in (each, *others)),
            "keeps_out": keeps_out,
        }
        for (keeps_out, _row), (each, *others) in groupby(
            look.messages, key=lambda each: (each.keeps_out, each.row)
        )
    ]
    changed = [
        _changed(known, row, changes, segments, zones)
        for known, row, changes in (*look.changed_firms, *look.changed_needs)
    ]
    return render_template(
        "chains/firms_preview.html",
        token=mark,
        filename=filename,
        passed_over=mark_of("、", ", ").join(f"“{name}”" for name in book.passed_over),
        look=look,
        faults=[each for each in told if each["keeps_out"]],
        remarks=[each for each in told if not each["keeps_out"]],
        new=[_new(row, segments) for _company, row in (*look.new_firms, *look.new_needs)],
        changed=changed,
        unknown=[
            {
                "row": each.row.sheet_row,
                "name": each.row.name,
                "uscc": each.row.uscc,
                "count": len(look.of_unknown[number]),
                "others": [(other.company_id, other.name) for other in each.namesakes],
            }
            for number, each in list(look.unknown.items())[:UNKNOWN_SHOWN]
        ],
        shown=SHOWN,
        unknown_shown=UNKNOWN_SHOWN,
    )


def _name_in(book: Book, message: FirmMessage) -> str:
    """The company's name as the row of a message has it."""
    sheet = book.needs if message.is_need else book.firms
    if sheet is None:
        return ""
    place = (
        need_columns(sheet)[1].get(NeedColumn.COMPANY)
        if message.is_need
        else firm_columns(sheet)[1].get(FirmColumn.COMPANY)
    )
    name = sheet.at(message.sheet_row - 1, place) if place is not None else None
    return str(name or "")[:60]


def _sheet_words(*, is_need: bool) -> str:
    return str(_l("三张清单") if is_need else _l("本地企业"))


def _new(row: FirmRow | NeedRow, segments: dict[int, str]) -> dict[str, Any]:
    what = word(row.facts["role"] if isinstance(row, FirmRow) else row.kind)
    yuan = row.facts.get("output_yuan" if isinstance(row, FirmRow) else "amount_yuan")
    return {
        "name": row.company.name,
        "segment": segments.get(row.segment_id, ""),
        "what": what,
        "words": "" if isinstance(row, FirmRow) else row.description,
        "yuan": yuan,
    }


def _changed(
    known: Any,
    row: FirmRow | NeedRow,
    changes: dict[str, Any],
    segments: dict[int, str],
    zones: dict[int, str],
) -> dict[str, Any]:
    words = PRESENCE_FIELD if isinstance(row, FirmRow) else NEED_FIELD
    fields = []
    for key, value in changes.items():
        name = _NAMED_OTHERWISE.get(key, key)
        old = getattr(known, "partner_name" if key == "partner" else key)
        if key == "zone_id":
            old, value = zones.get(old), zones.get(value)
        fields.append((words[name], tell(name, old), tell(name, value)))
    return {
        "name": row.company.name,
        "segment": segments.get(row.segment_id, ""),
        "fields": fields,
    }
