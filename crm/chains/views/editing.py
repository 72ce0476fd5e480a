"""Changing a chain: its trees by drag, keyboard or button, what it says of itself, and undo.

The page is plain forms; with JavaScript its region #taxonomy is swapped in place of the page.
"""

from collections.abc import Sequence
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.queries import actors
from crm.chains import access
from crm.chains.forms.segments import ChainForm
from crm.chains.models import Chain, Segment
from crm.chains.queries import trees
from crm.chains.queries.editing import groups_offered
from crm.chains.rules.tree import TIERS, Forest, Place
from crm.chains.services import chains, segments
from crm.chains.views import bp
from crm.chains.views.asking import NO_TIER, tier_in
from crm.chains.views.changing import change_chains
from crm.chains.wording import named, tier_word, word
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import BaseForm, attempt, number_in
from crm.core.guard import allow
from crm.coverage.services import reshaping
from crm.history.wording import ACTION
from crm.leads.services.following import leads_on

LAST = 5
"""So many of the last changes are named beside the button that takes the newest back."""
DEEPEST_SHOWN = 6
"""Deeper ones are indented no further."""


def chain_called(code: str) -> Chain:
    """Raises NotFound."""
    chain = trees.chain_by_code(code)
    if chain is None:
        raise NotFound
    return chain


@bp.get("/<code>/edit")
@allow(*access.CHAIN_EDITORS)
def edit(code: str) -> ResponseReturnValue:
    return editor(chain_called(code))


def editor(chain: Chain, refused: BaseForm | None = None) -> str:
    """The page; a step that was refused is told above it."""
    rows = trees.segments_of(chain.id)
    found = Forest(segments.node_of(row) for row in rows)
    of = {row.id: row for row in rows}
    tiers = [
        {
            "tier": tier or NO_TIER,
            "word": tier_word(tier),
            "rows": [
                _shown(found, of[node.id], depth)
                for node, depth in found.of_chain(chain.id)
                if node.tier == tier and not node.is_retired
            ],
        }
        for tier in TIERS
    ]
    return render_template(
        "chains/edit.html",
        chain=chain,
        name=named(chain.name, chain.name_en),
        tiers=[each for each in tiers if each["rows"] or each["tier"] != NO_TIER],
        retired=[row for row in rows if row.retired_on],
        merged=trees.segments_called({row.merged_into_id for row in rows if row.merged_into_id}),
        of=of,
        groups={row.id: named(row.name, row.name_en) for row in groups_offered()},
        undoable=undoable(trees.last_changes(chain.id, LAST)),
        refused=refused,
        named=named,
        word=word,
    )


def undoable(changes: Sequence[Any]) -> list[dict[str, Any]]:
    """Changes in words, the newest first: that one can be taken back."""
    people = {each.id: each.name for each in actors({row.by_id for row in changes if row.by_id})}
    return [
        {
            "id": row.id,
            "what": ACTION[row.action],
            "about": row.about,
            "who": people.get(row.by_id, ""),
            "at": row.at,
        }
        for row in changes
    ]


def _shown(found: Forest, row: Segment, depth: int) -> dict[str, Any]:
    """A segment in the list, with the steps it can take."""
    return {
        "row": row,
        "level": depth + 1,
        "depth": min(depth, DEEPEST_SHOWN),
        "can": {step: getattr(found, step)(row.id) is not None for step in segments.STEPS},
    }


def _numbers(text: str) -> tuple[int | None, int | None]:
    """segment:version, as the page wrote it."""
    one, _colon, version = text.partition(":")
    return number_in(one), number_in(version)


@bp.post("/<code>/edit")
@allow(*access.CHAIN_EDITORS)
def arrange(code: str) -> ResponseReturnValue:
    """One step by key or button (step=up:segment:version), or a drop (drop=segment:version, on, where)."""
    chain = chain_called(code)
    form = BaseForm()
    step, _colon, rest = request.form.get("step", "").partition(":")
    one, version = _numbers(rest or request.form.get("drop", ""))
    if one is None:
        raise NotFound

    def change(it: reshaping.Reshaping) -> Any:
        if step:
            return segments.step_segment(it, one, version, step)
        return segments.move_segment(it, one, version, _dropped_at(it.forest, chain.id))

    if form.validate() and change_chains(form, change):
        return redirect(url_for("chains.edit", code=code, _anchor=f"segment-{one}"))
    return editor(chain, form), 422


