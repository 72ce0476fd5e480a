"""The rows of a workbook of local firms and anchor firms' lists, and what is wrong with them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from crm.chains.rules.entries import code_of
from crm.chains.rules.kinds import NeedKind, PresenceRole, Strength
from crm.chains.rules.presence import (
    NeedFault,
    PresenceEntry,
    PresenceFault,
    why_not_noted,
    why_not_stand,
)
from crm.core.money import Unit
from crm.core.sheets import Sheet, Value
from crm.core.sheets.cells import day_in_cell, unit_in, yuan_in_cell
from crm.enterprises.rules import clean_uscc, is_uscc, loose_name, normalise_name
from crm.enterprises.rules.headers import cell_text, header_of, header_words, value_or_formula
from crm.enterprises.rules.roster import RosterRow

LONGEST = {"evidence": 300, "description": 200, "partner": 120}
LONGEST_NAME = 120
NEEDS_FROM = 100_000
"""Added to the rows of the sheet of needs, so that every row of the workbook has a number of its own."""


class FirmColumn(StrEnum):
    """What a column of the sheet of firms may hold."""

    COMPANY = "company"
    USCC = "uscc"
    CODE = "code"
    SEGMENT = "segment"
    ROLE = "role"
    STRENGTH = "strength"
    OUTPUT = "output"
    YEAR = "year"
    EVIDENCE = "evidence"
    ZONE = "zone"
    SINCE = "since"
    CHECKED = "checked"
    LEFT = "left"


class NeedColumn(StrEnum):
    """What a column of the sheet of needs may hold."""

    COMPANY = "company"
    USCC = "uscc"
    KIND = "kind"
    CODE = "code"
    SEGMENT = "segment"
    DESCRIPTION = "description"
    PARTNER = "partner"
    AMOUNT = "amount"
    NOTED = "noted"
    MET = "met"


_COMPANY = r"^(公司|企业|单位|链主)(企业)?(名称|全称|名)?$|^(full )?name$|^company|^anchor firm$"
_USCC = r"社会信用代码|^信用代码|^uscc|credit ?code"
_CODE = r"环节(编码|代码)|^编码$|^segment code"
_SEGMENT = r"^(所在|对应)?环节(名称)?$|^segment$"
FIRM_PATTERNS = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (FirmColumn.USCC, _USCC),
        (FirmColumn.CODE, _CODE),
        (FirmColumn.SEGMENT, _SEGMENT),
        (FirmColumn.ROLE, r"角色|^role"),
        (FirmColumn.STRENGTH, r"强弱|^strength"),
        (FirmColumn.YEAR, r"年份|^year of"),
        (FirmColumn.OUTPUT, r"产值|^yearly output"),
        (FirmColumn.EVIDENCE, r"依据|佐证|^document|^evidence"),
        (FirmColumn.ZONE, r"组团|^cluster"),
        (FirmColumn.SINCE, r"进入|^here since"),
        (FirmColumn.CHECKED, r"核对|^last checked"),
        (FirmColumn.LEFT, r"退出|^left"),
        (FirmColumn.COMPANY, _COMPANY),
    )
)
NEED_PATTERNS = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (NeedColumn.USCC, _USCC),
        (NeedColumn.CODE, _CODE),
        (NeedColumn.SEGMENT, _SEGMENT),
        (NeedColumn.KIND, r"清单|^list"),
        (NeedColumn.DESCRIPTION, r"内容|^description"),
        (NeedColumn.PARTNER, r"合作方|partner"),
        (NeedColumn.AMOUNT, r"金额|^amount"),
        (NeedColumn.NOTED, r"提出|^stated"),
        (NeedColumn.MET, r"满足|^met"),
        (NeedColumn.COMPANY, _COMPANY),
    )
)
FIRM_HEADS: dict[FirmColumn, str] = {
    FirmColumn.COMPANY: "企业全称",
    FirmColumn.USCC: "统一社会信用代码",
    FirmColumn.CODE: "环节编码",
    FirmColumn.SEGMENT: "环节",
    FirmColumn.ROLE: "链上角色",
    FirmColumn.STRENGTH: "强弱",
    FirmColumn.OUTPUT: "年产值（万元）",
    FirmColumn.YEAR: "产值年份",
    FirmColumn.EVIDENCE: "依据",
    FirmColumn.ZONE: "组团",
    FirmColumn.SINCE: "进入日期",
    FirmColumn.CHECKED: "最近核对",
}
"""The header of the template; it is read whatever the language is."""
NEED_HEADS: dict[NeedColumn, str] = {
    NeedColumn.COMPANY: "链主企业",
    NeedColumn.USCC: "统一社会信用代码",
    NeedColumn.KIND: "清单",
    NeedColumn.CODE: "环节编码",
    NeedColumn.SEGMENT: "环节",
    NeedColumn.DESCRIPTION: "具体内容",
    NeedColumn.PARTNER: "现有或意向合作方",
    NeedColumn.AMOUNT: "年金额（万元）",
    NeedColumn.NOTED: "提出日期",
    NeedColumn.MET: "满足日期",
}
ROLES = {
    **dict.fromkeys(("链主", "链主企业", "龙头", "anchor firm", "anchor"), PresenceRole.ANCHOR),
    **dict.fromkeys(("配套", "配套企业", "supplier"), PresenceRole.SUPPLIER),
    **dict.fromkeys(("研发", "research"), PresenceRole.RESEARCH),
    **dict.fromkeys(("服务", "services", "service"), PresenceRole.SERVICE),
}
STRENGTHS = {
    **dict.fromkeys(("弱", "weak"), Strength.WEAK),
    **dict.fromkeys(("中", "medium"), Strength.MEDIUM),
    **dict.fromkeys(("强", "strong"), Strength.STRONG),
}
KINDS = {
    **dict.fromkeys(("配套需求", "supply needs", "supply"), NeedKind.SUPPLY),
    **dict.fromkeys(("客户群体", "customers", "customer"), NeedKind.CUSTOMER),
    **dict.fromkeys(("生态伙伴", "partners", "partner"), NeedKind.PARTNER),
}


class FirmFault(StrEnum):
    """What may be wrong with a row of the workbook."""

    COMPANY_MISSING = "company_missing"
    COMPANY_WRONG = "company_wrong"
    CODE_WRONG = "code_wrong"
    COMPANY_UNCLEAR = "company_unclear"
    SEGMENT_UNKNOWN = "segment_unknown"
    ROLE_UNKNOWN = "role_unknown"
    STRENGTH_UNKNOWN = "strength_unknown"
    AMOUNT_UNREADABLE = "amount_unreadable"
    YEAR_UNREADABLE = "year_unreadable"
    DAY_UNREADABLE = "day_unreadable"
    CHECKED_IN_FUTURE = "checked_in_future"
    ZONE_UNKNOWN = "zone_unknown"
    KIND_UNKNOWN = "kind_unknown"
    DESCRIPTION_MISSING = "description_missing"
    TOO_LONG = "too_long"
    LIKE_FORMULA = "like_formula"
    ANCHOR_ROLE = "anchor_role"
    SAME_ROW = "same_row"
    HAS_LEFT = "has_left"


TOLD_ONLY = frozenset({FirmFault.SAME_ROW, FirmFault.HAS_LEFT})
"""Rows left out without being wrong."""


@dataclass(frozen=True, slots=True)
class FirmMessage:
    """One thing to hear of. `row` counts as Excel does, plus NEEDS_FROM on the sheet of needs."""

    fault: FirmFault | PresenceFault | NeedFault
    row: int
    value: str = ""

    @property
    def keeps_out(self) -> bool:
        return self.fault not in TOLD_ONLY

    @property
    def is_need(self) -> bool:
        return self.row >= NEEDS_FROM

    @property
    def sheet_row(self) -> int:
        return self.row - NEEDS_FROM if self.is_need else self.row


@dataclass(frozen=True, slots=True)
class Names:
    """What a workbook may name: segments by code and by name (of two of a name neither), cluster areas.

    Codes of segments out of use are among them: what stands there is exported, too.
    """

    codes: Mapping[str, int]
    segments: Mapping[str, int]
    zones: Mapping[str, int]
    retired: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FirmRow:
    """A firm at a segment. `facts` are what the row fills: fields of PresenceEntry, and `checked_on`."""

    company: RosterRow
    segment_id: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NeedRow:
    """An entry of the lists. `facts`: partner, amount_yuan, noted_on, met_on as far as the row fills them."""

    company: RosterRow
    segment_id: int
    kind: NeedKind
    description: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class ReadFile:
    firms: list[FirmRow] = field(default_factory=list)
    needs: list[NeedRow] = field(default_factory=list)
    messages: list[FirmMessage] = field(default_factory=list)


def firm_columns(sheet: Sheet) -> tuple[int, dict[FirmColumn, int]]:
    """The header row, counted from 0, and where each column stands."""
    return header_of(sheet, FIRM_PATTERNS)


def need_columns(sheet: Sheet) -> tuple[int, dict[NeedColumn, int]]:
    return header_of(sheet, NEED_PATTERNS)


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a workbook that hold firms and needs; None where there is none.

    `passed_over` names those with companies that are neither, for they lack the role or the list.
    """

    firms: Sheet | None
    needs: Sheet | None
    passed_over: tuple[str, ...] = ()


