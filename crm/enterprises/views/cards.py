"""The list of companies, one company's card, registering and editing it, and the pick list."""

from typing import Any

from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.chains.access import may_place_companies
from crm.chains.queries.fits import fits_of
from crm.chains.queries.presence import segments_in_use
from crm.chains.services.suggesting import suggest_for
from crm.chains.wording import PRESENCE_FIELD, grouped, matches, named, segment_name
from crm.chains.wording import word as chain_word
from crm.core import clock
from crm.core.errors import NotFound
from crm.core.forms import attempt
from crm.core.guard import allow
from crm.core.language import is_chinese
from crm.core.lists import COUNT_LIMIT, CursorError
from crm.core.web import mark
from crm.enterprises import access, queries, services
from crm.enterprises.forms import EnterpriseForm, SignalForm
from crm.enterprises.models import Enterprise
from crm.enterprises.queries import EnterpriseFilter
from crm.enterprises.rules import Ownership, mask_phone
from crm.enterprises.views import bp
from crm.enterprises.views.consequences import after_change_of
from crm.enterprises.views.on_chains import on_chains
from crm.enterprises.views.signals import weighed
from crm.enterprises.wording import (
    CONTACT_FIELD,
    FIELD,
    RANKING_FIELD,
    SIGNAL_FIELD,
    WORDS,
    percent,
    region_words,
    tell,
    uscc_warning,
)
from crm.history import queries as trail
from crm.history.wording import ACTION
from crm.leads import companies
from crm.leads.wording import word as lead_word

LONGEST_SEARCH = 100
FIELDS_TOLD = {
    "segment": PRESENCE_FIELD["segment"],
    **CONTACT_FIELD,
    **RANKING_FIELD,
    **SIGNAL_FIELD,
    **FIELD,
}
ABOUT_PEOPLE = ("contact_", "phone_")


@bp.get("/")
@allow(*LEAD_READERS)
def index() -> ResponseReturnValue:
    wanted = _filter_asked()
    try:
        page = queries.page_of(wanted, request.args.get("cursor"))
    except CursorError:
        abort(400)
    is_whole = page.is_first and page.next_cursor is None
    total = len(page.rows) if is_whole else queries.count_of(wanted)
    ids = [row.id for row in page.rows]
    kept = {
        "q": wanted.text,
        "ownership": wanted.ownership.value if wanted.ownership else None,
        "list": wanted.list_id,
        "edition": wanted.edition_id,
    }
    return render_template(
        "enterprises/index.html",
        page=page,
        total=f"{COUNT_LIMIT}+" if total > COUNT_LIMIT else total,
        wanted=wanted,
        kept=kept,
        ownerships=[(member.value, words) for member, words in WORDS[Ownership].items()],
        ownership_words=WORDS[Ownership],
        lists=[(row.id, list_name(row)) for row in queries.ranking_lists()],
        edition=edition_words(wanted.edition_id),
        ranked=queries.lists_they_stand_on(ids),
        lead_counts=companies.lead_counts(g.actor, ids),
        list_name=list_name,
        percent=percent,
        may_edit=access.may_edit(g.actor),
    )


def _filter_asked() -> EnterpriseFilter:
    """The filter in the address; a value that is none of ours is refused with 400."""
    text = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None
    ownership, list_id = request.args.get("ownership") or None, request.args.get("list") or None
    if ownership is not None and ownership not in tuple(Ownership):
        abort(400)
    edition_id = request.args.get("edition") or None
    for number in (list_id, edition_id):
        if number is not None and not (number.isascii() and number.isdigit() and len(number) < 19):
            abort(400)
    return EnterpriseFilter(
        text,
        Ownership(ownership) if ownership else None,
        int(list_id) if list_id else None,
        int(edition_id) if edition_id else None,
    )


