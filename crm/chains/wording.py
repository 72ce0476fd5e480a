"""The words for the codes of chains."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.chains.rules import (
    ChainKind,
    FitBasis,
    FitState,
    NeedKind,
    PresenceRole,
    SegmentLayout,
    Strength,
    Tier,
)
from crm.chains.rules.chain_file import FileFault
from crm.chains.rules.entries import EntryFault
from crm.chains.rules.firm_file import FirmColumn, FirmFault, FirmMessage, NeedColumn
from crm.chains.rules.links import LinkFault
from crm.chains.rules.neighbours import Neighbour, Question, Side
from crm.chains.rules.presence import STALE_AFTER_DAYS, FirmState, NeedFault, PresenceFault
from crm.chains.rules.suggesting import FoundIn
from crm.chains.rules.tree import TreeFault
from crm.core.language import is_chinese, language
from crm.core.money import format_yuan

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Tier: {Tier.UP: _l("上游"), Tier.MID: _l("中游"), Tier.DOWN: _l("下游")},
    ChainKind: {ChainKind.CHAIN: _l("产业链"), ChainKind.FUTURE_TRACK: _l("未来赛道")},
    PresenceRole: {
        PresenceRole.ANCHOR: _l("链主"),
        PresenceRole.SUPPLIER: _l("配套"),
        PresenceRole.RESEARCH: _l("研发"),
        PresenceRole.SERVICE: _l("服务"),
    },
    Strength: {Strength.WEAK: _l("弱"), Strength.MEDIUM: _l("中"), Strength.STRONG: _l("强")},
    NeedKind: {
        NeedKind.SUPPLY: _l("配套需求"),
        NeedKind.CUSTOMER: _l("客户群体"),
        NeedKind.PARTNER: _l("生态伙伴"),
    },
    FirmState: {
        FirmState.STANDING: _l("在链"),
        FirmState.STALE: _l("满一年未核"),
        FirmState.ENDED: _l("已退出"),
    },
    FitBasis: {
        FitBasis.EXAMPLE: _l("目录举例"),
        FitBasis.KEYWORD: _l("关键词"),
        FitBasis.INDUSTRY_CODE: _l("行业代码"),
        FitBasis.BOTH: _l("关键词和行业代码"),
        FitBasis.PERSON: _l("人工指定"),
    },
    FitState: {
        FitState.SUGGESTED: _l("待核对"),
        FitState.CONFIRMED: _l("已确认"),
        FitState.REJECTED: _l("不属于"),
    },
    FoundIn: {
        FoundIn.NAME: _l("名称"),
        FoundIn.SCOPE: _l("经营范围"),
        FoundIn.CODE: _l("行业代码"),
    },
    Side: {Side.UPSTREAM: _l("上游"), Side.DOWNSTREAM: _l("下游")},
    Question: {
        Question.SUPPLIER: _l("这一环节现在由哪些企业供应？"),
        Question.BOUGHT: _l("一年采购多少，运距和账期如何？"),
        Question.FURTHER_SUPPLIER: _l("贵公司的供应商又从哪些企业采购这一环节的产品？"),
        Question.CUSTOMER: _l("产品主要卖给这一环节的哪些企业？"),
        Question.SOLD: _l("一年销售多少，运距和账期如何？"),
        Question.FURTHER_CUSTOMER: _l("贵公司的客户又把产品卖给这一环节的哪些企业？"),
        Question.COOPERATION: _l("希望怎样合作，各自出什么？"),
        Question.PARTNER_WOULD_COME: _l("上面的合作方是否有意来本区设厂或设点，看重什么条件？"),
        Question.WOULD_COME: _l("哪些企业有意在外设厂或设点，看重什么条件？"),
        Question.INTRODUCE: _l("能否请贵公司引荐，由谁对接？"),
    },
    PresenceFault: {
        PresenceFault.NO_SUCH_SEGMENT: _l("没有这个环节，请从列表中选择"),
        PresenceFault.RETIRED_SEGMENT: _l("这个环节已停用，请选择其他环节"),
        PresenceFault.STANDS_THERE: _l("这家企业已在该环节，请更正已有的一条"),
        PresenceFault.OUTPUT_WITHOUT_YEAR: _l("填了年产值，请写明是哪一年的"),
        PresenceFault.YEAR_WITHOUT_OUTPUT: _l("写了年份，请填写当年的产值"),
        PresenceFault.YEAR_OUT_OF_RANGE: _l("年份应在1990年到今年之间"),
        PresenceFault.SINCE_IN_FUTURE: _l("进入日期晚于今天，企业到位后再登记"),
        PresenceFault.ENDED_BEFORE_SINCE: _l("退出日期早于进入日期，请核对"),
        PresenceFault.ENDED_IN_FUTURE: _l("退出日期晚于今天，退出后再登记"),
        PresenceFault.HAS_ENDED: _l("已经登记退出，不能再更改"),
        PresenceFault.LAST_ANCHOR: _l(
            "三张清单里还有未满足的条目，请先登记满足或撤回，再取消它的链主身份"
        ),
    },
    FirmFault: {
        FirmFault.COMPANY_MISSING: _l("没有企业名称"),
        FirmFault.COMPANY_WRONG: _l("企业名称应为2到120个字"),
        FirmFault.CODE_WRONG: _l("统一社会信用代码有误，请核对营业执照"),
        FirmFault.COMPANY_UNCLEAR: _l("与另一家企业的名称或信用代码矛盾，分不清是哪一家"),
        FirmFault.SEGMENT_UNKNOWN: _l("没有这个环节，或名称不唯一；请填环节编码"),
        FirmFault.ROLE_UNKNOWN: _l("链上角色应为链主、配套、研发、服务之一"),
        FirmFault.STRENGTH_UNKNOWN: _l("强弱应为强、中、弱之一"),
        FirmFault.AMOUNT_UNREADABLE: _l("看不懂这个金额；表头写明单位的只填数字，否则写9600万元"),
        FirmFault.YEAR_UNREADABLE: _l("年份写四位数字"),
        FirmFault.DAY_UNREADABLE: _l("看不懂这个日期；写成2026-11-23的样子"),
        FirmFault.CHECKED_IN_FUTURE: _l("核对日期晚于今天"),
        FirmFault.ZONE_UNKNOWN: _l("没有这个组团"),
        FirmFault.KIND_UNKNOWN: _l("清单应为配套需求、客户群体、生态伙伴之一"),
        FirmFault.DESCRIPTION_MISSING: _l("没有具体内容"),
        FirmFault.TOO_LONG: _l("内容太长，请精简"),
        FirmFault.LIKE_FORMULA: _l("内容像公式，请改成文字"),
        FirmFault.ANCHOR_ROLE: _l("已登记为链主，改变角色请在企业页更正"),
        FirmFault.SAME_ROW: _l("与前面的行重复，只取前一行"),
        FirmFault.HAS_LEFT: _l("已退出的企业不导入"),
    },
    FirmColumn: {
        FirmColumn.COMPANY: _l("企业全称"),
        FirmColumn.USCC: _l("统一社会信用代码"),
        FirmColumn.CODE: _l("环节编码"),
        FirmColumn.SEGMENT: _l("环节"),
        FirmColumn.ROLE: _l("链上角色"),
        FirmColumn.STRENGTH: _l("强弱"),
        FirmColumn.OUTPUT: _l("年产值（万元）"),
        FirmColumn.YEAR: _l("产值年份"),
        FirmColumn.EVIDENCE: _l("依据"),
        FirmColumn.ZONE: _l("组团"),
        FirmColumn.SINCE: _l("进入日期"),
        FirmColumn.CHECKED: _l("最近核对"),
        FirmColumn.LEFT: _l("退出日期"),
    },
    NeedColumn: {
        NeedColumn.COMPANY: _l("链主企业"),
        NeedColumn.USCC: _l("统一社会信用代码"),
        NeedColumn.KIND: _l("清单"),
        NeedColumn.CODE: _l("环节编码"),
        NeedColumn.SEGMENT: _l("环节"),
        NeedColumn.DESCRIPTION: _l("具体内容"),
        NeedColumn.PARTNER: _l("现有或意向合作方"),
        NeedColumn.AMOUNT: _l("年金额（万元）"),
        NeedColumn.NOTED: _l("提出日期"),
        NeedColumn.MET: _l("满足日期"),
    },
    NeedFault: {
        NeedFault.NO_SUCH_SEGMENT: _l("没有这个环节，请从列表中选择"),
        NeedFault.RETIRED_SEGMENT: _l("这个环节已停用，请选择其他环节"),
        NeedFault.NOT_ANCHOR: _l("这家企业还不是任何环节的链主，请先登记它在哪个环节是链主"),
        NeedFault.NOTED_IN_FUTURE: _l("提出日期晚于今天，请核对"),
        NeedFault.MET_BEFORE_NOTED: _l("满足日期早于提出日期，请核对"),
        NeedFault.MET_IN_FUTURE: _l("满足日期晚于今天，满足后再登记"),
        NeedFault.OWN_PARTNER: _l("合作方不能是企业自己"),
    },
    SegmentLayout: {
        SegmentLayout.FOCUS: _l("重点招引"),
        SegmentLayout.EXTERNAL: _l("外部协作"),
        SegmentLayout.NONE: _l("不布局"),
    },
    EntryFault: {
        EntryFault.NO_CODE: _l("请填写编码"),
        EntryFault.BAD_CODE: _l("编码只用大写字母、数字和连字符，例如NFM-M1"),
        EntryFault.LONG_CODE: _l("编码太长"),
        EntryFault.SAME_CODE: _l("表中有两行用了这个编码"),
        EntryFault.NO_NAME: _l("请填写名称"),
        EntryFault.LONG_NAME: _l("名称最多60个字"),
        EntryFault.LONG_NAME_EN: _l("英文名最多120个字符"),
        EntryFault.BAD_WEIGHT: _l("权重填1到5的整数"),
        EntryFault.LONG_WORD: _l("有一项太长：关键词最多30个字，示例企业最多60个字"),
        EntryFault.MANY_WORDS: _l("最多100项"),
        EntryFault.BAD_INDUSTRY_CODE: _l("行业代码填国标的门类字母或2到4位数字，例如3985"),
        EntryFault.LONG_PRODUCT: _l("产品最多120个字"),
        EntryFault.LONG_ANCHOR: _l("最多300个字"),
    },
    TreeFault: {
        TreeFault.UNKNOWN: _l("没有这个环节"),
        TreeFault.UNDER_ITSELF: _l("环节不能放到自己或自己的下级里"),
        TreeFault.RETIRED_PLACE: _l("不能放到已停用的环节里"),
        TreeFault.NOT_BESIDE: _l("那个位置已有变化，请刷新后再移动"),
        TreeFault.CIRCLE: _l("上级关系成环"),
        TreeFault.OTHER_CHAIN: _l("上级属于另一条产业链或层级"),
        TreeFault.SAME_CODE: _l("编码重复"),
    },
    FileFault: {
        FileFault.NO_SHEET: _l("没有名为“环节”或“联系”的工作表，请用导出的表格填写"),
        FileFault.NO_COLUMN: _l("找不到这一列，请保留导出表格的表头"),
        FileFault.TOO_MANY_ROWS: _l("一张工作表最多5000行"),
        FileFault.BAD_TIER: _l("层级填上游、中游、下游或不分层"),
        FileFault.BAD_LAYOUT: _l("布局定位填重点招引、外部协作或不布局"),
        FileFault.BAD_YES: _l("填是或留空"),
        FileFault.NO_CHAIN: _l("顶层环节要写明产业链编码"),
        FileFault.UNKNOWN_CHAIN: _l("没有这条产业链，或已停用；请先在页面新增"),
        FileFault.UNKNOWN_GROUP: _l("没有这个链群，请先在页面新增"),
        FileFault.UNKNOWN_PARENT: _l("没有这个上级环节，或已停用"),
        FileFault.CIRCLE: _l("上级关系成环"),
        FileFault.CODE_RETIRED: _l("这个编码属于已停用的环节，请换一个编码，或先在页面恢复"),
        FileFault.IS_STOOD_ON: _l(
            "还有这么多项目、本地企业和未满足的需求在此，不能停用；请先在页面合并或移走"
        ),
        FileFault.PARTS_IN_USE: _l("下级环节还在用，请一并停用或移走"),
        FileFault.UNKNOWN_CODE: _l("没有这个编码；表中不能改编码，新增的行请把“版本”列留空"),
        FileFault.NO_VERSION: _l("这个编码已在用；要修改它，请用带“版本”列的最新导出表格"),
        FileFault.CHANGED_SINCE: _l("导出以后有人改过这一行，请重新导出再改"),
        FileFault.NOT_THERE: _l("本来就没有，不必停用或删除"),
        FileFault.UNKNOWN_SEGMENT: _l("没有这个环节，或已停用"),
        FileFault.LINK_ITSELF: _l("环节不能供给自己"),
        FileFault.LINK_TWICE: _l("表中有两行写了同一联系"),
        FileFault.LINK_CIRCLE: _l("供需联系会成环"),
    },
    LinkFault: {
        LinkFault.ITSELF: _l("环节不能供给自己"),
        LinkFault.TWICE: _l("这两个环节之间已有同向的联系"),
        LinkFault.CIRCLE: _l("供需联系会成环"),
    },
}


CHAIN_FIELD: dict[str, LazyString] = {
    "code": _l("编码"),
    "name": _l("名称"),
    "name_en": _l("英文名"),
    "kind": _l("类别"),
    "anchor": _l("园区与链主"),
    "leader_id": _l("链长"),
    "department_id": _l("牵头单位"),
    "confirmed_on": _l("专班确认"),
    "confirmed_by_id": _l("确认人"),
    "retired_on": _l("停用日期"),
    "chain_id": _l("产业链"),
    "parent_id": _l("上级环节"),
    "group_id": _l("链群"),
    "tier": _l("层级"),
    "layout": _l("布局定位"),
    "is_key": _l("关键环节"),
    "weight": _l("权重"),
    "keywords": _l("关键词"),
    "industry_codes": _l("行业代码"),
    "examples": _l("示例企业"),
    "merged_into_id": _l("并入"),
    "position": _l("次序"),
    "from_id": _l("供给环节"),
    "to_id": _l("需求环节"),
    "product": _l("产品"),
    "checked_by_id": _l("核对人"),
    "partner_id": _l("合作方"),
    "partner_name": _l("合作方"),
    "basis": _l("归链依据"),
    "score": _l("得分"),
    "state": _l("状态"),
    "matched": _l("依据的词和代码"),
    "decided_by_id": _l("决定人"),
    "decided_at": _l("决定时间"),
}
"""Chains, segments, groups and links as their forms, sheets and the trail call what is said of them."""


def stale_words(days: int) -> LazyString:
    """What marks a firm that nobody has checked for longer than the bureau set."""
    if days == STALE_AFTER_DAYS:
        return word(FirmState.STALE)
    return _l("超过%(days)s天未核", days=days)


PRESENCE_FIELD: dict[str, LazyString] = {
    "enterprise": _l("企业全称"),
    "segment": _l("环节"),
    "role": _l("链上角色"),
    "strength": _l("强弱"),
    "output_yuan": _l("年产值"),
    "output_year": _l("产值年份"),
    "evidence": _l("依据"),
    "zone": _l("组团"),
    "since_on": _l("进入日期"),
    "ended_on": _l("退出日期"),
    "checked_on": _l("最近核对"),
}
"""A local firm at a segment as the form, the list and the trail call it."""

NEED_FIELD: dict[str, LazyString] = {
    "enterprise": _l("链主企业"),
    "kind": _l("清单"),
    "segment": _l("环节"),
    "description": _l("具体内容"),
    "partner": _l("现有或意向合作方"),
    "amount_yuan": _l("年金额"),
    "noted_on": _l("提出日期"),
    "met_on": _l("满足日期"),
}
"""An entry of an anchor firm's lists as the form and the trail call it."""

