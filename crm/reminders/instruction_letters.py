"""The mail that tells at once what happened to an instruction: given, answered, extended, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from crm.config import Settings
from crm.core import clock
from crm.core.days import written_day
from crm.core.letters import Links, Reader, letter, plain_letter
from crm.core.mail import Letter
from crm.core.web import mark
from crm.dispatch.queries.instructions import entries_told
from crm.dispatch.rules import EntryKind, InstructionState, number_text
from crm.outbox.rules import Channel, DeliveryKind
from crm.outbox.sending import Writer, Written
from crm.outbox.services import Claim
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
            problem = reader.problem(hold.channel)
            write = _letter if hold.channel is Channel.MAIL else _short_letter
            found[hold.delivery_id] = problem or write(row, reader, hold, at, settings)
        return found

    return {DeliveryKind.INSTRUCTION: instruction}


def _is_overtaken(row: Any) -> bool:
    """Whether the instruction was closed or withdrawn before the mail about it could be written."""
    over = row.state in (InstructionState.CLOSED, InstructionState.WITHDRAWN)
    return over and row.kind not in STANDS_FOR_ITSELF


def _letter(row: Any, reader: Addressee, hold: Claim, at: datetime, settings: Settings) -> Letter:
    with force_locale(reader.locale):
        number, told = number_text(row.year, row.number), sentence(row)
        subject = _("链招：交办单%(number)s%(told)s", number=number, told=told)
        chinese = reader.locale.startswith("zh")
        words = {
            "row": row,
            "number": number,
            "told": told,
            "on_behalf_of": reader.on_behalf_of,
            "preheader": row.matter,
            "said": (
                (_("交办事由"), row.matter),
                (_("项目"), row.lead),
                (_("责任单位"), row.unit if chinese else row.unit_en or row.unit),
                (_("责任人"), row.person),
                (_("责任领导"), row.leader),
                (_("办结时限"), written_day(row.due_on, reader.locale)),
                (_("说明"), row.body),
            ),
        }
    return letter(
        "instruction", subject, words,
        Reader(reader.name, reader.address or "", reader.locale), settings,
        kind=DeliveryKind.INSTRUCTION, on=hold.due_on, delivery_id=hold.delivery_id, at=at,
    )  # fmt: skip


def _short_letter(
    row: Any, reader: Addressee, hold: Claim, at: datetime, settings: Settings
) -> Letter:
    """For a messenger with the matter, unless its lead is sensitive; as a text message without."""
    with force_locale(reader.locale):
        number = number_text(row.year, row.number)
        lines = [_("链招：交办单%(number)s%(told)s", number=number, told=sentence(row))]
        if hold.channel is Channel.MESSENGER and not row.is_sensitive:
            lines.append(_("交办事由") + mark("：", ": ") + row.matter)
        url = Links(settings.base_url).to("dispatch.detail", instruction_id=row.id)
        lines.append(_("登录查看：%(url)s", url=url))
    return plain_letter(
        lines, Reader(reader.name, reader.reach.address(hold.channel) or "", reader.locale),
        settings, kind=hold.kind, on=hold.due_on, delivery_id=hold.delivery_id, at=at,
    )  # fmt: skip


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
