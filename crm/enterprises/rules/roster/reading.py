"""The rows of a file of companies, and everything about them a person must hear of first."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from crm.core.sheets import Sheet, Value
from crm.enterprises.rules.headers import cell_text, value_or_formula
from crm.enterprises.rules.names import loose_name, normalise_name
from crm.enterprises.rules.ownership import Ownership
from crm.enterprises.rules.roster.columns import RosterColumn
from crm.enterprises.rules.seats import read_division
from crm.enterprises.rules.uscc import clean_uscc, is_uscc

SHORTEST_NAME, LONGEST_NAME = 2, 120
LONGEST = {
    RosterColumn.SHORT_NAME: 60,
    RosterColumn.NAME_EN: 200,
    RosterColumn.FORMER_NAMES: 2000,
    RosterColumn.PARENT: 120,
    RosterColumn.SCOPE: 4000,
    RosterColumn.ADDRESS: 200,
    RosterColumn.LEGAL: 60,
    RosterColumn.NOTE: 2000,
}
OWNERSHIPS = {
    **dict.fromkeys(("央企", "中央企业", "中央国企", "CENTRAL"), Ownership.CENTRAL),
    **dict.fromkeys(("省属国企", "省企", "省属企业", "PROVINCIAL"), Ownership.PROVINCIAL),
    **dict.fromkeys(
        ("市县国企", "市属国企", "区属国企", "县属国企", "地方国企"), Ownership.LOCAL_STATE
    ),
    **dict.fromkeys(
        ("民企", "民营", "民营企业", "私营", "私营企业", "私企", "PRIVATE"), Ownership.PRIVATE
    ),
    **dict.fromkeys(
        ("外企", "外资", "外资企业", "外商独资", "外商投资", "FOREIGN"), Ownership.FOREIGN
    ),
    **dict.fromkeys(("合资", "中外合资", "合资企业", "JOINT"), Ownership.JOINT),
    **dict.fromkeys(("其他", "OTHER"), Ownership.OTHER),
}
"""Words that mean one ownership; 国企 and 国有 may be any of three and are not guessed at."""


class RosterFault(StrEnum):
    """What may be wrong with a row. Those of ROW_FAULTS keep the row out, the others are told."""

    NAME_MISSING = "name_missing"
    NAME_TOO_SHORT = "name_too_short"
    NAME_TOO_LONG = "name_too_long"
    NAME_LIKE_FORMULA = "name_like_formula"
    NAME_TWICE = "name_twice"
    USCC_WRONG = "uscc_wrong"
    USCC_AS_NUMBER = "uscc_as_number"
    USCC_TWICE = "uscc_twice"
    OTHER_USCC = "other_uscc"
    USCC_OF_ANOTHER = "uscc_of_another"
    SEVERAL_OF_NAME = "several_of_name"
    SAME_ROW = "same_row"
    NOTE_SKIPPED = "note_skipped"
    LIKE_FORMULA = "like_formula"
    TOO_LONG = "too_long"
    OWNERSHIP_UNKNOWN = "ownership_unknown"
    SHARE_UNREADABLE = "share_unreadable"
    INDUSTRY_UNREADABLE = "industry_unreadable"
    REGION_UNREADABLE = "region_unreadable"
    LEGAL_HAS_DIGITS = "legal_has_digits"
    PARENT_UNKNOWN = "parent_unknown"
    PARENT_CIRCLE = "parent_circle"
    SHARE_ALONE = "share_alone"


ROW_FAULTS = frozenset(
    {
        RosterFault.NAME_MISSING, RosterFault.NAME_TOO_SHORT, RosterFault.NAME_TOO_LONG,
        RosterFault.NAME_LIKE_FORMULA, RosterFault.NAME_TWICE, RosterFault.USCC_WRONG,
        RosterFault.USCC_AS_NUMBER, RosterFault.USCC_TWICE, RosterFault.OTHER_USCC,
        RosterFault.USCC_OF_ANOTHER, RosterFault.SEVERAL_OF_NAME,
    }
)  # fmt: skip
STARTS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
INDUSTRY = re.compile(r"([A-T]?[0-9]{2,4})(?![0-9A-Za-z])")
NOTE = re.compile(r"(注|备注|说明|合计|总计|小计|资料来源|数据来源|填表)(\W|$)")


@dataclass(frozen=True, slots=True)
class RosterMessage:
    """One thing to hear of. `row` counts as Excel does, from 1; `value` is what it is about."""

    fault: RosterFault
    row: int
    value: str = ""
    column: RosterColumn | None = None

    @property
    def keeps_out(self) -> bool:
        return self.fault in ROW_FAULTS


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One company as the file gives it. `parent` is as written, `parent_shareholding` in percent."""

    sheet_row: int
    name: str
    norm: str
    loose: str
    uscc: str | None = None
    parent: str | None = None
    facts: Mapping[str, object] | None = None
    """By the names of the company's columns; only what the file fills."""


