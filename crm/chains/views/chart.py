"""产业链图谱: one chain from upper to lower, and what stands behind each of its segments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains import access
from crm.chains.models import Segment
from crm.chains.queries import chain_named, trees
from crm.chains.rules.entries import code_of
from crm.chains.rules.presence import stale_before
from crm.chains.views import bp
from crm.chains.views.showing import Box, ChainShown, Look, all_boxes, looks, shown
from crm.chains.wording import named
from crm.chains.wording import word as chain_word
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.coverage.queries.facts import Counts, Coverage, Covered, coverage, narrowed_counts
from crm.coverage.queries.segment import Behind, behind, below, hidden_at, links_of
from crm.coverage.rules import Number, Status
from crm.coverage.rules.viewing import STAGES, Kind, MapFilter, read_map_filter
from crm.coverage.wording import word as coverage_word
from crm.leads.rules import FROM_SIGNING, IN_TALKS, Stage
from crm.leads.rules.filters import NONE, Bucket, LeadFilter, WrongParameter
from crm.leads.wording import FILTER_WORDS
from crm.leads.wording import word as lead_word
from crm.places.queries import zones

WORDS: dict[str, Any] = {"chain_word": chain_word, "lead_word": lead_word, "named": named}
"""What the templates put codes and names into words by."""


@dataclass(frozen=True, slots=True)
class End:
    """A segment at one end of a link."""

    code: str
    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Supply:
    """What one segment makes for another."""

    giver: End
    taker: End
    product: str | None


@dataclass(frozen=True, slots=True)
class Chart:
    """One chain's map as a person asked for it."""

    told: Coverage
    chain: ChainShown
    known: dict[Status, Look]
    wanted: MapFilter
    counts: Counts  # of the whole chain, as the filter counts
    supplies: Sequence[Supply]

    def without(self, code: str) -> str:
        """The map as it is narrowed, without a panel, at the segment that was open."""
        return f"{_with(self.chain.href, self.wanted)}#at-{code}"

    def box(self, code: str) -> Box:
        """The segment with this code, however it is typed. Raises NotFound."""
        wanted = code_of(code)
        for box in all_boxes(self.chain):
            if box.code == wanted:
                return box
        raise NotFound


def chart_of(code: str) -> Chart:
    """Raises NotFound for an unknown chain, and answers 400 to a filter nobody can read."""
    try:
        wanted = read_map_filter(request.args)
    except WrongParameter as wrong:
        abort(
            400, _("看不懂参数%(name)s的值“%(value)s”。", name=wrong.name, value=wrong.value[:60])
        )
    chain_id = chain_named(code)
    if chain_id is None:
        raise NotFound
    today = clock.today()
    told = coverage(today, chain_id=chain_id)
    (found,) = told.chains
    known = looks()
    query = urlencode(wanted.url_args())
    counts = narrowed_counts(found, wanted, today, told.settings)
    chain = shown(
        found,
        known,
        counts=counts,
        is_out=lambda covered, counts: (
            not wanted.shows(
                covered.status, firms=counts.firms, leads=counts.leads, needs=counts.needs
            )
        ),
        query=f"?{query}" if query else "",
    )
    supplies = list(_supplies(chain_id))
    boxes = {box.code: box for box in all_boxes(chain)}
    for each in supplies:
        if each.giver.code in boxes and each.taker.code in boxes:
            box = boxes[each.giver.code]
            box.feeds = f"{box.feeds} {each.taker.code}".strip()
    roots = (box for tier in chain.tiers for box in tier.roots)
    return Chart(told, chain, known, wanted, sum((box.counts for box in roots), Counts()), supplies)


def _supplies(chain_id: int) -> Iterator[Supply]:
    """The links of a chain; their addresses are put together here, at a tenth of `url_for`'s time."""
    root, in_chinese = url_for("chains.index"), is_chinese()

    def end(chain: str, code: str, name: str, name_en: str | None) -> End:
        words = name if in_chinese or not name_en else name_en
        return End(code, f"{root}{chain}/segments/{code}", words)

    for each in links_of(chain_id):
        yield Supply(
            end(each.from_chain, each.from_code, each.from_name, each.from_name_en),
            end(each.to_chain, each.to_code, each.to_name, each.to_name_en),
            each.product,
        )


@bp.get("/<code>")
@allow(*LEAD_READERS)
def chart(code: str) -> ResponseReturnValue:
    return page(chart_of(code), None)


