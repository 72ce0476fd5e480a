"""The ledger out: every project a person may see, in the layout the ledger last came in."""

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.core.money import AmountError, Unit, parse_amount, yuan_in
from crm.core.sheets import Value, put
from crm.history import services as history
from crm.imports.models import LedgerImport
from crm.imports.models import LedgerRow as StoredRow
from crm.imports.queries import KINDS, Ours, ours_of
from crm.imports.rules import Field, stage_of
from crm.imports.rules.facts import DATES, same
from crm.imports.rules.fields import LandUnit
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.rules import Stage

MU_PER_HECTARE, SQUARE_METRES_PER_MU = 15, 2000 / 3
_WIDEST, _NARROWEST = 36, 8

# 台账 as most bureaus keep it, where none has come in yet. Written out in Chinese whatever the
# reader's language: it goes back to the bureau.
_DEFAULT: tuple[tuple[Field, str, str | None], ...] = (
    (Field.SEQUENCE, "序号", None),
    (Field.TITLE, "项目名称", None),
    (Field.INVESTOR, "投资方（全称）", None),
    (Field.INVESTOR_CATEGORY, "投资方类别", None),
    (Field.CONTENT, "建设内容及规模", None),
    (Field.CHAIN, "所属产业链", None),
    (Field.SEGMENT, "所属环节", None),
    (Field.TOTAL_INVESTMENT, "总投资（亿元）", "yi"),
    (Field.FIXED_ASSETS, "其中固投（亿元）", "yi"),
    (Field.FOREIGN_CAPITAL, "利用外资（万美元）", "wan_usd"),
    (Field.ZONE, "拟选址", None),
    (Field.LAND, "用地（亩）", None),
    (Field.ANNUAL_REVENUE, "预计年营收（亿元）", "yi"),
    (Field.SOURCE, "信息来源", None),
    (Field.FIRST_TALK_UNIT, "首谈单位", None),
    (Field.DEPARTMENT, "责任单位", None),
    (Field.OWNER, "责任人", None),
    (Field.OWNER_PHONE, "联系电话", None),
    (Field.SPONSOR_LEADER, "包挂领导", None),
    (Field.FIRST_CONTACT_ON, "首次对接时间", None),
    (Field.STAGE, "阶段", None),
    (Field.LATEST_PROGRESS, "最新进展", None),
    (Field.ISSUES, "存在问题", None),
    (Field.NEXT_ACTION, "下步计划", None),
    (Field.NEXT_ACTION_ON, "下次跟进时间", None),
    (Field.EXPECTED_SIGN_ON, "预计签约时间", None),
    (Field.SIGNED_ON, "签约日期", None),
    (Field.REMARK, "备注", None),
)