def edition_words(edition_id: int | None) -> str | None:
    """The edition a list of companies is narrowed to; None for none."""
    edition = queries.edition_by_id(edition_id) if edition_id else None
    if edition is None:
        return None
    lists = {row.id: row for row in queries.ranking_lists()}
    return f"{list_name(lists[edition.list_id])} {edition.year}"


def list_name(row: Any) -> str:
    """A ranking's name in the reader's language."""
    name, english = getattr(row, "list_name", None), getattr(row, "list_name_en", None)
    name, english = name or row.name, english or getattr(row, "name_en", None)
    return str(english) if english and not is_chinese() else str(name)


@bp.get("/<int:enterprise_id>")
@allow(*LEAD_READERS)
def detail(enterprise_id: int) -> ResponseReturnValue:
    company = queries.card(enterprise_id)
    if company is None:
        raise NotFound
    leads = companies.leads_of(g.actor, enterprise_id)
    people = queries.contacts_of(enterprise_id)
    reads_all = access.may_read_contacts(
        g.actor, registered_by=(company.created_by_id,), sees_a_lead=bool(leads)
    )
    shown = [row for row in people if reads_all or row.created_by_id == g.actor.id]
    events = [
        event
        for event in trail.latest_of("enterprises", enterprise_id)
        if reads_all or not event.action.startswith(ABOUT_PEOPLE)
    ]
    signals, weight_words = weighed(queries.signals_of(enterprise_id))
    return render_template(
        "enterprises/detail.html",
        company=company,
        ownership=WORDS[Ownership][company.ownership] if company.ownership else None,
        region=region_words(company.region_code),
        percent=percent,
        uscc_warning=uscc_warning(company.uscc) if company.uscc else None,
        children=queries.children_of(enterprise_id),
        formerly=queries.former_holdings(enterprise_id),
        leads=leads,
        elsewhere=companies.leads_elsewhere(g.actor, enterprise_id),
        contacts=shown,
        hides_contacts=len(shown) < len(people),
        mask_phone=mask_phone,
        signals=signals,
        signal_form=SignalForm(formdata=None),
        weight_words=weight_words,
        may_log=access.may_log_signals(g.actor),
        memberships=queries.memberships_of(enterprise_id),
        list_name=list_name,
        activities=[activity_entry(row) for row in companies.activities_of(g.actor, enterprise_id)],
        events=[event_entry(event) for event in events],
        lead_word=lead_word,
        standing=on_chains(enterprise_id),
        named=named,
        chain_word=chain_word,
        fits=fits_of(enterprise_id),
        segment_name=segment_name,
        matches=matches,
        segment_groups=grouped(segments_in_use()),
        may_place=may_place_companies(g.actor),
        may_edit=access.may_edit(g.actor),
        may_confirm=access.may_confirm_ranking(g.actor),
        may_reveal=access.may_reveal_phones(g.actor),
    )


def activity_entry(row: Any) -> dict[str, Any]:
    """A call or visit as the timeline shows it."""
    parts = [row.summary]
    if row.next_action:
        day = row.next_action_on.isoformat() if row.next_action_on else ""
        parts.append(_("下一步：%(action)s %(day)s", action=row.next_action, day=day).strip())
    what = str(lead_word(row.kind))
    return {
        "title": f"{what} · {row.lead_title}" if row.lead_id else what,
        "href": url_for("leads.detail", lead_id=row.lead_id) if row.lead_id else None,
        "on": row.happened_on,
        "who": mark("、", ", ").join(name for name in (row.by_name, row.contact_name) if name),
        "text": "\n".join(parts),
        "icon": "phone" if row.kind.value == "call" else "map-pin",
        "trip": trip_entry(row) if row.returned_on else None,
    }


def trip_entry(row: Any) -> dict[str, Any]:
    """What an entry says of a trip; whoever travelled notes its report."""
    is_own = row.by_id is not None and row.by_id == g.actor.id
    return {
        "returned_on": row.returned_on,
        "reported_on": row.reported_on,
        "href": url_for("leads.report_trip", activity_id=row.id) if is_own else None,
    }