def _dropped_at(found: Forest, chain_id: int) -> Place:
    """Where something was let go: before, after or inside another segment, or at the end of a tier."""
    where, on = request.form.get("where"), number_in(request.form.get("on"))
    if where == "tier":
        return Place(chain_id, tier_in(request.form.get("tier")))
    other = found.nodes.get(on or 0)
    if other is None:
        raise NotFound
    if where == "inside":
        return Place(other.chain, other.tier, other.id)
    before: int | None = other.id
    if where == "after":
        beside = found.siblings(other)
        place = beside.index(other) + 1
        before = beside[place].id if place < len(beside) else None
    return Place(other.chain, other.tier, other.parent, before)


@bp.post("/<code>/undo")
@allow(*access.CHAIN_EDITORS)
def undo(code: str) -> ResponseReturnValue:
    chain = chain_called(code)
    form = BaseForm()
    if taken_back(form) is None:
        return editor(chain, form), 422
    if trees.chain_by_code(code) is None:  # it was just added, or had another code
        return redirect(url_for("chains.index"))
    return redirect(url_for("chains.edit", code=code))


def taken_back(form: BaseForm) -> Any:
    """The change that was sent to be taken back, and told so; None where that was refused."""
    change_id = number_in(request.form.get("change"))
    if change_id is None:
        raise NotFound
    if not form.validate():
        return None
    done = attempt(form, lambda: reshaping.undo(g.actor, clock.now(), change_id), alone=True)
    if done is not None:
        text = _("已撤销：%(what)s %(about)s", what=ACTION[done.action], about=done.about)
        flash(text, "good")
    return done


# --- what a chain says of itself ---


@bp.route("/new", methods=["GET", "POST"], defaults={"code": None}, endpoint="new")
@bp.route("/<code>/about", methods=["GET", "POST"])
@allow(*access.CHAIN_EDITORS)
def about(code: str | None) -> ResponseReturnValue:
    chain = chain_called(code) if code is not None else None
    form = ChainForm(obj=chain).offer(
        chain.leader_id if chain else None, chain.department_id if chain else None
    )
    if chain is not None and not form.is_submitted():
        form.leader.data, form.department.data = chain.leader_id, chain.department_id
    if form.validate_on_submit():
        chain_id = chain.id if chain else None

        def change(it: reshaping.Reshaping) -> Chain:
            if chain_id is None:
                return chains.add_chain(it, form.entry())
            return chains.edit_chain(it, chain_id, form.version.data, form.entry())

        done = change_chains(form, change)
        if done is not None:
            flash(_("已保存。"), "good")
            return redirect(url_for("chains.edit", code=done.code))
    return render_template("chains/about.html", form=form, chain=chain), form.status


@bp.post("/<code>/<any(retire, restore):verb>")
@allow(*access.CHAIN_EDITORS)
def set_use(code: str, verb: str) -> ResponseReturnValue:
    """Take a chain out of use, or into use again."""
    chain = chain_called(code)
    form = BaseForm()
    version = number_in(request.form.get("version"))
    chain_id = chain.id

    def change(it: reshaping.Reshaping) -> Chain:
        if verb == "retire":
            return chains.retire_chain(it, chain_id, version, leads_on(chain_id))
        return chains.restore_chain(it, chain_id, version)

    if form.validate() and change_chains(form, change):
        flash(_("产业链已停用。") if verb == "retire" else _("产业链已恢复。"), "good")
        return redirect(url_for("chains.edit", code=code))
    return editor(chain, form), 422


@bp.post("/<code>/confirm")
@allow(*access.CONFIRMERS)
def confirm(code: str) -> ResponseReturnValue:
    """The task force stands by the chain; its leader may say so, too."""
    chain = chain_called(code)
    if not access.may_confirm(g.actor, chain.leader_id):
        raise NotFound
    form = BaseForm()
    version = number_in(request.form.get("version"))
    chain_id = chain.id
    if form.validate() and attempt(
        form,
        lambda: chains.confirm_chain(g.actor, clock.now(), chain_id, version),
        alone=True,
    ):
        flash(_("已记为专班确认，不再标“非官方”。"), "good")
    if access.may_edit_chains(g.actor):
        return redirect(url_for("chains.edit", code=code))
    return redirect(url_for("chains.chart", code=code))
