"""The flask commands. `--json` prints one JSON document on stdout; everything else goes to stderr."""

import csv
import json
import sys
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import yaml
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from crm import sample
from crm.accounts import services as accounts
from crm.accounts.models import User
from crm.accounts.queries import actor_by_login, departments, system_actor
from crm.accounts.rules import LEDGER_IMPORTERS, Actor, Role
from crm.chains import services as chains
from crm.config import ROOT
from crm.core import clock, migrations
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.core.sheets import SheetFault, UnreadableFile
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.enterprises import reference as rankings
from crm.history import services as history
from crm.imports.services.exporting import export_ledger
from crm.imports.services.importing import import_ledger
from crm.imports.services.reporting import Report
from crm.places import services as places
from crm.quotas import services as quotas
from crm.quotas import wording as quota_words
from crm.quotas.rules import Reason, nearest_misses
from crm.quotas.standings import Judged, YearOnDay, year_on_day
from crm.reminders import calendar, sending
from crm.reminders import queries as reminders
from crm.reminders import services as mails
from crm.reminders.rules import DeliveryState

PRESET = ROOT / "crm" / "presets"


def register(app: Flask) -> None:
    app.cli.add_command(prepare)
    app.cli.add_command(make_migration)
    app.cli.add_command(people_commands)
    app.cli.add_command(sample_commands)
    app.cli.add_command(quota_commands)
    app.cli.add_command(reminder_commands)
    app.cli.add_command(history_commands)
    app.cli.add_command(ledger_commands)


def say(text: str) -> None:
    """A line for the person at the terminal; never mixed with JSON on stdout."""
    click.echo(text, err=True)


def print_json(document: Any) -> None:
    # With an indent Python writes it value by value, a second for a ledger of 10,000 rows.
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(document, ensure_ascii=False, indent=indent, default=str))


def acting(login: str | None) -> Actor:
    """Whom a command acts as: `--as LOGIN`, else the built-in system. Exit 2 for an unknown login."""
    if login is None:
        return system_actor()
    actor = actor_by_login(login)
    if actor is None:
        raise click.UsageError(f"no active account has the login {login!r}")
    return actor


@click.command("prepare")
@click.option(
    "--year", type=click.IntRange(2000, 2100), multiple=True, help="also this year's quotas"
)
def prepare(year: tuple[int, ...]) -> None:
    """Migrate the database and load the reference data. Safe to repeat."""
    migrations.upgrade(db.engine)
    folder = PRESET / current_app.extensions["settings"].district_preset
    taxonomy = json.loads((folder / "chains.json").read_text(encoding="utf-8"))
    targets = yaml.safe_load((folder / "targets.yaml").read_text(encoding="utf-8"))
    with (folder / "streets.csv").open(encoding="utf-8", newline="") as file:
        streets = list(csv.DictReader(file))
    this_year = clock.today().year
    with transaction() as session:
        if not system_actor().id:
            session.add(User(login="system", name="系统", role=Role.SYSTEM))
            session.flush()
        added = {
            "chains": chains.load_taxonomy(taxonomy),
            "places": places.load_zones(targets.get("zones", ())) + places.load_streets(streets),
            "calendar": calendar.load_calendar(),
            "rankings": rankings.load_ranking_lists(),
        }
        for each in sorted({this_year - 1, this_year, this_year + 1, *year}):
            added[f"quotas {each}"] = quotas.load_preset(targets, each)
        if any(count for name, count in added.items() if name.startswith("quotas ")):
            added["verdicts"] = quotas.rejudge_all(today=clock.today(), at=clock.now())
    new = ", ".join(f"{name} +{count}" for name, count in added.items() if count)
    say(f"database at {migrations.head()}; " + (f"loaded {new}" if new else "nothing new to load"))


@click.command("make-migration", hidden=True)
@click.argument("message")
def make_migration(message: str) -> None:
    """Write the next numbered migration from what the models say."""
    number = f"{int(migrations.head() or '0') + 1:04d}"
    migrations.make(db.engine, message, number)
    say(f"migrations/versions/{number}_*.py written; read it before you commit it")


@click.group("people")
def people_commands() -> None:
    """Accounts; the first administrator is made here, everybody else on screen."""


@people_commands.command("add")
@click.argument("login")
@click.option("--name", required=True, help="as it is to be shown, such as 张伟")
@click.option("--role", type=click.Choice([role.value for role in Role if role != Role.SYSTEM]),
              default=Role.ADMINISTRATOR.value, show_default=True)  # fmt: skip
