"""本地企业: which local firms stand where, kept true by whoever meets them."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.chains import access
from crm.chains.forms.presence import EndForm, FirmForm, NewFirmForm
from crm.chains.models import Presence
from crm.chains.queries import chains
from crm.chains.queries import presence as queries
from crm.chains.queries.presence import FirmFilter
from crm.chains.rules import PresenceRole
from crm.chains.rules.presence import FirmState, is_stale
from crm.chains.services import presence as services
from crm.chains.services.companies import add_company
from crm.chains.views import bp
from crm.chains.views.asking import (
    code_asked,
    number_asked,
    picks,
    segment_choices,
    stale_after_days,
    text_asked,
    version_sent,
    zone_choices,
)
from crm.chains.views.trail import told_of
from crm.chains.wording import PRESENCE_FIELD, WORDS, named, stale_words, word
from crm.core import clock
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import attempt, number_in
from crm.core.guard import allow
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.core.money import Unit, yuan_in
from crm.enterprises import queries as enterprises
from crm.enterprises import services as companies

MOST_PICKS = 200


@bp.get("/firms")
@allow(*access.FIRM_READERS)
def firms() -> ResponseReturnValue:
    wanted, days, today = filter_asked(), stale_after_days(), clock.today()
    order = queries.ORDERS.get(request.args.get("sort") or queries.LONGEST_CHECKED_FIRST.name)
    if order is None:
        abort(400)
    try:
        page = queries.firms_page(wanted, today, request.args.get("cursor"), order, days)
    except CursorError:
        abort(400)
    is_whole = page.is_first and page.next_cursor is None
    total = len(page.rows) if is_whole else queries.firms_count(wanted, today, days)
    kept = _kept(wanted, order.name)
    return render_template(
        "chains/firms.html",
        page=page,
        total=f"{COUNT_LIMIT}+" if total > COUNT_LIMIT else total,
        wanted=wanted,
        kept=kept,
        order=order.name,
        sort_url=lambda key: url_for("chains.firms", **{**kept, "sort": key}),
        outputs=queries.outputs(wanted, today, days),
        chain_choices=[(row.id, named(row.name, row.name_en)) for row in chains()],
        segment_choices=segment_choices(),
        role_choices=[(each.value, words) for each, words in WORDS[PresenceRole].items()],
        zone_choices=zone_choices(),
        state_choices=[
            (FirmState.STALE.value, stale_words(days)),
            (FirmState.ENDED.value, word(FirmState.ENDED)),
        ],
        stale=lambda row: row.ended_on is None and is_stale(row.checked_on, today, days),
        stale_words=stale_words(days),
        named=named,
        word=word,
        may_keep=access.may_keep_firms(g.actor),
        may_import=access.may_import_firms(g.actor),
    )


def filter_asked() -> FirmFilter:
    """The filter in the address; a value that is none of ours is refused with 400."""
    return FirmFilter(
        text_asked("q"),
        number_asked("chain"),
        number_asked("segment"),
        code_asked("role", PresenceRole),
        number_asked("zone"),
        code_asked("state", FirmState) or FirmState.STANDING,
    )


def _kept(wanted: FirmFilter, order: str) -> dict[str, Any]:
    """The filter as an address carries it."""
    return {
        "q": wanted.text,
        "chain": wanted.chain_id,
        "segment": wanted.segment_id,
        "role": wanted.role.value if wanted.role else None,
        "zone": wanted.zone_id,
        "state": wanted.state.value if wanted.state is not FirmState.STANDING else None,
        "sort": order if order != queries.LONGEST_CHECKED_FIRST.name else None,
    }


@bp.post("/firms/check")
@allow(*access.FIRM_KEEPERS)
def firms_check() -> ResponseReturnValue:
    """Several firms were found as they are recorded, today."""
    seen = picks(request.form.getlist("pick")[:MOST_PICKS])
    back = redirect(url_for("chains.firms", **_kept(filter_asked(), request.args.get("sort", ""))))
    if not seen:
        flash(_("请先勾选已核对的企业。"), "warn")
        return back
    with transaction():
        done = services.check_many(g.actor, clock.now(), seen, today=clock.today())
    if done.done:
        flash(
            ngettext("已记下%(num)s条今日已核。", "已记下%(num)s条今日已核。", len(done.done)),
            "good",
        )
    if done.changed:
        flash(
            ngettext(
                "%(num)s条刚刚被别人改过，没有记，请看过再核对。",
                "%(num)s条刚刚被别人改过，没有记，请看过再核对。",
                len(done.changed),
            ),
            "warn",
        )
    return back


@bp.route("/firms/new", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def firm_new() -> ResponseReturnValue:
    form = NewFirmForm(data=_asked_for()).offer(segment_choices(), zone_choices())
    enterprise_id = number_in(str(form.enterprise_id.data or ""))
    company = enterprises.by_id(enterprise_id) if enterprise_id else None
    if company:
        form.of_known_company()
    if form.validate_on_submit():
        saved = attempt(form, lambda: _record(form, company.id if company else None))
        if saved is not None:
            flash(_("已登记。"), "good")
            return _to_company(saved.enterprise_id)
    double = None
    if not company and (
        form.same_name_reason.data or (form.is_new.data and form.enterprise.errors)
    ):
        double = enterprises.by_name(form.enterprise.data or "")
    page = render_template(
        "chains/firm.html", form=form, company=company, known=None, double=double,
        today=clock.today(), events=[],
    )  # fmt: skip
    return page, form.status


def _asked_for() -> dict[str, Any]:
    """What a link already says: the company, the segment, the role."""
    role = code_asked("role", PresenceRole)
    return {
        "enterprise_id": number_asked("enterprise"),
        "segment": number_asked("segment"),
        "role": role,
        "is_checked": True,
    }


def _record(form: NewFirmForm, enterprise_id: int | None) -> Presence:
    at = clock.now()
    if enterprise_id is None:
        enterprise_id = _company(form, at)
    return services.stand(
        g.actor, at, enterprise_id, form.segment.data, form.entry(), today=clock.today()
    )


def _company(form: NewFirmForm, at: Any) -> int:
    """The company that was typed, or a new one. Raises Refused."""
    if form.is_new.data:
        return add_company(
            g.actor, at, form.enterprise.data,
            uscc=form.uscc.data, same_name_reason=form.same_name_reason.data, field="enterprise",
        ).id  # fmt: skip
    found = companies.company_meant(form.enterprise.data, "enterprise")
    assert found is not None
    return found.id


@bp.route("/firms/<int:presence_id>", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def firm(presence_id: int) -> ResponseReturnValue:
    known = _known(presence_id)
    form = FirmForm(data=_told(known)).offer(segment_choices(known.segment_id), zone_choices())
    if form.validate_on_submit():
        saved = attempt(
            form,
            lambda: services.correct(
                g.actor, clock.now(), presence_id, form.version.data or 0, form.segment.data,
                form.entry(), today=clock.today(), checked_on=clock.today() if form.is_checked.data else None,
            ),
        )  # fmt: skip
        if saved is not None:
            flash(_("已保存。"), "good")
            return _to_company(known.enterprise_id)
    page = render_template(
        "chains/firm.html", form=form, company=enterprises.by_id(known.enterprise_id), known=known,
        double=None, today=clock.today(), events=list(told_of("presences", presence_id, PRESENCE_FIELD)),
    )  # fmt: skip
    return page, form.status


def _known(presence_id: int) -> Any:
    known = queries.firm(presence_id)
    if known is None:
        raise NotFound
    return known


def _told(known: Any) -> dict[str, Any]:
    return {
        "version": known.version,
        "segment": known.segment_id,
        "role": known.role,
        "strength": known.strength,
        "output": None if known.output_yuan is None else str(yuan_in(known.output_yuan, Unit.YI)),
        "output_year": known.output_year,
        "evidence": known.evidence,
        "zone": known.zone_id,
        "since_on": known.since_on,
        "is_checked": False,
    }


@bp.post("/firms/<int:presence_id>/check")
@allow(*access.FIRM_KEEPERS)
def firm_check(presence_id: int) -> ResponseReturnValue:
    known = _known(presence_id)
    version = version_sent()
    with transaction():
        services.check(g.actor, clock.now(), presence_id, version, today=clock.today())
    flash(_("已记下今日已核。"), "good")
    return _to_company(known.enterprise_id)


@bp.route("/firms/<int:presence_id>/end", methods=["GET", "POST"])
@allow(*access.FIRM_KEEPERS)
def firm_end(presence_id: int) -> ResponseReturnValue:
    known = _known(presence_id)
    form = EndForm(data={"version": known.version})
    if form.validate_on_submit():
        done = attempt(
            form,
            lambda: services.end(
                g.actor, clock.now(), presence_id, form.version.data or 0, form.ended_on.data,
                form.reason.data, today=clock.today(),
            ),
        )  # fmt: skip
        if done is not None:
            flash(_("已登记退出。"), "good")
            return _to_company(known.enterprise_id)
    page = render_template(
        "chains/firm_end.html", form=form, known=known, today=clock.today(), named=named
    )
    return page, form.status


def _to_company(enterprise_id: int) -> ResponseReturnValue:
    return redirect(url_for("enterprises.detail", enterprise_id=enterprise_id, _anchor="chains"))
