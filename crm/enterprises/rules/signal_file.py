"""The rows of a file of expansion signals, and everything about them a person must hear of first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.core.money import Unit
from crm.core.sheets import Sheet, Value
from crm.core.sheets.cells import day_in_cell, unit_in, yuan_in_cell
from crm.enterprises.rules.headers import cell_text, header_of, value_or_formula
from crm.enterprises.rules.names import loose_name, normalise_name
from crm.enterprises.rules.roster import RosterRow
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.rules.uscc import clean_uscc, is_uscc

LONGEST_NAME, LONGEST_SOURCE, LONGEST_NOTE = 120, 200, 1000


class SignalColumn(StrEnum):
    """What a column may hold."""

    COMPANY = "company"
    USCC = "uscc"
    KIND = "kind"
    DAY = "day"
    SOURCE = "source"
    AMOUNT = "amount"
    NOTE = "note"


PATTERNS: tuple[tuple[SignalColumn, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (SignalColumn.USCC, r"社会信用代码|^信用代码|^uscc|credit ?code"),
        (SignalColumn.KIND, r"类别|类型|种类|^kind|^type"),
        (SignalColumn.DAY, r"日期|时间|^date|^day"),
        (SignalColumn.SOURCE, r"来源|出处|依据|^source"),
        (SignalColumn.AMOUNT, r"金额|投资额|融资额|^amount"),
        (SignalColumn.COMPANY, r"^(公司|企业|单位)?(名称|全称|名)$|^(公司|企业)$|^company|^name"),
        (SignalColumn.NOTE, r"备注|说明|内容|^notes?$|remarks?"),
    )
)
SIGNAL_HEADS: dict[SignalColumn, str] = {
    SignalColumn.COMPANY: "企业名称",
    SignalColumn.USCC: "统一社会信用代码",
    SignalColumn.KIND: "信号类别",
    SignalColumn.DAY: "发生日期",
    SignalColumn.SOURCE: "来源",
    SignalColumn.AMOUNT: "金额（亿元）",
    SignalColumn.NOTE: "备注",
}
"""The header of the template; it is read whatever the language is."""
REQUIRED = (SignalColumn.COMPANY, SignalColumn.KIND, SignalColumn.DAY, SignalColumn.SOURCE)
KINDS = {
    **dict.fromkeys(
        ("公告扩产", "扩产公告", "扩产", "增资扩产", "EXPANSION", "ANNOUNCED EXPANSION"),
        SignalKind.EXPANSION,
    ),
    **dict.fromkeys(("融资", "FUNDING", "FUNDING ROUND"), SignalKind.FUNDING),
    **dict.fromkeys(
        ("新设子公司", "设立子公司", "子公司", "SUBSIDIARY", "NEW SUBSIDIARY"),
        SignalKind.SUBSIDIARY,
    ),
    **dict.fromkeys(("政策", "POLICY"), SignalKind.POLICY),
}


class SignalFault(StrEnum):
    """What may be wrong with a row. Only those of TOLD_ONLY let it in."""

    COMPANY_MISSING = "company_missing"
    COMPANY_WRONG = "company_wrong"
    CODE_WRONG = "code_wrong"
    COMPANY_UNCLEAR = "company_unclear"
    SEVERAL_OF_NAME = "several_of_name"
    KIND_UNKNOWN = "kind_unknown"
    DAY_UNREADABLE = "day_unreadable"
    DAY_TO_COME = "day_to_come"
    SOURCE_MISSING = "source_missing"
    SOURCE_TOO_LONG = "source_too_long"
    LIKE_FORMULA = "like_formula"
    AMOUNT_UNREADABLE = "amount_unreadable"
    NOTE_TOO_LONG = "note_too_long"
    SAME_ROW = "same_row"


TOLD_ONLY = frozenset(
    {SignalFault.AMOUNT_UNREADABLE, SignalFault.NOTE_TOO_LONG, SignalFault.SAME_ROW}
)


@dataclass(frozen=True, slots=True)
class SignalMessage:
    """One thing to hear of. `row` counts as Excel does, from 1."""

    fault: SignalFault
    row: int
    value: str = ""

    @property
    def keeps_out(self) -> bool:
        return self.fault not in TOLD_ONLY


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One sign as the file gives it; `company` tells whom it is about."""

    company: RosterRow
    kind: SignalKind
    happened_on: date
    source: str
    amount_yuan: int | None = None
    note: str | None = None


def signal_columns(sheet: Sheet) -> tuple[int, dict[SignalColumn, int]]:
    """The header row, counted from 0, and where each column stands."""
    return header_of(sheet, PATTERNS)