@bp.get("/<code>/segments/<segment>")
@allow(*LEAD_READERS)
def segment(code: str, segment: str) -> ResponseReturnValue:
    """A segment beside its chain's map; alone where a script asks for the panel."""
    found = chart_of(code)
    try:
        box = found.box(segment)
    except NotFound:
        return _where_it_went(trees.segment_by_code(found.chain.found.chain.id, segment))
    panel = panel_of(found, box)
    if request.headers.get("HX-Request"):
        return render_template("chains/_segment.html", panel=panel, chart=found, **WORDS)
    return page(found, panel)


def _where_it_went(gone: Segment | None) -> ResponseReturnValue:
    """Old papers and bookmarks lead to the segment another one was merged into. Raises NotFound."""
    successor = trees.successor_of(gone) if gone is not None else None
    if successor is None or successor is gone:
        raise NotFound
    (row,) = trees.segments_called([successor.id]).values()
    return redirect(url_for("chains.segment", code=row.chain, segment=row.code))


@dataclass(frozen=True, slots=True)
class Panel:
    """A segment with what stands behind its numbers."""

    box: Box
    behind: Behind
    hidden: int  # leads that are counted and may not be shown to this person
    lists: Sequence[tuple[str, LeadFilter | None]]
    """Of its leads: words with their number, and the list unless the person sees none of them."""
    stale_before: date
    feeds: Sequence[Supply]
    fed_by: Sequence[Supply]


def panel_of(found: Chart, box: Box) -> Panel:
    covered = box.covered
    told = behind(g.actor, below(covered.segment.id, found.chain.found.segments))
    stale_after = found.told.settings[Number.STALE_AFTER_DAYS]
    return Panel(
        box,
        told,
        max(covered.counts.leads - told.visible, 0),
        tuple(_lists(covered, told, below=bool(box.children) or None)),
        stale_before(clock.today(), stale_after),
        [each for each in found.supplies if each.giver.code == box.code],
        [each for each in found.supplies if each.taker.code == box.code],
    )


def _lists(
    covered: Covered, told: Behind, *, below: bool | None
) -> Iterator[tuple[str, LeadFilter | None]]:
    counts = covered.counts
    every: tuple[tuple[str, int, Stage | Bucket, tuple[Stage, ...]], ...] = (
        (_("线索%(n)s", n=counts.tips), counts.tips, Stage.LEAD, (Stage.LEAD,)),
        (_("在谈%(n)s", n=counts.in_talks), counts.in_talks, Bucket.IN_TALKS, IN_TALKS),
        (_("已签约%(n)s", n=counts.signed), counts.signed, Bucket.FROM_SIGNING, FROM_SIGNING),
    )
    for words, number, stage, stages in every:
        if number:
            behind = LeadFilter(segment=covered.segment.id, below=below, stage=stage)
            yield words, behind if told.visible_at(stages) else None


def page(found: Chart, panel: Panel | None) -> ResponseReturnValue:
    chain = found.chain
    address = panel.box.href.partition("?")[0] if panel else chain.href
    return render_template(
        "chains/chart.html",
        chart=found,
        chain=chain,
        panel=panel,
        address=address,
        picture_name=picture_name(chain),
        hidden=hidden_at(g.actor, chain.found),
        legend=[
            (look, chain.found.having(status), _with(chain.href, found.wanted.having(status)))
            for status, look in found.known.items()
        ],
        whole=_with(chain.href, found.wanted.having(None)),
        picks=_picks(),
        may_edit=access.may_edit_chains(g.actor),
        may_confirm=access.may_confirm(g.actor, chain.found.chain.leader_id),
        **WORDS,
        unplaced_behind=LeadFilter(chain=chain.found.chain.id, segment=NONE, stage=Bucket.IN_TALKS),
    )


def picture_name(chain: ChainShown) -> str:
    """What a picture of this day is called, whatever its kind."""
    return f"{chain.found.chain.code}-{clock.today():%Y%m%d}"


def _with(href: str, wanted: MapFilter) -> str:
    query = urlencode(wanted.url_args())
    return f"{href}?{query}" if query else href


def _picks() -> dict[str, list[tuple[str, Any]]]:
    """The choices of the filter bar."""
    return {
        "zone": [(str(row.id), named(row.name, row.name_en)) for row in zones()],
        "stage": [(stage.value, _stage_word(stage)) for stage in STAGES],
        "kind": [(kind.value, coverage_word(kind)) for kind in Kind],
        "status": [(status.value, coverage_word(status)) for status in Status],
    }


def _stage_word(stage: Stage | Bucket) -> Any:
    return FILTER_WORDS[Bucket][stage] if isinstance(stage, Bucket) else lead_word(stage)
