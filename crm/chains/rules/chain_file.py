"""The workbook a task force (专班) fills in offline: its columns, and what its rows say.

Sheet 环节 has a row a segment, sheet 联系 a row a link, sheet 说明 is for people. What is left out of the
file stays as it is: a segment is retired and a link removed only where its row says so, and what a
sheet has no column for is not changed.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crm.chains.rules.entries import (
    LONGEST_PRODUCT,
    EntryFault,
    SegmentEntry,
    code_of,
    codes_in,
    why_not_segment,
    words_in,
)
from crm.chains.rules.kinds import DEFAULT_WEIGHT, SegmentLayout, Tier
from crm.core.sheets.grid import Sheet, Value

MOST_ROWS = 5000
"""Of one sheet; all chains of a district are a few hundred."""
SEGMENTS, LINKS, NOTES = "环节", "联系", "说明"


class Column(StrEnum):
    CHAIN = "chain"
    CODE = "code"
    NAME = "name"
    NAME_EN = "name_en"
    PARENT = "parent"
    TIER = "tier"
    LAYOUT = "layout"
    IS_KEY = "is_key"
    WEIGHT = "weight"
    KEYWORDS = "keywords"
    INDUSTRY_CODES = "industry_codes"
    GROUP = "group"
    EXAMPLES = "examples"
    RETIRE = "retire"
    VERSION = "version"
    SUPPLY = "supply"
    NEED = "need"
    PRODUCT = "product"
    REMOVE = "remove"


HEADS: Mapping[Column, str] = {
    Column.CHAIN: "产业链编码",
    Column.CODE: "编码",
    Column.NAME: "名称",
    Column.NAME_EN: "英文名",
    Column.PARENT: "上级编码",
    Column.TIER: "层级",
    Column.LAYOUT: "布局定位",
    Column.IS_KEY: "关键",
    Column.WEIGHT: "权重",
    Column.KEYWORDS: "关键词",
    Column.INDUSTRY_CODES: "行业代码",
    Column.GROUP: "链群",
    Column.EXAMPLES: "示例企业",
    Column.RETIRE: "停用",
    Column.VERSION: "版本",
    Column.SUPPLY: "供给编码",
    Column.NEED: "需求编码",
    Column.PRODUCT: "产品",
    Column.REMOVE: "删除",
}
"""The file is Chinese whatever the reader's language: it goes to the task forces."""
SEGMENT_COLUMNS = tuple(HEADS)[: list(HEADS).index(Column.SUPPLY)]
LINK_COLUMNS = (Column.SUPPLY, Column.NEED, Column.PRODUCT, Column.REMOVE, Column.VERSION)
TIERS: Mapping[str, Tier | None] = {
    "上游": Tier.UP, "中游": Tier.MID, "下游": Tier.DOWN, "不分层": None, "": None,
}  # fmt: skip
LAYOUTS: Mapping[str, SegmentLayout] = {
    "重点招引": SegmentLayout.FOCUS,
    "外部协作": SegmentLayout.EXTERNAL,
    "不布局": SegmentLayout.NONE,
    "": SegmentLayout.FOCUS,
}
YES, NO = "是", "否"


class FileFault(StrEnum):
    """Why a row cannot be taken in, beside what `EntryFault` says of a segment."""

    NO_SHEET = "no_sheet"
    NO_COLUMN = "no_column"
    TOO_MANY_ROWS = "too_many_rows"
    BAD_TIER = "bad_tier"
    BAD_LAYOUT = "bad_layout"
    BAD_YES = "bad_yes"
    NO_CHAIN = "no_chain"
    UNKNOWN_CHAIN = "unknown_chain"
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_PARENT = "unknown_parent"
    CIRCLE = "circle"
    CODE_RETIRED = "code_retired"
    IS_STOOD_ON = "is_stood_on"
    PARTS_IN_USE = "parts_in_use"
    UNKNOWN_CODE = "unknown_code"
    NO_VERSION = "no_version"
    CHANGED_SINCE = "changed_since"
    NOT_THERE = "not_there"
    UNKNOWN_SEGMENT = "unknown_segment"
    LINK_ITSELF = "link_itself"
    LINK_TWICE = "link_twice"
    LINK_CIRCLE = "link_circle"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one row (counted from 1, as Excel does; 0 is the whole sheet)."""

    sheet: str
    row: int
    column: Column | None
    fault: FileFault | EntryFault
    value: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A row of sheet 环节. `entry` names no group yet: `group` does."""

    row: int
    chain: str
    entry: SegmentEntry
    parent: str
    tier: Tier | None
    group: str
    is_retired: bool
    version: int | None
    left_out: frozenset[Column] = frozenset()
    """The columns its sheet has not: what they would say stays as it is."""

    @property
    def code(self) -> str:
        return self.entry.code


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A row of sheet 联系."""

    row: int
    supply: str
    need: str
    product: str | None
    is_removed: bool
    version: int | None


@dataclass(slots=True)
class ReadFile:
    segments: list[SegmentRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    """Names of sheets nothing is read from."""


def read_file(sheets: Sequence[Sheet]) -> ReadFile:
    """Everything the workbook says, and everything that cannot be read in it."""
    found = ReadFile()
    named = {sheet.name.strip(): sheet for sheet in sheets}
    is_alone = len(sheets) == 1 and LINKS not in named
    segments = named.get(SEGMENTS) or (sheets[0] if is_alone else None)
    if segments is None and LINKS not in named:
        found.faults.append(RowFault(SEGMENTS, 0, None, FileFault.NO_SHEET))
    if segments is not None:
        for row, cells in _rows(segments, SEGMENTS, (Column.CODE, Column.NAME), found.faults):
            found.segments.append(_segment(row, cells, found.faults))
    links = named.get(LINKS)
    if links is not None:
        needed = (Column.SUPPLY, Column.NEED, Column.PRODUCT)
        for row, cells in _rows(links, LINKS, needed, found.faults):
            found.links.append(_link(row, cells, found.faults))
    read = (segments, links, named.get(NOTES))
    found.passed_over = [sheet.name for sheet in sheets if sheet not in read]
    return found


Cells = Mapping[Column, str]


def _rows(
    sheet: Sheet, name: str, needed: tuple[Column, ...], faults: list[RowFault]
) -> Iterator[tuple[int, Cells]]:
    """(row, its cells by column) below the heading; rows without any of our columns are left out."""
    columns: dict[Column, int] = {}
    head = -1
    by_head = {words: column for column, words in HEADS.items()}
    for head, cells in enumerate(sheet.rows[:20]):  # noqa: B007  the row it stopped at is used
        columns = {
            by_head[text]: place
            for place, cell in reversed([*enumerate(cells)])
            if (text := _text(cell)) in by_head
        }
        if all(column in columns for column in needed):
            break
    else:
        column = next((each for each in needed if each not in columns), needed[0])
        faults.append(RowFault(name, 0, column, FileFault.NO_COLUMN, HEADS[column]))
        return
    count = 0
    for number in range(head + 1, len(sheet.rows)):
        told = {column: _text(sheet.at(number, place)) for column, place in columns.items()}
        if not any(told.values()):
            continue
        count += 1
        if count > MOST_ROWS:
            faults.append(RowFault(name, number + 1, None, FileFault.TOO_MANY_ROWS))
            return
        yield number + 1, told


_BLANKS = re.compile(r"\s+")


def _text(value: Value) -> str:
    """A cell as text: one line, a whole number without its point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _BLANKS.sub(" ", str(value)).strip()


