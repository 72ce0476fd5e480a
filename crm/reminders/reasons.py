"""The sentence that says why somebody is reminded, the same in mail, inbox and command."""

from collections.abc import Callable
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.checkup.wording import word as paper_word
from crm.core.language import is_chinese
from crm.leads.rules import Light
from crm.leads.wording import word as lead_word
from crm.reminders.rules.grounds import Ground
from crm.reminders.rules.kinds import ReminderKind

LIGHTS = {light.value: lead_word(light) for light in Light if light is not Light.GREEN}
"""Steps that are lights; every other step is said by its days."""


def step_word(code: str, days: int | None = None) -> str:
    """A step of a kind in one word: its light, or how many days before or after its day."""
    if code in LIGHTS:
        return str(LIGHTS[code])
    if days is None:
        return code
    if days < 0:
        return ngettext("提前%(num)s天", "提前%(num)s天", -days)
    if days == 0:
        return _("当天")
    return ngettext("满%(num)s天", "满%(num)s天", days)


def reason(ground: Ground, today: date) -> str:
    """Why a person is reminded of something today, in the reader’s language, as one sentence."""
    return _SAID[ground.kind](ground, today)


def _next_action(ground: Ground, today: date) -> str:
    late = (today - ground.due_on).days
    if late <= 0:
        return _("下一步工作今日到期")
    return ngettext("下一步工作已逾期%(num)s天", "下一步工作已逾期%(num)s天", late)


def _first_response(ground: Ground, today: date) -> str:
    return _("录入后%(time)s应首次响应，%(late)s", time=_time(ground), late=_late(ground, today))


def _screening(ground: Ground, today: date) -> str:
    return _(
        "录入后%(time)s应作出初步研判，%(late)s", time=_time(ground), late=_late(ground, today)
    )


def _referrer_feedback(ground: Ground, today: date) -> str:
    late = _late(ground, today)
    stage = ground.stage
    if stage is not None and (stage.is_off_ramp or stage.is_signed):
        return _(
            "项目已%(stage)s，%(time)s应向引荐人反馈，%(late)s",
            stage=lead_word(stage), time=_time(ground), late=late,
        )  # fmt: skip
    return _("录入后%(time)s应向引荐人反馈，%(late)s", time=_time(ground), late=late)


def _quiet(ground: Ground, today: date) -> str:
    if ground.counted_from is not None:
        return _with_light(_("在谈项目久未推进"), ground)
    days = ground.days_since(today)
    if days is None:
        return _("在谈项目自%(day)s起久未推进", day=ground.due_on.isoformat())
    said = ngettext("在谈%(num)s天没有实质进展", "在谈%(num)s天没有实质进展", days)
    return _with_light(said, ground)


def _not_registered(ground: Ground, today: date) -> str:
    if ground.counted_from is not None:
        return _with_light(_("签约后尚未注册"), ground)
    days = ground.days_since(today)
    if days is None:
        return _("签约后尚未注册")
    said = ngettext("签约%(num)s天尚未注册", "签约%(num)s天尚未注册", days)
    return _with_light(said, ground)


def _not_started(ground: Ground, today: date) -> str:
    if ground.counted_from is not None:
        return _with_light(_("注册后尚未开工"), ground)
    days = ground.days_since(today)
    if days is None:
        return _("注册后尚未开工")
    said = ngettext("签约%(num)s天尚未开工", "签约%(num)s天尚未开工", days)
    return _with_light(said, ground)


def _expected_signing(ground: Ground, today: date) -> str:
    days = ground.days_since(today)
    if days is None:
        return _("预计签约日临近")
    if days < 0:
        return ngettext("距预计签约日还有%(num)s天", "距预计签约日还有%(num)s天", -days)
    if days == 0:
        return _("预计今日签约")
    return ngettext(
        "已过预计签约日%(num)s天，请推进或改期", "已过预计签约日%(num)s天，请推进或改期", days
    )


def _expected_landing(ground: Ground, today: date) -> str:
    days = ground.days_since(today)
    if days is None:
        return _("预计落地日临近")
    if days < 0:
        return ngettext("距预计落地日还有%(num)s天", "距预计落地日还有%(num)s天", -days)
    if days == 0:
        return _("预计今日落地")
    return ngettext(
        "已过预计落地日%(num)s天，请推进或改期", "已过预计落地日%(num)s天，请推进或改期", days
    )


