"""Words for papers and for what the checkup finds."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.checkup.rules import (
    Finding,
    FindingCode,
    LimitName,
    PaperState,
    Proof,
    Weight,
)
from crm.core.language import is_chinese
from crm.core.money import format_yuan
from crm.recognition.rules import Alike
from crm.recognition.wording import word as recognition_word

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Proof: {
        Proof.SIGNING: _l("签约协议"),
        Proof.REGISTRATION: _l("营业执照"),
        Proof.START: _l("开工材料"),
        Proof.AMOUNT: _l("投资额材料"),
        Proof.REVENUE: _l("总部营收材料"),
        Proof.RANKING: _l("榜单证明"),
    },
    PaperState: {
        PaperState.IN_FOLDER: _l("已入包"),
        PaperState.NAMED: _l("有文号，缺扫描件"),
        PaperState.MISSING: _l("缺件"),
    },
    FindingCode: {
        FindingCode.CROSSED_THRESHOLD: _l("改动后越过门槛"),
        FindingCode.JUST_ABOVE: _l("正在门槛上"),
        FindingCode.FILING_BELOW: _l("备案或入统低于协议"),
        FindingCode.SPLIT_GROUP: _l("同一集团多个项目"),
        FindingCode.SHARED: _l("不同项目信息相同"),
        FindingCode.YEAR_END_BURST: _l("年末集中签约"),
        FindingCode.LATE_ENTRY: _l("签约前后才入库"),
        FindingCode.NO_TALKS: _l("签约前无洽谈记录"),
        FindingCode.YEAR_SHIFTED: _l("签约与统计不在同一年"),
    },
    LimitName: {
        LimitName.JUST_ABOVE_PERCENT: _l("高出门槛不超过"),
        LimitName.FILING_GAP_PERCENT: _l("备案低于协议超过"),
        LimitName.TOGETHER_DAYS: _l("计入日期相隔不超过"),
        LimitName.BURST_DAYS: _l("年末天数"),
        LimitName.BURST_PERCENT: _l("年末签约占比不低于"),
        LimitName.BURST_LEAST: _l("年末签约不少于"),
        LimitName.LATE_DAYS: _l("入库早于签约不足"),
    },
    Weight: {
        Weight.SERIOUS: _l("须说明"),
        Weight.NOTICE: _l("请核对"),
    },
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader's language. Raises KeyError."""
    return WORDS[type(code)][code]


def unit_word(name: LimitName) -> str:
    """The unit of a limit as it stands inside the field."""
    if name.value.endswith("percent"):
        return "%"
    return _("天") if name.value.endswith("days") else _("个")


def finding_text(finding: Finding, unit: str = "") -> str:
    """What the records show, in one neutral sentence."""
    return str(_TEXTS[finding.code]) % {
        "before": _yuan(finding.before_yuan),
        "after": _yuan(finding.after_yuan),
        "threshold": _yuan(finding.threshold_yuan),
        "percent": finding.percent or 0,
        "days": abs(finding.days or 0),
        "on": finding.on.isoformat() if finding.on else "",
        "who": finding.who or _("系统"),
        "n": len(finding.lead_ids),
        "unit": unit or _("未定单位"),
        "what": ("、" if _is_chinese() else ", ").join(
            str(recognition_word(Alike(code))) for code in finding.what
        ),
    } + (
        _("，入库晚于签约")
        if finding.code is FindingCode.LATE_ENTRY and (finding.days or 0) < 0
        else ""
    )


_TEXTS: dict[FindingCode, LazyString] = {
    FindingCode.CROSSED_THRESHOLD: _l(
        "%(who)s于%(on)s把总投资由%(before)s改为%(after)s，越过门槛%(threshold)s"
    ),
    FindingCode.JUST_ABOVE: _l("总投资%(after)s，门槛为%(threshold)s"),
    FindingCode.FILING_BELOW: _l("协议%(before)s，备案或入统%(after)s，相差%(percent)s%%"),
    FindingCode.SPLIT_GROUP: _l("%(what)s，相隔%(days)s天计入，合计%(after)s"),
    FindingCode.SHARED: _l("两个项目%(what)s"),
    FindingCode.YEAR_END_BURST: _l(
        "%(unit)s全年计入的项目有%(percent)s%%集中在%(on)s以后签约，共%(n)s个"
    ),
    FindingCode.LATE_ENTRY: _l("%(on)s入库，与签约相隔%(days)s天"),
    FindingCode.NO_TALKS: _l("%(on)s签约，此前没有实质性洽谈记录"),
    FindingCode.YEAR_SHIFTED: _l("%(on)s签约，统计日期在另一年"),
}


def _is_chinese() -> bool:
    return is_chinese()


def _yuan(yuan: int | None) -> str:
    return format_yuan(yuan or 0, "zh" if _is_chinese() else "en")


ABOUT: dict[FindingCode, LazyString] = {
    FindingCode.CROSSED_THRESHOLD: _l(
        "同一来源的总投资改后越过门槛，或改到刚好高出门槛（幅度同“正在门槛上”）。"
    ),
    FindingCode.JUST_ABOVE: _l("判定用的总投资刚好在门槛上。"),
    FindingCode.FILING_BELOW: _l("备案或入统的总投资明显低于协议。"),
    FindingCode.SPLIT_GROUP: _l("同一投资方或同一集团的几个项目在短期内分别计入。"),
    FindingCode.SHARED: _l("不同项目的本地企业、地址、法定代表人、电话等相同。"),
    FindingCode.YEAR_END_BURST: _l("一个单位全年计入的项目大多在年末签约。"),
    FindingCode.LATE_ENTRY: _l("签约前不久甚至签约以后才入库。"),
    FindingCode.NO_TALKS: _l("签约以前没有一次实质性洽谈记录。"),
    FindingCode.YEAR_SHIFTED: _l("签约日期与统计日期不在同一年。"),
}
"""What each kind of question asks about, one sentence."""

FIELD: dict[str, LazyString] = {
    **{code.value: word(code) for code in FindingCode},
    **{name.value: word(name) for name in LimitName},
}
"""The names under which a change of the settings is told."""
