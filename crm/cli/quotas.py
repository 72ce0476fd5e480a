"""The year's quotas from the terminal, in words or as one document."""

import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import click

from crm.accounts.queries import system_actor
from crm.cli.forecasts import forecast_document
from crm.cli.terminal import print_json, say
from crm.closing.queries import day_point, whole_bridge
from crm.closing.queries.bridges import YearBridge
from crm.closing.queries.known import end_of, year_as_known
from crm.closing.rules import Crossing, Number
from crm.closing.telling import bridge_text
from crm.closing.wording import why_text
from crm.core import clock
from crm.core.db import transaction
from crm.quotas import services as quotas
from crm.quotas import wording as quota_words
from crm.quotas.rules import Reason, nearest_misses
from crm.quotas.standings import Judged, YearOnDay, year_on_day
from crm.recognition.queries import recognised_by_code
from crm.recognition.rules import Level

DAY = click.DateTime(["%Y-%m-%d"])


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
@click.option("--on", type=DAY, help="facts dated up to this day; default: --known, or today")
@click.option("--known", type=DAY, help="as it was known at the end of this day; default: now")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def quotas_show(
    year: int | None, on: datetime | None, known: datetime | None, as_json: bool
) -> None:
    """Where the quotas stood at the end of a day, with the verdict on every lead.

    Facts dated on or before the day --on, as known now; with --known as they were known that day.
    Exit 2 for a year without quotas.
    """
    asked = on or known
    day = asked.date() if asked else clock.today()
    if known:
        found = year_as_known(year or day.year, day, end_of(known.date()))
    else:
        found = year_on_day(year or day.year, day)
    if found is None:
        raise click.UsageError(
            f"{year or day.year} has no quotas yet; load the preset with "
            f"`flask --app app prepare --year {year or day.year}`"
        )
    if as_json:
        levels = recognised_by_code(
            found.year, on=day, known_at=end_of(known.date()) if known else None
        )
        # A day that has passed is forecast from what was known then: today's stages are not its.
        then = known.date() if known else day
        said = forecast_document(
            found.year, day, end_of(then) if known or day < clock.today() else None
        )
        print_json(_year_document(found, known.date() if known else None, levels, said))
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


@quota_commands.command("bridge")
@click.option("--year", type=click.IntRange(2000, 2100), help="default: the year of --to")
@click.option("--from", "start", type=DAY, required=True, help="the earlier day")
@click.option("--to", "end", type=DAY, required=True, help="the later day")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def quotas_bridge(year: int | None, start: datetime, end: datetime, as_json: bool) -> None:
    """Which leads make the number of one day another one, and why; both as known that day.

    Start plus entered minus left is the end. Exit 2 for a year without quotas.
    """
    first, last = start.date(), end.date()
    if first > last:
        raise click.UsageError("--from lies after --to")
    found = whole_bridge(system_actor(), year or last.year, day_point(first), day_point(last))
    if found is None:
        raise click.UsageError(f"{year or last.year} has no quotas yet")
    if as_json:
        print_json(_bridge_document(found, first, last))
        return
    click.echo(bridge_text(found, quota_words.day_text(first), quota_words.day_text(last)))


def _bridge_document(found: YearBridge, first: date, last: date) -> dict[str, Any]:
    return {
        "year": found.year,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "quotas": [
            {
                "code": each.code,
                "number": each.number.value,
                "start": each.bridge.start,
                "end": each.bridge.end,
                "entered": [_crossing(found, each.number, one) for one in each.bridge.entered],
                "left": [_crossing(found, each.number, one) for one in each.bridge.left],
            }
            for each in found.quotas
        ],
    }


def _crossing(found: YearBridge, number: Number, one: Crossing) -> dict[str, Any]:
    change = found.change_behind(one)
    return {
        "lead_id": one.lead_id,
        "title": found.titles.get(one.lead_id),
        "why": one.why.cause.value,
        "text": why_text(one.why, number),
        "by": change.by if change else None,
        "at": one.why.known_at.isoformat() if one.why.known_at else None,
    }


def _year_document(
    found: YearOnDay,
    known: date | None,
    levels: Mapping[str, Mapping[Level, int]],
    forecast: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "year": found.year,
        "on": found.on.isoformat(),
        **({"known": known.isoformat()} if known else {}),
        "quotas": [
            _quota_document(each, levels.get(each.standing.code, {})) for each in found.quotas
        ],
        "overlap": found.together.overlap,
        "distinct": found.together.distinct,
        "forecast": forecast,
    }


def _quota_document(judged: Judged, levels: Mapping[Level, int]) -> dict[str, Any]:
    stands = judged.standing
    return {
        "code": stands.code,
        "target": stands.target,
        "due": stands.due,
        "signed": stands.signed.count,
        "registered": stands.registered.count,
        "started": stands.started.count,
        "certified": levels.get(Level.DISTRICT, 0),
        "levels": {level.value: levels.get(level, 0) for level in Level},
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
