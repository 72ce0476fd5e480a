"""Search before entry, the quick form, and the receipt."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.chains.models import Chain, Segment
from crm.chains.queries import chains
from crm.chains.wording import named
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.guard import allow
from crm.coverage.queries.targets import proposal
from crm.coverage.telling import brief_of
from crm.enterprises.models import Enterprise
from crm.enterprises.services import by_name
from crm.history import services as history
from crm.leads import access
from crm.leads.access import Hit, masked_hits
from crm.leads.forms import EntryForm, contact_parts, text_of
from crm.leads.models import Lead
from crm.leads.rules import FigureKind
from crm.leads.services import registration
from crm.leads.services.editing import ODD_SIZE, is_odd_size
from crm.leads.services.figures import Stated
from crm.leads.services.searches import searches_since
from crm.leads.views import bp
from crm.leads.views.saving import attempt

SEARCHES_AN_HOUR = 240
SOURCES = (
    "以商招商",
    "驻点招商",
    "商会协会推荐",
    "展会活动",
    "上级推荐",
    "企业来访",
    "自行摸排",
)  # 原文


@bp.get("/entry")
@allow(*LEAD_WRITERS)
def entry() -> ResponseReturnValue:
    query = (text_of(request.args.get("q")) or "")[:100]
    hits = looked_up(query) if query else ()
    return render_template(
        "leads/_hits.html" if request.headers.get("HX-Request") else "leads/entry.html",
        query=query, hits=hits, least=access.LEAST_QUERY,
    )  # fmt: skip


def looked_up(query: str) -> tuple[Hit, ...]:
    """The hits; each search is counted against the hour's allowance and recorded."""
    with transaction():
        if searches_since(g.actor, clock.now() - timedelta(hours=1)) >= SEARCHES_AN_HOUR:
            abort(429)
        hits = masked_hits(g.actor, query)
        history.record(
            g.actor, clock.now(), "entry_searched", None,
            after={"query": query, "hits": len(hits), "masked": sum(h.is_masked for h in hits)},
        )  # fmt: skip
    return hits


@bp.route("/new", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def new() -> ResponseReturnValue:
    form = EntryForm()
    form.chain.offer([(row.id, named(row.name, row.name_en)) for row in chains()])
    hits: tuple[Hit, ...] = ()
    if form.validate_on_submit():
        lead = save_new(form)
        if lead is not None:
            flash(_("已登记，回执编号%(number)s。", number=lead.receipt_number), "success")
            return redirect(url_for("leads.receipt", lead_id=lead.id))
    elif not form.is_submitted():
        prefill(form)
        hits = of_target(form)
    investor = chosen_investor(form)
    segment = chosen_segment(form)
    same = by_name(form.investor.data) if form.investor.data and not investor else None
    return render_template(
        "leads/new.html", form=form, investor=investor, segment=segment, same=same, hits=hits,
        sources=SOURCES, named=named, is_odd=ODD_SIZE in form.total_investment.errors,
    ), form.status  # fmt: skip


def prefill(form: EntryForm) -> None:
    """What the search already said: a company, a name, or that nobody knows it yet."""
    form.investor_id.data = request.args.get("investor_id", "")
    form.investor.data = text_of(request.args.get("investor", ""))
    form.is_unknown.data = "1" if request.args.get("unknown") == "1" else ""


def of_target(form: EntryForm) -> tuple[Hit, ...]:
    """A target of a segment (目标企业) fills in what is known of it; what a search for it finds.

    The search before entry is made for whoever comes from a list, counted and recorded as always.
    """
    form.segment.data = request.args.get("segment", "")
    investor = chosen_investor(form)
    if form.known_segment is None or investor is None:
        return ()
    found = proposal(clock.today(), investor.id, form.known_segment)
    if found is None:
        form.segment.data = ""
        return ()
    segment = named(found.segment.name, found.segment.name_en)
    form.title.data = _(
        "%(company)s%(segment)s项目", company=investor.short_name or investor.name, segment=segment
    )[:120]
    form.source.data = _("产业链目标企业")
    form.chain_move.data = found.move
    if found.found is not None:
        form.remark.data = _(
            "推荐理由（%(points)s分）：%(reasons)s", points=found.found.points,
            reasons=brief_of(found.found),
        )  # fmt: skip
    return tuple(hit for hit in looked_up(investor.name[:100]) if hit.is_masked or hit.lead_id)


def chosen_segment(form: EntryForm) -> Any:
    """(id, name, name_en, chain, chain_en) of the segment the lead is made for; None without one."""
    if form.known_segment is None:
        return None
    return db.session.execute(
        select(
            Segment.id, Segment.name, Segment.name_en, Chain.name.label("chain"),
            Chain.name_en.label("chain_en"),
        )
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Segment.id == form.known_segment)
    ).one_or_none()  # fmt: skip


def chosen_investor(form: EntryForm) -> Enterprise | None:
    if form.known_investor is None:
        return None
    return db.session.get(Enterprise, form.known_investor)


def save_new(form: EntryForm) -> Lead | None:
    amount = form.total_investment.amount
    total = Stated(form.total_investment.stated or "", amount) if amount else None
    if total and not form.confirm_size.data and is_odd_size(total):
        form.total_investment.errors = [*form.total_investment.errors, ODD_SIZE]
        return None
    name, phone = contact_parts(form.contact.data)
    wanted = registration.Registration(
        title=form.title.data,
        source=form.source.data,
        investor_id=form.known_investor,
        investor_name=None if form.has_unknown_investor else form.investor.data,
        same_name_reason=form.same_name_reason.data,
        contact_name=name,
        contact_phone=phone,
        total_investment=total,
        chain_id=form.chain.data,
        segment_id=form.known_segment,
        chain_move=form.chain_move.data,
        remark=form.remark.data,
        next_action=form.next_action.data,
        next_action_on=form.next_action_on.data,
    )
    return attempt(
        form, None,
        lambda: registration.register(g.actor, clock.now(), wanted, today=clock.today()),
    )  # fmt: skip


@bp.get("/<int:lead_id>/receipt")
@allow(*LEAD_READERS)
def receipt(lead_id: int) -> ResponseReturnValue:
    """报备回执: the number, the moment, who registered what; made to be printed."""
    lead = access.lead_for(g.actor, lead_id)
    who = db.session.execute(
        select(User.name, Department.name)
        .outerjoin(Department, Department.id == lead.first_talk_department_id)
        .where(User.id == lead.created_by_id)
    ).one_or_none()
    investor = db.session.get(Enterprise, lead.investor_id) if lead.investor_id else None
    return render_template(
        "leads/receipt.html", lead=lead, who=who[0] if who else None,
        department=who[1] if who else None, investor=investor.name if investor else None,
        segment=db.session.get(Segment, lead.segment_id) if lead.segment_id else None,
        named=named, kind=FigureKind.TOTAL_INVESTMENT,
    )  # fmt: skip


@bp.get("/names")
@allow(*LEAD_WRITERS)
def names() -> ResponseReturnValue:
    """Names of known companies for the fields in which one is typed, as options of a list."""
    query = (text_of(next(iter(request.args.values()), "")) or "")[:100]
    found = {h.enterprise: h for h in looked_up(query) if h.enterprise} if len(query) > 1 else {}
    return render_template("leads/_names.html", names=found)