def event_entry(event: Any) -> dict[str, Any]:
    """A change as the history shows it: (field, before, after) in words."""
    before, after = event.before or {}, event.after or {}
    told = [name for name in dict.fromkeys((*before, *after)) if name in FIELDS_TOLD]
    return {
        "title": ACTION.get(event.action, event.action),
        "at": event.at,
        "who": event.actor_name,
        "note": event.note,
        "changes": [
            (FIELDS_TOLD[name], tell(name, before.get(name)), tell(name, after.get(name)))
            for name in told
        ],
    }


@bp.route("/new", methods=["GET", "POST"], defaults={"enterprise_id": None}, endpoint="new")
@bp.route("/<int:enterprise_id>/edit", methods=["GET", "POST"])
@allow(*LEAD_WRITERS)
def edit(enterprise_id: int | None) -> ResponseReturnValue:
    company = queries.by_id(enterprise_id) if enterprise_id else None
    if enterprise_id and company is None:
        raise NotFound
    form = EnterpriseForm(data=known_facts(company)).offer()
    if form.validate_on_submit():
        saved = attempt(form, lambda: _save(form, enterprise_id))
        if saved is not None:
            tell_saved(saved, is_new=enterprise_id is None)
            return redirect(url_for("enterprises.detail", enterprise_id=saved.id))
    page = render_template(
        "enterprises/edit.html",
        form=form,
        company=company,
        double=queries.by_name(form.name.data or "", other_than=enterprise_id)
        if form.name.errors
        else None,
    )
    return page, form.status


def known_facts(company: Enterprise | None) -> dict[str, Any]:
    """What the form shows before anything is typed; a new company takes its name from the search."""
    if company is None:
        return {"name": request.args.get("name", "").replace("\x00", "").strip()[:120]}
    facts = {key: getattr(company, key) for key in (*services.COLUMNS, "version")}
    return {**facts, "parent": queries.name_of(company.parent_id)}


def _save(form: EnterpriseForm, enterprise_id: int | None) -> Enterprise:
    """The company, the words its leads are found by, their verdicts."""
    at = clock.now()
    parent = services.company_meant(form.parent.data)
    saved = services.save(g.actor, at, enterprise_id, form.entry(parent), version=form.version.data)
    suggest_for([saved.id])
    if enterprise_id:
        after_change_of(enterprise_id, at)
    return saved


def tell_saved(saved: Enterprise, *, is_new: bool) -> None:
    alike = queries.similar_to(saved.name, other_than=saved.id)
    flash(_("已保存“%(name)s”。", name=saved.name), "success")
    if alike and is_new:
        names = mark("、", ", ").join(row.name for row in alike)
        flash(_("名称相近的企业还有：%(names)s。请核对是否同一家。", names=names), "warning")
    if saved.uscc and (warning := uscc_warning(saved.uscc)):
        flash(str(warning), "warning")


@bp.get("/pick")
@allow(*LEAD_READERS)
def pick() -> ResponseReturnValue:
    """Companies found by what is typed (`q`, or a form's own field), to choose one of.

    JSON when asked for (`{"results": [{"id", "name", "short_name", "uscc"}]}`); else a fragment:
    `as=options` for a datalist, otherwise radio buttons named `name` (default enterprise_id).
    """
    asked = (request.args.get(name) for name in ("q", "parent", "enterprise", "partner"))
    typed = next((text for text in asked if text), "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    hits = queries.pick(typed) if typed else []
    if request.accept_mimetypes.best == "application/json":
        return jsonify(results=[_picked(row) for row in hits])
    field = request.args.get("name", "enterprise_id")
    if not field.isidentifier() or len(field) > 40:
        abort(400)
    return render_template(
        "enterprises/_pick.html",
        hits=hits,
        typed=typed,
        field=field,
        as_options=request.args.get("as") == "options",
    )


def _picked(row: Any) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "short_name": row.short_name, "uscc": row.uscc}