_STAGE_WORDS = {
    Stage.LEAD: "线索",
    Stage.CONTACTED: "对接",
    Stage.NEGOTIATING: "洽谈",
    Stage.REVIEWED: "评审",
    Stage.PRE_SIGNING: "拟签约",
    Stage.SIGNED: "签约",
    Stage.REGISTERED: "注册",
    Stage.STARTED: "开工",
    Stage.OPERATING: "投产",
    Stage.PARKED: "暂缓",
    Stage.LOST: "终止",
    Stage.TRANSFERRED: "流转",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """How the ledger stated a lead last."""

    sheet: str
    excel_row: int
    cells: Mapping[str, Any]
    unread: Mapping[str, Any]
    facts: Mapping[str, Any]


def export_ledger(actor: Actor, *, at: datetime, today: date) -> bytes:
    """The leads this person may see as an .xlsx, with one event in the trail.

    Titles, headers, order of rows and columns, and units are those of the last ledger taken in
    (the person's own unit's, for a unit head, before the district's); projects that never stood in it
    come after. Read in again it differs from nothing.
    """
    sheets = _layout(actor, today)
    told = _told(actor)
    ids = db.session.scalars(select(Lead.id).where(may_see(actor)).order_by(Lead.id)).all()
    held = ours_of(ids, on=today)
    by_sheet: dict[str, list[int]] = defaultdict(list)
    names = [sheet["sheet"] for sheet in sheets]
    for lead_id in sorted(ids, key=lambda each: _place(told.get(each), each)):
        sheet = told[lead_id].sheet if lead_id in told else names[0]
        by_sheet[sheet if sheet in names else names[0]].append(lead_id)
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for layout in sheets:
        rows = [(held[lead_id], told.get(lead_id)) for lead_id in by_sheet[layout["sheet"]]]
        _Page(workbook.create_sheet(_sheet_name(layout["sheet"])), layout).write(rows)
    out = io.BytesIO()
    workbook.save(out)
    history.record(
        actor, at, "ledger_exported", None, subject_type="leads", after={"leads": len(ids)}
    )
    return out.getvalue()


def _sheet_name(name: str) -> str:
    return "".join(char for char in name if char not in r"[]:*?/\\")[:31] or "台账"


def _place(told: _Told | None, lead_id: int) -> tuple[int, int, int]:
    return (1, 0, lead_id) if told is None else (0, told.excel_row, lead_id)


def _layout(actor: Actor, today: date) -> Sequence[Mapping[str, Any]]:
    statement = select(LedgerImport.layout).order_by(LedgerImport.id.desc()).limit(1)
    if actor.role is Role.UNIT_HEAD and actor.department_id:
        own = statement.where(LedgerImport.department_id == actor.department_id)
        found = db.session.scalar(own) or db.session.scalar(
            statement.where(LedgerImport.department_id.is_(None))
        )
    else:
        found = db.session.scalar(statement.where(LedgerImport.department_id.is_(None)))
        found = found or db.session.scalar(statement)
    return found["sheets"] if found else [_default(today)]


def _default(today: date) -> Mapping[str, Any]:
    title = f"{today.year}年招商引资项目台账"
    day = f"截至{today.year}年{today.month}月{today.day}日"
    width = len(_DEFAULT)
    return {
        "sheet": "项目台账",
        "header_top": 2,
        "header_bottom": 2,
        "labels": [label for _, label, _ in _DEFAULT],
        "columns": [
            {
                "index": index,
                "field": field.value,
                "unit": unit,
                "land_unit": LandUnit.MU.value if field is Field.LAND else None,
            }
            for index, (field, _, unit) in enumerate(_DEFAULT)
        ],
        "above": [[title], [day], [label for _, label, _ in _DEFAULT]],
        "totals": [{"cells": ["合计"], "sums": [7]}],
        "below": [],
        "merges": [[0, 0, 0, width - 1]],
    }


def _told(actor: Actor) -> dict[int, _Told]:
    rows = db.session.execute(
        select(
            StoredRow.lead_id,
            StoredRow.sheet,
            StoredRow.excel_row,
            StoredRow.cells,
            StoredRow.unread,
            StoredRow.facts,
        )
        .join(Lead, Lead.id == StoredRow.lead_id)
        .where(may_see(actor))
    )
    return {lead_id: _Told(*rest) for lead_id, *rest in rows}


class _Page:
    """One sheet written again."""

    def __init__(self, sheet: Worksheet, layout: Mapping[str, Any]) -> None:
        self.sheet, self.layout = sheet, layout
        self.columns = {column["index"]: column for column in layout["columns"]}
        fields = {column["field"] for column in layout["columns"]}
        self.has_phase_column = Field.PHASE_ONE.value in fields
        self.widths: dict[int, int] = {}

    def write(self, rows: Sequence[tuple[Ours, _Told | None]]) -> None:
        for number, cells in enumerate(self.layout["above"], start=1):
            is_header = number > self.layout["header_top"]
            self._line(number, cells, is_header=is_header)
        for top, left, bottom, right in self.layout["merges"]:
            if right > left or bottom > top:
                self.sheet.merge_cells(
                    start_row=top + 1, start_column=left + 1, end_row=bottom + 1,
                    end_column=right + 1,
                )  # fmt: skip
        first = len(self.layout["above"]) + 1
        number = first
        for place, (ours, told) in enumerate(rows, start=1):
            for index, value in self._cells(place, ours, told):
                self._put(number, index, value)
            number += 1
        for total in self.layout["totals"]:
            self._total(number, total, first)
            number += 1
        for cells in self.layout["below"]:
            self._line(number, cells)
            number += 1
        for index, width in self.widths.items():
            letter = get_column_letter(index + 1)
            self.sheet.column_dimensions[letter].width = max(_NARROWEST, min(_WIDEST, width + 2))
        self.sheet.freeze_panes = self.sheet.cell(first, 1)

    def _total(self, number: int, total: Mapping[str, Any], first: int) -> None:
        for index, value in enumerate(total["cells"]):
            if index not in total["sums"]:
                self._put(number, index, _back(value))
        for index in total["sums"]:
            letter = get_column_letter(index + 1)
            last = max(first, number - 1)
            # Ours, not a user's: the one cell of the file that is meant to be computed.
            self.sheet.cell(number, index + 1).value = f"=SUM({letter}{first}:{letter}{last})"
        for index in range(len(self.layout["labels"])):
            self.sheet.cell(number, index + 1).font = Font(bold=True)

    def _line(self, number: int, cells: Sequence[Any], *, is_header: bool = False) -> None:
        for index, value in enumerate(cells):
            if value is None and not is_header:
                continue
            cell = self.sheet.cell(number, index + 1)
            put(cell, _back(value))
            if is_header:
                cell.font = Font(bold=True)
                cell.fill = PatternFill("solid", fgColor="DDE6F3")
                cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
                cell.border = _BORDER
                self._widen(index, str(value or ""))
            elif number == 1:
                cell.font = Font(bold=True, size=16)
                cell.alignment = Alignment(horizontal="center")

    def _put(self, number: int, index: int, value: Value) -> None:
        cell = self.sheet.cell(number, index + 1)
        put(cell, value)
        cell.border = _BORDER
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        if value is not None:
            self._widen(index, str(value))

    def _widen(self, index: int, text: str) -> None:
        width = sum(2 if char > "\u2e7f" else 1 for char in text)
        self.widths[index] = max(self.widths.get(index, 0), min(width, _WIDEST))

    def _cells(self, place: int, ours: Ours, told: _Told | None) -> Iterator[tuple[int, Value]]:
        for index, label in enumerate(self.layout["labels"]):
            column = self.columns.get(index)
            if column is not None:
                yield index, self._cell(column, place, ours, told)
            else:
                yield index, _back(told.unread.get(label or str(index))) if told else None

    def _cell(self, column: Mapping[str, Any], place: int, ours: Ours, told: _Told | None) -> Value:
        field = Field(column["field"])
        name = field.value
        fact = ours.facts.get(name)
        written = told.cells.get(name) if told else None
        last = told.facts.get(name) if told else None
        if field is Field.SEQUENCE:
            return place
        if field is Field.OWNER_PHONE:
            same_owner = told is not None and told.facts.get("owner") == ours.facts.get("owner")
            return ours.owner_phone or (written if same_owner else None)
        if field is Field.CAPITAL_ORIGIN:
            return written
        if field is Field.CHAIN_AND_SEGMENT:
            chain = ours.facts.get("chain")
            return "/".join(filter(None, (chain, ours.segment_name))) or written
        if fact is None:
            # What nobody could read stays as it was written, until somebody fills the field.
            return written if last is None else None
        if field in KINDS:
            return self._amount(column, field, ours)
        if field in DATES:
            return date.fromisoformat(fact)
        if field is Field.LAND:
            return _land(
                float(fact), column["land_unit"], written if same(field, fact, last) else None
            )
        if field is Field.STAGE:
            stage = Stage(fact)
            is_still = written is not None and stage_of(written) is stage
            unread = written is not None and stage_of(written) is None and told is not None
            if unread and last is None and ours.stage_source == "import":
                return written
            return written if is_still else _STAGE_WORDS[stage]
        if written is not None and same(field, fact, last):
            return str(written)
        return ours.segment_name if field is Field.SEGMENT else str(fact)

    def _amount(self, column: Mapping[str, Any], field: Field, ours: Ours) -> Value:
        """A plain amount as a number in the column's unit; what was said about it stays in words."""
        value, currency, qualifier, upper = ours.facts[field.value]
        text = ours.texts.get(field.value, "")
        unit = Unit(column["unit"]) if column["unit"] else None
        if not self.has_phase_column and field is Field.TOTAL_INVESTMENT and _names_phase(text):
            return text
        if unit is None or qualifier or upper or unit.currency != currency:
            return text
        number = yuan_in(value, unit)
        return int(number) if number == number.to_integral_value() else float(number)


def _names_phase(text: str) -> bool:
    try:
        return parse_amount(text, bare_unit=None).phase_one is not None
    except AmountError:
        return False


def _land(mu: float, unit: str | None, written: str | None) -> Value:
    if unit == LandUnit.HECTARE.value:
        mu = mu / MU_PER_HECTARE
    elif unit == LandUnit.SQUARE_METRE.value or unit is None:
        return written if written is not None else f"{mu:g}亩"
    return int(mu) if mu.is_integer() else round(mu, 2)


def _back(value: Any) -> Value:
    if isinstance(value, dict):
        return date.fromisoformat(value["day"])
    return value


_LINE = Side(style="thin", color="B9C2CE")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