def likeliest_signals(sheets: Sequence[Sheet]) -> Sheet:
    """The sheet with most known columns, of several the longest."""
    return max(sheets, key=lambda each: (len(signal_columns(each)[1]), len(each.rows)))


def read_signals(
    sheet: Sheet, header: int, columns: Mapping[SignalColumn, int], today: date
) -> tuple[list[SignalRow], list[SignalMessage]]:
    """Every row below the header; a row that says again what an earlier one says is told and left."""
    rows: list[SignalRow] = []
    messages: list[SignalMessage] = []
    place = columns.get(SignalColumn.AMOUNT)
    unit = None if place is None else unit_in(sheet.at(header, place))
    seen: dict[tuple[object, ...], int] = {}
    for number in range(header + 1, len(sheet.rows)):
        cells = {column: value_or_formula(sheet, number, at) for column, at in columns.items()}
        texts = {column: cell_text(value) for column, value in cells.items()}
        if not any(texts.values()):
            continue
        here = number + 1
        day = day_in_cell(cells.get(SignalColumn.DAY), today)
        found = list(_faults(here, texts, day, today))
        messages += found
        if found or day is None:
            continue
        row = _row(here, texts, cells, day, unit, messages)
        key = (row.company.uscc or row.company.norm, row.kind, row.happened_on, row.source)
        if key in seen:
            messages.append(SignalMessage(SignalFault.SAME_ROW, here, str(seen[key])))
            continue
        seen[key] = here
        rows.append(row)
    return rows, messages


def _faults(
    row: int, texts: Mapping[SignalColumn, str | None], day: date | None, today: date
) -> Iterator[SignalMessage]:
    name, code = texts.get(SignalColumn.COMPANY) or "", texts.get(SignalColumn.USCC)
    if not name:
        yield SignalMessage(SignalFault.COMPANY_MISSING, row)
    elif not 2 <= len(name) <= LONGEST_NAME or not any(map(str.isalpha, normalise_name(name))):
        yield SignalMessage(SignalFault.COMPANY_WRONG, row, name[:60])
    if code and not is_uscc(code):
        yield SignalMessage(SignalFault.CODE_WRONG, row, code[:40])
    kind = texts.get(SignalColumn.KIND) or ""
    if kind.upper() not in KINDS:
        yield SignalMessage(SignalFault.KIND_UNKNOWN, row, kind[:60])
    if day is None:
        yield SignalMessage(
            SignalFault.DAY_UNREADABLE, row, (texts.get(SignalColumn.DAY) or "")[:60]
        )
    elif day > today:
        yield SignalMessage(SignalFault.DAY_TO_COME, row, day.isoformat())
    source = texts.get(SignalColumn.SOURCE) or ""
    if not source:
        yield SignalMessage(SignalFault.SOURCE_MISSING, row)
    elif len(source) > LONGEST_SOURCE:
        yield SignalMessage(SignalFault.SOURCE_TOO_LONG, row, source[:60])
    for text in (name, source, texts.get(SignalColumn.NOTE) or ""):
        if text.startswith(("=", "@", "＝", "＠")):
            yield SignalMessage(SignalFault.LIKE_FORMULA, row, text[:60])


def _row(
    number: int,
    texts: Mapping[SignalColumn, str | None],
    cells: Mapping[SignalColumn, Value],
    day: date,
    unit: Unit | None,
    messages: list[SignalMessage],
) -> SignalRow:
    name, code = texts[SignalColumn.COMPANY] or "", texts.get(SignalColumn.USCC)
    amount_text, note = texts.get(SignalColumn.AMOUNT), texts.get(SignalColumn.NOTE)
    amount = yuan_in_cell(cells.get(SignalColumn.AMOUNT), unit) if amount_text else None
    if amount_text and amount is None:
        messages.append(SignalMessage(SignalFault.AMOUNT_UNREADABLE, number, amount_text[:60]))
    if note and len(note) > LONGEST_NOTE:
        messages.append(SignalMessage(SignalFault.NOTE_TOO_LONG, number, note[:60]))
        note = None
    company = RosterRow(
        number, name,
        norm=normalise_name(name)[:LONGEST_NAME],
        loose=loose_name(name)[:LONGEST_NAME],
        uscc=clean_uscc(code) if code else None,
    )  # fmt: skip
    kind = KINDS[(texts[SignalColumn.KIND] or "").upper()]
    return SignalRow(company, kind, day, texts[SignalColumn.SOURCE] or "", amount, note)
