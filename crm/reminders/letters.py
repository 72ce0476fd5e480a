"""The mails that tell a person what is due, in their language, from the state of this moment."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, cast

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Row, Table, bindparam, update

from crm.calendar.queries import work_calendar
from crm.config import Settings
from crm.core import logs
from crm.core.db import db
from crm.core.letters import Links, Reader, letter
from crm.core.mail import Letter, transport_for
from crm.outbox import security
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Pace, why_not
from crm.outbox.sending import Sender, Writer, Written
from crm.outbox.services import Claim
from crm.reminders.models import Reminder
from crm.reminders.pages import page_of
from crm.reminders.queries import live
from crm.reminders.queries.mails import DueItem, DueMail, Step, mails_of
from crm.reminders.reasons import reason
from crm.reminders.rules import DueKind, ReminderKind
from crm.reminders.rules.answers import DONE_ELSEWHERE, Answer
from crm.reminders.rules.telling import Telling
from crm.reminders.rules.tokens import AnswerToken, ChoiceToken, Tokens
from crm.reminders.sentences import intro, subject, title
from crm.reminders.services.planning import note_what_is_due, tellings
from crm.reminders.short_letters import short_letter
from crm.reminders.wording import word

log = logging.getLogger(__name__)

MOST_ITEMS = 60
"""More than a person reads in a mail; the page shows the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """One matter as a mail shows it. `actions`: (words, address) of what its reader may answer."""

    title: str
    href: str | None
    company: str | None
    why: str
    late: bool
    details: tuple[str, ...] = ()
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a mail tells under one heading: next actions due or overdue, or another kind."""

    heading: str
    lines: tuple[Line, ...]
    tone: str = "plain"


def sorted_out(
    items: Sequence[DueItem], most: int = MOST_ITEMS
) -> list[tuple[DueKind | ReminderKind, tuple[DueItem, ...]]]:
    """The items by heading, `most` in all: due today first, then late, then other kinds."""
    actions = [each for each in items if each.reminder_kind is ReminderKind.NEXT_ACTION]
    groups: list[tuple[DueKind | ReminderKind, list[DueItem]]] = [
        (kind, [each for each in actions if each.kind is kind]) for kind in DueKind
    ]
    groups += [
        (kind, [each for each in items if each.reminder_kind is kind])
        for kind in ReminderKind
        if kind is not ReminderKind.NEXT_ACTION
    ]
    found, left = [], most
    for code, of in groups:
        shown = tuple(islice(of, left))
        left -= len(shown)
        if shown:
            found.append((code, shown))
    return found


def due_letter(
    mail: DueMail,
    on: date,
    at: datetime,
    delivery_id: int,
    settings: Settings,
    kind: DeliveryKind = DeliveryKind.DUE_DIGEST,
) -> Letter:
    """What one person is told: the day's digest, the week's, or one matter at once.

    `mail` has an address and at least one item.
    """
    links, tokens = Links(settings.base_url), Tokens(settings.secret_key)
    fewer_url = None
    if mail.may_be_off:
        choice = tokens.choice(ChoiceToken(mail.person_id, mail.may_be_off), at)
        fewer_url = links.to("reminders.fewer_mails", token=choice)
    with force_locale(mail.locale):
        shown = sorted_out(mail.items)
        parts = [
            Part(
                str(word(code)),
                tuple(_line(each, mail, on, at, links, tokens) for each in of),
                "bad" if code is DueKind.OVERDUE else "plain",
            )
            for code, of in shown
        ]
        words = {
            "intro": intro(mail, on, kind),
            "preheader": parts[0].lines[0].title,
            "parts": parts,
            "is_single": kind is DeliveryKind.AT_ONCE,
            "left_out": len(mail.items) - sum(len(part.lines) for part in parts),
            "fewer_url": fewer_url,
            "choices_url": links.to("reminders.mine") if links.has("reminders.mine") else None,
        }
        of = subject(mail, on, kind)
    return letter(
        "due",
        of,
        words,
        Reader(mail.name, mail.address or "", mail.locale),
        settings,
        kind=kind,
        on=on,
        delivery_id=delivery_id,
        at=at,
        headers=unsubscribe(fewer_url),
    )


def unsubscribe(fewer_url: str | None) -> dict[str, str]:
    """The headers of a mail its reader may do without (RFC 2369, RFC 8058); none for other mails."""
    if fewer_url is None:
        return {}
    return {
        "List-Unsubscribe": f"<{fewer_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _line(
    item: DueItem, mail: DueMail, on: date, at: datetime, links: Links, tokens: Tokens
) -> Line:
    details = [] if item.detail is None or item.is_hidden else [item.detail]
    if item.on_behalf_of:
        details.append(_("代%(name)s", name=item.on_behalf_of))
    details += [_told(step) for step in item.trail]
    actions = []
    for answer in () if item.reminder_id is None else MAILED:
        assert item.reminder_id is not None
        if answer is Answer.DONE and item.reminder_kind in DONE_ELSEWHERE:
            page_of_it = links.to("reminders.done", reminder_id=item.reminder_id)
            actions.append((_("办理"), page_of_it))  # its answer wants words, and who gives it
            continue
        token = tokens.answer(AnswerToken(item.reminder_id, mail.person_id, answer), at)
        actions.append((_short(answer), links.to("reminders.mail_answer", token=token)))
    page = page_of(item.reminder_kind, item.subject, item.lead_id, item.due_on)
    return Line(
        title=title(item),
        href=links.to(page[0], **page[1]) if page and not item.is_hidden else None,
        company=None if item.is_hidden else item.investor,
        why=reason(item.ground, on) if item.ground is not None else str(word(item.reminder_kind)),
        late=item.days_overdue > 0 and not is_announced(item, on),
        details=tuple(details),
        actions=tuple(actions),
    )


def is_announced(item: DueItem, on: date) -> bool:
    """Whether its day is still to come: a step that announces it is not late when it is old."""
    since = item.ground.days_since(on) if item.ground is not None else None
    return since is not None and since < 0


MAILED = (Answer.ACKNOWLEDGE, Answer.SNOOZE, Answer.DONE)
"""What a reader may answer from a mail."""


def _short(answer: Answer) -> str:
    return _("稍后") if answer is Answer.SNOOZE else str(word(answer))


def _told(step: Step) -> str:
    """Who was told before it came to the reader of an escalated matter."""
    return _(
        "%(day)s先告知%(level)s%(name)s：%(state)s",
        day=step.told_on.isoformat(),
        level=word(step.level),
        name=step.name,
        state=word(step.state),
    )


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
            beside = live.beside([hold.delivery_id for hold in of_day], day)
            written = {hold.delivery_id for hold in of_day} | {row.other for row in beside}
            goes = tellings(day, work_calendar(), readers, written)
            told = {
                hold.delivery_id: getattr(goes.get(hold.person_id or 0, Telling()), which)
                for hold in of_day
            }
            found |= _written(of_day, told, day, at, settings, _told_by_mail(beside))
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
            beside = live.beside([hold.delivery_id for hold in of_day], day)
            still = frozenset(live.speaking([int(hold.key) for hold in of_day], day))
            told = {hold.delivery_id: sorted({int(hold.key)} & still) for hold in of_day}
            found |= _written(of_day, told, day, at, settings, _told_by_mail(beside))
        return found

    return {
        DeliveryKind.DUE_DIGEST: digest,
        DeliveryKind.WEEK_DIGEST: week,
        DeliveryKind.AT_ONCE: at_once,
        DeliveryKind.ACCOUNT_SECURITY: security.writer(settings),
    }


def _told_by_mail(beside: Iterable[Row[*tuple[Any, ...]]]) -> frozenset[int]:
    return frozenset(
        row.id
        for row in beside
        if row.channel is Channel.MAIL and row.state is not DeliveryState.FAILED
    )


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
    by_mail: Collection[int] = (),
) -> dict[int, Written]:
    """The letters of one day, each about the reminders `told` names for it.

    `by_mail` are those whose reader is told the same by mail: the mail is what is noted.
    """
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
        elif problem := why_not(mail.reach, hold.channel):
            found[hold.delivery_id] = problem
        else:
            if hold.delivery_id not in by_mail:
                told_by |= dict.fromkeys(told[hold.delivery_id], hold.delivery_id)
            log.info(
                logs.line(
                    "written",
                    delivery=hold.delivery_id,
                    kind=hold.kind,
                    channel=hold.channel,
                    attempt=hold.attempts,
                    reminders=sorted(told[hold.delivery_id]),
                )
            )
            of = (mail, day, at, hold.delivery_id, settings, hold.kind)
            found[hold.delivery_id] = (
                due_letter(*of) if hold.channel is Channel.MAIL else short_letter(*of, hold.channel)
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