def book_of(sheets: Sequence[Sheet]) -> Book:
    """Sheets of needs name a list, sheets of firms a role; of several the longest."""
    firms = [each for each in sheets if FirmColumn.ROLE in firm_columns(each)[1]]
    needs = [each for each in sheets if NeedColumn.KIND in need_columns(each)[1]]
    firms = [each for each in firms if each not in needs]

    def longest(found: list[Sheet]) -> Sheet | None:
        return max(found, key=lambda each: len(each.rows), default=None)

    book = Book(longest(firms), longest(needs))
    others = [each for each in sheets if each not in (book.firms, book.needs)]
    passed_over = (each.name for each in others if FirmColumn.COMPANY in firm_columns(each)[1])
    return replace(book, passed_over=tuple(passed_over))


def read_book(book: Book, known: Names, today: date) -> ReadFile:
    """Every row of both sheets that can be read; whatever is doubtful keeps its row out, told."""
    read = ReadFile()
    if book.firms is not None:
        header, columns = firm_columns(book.firms)
        _Reader(book.firms, header, columns, known, today, read).firms()
    if book.needs is not None:
        header, needed = need_columns(book.needs)
        _Reader(book.needs, header, needed, known, today, read, NEEDS_FROM).needs()
    read.messages.sort(key=lambda each: (not each.keeps_out, each.row))
    return read


