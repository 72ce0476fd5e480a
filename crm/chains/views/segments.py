"""One segment: what it says of itself, where it stands, its links, merging and taking it out of use."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains import access
from crm.chains.forms.segments import LinkForm, PlaceForm, SegmentForm
from crm.chains.models import Chain, Segment
from crm.chains.queries import trees
from crm.chains.queries.editing import (
    Offered,
    chains_in_use,
    groups_offered,
    links_of,
    segments_offered,
)
from crm.chains.rules import DEFAULT_WEIGHT, SegmentLayout
from crm.chains.rules.tree import TIERS, Forest, Place
from crm.chains.services import linking, segments
from crm.chains.views import bp
from crm.chains.views.asking import NO_TIER, tier_in
from crm.chains.views.changing import change_chains
from crm.chains.views.editing import chain_called
from crm.chains.wording import named, tier_word
from crm.core.errors import NotFound
from crm.core.fields import one_line
from crm.core.forms import BaseForm, number_in
from crm.core.guard import allow
from crm.coverage.services import reshaping
from crm.leads.services.following import leads_at

PER_LINE = "、"


def _segment(code: str, segment: str) -> tuple[Chain, Segment]:
    """Raises NotFound."""
    chain = chain_called(code)
    row = trees.segment_by_code(chain.id, segment)
    if row is None:
        raise NotFound
    return chain, row


@bp.route("/<code>/edit/new", methods=["GET", "POST"])
@allow(*access.CHAIN_EDITORS)
def new_segment(code: str) -> ResponseReturnValue:
    """A segment under another one (`under`), or at the top of a tier (`tier`)."""
    chain = chain_called(code)
    parent = trees.segment_by_code(chain.id, request.args.get("under", ""))
    tier = tier_in(request.args.get("tier", NO_TIER))
    place = Place(chain.id, parent.tier if parent else tier, parent.id if parent else None)
    form = SegmentForm()
    _offer_groups(form)
    if form.validate_on_submit():
        done = change_chains(form, lambda it: segments.add_segment(it, place, form.entry()))
        if done is not None:
            flash(_("已新增环节“%(name)s”。", name=done.name), "good")
            return redirect(url_for("chains.edit", code=code, _anchor=f"segment-{done.id}"))
    elif not form.is_submitted():
        form.layout.data, form.weight.data = SegmentLayout.FOCUS, DEFAULT_WEIGHT
        form.code.data = f"{chain.code}-"
    under = named(parent.name, parent.name_en) if parent else str(tier_word(place.tier))
    return render_template(
        "chains/new_segment.html", form=form, chain=chain, under=under, named=named
    ), form.status


@bp.route("/<code>/edit/<segment>", methods=["GET", "POST"])
@allow(*access.CHAIN_EDITORS)
def edit_segment(code: str, segment: str) -> ResponseReturnValue:
    chain, row = _segment(code, segment)
    form = SegmentForm(data=_data(row))
    _offer_groups(form)
    if form.validate_on_submit():
        done = change_chains(
            form, lambda it: segments.edit_segment(it, row.id, form.version.data, form.entry())
        )
        if done is not None:
            flash(_("已保存。"), "good")
            return redirect(url_for("chains.edit", code=code, _anchor=f"segment-{done.id}"))
    return _page(chain, row, form=form), form.status


def _data(row: Segment) -> dict[str, Any]:
    """A segment as its form shows it."""
    lists = ("keywords", "industry_codes", "examples")
    return {
        **{name: getattr(row, name) for name in ("name", "name_en", "code", "layout", "weight")},
        "is_key": row.is_key,
        "version": row.version,
        "group": row.group_id,
        **{name: PER_LINE.join(getattr(row, name) or ()) for name in lists},
    }


def _offer_groups(form: SegmentForm) -> None:
    form.group.offer((row.id, named(row.name, row.name_en)) for row in groups_offered())


def _page(
    chain: Chain,
    row: Segment,
    *,
    form: SegmentForm | None = None,
    refused: BaseForm | None = None,
    link_form: LinkForm | None = None,
) -> str:
    """The page of a segment; what was refused stands with its words where it was sent from."""
    if form is None:
        form = SegmentForm(formdata=None, data=_data(row))
        _offer_groups(form)
    found = trees.forest()
    offered = segments_offered(found)
    below = {node.id for node in found.subtree(row.id)}
    chain_names = {each.id: named(each.name, each.name_en) for each in chains_in_use()}
    ids = [row.id]
    return render_template(
        "chains/edit_segment.html",
        chain=chain,
        segment=row,
        form=form,
        refused=refused,
        link_form=link_form or LinkForm(formdata=None),
        places=_places(offered, below, chain.id, chain_names),
        others=_grouped(offered, {row.id}, chain.id, chain_names),
        targets=_grouped(offered, below, chain.id, chain_names),
        links=links_of(row.id),
        merged=trees.segments_called([row.merged_into_id] if row.merged_into_id else []),
        standing={
            "leads": leads_at(ids),
            "firms": trees.firms_at(ids).get(row.id, 0),
            "needs": trees.needs_at(ids).get(row.id, 0),
            "fits": trees.fits_at(ids).get(row.id, 0),
            "parts": len(found.parts(row.id)),
        },
        named=named,
    )


def _grouped(
    offered: list[Offered], but: set[int], first: int, chain_names: dict[int, str]
) -> list[tuple[str, list[tuple[int, str]]]]:
    """(chain, its segments as (id, words)) without some, the page's own chain first."""
    found: dict[int, list[tuple[int, str]]] = {first: []}
    for each in offered:
        if each.id not in but:
            words = f"{'　' * each.depth}{each.code} {named(each.name, each.name_en)}"
            found.setdefault(each.chain_id, []).append((each.id, words))
    return [
        (chain_names[chain_id], choices)
        for chain_id, choices in found.items()
        if choices and chain_id in chain_names
    ]


