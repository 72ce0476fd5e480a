"""The mails that tell a person what is due, in their language, from the state of this moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import cast

from flask import current_app, render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, update

from crm.calendar.queries import work_calendar
from crm.config import Settings
from crm.core.days import written_day
from crm.core.db import db
from crm.core.mail import Letter, message_id, transport_for
from crm.outbox import security
from crm.outbox.rules import DeliveryKind, Pace
from crm.outbox.sending import Sender, Writer, Written
from crm.outbox.services import Claim
from crm.reminders.models import Reminder
from crm.reminders.queries import live
from crm.reminders.queries.mails import DueItem, DueMail, mails_of
from crm.reminders.rules import DueKind, ReminderKind
from crm.reminders.rules.telling import Telling
from crm.reminders.services.planning import note_what_is_due, tellings
from crm.reminders.wording import word

MOST_ITEMS = 60
"""More than a person reads in a mail; the page shows the rest."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in a mail stand on their own: they begin with the address of the installation."""

    base_url: str

    def to(self, endpoint: str, **values: int) -> str:
        path = current_app.url_map.bind("localhost").build(endpoint, values)
        return f"{self.base_url}{path}"


@dataclass(frozen=True, slots=True)
class Part:
    """What a mail tells under one heading: next actions due or overdue, or another kind."""

    code: str
    items: tuple[DueItem, ...]


def parts(items: Sequence[DueItem], most: int = MOST_ITEMS) -> tuple[Part, ...]:
    """The items under their headings, `most` in all: due today first, then late, then other kinds."""
    actions = [each for each in items if each.reminder_kind is ReminderKind.NEXT_ACTION]
    groups = [(kind.value, [each for each in actions if each.kind is kind]) for kind in DueKind]
    groups += [
        (kind.value, [each for each in items if each.reminder_kind is kind])
        for kind in ReminderKind
        if kind is not ReminderKind.NEXT_ACTION
    ]
    found, left = [], most
    for code, of in groups:
        shown = tuple(islice(of, left))
        left -= len(shown)
        if shown:
            found.append(Part(code, shown))
    return tuple(found)


