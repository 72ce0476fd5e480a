"""Which column of a list means what: proposed from its header words, changed by a person where wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crm.core.sheets import Sheet, Value
from crm.enterprises.rules.headers import header_of, header_words

SAMPLED = 20


class Column(StrEnum):
    """What a column may hold."""

    RANK = "rank"
    NAME_ZH = "name_zh"
    NAME_EN = "name_en"
    COUNTRY = "country"
    REVENUE = "revenue"
    USCC = "uscc"
    PARENT = "parent"
    YEAR = "year"


# Tried in this order; the first column a pattern fits takes the field.
HEADERS: tuple[tuple[Column, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (
            Column.RANK,
            r"^(排名|名次|位次|序号|本年排名|20\d\d年?(排名|名次)|rank(ing)?|no|position)$",
        ),
        (Column.YEAR, r"^(年度|年份|榜单年度|year|edition)$"),
        (Column.USCC, r"^(统一)?社会信用代码|^信用代码|^uscc|^credit ?code"),
        (Column.NAME_EN, r"英文|^name ?en|english|^en ?name"),
        (
            Column.NAME_ZH,
            r"^(公司|企业|单位|集团)?(中文)?(名称|全称|名)|^(公司|企业)$|中文名|^name ?(cn|zh)"
            r"|^(company|enterprise|corporation)? ?(name)?$",
        ),
        (Column.PARENT, r"母公司|所属集团|控股股东|^parent|^group$"),
        (Column.COUNTRY, r"国家|地区|省份|省市|总部所在|所在地|^country|^headquarters|^region"),
        (Column.REVENUE, r"营业?收入?|营收|业务收入|revenue|sales|turnover"),
    )
)
UNITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (r"百万美元|musd|usd ?m|\$ ?m|million ?(us)? ?(\$|dollars?|usd)", "百万美元"),
        (r"亿美元", "亿美元"),
        (r"万美元", "万美元"),
        (r"亿元", "亿元"),
        (r"百万元", "百万元"),
        (r"万元", "万元"),
    )
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Where the header stands and which column holds what; rows and columns count from 0."""

    header_row: int
    columns: Mapping[Column, int]
    revenue_unit: str | None = None


def proposed_mapping(sheet: Sheet) -> ColumnMapping:
    """The row most of whose cells are known header words, and what they name."""
    row, columns = header_of(sheet, HEADERS, (Column.NAME_EN,))
    unit = _unit(sheet.rows[row], columns) if columns else None
    return _by_script(sheet, ColumnMapping(row, columns, unit))


def likeliest_list(sheets: Sequence[Sheet]) -> Sheet:
    """The sheet with most columns of a list, of several the longest; a workbook has at least one."""
    return max(sheets, key=lambda each: (len(proposed_mapping(each).columns), len(each.rows)))


def _unit(cells: Sequence[Value], columns: Mapping[Column, int]) -> str | None:
    place = columns.get(Column.REVENUE)
    if place is None:
        return None
    text = header_words(cells[place])
    return next((unit for pattern, unit in UNITS if pattern.search(text)), None)


def _by_script(sheet: Sheet, mapping: ColumnMapping) -> ColumnMapping:
    """A column called “Company” holds Chinese or English names: what stands in it decides."""
    columns = dict(mapping.columns)
    place = columns.get(Column.NAME_ZH)
    if place is None or Column.NAME_EN in columns:
        return mapping
    below = range(mapping.header_row + 1, mapping.header_row + 1 + SAMPLED)
    texts = [str(value) for row in below if (value := sheet.at(row, place)) is not None]
    chinese = sum(1 for text in texts if re.search(r"[\u4e00-\u9fff]", text))
    if texts and chinese * 4 < len(texts):
        columns[Column.NAME_EN] = columns.pop(Column.NAME_ZH)
    return ColumnMapping(mapping.header_row, columns, mapping.revenue_unit)
