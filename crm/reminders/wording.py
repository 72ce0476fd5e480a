"""Words for the codes of reminders."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.reminders.rules import DueKind, Level, ReminderKind, ReminderState, Scope, Timing
from crm.reminders.rules.answers import Answer, AnswerFault
from crm.reminders.rules.settings import SettingFault
from crm.reminders.rules.tokens import TokenFault

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    DueKind: {
        DueKind.DUE: _l("今日到期"),
        DueKind.OVERDUE: _l("已逾期"),
    },
    ReminderKind: {
        ReminderKind.NEXT_ACTION: _l("下一步工作"),
        ReminderKind.FIRST_RESPONSE: _l("首次响应"),
        ReminderKind.SCREENING: _l("初步研判"),
        ReminderKind.REFERRER_FEEDBACK: _l("向引荐人反馈"),
        ReminderKind.QUIET: _l("久未推进"),
        ReminderKind.NOT_REGISTERED: _l("签约未注册"),
        ReminderKind.NOT_STARTED: _l("注册未开工"),
        ReminderKind.EXPECTED_SIGNING: _l("预计签约临近"),
        ReminderKind.EXPECTED_LANDING: _l("预计落地临近"),
        ReminderKind.EVIDENCE: _l("待补佐证"),
        ReminderKind.QUOTA_BEHIND: _l("任务落后于应达"),
        ReminderKind.TRIP_REPORT: _l("外出招商报告"),
        ReminderKind.AGREED_DATE: _l("约定日期"),
        ReminderKind.INSTRUCTION: _l("交办单"),
    },
    Level: {
        Level.OWNER: _l("责任人"),
        Level.UNIT_HEAD: _l("单位负责人"),
        Level.DIRECTOR: _l("局领导"),
    },
    ReminderState: {
        ReminderState.OPEN: _l("待处理"),
        ReminderState.ACKNOWLEDGED: _l("已知悉"),
        ReminderState.SNOOZED: _l("稍后提醒"),
        ReminderState.DONE: _l("已办"),
        ReminderState.SETTLED: _l("已办结"),
        ReminderState.WITHDRAWN: _l("已撤销"),
    },
    Timing: {
        Timing.AT_ONCE: _l("立即"),
        Timing.DAILY: _l("每日汇总"),
        Timing.WEEKLY: _l("每周汇总"),
        Timing.OFF: _l("不提醒"),
    },
    SettingFault: {
        SettingFault.NO_STEPS: _l("至少填写一档天数"),
        SettingFault.TOO_MANY_STEPS: _l("最多六档"),
        SettingFault.UNREADABLE: _l("请写成“代码:天数”，用逗号分开，如 notice:14,yellow:30"),
        SettingFault.TWICE: _l("同一档出现了两次"),
        SettingFault.TOO_FAR: _l("天数不能超过2000"),
        SettingFault.NOT_RISING: _l("天数应从小到大，各不相同"),
        SettingFault.DIRECTOR_FIRST: _l("上报局领导不能早于上报单位负责人"),
    },
    Answer: {
        Answer.ACKNOWLEDGE: _l("知悉"),
        Answer.SNOOZE: _l("稍后提醒"),
        Answer.DONE: _l("办结"),
        Answer.REOPEN: _l("恢复为待处理"),
    },
    AnswerFault: {
        AnswerFault.NOT_YOURS: _l("只有本人，或本人外出期间的代理人，才能答复"),
        AnswerFault.OVER: _l("这件事已不再到期，不用答复了"),
        AnswerFault.ALREADY: _l("已经办过"),
        AnswerFault.NOTHING_TO_TAKE_BACK: _l("还没有答复，不用恢复"),
        AnswerFault.NO_DAY: _l("请选择哪天再提醒"),
        AnswerFault.NOT_LATER: _l("请选择今天之后的日子"),
        AnswerFault.DAY_OFF: _l("这一天不上班，请选择工作日"),
        AnswerFault.TOO_FAR: _l("最多推后14天"),
        AnswerFault.TOO_OFTEN: _l("已经推后3次，请知悉或办结"),
        AnswerFault.NO_REASON: _l("第二次起请写明推后的理由"),
        AnswerFault.NOTE_TOO_LONG: _l("最多200个字"),
    },
    TokenFault: {
        TokenFault.TAMPERED: _l("链接不完整或被改动过"),
        TokenFault.EXPIRED: _l("链接已过期"),
    },
    Scope: {
        Scope.MINE: _l("我的"),
        Scope.UNIT: _l("本单位"),
        Scope.ALL: _l("全部"),
    },
}
"""One text for every member of every code people see."""

ANSWER_FIELD = {
    "state": _l("状态"),
    "snoozed_until": _l("再次提醒"),
    "snoozes": _l("已推后次数"),
    "note": _l("说明"),
}
"""The facts of a reminder as its answers change them."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
