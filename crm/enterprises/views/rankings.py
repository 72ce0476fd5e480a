"""Rankings: their editions, and which company is confirmed on which."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.fields import EARLIEST
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.enterprises import access, queries, services
from crm.enterprises.forms import EditionForm, MembershipForm, WithdrawForm
from crm.enterprises.models import RankingEdition, RankingEntry
from crm.enterprises.views import bp
from crm.enterprises.views.cards import list_name
from crm.enterprises.views.consequences import after_change_of, judge_again
from crm.quotas.facts import leads_of_ranking_list


@bp.get("/rankings")
@allow(*LEAD_READERS)
def rankings() -> ResponseReturnValue:
    return render_template(
        "enterprises/rankings.html",
        editions=queries.editions(),
        lists=queries.ranking_lists(),
        list_name=list_name,
        may_confirm=access.may_confirm_ranking(g.actor),
    )


@bp.route(
    "/rankings/new", methods=["GET", "POST"], defaults={"edition_id": None}, endpoint="edition_new"
)
@bp.route("/rankings/<int:edition_id>", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def edition(edition_id: int | None) -> ResponseReturnValue:
    known = queries.edition_by_id(edition_id) if edition_id else None
    if edition_id and known is None:
        raise NotFound
    form = EditionForm(obj=known).offer(
        [(row.id, list_name(row)) for row in queries.ranking_lists()]
    )
    if known is not None:  # list and year say which edition it is: they stay
        form.list_id.data, form.year.data = known.list_id, known.year
        if not form.is_submitted():
            form.seen_published_on.data = known.published_on
    if form.validate_on_submit():
        saved = attempt(form, lambda: _save_edition(form, edition_id))
        if saved is not None:
            flash(_("已保存榜单年度。"), "success")
            return redirect(url_for("enterprises.rankings"))
    page = render_template("enterprises/edition.html", form=form, edition=known)
    return page, form.status


def _save_edition(form: EditionForm, edition_id: int | None) -> RankingEdition:
    """A new edition may end a membership, another day of publication move it: judge all again."""
    at = clock.now()
    saved = services.save_edition(
        g.actor, at, edition_id,
        list_id=form.list_id.data,
        year=form.year.data,
        published_on=form.published_on.data,
        document=form.document.data,
        today=clock.office_day(at),
        seen_published_on=form.seen_published_on.data or (EARLIEST if edition_id else None),
    )  # fmt: skip
    judge_again(leads_of_ranking_list(saved.list_id), at)
    return saved


@bp.route("/<int:enterprise_id>/rankings/confirm", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def ranking_confirm(enterprise_id: int) -> ResponseReturnValue:
    company = queries.by_id(enterprise_id)
    if company is None:
        raise NotFound
    editions = queries.editions()
    form = MembershipForm().offer([(row.id, _edition_words(row)) for row in editions])
    if form.validate_on_submit():
        confirmed = attempt(form, lambda: _confirm(form, enterprise_id))
        if confirmed is not None:
            flash(_("已确认“%(name)s”上榜，相关项目已重新判定。", name=company.name), "success")
            return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id))
    page = render_template("enterprises/ranking_confirm.html", form=form, company=company)
    return page, form.status


def _confirm(form: MembershipForm, enterprise_id: int) -> RankingEntry:
    at = clock.now()
    entry = services.confirm_membership(g.actor, at, enterprise_id, form.entry())
    after_change_of(enterprise_id, at)
    return entry


def _edition_words(row: Any) -> str:
    return f"{list_name(row)} {row.year}（{row.published_on:%Y-%m-%d}）"  # 原文


@bp.route("/<int:enterprise_id>/rankings/<int:entry_id>/withdraw", methods=["GET", "POST"])
@allow(*access.RANKING_CONFIRMERS)
def ranking_withdraw(enterprise_id: int, entry_id: int) -> ResponseReturnValue:
    company = queries.by_id(enterprise_id)
    entry = next((row for row in queries.memberships_of(enterprise_id) if row.id == entry_id), None)
    if company is None or entry is None:
        raise NotFound
    form = WithdrawForm()
    if form.validate_on_submit():
        at = clock.now()
        with transaction():
            services.withdraw_membership(
                g.actor, at, enterprise_id, entry_id, form.reason.data or ""
            )
            after_change_of(enterprise_id, at)
        flash(_("已撤销，相关项目已重新判定。"), "success")
        return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id))
    page = render_template(
        "enterprises/ranking_withdraw.html",
        form=form,
        company=company,
        entry=entry,
        list_name=list_name,
    )
    return page, form.status
