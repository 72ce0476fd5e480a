"""The audit trail from the terminal."""

import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from crm.cli.terminal import print_json, say
from crm.history import services as history


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