@dataclass(frozen=True, slots=True)
class Roster:
    rows: tuple[RosterRow, ...]
    messages: tuple[RosterMessage, ...]
    faulty: int = 0
    """Rows kept out so far."""


def read_roster(sheet: Sheet, header: int, columns: Mapping[RosterColumn, int]) -> Roster:
    """Every row below the header. What keeps a company from being told apart keeps its row out; any
    other doubtful value is told and left empty, never guessed.
    """
    messages: list[RosterMessage] = []
    rows: list[RosterRow] = []
    faulty = 0
    for number in range(header + 1, len(sheet.rows)):
        cells = {column: value_or_formula(sheet, number, at) for column, at in columns.items()}
        texts = {column: _text(column, value) for column, value in cells.items()}
        if not any(texts.values()):
            continue
        if _is_note(texts):
            value = (texts.get(RosterColumn.NAME) or "")[:60]
            messages.append(RosterMessage(RosterFault.NOTE_SKIPPED, number + 1, value))
            continue
        found = list(_identity_faults(number + 1, cells, texts))
        messages += found
        if found:
            faulty += 1
            continue
        rows.append(_read_row(number + 1, texts, messages))
    kept, twice = once_each(rows)
    messages += twice
    kept_out = sum(1 for message in twice if message.keeps_out)
    return Roster(tuple(kept), tuple(messages), faulty + kept_out)


def _text(column: RosterColumn, value: Value) -> str | None:
    """A cell as one line; former names often stand one below the other."""
    if column is RosterColumn.FORMER_NAMES and isinstance(value, str):
        value = value.replace("\n", ";")
    return cell_text(value)


def _identity_faults(
    row: int,
    cells: Mapping[RosterColumn, Value],
    texts: Mapping[RosterColumn, str | None],
) -> Iterable[RosterMessage]:
    name, code = texts.get(RosterColumn.NAME), texts.get(RosterColumn.USCC)
    if not name:
        yield RosterMessage(RosterFault.NAME_MISSING, row)
    elif name.startswith(STARTS_A_FORMULA):
        yield RosterMessage(RosterFault.NAME_LIKE_FORMULA, row, name[:60])
    elif len(name) > LONGEST_NAME:
        yield RosterMessage(RosterFault.NAME_TOO_LONG, row, name[:60])
    elif len(name) < SHORTEST_NAME or not any(map(str.isalpha, normalise_name(name))):
        yield RosterMessage(RosterFault.NAME_TOO_SHORT, row, name)
    if code and not is_uscc(code):
        is_number = not isinstance(cells[RosterColumn.USCC], str)
        fault = RosterFault.USCC_AS_NUMBER if is_number else RosterFault.USCC_WRONG
        yield RosterMessage(fault, row, code[:40])


