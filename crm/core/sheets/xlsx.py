"""Reads .xlsx in one pass of the XML parser, values and formulas together.

Why our own: openpyxl needs two full passes for values and formulas (about 2 s each for 10,000 × 28
cells), and the fast native readers build a dense grid from whatever addresses the file claims, so
one cell at XFD1048576 or a long shared string used a million times exhausts memory before anything
can be checked. Here every limit is checked while reading, and shared strings stay shared.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date
from math import isfinite
from types import MappingProxyType
from xml.parsers import expat

from crm.core.sheets.formats import (
    EPOCH_1900,
    EPOCH_1904,
    Shown,
    day_of,
    percentage_of,
    shown_by,
)
from crm.core.sheets.grid import Box, Limits, Sheet, SheetFault, UnreadableFile, Value, address

_Attributes = dict[str, str]
_Start = Callable[[str, _Attributes], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]

_ENCRYPTED_FLAG = 0x1
_UNZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
    MemoryError,
)
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")  # no page and no database can hold one


def read_xlsx(data: bytes, limits: Limits) -> tuple[Sheet, ...]:
    """The worksheets of a workbook in their order. Raises UnreadableFile, nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = _Package(archive, limits, len(data))
            return _read_workbook(package, limits)
    except _UNZIP_FAULTS as error:
        raise UnreadableFile(SheetFault.BROKEN, type(error).__name__) from None


class _Package:
    """The parts of the zip, each read no further than its declared and already checked size."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits, packed: int) -> None:
        entries = archive.infolist()
        if len(entries) > limits.parts:
            raise UnreadableFile(SheetFault.TOO_MANY_PARTS)
        if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
            raise UnreadableFile(SheetFault.ENCRYPTED)
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > limits.unpacked_bytes or (
            unpacked > limits.ratio_from and unpacked > limits.ratio * packed
        ):
            raise UnreadableFile(SheetFault.EXPANDS_TOO_MUCH)
        self._archive = archive
        self._entries = {entry.filename.lstrip("/").lower(): entry for entry in entries}

    def has(self, name: str) -> bool:
        return name.lower() in self._entries

    def read(self, name: str) -> bytes:
        entry = self._entries.get(name.lower())
        if entry is None:
            raise UnreadableFile(SheetFault.BROKEN, name)
        with self._archive.open(entry) as part:
            # Asking for exactly the declared size bounds the unpacker; read() alone would not.
            content = part.read(entry.file_size)
            if len(content) != entry.file_size:
                raise UnreadableFile(SheetFault.BROKEN, name)
            return content


def _parse(content: bytes, part: str, start: _Start, end: _End | None, text: _Text | None) -> None:
    """Runs the XML parser; element names come without prefix. A DTD is refused, so nothing expands."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise UnreadableFile(SheetFault.BROKEN, part)

    parser.StartDoctypeDeclHandler = refuse
    prefixed = b":sheetData" in content or b":workbook" in content or b":sst" in content
    if prefixed or b":styleSheet" in content or b":Relationships" in content:
        bare_start, bare_end = start, end
        parser.StartElementHandler = lambda name, given: bare_start(name.rpartition(":")[2], given)
        if bare_end is not None:
            parser.EndElementHandler = lambda name: bare_end(name.rpartition(":")[2])
    else:
        parser.StartElementHandler = start
        if end is not None:
            parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise UnreadableFile(SheetFault.BROKEN, part) from None


def _read_workbook(package: _Package, limits: Limits) -> tuple[Sheet, ...]:
    workbook = _workbook_part(package)
    listed, epoch = _sheet_list(package.read(workbook), workbook)
    if len(listed) > limits.sheets:
        raise UnreadableFile(SheetFault.TOO_MANY_SHEETS)
    links = _links(package, workbook)
    by_kind = dict(links.values())
    strings = _shared_strings(package, by_kind.get("sharedStrings"), limits)
    styles = _styles(package, by_kind.get("styles"))
    budget = _Budget(limits.cells)
    sheets: list[Sheet] = []
    for name, link in listed:
        kind, target = links.get(link, ("", ""))
        if kind != "worksheet":  # chart sheets and macro sheets hold no rows
            continue
        reader = _SheetReader(name, strings, styles, epoch, limits, budget)
        _parse(package.read(target), target, reader.start, reader.end, reader.text)
        sheets.append(reader.sheet())
    if not sheets:
        raise UnreadableFile(SheetFault.NOT_A_WORKBOOK)
    return tuple(sheets)


