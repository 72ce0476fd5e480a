"""The year's quotas from the terminal, in words or as one document."""

import sys
from datetime import datetime
from typing import Any

import click

from crm.cli.terminal import print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.quotas import services as quotas
from crm.quotas import wording as quota_words
from crm.quotas.rules import Reason, nearest_misses
from crm.quotas.standings import Judged, YearOnDay, year_on_day


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