_CODED: dict[str, type[StrEnum]] = {
    "role": PresenceRole,
    "strength": Strength,
    "kind": NeedKind,
}


def tell(field: str, value: object) -> object:
    """A value of the trail in words: codes, and amounts in whole yuan."""
    if value is None:
        return value
    if field in _CODED:
        return word(_CODED[field](str(value)))
    if field in {"output_yuan", "amount_yuan"}:
        return format_yuan(int(str(value)), language())
    return value


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def row_words(message: FirmMessage) -> str:
    """What is wrong with a row of a workbook, with the value it is about."""
    colon = "：" if is_chinese() else ": "
    told = str(word(message.fault))
    return f"{told}{colon}{message.value}" if message.value else told


def side_words(neighbour: Neighbour) -> str:
    """Where a missing segment lies: 直接上游, 上游的上游."""
    if neighbour.side is Side.UPSTREAM:
        return str(_l("直接上游") if neighbour.distance == 1 else _l("上游的上游"))
    return str(_l("直接下游") if neighbour.distance == 1 else _l("下游的下游"))


def placed(chain: str, segment: str) -> str:
    """A segment with its chain, both already in the reader's language."""
    return f"{chain} · {segment}"


def named(name: str, name_en: str | None) -> str:
    """The name of a chain or segment in the reader's language; without an English one the Chinese."""
    return name_en if name_en and not is_chinese() else name


