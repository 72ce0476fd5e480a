"""The chains from the terminal: what is missing, segment by segment, and whom to call about it."""

from dataclasses import asdict

import click
from flask.cli import AppGroup

from crm.accounts.queries import system_actor
from crm.chains.queries import chain_named, segment_named
from crm.chains.services.suggesting import suggest_for
from crm.chains.wording import word as chain_word
from crm.cli.terminal import print_json, say
from crm.core import clock
from crm.core.db import transaction
from crm.coverage.queries.facts import ChainCovered, coverage
from crm.coverage.queries.talks import told_to
from crm.coverage.queries.targets import targets
from crm.coverage.rules.scoring import Score
from crm.coverage.telling import reasons_of
from crm.coverage.wording import reason_text, word

chain_commands = AppGroup("chains", help="The industrial chains: where nothing is, whom to call.")


@chain_commands.command("gaps")
@click.option("--chain", "code", required=True, metavar="CODE", help="which chain, by its code")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def chains_gaps(code: str, as_json: bool) -> None:
    """The status of every segment of a chain with all its reasons. Exit 2 for an unknown chain."""
    chain_id = chain_named(code)
    if chain_id is None:
        raise click.UsageError(f"no chain in use has the code {code!r}")
    (found,) = coverage(clock.today(), chain_id=chain_id).chains
    if as_json:
        print_json(_document(found))
        return
    for each in found.segments:
        reasons = "；".join(reason_text(reason) for reason in each.judged.reasons)
        tier = chain_word(each.segment.tier) if each.segment.tier else ""
        click.echo(
            f"{each.segment.code}\t{word(each.status)}\t{tier}\t{each.segment.name}\t{reasons}"
        )


@chain_commands.command("suggest")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def chains_suggest(as_json: bool) -> None:
    """Look through all companies and suggest the segments each may belong to.

    Safe to repeat: what people confirmed or rejected stays.
    """
    with transaction():
        found = suggest_for()
    if as_json:
        print_json(asdict(found))
        return
    say(
        f"{found.companies} companies: {found.added} suggestions new, "
        f"{found.changed} changed, {found.removed} withdrawn"
    )


def _document(found: ChainCovered) -> dict[str, object]:
    return {
        "chain": found.chain.code,
        "segments": [
            {
                "code": each.segment.code,
                "name": each.segment.name,
                "tier": each.segment.tier.value if each.segment.tier else None,
                "status": each.status.value,
                "reasons": [
                    {
                        "code": reason.code.value,
                        "count": reason.count,
                        "text": reason_text(reason),
                    }
                    for reason in each.judged.reasons
                ],
            }
            for each in found.segments
        ],
    }


@chain_commands.command("targets")
@click.option("--segment", "code", required=True, metavar="CODE", help="which segment, by its code")
@click.option("--top", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def chains_targets(code: str, top: int, as_json: bool) -> None:
    """Whom to call about a segment and those below it, the best first, with every reason.

    Exit 2 for an unknown segment.
    """
    segment, today = segment_named(code), clock.today()
    found = targets(today, segment.chain_id, segment.id) if segment else None
    if found is None:
        raise click.UsageError(f"no segment in use has the code {code!r}")
    scores = told_to(system_actor(), found.scores[:top], found.groups, today)
    if as_json:
        print_json({"segment": segment.code, "targets": [_target(each) for each in scores]})
        return
    for each in scores:
        told = "；".join(f"{one.signed} {one.sentence}" for one in reasons_of(each))
        click.echo(f"{each.points}\t{each.facts.name}\t{told}")


def _target(each: Score) -> dict[str, object]:
    return {
        "enterprise": each.facts.name,
        "score": each.points,
        "reasons": [
            {"code": one.code.value, "points": one.points, "text": one.sentence}
            for one in reasons_of(each)
        ],
    }
