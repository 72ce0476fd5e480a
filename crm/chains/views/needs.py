"""三张清单: what an anchor firm needs, entered and kept on its company's page."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.chains import access
from crm.chains.forms.presence import NeedForm, NeedWithdrawForm
from crm.chains.models import AnchorNeed
from crm.chains.queries import presence as queries
from crm.chains.rules import NeedKind
from crm.chains.rules.presence import NeedFault
from crm.chains.services import needs as services
from crm.chains.services.presence import is_anchor
from crm.chains.views import bp
from crm.chains.views.asking import code_asked, number_asked, segment_choices, version_sent
from crm.chains.views.trail import told_of
from crm.chains.wording import NEED_FIELD, named, word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.money import Unit, yuan_in
from crm.enterprises import queries as enterprises


@bp.route("/needs/new", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def need_new() -> ResponseReturnValue:
    """For the company named in the address. One that is no anchor firm is offered to become one."""
    enterprise_id = number_asked("enterprise")
    company = enterprises.by_id(enterprise_id) if enterprise_id else None
    if company is None:
        raise NotFound
    form = NeedForm(
        data={
            "kind": code_asked("kind", NeedKind),
            "segment": number_asked("segment"),
            "noted_on": clock.today(),
        }
    ).offer(segment_choices())
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.note(
                g.actor, clock.now(), company.id, form.entry(_partner_meant(form)),
                today=clock.today(),
            ),
        )  # fmt: skip
        if saved is not None:
            flash(_("已登记。"), "good")
            return to_lists(company.id)
    page = render_template(
        "chains/need.html", form=form, company=company, known=None, today=clock.today(),
        events=[], not_anchor=None if is_anchor(company.id) else word(NeedFault.NOT_ANCHOR),
    )  # fmt: skip
    return page, form.status


@bp.route("/needs/<int:need_id>", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def need(need_id: int) -> ResponseReturnValue:
    known = _known(need_id)
    form = NeedForm(data=_told(known)).offer(segment_choices(known.segment_id))
    if form.validate_on_submit():
        saved = attempt(form, lambda: _save(form, need_id))
        if saved is not None:
            flash(_("已保存。"), "good")
            return to_lists(known.enterprise_id)
    page = render_template(
        "chains/need.html", form=form, company=enterprises.by_id(known.enterprise_id), known=known,
        today=clock.today(), events=list(told_of("anchor_needs", need_id, NEED_FIELD)),
        not_anchor=None,
    )  # fmt: skip
    return page, form.status


def _known(need_id: int) -> Any:
    known = queries.need(need_id)
    if known is None:
        raise NotFound
    return known


def _told(known: Any) -> dict[str, Any]:
    yuan = known.amount_yuan
    return {
        "version": known.version,
        "kind": known.kind,
        "segment": known.segment_id,
        "description": known.description,
        "partner": known.partner,
        "amount": None if yuan is None else str(yuan_in(yuan, Unit.YI)),
        "noted_on": known.noted_on,
        "met_on": known.met_on,
    }


def _save(form: NeedForm, need_id: int) -> AnchorNeed:
    return services.correct(
        g.actor, clock.now(), need_id, form.version.data or 0, form.entry(_partner_meant(form)),
        form.met_on.data, today=clock.today(),
    )  # fmt: skip


def _partner_meant(form: NeedForm) -> int | None:
    """The partner among our companies, by code or full name; any other stays the name it is."""
    typed = form.partner.data
    known = (enterprises.by_uscc(typed) or enterprises.by_name(typed)) if typed else None
    return known.id if known else None


@bp.post("/needs/<int:need_id>/met")
@allow(*access.FIRM_KEEPERS)
def need_met(need_id: int) -> ResponseReturnValue:
    """It was met today."""
    known, version = _known(need_id), version_sent()
    today = clock.today()
    with transaction():
        services.meet(g.actor, clock.now(), need_id, version, today, today=today)
    flash(_("已登记满足。"), "good")
    return to_lists(known.enterprise_id)


@bp.route("/needs/<int:need_id>/withdraw", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def need_withdraw(need_id: int) -> ResponseReturnValue:
    known = _known(need_id)
    form = NeedWithdrawForm(data={"version": known.version})
    if form.validate_on_submit():
        done = attempt(form, lambda: _withdraw(form, need_id))
        if done is not None:
            flash(_("已撤回。"), "good")
            return to_lists(known.enterprise_id)
    page = render_template(
        "chains/need_withdraw.html", form=form, known=known, named=named, word=word
    )
    return page, form.status


def _withdraw(form: NeedWithdrawForm, need_id: int) -> bool:
    services.withdraw(g.actor, clock.now(), need_id, form.version.data or 0, form.reason.data)
    return True


def to_lists(enterprise_id: int) -> ResponseReturnValue:
    if request.args.get("back") == "anchor":
        return redirect(url_for("chains.anchor", enterprise_id=enterprise_id))
    return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id, _anchor="needs"))