TIERLESS = _l("不分层")


def tier_word(tier: Tier | None) -> LazyString:
    """The word for a tier; a segment of none is 不分层."""
    return TIERLESS if tier is None else word(tier)


def segment_name(row: Any) -> str:
    """The segment of a fit with its chain, in the reader's language."""
    return placed(named(row.chain, row.chain_en), named(row.segment, row.segment_en))


def grouped(rows: Iterable[Any]) -> dict[str, list[tuple[int, str]]]:
    """Segments by their chains, as a pick list groups them."""
    found: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        chain = named(row.chain, row.chain_en)
        found.setdefault(chain, []).append((row.id, named(row.name, row.name_en)))
    return found


def matches(row: Any) -> list[tuple[str, str]]:
    """(where, word or code) of what a fit rests on; its basis alone where no word speaks for it."""
    found = []
    for each in row.matched or ():
        place, _colon, term = str(each).partition(":")
        where = str(word(FoundIn(place))) if term and place in tuple(FoundIn) else ""
        found.append((where, term if where else str(each)))
    return found or [("", str(word(row.basis)))]


FILE_NOTES = (
    "本表由专班离线填写，填好后在“产业链”页面导入；导入前会列出全部改动和错误，确认后才保存。",
    "“环节”表一行一个环节：编码、名称必填；没写到的环节保持不变，要停用的在“停用”列填“是”。",
    "有上级的环节随上级的产业链和层级；顶层环节填产业链编码和层级（上游、中游、下游、不分层）。",
    "布局定位填重点招引、外部协作或不布局，只有重点招引的环节会亮红；关键填“是”；权重1到5，默认3。",
    "关键词、行业代码（国标门类字母或2到4位数字）、示例企业用顿号分开；链群填系统里已有的名称。",
    "“联系”表一行一对：供给环节的产品供给需求环节；可以跨产业链，不能成环；要删除的在“删除”列填“是”。",
    "“版本”列请勿改动：导出以后别人改过的行会提示，不会覆盖。新增的行留空。",
    "这些不在表中改，请到页面上改：编码、次序（调换行的先后不起作用，新增的环节排在同级最后）、环节的合并、"
    "产业链的名称、链长和牵头单位。",
)
"""The sheet 说明: for the task forces, who read Chinese whatever the reader's language."""
