"""产业链: all chains × tiers with the status of every segment, and how many there are of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, render_template
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.chains.access import may_edit_chains
from crm.chains.queries.editing import chains_retired
from crm.chains.views import bp
from crm.chains.views.showing import ChainShown, Look, looks, shown
from crm.chains.wording import named
from crm.core import clock
from crm.core.guard import allow
from crm.coverage.queries.facts import coverage
from crm.coverage.rules import Status
from crm.leads.rules.filters import NONE, Bucket, LeadFilter


@dataclass(frozen=True, slots=True)
class Total:
    """How many segments of some chains have a status."""

    look: Look
    count: int


def totals(chains: Sequence[ChainShown], known: dict[Status, Look]) -> list[Total]:
    return [
        Total(known[status], sum(each.found.having(status) for each in chains)) for status in Status
    ]


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    may_edit = may_edit_chains(g.actor)
    told, known = coverage(clock.today()), looks()
    chains = [shown(each, known) for each in told.chains]
    official = [each for each in chains if not each.is_track]
    return render_template(
        "chains/index.html",
        groups=[
            part
            for part in (
                (official, totals(official, known), False),
                ([each for each in chains if each.is_track], [], True),
            )
            if part[0]
        ],
        looks=known,
        without_chain=told.without_chain,
        without_chain_behind=LeadFilter(chain=NONE, stage=Bucket.IN_TALKS),
        may_edit=may_edit,
        retired=[(row.code, named(row.name, row.name_en)) for row in chains_retired()]
        if may_edit
        else [],
    )
