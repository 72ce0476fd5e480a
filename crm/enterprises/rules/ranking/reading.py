"""The rows of an edition out of a sheet, and everything about it a person must hear of first."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from crm.core.sheets import Sheet
from crm.enterprises.rules.headers import cell_text
from crm.enterprises.rules.names import normalise_name
from crm.enterprises.rules.ranking.columns import Column, ColumnMapping
from crm.enterprises.rules.ranking.english import CHINESE, english_key
from crm.enterprises.rules.uscc import clean_uscc, why_not_uscc

LONGEST = {
    Column.NAME_ZH: 120, Column.NAME_EN: 200, Column.COUNTRY: 60, Column.PARENT: 120,
}  # fmt: skip
HIGHEST_RANK = 100_000
LARGEST_REVENUE = Decimal(10) ** 15


class RowFault(StrEnum):
    """What may be wrong with a file or a row of it."""

    NO_NAME_COLUMN = "no_name_column"
    NO_ROWS = "no_rows"
    NAME_MISSING = "name_missing"
    NAME_TWICE = "name_twice"
    NAME_TOO_LONG = "name_too_long"
    RANK_MISSING = "rank_missing"
    RANK_UNREADABLE = "rank_unreadable"
    RANK_TWICE = "rank_twice"
    USCC_TWICE = "uscc_twice"
    YEAR_DIFFERS = "year_differs"
    RANK_SHARED = "rank_shared"
    RANKS_LEFT_OUT = "ranks_left_out"
    NAME_MENDED = "name_mended"
    REVENUE_UNREADABLE = "revenue_unreadable"
    USCC_WRONG = "uscc_wrong"
    NOTE_SKIPPED = "note_skipped"


TOLD_ONLY = frozenset(
    {
        RowFault.RANK_SHARED, RowFault.RANKS_LEFT_OUT, RowFault.NAME_MENDED,
        RowFault.REVENUE_UNREADABLE, RowFault.USCC_WRONG, RowFault.NOTE_SKIPPED,
    }
)  # fmt: skip
"""These are told and do not stop the import; any other stops all of it."""


@dataclass(frozen=True, slots=True)
class RowMessage:
    """One thing to hear of. `row` counts as Excel does, from 1; 0 is the file as a whole."""

    fault: RowFault
    row: int = 0
    value: str = ""

    @property
    def is_blocking(self) -> bool:
        return self.fault not in TOLD_ONLY


@dataclass(frozen=True, slots=True)
class ListRow:
    """One company as printed. `revenue` is in the unit the file names."""

    sheet_row: int
    rank: int | None = None
    name_zh: str | None = None
    name_en: str | None = None
    country: str | None = None
    revenue: Decimal | None = None
    uscc: str | None = None
    parent: str | None = None

    @property
    def name(self) -> str:
        return self.name_zh or self.name_en or ""


@dataclass(frozen=True, slots=True)
class ReadEdition:
    rows: tuple[ListRow, ...]
    messages: tuple[RowMessage, ...]
    revenue_unit: str | None = None

    @property
    def is_blocked(self) -> bool:
        return any(message.is_blocking for message in self.messages)


def read_edition(sheet: Sheet, mapping: ColumnMapping, year: int) -> ReadEdition:
    """Read every row below the header. A doubtful value is told and left empty, never guessed.

    One rank may stand twice only as lists print a tie: 372, 372, 374.
    """
    if not {Column.NAME_ZH, Column.NAME_EN} & mapping.columns.keys():
        return ReadEdition((), (RowMessage(RowFault.NO_NAME_COLUMN),))
    messages: list[RowMessage] = []
    rows: list[ListRow] = []
    for number in range(mapping.header_row + 1, len(sheet.rows)):
        row = _read_row(sheet, number, mapping.columns, year, messages)
        if row is not None:
            rows.append(row)
    if not rows and not messages:
        messages.append(RowMessage(RowFault.NO_ROWS))
    messages += _twice(rows)
    if Column.RANK in mapping.columns:
        messages += _ranks(rows)
    messages.sort(key=lambda each: (not each.is_blocking, each.row))
    return ReadEdition(tuple(rows), tuple(messages), mapping.revenue_unit)


def _read_row(
    sheet: Sheet,
    number: int,
    columns: Mapping[Column, int],
    year: int,
    messages: list[RowMessage],
) -> ListRow | None:
    cells = {column: cell_text(sheet.at(number, place)) for column, place in columns.items()}
    here = number + 1
    if not any(cells.values()):
        return None
    row = ListRow(
        here,
        name_zh=cells.get(Column.NAME_ZH),
        name_en=cells.get(Column.NAME_EN),
        country=(cells.get(Column.COUNTRY) or "")[: LONGEST[Column.COUNTRY]] or None,
        parent=(cells.get(Column.PARENT) or "")[: LONGEST[Column.PARENT]] or None,
    )
    rank_text = cells.get(Column.RANK)
    if _is_note(row, rank_text, columns, cells):
        messages.append(RowMessage(RowFault.NOTE_SKIPPED, here, (row.name or rank_text or "")[:60]))
        return None
    mended = _mended(row)
    if mended is not row:
        messages.append(RowMessage(RowFault.NAME_MENDED, here, mended.name))
        row = mended
    if not row.name:
        messages.append(RowMessage(RowFault.NAME_MISSING, here))
    for column, name in ((Column.NAME_ZH, row.name_zh), (Column.NAME_EN, row.name_en)):
        if name and len(name) > LONGEST[column]:
            messages.append(RowMessage(RowFault.NAME_TOO_LONG, here, name[:60]))
    printed = cells.get(Column.YEAR)
    if printed and _whole(printed.removesuffix("年")) != year:
        messages.append(RowMessage(RowFault.YEAR_DIFFERS, here, printed[:20]))
    if Column.RANK in columns:
        rank = _rank(rank_text)
        if rank is None:
            fault = RowFault.RANK_UNREADABLE if rank_text else RowFault.RANK_MISSING
            messages.append(RowMessage(fault, here, (rank_text or row.name)[:60]))
        row = replace(row, rank=rank)
    return _with_details(row, cells, messages)


def _with_details(
    row: ListRow, cells: Mapping[Column, str | None], messages: list[RowMessage]
) -> ListRow:
    revenue_text, code = cells.get(Column.REVENUE), cells.get(Column.USCC)
    if revenue_text:
        revenue = _decimal(revenue_text)
        if revenue is None:
            messages.append(
                RowMessage(RowFault.REVENUE_UNREADABLE, row.sheet_row, revenue_text[:40])
            )
        row = replace(row, revenue=revenue)
    if code:
        cleaned = clean_uscc(code)
        if all(fault.is_warning for fault in why_not_uscc(cleaned)):
            row = replace(row, uscc=cleaned)
        else:
            messages.append(RowMessage(RowFault.USCC_WRONG, row.sheet_row, code[:40]))
    return row


def _is_note(
    row: ListRow,
    rank: str | None,
    columns: Mapping[Column, int],
    cells: Mapping[Column, str | None],
) -> bool:
    """注：…, 合计, 资料来源 below a list: one filled cell that is no company."""
    text = row.name or rank or ""
    filled = sum(1 for value in cells.values() if value)
    if re.match(
        r"(注|备注|说明|合计|总计|资料来源|数据来源|来源|note|source|total)\b", text.lower()
    ):
        return filled <= 2
    return filled == 1 and Column.RANK in columns and len(columns) > 2 and len(text) > 30


def _mended(row: ListRow) -> ListRow:
    """Both names again where a file cut them at the wrong bracket, or holds them in one cell.

    中国平安保险 | 集团）股份有限公司（PING AN INSURANCE; 国家电网有限公司（STATE GRID).
    """
    zh, en = row.name_zh or "", row.name_en or ""
    if zh and CHINESE.search(en) and ("）" in en or ")" in en):
        seam = en.rfind("（") if "（" in en else en.rfind("(")
        if seam > 0:
            return replace(row, name_zh=f"{zh}（{en[:seam]}", name_en=en[seam + 1 :].strip("（） "))
    if zh and not en:
        both = re.fullmatch(
            r"(?P<zh>[^()（）]*[\u3400-\u9fff].*?)\s*[（(](?P<en>[A-Za-z0-9][ -~]*)[)）]", zh
        )
        if both:
            return replace(row, name_zh=both["zh"], name_en=both["en"])
    return row


def _twice(rows: Sequence[ListRow]) -> Iterator[RowMessage]:
    """A company printed twice: which of its ranks holds is not for us to say."""
    for fault, key in (
        (RowFault.NAME_TWICE, _name_key),
        (RowFault.USCC_TWICE, lambda row: row.uscc or ""),
    ):
        counts = Counter(filter(None, map(key, rows)))
        for row in rows:
            if counts.get(key(row), 0) > 1:
                yield RowMessage(fault, row.sheet_row, row.name[:60])


def _name_key(row: ListRow) -> str:
    if row.name_zh:
        return normalise_name(row.name_zh)
    return english_key(row.name_en or "")


def _ranks(rows: Sequence[ListRow]) -> Iterator[RowMessage]:
    """Ties as lists print them are told; any other rank that stands twice is refused."""
    by_rank: defaultdict[int, list[ListRow]] = defaultdict(list)
    for row in rows:
        if row.rank is not None:
            by_rank[row.rank].append(row)
    for rank, sharing in by_rank.items():
        if len(sharing) == 1:
            continue
        skipped = range(rank + 1, rank + len(sharing))
        is_tie = not any(other in by_rank for other in skipped) and _is_one_revenue(sharing)
        fault = RowFault.RANK_SHARED if is_tie else RowFault.RANK_TWICE
        for row in sharing:
            yield RowMessage(fault, row.sheet_row, str(rank))
    expected = 1
    for rank in sorted(by_rank):
        if rank > expected:
            yield RowMessage(RowFault.RANKS_LEFT_OUT, 0, f"{expected}-{rank - 1}")
        expected = max(expected, rank + len(by_rank[rank]))


def _is_one_revenue(rows: Sequence[ListRow]) -> bool:
    return len({row.revenue for row in rows}) == 1


def _whole(text: str) -> int | None:
    folded = unicodedata.normalize("NFKC", text).strip()
    return int(folded) if folded.isascii() and folded.isdigit() and len(folded) < 10 else None


def _rank(text: str | None) -> int | None:
    if not text:
        return None
    folded = unicodedata.normalize("NFKC", text).strip()
    found = re.fullmatch(
        r"(?:第|no\.?|#|t-?)?\s*([0-9]{1,6})\s*(?:名|位|\.)?", folded, re.IGNORECASE
    )
    rank = int(found[1]) if found else None
    return rank if rank is not None and 1 <= rank <= HIGHEST_RANK else None


def _decimal(text: str) -> Decimal | None:
    folded = unicodedata.normalize("NFKC", text).replace(",", "").replace("$", "").strip()
    try:
        number = Decimal(folded)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > LARGEST_REVENUE:
        return None
    return round(number, 2)
