"""Spreadsheets out. Text stays text: no cell of ours is ever run as a formula by the reader's Excel."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import IO, TYPE_CHECKING

from crm.core.sheets.grid import Value

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_LONGEST_TEXT = 32_767  # Excel's limit for one cell
_DAY_FORMAT = "yyyy-mm-dd"


def put(cell: "Cell", value: Value) -> None:
    """Writes a value into a cell; text is written as text whatever it begins with.

    Text that a spreadsheet might take for a formula also carries the quote prefix, so it stays text
    when somebody edits the cell. Characters no workbook can hold are dropped.
    """
    if isinstance(value, str):
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        text = ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST_TEXT]
        cell.value = text
        cell.data_type = "s"
        if text.startswith(_STARTS_A_FORMULA):
            cell.quotePrefix = True
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = _DAY_FORMAT


def csv_text(value: str) -> str:
    """Text for a .csv cell: an apostrophe stands before what a spreadsheet would run as a formula."""
    return f"'{value}" if value.startswith(_STARTS_A_FORMULA) else value


def workbook_bytes(sheets: Iterable[tuple[str, Iterable[Sequence[Value]]]]) -> bytes:
    """An .xlsx of plain tables, each a name and its rows, every cell written by `put`."""
    from openpyxl import Workbook  # 0.2 s and 10 MB, for those alone who write a workbook

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                if value is not None:
                    put(sheet.cell(number, column), value)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _columns_of(text: str) -> int:
    """How many columns of a printed line a text takes: a Chinese character two."""
    return len(text) if text.isascii() else len(text.encode("gb18030", "replace"))


def write_long_workbook(
    out: IO[bytes],
    sheets: Iterable[tuple[str, Sequence[int], Iterable[Sequence[Value]]]],
) -> None:
    """Like `workbook_bytes` for any number of rows: each is written as it comes and then forgotten.

    A sheet is a name, the widths of its columns in characters and its rows, the first of them the
    heading, which stays in sight. Long text is broken into lines; printed, a sheet is as wide as one
    page across.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    workbook, broken = Workbook(write_only=True), Alignment(vertical="top", wrap_text=True)
    for name, widths, rows in sheets:
        sheet = workbook.create_sheet(name)
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.freeze_panes = "A2"
        sheet.page_setup.orientation = "landscape"
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToHeight = 0  # as many pages down as it takes
        sheet.print_title_rows = "1:1"
        for row in rows:
            cells = []
            is_long = any(
                isinstance(value, str) and _columns_of(value) > width
                for value, width in zip(row, widths, strict=False)
            )
            for value in row:
                cell = WriteOnlyCell(sheet)
                if value is not None:
                    put(cell, value)
                    if is_long:  # a style for each cell takes half as long again as its value
                        cell.alignment = broken
                cells.append(cell)
            sheet.append(cells)
    workbook.save(out)
