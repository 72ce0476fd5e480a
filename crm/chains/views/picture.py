"""A chain's map as a picture to take along: SVG, from which the page makes a PNG by itself."""

from collections.abc import Iterator

from flask import Response
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains.views import bp
from crm.chains.views.chart import Chart, chart_of, picture_name
from crm.chains.views.showing import Box
from crm.core import clock
from crm.core.guard import allow
from crm.coverage.rules.drawing import Column, Drawn, draw


@bp.get("/<code>/picture.svg")
@allow(*LEAD_READERS)
def picture(code: str) -> Response:
    found = chart_of(code)
    name = f"{picture_name(found.chain)}.svg"
    return Response(
        drawn(found),
        mimetype="image/svg+xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def drawn(found: Chart) -> str:
    chain, known = found.chain, found.known
    columns = [
        Column(tier.word, [_box(box, depth) for box, depth in tier.placed]) for tier in chain.tiers
    ]
    legend = [(status, look.word, chain.found.having(status)) for status, look in known.items()]
    links = [(each.giver.code, each.taker.code) for each in found.supplies]
    return draw(chain.name, " · ".join(_notes(found)), columns, links, legend)


def _notes(found: Chart) -> Iterator[str]:
    chain = found.chain.found.chain
    yield clock.today().isoformat()
    if chain.confirmed_on is None:
        yield _("非官方")
    if chain.leader:
        yield _("链长：%(name)s", name=chain.leader)
    if chain.department:
        yield _("牵头单位：%(name)s", name=chain.department)


def _box(box: Box, depth: int) -> Drawn:
    counts = box.counts
    line = " · ".join(
        words
        for words, number in (
            (_("企业%(n)s", n=counts.firms), counts.firms),
            (_("线索%(n)s", n=counts.tips), counts.tips),
            (_("在谈%(n)s", n=counts.in_talks), counts.in_talks),
            (_("已签约%(n)s", n=counts.signed), counts.signed),
            (_("需求%(n)s", n=counts.needs), counts.needs),
        )
        if number
    )
    return Drawn(box.code, box.name, box.status, box.look.word, line, box.weight, depth, box.is_key)
