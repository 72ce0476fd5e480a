"""Taking in an edition of a ranking list from the terminal."""

import sys
from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from crm.accounts.rules import Role
from crm.cli.terminal import acting, print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.core.sheets import Limits, SheetFault, UnreadableFile, read_sheets
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.enterprises import access, queries, services
from crm.enterprises.rules.ranking.columns import likeliest_list, proposed_mapping
from crm.enterprises.services import EditionEntry, Taken
from crm.enterprises.wording import row_words, unreadable_list
from crm.quotas.facts import leads_of_ranking_list
from crm.quotas.services import rejudge

ranking_commands = AppGroup("rankings", help="Published ranking lists: take an edition in.")


@ranking_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--list", "code", required=True, metavar="CODE", help="which list, by its code")
@click.option("--year", required=True, type=click.IntRange(1990, 2100), help="the list's year")
@click.option(
    "--published",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="the day it was published",
)
@click.option("--document", metavar="TEXT", help="the paper or address it is from")
@click.option("--dry-run", is_flag=True, help="say what would happen, change nothing")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
@click.option("--as", "login", metavar="LOGIN", help="act as this person (default: the system)")
def rankings_import(
    file: Path,
    code: str,
    year: int,
    published: datetime,
    document: str | None,
    dry_run: bool,
    as_json: bool,
    login: str | None,
) -> None:
    """Read FILE.xlsx or FILE.csv: every company of an edition, and which of ours it may be.

    Columns are found by their header words. Exit 1, with nothing saved, if a row stands against it;
    2 is a file nobody can read. Matches wait for a person in the pages.
    """
    actor = acting(login)
    if actor.role not in {*access.RANKING_CONFIRMERS, Role.SYSTEM}:
        raise click.UsageError(f"{actor.login} may not import ranking lists")
    list_id = {row.code: row.id for row in queries.ranking_lists()}.get(code)
    if list_id is None:
        known = ", ".join(row.code for row in queries.ranking_lists())
        raise click.UsageError(f"no ranking list has the code {code!r}; known: {known}")
    limit = current_app.extensions["settings"].upload_limit_mb * 1024 * 1024
    try:
        if file.stat().st_size > limit:
            raise UnreadableFile(SheetFault.FILE_TOO_LARGE)
        data = file.read_bytes()
        sheet = likeliest_list(read_sheets(data, file.name, Limits(file_bytes=limit)))
    except UnreadableFile as error:
        words = unreadable_list(error.fault) or SHEET_WORDS[SheetFault][error.fault]
        raise click.UsageError(f"{file.name}: {words} {error.detail}".strip()) from error
    mapping, at = proposed_mapping(sheet), clock.now()
    entry = EditionEntry(list_id, year, published.date(), document)
    today = clock.office_day(at)
    taken = services.look_at(sheet, mapping, entry, today=today)
    if taken.may_import and not dry_run:
        with transaction():
            taken = services.import_edition(
                actor, at, sheet, mapping, entry, filename=file.name, today=today
            )
            rejudge(leads_of_ranking_list(list_id), today=today, at=at)
    if as_json:
        print_json(_document(taken, dry_run=dry_run))
    _tell(taken, dry_run=dry_run)
    if not taken.may_import:
        sys.exit(1)


def _document(taken: Taken, *, dry_run: bool) -> dict[str, object]:
    difference = taken.difference
    return {
        "imported": taken.may_import and not dry_run,
        "rows": len(taken.read.rows),
        "columns": {column.value: place for column, place in taken.mapping.columns.items()},
        "revenue_unit": taken.mapping.revenue_unit,
        "against": taken.against_year,
        "again": taken.is_again,
        "new": [row.name_zh or row.name_en for row in difference.new] if difference else None,
        "dropped": [r.name_zh or r.name_en for r in difference.dropped] if difference else None,
        "renamed": [
            [pair.before.name_zh or pair.before.name_en, pair.now.name_zh or pair.now.name_en]
            for pair in difference.renamed
        ]
        if difference
        else None,
        "changed": len(taken.changed),
        "proposed": taken.proposed,
        "faults": [{"field": fault.field, "code": fault.code} for fault in taken.faults],
        "messages": [
            {"row": m.row, "code": m.fault.value, "value": m.value, "blocking": m.is_blocking}
            for m in taken.read.messages
        ],
    }


def _tell(taken: Taken, *, dry_run: bool) -> None:
    for message in taken.read.messages:
        say(f"{message.row}: {row_words(message)}")
    for fault in taken.faults:
        say(str(fault.text))
    found = taken.difference
    if found is not None:
        say(
            f"against {taken.against_year}: {len(found.new)} new, {len(found.dropped)} dropped, "
            f"{len(found.renamed)} renamed"
        )
    if not taken.may_import:
        say("nothing was saved")
    elif dry_run:
        say(f"{len(taken.read.rows)} rows would be saved; nothing was")
    else:
        say(f"{len(taken.read.rows)} rows saved, {taken.proposed} wait for a person to check")