def _read_row(
    row: int,
    texts: Mapping[RosterColumn, str | None],
    messages: list[RosterMessage],
) -> RosterRow:
    name, code = texts[RosterColumn.NAME] or "", texts.get(RosterColumn.USCC)
    facts: dict[str, object] = {}
    for column, text in texts.items():
        if not text or column in (RosterColumn.NAME, RosterColumn.USCC):
            continue
        value, fault = _fact(column, text)
        if fault is not None:
            messages.append(RosterMessage(fault, row, text[:60], column))
        elif value is not None:
            facts[column.value] = value
    parent = facts.pop(RosterColumn.PARENT.value, None)
    return RosterRow(
        row, name,
        norm=normalise_name(name)[:LONGEST_NAME],
        loose=loose_name(name)[:LONGEST_NAME],
        uscc=clean_uscc(code) if code else None,
        parent=str(parent) if parent else None,
        facts=facts,
    )  # fmt: skip


def _fact(column: RosterColumn, text: str) -> tuple[object | None, RosterFault | None]:
    if text.startswith(("=", "@", "＝", "＠")):
        return None, RosterFault.LIKE_FORMULA
    if len(text) > LONGEST.get(column, len(text)):
        return None, RosterFault.TOO_LONG
    if column is RosterColumn.OWNERSHIP:
        known = OWNERSHIPS.get(text.upper())
        return known, None if known else RosterFault.OWNERSHIP_UNKNOWN
    if column is RosterColumn.SHARE:
        share = _share(text)
        return share, None if share is not None else RosterFault.SHARE_UNREADABLE
    if column is RosterColumn.INDUSTRY:
        found = INDUSTRY.match(unicodedata.normalize("NFKC", text).upper())
        return (found[1], None) if found else (None, RosterFault.INDUSTRY_UNREADABLE)
    if column is RosterColumn.REGION:
        code = read_division(text)
        return code, None if code else RosterFault.REGION_UNREADABLE
    if column is RosterColumn.LEGAL and any(char.isdigit() for char in text):
        return None, RosterFault.LEGAL_HAS_DIGITS
    if column is RosterColumn.FORMER_NAMES:
        names = (each.strip() for each in re.split(r"[;；、]", text))
        return "\n".join(dict.fromkeys(filter(None, names))) or None, None
    return text, None


def _share(text: str) -> Decimal | None:
    """A percentage with at most two decimals. A bare number up to 1 may be a share or a percentage."""
    folded = unicodedata.normalize("NFKC", text)
    try:
        share = Decimal(folded.removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not share.is_finite() or (not folded.endswith("%") and share <= 1):
        return None
    return share if 0 < share <= 100 and share == round(share, 2) else None


def _is_note(texts: Mapping[RosterColumn, str | None]) -> bool:
    """注：…, 合计, 资料来源 below the rows: a line that is no company."""
    first = next((text for text in texts.values() if text), "")
    return bool(NOTE.match(first)) and sum(1 for text in texts.values() if text) <= 2


def once_each(rows: Sequence[RosterRow]) -> tuple[list[RosterRow], list[RosterMessage]]:
    """Each company once. Rows of one company are one, told; a code under two names, or a name under
    two codes, is for a person to settle.
    """
    out: dict[int, RosterMessage] = {}
    by_code: defaultdict[str, list[RosterRow]] = defaultdict(list)
    by_name: defaultdict[str, list[RosterRow]] = defaultdict(list)
    for row in rows:
        by_name[row.norm].append(row)
        if row.uscc:
            by_code[row.uscc].append(row)
    for code, sharing in by_code.items():
        if len({row.norm for row in sharing}) > 1:
            for row in sharing:
                out[row.sheet_row] = RosterMessage(RosterFault.USCC_TWICE, row.sheet_row, code)
    for named in by_name.values():
        sharing = [row for row in named if row.sheet_row not in out]
        if len(sharing) < 2:
            continue
        if len({row.uscc for row in sharing if row.uscc}) > 1:
            for row in sharing:
                name = row.name[:60]
                out[row.sheet_row] = RosterMessage(RosterFault.NAME_TWICE, row.sheet_row, name)
            continue
        first = next((row for row in sharing if row.uscc), sharing[0])
        for row in sharing:
            if row is not first:
                where = str(first.sheet_row)
                out[row.sheet_row] = RosterMessage(RosterFault.SAME_ROW, row.sheet_row, where)
    return [row for row in rows if row.sheet_row not in out], [*out.values()]