def _workbook_part(package: _Package) -> str:
    if package.has("_rels/.rels"):
        for kind, target in _links(package, "").values():
            if kind == "officeDocument" and target.lower().endswith(".xml"):
                if package.has(target):
                    return target
                break
    if package.has("xl/workbook.xml"):
        return "xl/workbook.xml"
    raise UnreadableFile(SheetFault.NOT_A_WORKBOOK)


def _links(package: _Package, part: str) -> dict[str, tuple[str, str]]:
    """Relationship id → (last word of its type, path of the part it points at)."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, given: _Attributes) -> None:
        if element == "Relationship" and given.get("TargetMode") != "External":
            target = given.get("Target", "")
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], path)

    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    _parse(package.read(rels), rels, start, None, None)
    return found


def _sheet_list(content: bytes, part: str) -> tuple[list[tuple[str, str]], date]:
    """Names and relationship ids of the sheets, and the day serial numbers count from."""
    listed: list[tuple[str, str]] = []
    epochs = [EPOCH_1900]

    def start(element: str, given: _Attributes) -> None:
        if element == "sheet":
            link = next((v for k, v in given.items() if k == "id" or k.endswith(":id")), "")
            listed.append((given.get("name", ""), link))
        elif element == "workbookPr" and given.get("date1904") in {"1", "true"}:
            epochs.append(EPOCH_1904)

    _parse(content, part, start, None, None)
    return listed, epochs[-1]


def _shared_strings(package: _Package, part: str | None, limits: Limits) -> list[str]:
    if part is None or not package.has(part):
        return []
    strings: list[str] = []
    pieces: list[str] = []
    state = {"inside": False, "phonetic": False}

    def start(element: str, _: _Attributes) -> None:
        if element == "si":
            pieces.clear()
            if len(strings) >= limits.cells:
                raise UnreadableFile(SheetFault.TOO_MANY_CELLS)
        elif element == "t":
            state["inside"] = not state["phonetic"]
        elif element == "rPh":  # how a name is read aloud, not part of the text
            state["phonetic"] = True

    def end(element: str) -> None:
        if element == "t":
            state["inside"] = False
        elif element == "rPh":
            state["phonetic"] = False
        elif element == "si":
            strings.append(_unescaped("".join(pieces)))

    def text(piece: str) -> None:
        if state["inside"]:
            pieces.append(piece)

    _parse(package.read(part), part, start, end, text)
    return strings


def _styles(package: _Package, part: str | None) -> dict[str, Shown]:
    """By style number, as the `s` attribute writes it, what it shows other than a plain number."""
    if part is None or not package.has(part):
        return {}
    written: dict[str, str] = {}
    used: list[str] = []
    state = {"inside": False}

    def start(element: str, given: _Attributes) -> None:
        if element == "numFmt":
            written[given.get("numFmtId", "")] = given.get("formatCode", "")
        elif element == "cellXfs":
            state["inside"] = True
        elif element == "xf" and state["inside"]:
            used.append(given.get("numFmtId", "0"))

    def end(element: str) -> None:
        if element == "cellXfs":
            state["inside"] = False

    _parse(package.read(part), part, start, end, None)
    shown = (shown_by(number, written.get(number)) for number in used)
    return {str(style): kind for style, kind in enumerate(shown) if kind is not None}


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text)
    return _HALF_A_CHARACTER.sub("", whole)


class _Budget:
    """What all sheets of a file may hold together."""

    def __init__(self, cells: int) -> None:
        self.cells = cells


class _SheetReader:
    """Handlers for one worksheet. Addresses are optional in the format, so position is counted too."""

    def __init__(
        self,
        name: str,
        strings: list[str],
        styles: Mapping[str, Shown],
        epoch: date,
        limits: Limits,
        budget: _Budget,
    ) -> None:
        self._name = name
        self._strings = strings
        self._styles = styles
        self._epoch = epoch
        self._limits = limits
        self._budget = budget
        self._columns: dict[str, int] = {}
        self._rows: list[tuple[Value, ...]] = []
        self._formulas: dict[tuple[int, int], str] = {}
        self._merges: list[Box] = []
        self._row = -1
        self._column = -1
        self._cells: list[Value] = []
        self._kind = ""
        self._style = ""
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._phonetic = False

    def start(self, element: str, given: _Attributes) -> None:
        if element == "c":
            reference = given.get("r")
            if reference is None:
                self._column += 1
            else:
                letters = reference.rstrip("0123456789")
                column = self._columns.get(letters)
                if column is None:
                    column = self._column_of(letters)
                self._column = column
            self._kind = given.get("t", "n")
            self._style = given.get("s", "")
            self._value = []
            self._formula = None
        elif element == "v":
            self._into = self._value
        elif element == "f":
            self._into = self._formula = []
        elif element == "t":
            if not self._phonetic:
                self._into = self._value
        elif element == "row":
            number = given.get("r")
            self._row = self._row + 1 if number is None else self._row_of(number)
            self._column = -1
            self._cells = []
        elif element == "rPh":
            self._phonetic = True
        elif element == "mergeCell":
            self._merge(given.get("ref", ""))

    def text(self, piece: str) -> None:
        if self._into is not None:
            self._into.append(piece)

    def end(self, element: str) -> None:
        if element in {"v", "f", "t"}:
            self._into = None
        elif element == "c":
            if self._value or self._formula is not None:
                self._keep()
        elif element == "row":
            self._close_row()
        elif element == "rPh":
            self._phonetic = False

    def sheet(self) -> Sheet:
        return Sheet(
            name=self._name,
            rows=tuple(self._rows),
            formulas=MappingProxyType(self._formulas),
            merges=tuple(self._merges),
        )

    def _keep(self) -> None:
        text = self._value[0] if len(self._value) == 1 else "".join(self._value)
        value = self._converted(text)
        formula = self._formula
        if value is None and formula is None:
            return
        column, limits = self._column, self._limits
        if column >= limits.columns:
            raise UnreadableFile(SheetFault.TOO_MANY_COLUMNS, self._name)
        if self._row >= limits.rows or self._row < 0:
            raise UnreadableFile(SheetFault.TOO_MANY_ROWS, self._name)
        cells = self._cells
        missing = column - len(cells)
        if missing < 0:  # cells out of order
            cells[column] = value
        else:
            if missing:
                cells.extend([None] * missing)
            cells.append(value)
        if formula is not None:
            # Cells that share a formula carry its text in the first of them only.
            self._formulas[self._row, column] = f"={''.join(formula)}"

    def _close_row(self) -> None:
        cells = self._cells
        if not cells:
            return
        self._budget.cells -= len(cells)
        if self._budget.cells < 0:
            raise UnreadableFile(SheetFault.TOO_MANY_CELLS)
        if self._row < len(self._rows):
            raise UnreadableFile(SheetFault.BROKEN, f"{self._name} {self._row + 1}")
        if self._row > len(self._rows):
            self._rows.extend([()] * (self._row - len(self._rows)))
        self._rows.append(tuple(cells))
        self._cells = []

    def _converted(self, text: str) -> Value:
        kind = self._kind
        if kind == "s":
            if not text.isdecimal() or int(text) >= len(self._strings):
                raise UnreadableFile(SheetFault.BROKEN, self._here())
            return self._strings[int(text)] or None
        if kind == "n":
            if not text:
                return None
            try:
                number: int | float = int(text) if text.isdecimal() else float(text)
            except ValueError:
                raise UnreadableFile(SheetFault.BROKEN, self._here()) from None
            if not isfinite(number):
                raise UnreadableFile(SheetFault.BROKEN, self._here())
            shown = self._styles.get(self._style)
            if shown is Shown.DAY and (day := day_of(number, self._epoch)) is not None:
                return day
            if shown is Shown.PERCENTAGE and (share := percentage_of(text)) is not None:
                return share
            if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
                return int(number)
            return number
        if kind in {"str", "inlineStr", "e"}:
            return _unescaped(text) or None
        if kind == "b":
            return text == "1"
        if kind == "d":
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                return text or None
        raise UnreadableFile(SheetFault.BROKEN, self._here())

    def _column_of(self, letters: str) -> int:
        number = 0
        for letter in letters.upper():
            if not "A" <= letter <= "Z" or number > 16_384:
                raise UnreadableFile(SheetFault.BROKEN, self._name)
            number = number * 26 + ord(letter) - 64
        if not number:
            raise UnreadableFile(SheetFault.BROKEN, self._name)
        self._columns[letters] = number - 1
        return number - 1

    def _row_of(self, number: str) -> int:
        if not number.isdecimal() or len(number) > 7 or int(number) < 1:
            raise UnreadableFile(SheetFault.BROKEN, self._name)
        return int(number) - 1

    def _here(self) -> str:
        return f"{self._name} {address(max(self._row, 0), max(self._column, 0))}"

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
        if start is None or end is None or len(self._merges) >= self._limits.cells:
            return
        self._merges.append(
            Box(
                top=int(start.group(2)) - 1,
                left=self._column_of(start.group(1)),
                bottom=int(end.group(2)) - 1,
                right=self._column_of(end.group(1)),
            )
        )
