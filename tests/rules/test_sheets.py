"""Opening files people send: what is read, and that every bad file gets its own fault."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.sheets import (
    Limits,
    Sheet,
    SheetFault,
    UnreadableFile,
    address,
    csv_text,
    evaluate,
    put,
    read_sheets,
    workbook_bytes,
)

LEDGER = (Path(__file__).parents[1] / "fixtures" / "ledger_2026.xlsx").read_bytes()


def saved(workbook: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def one_sheet(rows: list[list[object]]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    return saved(workbook)


def with_parts(data: bytes, **changed: bytes | None) -> bytes:
    """The workbook with parts replaced (path with / written as __) or, for None, left out."""
    paths = {name.replace("__", "/").replace("_dot_", "."): new for name, new in changed.items()}
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in paths:
                new.writestr(name, old.read(name))
        for name, content in paths.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def sheet_xml(body: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'
    return text.encode()


def with_sheet(xml: bytes) -> bytes:
    return with_parts(one_sheet([["x"]]), xl__worksheets__sheet1_dot_xml=xml)


def fault_of(data: bytes, name: str = "台账.xlsx", limits: Limits | None = None) -> SheetFault:
    with pytest.raises(UnreadableFile) as refused:
        read_sheets(data, name, limits)
    return refused.value.fault


NOON = datetime(2026, 3, 12, 12)  # noqa: DTZ001 - a spreadsheet knows no zone
OUTCOMES = {"read", *SheetFault}


def outcome(data: bytes, name: str) -> str:
    """A fault, or that the file was read; any other exception fails the test that asks."""
    try:
        read_sheets(data, name)
    except UnreadableFile as refused:
        return refused.fault
    return "read"


# --- what is read ---


def test_cells_come_as_the_values_a_person_sees() -> None:
    data = one_sheet([["项目", 6.5, 85, date(2026, 3, 12), NOON, True, None, "末"]])
    (sheet,) = read_sheets(data, "a.xlsx")
    day = date(2026, 3, 12)
    assert sheet.rows == (("项目", 6.5, 85, day, day, True, None, "末"),)
    assert [type(value) for value in sheet.rows[0][3:5]] == [date, date]


def test_a_formula_cell_keeps_its_text_and_its_stored_value() -> None:
    (sheet,) = read_sheets(LEDGER, "ledger_2026.xlsx")
    assert sheet.at(19, 8) == 3.7
    assert sheet.formulas[19, 8] == "=2.5+1.2"
    assert address(19, 8) == "I20"
    assert sheet.at(21, 2) == "=cmd|' /C calc'!A0"


def test_a_formula_without_stored_value_is_an_empty_cell_with_its_text() -> None:
    (sheet,) = read_sheets(one_sheet([["=2.5+1.2", "甲"]]), "a.xlsx")
    assert sheet.rows == ((None, "甲"),)
    assert dict(sheet.formulas) == {(0, 0): "=2.5+1.2"}


def test_merged_ranges_and_blank_rows_keep_their_place() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"] = "标题"
    sheet.merge_cells("A1:C1")
    sheet["B5"] = "第五行"
    (read,) = read_sheets(saved(workbook), "a.xlsx")
    assert read.rows == (("标题",), (), (), (), (None, "第五行"))
    assert [(box.top, box.left, box.bottom, box.right) for box in read.merges] == [(0, 0, 0, 2)]


@pytest.mark.parametrize(
    ("number_format", "is_day"),
    [
        ("yyyy-mm-dd", True),
        ('yyyy"年"m"月"d"日"', True),
        ("[$-804]yyyy/m/d;@", True),
        ("mmm-yy", True),
        ("General", False),
        ('0.00"亩d"', False),
        ("#,##0.00_);[Red]-#,##0.00", False),
        ("h:mm:ss", False),
    ],
)
def test_a_number_is_a_day_where_its_format_shows_one(number_format: str, is_day: bool) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = 46093
    workbook.active["A1"].number_format = number_format
    (sheet,) = read_sheets(saved(workbook), "a.xlsx")
    assert sheet.at(0, 0) == (date(2026, 3, 12) if is_day else 46093)


@pytest.mark.parametrize(
    ("number", "number_format", "read"),
    [
        (0.51, "0%", "51%"),
        (0.3333, "0.00%", "33.33%"),
        (0.1 + 0.2, "0.0%;[Red]-0.0%", "30%"),
        (1, "0%", "100%"),
        (-0.07, "0%", "-7%"),
        (0.51, '0.00"%"', 0.51),
        (0.51, "General", 0.51),
        ("51%", "0%", "51%"),
    ],
)
def test_a_number_is_a_percentage_where_its_format_shows_one(number, number_format, read) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = number
    workbook.active["A1"].number_format = number_format
    (sheet,) = read_sheets(saved(workbook), "a.xlsx")
    assert sheet.at(0, 0) == read


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    workbook = openpyxl.Workbook()
    workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    workbook.active["A1"] = date(2026, 3, 12)
    (sheet,) = read_sheets(saved(workbook), "a.xlsx")
    assert sheet.at(0, 0) == date(2026, 3, 12)


def test_half_a_character_that_no_page_can_show_is_dropped() -> None:
    body = '<row r="1"><c r="A1" t="inlineStr"><is><t>甲_xD800_公司_x000A_乙</t></is></c></row>'
    (sheet,) = read_sheets(with_sheet(sheet_xml(body)), "a.xlsx")
    assert sheet.at(0, 0) == "甲公司\n乙"


def test_xml_with_prefixes_and_without_addresses_reads_the_same() -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = (
        f'<x:worksheet xmlns:x="{space}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:r><x:t>项</x:t>'
        "</x:r><x:rPh><x:t>xiang</x:t></x:rPh><x:r><x:t>目</x:t></x:r></x:is></x:c><x:c><x:f>1+1</x:f>"
        "<x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    (sheet,) = read_sheets(with_sheet(xml.encode()), "a.xlsx")
    assert sheet.rows == (("项目", 2),)
    assert dict(sheet.formulas) == {(0, 1): "=1+1"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_reads_in_the_encodings_offices_use(encoding: str) -> None:
    data = '项目名称,总投资\n"甲,乙",5亿\n\n丙,\n'.encode(encoding)
    (sheet,) = read_sheets(data, "台账.csv")
    assert sheet == Sheet("台账", (("项目名称", "总投资"), ("甲,乙", "5亿"), (), ("丙",)))


def test_a_tab_separated_file_reads_like_a_csv() -> None:
    (sheet,) = read_sheets("项目名称\t投资方\n甲\t乙\n".encode(), "a.txt")
    assert sheet.rows == (("项目名称", "投资方"), ("甲", "乙"))


# --- what is refused ---


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_sheet(sheet_xml(" " * 100_000_000))
    assert len(bomb) < 200_000
    assert fault_of(bomb) is SheetFault.EXPANDS_TOO_MUCH


def test_a_part_larger_than_it_declares_is_never_unpacked_further() -> None:
    data = bytearray(with_sheet(sheet_xml(" " * 9_000_000)))
    declared = (9_000_000 + len(sheet_xml(""))).to_bytes(4, "little")
    assert declared in data
    lying = bytes(data).replace(declared, (1000).to_bytes(4, "little"))
    assert fault_of(lying) is SheetFault.BROKEN


def test_ten_thousand_columns_are_refused() -> None:
    assert fault_of(one_sheet([["列"] * 10_000])) is SheetFault.TOO_MANY_COLUMNS


def test_one_cell_in_the_last_corner_is_refused_without_building_the_grid() -> None:
    corner = sheet_xml('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    assert fault_of(with_sheet(corner)) is SheetFault.TOO_MANY_ROWS


def test_blank_formatted_cells_beyond_the_limits_do_no_harm() -> None:
    body = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row><row r="1048576" s="0"/>'
    (sheet,) = read_sheets(with_sheet(sheet_xml(body)), "a.xlsx")
    assert sheet.rows == ((1,),)


def test_every_limit_has_its_own_fault() -> None:
    rows = one_sheet([["a", "b"], ["c", "d"], ["e", "f"]])
    assert fault_of(rows, limits=Limits(file_bytes=10)) is SheetFault.FILE_TOO_LARGE
    assert fault_of(rows, limits=Limits(parts=2)) is SheetFault.TOO_MANY_PARTS
    assert fault_of(rows, limits=Limits(rows=2)) is SheetFault.TOO_MANY_ROWS
    assert fault_of(rows, limits=Limits(columns=1)) is SheetFault.TOO_MANY_COLUMNS
    assert fault_of(rows, limits=Limits(sheets=0)) is SheetFault.TOO_MANY_SHEETS
    # Six cells and up to six shared strings fit; five do not.
    assert fault_of(rows, limits=Limits(cells=5)) is SheetFault.TOO_MANY_CELLS


@pytest.mark.parametrize(
    ("data", "name", "fault"),
    [
        (b"", "a.xlsx", SheetFault.EMPTY_FILE),
        (b"\n\n  ", "a.csv", SheetFault.EMPTY_FILE),
        ("项目名称,投资方\n".encode(), "改名.xlsx", SheetFault.NOT_A_WORKBOOK),
        (b"%PDF-1.7 something", "a.pdf", SheetFault.NOT_A_WORKBOOK),
        (LEDGER[: len(LEDGER) // 2], "a.xlsx", SheetFault.BROKEN),
        (b"PK\x03\x04 and nothing more", "a.xlsx", SheetFault.BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", SheetFault.OLD_XLS),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a.xlsx",
            SheetFault.ENCRYPTED,
        ),
        ("项目名称,投资方\n甲公司,乙公".encode()[:-1], "a.csv", SheetFault.BAD_ENCODING),
        ("项目".encode() + b"\xff,\xfe\n" + "投资方".encode(), "a.csv", SheetFault.BAD_ENCODING),
        (b"\xef\xbb\xbf\xff\xff", "a.csv", SheetFault.BAD_ENCODING),
        (b"a,b\x00c\nd", "a.csv", SheetFault.BAD_ENCODING),
        (b",".join([b"x"] * 10_000), "a.csv", SheetFault.TOO_MANY_COLUMNS),
        (b"x\n" * 20_001, "a.csv", SheetFault.TOO_MANY_ROWS),
        (b'"' + b"x" * 200_000 + b'"', "a.csv", SheetFault.BROKEN),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_name(data: bytes, name: str, fault: SheetFault) -> None:
    assert fault_of(data, name) is fault


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    assert fault_of(out.getvalue()) is SheetFault.NOT_A_WORKBOOK


@pytest.mark.parametrize(
    "xml",
    [
        b"<worksheet><sheetData><row>",
        b"not xml at all",
        sheet_xml('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'),
        sheet_xml('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'),
        sheet_xml('<row r="1"><c r="A1"><v>twelve</v></c></row>'),
        sheet_xml('<row r="1"><c r="A1"><v>1e999</v></c></row>'),
        sheet_xml(f'<row r="1"><c r="A1"><v>{"9" * 5000}</v></c></row>'),
        sheet_xml('<row r="one"><c r="A1"><v>1</v></c></row>'),
        sheet_xml('<row r="1"><c r="1A"><v>1</v></c></row>'),
        sheet_xml('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'),
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>',
    ],
)
def test_a_damaged_sheet_is_refused_as_broken(xml: bytes) -> None:
    assert fault_of(with_sheet(xml)) is SheetFault.BROKEN


def test_a_missing_part_is_refused_as_broken() -> None:
    data = with_parts(one_sheet([["x"]]), xl__worksheets__sheet1_dot_xml=None)
    assert fault_of(data) is SheetFault.BROKEN


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_never_raise_anything_else(draw: st.DataObject) -> None:
    data = bytearray(LEDGER)
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    for damaged in (bytes(data), bytes(data[:cut])):
        assert outcome(damaged, "a.xlsx") in OUTCOMES


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/crowvft=\"' 1ABs&;!-[]", max_size=120))
def test_damaged_xml_never_raises_anything_else(body: str) -> None:
    assert outcome(with_sheet(sheet_xml(body)), "a.xlsx") in OUTCOMES


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_csv_read_or_are_refused(data: bytes) -> None:
    assert outcome(data, "a.csv") in OUTCOMES


# --- arithmetic ---


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=2.5+1.2", "3.7"),
        ("= (1 + 2) * 3 - 4 / 8", "8.5"),
        ("=-3+-(2)", "-5"),
        ("1.5*2", "3"),
        ("=.5+1.", "1.5"),
    ],
)
def test_plain_arithmetic_is_worked_out(formula: str, value: str) -> None:
    assert evaluate(formula) == Decimal(value)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "=",
        "=SUM(I4:I25)",
        "=A1+1",
        "=1/0",
        "=2**3",
        "=(1",
        "=1)",
        "=1 2",
        "=__import__('os')",
        "=cmd|' /C calc'!A0",
        "=" + "(" * 60 + "1" + ")" * 60,
        "=" + "-" * 150 + "1",
        "=" + "1+" * 200 + "1",
    ],
)
def test_anything_but_arithmetic_has_no_value(formula: str) -> None:
    assert evaluate(formula) is None


@given(st.text(alphabet="0123456789.+-*/() ", max_size=60))
def test_arithmetic_never_raises(text: str) -> None:
    assert evaluate(text) is None or isinstance(evaluate(text), Decimal)


# --- writing ---


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 531", "-3亿", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"]
)
def test_text_that_looks_like_a_formula_is_written_as_text(text: str) -> None:
    data = workbook_bytes([("台账", [["项目", text]])])
    (sheet,) = read_sheets(data, "a.xlsx")
    assert sheet.rows == (("项目", text),)
    assert not sheet.formulas
    cell = openpyxl.load_workbook(io.BytesIO(data)).active["B1"]
    assert cell.data_type == "s"
    assert cell.quotePrefix


def test_ordinary_text_carries_no_quote_mark() -> None:
    cell = openpyxl.load_workbook(io.BytesIO(workbook_bytes([("a", [["项目"]])]))).active["A1"]
    assert not cell.quotePrefix


def test_what_is_written_reads_back() -> None:
    rows = (("项目", 5, 6.25, date(2026, 11, 23), None, "末"), (), ("控\n行",))
    (sheet,) = read_sheets(workbook_bytes([("台账", rows)]), "a.xlsx")
    assert sheet.rows == rows


def test_characters_no_workbook_can_hold_are_dropped() -> None:
    cell = openpyxl.Workbook().active["A1"]
    put(cell, "甲\x00\x0b乙" + "长" * 40_000)
    assert cell.value.startswith("甲乙长")
    assert len(cell.value) == 32_767


@given(st.text(max_size=20))
def test_no_csv_cell_starts_a_formula(text: str) -> None:
    written = csv_text(text)
    assert written in (text, f"'{text}")
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