class _Reader:
    """One sheet, row by row: of the row being read its number, cells and texts, and whether it holds."""

    def __init__(
        self,
        sheet: Sheet,
        header: int,
        columns: Mapping[Any, int],
        known: Names,
        today: date,
        read: ReadFile,
        offset: int = 0,
    ) -> None:
        self.sheet, self.header, self.columns = sheet, header, columns
        self.known, self.today, self.read, self.offset = known, today, read, offset
        self.row = 0
        self.cells: dict[Any, Value] = {}
        self.texts: dict[Any, str | None] = {}
        self.is_sound = True

    def firms(self) -> None:
        unit = self._unit(FirmColumn.OUTPUT)
        seen: set[tuple[object, ...]] = set()
        for _row in self._rows():
            if self.texts.get(FirmColumn.LEFT):
                self._tell(FirmFault.HAS_LEFT)
                continue
            company = self._company(FirmColumn.COMPANY, FirmColumn.USCC)
            segment = self._segment(FirmColumn.CODE, FirmColumn.SEGMENT)
            facts = self._firm_facts(unit)
            if not self.is_sound or company is None or segment is None:
                continue
            entry = PresenceEntry(
                facts["role"],
                output_yuan=facts.get("output_yuan"),
                output_year=facts.get("output_year"),
                since_on=facts.get("since_on"),
            )
            for fault in why_not_stand(entry, self.today):
                self._tell(fault)
            if self.is_sound and self._is_first(seen, company, segment):
                self.read.firms.append(FirmRow(company, segment, facts))

    def needs(self) -> None:
        unit = self._unit(NeedColumn.AMOUNT)
        seen: set[tuple[object, ...]] = set()
        for _row in self._rows():
            company = self._company(NeedColumn.COMPANY, NeedColumn.USCC)
            segment = self._segment(NeedColumn.CODE, NeedColumn.SEGMENT)
            kind = self._one_of(NeedColumn.KIND, KINDS, FirmFault.KIND_UNKNOWN)
            words = self._words(NeedColumn.DESCRIPTION, "description")
            if words is None and self.is_sound:
                self._tell(FirmFault.DESCRIPTION_MISSING)
            facts = self._need_facts(unit)
            met = facts.get("met_on")
            # Unless the row says when it was stated, that was no later than it was met.
            noted = facts.get("noted_on") or min(self.today, met or self.today)
            for fault in why_not_noted(noted, met, self.today):
                self._tell(fault)
            if not self.is_sound or company is None or segment is None or not (kind and words):
                continue
            if self._is_first(seen, company, segment, kind, words):
                self.read.needs.append(NeedRow(company, segment, kind, words, facts))

    def _rows(self) -> Iterator[int]:
        for number in range(self.header + 1, len(self.sheet.rows)):
            self.cells = {
                column: value_or_formula(self.sheet, number, place)
                for column, place in self.columns.items()
            }
            self.texts = {column: cell_text(value) for column, value in self.cells.items()}
            if any(self.texts.values()):
                self.row, self.is_sound = number + 1 + self.offset, True
                yield number

    def _tell(self, fault: FirmFault | PresenceFault | NeedFault, value: str = "") -> None:
        self.read.messages.append(FirmMessage(fault, self.row, value[:60]))
        self.is_sound = False

    def _is_first(self, seen: set[tuple[object, ...]], company: RosterRow, *more: object) -> bool:
        """Whether no earlier row says the same; one that does is told and left."""
        key = (company.uscc or company.norm, *more)
        if key in seen:
            self._tell(FirmFault.SAME_ROW)
            return False
        seen.add(key)
        return True

    def _unit(self, column: FirmColumn | NeedColumn) -> Unit | None:
        place = self.columns.get(column)
        return None if place is None else unit_in(self.sheet.at(self.header, place))

    def _company(self, named: Any, coded: Any) -> RosterRow | None:
        name, code = self.texts.get(named) or "", self.texts.get(coded)
        if not name:
            self._tell(FirmFault.COMPANY_MISSING)
        elif not 2 <= len(name) <= LONGEST_NAME or not normalise_name(name):
            self._tell(FirmFault.COMPANY_WRONG, name)
        elif _is_like_formula(name):
            self._tell(FirmFault.LIKE_FORMULA, name)
        if code and not is_uscc(code):
            self._tell(FirmFault.CODE_WRONG, code)
        if not self.is_sound:
            return None
        return RosterRow(
            self.row,
            name,
            norm=normalise_name(name)[:LONGEST_NAME],
            loose=loose_name(name)[:LONGEST_NAME],
            uscc=clean_uscc(code) if code else None,
        )

    def _segment(self, coded: Any, named: Any) -> int | None:
        code, name = self.texts.get(coded), self.texts.get(named)
        found = self.known.codes.get(code_of(code)) if code else None
        if not code and name:
            found = self.known.segments.get(name)
        if found is None:
            self._tell(FirmFault.SEGMENT_UNKNOWN, code or name or "")
        return found

    def _one_of(self, column: Any, words: Mapping[str, Any], fault: FirmFault) -> Any:
        text = self.texts.get(column) or ""
        found = words.get(header_words(text))
        if found is None:
            self._tell(fault, text)
        return found

    def _words(self, column: Any, name: str) -> str | None:
        text = self.texts.get(column)
        if text is None:
            return None
        if len(text) > LONGEST[name]:
            self._tell(FirmFault.TOO_LONG, text)
        elif _is_like_formula(text):
            self._tell(FirmFault.LIKE_FORMULA, text)
        return text

    def _day(self, column: Any) -> date | None:
        value = self.cells.get(column)
        found = day_in_cell(value, self.today)
        if found is None and self.texts.get(column):
            self._tell(FirmFault.DAY_UNREADABLE, self.texts.get(column) or "")
        return found

    def _amount(self, column: Any, unit: Unit | None) -> int | None:
        found = yuan_in_cell(self.cells.get(column), unit, is_exact=True)
        if found is None and self.texts.get(column):
            self._tell(FirmFault.AMOUNT_UNREADABLE, self.texts.get(column) or "")
        return found

    def _firm_facts(self, unit: Unit | None) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "role": self._one_of(FirmColumn.ROLE, ROLES, FirmFault.ROLE_UNKNOWN),
            "output_yuan": self._amount(FirmColumn.OUTPUT, unit),
            "evidence": self._words(FirmColumn.EVIDENCE, "evidence"),
            "since_on": self._day(FirmColumn.SINCE),
            "checked_on": self._day(FirmColumn.CHECKED),
        }
        if self.texts.get(FirmColumn.STRENGTH):
            fault = FirmFault.STRENGTH_UNKNOWN
            facts["strength"] = self._one_of(FirmColumn.STRENGTH, STRENGTHS, fault)
        if zone := self.texts.get(FirmColumn.ZONE):
            facts["zone_id"] = self.known.zones.get(zone)
            if facts["zone_id"] is None:
                self._tell(FirmFault.ZONE_UNKNOWN, zone)
        if year := self.texts.get(FirmColumn.YEAR):
            digits = unicodedata.normalize("NFKC", year).removesuffix("年")
            if digits.isascii() and digits.isdigit() and len(digits) == 4:
                facts["output_year"] = int(digits)
            else:
                self._tell(FirmFault.YEAR_UNREADABLE, year)
        checked = facts["checked_on"]
        if checked is not None and checked > self.today:
            self._tell(FirmFault.CHECKED_IN_FUTURE, checked.isoformat())
        return _filled(facts)

    def _need_facts(self, unit: Unit | None) -> dict[str, Any]:
        return _filled(
            {
                "partner": self._words(NeedColumn.PARTNER, "partner"),
                "amount_yuan": self._amount(NeedColumn.AMOUNT, unit),
                "noted_on": self._day(NeedColumn.NOTED),
                "met_on": self._day(NeedColumn.MET),
            }
        )


def _filled(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}


def _is_like_formula(text: str) -> bool:
    return text.startswith(("=", "@", "＝", "＠"))
