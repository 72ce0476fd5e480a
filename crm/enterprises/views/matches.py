"""Confirming which of our companies a printed row is: one by one, or many exact ones after a look."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import Fault, NotFound, Refused
from crm.core.forms import attempt, optional_id
from crm.core.guard import allow
from crm.enterprises import access, queries, services
from crm.enterprises.forms import MatchForm, RegisterFromRowForm, RegisterRowsForm
from crm.enterprises.models import RankingEntry
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.rules.roster import Outcome
from crm.enterprises.services import Confirmed
from crm.enterprises.services.edition_companies import Registered
from crm.enterprises.views import bp
from crm.enterprises.views.cards import list_name
from crm.enterprises.views.consequences import judge_again
from crm.enterprises.views.printed import known_edition
from crm.enterprises.wording import WORDS, number
from crm.quotas.facts import leads_of_enterprises


@bp.route("/rankings/<int:edition_id>/exact", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def edition_exact(edition_id: int) -> ResponseReturnValue:
    """The exact proposals, each to be seen before any of them is confirmed."""
    edition, name = known_edition(edition_id)
    form = MatchForm(data={"document": edition.document})
    if form.validate_on_submit():
        pairs = [pair for each in request.form.getlist("pick") if (pair := _pair(each))]
        if not pairs:
            form.form_errors.append(_("请勾选要确认的企业"))
        else:
            done = attempt(form, lambda: _confirm_exact(edition_id, pairs, form.document.data))
            if done is not None:
                _tell(done)
                return redirect(
                    url_for("enterprises.edition_rows", edition_id=edition_id, tab="matched")
                )
    page = render_template(
        "enterprises/edition_exact.html",
        form=form,
        edition=edition,
        list_name=name,
        rows=queries.exact_proposals(edition_id),
        basis_words=WORDS[Basis],
        pair_of=lambda row: f"{row.id}-{row.enterprise_id}",
    )
    return page, form.status


def _pair(text: str) -> tuple[int, int] | None:
    """row-company, as the page wrote it; anything else is no choice."""
    row, _dash, company = text.partition("-")
    try:
        found = optional_id(row), optional_id(company)
    except ValueError:
        return None
    return (found[0], found[1]) if found[0] and found[1] else None


def _confirm_exact(
    edition_id: int, pairs: list[tuple[int, int]], document: str | None
) -> Confirmed:
    at = clock.now()
    done = services.confirm_exact(g.actor, at, edition_id, pairs, document)
    judge_again(leads_of_enterprises(done.enterprise_ids), at)
    return done


def _tell(done: Confirmed) -> None:
    flash(_("已确认%(n)s家，相关项目已重新判定。", n=len(done.enterprise_ids)), "good")
    if done.left:
        flash(_("%(n)s家在您查看之后有变化，没有确认，请再看一次。", n=done.left), "warn")


@bp.post("/rankings/<int:edition_id>/propose")
@allow(*access.RANKING_CONFIRMERS)
def edition_propose(edition_id: int) -> ResponseReturnValue:
    """Look again: companies may have been registered since the import."""
    known_edition(edition_id)
    with transaction():
        found = services.propose_matches(edition_id)
    flash(_("%(n)s家可能是本区登记的企业，请核对。", n=found), "info")
    return redirect(url_for("enterprises.edition_rows", edition_id=edition_id, tab="waiting"))


@bp.get("/rankings/rows/<int:row_id>")
@allow(*LEAD_READERS)
def ranking_row(row_id: int) -> ResponseReturnValue:
    return _row_page(row_id, MatchForm(formdata=None))


def _row_page(row_id: int, form: MatchForm) -> ResponseReturnValue:
    row = queries.row_card(row_id)
    if row is None:
        raise NotFound
    if not form.is_submitted():
        form.document.data = row.source
    page = render_template(
        "enterprises/ranking_row.html",
        row=row,
        form=form,
        proposals=queries.proposals_of([row_id]).get(row_id, []),
        basis_words=WORDS[Basis],
        number=number,
        list_name=list_name(row),
        may_confirm=access.may_confirm_ranking(g.actor),
    )
    return page, form.status if request.method == "POST" else 200


@bp.post("/rankings/rows/<int:row_id>/confirm")
@allow(*access.RANKING_CONFIRMERS)
def ranking_row_confirm(row_id: int) -> ResponseReturnValue:
    """Confirm a proposal (its button says which), or the company that was typed."""
    form = MatchForm()
    if form.validate_on_submit():
        entry = attempt(form, lambda: _confirm(form, row_id))
        if entry is not None:
            return _on_to_the_next(entry)
    return _row_page(row_id, form)


def _confirm(form: MatchForm, row_id: int) -> RankingEntry:
    at = clock.now()
    try:
        chosen = optional_id(request.form.get("enterprise_id"))
    except ValueError:
        abort(400)
    if chosen is None:
        company = services.company_meant(form.enterprise.data, "enterprise")
        if company is None:
            raise Refused([Fault("enterprise", "company_missing", _("请选择或填写企业"))])
        chosen = company.id
    entry = services.confirm_match(g.actor, at, row_id, chosen, form.document.data)
    judge_again(leads_of_enterprises([chosen]), at)
    return entry


def _on_to_the_next(entry: RankingEntry) -> ResponseReturnValue:
    flash(_("已确认上榜，相关项目已重新判定。"), "good")
    return _next_waiting(entry.edition_id)


def _next_waiting(edition_id: int) -> ResponseReturnValue:
    waiting = queries.rows_of_edition(edition_id, queries.Tab.WAITING, None).rows
    if waiting:
        return redirect(url_for("enterprises.ranking_row", row_id=waiting[0].id))
    return redirect(url_for("enterprises.edition_rows", edition_id=edition_id))


@bp.post("/rankings/rows/<int:row_id>/reject")
@allow(*access.RANKING_CONFIRMERS)
def ranking_row_reject(row_id: int) -> ResponseReturnValue:
    row = queries.row_card(row_id)
    try:
        company = optional_id(request.form.get("enterprise_id"))
    except ValueError:
        abort(400)
    if row is None or company is None:
        raise NotFound
    reason = (request.form.get("reason") or "").replace("\x00", "")
    with transaction():
        services.reject_match(g.actor, clock.now(), row_id, company, reason)
    flash(_("已记为不是同一家，以后不再提示。"), "good")
    return redirect(url_for("enterprises.ranking_row", row_id=row_id))


@bp.route("/rankings/rows/<int:row_id>/register", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def ranking_row_register(row_id: int) -> ResponseReturnValue:
    """Register the company a row prints and confirm the match in one step."""
    row = queries.row_card(row_id)
    if row is None:
        raise NotFound
    form = RegisterFromRowForm(data=_as_printed(row)).offer()
    if form.validate_on_submit():
        entry = attempt(form, lambda: _register(form, row_id))
        if entry is not None:
            return _on_to_the_next(entry)
    page = render_template(
        "enterprises/ranking_row_register.html",
        form=form,
        row=row,
        list_name=list_name(row),
        double=queries.by_name(form.name.data or "") if form.name.errors else None,
    )
    return page, form.status


@bp.route("/rankings/<int:edition_id>/register", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def edition_register(edition_id: int) -> ResponseReturnValue:
    """Register the companies an edition prints and nobody registered, chosen ones or all."""
    edition, name = known_edition(edition_id)
    form = RegisterRowsForm(data={"document": edition.document})
    if form.validate_on_submit():
        done = attempt(form, lambda: _register_rows(form, edition_id))
        if done is not None:
            flash(_("已登记%(n)s家企业。", n=done.added), "good")
            if done.left:
                flash(_("%(n)s家已登记或名称相近，没有登记。", n=done.left), "info")
            tab = queries.Tab.MATCHED if done.is_confirmed else queries.Tab.WAITING
            return redirect(
                url_for("enterprises.edition_rows", edition_id=edition_id, tab=tab.value)
            )
    found = services.companies_to_register(edition_id)
    rows = [pair for pair in found if pair[1].outcome in (Outcome.NEW, Outcome.DOUBLE)]
    page = render_template(
        "enterprises/edition_register.html",
        form=form,
        edition=edition,
        list_name=name,
        rows=rows,
        known=len(found) - len(rows),
        row_id=lambda pair: pair[0].id,
    )
    return page, form.status


def _register_rows(form: RegisterRowsForm, edition_id: int) -> Registered:
    picked: set[int] = set()
    for each in request.form.getlist("pick"):
        try:
            picked.add(optional_id(each) or 0)
        except ValueError:
            abort(400)
    done = services.register_rows(
        g.actor, clock.now(), edition_id,
        services.ALL_ROWS if form.takes_all.data else picked,
        document=form.document.data if form.confirms.data else None,
    )  # fmt: skip
    suggest_for(done.enterprise_ids)
    return done


def _as_printed(row: Any) -> dict[str, Any]:
    return {
        "name": (row.name_zh or row.name_en or "")[:120],
        "name_en": row.name_en,
        "uscc": row.uscc,
        "document": row.source,
    }


def _register(form: RegisterFromRowForm, row_id: int) -> RankingEntry:
    at = clock.now()
    parent = services.company_meant(form.parent.data)
    entry = services.register_from_row(g.actor, at, row_id, form.entry(parent), form.document.data)
    suggest_for([entry.enterprise_id])
    return entry
