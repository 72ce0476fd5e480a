"""The minutes of a meeting in words, once for the page to print and for the document."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from crm.core.days import written_day
from crm.core.language import is_chinese, language, numbered
from crm.dispatch.queries.meetings import Item, Line, MeetingPage
from crm.dispatch.rules import number_text
from crm.dispatch.wording import word


@dataclass(frozen=True, slots=True)
class Told:
    """One heading and the sentences under it."""

    heading: str
    lines: tuple[str, ...]
    is_done: bool | None = None


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes as they are read: heads, what became of the last meeting's, items, instructions."""

    title: str
    head: tuple[tuple[str, str], ...]
    before: tuple[str, ...]
    items: tuple[Told, ...]
    others: tuple[str, ...]
    given: tuple[tuple[str, ...], ...]  # number, matter, unit, person, due day, leader


def minutes_of(page: MeetingPage) -> Minutes:
    """A meeting in the reader's language."""
    meeting = page.meeting
    head = [
        (_("时间"), written_day(meeting.held_on, language())),
        (_("地点"), meeting.place),
        (_("主持人"), meeting.chair),
        (_("记录人"), meeting.recorder),
        (_("参会单位和人员"), meeting.attendees),
    ]
    return Minutes(
        meeting.title,
        tuple((name, value) for name, value in head if value),
        tuple(_before(page)),
        tuple(_item(number, item) for number, item in enumerate(page.items, start=1)),
        tuple(_line(line) for line in page.lines),
        tuple(
            (
                number_text(row.year, row.number),
                row.matter,
                (not is_chinese() and row.unit_en) or row.unit,
                row.person,
                row.due_on.isoformat(),
                row.leader,
            )
            for row in page.given
        ),
    )


def _before(page: MeetingPage) -> Iterator[str]:
    for row in page.before:
        yield _(
            "%(number)s %(matter)s（%(person)s，%(state)s，进度%(n)s%%）",
            number=number_text(row.year, row.number),
            matter=row.matter,
            person=row.person,
            state=word(row.state),
            n=row.progress,
        )


def _item(number: int, item: Item) -> Told:
    title = item.title or _("无权查看的项目")
    return Told(numbered(number, title), tuple(_line(line) for line in item.lines), item.is_done)


def _line(line: Line) -> str:
    if line.instruction is None:
        return line.body
    number = number_text(line.instruction.year, line.instruction.number)
    return _("%(body)s（交办单%(number)s）", body=line.body, number=number)


def minutes_document(told: Minutes) -> bytes:
    """The minutes as .docx: A4, set as official documents are (GB/T 9704: 37/35/28/26 mm margins)."""
    from docx import Document  # 0.2 s and 15 MB, for those alone who take a document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Mm, Pt

    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(37), Mm(35)
    page.left_margin, page.right_margin = Mm(28), Mm(26)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = "FangSong", Pt(16)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = Pt(28)

    def add(text: str, font: str = "", *, indent: bool = True) -> Any:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(_clean(text))
        if font:
            run.font.name = font
            run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(32)
        return paragraph

    title = add(told.title, "宋体", indent=False)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.runs[0].font.size, title.runs[0].bold = Pt(22), True
    colon = "：" if is_chinese() else ": "
    for name, value in told.head:
        add(f"{name}{colon}{value}")
    if told.before:
        add(_("此前交办事项办理情况"), "黑体")
        for line in told.before:
            add(line)
    for item in told.items:
        add(item.heading, "黑体")
        for line in item.lines:
            add(line)
    if told.others:
        add(_("其他"), "黑体")
        for line in told.others:
            add(line)
    if told.given:
        add(_("本次交办事项"), "黑体")
        heads = _given_heads()
        widths = (1.9, 5.2, 2.8, 1.9, 2.4, 1.6)
        table: Any = document.add_table(rows=1, cols=len(heads), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        for cells, texts in [
            (table.rows[0].cells, heads),
            *((table.add_row().cells, row) for row in told.given),
        ]:
            for cell, text, width in zip(cells, texts, widths, strict=True):
                cell.width = Cm(width)
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.line_spacing = Pt(16)
                paragraph.add_run(_clean(text)).font.size = Pt(10.5)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _given_heads() -> tuple[str, ...]:
    return (
        _("编号"), _("交办事由"), _("责任单位"), _("责任人"), _("办结时限"), _("责任领导"),
    )  # fmt: skip


def _clean(text: str) -> str:
    """Without the control characters no XML document can hold."""
    return "".join(c for c in text if c >= " " or c in "\n\t")
