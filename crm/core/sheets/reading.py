"""Opens a spreadsheet somebody sent: decides what it is by its bytes, and refuses early and in words."""

import csv
import io
from pathlib import PurePath

from crm.core.sheets.grid import Limits, Sheet, SheetFault, UnreadableFile, Value
from crm.core.sheets.xlsx import read_xlsx

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_ENDINGS = {".csv", ".txt", ".tsv"}


def read_sheets(data: bytes, filename: str, limits: Limits | None = None) -> tuple[Sheet, ...]:
    """The sheets of an .xlsx, .xlsm, .csv or tab-separated file, in their order.

    Raises UnreadableFile and nothing else, whatever the bytes are. The file name only tells text
    from workbook; what the bytes say goes before it.
    """
    limits = limits or Limits()
    if not data.strip(b"\x00 \r\n\t"):
        raise UnreadableFile(SheetFault.EMPTY_FILE)
    if len(data) > limits.file_bytes:
        raise UnreadableFile(SheetFault.FILE_TOO_LARGE)
    if data.startswith(_ZIP):
        return read_xlsx(data, limits)
    if data.startswith(_OLE):
        protected = "EncryptedPackage".encode("utf-16-le") in data
        raise UnreadableFile(SheetFault.ENCRYPTED if protected else SheetFault.OLD_XLS)
    path = PurePath(filename)
    if path.suffix.lower() in _TEXT_ENDINGS:
        return (_read_text(data, path.stem, limits),)
    raise UnreadableFile(SheetFault.NOT_A_WORKBOOK)


def _read_text(data: bytes, name: str, limits: Limits) -> Sheet:
    text = _decoded(data)
    if "\x00" in text:
        raise UnreadableFile(SheetFault.BAD_ENCODING)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    rows: list[tuple[Value, ...]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            while row and not row[-1].strip():
                row.pop()
            if len(row) > limits.columns:
                raise UnreadableFile(SheetFault.TOO_MANY_COLUMNS, str(len(rows) + 1))
            cells += len(row)
            rows.append(tuple(cell or None for cell in row))
            if cells > limits.cells:
                raise UnreadableFile(SheetFault.TOO_MANY_CELLS)
            if len(rows) > limits.rows and row:
                raise UnreadableFile(SheetFault.TOO_MANY_ROWS)
    except csv.Error as error:
        raise UnreadableFile(SheetFault.BROKEN, str(error)) from None
    while rows and not rows[-1]:
        rows.pop()
    return Sheet(name=name, rows=tuple(rows))


def _decoded(data: bytes) -> str:
    """UTF-8 (with or without mark), UTF-16 with mark, or GB 18030, which Excel in China writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16")
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data, "utf-8-sig")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # A damaged UTF-8 file often decodes as GB 18030 too, into nonsense. Where most of what is not
    # ASCII is sound UTF-8, the file is damaged rather than of another encoding.
    lenient = data.decode("utf-8", errors="replace")
    damaged = lenient.count("\ufffd")
    sound = sum(1 for char in lenient if char > "\x7f") - damaged
    if sound > damaged:
        raise UnreadableFile(SheetFault.BAD_ENCODING, "UTF-8")
    return _strictly(data, "gb18030")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(SheetFault.BAD_ENCODING, encoding.upper()) from None
