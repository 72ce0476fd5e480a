"""What a spreadsheet is to the rest of the product: plain values in a grid, and why a file is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

# Text, a whole number, a number, a yes/no, a day; None is an empty cell. A number that a cell
# shows as a day is a day here, its time of day dropped; one it shows as a percentage is text, 51%.
Value = str | int | float | bool | date | None


class SheetFault(StrEnum):
    """Why a file could not be read; words stand in crm/core/wording.py."""

    EMPTY_FILE = "empty_file"
    FILE_TOO_LARGE = "file_too_large"
    EXPANDS_TOO_MUCH = "expands_too_much"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_MANY_SHEETS = "too_many_sheets"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_CELLS = "too_many_cells"
    NOT_A_WORKBOOK = "not_a_workbook"
    OLD_XLS = "old_xls"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    BAD_ENCODING = "bad_encoding"


class UnreadableFile(Exception):
    """The file cannot be read; `fault` says why, `detail` names the part, sheet or cell (may be '')."""

    def __init__(self, fault: SheetFault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused.

    A real ledger packs about 1:10; the ratio is only asked of files that unpack to more than
    `ratio_from` bytes, because small sheets of blank formatted cells pack far better than that.
    """

    file_bytes: int = 20 * 1024 * 1024
    unpacked_bytes: int = 96 * 1024 * 1024
    ratio: int = 150
    ratio_from: int = 8 * 1024 * 1024
    parts: int = 2_000
    sheets: int = 50
    rows: int = 20_000
    columns: int = 200
    cells: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Box:
    """A merged range, rows and columns counted from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. Rows and columns count from 0; rows end at their last filled cell.

    `formulas` holds the text of every formula cell, with its leading "="; the grid holds the value
    stored beside it, or None where the program that wrote the file stored none. A text cell that
    begins with "=" is kept as the text it is.
    """

    name: str
    rows: tuple[tuple[Value, ...], ...]
    formulas: Mapping[tuple[int, int], str] = field(default_factory=lambda: MappingProxyType({}))
    merges: tuple[Box, ...] = ()

    def at(self, row: int, column: int) -> Value:
        """The value there; None beyond the edge."""
        if row >= len(self.rows):
            return None
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None


def address(row: int, column: int) -> str:
    """How Excel names a cell: `address(19, 8)` is "I20"."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