@click.option("--department", help="an existing unit; needed for staff and unit heads")
@click.option("--email", help="where this person's mails go")
def people_add(login: str, name: str, role: str, department: str | None, email: str | None) -> None:
    """Add an account and print its first password, to be changed when signing in."""
    units = {row.name: row.id for row in departments()}
    if department and department not in units:
        raise click.UsageError(f"no unit is called {department!r}")
    password = accounts.first_password(login)
    entry = accounts.PersonEntry(
        login=login, name=name, role=Role(role), department_id=units.get(department or ""),
        email=email, phone=None, is_active=True, password=password,
    )  # fmt: skip
    try:
        with transaction():
            accounts.save_person(system_actor(), None, entry, clock.now())
    except Refused as refused:
        raise click.UsageError("; ".join(str(fault.text) for fault in refused.faults)) from refused
    click.echo(password)
    say(f"{login} may sign in with this password once and must then choose another")


@people_commands.command("set-password")
@click.argument("login")
@with_appcontext
def people_set_password(login: str) -> None:
    """Print a new first password for an account; this also ends a lock and every open session."""
    try:
        with transaction():
            password = accounts.reset_password(system_actor(), login, clock.now())
    except NotFound:
        raise click.UsageError(f"no account has the login {login!r}") from None
    click.echo(password)
    say(f"{login} may sign in with this password once and must then choose another")


@click.group("sample")
def sample_commands() -> None:
    """The invented district to try the product on."""


@sample_commands.command("load")
@click.option("--if-empty", is_flag=True, help="do nothing, quietly, when there are leads")
def sample_load(if_empty: bool) -> None:
    """Fill an empty database with the sample district. Refused in production."""
    if not current_app.extensions["settings"].is_development:
        raise click.UsageError("the sample district is not loaded in production")
    if not sample.is_empty():
        if if_empty:
            return
        raise click.UsageError("the database already holds leads; the sample needs an empty one")
    with transaction():
        count = sample.load(clock.now(), clock.today())
    say(f"sample district loaded: {count} leads")


@sample_commands.command("accounts")
def sample_accounts() -> None:
    """Print the sample accounts that are still there, one a line."""
    for login, name, role, *_rest in sample.PEOPLE:
        if actor_by_login(login) is not None:
            click.echo(f"{login:<10} {sample.PASSWORD}   {name}  {role}")


@click.group("quotas")
def quota_commands() -> None:
    """The year's quotas: where they stand, and whether the stored verdicts are true."""


@quota_commands.command("check")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def quotas_check(as_json: bool) -> None:
    """Judge every lead anew. Exit 1, naming the leads, if a stored verdict differs."""
    wrong = list(quotas.differences(today=clock.today()))
    if as_json:
        print_json({"differs": [{"lead_id": number, "title": title} for number, title in wrong]})
    for number, title in wrong:
        say(f"lead {number} {title}: the stored verdict is not what the facts say")
    if wrong:
        say(f"{len(wrong)} leads differ; `flask --app app quotas rejudge` puts it right")
        sys.exit(1)
    say("every stored verdict is what the facts say")


@quota_commands.command("rejudge")
def quotas_rejudge() -> None:
    """Judge every lead anew and store what it gives."""
    with transaction():
        written = quotas.rejudge_all(today=clock.today(), at=clock.now())
    say(f"{written} verdicts brought up to date")


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
    is_working_day = reminders.work_calendar().is_working_day(day)
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
                "kind": item.kind,
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
        mails.give_up_lost(clock.now())
        mails.plan(clock.now(), settings.reminders_at)
    sender = sending.sender_for(settings)
    states = [sender.send(each) for each in reminders.claimable_ids(clock.now())]
    say(
        ", ".join(f"{state}: {states.count(state)}" for state in dict.fromkeys(states)) or "nothing"
    )
    if any(state not in {DeliveryState.SENT, DeliveryState.NOTHING_DUE, None} for state in states):
        sys.exit(1)


@click.group("history")
def history_commands() -> None:
    """The audit trail."""


@history_commands.command("verify")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
@with_appcontext
def history_verify(as_json: bool) -> None:
    """Recompute the chain of seals. Exit 1 when an event is not as it was sealed."""
    found = history.verify()
    if as_json:
        print_json(asdict(found))
    elif found.broken_at:
        say(f"BROKEN at event {found.broken_at}; {found.sealed} events before it are intact")
    else:
        say(f"intact: {found.sealed} sealed, {found.unsealed} not yet; last seal {found.last_seal}")
    if found.broken_at:
        sys.exit(1)


ledger_commands = AppGroup("ledger", help="The bureau's ledger: take one in, write ours out.")


