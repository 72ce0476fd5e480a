"""The index of an evidence folder, as .docx to print and sign and as .xlsx to hand in."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crm.checkup.queries.evidence import FolderProject
from crm.core.sheets import Value, put
from crm.leads.rules import MilestoneKind

if TYPE_CHECKING:
    from docx.document import Document

YI = 100_000_000
_STARTS = (MilestoneKind.STARTED, MilestoneKind.MOVED_IN, MilestoneKind.TAXPAYING)
_HEADERS = (
    "序号", "项目名称", "投资方", "产业链", "环节", "组团", "总投资（亿元）", "签约日期", "注册日期",
    "开工日期", "统计日期", "判定", "佐证材料", "责任单位", "责任人", "备注",
)  # fmt: skip
_WIDTHS = (6, 30, 28, 14, 16, 14, 12, 12, 12, 12, 12, 10, 44, 16, 10, 30)
_LACK_HEADERS = (
    "序号",
    "项目名称",
    "缺少材料",
    "情况",
    "文号",
    "责任单位",
    "责任人",
    "截止日",
    "剩余天数",
)
_LACK_WIDTHS = (6, 30, 16, 18, 24, 16, 10, 12, 10)


@dataclass(frozen=True, slots=True)
class IndexLine:
    number: int
    project: FolderProject
    papers: tuple[tuple[str, str], ...]  # what it proves, where it lies or what is known
    lacks: tuple[tuple[str, str, str], ...]  # what is to come: proof, state, number or title


@dataclass(frozen=True, slots=True)
class Index:
    title: str
    name: str
    on: date
    cutoff: date | None
    days_left: int | None
    unseen: int
    lines: Sequence[IndexLine]


def _yi(yuan: int | None) -> Decimal | None:
    return None if yuan is None else (Decimal(yuan) / YI).normalize()


def _verdict(line: IndexLine) -> str:
    return "待补佐证" if line.project.pending else "可计入"


def _remark(line: IndexLine) -> str:
    lacks = "、".join(proof for proof, _state, _number in line.lacks)
    return f"待补：{lacks}" if lacks else ""


def _row(line: IndexLine) -> list[Value]:
    project = line.project
    amount = _yi(project.judged_yuan)
    return [
        line.number,
        project.project.title,
        project.investor,
        project.chain,
        project.segment,
        project.zone,
        None if amount is None else float(amount),
        project.day_of(MilestoneKind.SIGNED),
        project.day_of(MilestoneKind.REGISTERED),
        project.day_of(*_STARTS),
        project.counted_from,
        _verdict(line),
        "\n".join(f"{proof}：{where}" for proof, where in line.papers),
        project.department,
        project.owner,
        _remark(line),
    ]


def _lack_rows(index: Index) -> Iterable[list[Value]]:
    for line in index.lines:
        for proof, state, number in line.lacks:
            yield [
                line.number,
                line.project.project.title,
                proof,
                state,
                number or None,
                line.project.department,
                line.project.owner,
                index.cutoff,
                index.days_left,
            ]


def index_workbook(index: Index) -> bytes:
    """Two sheets: the projects as a bureau hands them in, and the papers still to come."""
    from openpyxl import Workbook  # 0.2 s and 10 MB, for those alone who write a workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    thin = Side(style="thin", color="B8BEC8")
    border = Border(left=thin, right=thin, top=thin, bottom=thin)
    head_fill = PatternFill("solid", fgColor="EEF1F6")

    def write(
        sheet: Any, title: str, headers: Sequence[str], widths: Sequence[int], rows: Any
    ) -> int:
        last = get_column_letter(len(headers))
        put(sheet["A1"], title)
        sheet.merge_cells(f"A1:{last}1")
        sheet["A1"].font, sheet["A1"].alignment = (
            Font(bold=True, size=16),
            Alignment(horizontal="center"),
        )
        put(sheet["A2"], index.name)
        sheet.merge_cells(f"A2:{last}2")
        sheet["A2"].alignment = Alignment(horizontal="left", wrap_text=True)
        for column, (header, width) in enumerate(zip(headers, widths, strict=True), start=1):
            cell = sheet.cell(3, column)
            put(cell, header)
            cell.font, cell.fill, cell.border = Font(bold=True), head_fill, border
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            sheet.column_dimensions[get_column_letter(column)].width = width
        number = 3
        for number, row in enumerate(rows, start=4):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column)
                if value is not None:
                    put(cell, value)
                cell.border = border
                cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.freeze_panes = "C4"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 8 if len(headers) > 12 else 9  # A3, A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_title_rows = "1:3"
        return number

    workbook = Workbook()
    standing = workbook.active
    if standing is None:
        raise RuntimeError("a new workbook has a sheet")
    standing.title = "完成情况"
    last = write(standing, index.title, _HEADERS, _WIDTHS, [_row(line) for line in index.lines])
    put(standing.cell(last + 1, 2), "合计")
    # Ours, not a user's: the one cell of the file that is meant to be computed.
    standing.cell(last + 1, 7).value = f"=SUM(G4:G{max(4, last)})"
    put(standing.cell(last + 1, 13), f"{len(index.lines)}个")
    for column in range(1, len(_HEADERS) + 1):
        standing.cell(last + 1, column).font = Font(bold=True)
        standing.cell(last + 1, column).border = border
    if index.unseen:
        put(standing.cell(last + 2, 1), _unseen_text(index.unseen))
    lacks = workbook.create_sheet("缺件清单")
    write(lacks, f"{index.title}缺件清单", _LACK_HEADERS, _LACK_WIDTHS, list(_lack_rows(index)))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _unseen_text(count: int) -> str:
    return f"另有{count}个敏感项目，材料单独报送。"


def index_document(index: Index) -> bytes:
    """The index to print: A4 landscape, headings as official documents have them."""
    from docx import Document  # 0.2 s and 15 MB, for those alone who take a folder
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(2)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")

    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = heading.add_run(_clean(index.title))
    run.bold, run.font.size = True, Pt(18)
    run.font.name = "SimSun"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    document.add_paragraph(_clean(index.name))

    _table(
        document,
        ("序号", "项目名称", "投资方", "签约日期", "材料", "责任单位", "责任人"),
        (1.2, 5.2, 4.8, 2.6, 7.2, 2.7, 2.0),
        [
            (
                str(line.number),
                line.project.project.title,
                line.project.investor or "",
                _day(line.project.day_of(MilestoneKind.SIGNED)),
                "\n".join(f"{proof}：{where}" for proof, where in line.papers),
                line.project.department or "",
                line.project.owner or "",
            )
            for line in index.lines
        ],
    )
    if index.unseen:
        document.add_paragraph(_unseen_text(index.unseen))
    lacks = list(_lack_rows(index))
    title = document.add_paragraph()
    title.paragraph_format.space_before = Pt(12)
    run = title.add_run("缺件清单")
    run.bold, run.font.size = True, Pt(14)
    if lacks:
        if index.cutoff is not None:
            document.add_paragraph(
                f"下次统计截止日：{_day(index.cutoff)}，剩余{index.days_left}天。"
            )
        _table(
            document,
            ("序号", "项目名称", "缺少材料", "情况", "文号", "责任单位", "责任人"),
            (1.2, 6.0, 3.2, 4.2, 5.4, 3.2, 2.5),
            [tuple("" if cell is None else str(cell) for cell in row[:7]) for row in lacks],
        )
    else:
        document.add_paragraph("材料已齐全。")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _table(
    document: "Document", headers: Sequence[str], widths: Sequence[float], rows: Sequence[Any]
) -> None:
    from docx.shared import Cm, Pt

    table: Any = document.add_table(rows=1, cols=len(headers), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)  # the grid; cells alone are not believed by every reader
    for cells, texts, is_head in [
        (table.rows[0].cells, headers, True),
        *((table.add_row().cells, row, False) for row in rows),
    ]:
        for cell, text, width in zip(cells, texts, widths, strict=True):
            cell.width = Cm(width)
            run = cell.paragraphs[0].add_run(_clean(text))
            run.font.size, run.bold = Pt(10.5), is_head
    for row in table.rows:
        _mark(row, "w:cantSplit")
    _mark(table.rows[0], "w:tblHeader")


def _mark(row: Any, what: str) -> None:
    """A row that stays whole, or is repeated on each page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(what))


def _clean(text: str) -> str:
    """Without the control characters no XML document can hold."""
    return "".join(c for c in text if c >= " " or c in "\n\t")


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