def _places(
    offered: list[Offered], below: set[int], first: int, chain_names: dict[int, str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a segment can go, chain by chain: the top of a tier, or under another segment."""
    found: dict[int, list[tuple[str, str]]] = {}
    for chain_id in sorted(chain_names, key=lambda each: each != first):
        choices = found[chain_id] = []
        for tier in TIERS:
            value = f"tier:{chain_id}:{tier or NO_TIER}"
            choices.append((value, str(_("%(tier)s（顶层）", tier=tier_word(tier)))))
            choices += [
                (
                    f"under:{each.id}",
                    f"{'　' * (each.depth + 1)}{each.code} {named(each.name, each.name_en)}",
                )
                for each in offered
                if each.chain_id == chain_id and each.tier == tier and each.id not in below
            ]
    return [(chain_names[chain_id], choices) for chain_id, choices in found.items()]


def _place_asked(text: str | None, found: Forest) -> Place:
    kind, _colon, rest = (text or "").partition(":")
    if kind == "under":
        node = found.nodes.get(number_in(rest) or 0)
        if node is not None:
            return Place(node.chain, node.tier, node.id)
    elif kind == "tier":
        chain, _colon, tier = rest.partition(":")
        chain_id = number_in(chain)
        if chain_id is not None:
            return Place(chain_id, tier_in(tier))
    raise NotFound


@bp.post("/<code>/edit/<segment>/<any(move, merge, retire, restore):verb>")
@allow(*access.CHAIN_EDITORS)
def change_segment(code: str, segment: str, verb: str) -> ResponseReturnValue:
    chain, row = _segment(code, segment)
    form = PlaceForm()
    form.into.offer((each.id, each.name) for each in segments_offered(trees.forest()))
    one, version = row.id, number_in(request.form.get("version"))
    if not form.validate() or not _is_told(form, verb):
        return _page(chain, row, refused=form), 422

    def change(it: reshaping.Reshaping) -> Segment:
        if verb == "move":
            return segments.move_segment(it, one, version, _place_asked(form.place.data, it.forest))
        if verb == "merge":
            return segments.merge_segments(it, one, version, form.into.data)
        if verb == "retire":
            return segments.retire_segment(it, one, version, leads_at)
        return segments.restore_segment(it, one, version)

    done = change_chains(form, change)
    if done is None:
        return _page(
            chain_called(code), trees.segment_by_code(chain.id, segment) or row, refused=form
        ), 422
    flash(
        {
            "move": _("环节已移动。"),
            "merge": _("已并入“%(name)s”，原有的项目、企业和联系都已随之转过去。", name=done.name),
            "retire": _("环节已停用。"),
            "restore": _("环节已恢复。"),
        }[verb],
        "good",
    )
    return redirect(url_for("chains.edit", code=code))


def _is_told(form: PlaceForm, verb: str) -> bool:
    """Whether a move or a merger says where to."""
    if verb == "merge" and form.into.data is None:
        form.into.errors = [_("请选择并入哪个环节")]
    elif verb == "move" and form.place.data is None:
        form.place.errors = [_("请选择移到哪里")]
    else:
        return True
    return False


@bp.post("/<code>/edit/<segment>/links")
@allow(*access.CHAIN_EDITORS)
def link(code: str, segment: str) -> ResponseReturnValue:
    chain, row = _segment(code, segment)
    form = LinkForm()
    form.other.offer((each.id, each.name) for each in segments_offered(trees.forest()))
    if form.validate_on_submit():
        one, other = row.id, form.other.data
        ends = (one, other) if form.way.data != "needs" else (other, one)
        done = change_chains(form, lambda it: linking.link_segments(it, *ends, form.product.data))
        if done is not None:
            flash(_("已新增供需联系。"), "good")
            return redirect(
                url_for("chains.edit_segment", code=code, segment=segment, _anchor="links")
            )
    return _page(chain, row, link_form=form), 422


@bp.post("/<code>/edit/<segment>/links/<int:link_id>")
@allow(*access.CHAIN_EDITORS)
def change_link(code: str, segment: str, link_id: int) -> ResponseReturnValue:
    """Take a link away, or say what it carries."""
    chain, row = _segment(code, segment)
    form = BaseForm()
    version = number_in(request.form.get("version"))
    product = one_line(request.form.get("product"))

    def change(it: reshaping.Reshaping) -> bool:
        if "remove" in request.form:
            linking.unlink_segments(it, link_id, version)
        else:
            linking.name_product(it, link_id, version, product)
        return True

    if form.validate() and change_chains(form, change):
        return redirect(url_for("chains.edit_segment", code=code, segment=segment, _anchor="links"))
    return _page(chain, row, refused=form), 422
