"""Words for the codes of recognition."""

from collections.abc import Iterable
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _pl

from crm.core.language import is_chinese
from crm.recognition.rules import (
    Alike,
    Answer,
    Appealed,
    Barred,
    Change,
    Counting,
    Decided,
    Level,
    Ruling,
    Task,
    WhyNot,
)

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Level: {
        Level.UNIT: _l("申报"),
        Level.DISTRICT: _l("区认定"),
        Level.CITY: _l("市核定"),
    },
    Decided: {
        Decided.PROPOSED: _l("待单位审核"),
        Decided.APPROVED: _l("通过"),
        Decided.RETURNED: _pl("decision", "退回"),
        Decided.NOT_COUNTED: _l("认定不计数"),
        Decided.MOVED: _l("改计他项"),
    },
    Ruling: {
        Ruling.DISTINCT: _l("两个独立项目"),
        Ruling.LINKED: _l("同一合同的分期"),
    },
    Answer: {
        Answer.ACCEPTED: _l("申诉成立"),
        Answer.REJECTED: _l("维持原决定"),
    },
    Appealed: {
        Appealed.OPEN: _l("申诉待答复"),
        Appealed.ACCEPTED: _l("申诉成立"),
        Appealed.REJECTED: _l("申诉后维持原决定"),
    },
    Task: {
        Task.ANSWER: _l("申诉答复"),
        Task.REVIEW: _l("复核"),
        Task.CERTIFY: _l("区认定"),
        Task.CONFIRM: _l("登记市核定"),
        Task.APPROVE: _l("单位审核"),
        Task.REPLY: _l("补正或申诉"),
        Task.PROPOSE: _l("申报"),
    },
    Barred: {
        Barred.OWN: _l("单位负责人%(names)s本人负责、协办或包挂，不能自审"),
        Barred.NOT_NAMED: _l("单位负责人不在这一敏感项目的名单内"),
        Barred.NO_HEAD: _l("项目所在单位没有在岗的负责人"),
    },
    Change: {
        Change.NO_LONGER_COUNTS: _l("通过以后不再可计入"),
        Change.OTHER_PERIOD: _l("统计日期已不在这一年度"),
        Change.FELL_BELOW: _l("%(field)s降到门槛%(threshold)s以下"),
        Change.ROSE_ABOVE: _l("%(field)s升到门槛%(threshold)s以上（含）"),
    },
    Alike: {
        Alike.SAME_INVESTOR: _l("同一投资方"),
        Alike.SAME_GROUP: _l("投资方属同一集团"),
        Alike.SAME_ENTITY: _l("同一注册公司"),
        Alike.SAME_ADDRESS: _l("地址相同"),
        Alike.SAME_REPRESENTATIVE: _l("法定代表人相同"),
        Alike.SAME_CONTACT: _l("联系电话相同"),
        Alike.SAME_CONTRACT: _l("同一合同"),
        Alike.SAME_TITLE: _l("项目名称相同"),
        Alike.PHASE_TITLE: _l("名称只差期次"),
    },
    WhyNot: {
        WhyNot.NOT_YOURS: _l("这一步由项目所在单位或有权的负责人办理"),
        WhyNot.OWN_LEAD: _l("本人负责、协办或包挂的项目，请由其他负责人决定"),
        WhyNot.PERIOD_CLOSED: _l("这一年度已封账；更正请走封账后的更正"),
        WhyNot.OTHER_PERIOD: _l("统计日期不在这一年度"),
        WhyNot.EXCLUDED: _l("属于不计数的类型"),
        WhyNot.NOT_COUNTING: _l("判定为不计入"),
        WhyNot.PENDING: _l("判定为待补佐证，补齐材料后再报"),
        WhyNot.EVENT_MISSING: _l("尚未到计数节点"),
        WhyNot.PAPERS_MISSING: _l("计数节点的日期或材料还没有补齐"),
        WhyNot.ALREADY_PROPOSED: _l("已申报，等待单位负责人审核"),
        WhyNot.ALREADY_APPROVED: _l("本单位已审核通过"),
        WhyNot.NOT_PROPOSED: _l("还没有人申报"),
        WhyNot.NOT_AT_LOWER: _l("上一级还没有通过"),
        WhyNot.NO_BATCH: _l("请选择批次"),
        WhyNot.BATCH_CLOSED: _l("这一批次已封存；更正请在新批次中作出"),
        WhyNot.BATCH_OTHER_LEVEL: _l("批次属于另一级"),
        WhyNot.BATCH_OTHER_YEAR: _l("批次属于另一年度"),
        WhyNot.NO_DOCUMENT: _l("批次还没有文号或会议纪要"),
        WhyNot.DAY_AHEAD: _l("批次的决定日期还没有到"),
        WhyNot.EARLIER_THAN_LAST: _l("这一级有日期更晚的决定"),
        WhyNot.CREDITED_ELSEWHERE: _l("已在同组的另一指标认定，一个项目只计一次"),
        WhyNot.LOOKS_TWICE: _l("疑似与其他项目重复，请先确认是否同一项目"),
        WhyNot.REASON_MISSING: _l("请写明理由"),
        WhyNot.NOT_APPROVED_HERE: _l("这一级没有通过这个项目，无从改计"),
        WhyNot.NOT_OF_GROUP: _l("只能在互斥的指标之间改计"),
        WhyNot.NOTHING_TO_APPEAL: _l("只有现行的退回或不计数决定可以申诉"),
        WhyNot.ALREADY_APPEALED: _l("这一决定已经申诉过"),
    },
}
"""One text for every member of every code people see."""

COUNTING = {
    Counting.REPEAT: _l("可重复口径"),
    Counting.ONCE: _l("不重复口径"),
    **{Counting(level.value): WORDS[Level][level] for level in Level},
}
"""What a sum counts, in words."""

TONES = {
    Decided.PROPOSED: ("info", "hourglass"),
    Decided.APPROVED: ("good", "circle-check"),
    Decided.RETURNED: ("warn", "arrow-back-up"),
    Decided.NOT_COUNTED: ("", "circle-x"),
    Decided.MOVED: ("", "arrows-diff"),
}
"""How a decision looks on a badge, beside its word."""


def word(code: StrEnum) -> LazyString:
    """The word for a code, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


def joined(texts: Iterable[object]) -> str:
    """Several short texts in one line."""
    mark = "、" if is_chinese() else ", "
    return mark.join(str(text) for text in texts)
