"""Words for the codes of reminders."""

from enum import StrEnum
from typing import Any

from flask_babel import LazyString, gettext, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.wording import WAY
from crm.core.language import language
from crm.core.money import format_yuan
from crm.core.web import mark
from crm.leads.rules import Light, Stage
from crm.leads.wording import word as lead_word
from crm.reminders.rules import DueKind, Level, ReminderKind, ReminderState, Scope, Timing
from crm.reminders.rules.absence import AbsenceFault
from crm.reminders.rules.answers import Answer, AnswerFault
from crm.reminders.rules.settings import MONTHLY, Setting, SettingFault, steps
from crm.reminders.rules.telling import KindChoice, TimingFault
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
        SettingFault.NO_SCOPE: _l("请至少说明一项：阶段、总部或实体、金额"),
        SettingFault.SAME_SCOPE: _l("已有同样范围的设置，请直接修改那一条"),
    },
    AbsenceFault: {
        AbsenceFault.ENDS_FIRST: _l("结束日期不能早于开始日期"),
        AbsenceFault.OVER: _l("结束日期已经过去"),
        AbsenceFault.TOO_LONG: _l("一次最多一年；更长时间请把项目移交他人"),
        AbsenceFault.SELF: _l("代理人不能是本人"),
        AbsenceFault.NOT_AT_WORK: _l("请选择在岗、能看项目的同事"),
        AbsenceFault.OVERLAPS: _l("这段时间与已登记的外出重叠"),
    },
    TimingFault: {
        TimingFault.NEVER_OFF: _l("这一类提醒不能关闭"),
    },
    Answer: {
        Answer.ACKNOWLEDGE: _l("知悉"),
        Answer.SNOOZE: _l("稍后提醒"),
        Answer.DONE: _l("办结"),
        Answer.REOPEN: _l("恢复为待处理"),
    },
    AnswerFault: {
        AnswerFault.NOT_YOURS: _l("只有本人，或本人外出期间的代理人，才能答复"),
        AnswerFault.ON_ITS_PAGE: _l("交办单请在它的页面回执或办结"),
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


def nameless(is_sensitive: bool) -> str:
    """What stands for the name of a lead its reader may not open."""
    return _("敏感项目，仅名单内人员可见") if is_sensitive else _("您看不到的项目")


ANSWER_FIELD = {
    "state": _l("状态"),
    "snoozed_until": _l("再次提醒"),
    "snoozes": _l("已推后次数"),
    "note": _l("说明"),
}
"""The facts of a reminder as its answers change them."""
STEP: dict[str, LazyString] = {
    "due": _l("到期"),
    "soon": _l("临期提醒"),
    **{light.value: lead_word(light) for light in Light if light is not Light.GREEN},
    "d60": _l("第一次预告"),
    "d30": _l("第二次预告"),
    "d7": _l("最后预告"),
    "d3": _l("预告"),
    "passed": _l("日期已过"),
    "month": _l("每月1日"),
}
"""What a step is called, by its code."""
COUNTED_FROM: dict[ReminderKind, LazyString] = {
    ReminderKind.NEXT_ACTION: _l("从下一步工作的时限算起"),
    ReminderKind.FIRST_RESPONSE: _l("从登记线索的日期算起，到首次联系为止"),
    ReminderKind.SCREENING: _l("从登记线索的日期算起，到记录研判为止"),
    ReminderKind.REFERRER_FEEDBACK: _l("从登记线索、之后从有结果的日期算起，到反馈为止"),
    ReminderKind.QUIET: _l("在谈项目，从本阶段最近一次实质进展算起；备注不算进展"),
    ReminderKind.NOT_REGISTERED: _l("从签约的日期算起，到注册为止"),
    ReminderKind.NOT_STARTED: _l("已注册的项目，从签约的日期算起，到开工为止"),
    ReminderKind.EXPECTED_SIGNING: _l("以预计签约日期为准"),
    ReminderKind.EXPECTED_LANDING: _l("以预计落地日期为准"),
    ReminderKind.EVIDENCE: _l("从应有佐证的事件算起，到材料补齐为止"),
    ReminderKind.QUOTA_BEHIND: _l("每月1日起告知局领导，到赶上应达为止"),
    ReminderKind.TRIP_REPORT: _l("从外出返回的日期算起，到交报告为止"),
    ReminderKind.AGREED_DATE: _l("以约定日期为准，到办结为止"),
    ReminderKind.INSTRUCTION: _l("以交办的办结时限为准"),
}
"""From which day a kind counts, as a sentence beside its days."""


def step_name(kind: ReminderKind, step: str) -> LazyString | str:
    """What a step of a kind is called; the code itself where an older setting has another one."""
    if kind is ReminderKind.AGREED_DATE and step == "d30":
        return STEP["d60"]
    return STEP.get(step, step)


SETTING_FIELD: dict[str, LazyString] = {
    "stage": _l("阶段"),
    "is_headquarters": _l("总部或实体"),
    "at_least_yuan": _l("金额从"),
    "is_on": _l("启用"),
    "steps": _l("天数"),
    "in_working_days": _l("按工作日计算"),
    "to_unit_head_after": _l("上报单位负责人"),
    "to_director_after": _l("上报局领导"),
    "timing": _l("默认提醒方式"),
    "may_be_off": _l("个人可以关闭"),
    "counts_from": _l("自哪天起算"),
}
"""The facts of a setting as the form calls them."""
CHOICE_FIELD: dict[str, LazyString] = {
    **{kind.value: words for kind, words in WORDS[ReminderKind].items()},
    "most_at_once": _l("每天最多几条即时提醒"),
    "locale": _l("语言"),
    "way": _l("通过哪里收到"),
}
"""What a person chooses, as the page calls it."""


def choice_word(choice: KindChoice) -> LazyString:
    """How somebody is told of a kind: 每日汇总, or 立即，短信 where it goes another way."""
    if choice.way is None:
        return word(choice.timing)
    return _l("立即，%(way)s", way=WAY[choice.way])


def kept_choice_word(code: str) -> LazyString | str:
    """As the trail keeps it (`KindChoice.code`); what another version knew stands as it is."""
    try:
        return choice_word(KindChoice.of(code))
    except ValueError:
        return code


ABSENCE_FIELD: dict[str, LazyString] = {
    "user_id": _l("谁外出"),
    "delegate_id": _l("代理人"),
    "starts_on": _l("从"),
    "ends_on": _l("到"),
    "note": _l("说明"),
}
"""The facts of an absence as the form calls them."""


def days_word(days: int, *, in_working_days: bool = False) -> str:
    """When a step is reached, counted from its base day: 提前30天, 当天, 14天后, 3个工作日后."""
    if days < 0:
        return ngettext("提前%(num)s天", "提前%(num)s天", -days)
    if days == 0:
        return gettext("当天")
    if in_working_days:
        return ngettext("%(num)s个工作日后", "%(num)s个工作日后", days)
    return ngettext("%(num)s天后", "%(num)s天后", days)


def steps_word(setting: Setting) -> str:
    """The steps of a setting as a line: 提醒 14天后、黄灯 30天后."""
    if setting.kind in MONTHLY and not setting.steps[0].days:
        return gettext("每月1日起")
    return mark("、", ", ").join(
        f"{step_name(setting.kind, step.code)} "
        f"{days_word(step.days, in_working_days=setting.in_working_days)}"
        for step in setting.steps
    )


def kept_steps_word(text: str) -> str:
    """The steps as the trail keeps them, `notice:14,yellow:30`, in words."""
    try:
        found = steps(text)
    except ValueError:
        return text
    return mark("、", ", ").join(f"{STEP.get(each.code, each.code)} {each.days}" for each in found)


def scope_word(setting: Setting) -> str:
    """Which leads a setting is for: 洽谈、总部项目、5亿元以上."""
    said = []
    if setting.stage is not None:
        said.append(str(lead_word(setting.stage)))
    if setting.is_headquarters is not None:
        said.append(gettext("总部项目") if setting.is_headquarters else gettext("实体项目"))
    if setting.at_least_yuan is not None:
        amount = format_yuan(setting.at_least_yuan, language())
        said.append(gettext("%(amount)s及以上", amount=amount))
    return mark("、", ", ").join(said) or gettext("全部项目")


def setting_value(kind: ReminderKind, name: str, value: Any) -> Any:
    """A kept value of a setting as people read it."""
    if value is None:
        return gettext("从不") if name.startswith("to_") else gettext("不限")
    match name:
        case "stage":
            return lead_word(Stage(value))
        case "is_headquarters":
            return gettext("总部项目") if value else gettext("实体项目")
        case "at_least_yuan":
            return format_yuan(value, language())
        case "steps":
            return steps_word(Setting(kind, steps(value)))
        case "timing":
            return word(Timing(value))
        case "counts_from":
            return str(value)
        case "is_on" | "in_working_days" | "may_be_off":
            return gettext("是") if value else gettext("否")
    return ngettext("%(num)s个工作日后", "%(num)s个工作日后", value)


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
