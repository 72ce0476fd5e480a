"""Where in a sheet the ledger stands: its header rows, what each column means, which rows are projects."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from crm.core.money import Unit, unit_named
from crm.core.sheets import Sheet, Value
from crm.imports.rules.fields import (
    AMOUNTS,
    UNREAD,
    Field,
    LandUnit,
    Meaning,
    meaning_of,
    plain_header,
    unit_of,
)

_SEARCHED_ROWS = 40
_HIGHEST_HEADER = 3
_FEWEST_FIELDS = 3

_TOTAL = re.compile(
    r"(?:本页|全区|全市|以上|项目)?(?:合计|总计|小计|共计|累计|总和|汇总)(?:[(:数额项\d共].*)?"
    r"|.{0,12}(?:小计|合计)(?:[(:].*)?"
)
_NOTE = re.compile(
    r"(?:备?注|说明|填表说明|填报说明|填表人|填报人|制表人?|审核人?|填报单位|填报日期|联系人|联系电话|报送单位|单位负责人)"
    r"[:;。.].*|注\d.*"
)
_SECTION = re.compile(
    r"(?:\(?[一二三四五六七八九十]+[、.)]|第[一二三四五六七八九十]+(?:部分|类|批)).*"
)
_UNIT_LINE = re.compile(
    r"\(?(?:金额|计量|投资额?|总投资)?单位[:为]?(?:人民币)?((?:百万|千万|亿|万)?(?:元|美元|港元|欧元))"
)
_AS_OF = re.compile(
    r"(?:数据)?截[至止](?:到|于|日期|时间)?[:为]?(?:公元)?"
    r"((?:\d{4}[年./-])?\d{1,2}[月./-]\d{1,2}[日号]?|\d{8})"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is read: where it stands (from 0), its header as written, what it means.

    `unit` is that of a bare amount: from the header, else the group above it, else the sheet's unit line.
    """

    index: int
    label: str
    field: Field
    unit: Unit | None = None
    land_unit: LandUnit | None = None


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How one sheet of a ledger is laid out; rows and columns count from 0.

    `labels` are the headers of all columns in their order, read or not, so the ledger can be written
    back as it came in. `unread` are the columns that hold text nobody knows how to read, `repeated`
    those whose field another column already holds.
    """

    sheet: str
    header_top: int
    header_bottom: int
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    unread: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    unit: Unit | None = None
    rows: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()

    def column(self, field: Field) -> Column | None:
        """The column of a field, or None where the sheet has none."""
        return next((column for column in self.columns if column.field is field), None)


_BESIDES = (_NOTE, _UNIT_LINE, _AS_OF)


class RowKind(StrEnum):
    PROJECT = "project"
    BLANK = "blank"
    HEADER = "header"
    TOTAL = "total"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class _Candidate:
    top: int
    bottom: int
    labels: tuple[str, ...]
    meanings: tuple[Meaning | None, ...]

    @property
    def fields(self) -> int:
        return len({m.field for m in self.meanings if m and m.field not in UNREAD})

    @property
    def worth(self) -> tuple[int, int]:
        """How much the rows say: fields named, then units given."""
        units = sum(1 for m in self.meanings if m and (m.unit or m.land_unit))
        return self.fields, units

    @property
    def is_header(self) -> bool:
        named = {m.field for m in self.meanings if m}
        return self.fields >= _FEWEST_FIELDS and bool(named & {Field.TITLE, Field.INVESTOR})


def find_layout(sheet: Sheet) -> SheetLayout | None:
    """The layout of a sheet, found by what its headers mean; None where no ledger stands in it."""
    header = _find_header(sheet)
    if header is None:
        return None
    columns, unread, repeated = _assign(header)
    layout = SheetLayout(
        sheet=sheet.name,
        header_top=header.top,
        header_bottom=header.bottom,
        labels=header.labels,
        columns=columns,
        unread=unread,
        repeated=repeated,
    )
    kinds = [
        (row, row_kind(sheet, layout, row)) for row in range(header.bottom + 1, len(sheet.rows))
    ]
    layout = replace(
        layout,
        rows=tuple(row for row, kind in kinds if kind is RowKind.PROJECT),
        totals=tuple(row for row, kind in kinds if kind is RowKind.TOTAL),
    )
    unit = _declared_unit(_loose_texts(sheet, layout))
    if unit is None:
        return layout
    filled = tuple(
        replace(column, unit=unit)
        if column.unit is None and column.field in AMOUNTS and _may_take(column.field, unit)
        else column
        for column in columns
    )
    return replace(layout, unit=unit, columns=filled)


def stated_day(sheet: Sheet, layout: SheetLayout) -> str | None:
    """The day in 截至2026年11月23日 as written above or below the table, without the words around it."""
    for text in _loose_texts(sheet, layout):
        found = _AS_OF.search(text)
        if found:
            return found.group(1)
    return None


def row_kind(sheet: Sheet, layout: SheetLayout, row: int) -> RowKind:
    """Whether a row under the header is a project, or one of the other rows ledgers carry."""
    said = [
        (index, cell)
        for index, cell in enumerate(sheet.rows[row])
        if cell is not None and not (isinstance(cell, str) and cell.isspace())
    ]
    if not said:
        return RowKind.BLANK
    by_index = dict(said)
    named = {
        field: by_index.get(column.index)
        for field in (Field.SEQUENCE, Field.TITLE, Field.INVESTOR)
        if (column := layout.column(field)) is not None
    }
    first_index, first = said[0]
    words = [_folded(cell) for cell in (first, named.get(Field.TITLE)) if isinstance(cell, str)]
    if named.get(Field.INVESTOR) is None and any(_TOTAL.fullmatch(word) for word in words):
        return RowKind.TOTAL
    if len(said) == 1:
        if not isinstance(first, str):
            # A number typed ahead for the next project; anywhere else somebody must look at it.
            ahead = layout.column(Field.SEQUENCE)
            is_ahead = ahead is not None and ahead.index == first_index
            return RowKind.BLANK if is_ahead else RowKind.PROJECT
        if named.get(Field.TITLE) is None or _SECTION.fullmatch(words[0]):
            return RowKind.NOTE
    if len(said) <= 3 and words and any(form.match(words[0]) for form in _BESIDES):
        return RowKind.NOTE
    if isinstance(first, str) and _repeats_header(layout, said):
        return RowKind.HEADER
    return RowKind.PROJECT


def _repeats_header(layout: SheetLayout, said: Sequence[tuple[int, Value]]) -> bool:
    """Whether most cells are the words of their own header, as on each page of a printed ledger."""
    same = 0
    for seen, (index, cell) in enumerate(said, start=1):
        label = layout.labels[index] if index < len(layout.labels) else ""
        if isinstance(cell, str) and label and len(cell) <= len(label) + 4:
            same += plain_header(label).endswith(plain_header(cell))
        if seen >= 4 and same * 2 < seen:
            return False
    return same >= 2 and same * 2 > len(said)


def _find_header(sheet: Sheet) -> _Candidate | None:
    """The first row that reads as a header, taken with the rows under it that still belong to it."""
    for top in range(min(_SEARCHED_ROWS, len(sheet.rows))):
        if not any(isinstance(cell, str) for cell in sheet.rows[top]):
            continue
        candidates = [_candidate(sheet, top, top)]
        for bottom in range(top + 1, min(top + _HIGHEST_HEADER, len(sheet.rows))):
            # A title or unit line above a header adds nothing to it; a row of groups does.
            if _continues_header(sheet, top, bottom):
                taller = _candidate(sheet, top, bottom)
                if taller.worth > _candidate(sheet, top + 1, bottom).worth:
                    candidates.append(taller)
        best = max(candidates, key=lambda found: (*found.worth, -found.bottom))
        if best.is_header:
            return best
    return None


def _continues_header(sheet: Sheet, top: int, bottom: int) -> bool:
    """Whether the rows below `top` down to `bottom` can be part of one header: short words only."""
    spanned = {
        (row, box.left)
        for box in sheet.merges
        if box.top <= top < box.bottom
        for row in range(box.top, min(box.bottom, bottom) + 1)
    }
    for row in range(top + 1, bottom + 1):
        said = [
            (index, cell)
            for index, cell in enumerate(sheet.rows[row])
            if cell is not None and (row, index) not in spanned
        ]
        if not said or not all(isinstance(cell, str) for _, cell in said):
            return False
        # A first row of data fills columns whose header is complete above it; a second header row
        # stands under groups and gaps.
        words = [str(cell) for _, cell in said]
        known = sum(1 for word in words if meaning_of(word) is not None or len(word) <= 8)
        if known * 2 < len(words):
            return False
        named = [index for index, _ in said if meaning_of(_text(sheet.at(top, index)))]
        in_group = {
            index
            for box in sheet.merges
            if box.top == top and box.right > box.left
            for index in range(box.left, box.right + 1)
        }
        if any(index not in in_group for index in named) and len(named) * 2 > len(said):
            return False
    return True


def _candidate(sheet: Sheet, top: int, bottom: int) -> _Candidate:
    width = max((len(sheet.rows[row]) for row in range(top, bottom + 1)), default=0)
    above = {
        (row, index): _text(sheet.at(box.top, box.left))
        for box in sheet.merges
        if box.top <= bottom and box.bottom >= top and box.right < 10_000
        for row in range(max(box.top, top), min(box.bottom, bottom) + 1)
        for index in range(box.left, min(box.right, width - 1) + 1)
    }
    groups: dict[tuple[int, int], str] = {}
    labels: list[str] = []
    meanings: list[Meaning | None] = []
    for index in range(width):
        words: list[str] = []
        for row in range(top, bottom + 1):
            word = above.get((row, index)) or _text(sheet.at(row, index))
            if not word and row < bottom and index and _text(sheet.at(row + 1, index)):
                word = groups.get((row, index - 1), "")  # a group header nobody merged
            groups[row, index] = word
            if word and (not words or words[-1] != word):
                words.append(word)
        labels.append(" ".join(words))
        meanings.append(_meaning(words))
    return _Candidate(top, bottom, tuple(labels), tuple(meanings))


def _meaning(words: list[str]) -> Meaning | None:
    """What a column says whose header stands in one or more rows, widest group first."""
    if not words:
        return None
    own, groups = words[-1], words[:-1]
    joined = meaning_of("".join(words)) if groups else None
    meant = meaning_of(own)
    if joined is not None and (meant is None or meant.rank > 1):
        meant = joined
    if meant is None and not groups:
        return None
    if meant is None:
        # Under 总投资 a plain 金额 or （亿元） means the group's own word.
        group = meaning_of(groups[-1])
        if group is None or plain_header(own) not in {"金额", "数额", "数量", "小计", "总额"}:
            return None
        meant = group
    if meant.field in AMOUNTS and meant.unit is None:
        above = next((unit for word in reversed(groups) if (unit := unit_of(word))), None)
        meant = replace(meant, unit=above or unit_of(own))
    return meant


def _assign(header: _Candidate) -> tuple[tuple[Column, ...], tuple[int, ...], tuple[int, ...]]:
    """Gives each field one column: the surest word, then the first; says which stay unread."""
    meanings = list(header.meanings)
    beside_stranger = False
    for index, meant in enumerate(meanings):
        if meant is None:
            continue
        if meant.field is Field.OWNER_PHONE and meant.rank > 1 and beside_stranger:
            meanings[index] = Meaning(Field.INVESTOR_CONTACT)
        beside_stranger = meant.field is Field.INVESTOR_CONTACT
    ranked = sorted(
        (meant.rank, index) for index, meant in enumerate(meanings) if meant is not None
    )
    taken: dict[Field, int] = {}
    for _, index in ranked:
        meant = meanings[index]
        assert meant is not None
        taken.setdefault(meant.field, index)
    columns = tuple(
        Column(index, header.labels[index], meant.field, meant.unit, meant.land_unit)
        for index, meant in enumerate(meanings)
        if meant is not None and meant.field not in _NEVER_READ and taken[meant.field] == index
    )
    unread = tuple(
        index
        for index, meant in enumerate(meanings)
        if header.labels[index] and (meant is None or meant.field in _NEVER_READ)
    )
    repeated = tuple(
        index
        for index, meant in enumerate(meanings)
        if meant is not None and meant.field not in UNREAD and taken[meant.field] != index
    )
    return columns, unread, repeated


_NEVER_READ = UNREAD - {Field.SEQUENCE}


def _loose_texts(sheet: Sheet, layout: SheetLayout) -> Iterable[str]:
    """Texts outside the table, width folded and blanks removed: above it first, then below."""
    projects = set(layout.rows)
    for row, cells in enumerate(sheet.rows):
        if row in projects or layout.header_top <= row <= layout.header_bottom:
            continue
        for cell in cells:
            if isinstance(cell, str):
                yield _folded(cell)


def _declared_unit(texts: Iterable[str]) -> Unit | None:
    for text in texts:
        found = _UNIT_LINE.search(text)
        if found:
            return unit_named(found.group(1))
    return None


def _may_take(field: Field, unit: Unit) -> bool:
    """Foreign capital is not told in yuan, so a sheet's 单位：万元 does not speak of it."""
    return field is not Field.FOREIGN_CAPITAL or unit.currency != "CNY"


def _text(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
