"""How a chain's coverage has changed: its segments by status at the end of each of twelve months."""

from flask import render_template
from flask.typing import ResponseReturnValue

from crm.accounts.rules import LEAD_READERS
from crm.chains.queries import chain_named
from crm.chains.views import bp
from crm.chains.views.showing import looks
from crm.chains.wording import named
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.coverage.queries.facts import coverage
from crm.coverage.queries.history import by_month
from crm.coverage.rules import Status

TONES = {
    Status.GAP: "bad",
    Status.WEAK: "series-3",
    Status.HAS: "good-line",
    Status.STRONG: "good",
    Status.NOT_SOUGHT: "line-strong",
}
"""The colour of each status in a picture, by the name of its token."""


@bp.get("/<code>/history")
@allow(*LEAD_READERS)
def past(code: str) -> ResponseReturnValue:
    chain_id = chain_named(code)
    if chain_id is None:
        raise NotFound
    today = clock.today()
    (found,) = coverage(today, chain_id=chain_id).chains
    months = by_month(chain_id, today)
    return render_template(
        "chains/history.html",
        code=found.chain.code,
        name=named(found.chain.name, found.chain.name_en),
        months=[day.strftime("%Y-%m") for day, _counts in months],
        series=[
            {
                "name": look.word,
                "tone": TONES[status],
                "values": [counts[status] for _day, counts in months],
            }
            for status, look in looks().items()
        ],
    )