def _segment(row: int, cells: Cells, faults: list[RowFault]) -> SegmentRow:
    def wrong(column: Column, fault: FileFault | EntryFault) -> None:
        faults.append(RowFault(SEGMENTS, row, column, fault, cells.get(column, "")[:40]))

    tier, layout = cells.get(Column.TIER, ""), cells.get(Column.LAYOUT, "")
    if tier not in TIERS:
        wrong(Column.TIER, FileFault.BAD_TIER)
    if layout not in LAYOUTS:
        wrong(Column.LAYOUT, FileFault.BAD_LAYOUT)
    weight = cells.get(Column.WEIGHT, "")
    entry = SegmentEntry(
        code=code_of(cells.get(Column.CODE)),
        name=cells.get(Column.NAME, ""),
        name_en=cells.get(Column.NAME_EN) or None,
        layout=LAYOUTS.get(layout, SegmentLayout.FOCUS),
        is_key=_yes(row, Column.IS_KEY, cells, SEGMENTS, faults),
        weight=_whole(weight) if weight else DEFAULT_WEIGHT,
        keywords=words_in(cells.get(Column.KEYWORDS)),
        industry_codes=codes_in(cells.get(Column.INDUSTRY_CODES)),
        examples=words_in(cells.get(Column.EXAMPLES)),
    )
    for name, fault in why_not_segment(entry):
        wrong(Column(name), fault)
    return SegmentRow(
        row,
        code_of(cells.get(Column.CHAIN)),
        entry,
        code_of(cells.get(Column.PARENT)),
        TIERS.get(tier),
        cells.get(Column.GROUP, ""),
        _yes(row, Column.RETIRE, cells, SEGMENTS, faults),
        _version(cells),
        frozenset(column for column in SEGMENT_COLUMNS if column not in cells),
    )


def _link(row: int, cells: Cells, faults: list[RowFault]) -> LinkRow:
    product = cells.get(Column.PRODUCT) or None
    if len(product or "") > LONGEST_PRODUCT:
        told = (product or "")[:40]
        faults.append(RowFault(LINKS, row, Column.PRODUCT, EntryFault.LONG_PRODUCT, told))
    return LinkRow(
        row,
        code_of(cells.get(Column.SUPPLY)),
        code_of(cells.get(Column.NEED)),
        product,
        _yes(row, Column.REMOVE, cells, LINKS, faults),
        _version(cells),
    )


def _yes(row: int, column: Column, cells: Cells, sheet: str, faults: list[RowFault]) -> bool:
    text = cells.get(column, "")
    if text not in (YES, NO, ""):
        faults.append(RowFault(sheet, row, column, FileFault.BAD_YES, text[:40]))
    return text == YES


def _whole(text: str) -> int:
    """A whole number, also in wide digits or as 3.0; what is none is no weight either."""
    text = unicodedata.normalize("NFKC", text).removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _version(cells: Cells) -> int | None:
    number = _whole(cells.get(Column.VERSION, ""))
    return number if number > 0 else None


def segment_cells(row: SegmentRow, tier: Tier | None) -> Iterable[Value]:
    """A segment as its row in the file, by SEGMENT_COLUMNS. `tier` is told for parts, too."""
    entry = row.entry
    words = {tier: word for word, tier in TIERS.items() if word}
    layouts = {layout: word for word, layout in LAYOUTS.items() if word}
    return (
        row.chain, entry.code, entry.name, entry.name_en, row.parent or None, words[tier],
        layouts[entry.layout], YES if entry.is_key else NO, entry.weight,
        "、".join(entry.keywords) or None, "、".join(entry.industry_codes) or None,
        row.group or None, "、".join(entry.examples) or None, None, row.version,
    )  # fmt: skip
