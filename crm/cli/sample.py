"""The invented district to try the product on."""

import click
from flask import current_app

from crm.accounts.queries import actor_by_login
from crm.cli.terminal import say
from crm.core import clock
from crm.core.db import transaction


@click.group("sample")
def sample_commands() -> None:
    """The invented district to try the product on."""


@sample_commands.command("load")
@click.option("--if-empty", is_flag=True, help="do nothing, quietly, when there are leads")
def sample_load(if_empty: bool) -> None:
    """Fill an empty database with the sample district. Refused in production."""
    from crm import sample  # 20 modules that nobody else needs

    if not current_app.extensions["settings"].is_development:
        raise click.UsageError("the sample district is not loaded in production")
    if not sample.is_empty():
        if if_empty:
            return
        raise click.UsageError("the database already holds leads; the sample needs an empty one")
    with transaction(alone=True):  # it changes chains
        count = sample.load(
            clock.now(), clock.today(), current_app.extensions["settings"].attachments_dir
        )
    say(f"sample district loaded: {count} leads")


@sample_commands.command("accounts")
def sample_accounts() -> None:
    """Print the sample accounts that are still there, one a line."""
    from crm.sample.people import PASSWORD, PEOPLE

    for login, name, role, *_rest in PEOPLE:
        if actor_by_login(login) is not None:
            click.echo(f"{login:<10} {PASSWORD}   {name}  {role}")
