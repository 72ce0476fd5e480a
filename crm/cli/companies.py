"""Taking in a file of companies from the terminal."""

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from crm.chains.services.suggesting import suggest_for
from crm.cli.terminal import acting, print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.sheets import Limits, SheetFault, UnreadableFile, read_sheets
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.enterprises import access, services
from crm.enterprises.rules.roster import likeliest_roster
from crm.enterprises.services import ALL_DOUBLES, RosterLook
from crm.enterprises.wording import roster_words, unreadable_roster
from crm.leads.services.marks import refresh_search_text
from crm.quotas.facts import leads_of_enterprises
from crm.quotas.services import rejudge

company_commands = AppGroup("enterprises", help="The base of companies: take a file of them in.")


@company_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--doubles", is_flag=True, help="add companies of a like name as new ones too")
@click.option("--dry-run", is_flag=True, help="say what would happen, change nothing")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
@click.option("--as", "login", metavar="LOGIN", help="act as this person (default: the system)")
def companies_import(
    file: Path, doubles: bool, dry_run: bool, as_json: bool, login: str | None
) -> None:
    """Read FILE.xlsx or FILE.csv: new companies are added, known ones get facts they lack.

    Columns are found by their header words. Faulty rows are told and left out, and exit 1 if that is
    all there is; 2 is a file nobody can read.
    """
    actor = acting(login)
    if not access.may_import(actor):
        raise click.UsageError(f"{actor.login} may not import companies")
    limit = current_app.extensions["settings"].upload_limit_mb * 1024 * 1024
    take = ALL_DOUBLES if doubles else ()
    at = clock.now()
    try:
        if file.stat().st_size > limit:
            raise UnreadableFile(SheetFault.FILE_TOO_LARGE)
        sheet = likeliest_roster(
            read_sheets(file.read_bytes(), file.name, Limits(file_bytes=limit))
        )
        if dry_run:
            look = services.look_at_roster(sheet, take)
        else:
            with transaction():
                taken = services.import_roster(actor, at, sheet, filename=file.name, take=take)
                suggest_for((*taken.new, *taken.filled))
                refresh_search_text(taken.filled)
                rejudge(leads_of_enterprises(taken.filled), today=clock.today(), at=at)
                look = taken.look
    except UnreadableFile as error:
        words = unreadable_roster(error.fault) or SHEET_WORDS[SheetFault][error.fault]
        raise click.UsageError(f"{file.name}: {words} {error.detail}".strip()) from error
    except Refused as refused:
        text = "; ".join(str(fault.text) for fault in refused.faults)
        raise click.UsageError(f"{file.name}: {text}") from refused
    if as_json:
        print_json(_document(look, dry_run=dry_run))
    _tell(look, dry_run=dry_run)
    if look.faulty and not (look.new or look.known or look.doubles):
        sys.exit(1)


def _document(look: RosterLook, *, dry_run: bool) -> dict[str, Any]:
    return {
        "imported": not dry_run,
        "columns": {column.value: place for column, place in look.columns.items()},
        "new": len(look.new),
        "known": len(look.known),
        "filled": len(look.filled),
        "differing": len(look.differing),
        "faulty": look.faulty,
        "doubles": [
            {
                "row": each.row.sheet_row,
                "name": each.row.name,
                "namesakes": [other.name for other in each.namesakes],
            }
            for each in look.doubles
        ],
        "messages": [
            {
                "row": message.row,
                "code": message.fault.value,
                "column": message.column and message.column.value,
                "value": message.value,
                "keeps_out": message.keeps_out,
            }
            for message in look.messages
        ],
    }


def _tell(look: RosterLook, *, dry_run: bool) -> None:
    for message in look.messages:
        say(f"{message.row}: {roster_words(message)}")
    for each in look.doubles:
        others = ", ".join(other.name for other in each.namesakes)
        say(f"{each.row.sheet_row}: {each.row.name} may be {others}; not imported")
    say(
        f"{len(look.new)} new, {len(look.known)} known, {len(look.filled)} of them get more, "
        f"{len(look.differing)} differ, {len(look.doubles)} may be doubles, {look.faulty} faulty"
        + ("; nothing was saved" if dry_run else "")
    )
