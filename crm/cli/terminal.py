"""What all commands share: whom they act as, and what goes to which stream."""

import json
import sys
from typing import Any

import click

from crm.accounts.queries import actor_by_login, system_actor
from crm.accounts.rules import Actor


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
