"""Words for who a company is and what is wrong with its credit code."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.core.language import is_chinese, language
from crm.core.money import format_yuan
from crm.core.sheets import SheetFault
from crm.enterprises.rules import (
    Ownership,
    UsccFault,
    UsccFaultCode,
    clean_uscc,
    names_of_division,
    pinyin_full,
    suggest_uscc,
    why_not_uscc,
)
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.rules.ranking.columns import Column
from crm.enterprises.rules.ranking.reading import RowFault, RowMessage
from crm.enterprises.rules.roster import Outcome, RosterColumn, RosterFault, RosterMessage
from crm.enterprises.rules.seats import is_told_whole
from crm.enterprises.rules.shareholding import LinkFault
from crm.enterprises.rules.signal_file import SignalColumn, SignalFault, SignalMessage
from crm.enterprises.rules.signals import SignalKind

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Ownership: {
        Ownership.CENTRAL: _l("央企"),
        Ownership.PROVINCIAL: _l("省属国企"),
        Ownership.LOCAL_STATE: _l("市县国企"),
        Ownership.PRIVATE: _l("民企"),
        Ownership.FOREIGN: _l("外企"),
        Ownership.JOINT: _l("合资"),
        Ownership.OTHER: _l("其他"),
    },
    UsccFaultCode: {
        UsccFaultCode.LENGTH: _l("统一社会信用代码应为18位"),
        UsccFaultCode.ALPHABET: _l("含有信用代码不用的字符"),
        UsccFaultCode.REGION: _l("第3到8位是登记地的行政区划码，只能是数字"),
        UsccFaultCode.CHECK: _l("第18位校验码不对，请核对营业执照"),
        UsccFaultCode.INNER_CHECK: _l(
            "组织机构代码的校验位（第17位）不对，早年发的个别代码如此，请核对营业执照"
        ),
    },
    LinkFault: {
        LinkFault.SHARE: _l("持股比例应大于0、不超过100"),
        LinkFault.IN_FUTURE: _l("持股起始日晚于今天，变更后再登记"),
        LinkFault.NOT_LATER: _l("应晚于原来的持股起始日；只是更正错误的，保留原来的日期"),
        LinkFault.NO_PARENT: _l("填写持股起始日时，请同时填写母公司"),
    },
    SignalKind: {
        SignalKind.EXPANSION: _l("公告扩产"),
        SignalKind.FUNDING: _l("融资"),
        SignalKind.SUBSIDIARY: _l("新设子公司"),
        SignalKind.POLICY: _l("政策"),
    },
    RosterFault: {
        RosterFault.NAME_MISSING: _l("没有企业名称"),
        RosterFault.NAME_TOO_SHORT: _l("企业名称过短，请写全称"),
        RosterFault.NAME_TOO_LONG: _l("企业名称超过120个字，请核对是否选错了列"),
        RosterFault.NAME_LIKE_FORMULA: _l("企业名称以公式符号开头，请改正"),
        RosterFault.NAME_TWICE: _l("同一名称出现不止一次，信用代码又不同，请核对"),
        RosterFault.USCC_WRONG: _l("统一社会信用代码有误，请核对营业执照"),
        RosterFault.USCC_AS_NUMBER: _l(
            "信用代码被表格当成数字，后几位已经丢失；请把这一列设为文本后重填"
        ),
        RosterFault.USCC_TWICE: _l("不同企业用了同一个信用代码，请核对"),
        RosterFault.OTHER_USCC: _l("同名企业已登记，信用代码不同，请核对"),
        RosterFault.USCC_OF_ANOTHER: _l("信用代码和名称分别属于两家已登记的企业；代码属于"),
        RosterFault.SEVERAL_OF_NAME: _l("登记的同名企业不止一家，请填信用代码"),
        RosterFault.SAME_ROW: _l("与这一行是同一家，只取一行"),
        RosterFault.NOTE_SKIPPED: _l("是说明或合计，已跳过"),
        RosterFault.LIKE_FORMULA: _l("以公式符号开头，没有读取"),
        RosterFault.TOO_LONG: _l("内容过长，没有读取"),
        RosterFault.OWNERSHIP_UNKNOWN: _l("看不出是哪一种所有制，没有读取"),
        RosterFault.SHARE_UNREADABLE: _l("持股比例请写成51或51%，最多两位小数。没有读取"),
        RosterFault.INDUSTRY_UNREADABLE: _l("不是国民经济行业代码，没有读取"),
        RosterFault.REGION_UNREADABLE: _l("不是行政区划代码或省市名称，没有读取"),
        RosterFault.LEGAL_HAS_DIGITS: _l("法定代表人只写姓名，没有读取"),
        RosterFault.PARENT_UNKNOWN: _l("母公司没有登记，文件里也没有，没有读取"),
        RosterFault.PARENT_CIRCLE: _l("母公司是企业自己或它的下属企业，没有读取"),
        RosterFault.SHARE_ALONE: _l("有持股比例而没有母公司，没有读取"),
    },
    RosterColumn: {
        RosterColumn.NAME: _l("企业全称"),
        RosterColumn.USCC: _l("统一社会信用代码"),
        RosterColumn.SHORT_NAME: _l("简称"),
        RosterColumn.NAME_EN: _l("英文名称"),
        RosterColumn.FORMER_NAMES: _l("曾用名"),
        RosterColumn.OWNERSHIP: _l("所有制"),
        RosterColumn.PARENT: _l("母公司"),
        RosterColumn.SHARE: _l("持股比例"),
        RosterColumn.INDUSTRY: _l("国民经济行业代码"),
        RosterColumn.SCOPE: _l("经营范围"),
        RosterColumn.REGION: _l("所在地区"),
        RosterColumn.ADDRESS: _l("地址"),
        RosterColumn.LEGAL: _l("法定代表人"),
        RosterColumn.NOTE: _l("备注"),
    },
    SignalFault: {
        SignalFault.COMPANY_MISSING: _l("没有企业名称"),
        SignalFault.COMPANY_WRONG: _l("企业名称应为2到120个字"),
        SignalFault.CODE_WRONG: _l("统一社会信用代码有误，请核对营业执照"),
        SignalFault.COMPANY_UNCLEAR: _l("名称和信用代码对不上同一家企业，请核对"),
        SignalFault.SEVERAL_OF_NAME: _l("登记的同名企业不止一家，请填信用代码"),
        SignalFault.KIND_UNKNOWN: _l("信号类别只能是公告扩产、融资、新设子公司或政策"),
        SignalFault.DAY_UNREADABLE: _l("读不出发生日期，请写成2026-11-23的样子"),
        SignalFault.DAY_TO_COME: _l("日期晚于今天，发生以后再登记"),
        SignalFault.SOURCE_MISSING: _l("请写明来源"),
        SignalFault.SOURCE_TOO_LONG: _l("来源超过200个字"),
        SignalFault.LIKE_FORMULA: _l("以公式符号开头，请改正"),
        SignalFault.AMOUNT_UNREADABLE: _l("读不出人民币金额，没有读取"),
        SignalFault.NOTE_TOO_LONG: _l("备注超过1000个字，没有读取"),
        SignalFault.SAME_ROW: _l("与这一行相同，只取一行"),
    },
    SignalColumn: {
        SignalColumn.COMPANY: _l("企业"),
        SignalColumn.USCC: _l("统一社会信用代码"),
        SignalColumn.KIND: _l("信号类别"),
        SignalColumn.DAY: _l("发生日期"),
        SignalColumn.SOURCE: _l("信号来源"),
        SignalColumn.AMOUNT: _l("信号金额"),
        SignalColumn.NOTE: _l("备注"),
    },
    Outcome: {
        Outcome.NEW: _l("新企业"),
        Outcome.KNOWN: _l("已登记"),
        Outcome.DOUBLE: _l("可能重复"),
        Outcome.FAULTY: _l("有误，不导入"),
    },
    Basis: {
        Basis.USCC: _l("统一社会信用代码一致"),
        Basis.NAME: _l("名称一致"),
        Basis.CARRIED: _l("上一年度已确认，名称未变"),
        Basis.CARRIED_RENAMED: _l("上一年度已确认，名称有变"),
        Basis.ALIAS: _l("简称、曾用名或通称一致"),
        Basis.ENGLISH: _l("英文名称一致"),
        Basis.LOOSE: _l("去掉地名和公司形式后一致"),
        Basis.PINYIN: _l("英文名是中文名的拼音或直译"),
        Basis.SIMILAR: _l("名称相近"),
    },
    Column: {
        Column.RANK: _l("名次"),
        Column.NAME_ZH: _l("中文名称"),
        Column.NAME_EN: _l("英文名称"),
        Column.COUNTRY: _l("国家或地区"),
        Column.REVENUE: _l("营业收入"),
        Column.USCC: _l("统一社会信用代码"),
        Column.PARENT: _l("所属集团"),
        Column.YEAR: _l("年度"),
    },
    RowFault: {
        RowFault.NO_NAME_COLUMN: _l("没有指明哪一列是企业名称，请在“各列含义”里选择"),
        RowFault.NO_ROWS: _l("表头下面没有企业"),
        RowFault.NAME_MISSING: _l("没有企业名称"),
        RowFault.NAME_TWICE: _l("同一名称出现不止一次，请核对后只留一行"),
        RowFault.NAME_TOO_LONG: _l("名称过长，请核对是否选错了列"),
        RowFault.RANK_MISSING: _l("没有名次"),
        RowFault.RANK_UNREADABLE: _l("名次不是数字"),
        RowFault.RANK_TWICE: _l("名次重复，又不是并列（并列时下一名次空出、营业收入相同）"),
        RowFault.USCC_TWICE: _l("同一信用代码出现不止一次"),
        RowFault.YEAR_DIFFERS: _l("不是所选年度的行"),
        RowFault.RANK_SHARED: _l("名次并列，照榜单保留"),
        RowFault.RANKS_LEFT_OUT: _l("缺少这些名次，请核对文件是否完整"),
        RowFault.NAME_MENDED: _l("中英文名称错位，已拆开为"),
        RowFault.REVENUE_UNREADABLE: _l("营业收入读不出，留空"),
        RowFault.USCC_WRONG: _l("信用代码有误，未采用"),
        RowFault.NOTE_SKIPPED: _l("是说明或合计，已跳过"),
    },
}
"""One text for every member of every code of this feature."""


FIELD: dict[str, LazyString] = {
    "name": _l("企业全称"),
    "short_name": _l("简称"),
    "name_en": _l("英文名称"),
    "former_names": _l("曾用名"),
    "uscc": _l("统一社会信用代码"),
    "ownership": _l("所有制"),
    "parent": _l("母公司"),
    "parent_shareholding": _l("持股比例"),
    "parent_since": _l("持股起始日"),
    "industry_code": _l("国民经济行业代码"),
    "business_scope": _l("经营范围"),
    "address": _l("地址"),
    "region_code": _l("所在地区"),
    "legal_representative": _l("法定代表人"),
    "note": _l("备注"),
}
"""The facts of a company as the form and the trail call them."""

SIGNAL_FIELD: dict[str, LazyString] = {
    "kind": _l("信号类别"),
    "happened_on": _l("发生日期"),
    "source": _l("信号来源"),
    "amount_yuan": _l("信号金额"),
    "note": _l("备注"),
}
CONTACT_FIELD: dict[str, LazyString] = {
    "name": _l("姓名"),
    "position": _l("职务"),
    "phone": _l("电话"),
    "email": _l("邮箱"),
    "note": _l("备注"),
}
RANKING_FIELD: dict[str, LazyString] = {
    "list": _l("榜单"),
    "year": _l("年度"),
    "rank": _l("名次"),
    "name_on_list": _l("榜上名称"),
    "document": _l("依据"),
    "published_on": _l("发布日期"),
    "rows": _l("榜上企业"),
    "new": _l("新进"),
    "dropped": _l("退出"),
    "file": _l("榜单文件"),
    "row_id": _l("榜上的行"),
}


ENGLISH_NAMES = {
    "陕西": "Shaanxi",
    "内蒙古": "Inner Mongolia",
    "西藏": "Xizang",
    "香港": "Hong Kong",
    "澳门": "Macao",
    "呼和浩特": "Hohhot",
    "乌鲁木齐": "Urumqi",
    "哈尔滨": "Harbin",
    "拉萨": "Lhasa",
}
"""Names of places that are not written as they are read."""


def unreadable_list(fault: SheetFault) -> LazyString | None:
    """Why a list was not opened, where the general words speak of ledgers; None for any other reason."""
    return {
        SheetFault.TOO_MANY_ROWS: _l("超过20000行，不像一份榜单；请只留本年度上榜的企业"),
        SheetFault.TOO_MANY_SHEETS: _l("工作表超过50个，请只保留榜单"),
        SheetFault.TOO_MANY_COLUMNS: _l("超过200列，请删去榜单以外的列"),
    }.get(fault)


def unreadable_roster(fault: SheetFault) -> LazyString | None:
    """Likewise of a file of companies or of signals."""
    return {
        SheetFault.TOO_MANY_SHEETS: _l("工作表超过50个，请只保留要导入的一个"),
        SheetFault.TOO_MANY_COLUMNS: _l("超过200列，请删去不用的列"),
    }.get(fault)


def roster_words(message: RosterMessage) -> str:
    """A message about a row of companies, with its column and the value it is about."""
    colon = "：" if is_chinese() else ": "
    words = str(word(message.fault))
    if message.fault is RosterFault.USCC_WRONG:
        semicolon = "；" if is_chinese() else "; "
        words = semicolon.join(str(each) for each in uscc_words(message.value)) or words
    if message.column is not None:
        words = f"{word(message.column)}{colon}{words}"
    value = message.value
    if message.fault is RosterFault.SAME_ROW:
        value = str(_l("第%(n)s行", n=value))
    return f"{words}{colon}{value}" if value else words


def signal_words(message: SignalMessage) -> str:
    """A message about a row of signals, with the value it is about."""
    colon = "：" if is_chinese() else ": "
    value = message.value
    if message.fault is SignalFault.SAME_ROW:
        value = str(_l("第%(n)s行", n=value))
    return f"{word(message.fault)}{colon}{value}" if value else str(word(message.fault))


def row_words(message: RowMessage) -> str:
    """A message about a row, with the value it is about."""
    return f"{word(message.fault)} {message.value}".strip()


def tell(field: str, value: object) -> object:
    """A value of the trail in words: codes of ownership, and percentages."""
    if field == "ownership" and value in tuple(Ownership):
        return word(Ownership(str(value)))
    if field == "kind" and value in tuple(SignalKind):
        return word(SignalKind(str(value)))
    if field == "amount_yuan" and isinstance(value, int):
        return format_yuan(value, language())
    if field == "region_code" and value is not None:
        return region_words(str(value))
    if field == "parent_shareholding" and value is not None:
        return percent(str(value))
    return value


def number(value: Decimal) -> str:
    """As lists print revenue: 386,617.7."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def percent(value: object) -> str:
    """51% from 51.00, 33.33% from 33.33."""
    text = f"{value}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def region_words(code: str | None) -> str:
    """A division by its names, 山东济南, and where only those above it are known, by its code too."""
    names = names_of_division(code)
    if not code or not names:
        return ""
    if is_chinese():
        text = "".join(names[-1:] if names[-1].endswith("市") else names)
    else:
        text = ", ".join(ENGLISH_NAMES.get(name) or _spelt(name) for name in reversed(names))
    return text if is_told_whole(code) else f"{text} {code}"


