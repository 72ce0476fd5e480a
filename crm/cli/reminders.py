"""What is due, and the mails that tell it, without worker or Redis."""

import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.cli.terminal import acting, print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound, Refused
from crm.outbox import services as outbox
from crm.outbox.rules import DeliveryState, Problem
from crm.reminders import letters
from crm.reminders.queries import mails as reminders
from crm.reminders.rules import ReminderKind
from crm.reminders.rules.settings import steps_text
from crm.reminders.services import planning
from crm.reminders.why import Earlier, Explained, KindWhy, Person, Sent, explain

_ON = click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="the day asked for, such as 2026-12-04; default today",
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")


@click.group("reminders")
def reminder_commands() -> None:
    """What is due, and the mails that tell it."""


@reminder_commands.command("due")
@_ON
@_AS_JSON
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
        addresses = " ".join(f"<{mail.reach.address(channel)}>" for channel in mail.channels)
        click.echo(f"{mail.name} {addresses or '<->'} {mail.problem or ''}".rstrip())
        for item in mail.items:
            click.echo(f"  {item.due_on} {item.kind:<8} {item.lead_id} {item.title}")


def _told(mail: reminders.DueMail) -> dict[str, Any]:
    return {
        "to": None if mail.problem else mail.address,
        "person": mail.name,
        "channels": mail.channels,
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
    states = sender.send_all()
    say(
        ", ".join(f"{state}: {states.count(state)}" for state in dict.fromkeys(states)) or "nothing"
    )
    if any(state not in {DeliveryState.SENT, DeliveryState.NOTHING_DUE} for state in states):
        sys.exit(1)


@reminder_commands.command("why")
@click.argument("lead_id", metavar="LEAD", type=click.IntRange(1, 2**63 - 1))
@_ON
@_AS_JSON
@with_appcontext
def reminders_why(lead_id: int, on: datetime | None, as_json: bool) -> None:
    """Why a mail about a lead was or was not sent: each kind with its days, who is told, what holds
    it back. Facts as known now; changes nothing."""
    found = explain(lead_id, on.date() if on else clock.today())
    if found is None:
        raise click.UsageError(f"there is no lead {lead_id}")
    if as_json:
        print_json(_explained(found))
        return
    off = "" if found.is_working_day else ", a day off"
    click.echo(f"{found.lead_id} {found.title} ({found.stage}) on {found.on}{off}")
    click.echo(f"last planned: {_moment(found.planned_at)}")
    for each in found.kinds:
        click.echo(_kind_line(each))
        for person in each.people:
            click.echo(f"  {_person_line(person)}")
    if found.earlier:
        click.echo("not due on that day:")
    for before in found.earlier:
        click.echo(f"  {_earlier_line(before)}")


def _kind_line(each: KindWhy) -> str:
    said = f"{each.kind}: {each.clock}"
    if each.base:
        said += f", counted from {each.base}"
    if each.step:
        said += f", {each.step} since {each.due_on}"
    if each.next_step:
        said += f", {each.next_step} on {each.next_on}"
    if each.base:
        said += "".join(f", {level} from {day}" for level, day in each.goes_up)
    return said


def _person_line(each: Person) -> str:
    said = f"{each.name} ({each.level}): {each.why}"
    if each.reader:
        said += f", away, told instead: {each.reader}"
    said += f", wants it {each.wants}"
    if each.by:
        said += f" by {' and '.join(each.by)}"
    if each.is_over_cap:
        said += ", told in the digest: the day had enough mails at once"
    if each.snoozed_until:
        said += f", put off until {each.snoozed_until}"
    if each.reminder_id:
        said += f", reminder {each.reminder_id} {each.state}"
    return said + _message_words(each.message) + "".join(map(_message_words, each.others))


def _earlier_line(each: Earlier) -> str:
    said = f"{each.due_on} {each.kind} {each.step}, {each.person} ({each.level})"
    return f"{said}: reminder {each.reminder_id} {each.state}{_message_words(each.message)}"


def _message_words(sent: Sent | None) -> str:
    if sent is None:
        return ""
    said = (
        f", delivery {sent.delivery_id} {sent.kind} of {sent.due_on} by {sent.channel} {sent.state}"
    )
    if sent.instead_of:
        said += f" in place of {sent.instead_of}"
    if sent.sent_at:
        said += f" {_moment(sent.sent_at)}"
    if sent.problem:
        said += f" ({sent.problem})"
    if sent.next_try_at:
        said += f", next try {_moment(sent.next_try_at)}"
    return said


def _moment(at: datetime | None) -> str:
    return f"{clock.office_day(at)} {clock.office_time(at):%H:%M}" if at else "never"


def _explained(found: Explained) -> dict[str, Any]:
    document = asdict(found)
    for each, told in zip(found.kinds, document["kinds"], strict=True):
        setting = told.pop("setting")
        told["steps"] = steps_text(each.setting.steps) if each.setting else None
        told["in_working_days"] = setting["in_working_days"] if setting else None
        told["goes_up"] = {level.value: day for level, day in each.goes_up}
    return document


@reminder_commands.command("resend")
@click.argument("deliveries", metavar="[DELIVERY]…", type=click.IntRange(1, 2**63 - 1), nargs=-1)
@click.option("--failed", is_flag=True, help="all that failed and are not too late")
@click.option(
    "--problem",
    type=click.Choice([problem.value for problem in Problem]),
    help="with --failed: only those that met this problem",
)
@click.option("--as", "login", help="the account it is done as; default the built-in system")
@with_appcontext
def reminders_resend(
    deliveries: tuple[int, ...], failed: bool, problem: str | None, login: str | None
) -> None:
    """Put failed messages back in the queue, all or none of those named; the worker sends them.

    Exit 1 if one may not go again: it has not failed, or comes too late.
    """
    if bool(deliveries) == failed:
        raise click.UsageError("name deliveries, or say --failed")
    if problem and not failed:
        raise click.UsageError("--problem goes with --failed")
    actor, at = acting(login), clock.now()
    if login and actor.role is not Role.ADMINISTRATOR:
        raise click.UsageError(f"{login!r} is no administrator")
    if failed:
        with transaction():
            again = outbox.send_failed_again(actor, at, Problem(problem) if problem else None)
        say(f"{len(again)} put back in the queue")
        return
    with transaction():
        for delivery_id in dict.fromkeys(deliveries):
            try:
                outbox.send_again(actor, delivery_id, at)
            except NotFound:
                raise click.UsageError(f"there is no delivery {delivery_id}") from None
            except Refused:
                raise click.ClickException(
                    f"delivery {delivery_id} may not go again: it has not failed, or is too late"
                ) from None
    say(f"{len(set(deliveries))} put back in the queue")
