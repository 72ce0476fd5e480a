"""Chains as an Excel file that a task force fills in offline: out, and in again after a look."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains import access
from crm.chains.forms.files import ChainFileForm
from crm.chains.queries.chain_file import links_listed, segments_listed
from crm.chains.queries.editing import groups_offered
from crm.chains.rules import SegmentLayout
from crm.chains.rules.chain_file import (
    HEADS,
    LINK_COLUMNS,
    LINKS,
    NOTES,
    SEGMENT_COLUMNS,
    SEGMENTS,
    ReadFile,
    RowFault,
    read_file,
    segment_cells,
)
from crm.chains.rules.planning import Plan, Wanted
from crm.chains.services import chain_file
from crm.chains.views import bp
from crm.chains.views.editing import chain_called
from crm.chains.views.workbooks import workbook
from crm.chains.wording import CHAIN_FIELD, FILE_NOTES, named, tier_word, word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.guard import allow
from crm.core.sheets import Value
from crm.core.uploads import XLSX, Uploads
from crm.core.waiting import Expired
from crm.core.web import mark as mark_of
from crm.coverage.services import reshaping
from crm.leads.services.following import leads_by_segment

UPLOADS = Uploads("chains", read_file, lambda _read: None)
"""A file that can be read is looked at whatever it says: the look tells every fault by its row."""
SHOWN = 100
"""So many rows of each kind a preview lists."""
WIDTHS = (12, 14, 26, 30, 14, 8, 10, 6, 6, 40, 18, 16, 40, 6, 6)
LINK_WIDTHS = (14, 14, 40, 6, 6)


@bp.get("/export", defaults={"code": None}, endpoint="export_all")
@bp.get("/<code>/export.xlsx")
@allow(*LEAD_READERS)
def export(code: str | None) -> ResponseReturnValue:
    """One chain, or all of them."""
    chain_id = chain_called(code).id if code is not None else None
    out = workbook(
        [
            (SEGMENTS, WIDTHS, _segment_rows(chain_id)),
            (LINKS, LINK_WIDTHS, _link_rows(chain_id)),
            (NOTES, (90,), [[line] for line in FILE_NOTES]),
        ]
    )
    name = f"{code or _('产业链')}-{clock.today():%Y%m%d}.xlsx"
    return send_file(out, XLSX, as_attachment=True, download_name=name)


def _segment_rows(chain_id: int | None) -> Iterator[Sequence[Value]]:
    yield [HEADS[column] for column in SEGMENT_COLUMNS]
    for row, tier in segments_listed(chain_id):
        yield [*segment_cells(row, tier)]


def _link_rows(chain_id: int | None) -> Iterator[Sequence[Value]]:
    yield [HEADS[column] for column in LINK_COLUMNS]
    for row in links_listed(chain_id):
        yield [row.supply, row.need, row.product, None, row.version]


@bp.route("/import", methods=["GET", "POST"])
@allow(*access.CHAIN_EDITORS)
def import_sheet() -> ResponseReturnValue:
    """Put a file aside and show what it would do; nothing of it is saved."""
    form = ChainFileForm()
    if form.validate_on_submit():
        mark = UPLOADS.put_aside(form)
        if mark is not None:
            return redirect(url_for("chains.import_preview", mark=mark))
    return render_template("chains/import.html", form=form), form.status


@bp.get("/import/preview")
@allow(*access.CHAIN_EDITORS)
def import_preview() -> ResponseReturnValue:
    """What the file would change; nothing of it is saved."""
    mark = request.args.get("mark", "")
    try:
        read, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    plan = chain_file.look_at(read, leads_by_segment())
    return _preview(mark, told["file"], read, plan)


@bp.post("/import/confirm")
@allow(*access.CHAIN_EDITORS)
def import_confirm() -> ResponseReturnValue:
    """Take in the file that was looked at."""
    mark = request.form.get("mark", "")
    try:
        read, told = UPLOADS.again(mark)
    except Expired:
        return _expired()
    try:
        with transaction(alone=True):
            plan = reshaping.import_chains(g.actor, clock.now(), read, told["file"])
    except Refused as refused:
        plan = chain_file.look_at(read, leads_by_segment())
        if not plan.faults:  # others were writing: the same file can be confirmed again
            for fault in refused.faults:
                flash(str(fault.text), "warn")
        return _preview(mark, told["file"], read, plan), 422
    UPLOADS.forget(mark)
    flash(
        _(
            "已导入：新增环节%(new)s个，修改%(changed)s个，移动%(moved)s个，停用%(retired)s个。",
            new=len(plan.new), changed=len(plan.changed), moved=len(plan.moved),
            retired=len(plan.retired),
        ),
        "good",
    )  # fmt: skip
    return redirect(url_for("chains.index"))


def _expired() -> ResponseReturnValue:
    flash(_("预览已过期或已导入，请重新选择文件"), "warn")
    return redirect(url_for("chains.import_sheet"))


def _preview(mark: str, filename: str, read: ReadFile, plan: Plan) -> str:
    groups = {row.id: named(row.name, row.name_en) for row in groups_offered()}
    return render_template(
        "chains/import_preview.html",
        token=mark,
        filename=filename,
        passed_over=mark_of("、", ", ").join(f"“{name}”" for name in read.passed_over),
        plan=plan,
        faults=[_told(each) for each in plan.faults[:SHOWN]],
        new=[_placed(each) for each in plan.new[:SHOWN]],
        changed=[_changed(each, groups) for each in plan.changed[:SHOWN]],
        moved=[_placed(each) for each in plan.moved[:SHOWN]],
        retired=plan.retired[:SHOWN],
        links=[
            *((_("新增"), row) for row in plan.new_links),
            *((_("修改"), row) for row, _known in plan.changed_links),
            *((_("删除"), row) for row, _known in plan.removed_links),
        ],
        shown=SHOWN,
    )


def _told(each: RowFault) -> dict[str, Any]:
    return {
        "sheet": each.sheet,
        "row": each.row or "",
        "column": HEADS[each.column] if each.column else "",
        "words": word(each.fault),
        "value": each.value,
    }


def _placed(each: Wanted) -> dict[str, Any]:
    """A segment with where it goes and where it stood."""
    return {
        "row": each.row,
        "to": _place(each.row.parent, each.chain, each.tier),
        "from": _place(each.known.parent, each.known.chain, each.known.tier) if each.known else "",
    }


def _place(parent: str, chain: str, tier: Any) -> str:
    return parent or f"{chain} · {tier_word(tier)}"


def _changed(each: Wanted, groups: Mapping[int, str]) -> dict[str, Any]:
    """A segment with what its row says otherwise than now: (field, before, after)."""
    assert each.known is not None
    before, after = each.known.entry, each.entry
    return {
        "row": each.row,
        "fields": [
            (
                CHAIN_FIELD[name],
                _value(getattr(before, name), groups if name == "group_id" else {}),
                _value(getattr(after, name), groups if name == "group_id" else {}),
            )
            for name in each.changed
        ],
    }


def _value(value: Any, names: Mapping[int, str]) -> str:
    if isinstance(value, tuple):
        return mark_of("、", ", ").join(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, SegmentLayout):
        return str(word(value))
    return "" if value is None else names.get(value, str(value))
