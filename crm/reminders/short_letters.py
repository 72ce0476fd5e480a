"""What is due, for a person's messenger or as a text message: short, and with little in it.

Both leave the house. A messenger names projects, as the list of a unit does, but none that is
sensitive, whoever reads it; a text message names none at all. The page behind the link tells the rest.
"""

from datetime import date, datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from crm.config import Settings
from crm.core.letters import Links, Reader, plain_letter
from crm.core.mail import Letter
from crm.core.web import mark
from crm.outbox.rules import Channel, DeliveryKind
from crm.reminders.pages import page_of
from crm.reminders.queries.mails import DueItem, DueMail
from crm.reminders.sentences import counted, said, title
from crm.reminders.wording import word

MOST_TITLES = 10
"""More than anybody reads in a messenger; the page shows the rest."""


def short_letter(
    mail: DueMail,
    on: date,
    at: datetime,
    delivery_id: int,
    settings: Settings,
    kind: DeliveryKind,
    channel: Channel,
) -> Letter:
    """`mail` has an address on the channel and at least one item."""
    links = Links(settings.base_url)
    one = mail.items[0] if kind is DeliveryKind.AT_ONCE else None
    with force_locale(mail.locale):
        lines = [_head(mail, on, kind, one)]
        if channel is Channel.MESSENGER:
            lines += [_line(each) for each in mail.items[:MOST_TITLES]]
            if len(mail.items) > MOST_TITLES:
                lines.append(_("另有%(n)s项，见系统。", n=len(mail.items) - MOST_TITLES))
        lines.append(_("登录查看：%(url)s", url=_address(one, links)))
    reader = Reader(mail.name, mail.reach.address(channel) or "", mail.locale)
    return plain_letter(lines, reader, settings, kind=kind, on=on, delivery_id=delivery_id, at=at)


def _head(mail: DueMail, on: date, kind: DeliveryKind, one: DueItem | None) -> str:
    if one is not None:
        of, day = word(one.reminder_kind), one.due_on.isoformat()
        return _("链招提醒：您有1项“%(kind)s”需要处理（%(day)s）。", kind=of, day=day)
    words = said(counted(mail.items))
    if kind is DeliveryKind.WEEK_DIGEST:
        return _("链招每周提醒：截至%(day)s，您有%(said)s。", day=on.isoformat(), said=words)
    return _("链招提醒：截至%(day)s，您有%(said)s。", day=on.isoformat(), said=words)


def _line(item: DueItem) -> str:
    name = _("敏感项目") if item.is_sensitive else title(item)
    return f"- {name}{mark('：', ': ')}{word(item.reminder_kind)}{mark('，', ', ')}{item.due_on.isoformat()}"


def _address(one: DueItem | None, links: Links) -> str:
    """The page of the matter, where there is one and it tells nothing of who reads it."""
    page = page_of(one.reminder_kind, one.subject, one.lead_id, one.due_on) if one else None
    if one is not None and page is not None and not one.is_hidden:
        return links.to(page[0], **page[1])
    return links.to("reminders.index")