@ledger_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="say what would happen, change nothing")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
@click.option("--as", "login", metavar="LOGIN", help="act as this person (default: the system)")
def ledger_import(file: Path, dry_run: bool, as_json: bool, login: str | None) -> None:
    """Read FILE.xlsx: new rows become projects, changed cells wait for a decision.

    Rows with problems are told and do not change the exit code; 2 is a file nobody can read.
    """
    settings = current_app.extensions["settings"]
    actor = acting(login)
    limit = settings.upload_limit_mb * 1024 * 1024
    if file.stat().st_size > limit:
        raise click.UsageError(f"{file.name} is larger than {settings.upload_limit_mb} MB")
    data = file.read_bytes()
    take = partial(
        import_ledger, actor, data, file.name,
        at=clock.now(), today=clock.today(), folder=settings.ledgers_dir,
    )  # fmt: skip
    try:
        if dry_run:
            report = take(dry_run=True)
        else:
            with transaction():
                report = take()
    except UnreadableFile as error:
        words = f"{SHEET_WORDS[SheetFault][error.fault]} {error.detail}".strip()
        raise click.UsageError(f"{file.name}: {words}") from error
    except Refused as refused:
        raise click.UsageError("; ".join(str(f.text) for f in refused.faults)) from refused
    if as_json:
        print_json(report.as_json())
    else:
        _tell(report)


@ledger_commands.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--as", "login", metavar="LOGIN", help="act as this person (default: the system)")
def ledger_export(file: Path, login: str | None) -> None:
    """Write the projects this person may see to FILE.xlsx, in the layout the ledger came in."""
    actor = acting(login)
    if actor.role not in {*LEDGER_IMPORTERS, Role.SYSTEM}:
        raise click.UsageError(f"{actor.login} may not export the ledger")
    with transaction():
        data = export_ledger(actor, at=clock.now(), today=clock.today())
    try:
        file.write_bytes(data)
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from error
    say(f"{file} written")


def _tell(report: Report) -> None:
    for message in report.as_json()["messages"]:
        where = "!".join(filter(None, (message["sheet"], message["cell"])))
        click.echo(f"{where}\t{message['code']}\t{message['text']}")
    for number in report.gone:
        click.echo(f"project {number} is missing in this ledger; nothing was deleted")
    click.echo(
        f"{report.filename} as of {report.as_of}: {report.added} added, "
        f"{report.unchanged} unchanged, {report.differs} differ, {report.refused} not taken"
        + (" (dry run: nothing was saved)" if report.import_id is None else "")
    )


@quota_commands.command("show")
@click.option("--year", type=click.IntRange(2000, 2100), help="default: the year of --on")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="the day asked for; default: today")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def quotas_show(year: int | None, on: datetime | None, as_json: bool) -> None:
    """Where the quotas stood at the end of a day, with the verdict on every lead.

    Facts dated on or before that day, as known now. Exit 2 for a year without quotas.
    """
    day = on.date() if on else clock.today()
    found = year_on_day(year or day.year, day)
    if found is None:
        raise click.UsageError(
            f"{year or day.year} has no quotas yet; load the preset with "
            f"`flask --app app prepare --year {year or day.year}`"
        )
    if as_json:
        print_json(_year_document(found))
        return
    click.echo(
        quota_words.one_line(
            [each.standing for each in found.quotas],
            day,
            overlap=found.together.overlap,
            distinct=found.together.distinct,
        )
    )
    for each in found.quotas:
        for verdict in nearest_misses(each.verdicts):
            if verdict.miss:
                label = quota_words.label_text(each.terms.label)
                click.echo(f"{label}  {verdict.title}  {quota_words.reason_text(verdict.miss)}")


def _year_document(found: YearOnDay) -> dict[str, Any]:
    return {
        "year": found.year,
        "on": found.on.isoformat(),
        "quotas": [_quota_document(each) for each in found.quotas],
        "overlap": found.together.overlap,
        "distinct": found.together.distinct,
        "forecast": None,
    }


def _quota_document(judged: Judged) -> dict[str, Any]:
    stands = judged.standing
    return {
        "code": stands.code,
        "target": stands.target,
        "due": stands.due,
        "signed": stands.signed.count,
        "registered": stands.registered.count,
        "started": stands.started.count,
        "certified": 0,
        "pending": stands.pending,
        "verdicts": [
            {
                "lead_id": verdict.lead_id,
                "title": verdict.title,
                "verdict": verdict.outcome.value,
                "reasons": [_reason_document(reason) for reason in verdict.reasons],
            }
            for verdict in judged.verdicts
        ],
    }


def _reason_document(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code.value,
        "passed": reason.passed,
        "value": reason.value,
        "lacks": reason.lacks_yuan,
        "text": quota_words.reason_text(reason),
    }
