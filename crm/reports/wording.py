"""The week in words: a plain text to paste into a chat group, and the same lines for the page."""

from datetime import date
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.days import written_day
from crm.core.language import language, numbered
from crm.core.money import AmountError, format_amount, format_yuan, parse_amount
from crm.leads.rules import MilestoneKind, OffRampReason, Stage
from crm.leads.wording import WORDS as LEAD_WORDS
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.wording import WORDS as REMINDER_WORDS
from crm.reports.rules import (
    WITH_AMOUNTS,
    About,
    Chapter,
    DueKind,
    Group,
    Line,
    Part,
    Still,
    Week,
    WeekReport,
)

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    Chapter: {
        Chapter.ENTERED: _l("新增"),
        Chapter.ADVANCED: _l("阶段推进"),
        Chapter.SIGNED: _l("签约"),
        Chapter.REGISTERED: _l("注册"),
        Chapter.STARTED: _l("开工"),
        Chapter.SLIPPED: _l("签约延期"),
        Chapter.STEPPED_BACK: _l("退回"),
        Chapter.LEFT: _l("暂缓、终止或流转"),
        Chapter.DUE: _l("下周到期"),
    },
    DueKind: {
        DueKind.NEXT_ACTION: _l("下步计划"),
        DueKind.EXPECTED_SIGNING: _l("预计签约"),
    },
}


def _join(*words: str) -> str:
    return (", " if language() == "en" else "，").join(word for word in words if word)


def _bracketed(text: str) -> str:
    return f" ({text})" if language() == "en" else f"（{text}）"


def short_day(day: date, week: Week) -> str:
    """11月24日; with its year where that is not the week's own. English: 2026-11-24."""
    if language() == "en":
        return day.isoformat()
    text = f"{day.month}月{day.day}日"
    return text if day.year == week.sunday.year else f"{day.year}年{text}"


def week_text(week: Week) -> str:
    """2026年11月23日至11月29日（第48周）."""
    return _(
        "%(first)s至%(last)s（第%(number)s周）",
        first=written_day(week.monday, language()),
        last=short_day(week.sunday, week)
        if language() == "zh" and week.monday.year == week.sunday.year
        else written_day(week.sunday, language()),
        number=week.number,
    )


def count_text(part: Part) -> str:
    """One number of the head: 签约2个，合计6.5亿元（1个未填金额，1个补记）."""
    count = _("%(what)s%(n)s个", what=WORDS[Chapter][part.chapter], n=part.count)
    if part.chapter not in WITH_AMOUNTS or not part.count:
        return count
    notes = []
    if part.without_amount:
        notes.append(_("%(n)s个未填金额", n=part.without_amount))
    if part.late_entries:
        notes.append(_("其中补记%(n)s个", n=part.late_entries))
    total = _("合计%(amount)s", amount=format_yuan(part.yuan, language())) if part.yuan else ""
    return _join(count, total) + (_bracketed(_join(*notes)) if notes else "")


def head_text(report: WeekReport) -> str:
    """All numbers in one sentence."""
    stop, end = ("; ", ".") if language() == "en" else ("；", "。")
    return stop.join(count_text(part) for part in report.told) + end


def amount_text(about: About) -> str:
    """The amount with what was said about it: 约6亿元; 3000万美元（2.13亿元）. Empty if unknown."""
    locale = language()
    yuan = None if about.yuan is None else format_yuan(about.yuan, locale)
    try:
        amount = parse_amount(about.amount_text or "", bare_unit=None)
    except AmountError:
        return yuan or about.amount_text or ""
    if amount.currency != "CNY":
        return format_amount(amount, locale) + (_bracketed(yuan) if yuan else "")
    return format_amount(amount, locale) if amount.value == about.yuan else yuan or ""


def stage_word(stage: Stage) -> str:
    return str(LEAD_WORDS[Stage][stage])


def line_text(line: Line, week: Week) -> str:
    """What changed, without the lead's name: 洽谈 → 拟签约."""
    match line.chapter:
        case Chapter.ENTERED:
            return _join(
                *map(stage_word, line.stages), amount_text(line.about), line.investor or ""
            )
        case Chapter.ADVANCED | Chapter.STEPPED_BACK:
            return _join(" → ".join(map(stage_word, line.stages)), line.note or "")
        case Chapter.SIGNED | Chapter.REGISTERED | Chapter.STARTED:
            return _reached_text(line, week)
        case Chapter.SLIPPED:
            return _slipped_text(line, week)
        case Chapter.LEFT:
            reason = str(LEAD_WORDS[OffRampReason][line.reason]) if line.reason else ""
            return _join(" → ".join(map(stage_word, line.stages)), reason, line.note or "")
        case Chapter.DUE:
            assert line.on is not None
            assert line.due is not None
            day = short_day(line.on, week)
            if line.due is DueKind.NEXT_ACTION and line.note:
                return _join(day, line.note)
            return _join(day, str(WORDS[DueKind][line.due]))


def _reached_text(line: Line, week: Week) -> str:
    assert line.on is not None
    day = short_day(line.on, week)
    if line.milestone in {MilestoneKind.MOVED_IN, MilestoneKind.TAXPAYING}:
        day = f"{day} {LEAD_WORDS[MilestoneKind][line.milestone]}"
    late = _bracketed(_("补记")) if line.is_late_entry else ""
    return _join(day + late, amount_text(line.about) or _("未填金额"))


def _slipped_text(line: Line, week: Week) -> str:
    assert line.before is not None
    before = short_day(line.before, week)
    if line.after == line.before:
        return _("原定%(day)s签约，未签", day=before)
    if line.after is None:
        return _("原定%(day)s签约，现未定", day=before)
    return _("原定%(day)s签约，改为%(new)s", day=before, new=short_day(line.after, week))


def still_text(still: Still) -> str:
    """Why a lead is on the list of those that stand still: 久未推进，亮灯12天."""
    return _join(
        stage_word(still.about.stage),
        str(REMINDER_WORDS[ReminderKind][still.kind]),
        _("亮灯%(n)s天", n=still.days),
    )


def unit_text(group: Group) -> str:
    return group.unit or _("未定责任单位")


def as_plain_text(report: WeekReport, title: str, scope: str) -> str:
    """The whole report as text for a chat group: no markup, no links, one line per lead and change."""
    english = language() == "en"
    lines = [
        f"[{title}] {week_text(report.week)}"
        if english
        else f"【{title}】{week_text(report.week)}",
        scope,
        head_text(report),
    ]
    for number, part in enumerate((part for part in report.parts if part.count), 1):
        lines += ["", heading_text(number, part)]
        for group in part.groups:
            lines.append(
                f"{unit_text(group)} ({len(group.lines)}):"
                if english
                else f"{unit_text(group)}（{len(group.lines)}）："
            )
            lines += [
                f"- {line.about.title}: {line_text(line, report.week)}"
                if english
                else f"· {line.about.title}：{line_text(line, report.week)}"
                for line in group.lines
            ]
    return "\n".join(lines) + "\n"


def heading_text(number: int, part: Part) -> str:
    """一、签约2个，合计6.5亿元; the numbers of the head once more, over their list."""
    return numbered(number, count_text(part))
