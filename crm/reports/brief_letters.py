"""The Monday brief and the weekly roll-up as mails."""

from collections.abc import Sequence
from datetime import datetime

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Role
from crm.config import Settings
from crm.core import clock
from crm.core.days import written_day
from crm.core.mail import Letter, message_id
from crm.core.web import mark
from crm.dispatch.rules import number_text
from crm.dispatch.wording import word
from crm.outbox.rules import DeliveryKind
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim
from crm.reminders.letters import Links
from crm.reminders.queries.addressees import Addressee, people_to_write_to
from crm.reports import wording
from crm.reports.brief import Brief, brief_of
from crm.reports.rules import Week

MOST_LINES = 15
"""Lines of a part in a mail; the page shows all of them."""
READERS = {
    DeliveryKind.MONDAY_BRIEF: Role.DIRECTOR,
    DeliveryKind.WEEK_ROLL_UP: Role.DISTRICT_LEADER,
}
"""Who gets which; somebody whose role has changed meanwhile gets none."""


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the week's mails to leaders."""

    def brief(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        people = people_to_write_to([hold.person_id for hold in holds if hold.person_id])
        of_bureau: dict[Week, Brief] = {}  # every bureau leader is told the same
        found: dict[int, Written] = {}
        for hold in holds:
            reader = people.get(hold.person_id or 0)
            actor = actor_by_id(hold.person_id or 0)
            if reader is None or actor is None or actor.role is not READERS[hold.kind]:
                found[hold.delivery_id] = reader.problem if reader else None
                continue
            week, today = Week.of(hold.due_on).before, clock.office_day(at)
            told = of_bureau.get(week) if actor.role is Role.DIRECTOR else None
            told = told or brief_of(actor, today, week)
            if actor.role is Role.DIRECTOR:
                of_bureau[week] = told
            found[hold.delivery_id] = reader.problem or brief_letter(
                told, reader, hold.kind, hold.delivery_id, at, settings
            )
        return found

    return dict.fromkeys(READERS, brief)


def brief_letter(
    brief: Brief,
    reader: Addressee,
    kind: DeliveryKind,
    delivery_id: int,
    at: datetime,
    settings: Settings,
) -> Letter:
    """The mail of one leader; the roll-up leaves out who stands still and every single line."""
    with force_locale(reader.locale):
        chinese = reader.locale.startswith("zh")
        office = settings.office_name if chinese else settings.office_name_en
        is_short = kind is DeliveryKind.WEEK_ROLL_UP
        title = _("一周招商情况") if is_short else _("周一简报")
        subject = _("链招：%(title)s，%(week)s", title=title, week=wording.week_text(brief.week))
        words = {
            "brief": brief,
            "reader": reader,
            "title": title,
            "is_short": is_short,
            "most": MOST_LINES,
            "words": wording,
            "word": word,
            "mark": mark,
            "number_text": number_text,
            "day": written_day(brief.on, reader.locale),
            "locale": reader.locale,
            "office": office,
            "links": Links(settings.base_url),
            "subject": subject,
        }
        return Letter(
            message_id=message_id(kind, brief.week.code, delivery_id, sender=settings.mail_sender),
            sender=settings.mail_sender,
            sender_name=office,
            address=reader.address or "",
            name=reader.name,
            subject=subject,
            text=render_template("mail/brief.txt", **words),
            html=render_template("mail/brief.html", **words),
            locale=reader.locale,
            at=at,
        )
