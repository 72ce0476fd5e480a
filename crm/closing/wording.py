"""What closing and the bridge say: why a number differs, by name, in plain words."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.closing.rules import (
    YEAR,
    Bridge,
    Cause,
    CloseFault,
    Compare,
    CorrectionFault,
    CorrectionKind,
    ExportFault,
    Number,
    Why,
)
from crm.core import clock
from crm.core.money import format_yuan
from crm.core.web import mark
from crm.leads import wording as leads_wording
from crm.quotas.telling import subject
from crm.quotas.wording import reason_text
from crm.recognition import wording as recognition_wording

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Number: {
        Number.SIGNED: _l("已签约"),
        Number.REGISTERED: _l("已注册"),
        Number.STARTED: _l("已开工"),
        Number.CERTIFIED: _l("已认定"),
    },
    Cause: {
        Cause.NEW: _l("本期新增"),
        Cause.BACKDATED: _l("补登"),
        Cause.DAY_MOVED: _l("日期更改"),
        Cause.AMOUNT_CORRECTED: _l("金额更正"),
        Cause.EVIDENCE: _l("佐证变化"),
        Cause.RANKING: _l("榜单变化"),
        Cause.TYPE_CHANGED: _l("类型更改"),
        Cause.LOST: _l("终止或流转"),
        Cause.REVIVED: _l("恢复推进"),
        Cause.EXCLUDED: _l("列为不计入类型"),
        Cause.NOT_EXCLUDED: _l("取消不计入类型"),
        Cause.PHASE: _l("并入合同项目"),
        Cause.NOT_A_PHASE: _l("不再作为分期"),
        Cause.WITHDRAWN: _l("节点撤回"),
        Cause.OUT_OF_PERIOD: _l("不在本年度"),
        Cause.RULE_CHANGED: _l("口径变化"),
        Cause.RECOGNISED: _l("通过认定"),
        Cause.RETURNED: _l("认定退回"),
        Cause.NOT_COUNTED: _l("认定不计数"),
        Cause.MOVED: _l("改计他项"),
        Cause.PROPOSED: _l("待单位审核"),
        Cause.OTHER_LEVEL: _l("级别不同"),
        Cause.OTHER_QUOTA: _l("已计另一指标"),
        Cause.DOES_NOT_COUNT: _l("未达计数口径"),
        Cause.JUDGED_AGAIN: _l("重新判定"),
    },
    Compare: {
        Compare.DAYS: _l("两个日期"),
        Compare.CLOSED: _l("封账与现在"),
        Compare.LEVELS: _l("两级认定"),
        Compare.VERSIONS: _l("两版口径"),
    },
    CloseFault: {
        CloseFault.NOT_OVER: _l("截止日还没有过完，不能封账。"),
        CloseFault.CLOSED_ALREADY: _l("这一期已经封账，封账不能撤销。"),
        CloseFault.LATER_CLOSED: _l("后面的月份已经封账，这一期不能再封。"),
        CloseFault.YEAR_CLOSED: _l("全年已经封账，月份不能再封。"),
        CloseFault.NO_QUOTAS: _l("这一年还没有指标。"),
    },
    ExportFault: {
        ExportFault.NOT_YET: _l("这一天还没有到，不能导出。"),
        ExportFault.NO_QUOTAS: _l("这一年还没有指标。"),
    },
    CorrectionKind: {
        CorrectionKind.ADD: _l("应增1个"),
        CorrectionKind.TAKE: _l("应减1个"),
        CorrectionKind.VALUE: _l("更正金额"),
    },
    CorrectionFault: {
        CorrectionFault.COUNTED_ALREADY: _l("该项目已在这个数里，不能再增。"),
        CorrectionFault.NOT_COUNTED: _l("该项目不在这个数里。"),
        CorrectionFault.VALUE_MISSING: _l("请填更正后的金额。"),
        CorrectionFault.VALUE_UNASKED: _l("增减个数时不填金额。"),
        CorrectionFault.VALUE_NOT_YUAN: _l("请填人民币金额。"),
    },
}

MISSING = _l("敏感项目（不显示名称）")
"""In place of a name the reader may not see."""

EVENT = {
    Number.SIGNED: _l("签约日"),
    Number.REGISTERED: _l("注册日"),
    Number.STARTED: _l("开工日"),
    Number.CERTIFIED: _l("认定日"),
}
NEWLY = {
    Number.SIGNED: _l("新签约，%(day)s"),
    Number.REGISTERED: _l("新注册，%(day)s"),
    Number.STARTED: _l("新开工，%(day)s"),
    Number.CERTIFIED: _l("新认定，%(day)s"),
}
PLAIN = {
    Cause.REVIVED: _l("恢复推进，重新计入"),
    Cause.NOT_EXCLUDED: _l("不再属于不计入类型"),
    Cause.NOT_A_PHASE: _l("不再作为同一合同的分期"),
    Cause.OUT_OF_PERIOD: _l("签约不再归属本年度"),
    Cause.PROPOSED: _l("待单位审核"),
    Cause.DOES_NOT_COUNT: _l("已认定，但未达本系统的计数口径"),
    Cause.JUDGED_AGAIN: _l("重新判定"),
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def why_text(why: Why, number: Number) -> str:
    """Why a lead entered or left a number, in one sentence without full stop."""
    day, old_day = _day(why.day), _day(why.old_day)
    match why.cause:
        case Cause.NEW:
            return str(NEWLY[number]) % {"day": day}
        case Cause.BACKDATED:
            known = _day(clock.office_day(why.known_at)) if why.known_at else ""
            return _(
                "补登：%(event)s%(day)s，%(known)s录入",
                event=EVENT[number], day=day, known=known,
            )  # fmt: skip
        case Cause.DAY_MOVED:
            return _("%(event)s由%(old)s改为%(new)s", event=EVENT[number], old=old_day, new=day)
        case Cause.AMOUNT_CORRECTED:
            return _amount_text(why)
        case Cause.WITHDRAWN:
            return _("%(event)s%(day)s的记录已撤回", event=EVENT[number], day=day)
        case Cause.RULE_CHANGED | Cause.EVIDENCE | Cause.RANKING | Cause.TYPE_CHANGED:
            return _with_reasons(why)
        case Cause.LOST | Cause.EXCLUDED | Cause.PHASE:
            return reasons_text(why)
        case Cause.OTHER_LEVEL:
            level = recognition_wording.word(why.level) if why.level else ""
            return _("还没有%(level)s的决定", level=level)
        case Cause.OTHER_QUOTA if why.level and why.other:
            return _(
                "%(level)s已计入“%(other)s”",
                level=recognition_wording.word(why.level),
                other=subject(why.other.label, why.other.label_en),
            )
        case Cause.RECOGNISED:
            return _("通过认定，%(day)s", day=day)
        case Cause.RETURNED | Cause.NOT_COUNTED | Cause.MOVED:
            said = f"{word(why.cause)}{mark('，', ', ')}{day}"
            return f"{said}{mark('：', ': ')}{why.note}" if why.note else said
        case _:
            return str(PLAIN[why.cause])


def _amount_text(why: Why) -> str:
    text = _(
        "%(field)s由%(old)s更正为%(new)s",
        field=leads_wording.word(why.field) if why.field else "",
        old=_yuan(why.old_yuan), new=_yuan(why.new_yuan),
    )  # fmt: skip
    threshold = next((reason.threshold for reason in why.reasons if reason.threshold), None)
    if threshold is None:
        return text
    return text + _("（门槛%(threshold)s）", threshold=_yuan(threshold))


def _with_reasons(why: Why) -> str:
    told = reasons_text(why)
    return f"{word(why.cause)}{mark('：', ': ')}{told}" if told else str(word(why.cause))


def reasons_text(why: Why) -> str:
    return mark("；", "; ").join(dict.fromkeys(reason_text(reason) for reason in why.reasons))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _yuan(yuan: int | None) -> str:
    return format_yuan(yuan or 0, mark("zh", "en"))


def change_text(label: str, number: str, one: Bridge) -> str:
    """“大项目已签约由9个变为8个：增1个，减2个”."""
    return _(
        "%(label)s%(number)s由%(start)s个变为%(end)s个：增%(entered)s个，减%(left)s个",
        label=label, number=number, start=one.start, end=one.end,
        entered=len(one.entered), left=len(one.left),
    )  # fmt: skip


def same_text(label: str, numbers: Sequence[tuple[str, int]]) -> str:
    """“大项目没有变化：已注册2个、已开工1个”."""
    told = mark("、", ", ").join(
        _("%(number)s%(n)s个", number=number, n=n) for number, n in numbers
    )
    return _("%(label)s没有变化：%(numbers)s", label=label, numbers=told)


def period_text(year: int, month: int) -> str:
    """2026年10月, or 2026年全年."""
    if month == YEAR:
        return _("%(year)s年全年", year=year)
    return _("%(year)s年%(month)s月", year=year, month=month)
