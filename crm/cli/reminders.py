"""What is due, and the mails that tell it, without worker or Redis."""

import sys
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.calendar.queries import work_calendar
from crm.cli.terminal import print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.outbox.queries import claimable_ids
from crm.outbox.rules import DeliveryState
from crm.reminders import letters
from crm.reminders.queries import mails as reminders
from crm.reminders.rules import ReminderKind
from crm.reminders.services import planning


@click.group("reminders")
def reminder_commands() -> None:
    """What is due, and the mails that tell it."""


@reminder_commands.command("due")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="the day asked for, such as 2026-12-04; default today",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
@with_appcontext
def reminders_due(on: datetime | None, as_json: bool) -> None:
    """The mails of a day: to whom, about which leads. Sends nothing, needs neither worker nor Redis."""
    day = on.date() if on else clock.today()
    is_working_day = work_calendar().is_working_day(day)
    mails = reminders.due_mails(day) if is_working_day else ()
    if as_json:
        print_json(
            {"on": day, "is_working_day": is_working_day, "mails": [_told(m) for m in mails]}
        )
        return
    if not is_working_day:
        say(f"{day} is a day off: no mail goes out")
    for mail in mails:
        click.echo(f"{mail.name} <{mail.address or '-'}> {mail.problem or ''}".rstrip())
        for item in mail.items:
            click.echo(f"  {item.due_on} {item.kind:<8} {item.lead_id} {item.title}")


def _told(mail: reminders.DueMail) -> dict[str, Any]:
    return {
        "to": None if mail.problem else mail.address,
        "person": mail.name,
        "problem": mail.problem,
        "items": [
            {
                "lead_id": item.lead_id,
                "title": item.title,
                "kind": (
                    item.kind
                    if item.reminder_kind is ReminderKind.NEXT_ACTION
                    else item.reminder_kind
                ),
                "step": item.step,
                "level": item.level,
                "due_on": item.due_on,
            }
            for item in mail.items
        ],
    }


@reminder_commands.command("send")
@with_appcontext
def reminders_send() -> None:
    """Plan the mails of today and send what is waiting, as beat and worker do. Exit 1 if one failed."""
    settings = current_app.extensions["settings"]
    with transaction():
        planning.plan(clock.now(), settings.reminders_at, again=True)
    sender = letters.sender_for(settings)
    states = [sender.send(each) for each in claimable_ids(clock.now())]
    say(
        ", ".join(f"{state}: {states.count(state)}" for state in dict.fromkeys(states)) or "nothing"
    )
    if any(state not in {DeliveryState.SENT, DeliveryState.NOTHING_DUE, None} for state in states):
        sys.exit(1)
