"""Which column of a file of companies means what, by its header words."""

import re
from collections.abc import Sequence
from enum import StrEnum

from crm.core.sheets import Sheet
from crm.enterprises.rules.headers import header_of


class RosterColumn(StrEnum):
    """What a column may hold."""

    NAME = "name"
    USCC = "uscc"
    SHORT_NAME = "short_name"
    NAME_EN = "name_en"
    FORMER_NAMES = "former_names"
    OWNERSHIP = "ownership"
    PARENT = "parent"
    SHARE = "parent_shareholding"
    INDUSTRY = "industry_code"
    SCOPE = "business_scope"
    REGION = "region_code"
    ADDRESS = "address"
    LEGAL = "legal_representative"
    NOTE = "note"


PATTERNS: tuple[tuple[RosterColumn, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (RosterColumn.USCC, r"社会信用代码|^信用代码|^uscc|^(unified )?(social )?credit ?code"),
        (RosterColumn.NAME_EN, r"英文|^name ?en|english|^en ?name"),
        (RosterColumn.SHORT_NAME, r"简称|short ?name"),
        (RosterColumn.FORMER_NAMES, r"曾用名|原名称|former ?names?"),
        (RosterColumn.PARENT, r"母公司|所属集团|控股股东|上级单位|^parent( company)?$|^group$"),
        (RosterColumn.SHARE, r"持股|控股比例|股权比例|shareholding|^share( %)?$"),
        (
            RosterColumn.INDUSTRY,
            r"行业(分类)?代码|国民经济行业(?!名)|gb/?t ?4754|industry ?code|^行业编码",
        ),
        (RosterColumn.SCOPE, r"经营范围|主营业务|business ?scope|^scope"),
        (RosterColumn.OWNERSHIP, r"所有制|企业性质|企业类型|公司性质|经济类型|ownership"),
        (
            RosterColumn.REGION,
            r"行政区划|所[在属]地区|^(地区|所在地|注册地|所属城市)$|^省市|所属省市|division|^region",
        ),
        (RosterColumn.ADDRESS, r"地址|住所|经营场所|address"),
        (RosterColumn.LEGAL, r"法定代表人|^法人(代表)?$|legal ?representative"),
        (
            RosterColumn.NAME,
            r"^(公司|企业|单位|集团)?(中文)?(名称|全称|名)$|^(公司|企业)$|中文名|^name ?(cn|zh)"
            r"|^(company|enterprise|corporation)? ?(full )?name$|^(company|enterprise)$",
        ),
        (RosterColumn.NOTE, r"^备注|^说明|^notes?$|remarks?"),
    )
)

COLUMN_HEADS: dict[RosterColumn, str] = {
    RosterColumn.NAME: "企业名称",
    RosterColumn.USCC: "统一社会信用代码",
    RosterColumn.SHORT_NAME: "简称",
    RosterColumn.NAME_EN: "英文名称",
    RosterColumn.FORMER_NAMES: "曾用名",
    RosterColumn.OWNERSHIP: "所有制",
    RosterColumn.PARENT: "母公司",
    RosterColumn.SHARE: "持股比例",
    RosterColumn.INDUSTRY: "国民经济行业代码",
    RosterColumn.SCOPE: "经营范围",
    RosterColumn.REGION: "所在地区",
    RosterColumn.ADDRESS: "注册地址",
    RosterColumn.LEGAL: "法定代表人",
    RosterColumn.NOTE: "备注",
}
"""The header of the template, in the order of its columns; it is read whatever the language is."""


def roster_columns(sheet: Sheet) -> tuple[int, dict[RosterColumn, int]]:
    """The header row, counted from 0, and where each column stands."""
    return header_of(sheet, PATTERNS, (RosterColumn.NAME_EN, RosterColumn.INDUSTRY))


def likeliest_roster(sheets: Sequence[Sheet]) -> Sheet:
    """The sheet with most known columns, of several the longest; a workbook has at least one."""
    return max(sheets, key=lambda each: (len(roster_columns(each)[1]), len(each.rows)))
