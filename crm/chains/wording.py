"""The words for the codes of chains."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.chains.rules import ChainKind, NeedKind, PresenceRole, Strength, Tier
from crm.chains.rules.neighbours import Side
from crm.chains.rules.presence import FirmState, NeedFault, PresenceFault
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
    Side: {Side.UPSTREAM: _l("上游"), Side.DOWNSTREAM: _l("下游")},
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
    NeedFault: {
        NeedFault.NO_SUCH_SEGMENT: _l("没有这个环节，请从列表中选择"),
        NeedFault.RETIRED_SEGMENT: _l("这个环节已停用，请选择其他环节"),
        NeedFault.NOT_ANCHOR: _l("这家企业还不是任何环节的链主，请先登记它在哪个环节是链主"),
        NeedFault.NOTED_IN_FUTURE: _l("提出日期晚于今天，请核对"),
        NeedFault.MET_BEFORE_NOTED: _l("满足日期早于提出日期，请核对"),
        NeedFault.MET_IN_FUTURE: _l("满足日期晚于今天，满足后再登记"),
        NeedFault.OWN_PARTNER: _l("合作方不能是企业自己"),
    },
}


PRESENCE_FIELD: dict[str, LazyString] = {
    "enterprise": _l("本地企业"),
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


def placed(chain: str, segment: str) -> str:
    """A segment with its chain, both already in the reader's language."""
    return f"{chain} · {segment}"


def named(name: str, name_en: str | None) -> str:
    """The name of a chain or segment in the reader's language; without an English one the Chinese."""
    return name_en if name_en and not is_chinese() else name
