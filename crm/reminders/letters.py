"""The mail that tells a person what is due, in their language, from the state of this moment."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import current_app, render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.config import Settings
from crm.core.days import written_day
from crm.core.mail import Letter, message_id, transport_for
from crm.outbox.rules import DeliveryKind
from crm.outbox.sending import Sender, Writer, Written
from crm.outbox.services import Claim
from crm.reminders import queries
from crm.reminders.queries import DueItem, DueMail
from crm.reminders.rules import DueKind

MOST_ITEMS = 60
"""More than a person reads in a mail; the page shows the rest."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in a mail stand on their own: they begin with the address of the installation."""

    base_url: str

    def to(self, endpoint: str, **values: int) -> str:
        path = current_app.url_map.bind("localhost").build(endpoint, values)
        return f"{self.base_url}{path}"


def due_letter(
    mail: DueMail, on: date, at: datetime, delivery_id: int, settings: Settings
) -> Letter:
    """The digest of one person. `mail` has an address and at least one item."""
    due = [item for item in mail.items if item.kind is DueKind.DUE]
    overdue = [item for item in mail.items if item.kind is DueKind.OVERDUE]
    shown_due = due[:MOST_ITEMS]
    shown_overdue = overdue[: MOST_ITEMS - len(shown_due)]
    with force_locale(mail.locale):
        office = settings.office_name if mail.locale.startswith("zh") else settings.office_name_en
        words = {
            "mail": mail,
            "on": on,
            "locale": mail.locale,
            "written_day": written_day,
            "office": office,
            "counts": (len(due), len(overdue)),
            "parts": ((DueKind.DUE, shown_due), (DueKind.OVERDUE, shown_overdue)),
            "left_out": len(mail.items) - len(shown_due) - len(shown_overdue),
            "links": Links(settings.base_url),
            "subject": subject(due, overdue, on, mail.locale),
        }
        return Letter(
            message_id=message_id(
                DeliveryKind.DUE_DIGEST, on.strftime("%Y%m%d"), delivery_id,
                sender=settings.mail_sender,
            ),
            sender=settings.mail_sender,
            sender_name=office,
            address=mail.address or "",
            name=mail.name,
            subject=words["subject"],
            text=render_template("mail/due.txt", **words),
            html=render_template("mail/due.html", **words),
            locale=mail.locale,
            at=at,
        )  # fmt: skip


def subject(due: list[DueItem], overdue: list[DueItem], on: date, locale: str) -> str:
    """What a person sees in the list of mails: how much is due, how much is late, of which day."""
    day = written_day(on, locale)
    if not overdue:
        return _("链招：%(due)s项今日到期（%(day)s）", due=len(due), day=day)
    if not due:
        return _("链招：%(overdue)s项已逾期（%(day)s）", overdue=len(overdue), day=day)
    return _(
        "链招：%(due)s项今日到期，%(overdue)s项已逾期（%(day)s）",
        due=len(due),
        overdue=len(overdue),
        day=day,
    )


# --- who writes what ---


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the message of which kind."""

    def due_digest(hold: Claim, at: datetime) -> Written:
        found = queries.due_mails(hold.due_on, hold.person_id)
        if not found:
            return None
        mail = found[0]
        return mail.problem or due_letter(mail, hold.due_on, at, hold.delivery_id, settings)

    return {DeliveryKind.DUE_DIGEST: due_digest}


def sender_for(settings: Settings) -> Sender:
    """A sender with the transport the settings name and every writer."""
    return Sender(transport_for(settings.mail), writers(settings))