def _spelt(name: str) -> str:
    return pinyin_full(name.removesuffix("市")).capitalize()


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def uscc_words(text: str) -> tuple[LazyString, ...]:
    """Everything that stands against a typed code, each with its place, and what may be meant.

    Empty for a code that can be taken; what is only a warning is told by `uscc_warning`.
    """
    faults = [fault for fault in why_not_uscc(text) if not fault.is_warning]
    if not faults:
        return ()
    words = [_fault_words(fault, clean_uscc(text)) for fault in _one_a_kind(faults)]
    meant = suggest_uscc(text)
    if meant:
        words.append(_l("是否应为%(code)s？", code=meant))
    return tuple(words)


def weight_text(weight: float) -> str:
    """What a sign still weighs, so exactly that points can be counted by hand: 74.9%."""
    return f"{100 * weight:.1f}".removesuffix(".0") + "%"


def uscc_warning(text: str) -> LazyString | None:
    """What should be looked at again although the code can be taken."""
    warned = any(fault.is_warning for fault in why_not_uscc(text))
    return word(UsccFaultCode.INNER_CHECK) if warned else None


def _one_a_kind(faults: Iterable[UsccFault]) -> list[UsccFault]:
    """The first of each code: one wrong region digit tells as much as six."""
    first: dict[UsccFaultCode, UsccFault] = {}
    for fault in faults:
        first.setdefault(fault.code, fault)
    return list(first.values())


def _fault_words(fault: UsccFault, code: str) -> LazyString:
    if fault.code is UsccFaultCode.LENGTH:
        return _l("统一社会信用代码应为18位，现在是%(n)s位", n=len(code))
    if fault.code is UsccFaultCode.ALPHABET and fault.position:
        return _l(
            "第%(n)s位的“%(char)s”不是信用代码用的字符（不用I、O、S、V、Z）",
            n=fault.position,
            char=code[fault.position - 1],
        )
    return word(fault.code)
