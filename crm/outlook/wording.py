"""The words of the outlook."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

from flask_babel import LazyString, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.language import is_chinese
from crm.leads import wording as leads_wording
from crm.outlook.rules.books import Book, DropCause, Finding, FindingCode, Fit
from crm.outlook.rules.forecasting import Assumed, Ending, Flag
from crm.outlook.rules.saying import Counted
from crm.quotas.wording import day_text

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Book: {
        Book.CERTAIN: _l("确保"),
        Book.STRIVE: _l("争取"),
        Book.RESERVE: _l("储备"),
    },
    Fit: {
        Fit.COUNTS: _l("符合口径"),
        Fit.PENDING: _l("口径待佐证"),
        Fit.NEAR: _l("接近门槛"),
    },
    DropCause: {
        DropCause.SIGNED: _l("已签约，原调整失效"),
        DropCause.LOST: _l("已终止或流转，原调整失效"),
        DropCause.PARKED: _l("已暂缓，原调整失效"),
        DropCause.CRITERIA: _l("按口径已不能计入，原调整失效"),
    },
    FindingCode: {
        FindingCode.STAGE: _l("处于%(stage)s阶段"),
        FindingCode.DAY_WITHIN: _l("预计%(day)s签约，在期内"),
        FindingCode.DAY_OVERDUE: _l("预计%(day)s签约，已过%(days)s天"),
        FindingCode.DAY_BEYOND: _l("预计%(day)s签约，在期外"),
        FindingCode.DAY_MISSING: _l("未填预计签约日期"),
        FindingCode.NEVER_SLIPPED: _l("签约日期未推迟过"),
        FindingCode.SLIPPED: _l("签约日期推迟过%(n)s次，共%(days)s天"),
        FindingCode.CONFIDENCE: _l("把握%(level)s，%(day)s填写"),
        FindingCode.CONFIDENCE_STALE: _l("把握%(level)s是%(days)s天前填写的"),
        FindingCode.CONFIDENCE_MISSING: _l("未填把握"),
        FindingCode.CRITERIA_MET: _l("符合计入口径"),
        FindingCode.CRITERIA_PENDING: _l("口径待佐证"),
        FindingCode.CRITERIA_NEAR: _l("还不符合口径，接近门槛"),
    },
    Counted: {
        Counted.RECOGNISED: lazy_pgettext("number", "认定"),
        Counted.AWAITING: _l("待认定"),
        Counted.CERTAIN: _l("确保"),
        Counted.STRIVE: _l("争取"),
        Counted.RESERVE: _l("储备"),
    },
    Ending: {
        Ending.ADVANCE: _l("推进"),
        Ending.LOST: _l("终止"),
        Ending.PARKED: _l("暂缓"),
        Ending.RETURNED: _l("退回"),
    },
    Assumed: {
        Assumed.SIGNED: _l("假设签约"),
        Assumed.LOST: _l("假设终止"),
    },
    Flag: {
        Flag.TOO_FEW_TRANSITIONS: _l("同类项目的历史变动太少，只给范围和名单，不给百分比。"),
        Flag.FLAT_MONTHS: _l("历史不足两年，按各月相同计算。"),
        Flag.LABELLED_PRIOR_ARRIVALS: _l("尚未入库的项目数是假设，不是本区历史。"),
        Flag.NO_ARRIVALS: _l("未计入尚未入库的项目。"),
        Flag.CEREMONIES_JOINED: _l("集中签约超过四场，较小的几场按一起推迟计算。"),
        Flag.EXCLUSIVE_OVER_TWO: _l("互斥指标超过两个，不给全部完成的概率。"),
        Flag.P_ALL_AT_LEAST: _l("有项目同时计入几个指标，全部完成的概率是下限。"),
    },
}
"""One text for every member of every code of the outlook."""


BAND_WORDS: dict[str, LazyString] = {
    "over_50yi": _l("50亿元以上"),
    "over_5yi": _l("5亿至50亿元"),
    "under_5yi": _l("5亿元以下或未填金额"),
}
"""The size bands leads are pooled by."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of the outlook, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def finding_text(finding: Finding) -> str:
    """One finding in a few words: what is so, and for how long."""
    is_undated = finding.code is FindingCode.CONFIDENCE_STALE and finding.days is None
    text = _l("把握%(level)s，未注明填写日期") if is_undated else word(finding.code)
    return str(text) % {
        "stage": leads_wording.word(finding.stage) if finding.stage else "",
        "day": finding.on.isoformat() if finding.on else "",
        "level": leads_wording.word(finding.confidence) if finding.confidence else "",
        "days": finding.days,
        "n": finding.count,
    }


SAID = (Counted.RECOGNISED, Counted.AWAITING, None, Counted.CERTAIN, Counted.STRIVE)
"""What the line says, in this order; None stands for 应达."""


class Said(Protocol):
    """What is said of one quota, with or without the leads behind it."""

    @property
    def code(self) -> str: ...
    @property
    def due(self) -> int | None: ...
    def count(self, number: Counted) -> int: ...


def said_text(said: Said) -> str:
    """One quota in the line: 认定6、待认定3、应达9、确保2、争取4."""
    is_english = not is_chinese()
    parts = [
        _("应达%(n)s", n=said.due)
        if number is None
        else f"{word(number)}{' ' if is_english else ''}{said.count(number)}"
        for number in SAID
    ]
    return (", " if is_english else "、").join(parts)


def line_text(said: Sequence[Said], names: Mapping[str, str], on: date) -> str:
    """The whole line to read out or paste; `names` are the quotas' names by code."""
    is_english = not is_chinese()
    parts = [f"{names[each.code]}{': ' if is_english else ''}{said_text(each)}" for each in said]
    return _(
        "截至%(day)s，%(parts)s。",
        day=day_text(on),
        parts=("; " if is_english else "；").join(parts),
    )
