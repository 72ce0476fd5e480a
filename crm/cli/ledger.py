"""Taking a ledger in and writing ours out, from the terminal."""

from functools import partial
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from crm.accounts.rules import LEDGER_IMPORTERS, Role
from crm.cli.terminal import acting, print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.sheets import SheetFault, UnreadableFile
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.imports.services.importing import import_ledger
from crm.imports.services.reporting import Report

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
    from crm.imports.services.exporting import export_ledger  # openpyxl takes 0.2 s and 10 MB

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
