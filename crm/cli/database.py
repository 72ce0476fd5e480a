"""The database: its tables, and the reference data an installation starts with."""

import csv
import json

import click
from flask import current_app

from crm.accounts.models import User
from crm.accounts.queries import system_actor
from crm.accounts.rules import Role
from crm.calendar import seed as calendar
from crm.chains import services as chains
from crm.cli.terminal import say
from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises import reference as rankings
from crm.places import services as places
from crm.quotas import services as quotas


@click.command("prepare")
@click.option(
    "--year", type=click.IntRange(2000, 2100), multiple=True, help="also this year's quotas"
)
def prepare(year: tuple[int, ...]) -> None:
    """Migrate the database and load the reference data. Safe to repeat.

    After a migration every verdict is judged anew: a newer version may say more of a clause.
    """
    import yaml  # both for this command alone; Alembic takes 0.2 s

    from crm.core import migrations

    stood_at = migrations.current(db.engine)
    migrations.upgrade(db.engine)
    folder = current_app.extensions["settings"].preset_folder
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
            added[f"quotas {each}"] = quotas.load_preset(targets, each, clock.now())
        has_new = any(count for name, count in added.items() if name.startswith("quotas "))
        if has_new or stood_at != migrations.head():
            added["verdicts"] = quotas.rejudge_all(today=clock.today(), at=clock.now())
    new = ", ".join(f"{name} +{count}" for name, count in added.items() if count)
    say(f"database at {migrations.head()}; " + (f"loaded {new}" if new else "nothing new to load"))


@click.command("make-migration", hidden=True)
@click.argument("message")
def make_migration(message: str) -> None:
    """Write the next numbered migration from what the models say."""
    from crm.core import migrations

    number = f"{int(migrations.head() or '0') + 1:04d}"
    migrations.make(db.engine, message, number)
    say(f"migrations/versions/{number}_*.py written; read it before you commit it")
