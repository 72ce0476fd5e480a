"""归链建议: which segments companies may belong to, confirmed, rejected or put right by a person."""

import json
from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains import access
from crm.chains.queries import fits as queries
from crm.chains.queries.presence import segments_in_use
from crm.chains.queries.taxonomy import chains
from crm.chains.rules import FitBasis, FitState
from crm.chains.services import examples, suggesting
from crm.chains.services.suggesting import Decided
from crm.chains.views import bp
from crm.chains.views.asking import code_asked, number_asked, picks, text_asked
from crm.chains.wording import grouped, matches, named, segment_name, word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound, Refused
from crm.core.forms import number_in
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.core.web import mark
from crm.enterprises.queries import by_id
from crm.enterprises.wording import region_words

VERBS = {"confirm": FitState.CONFIRMED, "reject": FitState.REJECTED}


@bp.get("/fits")
@allow(*LEAD_READERS)
def fits() -> ResponseReturnValue:
    wanted = _filter_asked()
    try:
        page = queries.fits_page(wanted, request.args.get("cursor"))
    except CursorError:
        abort(400)
    counts = queries.fit_counts(wanted)
    segments = segments_in_use()
    return render_template(
        "chains/fits.html",
        page=page,
        wanted=wanted,
        kept=_kept(wanted),
        counts={state: _capped(count) for state, count in counts.items()},
        states=list(FitState),
        bases=[(each.value, word(each)) for each in FitBasis],
        pick_of=lambda row: f"{row.id}-{row.version}",
        others={
            fit_id: mark("、", ", ").join(named(row.name, row.name_en) for row in rows)
            for fit_id, rows in queries.other_segments([row.id for row in page.rows]).items()
        },
        chains=[(row.id, named(row.name, row.name_en)) for row in chains()],
        segments=[
            (row.id, named(row.name, row.name_en))
            for row in segments
            if wanted.chain_id in (None, row.chain_id)
        ],
        groups=grouped(segments),
        segment_name=segment_name,
        matches=matches,
        word=word,
        region_words=region_words,
        has_examples=queries.has_examples(),
        may_decide=access.may_place_companies(g.actor),
        may_take=access.may_import_firms(g.actor),
    )  # fmt: skip


def _filter_asked() -> queries.FitFilter:
    """The filter in the address; a value that is none of ours is refused with 400."""
    return queries.FitFilter(
        text_asked("q"),
        number_asked("chain"),
        number_asked("segment"),
        code_asked("state", FitState) or FitState.SUGGESTED,
        code_asked("basis", FitBasis),
    )


def _kept(wanted: queries.FitFilter) -> dict[str, Any]:
    """The filter as it stands in addresses."""
    kept = {
        "q": wanted.text,
        "chain": wanted.chain_id,
        "segment": wanted.segment_id,
        "basis": wanted.basis.value if wanted.basis else None,
        "state": None if wanted.state is FitState.SUGGESTED else wanted.state.value,
    }
    return {key: value for key, value in kept.items() if value is not None}


def _capped(count: int) -> int | str:
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else count


@bp.post("/fits")
@allow(*access.FIT_DECIDERS)
def fits_decide() -> ResponseReturnValue:
    """Confirm, reject or put elsewhere what was ticked, or the one whose own button was pressed."""
    _decide(request.form.getlist("pick"))
    return redirect(url_for("chains.fits", **_kept(_filter_asked())))


@bp.post("/companies/<int:enterprise_id>/fits")
@allow(*access.FIT_DECIDERS)
def company_fits(enterprise_id: int) -> ResponseReturnValue:
    """The same from a company's page, where it may also be put at any segment."""
    if by_id(enterprise_id) is None:
        raise NotFound
    if request.form.get("verb") == "place":
        segment_id = number_in(request.form.get("segment"))
        if segment_id is None:
            flash(_("请选择环节"), "warn")
        else:
            try:
                with transaction():
                    suggesting.place(g.actor, clock.now(), enterprise_id, segment_id)
                flash(_("已记到这个环节。"), "good")
            except Refused as refused:
                flash(str(refused.faults[0].text), "bad")
    else:
        _decide([])
    return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id, _anchor="fits"))


def _decide(ticked: list[str]) -> None:
    own = next(((verb, request.form[verb]) for verb in VERBS if verb in request.form), None)
    verb, chosen = (own[0], [own[1]]) if own else (request.form.get("verb", ""), ticked)
    picked = picks(chosen)
    if not picked:
        flash(_("请先勾选企业"), "warn")
        return
    if verb == "move" and not request.form.get("segment"):
        flash(_("请选择环节"), "warn")
        return
    try:
        with transaction():
            done = _done(verb, picked)
    except Refused as refused:
        flash(str(refused.faults[0].text), "bad")
        return
    if done.done:
        told = {
            "confirm": _("已确认%(n)s条。", n=done.done),
            "reject": _("已记为不属于%(n)s条，以后不再建议。", n=done.done),
            "move": _("已改到所选环节%(n)s条。", n=done.done),
        }
        flash(told[verb], "good")
    if done.left:
        flash(_("%(n)s条在您查看之后有变化，没有处理，请再看一次。", n=done.left), "warn")


def _done(verb: str, picked: list[tuple[int, int]]) -> Decided:
    at = clock.now()
    if verb in VERBS:
        return suggesting.decide(g.actor, at, picked, VERBS[verb])
    if verb != "move":
        abort(400)
    return suggesting.move(g.actor, at, picked, number_in(request.form.get("segment")) or 0)


@bp.post("/fits/again")
@allow(*access.FIT_DECIDERS)
def fits_again() -> ResponseReturnValue:
    """Look through all companies: words of segments or companies' scopes may have changed."""
    with transaction():
        found = suggesting.suggest_for()
    flash(
        _(
            "看过%(companies)s家企业：新建议%(added)s条，更新%(changed)s条，撤下%(removed)s条。",
            companies=found.companies,
            added=found.added,
            changed=found.changed,
            removed=found.removed,
        ),
        "good",
    )
    return redirect(url_for("chains.fits"))


@bp.post("/fits/examples")
@allow(*access.FIRM_IMPORTERS)
def fits_examples() -> ResponseReturnValue:
    """Register the companies the preset's taxonomy names as examples."""
    file = current_app.extensions["settings"].preset_folder / "chains.json"
    taxonomy = json.loads(file.read_text(encoding="utf-8"))
    with transaction():
        taken = examples.take_examples(g.actor, clock.now(), taxonomy)
    flash(
        _("登记%(new)s家企业，归链建议%(placed)s条。", new=taken.registered, placed=taken.placed),
        "good",
    )
    return redirect(url_for("chains.fits"))
