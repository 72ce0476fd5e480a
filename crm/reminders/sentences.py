"""The sentences every message about what is due begins with, in the language of its reader."""

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from crm.core.days import written_day
from crm.core.language import is_chinese
from crm.outbox.rules import DeliveryKind
from crm.reminders.queries.mails import DueItem, DueMail
from crm.reminders.rules import DueKind, ReminderKind
from crm.reminders.wording import nameless, word


def title(item: DueItem) -> str:
    """What a matter is called; a lead its reader may not open has no name."""
    return nameless(item.is_sensitive) if item.is_hidden else item.title


def counted(items: Sequence[DueItem]) -> tuple[int, int, int]:
    """(next actions due today, next actions overdue, other matters)."""
    actions = [each for each in items if each.reminder_kind is ReminderKind.NEXT_ACTION]
    late = sum(each.kind is DueKind.OVERDUE for each in actions)
    return len(actions) - late, late, len(items) - len(actions)


def subject(mail: DueMail, on: date, kind: DeliveryKind) -> str:
    """What a person sees in the list of mails: how much is due and late of which day, or what it is."""
    if kind is DeliveryKind.AT_ONCE:
        of = mail.items[0]
        name = title(of)
        if len(name) > LONGEST_TITLE:
            name = f"{name[: LONGEST_TITLE - 1]}…"
        return _("链招：%(title)s，%(kind)s", title=name, kind=word(of.reminder_kind))
    words, day = said(counted(mail.items)), written_day(on, mail.locale)
    if kind is DeliveryKind.WEEK_DIGEST:
        return _("链招每周提醒：%(said)s（%(day)s）", said=words, day=day)
    return _("链招：%(said)s（%(day)s）", said=words, day=day)


LONGEST_TITLE = 40


def intro(mail: DueMail, on: date, kind: DeliveryKind) -> str:
    """The first sentence of a mail."""
    if kind is DeliveryKind.AT_ONCE:
        return _("有一件事需要您处理：")
    words, day = said(counted(mail.items)), written_day(on, mail.locale)
    if kind is DeliveryKind.WEEK_DIGEST:
        return _("您选择每周告知的提醒，截至%(day)s有%(said)s。", day=day, said=words)
    return _("截至%(day)s，您有%(said)s。", day=day, said=words)


def said(counts: tuple[int, int, int]) -> str:
    """How much of each sort, as words."""
    due, overdue, others = counts
    found = []
    if due:
        found.append(_("%(n)s项今日到期", n=due))
    if overdue:
        found.append(_("%(n)s项已逾期", n=overdue))
    if others:
        found.append(_("%(n)s项提醒", n=others))
    if len(found) < 2:
        return "".join(found)
    first = ("、" if is_chinese() else ", ").join(found[:-1])
    return _("%(said)s，另有%(more)s", said=first, more=found[-1])
