"""The chains from the terminal: what is missing, segment by segment."""

import click
from flask.cli import AppGroup

from crm.chains.queries import chain_named
from crm.chains.wording import word as chain_word
from crm.cli.terminal import print_json
from crm.core import clock
from crm.coverage.queries.facts import ChainCovered, coverage
from crm.coverage.wording import reason_text, word

chain_commands = AppGroup("chains", help="The industrial chains: where nothing is, whom to call.")


@chain_commands.command("gaps")
@click.option("--chain", "code", required=True, metavar="CODE", help="which chain, by its code")
@click.option("--json", "as_json", is_flag=True, help="one JSON document on stdout")
def chains_gaps(code: str, as_json: bool) -> None:
    """The status of every segment of a chain with all its reasons. Exit 2 for an unknown chain."""
    chain_id = chain_named(code)
    if chain_id is None:
        raise click.UsageError(f"no chain has the code {code!r}")
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
