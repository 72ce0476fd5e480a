"""The mail that tells at once what happened to an instruction: given, answered, extended, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.config import Settings
from crm.core import clock
from crm.core.days import written_day
from crm.core.mail import Letter, message_id
from crm.dispatch.queries.instructions import entries_told
from crm.dispatch.rules import EntryKind, InstructionState, number_text
from crm.outbox.rules import DeliveryKind
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim
from crm.reminders.letters import Links
from crm.reminders.queries import facts
from crm.reminders.queries.addressees import Addressee, people_to_write_to, readers_of

STANDS_FOR_ITSELF = (EntryKind.REPLY, EntryKind.CLOSED, EntryKind.WITHDRAWN)
"""Told whatever became of the instruction since."""


def writers(settings: Settings) -> dict[DeliveryKind, Writer]:
    """Who writes the mails about instructions."""

    def instruction(holds: Sequence[Claim], at: datetime) -> dict[int, Written]:
        entries = entries_told([int(hold.key) for hold in holds if hold.key.isdigit()])
        people = [hold.person_id for hold in holds if hold.person_id is not None]
        today = clock.office_day(at)
        readers, persons = readers_of(people, today), people_to_write_to(people)
        named = facts.named_lists()
        found: dict[int, Written] = {}
        for hold in holds:
            row = entries.get(int(hold.key)) if hold.key.isdigit() else None
            reader = readers.get(hold.person_id or 0)
            if row is None or reader is None or _is_overtaken(row):
                found[hold.delivery_id] = None
                continue
            if row.is_sensitive and reader.person_id not in named.get(row.lead_id, ()):
                reader = persons[hold.person_id or 0]  # a delegate who may not know of the lead
            found[hold.delivery_id] = reader.problem or _letter(row, reader, hold, at, settings)
        return found

    return {DeliveryKind.INSTRUCTION: instruction}


def _is_overtaken(row: Any) -> bool:
    """Whether the instruction was closed or withdrawn before the mail about it could be written."""
    over = row.state in (InstructionState.CLOSED, InstructionState.WITHDRAWN)
    return over and row.kind not in STANDS_FOR_ITSELF


def _letter(row: Any, reader: Addressee, hold: Claim, at: datetime, settings: Settings) -> Letter:
    with force_locale(reader.locale):
        chinese = reader.locale.startswith("zh")
        office = settings.office_name if chinese else settings.office_name_en
        number = number_text(row.year, row.number)
        told = sentence(row)
        subject = _("链招：交办单%(number)s%(told)s", number=number, told=told)
        words = {
            "row": row,
            "reader": reader,
            "number": number,
            "told": told,
            "due_on": written_day(row.due_on, reader.locale),
            "unit": row.unit if chinese else row.unit_en or row.unit,
            "locale": reader.locale,
            "office": office,
            "links": Links(settings.base_url),
            "subject": subject,
        }
        return Letter(
            message_id=message_id(
                DeliveryKind.INSTRUCTION,
                hold.due_on.strftime("%Y%m%d"),
                hold.delivery_id,
                sender=settings.mail_sender,
            ),
            sender=settings.mail_sender,
            sender_name=office,
            address=reader.address or "",
            name=reader.name,
            subject=subject,
            text=render_template("mail/instruction.txt", **words),
            html=render_template("mail/instruction.html", **words),
            locale=reader.locale,
            at=at,
        )


def sentence(row: Any) -> str:
    """What happened, after the number: 已由刘洋交办，2026-12-10前办结."""
    by, due_on = row.by, row.due_on.isoformat()
    match row.kind:
        case EntryKind.ISSUED:
            return _("：%(by)s交办，%(day)s前办结", by=by, day=due_on)
        case EntryKind.REPLY:
            return _("：%(by)s已回执", by=by)
        case EntryKind.EXTENDED:
            return _("：延期至%(day)s", day=row.new_due_on.isoformat())
        case EntryKind.REASSIGNED:
            return _("：改派%(person)s", person=row.person)
        case EntryKind.CLOSED:
            return _("：已办结")
        case EntryKind.RETURNED:
            return _("：回执退回补办")
        case EntryKind.REOPENED:
            return _("：重新办理，%(day)s前办结", day=row.new_due_on.isoformat())
        case EntryKind.WITHDRAWN:
            return _("：已撤销")
    return _("：有新进展")