def _evidence(ground: Ground, today: date) -> str:
    days = ground.days_since(today)
    said = (
        _("计入任务的项目待补佐证")
        if days is None or ground.counted_from is not None
        else ngettext("计入任务%(num)s天仍待补佐证", "计入任务%(num)s天仍待补佐证", days)
    )
    said = _with_light(said, ground)
    if not ground.papers:
        return said
    return _("%(said)s：缺%(papers)s", said=said, papers=papers_in_words(ground))


def papers_in_words(ground: Ground) -> str:
    """The papers a project still has to bring, as a list in words."""
    words = [str(paper_word(each)) for each in ground.papers]
    return ("、" if is_chinese() else ", ").join(words)


def _quota_behind(ground: Ground, today: date) -> str:
    if ground.wanted is None or ground.reached is None:
        return _("完成数低于应达")
    return _(
        "截至%(day)s应达%(wanted)s个，现有%(reached)s个",
        day=ground.due_on.isoformat(), wanted=ground.wanted, reached=ground.reached,
    )  # fmt: skip


def _trip_report(ground: Ground, today: date) -> str:
    since = ground.days_since(today)
    if since is None or ground.late_after is None:
        return _("外出招商报告待提交")
    left = ground.late_after - since
    if left > 0:
        return ngettext("外出招商报告还有%(num)s天到期", "外出招商报告还有%(num)s天到期", left)
    if left == 0:
        return _("外出招商报告今日到期")
    return ngettext("外出招商报告已逾期%(num)s天", "外出招商报告已逾期%(num)s天", -left)


def _agreed_date(ground: Ground, today: date) -> str:
    since = ground.days_since(today)
    if since is None:
        return _("约定日期临近")
    if since < 0:
        return ngettext("距约定日期还有%(num)s天", "距约定日期还有%(num)s天", -since)
    if since == 0:
        return _("约定日期就在今天")
    return ngettext("约定日期已过%(num)s天", "约定日期已过%(num)s天", since)


def _instruction(ground: Ground, today: date) -> str:
    since = ground.days_since(today)
    if since is None:
        return _("交办事项待办结")
    if since < 0:
        return ngettext("距办结时限还有%(num)s天", "距办结时限还有%(num)s天", -since)
    if since == 0:
        return _("交办事项今日到期")
    return ngettext("交办事项已逾期%(num)s天", "交办事项已逾期%(num)s天", since)


def _with_light(said: str, ground: Ground) -> str:
    """The sentence with its light and from when on it shows: …（黄灯，30天起）.

    Where the office counts from a later day than what happened, that day is said, and no number of
    days that would be too small.
    """
    if ground.days is None:
        return said
    days = (
        ngettext("%(num)s个工作日", "%(num)s个工作日", ground.days)
        if ground.in_working_days
        else ngettext("%(num)s天", "%(num)s天", ground.days)
    )
    if ground.counted_from is not None:
        days = _("自%(day)s起算，%(days)s", day=ground.counted_from.isoformat(), days=days)
    if ground.step not in LIGHTS:
        return _("%(said)s（%(days)s起）", said=said, days=days)
    return _("%(said)s（%(light)s，%(days)s起）", said=said, light=LIGHTS[ground.step], days=days)


def _time(ground: Ground) -> str:
    """Within how long something is to be done."""
    if ground.days is None:
        return _("按规定时限")
    if ground.in_working_days:
        return ngettext("%(num)s个工作日内", "%(num)s个工作日内", ground.days)
    return ngettext("%(num)s天内", "%(num)s天内", ground.days)


def _late(ground: Ground, today: date) -> str:
    late = (today - ground.due_on).days
    if late <= 0:
        return _("今天截止")
    return ngettext("已超%(num)s天", "已超%(num)s天", late)


_SAID: dict[ReminderKind, Callable[[Ground, date], str]] = {
    ReminderKind.NEXT_ACTION: _next_action,
    ReminderKind.FIRST_RESPONSE: _first_response,
    ReminderKind.SCREENING: _screening,
    ReminderKind.REFERRER_FEEDBACK: _referrer_feedback,
    ReminderKind.QUIET: _quiet,
    ReminderKind.NOT_REGISTERED: _not_registered,
    ReminderKind.NOT_STARTED: _not_started,
    ReminderKind.EXPECTED_SIGNING: _expected_signing,
    ReminderKind.EXPECTED_LANDING: _expected_landing,
    ReminderKind.EVIDENCE: _evidence,
    ReminderKind.QUOTA_BEHIND: _quota_behind,
    ReminderKind.TRIP_REPORT: _trip_report,
    ReminderKind.AGREED_DATE: _agreed_date,
    ReminderKind.INSTRUCTION: _instruction,
}