def due_letter(
    mail: DueMail,
    on: date,
    at: datetime,
    delivery_id: int,
    settings: Settings,
    kind: DeliveryKind = DeliveryKind.DUE_DIGEST,
) -> Letter:
    """The digest of one person. `mail` has an address and at least one item."""
    shown = parts(mail.items)
    counts = counted(mail.items)
    with force_locale(mail.locale):
        office = settings.office_name if mail.locale.startswith("zh") else settings.office_name_en
        words = {
            "mail": mail,
            "on": on,
            "locale": mail.locale,
            "written_day": written_day,
            "office": office,
            "said": said(counts),
            "heading": heading,
            "parts": shown,
            "left_out": len(mail.items) - sum(len(part.items) for part in shown),
            "links": Links(settings.base_url),
            "subject": subject(counts, on, mail.locale),
        }
        return Letter(
            message_id=message_id(
                kind, on.strftime("%Y%m%d"), delivery_id, sender=settings.mail_sender
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
        )


def counted(items: Sequence[DueItem]) -> tuple[int, int, int]:
    """(next actions due today, next actions overdue, other matters)."""
    actions = [each for each in items if each.reminder_kind is ReminderKind.NEXT_ACTION]
    late = sum(each.kind is DueKind.OVERDUE for each in actions)
    return len(actions) - late, late, len(items) - len(actions)


def subject(counts: tuple[int, int, int], on: date, locale: str) -> str:
    """What a person sees in the list of mails: how much is due, how much is late, of which day."""
    return _("链招：%(said)s（%(day)s）", said=said(counts), day=written_day(on, locale))


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
    words = found[0] if found else ""
    for each in found[1:]:
        words = _("%(said)s，另有%(more)s", said=words, more=each)
    return words


def heading(part: Part) -> str:
    """The heading of a part: due today, late, or the word of its kind."""
    if part.code in {kind.value for kind in DueKind}:
        return str(word(DueKind(part.code)))
    return str(word(ReminderKind(part.code)))


# --- who writes what ---


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the message of which kind."""

    def listed(holds: Sequence[Claim], at: datetime, which: str) -> dict[int, Written]:
        """Digests of one day: what is due now, not what was when they were planned."""
        found: dict[int, Written] = {}
        for day in sorted({hold.due_on for hold in holds}):
            of_day = [hold for hold in holds if hold.due_on == day]
            readers = [hold.person_id for hold in of_day if hold.person_id is not None]
            _refresh(live.principals(readers, day), day, at)
            goes = tellings(day, work_calendar(), readers, [hold.delivery_id for hold in of_day])
            told = {
                hold.delivery_id: getattr(goes.get(hold.person_id or 0, Telling()), which)
                for hold in of_day
            }
            found |= _written(of_day, told, day, at, settings)
        return found

    def digest(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        return listed(holds, at, "digest")

    def week(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        return listed(holds, at, "weekly")

    def at_once(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        found: dict[int, Written] = {}
        for day in sorted({hold.due_on for hold in holds}):
            of_day = [hold for hold in holds if hold.due_on == day]
            _refresh([hold.person_id or 0 for hold in of_day], day, at)
            still = frozenset(live.speaking([int(hold.key) for hold in of_day], day))
            told = {hold.delivery_id: sorted({int(hold.key)} & still) for hold in of_day}
            found |= _written(of_day, told, day, at, settings)
        return found

    return {
        DeliveryKind.DUE_DIGEST: digest,
        DeliveryKind.WEEK_DIGEST: week,
        DeliveryKind.AT_ONCE: at_once,
        DeliveryKind.ACCOUNT_SECURITY: security.writer(settings),
    }


def _refresh(people: Collection[int], day: date, at: datetime) -> None:
    """Bring the reminders of these people up to what is due at this moment."""
    leads = live.leads_of(people)
    if leads:
        note_what_is_due(day, work_calendar(), at, leads)


def _written(
    holds: Sequence[Claim],
    told: Mapping[int, Collection[int]],
    day: date,
    at: datetime,
    settings: Settings,
) -> dict[int, Written]:
    """The letters of one day, each about the reminders `told` names for it."""
    wanted = {
        hold.delivery_id: (hold.person_id, told[hold.delivery_id])
        for hold in holds
        if hold.person_id is not None and told[hold.delivery_id]
    }
    mails = mails_of(wanted, day)
    found: dict[int, Written] = {}
    told_by: dict[int, int] = {}
    for hold in holds:
        mail = mails.get(hold.delivery_id)
        if mail is None or not mail.items:
            found[hold.delivery_id] = None
        elif mail.problem:
            found[hold.delivery_id] = mail.problem
        else:
            told_by |= dict.fromkeys(told[hold.delivery_id], hold.delivery_id)
            found[hold.delivery_id] = due_letter(
                mail, day, at, hold.delivery_id, settings, hold.kind
            )
    _note_told(told_by)
    return found


def _note_told(told_by: Mapping[int, int]) -> None:
    """Note at each reminder which message tells it."""
    if told_by:
        table = cast(Table, Reminder.__table__)
        note = update(table).where(table.c.id == bindparam("of"))
        db.session.connection().execute(
            note.values(delivery_id=bindparam("by")),
            [{"of": key, "by": told_by[key]} for key in sorted(told_by)],
        )


def every_writer(settings: Settings) -> dict[DeliveryKind, Writer]:
    """The writers of all features, as the application has put them together."""
    found: dict[DeliveryKind, Writer] = {}
    for writers_of in current_app.extensions["writers"]:
        found |= writers_of(settings)
    return found


def sender_for(settings: Settings) -> Sender:
    """A sender with the transport the settings name and every writer."""
    mail = settings.mail
    return Sender(
        transport_for(mail, timeout=settings.mail_timeout_seconds),
        every_writer(settings),
        lease=timedelta(seconds=settings.mail_lease_seconds),
        pace=Pace(settings.mail_per_minute) if settings.mail_per_minute else None,
        server=f"{mail.host}:{mail.port}",
    )
