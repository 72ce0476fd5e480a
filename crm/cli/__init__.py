"""The flask commands. `--json` prints one JSON document on stdout; everything else goes to stderr."""

from flask import Flask

from crm.cli.chains import chain_commands
from crm.cli.companies import company_commands
from crm.cli.database import make_migration, prepare
from crm.cli.forecasts import quotas_backtest
from crm.cli.history import history_commands
from crm.cli.ledger import ledger_commands
from crm.cli.people import people_commands
from crm.cli.quotas import quota_commands
from crm.cli.rankings import ranking_commands
from crm.cli.reminders import reminder_commands
from crm.cli.sample import sample_commands


def register(app: Flask) -> None:
    app.cli.add_command(prepare)
    app.cli.add_command(make_migration)
    app.cli.add_command(people_commands)
    app.cli.add_command(sample_commands)
    quota_commands.add_command(quotas_backtest)
    app.cli.add_command(quota_commands)
    app.cli.add_command(reminder_commands)
    app.cli.add_command(history_commands)
    app.cli.add_command(ledger_commands)
    app.cli.add_command(ranking_commands)
    app.cli.add_command(chain_commands)
    app.cli.add_command(company_commands)
