"""The words of the outlook."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.leads import wording as leads_wording
from crm.outlook.rules.books import Book, DropCause, Finding, FindingCode, Fit

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
}
"""One text for every member of every code of the outlook."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of the outlook, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def finding_text(finding: Finding) -> str:
    """One finding in a few words: what is so, and for how long."""
    day = finding.on.isoformat() if finding.on else ""
    confidence = str(leads_wording.word(finding.confidence)) if finding.confidence else ""
    match finding.code:
        case FindingCode.STAGE:
            stage = leads_wording.word(finding.stage) if finding.stage else ""
            return _("处于%(stage)s阶段", stage=stage)
        case FindingCode.DAY_WITHIN:
            return _("预计%(day)s签约，在期内", day=day)
        case FindingCode.DAY_OVERDUE:
            return _("预计%(day)s签约，已过%(days)s天", day=day, days=finding.days)
        case FindingCode.DAY_BEYOND:
            return _("预计%(day)s签约，在期外", day=day)
        case FindingCode.DAY_MISSING:
            return _("未填预计签约日期")
        case FindingCode.NEVER_SLIPPED:
            return _("签约日期未推迟过")
        case FindingCode.SLIPPED:
            return _("签约日期推迟过%(n)s次，共%(days)s天", n=finding.count, days=finding.days)
        case FindingCode.CONFIDENCE:
            return _("把握%(level)s，%(day)s填写", level=confidence, day=day)
        case FindingCode.CONFIDENCE_STALE if finding.days is None:
            return _("把握%(level)s，未注明填写日期", level=confidence)
        case FindingCode.CONFIDENCE_STALE:
            return _("把握%(level)s是%(days)s天前填写的", level=confidence, days=finding.days)
        case FindingCode.CONFIDENCE_MISSING:
            return _("未填把握")
        case FindingCode.CRITERIA_MET:
            return _("符合计入口径")
        case FindingCode.CRITERIA_PENDING:
            return _("口径待佐证")
        case FindingCode.CRITERIA_NEAR:
            return _("还不符合口径，接近门槛")
