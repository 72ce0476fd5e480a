"""Accounts from the terminal."""

import click
from flask.cli import with_appcontext

from crm.accounts import services as accounts
from crm.accounts.queries import departments, system_actor
from crm.accounts.rules import Role
from crm.cli.terminal import say
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound, Refused


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
