"""One lead: where it stands, what is known, what is missing, and everything that ever changed."""

from collections.abc import Iterator
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.accounts.rules import LEAD_READERS, LEAD_WRITERS
from crm.core import clock, money
from crm.core.db import transaction
from crm.core.guard import allow
from crm.core.language import is_chinese, language
from crm.core.web import moment_text
from crm.enterprises import services as enterprises
from crm.enterprises.rules import mask_phone
from crm.leads import queries
from crm.leads.rules import (
    FROM_SIGNING,
    ORDER,
    FigureSource,
    MembershipKind,
    MilestoneKind,
    Stage,
    StageSource,
    milestones_for,
)
from crm.leads.views import bp
from crm.leads.views.lists import stage_badge
from crm.leads.views.matters import evidence, ledger_matters
from crm.leads.views.prospects import prospects
from crm.leads.views.trail import told
from crm.leads.views.verdicts import verdict_entries
from crm.leads.wording import field_word, word
from crm.outlook.queries import place_of, verdicts_and_move_of
from crm.outlook.services import MOVERS as BOOK_MOVERS
from crm.outlook.telling import place_told

ACTIVITY_ICONS = {
    "call": "phone",
    "visit_out": "map-pin",
    "reception": "building",
    "meeting": "users",
    "document": "file-text",
    "feedback": "message-circle",
}

# The facts of a lead as the page groups them. A name may be a column, or a pair of the column
# whose word labels it and the attribute that holds the value in words.
SECTIONS: tuple[tuple[str, tuple[str | tuple[str, str], ...]], ...] = (
    (
        "investor",
        (
            "investor_category", ("list_enterprise_id", "list_enterprise"), "list_shareholding",
            "origin", ("legal_entity_id", "legal_entity"), ("contract_lead_id", "contract_lead"),
            "source", "referrer",
        ),
    ),
    (
        "project",
        (
            "description", ("chain_id", "chain"), ("segment_id", "segment"), "chain_move",
            "chain_role", "industry_code", "nature", "promotion_mode", "tier", "is_physical",
            "is_headquarters", "headquarters_type", "path",
        ),
    ),
    (
        "place",
        (
            ("zone_id", "zone"), ("carrier_id", "carrier"), ("street_id", "street"), "site",
            "land_mu", "floor_area_m2", "landing_address", "registered_place", "stats_place",
            "tax_place",
        ),
    ),
    (
        "progress",
        (
            "first_contact_on", "screening_result", "screened_on", "review_result", "reviewed_on",
            "agreement_type", "latest_progress", "problems", "coordination",
            "exclusion", "exclusion_note", "remark",
        ),
    ),
)  # fmt: skip
WIDE = {"description", "latest_progress", "problems", "coordination", "remark", "exclusion_note"}


@bp.get("/<int:lead_id>")
@allow(*LEAD_READERS)
def detail(lead_id: int) -> ResponseReturnValue:
    page = queries.lead_page_of(g.actor, lead_id)
    lead, today = page.lead, clock.today()
    judged = verdicts_and_move_of(lead_id, today.year)
    place = place_of(lead, judged, today)
    return render_template(
        "leads/detail.html",
        lead=lead,
        stage=stage_badge(lead.stage),
        steps=list(steps(page)),
        sections=[(title, facts) for title, facts in sections(lead) if facts],
        figures=[figure_cells(row) for row in page.figures],
        milestones=[milestone_cells(row) for row in page.milestones],
        activities=[
            activity_entry(row, may_act=lead.can_edit)
            for row in page.activities[: queries.ACTIVITIES_SHOWN]
        ],
        has_more_activities=len(page.activities) > queries.ACTIVITIES_SHOWN,
        files=[file_entry(lead_id, row) for row in page.attachments],
        members={
            kind: [row.name for row in page.members if row.kind == kind] for kind in MembershipKind
        },
        contacts=[contact_entry(row) for row in page.contacts],
        may_act=lead.can_edit,
        may_log=g.actor.role in LEAD_WRITERS,
        may_advance=lead.can_edit and lead.stage is not Stage.TRANSFERRED,
        is_late=bool(
            lead.next_action_on and lead.next_action_on < today and not lead.stage.is_closed
        ),
        is_agreed_late=bool(lead.agreed_on and lead.agreed_on < today and not lead.stage.is_closed),
        verdicts=list(verdict_entries(lead_id, judged, today)),
        prospects=prospects(lead),
        place=place and place_told(place),
        may_move_book=lead.can_edit and g.actor.role in BOOK_MOVERS,
        **ledger_matters(lead_id),
        **evidence(page, may_act=lead.can_edit),
    )


def steps(page: queries.LeadPage) -> Iterator[dict[str, Any]]:
    """The stages of the lead's way, each with its day and whether its papers are there."""
    lead = page.lead
    reached = lead.stage if lead.stage in ORDER else lead.stage_before_off_ramp or Stage.LEAD
    known = {row.kind: row for row in page.milestones}
    for stage in ORDER:
        kinds = milestones_for(stage, lead.path)
        milestone = next(
            (known[kind] for kind in MilestoneKind if kind in kinds & known.keys()), None
        )
        day = (milestone and milestone.happened_on) or page.stage_days.get(stage)
        note = None
        if reached.is_before(stage):
            state = "todo"
        elif stage is reached:
            state = "now"
        else:
            state = "done"
        if stage in FROM_SIGNING and state != "todo" and is_unproven(milestone):
            note = _("待补佐证")
            state = "unproven" if state == "done" else state
        yield {"label": stage_label(stage, lead.path), "state": state, "on": day, "note": note}


def is_unproven(milestone: Any) -> bool:
    """A stage passed by word alone: no milestone, or one without its day or its papers."""
    return (
        milestone is None
        or milestone.happened_on is None
        or not (milestone.document or milestone.attachment_id)
    )


def stage_label(stage: Stage, path: Any) -> Any:
    """STARTED is called by what it means on the lead's path: 开工, 入驻, 纳税/纳统."""
    if stage is Stage.STARTED and path is not None:
        started = next(iter(milestones_for(stage, path)), None)
        return word(started) if started else word(stage)
    return word(stage)


def sections(lead: Any) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """The known facts of each group; what is not known is left out, the edit page asks for it."""
    titles = {
        "investor": _("投资方与来源"),
        "project": _("项目情况"),
        "place": _("选址与归属"),
        "progress": _("推进情况"),
    }
    english = not is_chinese()
    for key, names in SECTIONS:
        found = []
        for name in names:
            column, attribute = (name, name) if isinstance(name, str) else name
            value = getattr(lead, attribute)
            if english and attribute in {"chain", "segment", "zone"}:
                value = getattr(lead, f"{attribute}_en") or value
            if value is None or value == "":
                continue
            found.append(
                {"label": field_word(column), "value": told(column, value), "wide": column in WIDE}
            )
        yield titles[key], found


def figure_cells(row: Any) -> dict[str, Any]:
    locale = language()
    amount = money.Amount(row.stated_text, row.amount, row.currency, row.qualifier, row.upper)
    return {
        "id": row.id,
        "kind": word(row.kind),
        "source": word(row.source),
        "basis": word(row.basis) if row.basis else None,
        "text": row.stated_text,
        "amount": money.format_amount(amount, locale),
        "day": row.as_of,
        "document": row.document,
        "attachment_id": row.attachment_id,
        "lacks_document": row.source is not FigureSource.TALK
        and not (row.document or row.attachment_id),
        "is_withdrawn": row.is_withdrawn,
        "who": row.recorded_by,
        "at": moment_text(row.recorded_at),
    }


def milestone_cells(row: Any) -> dict[str, Any]:
    return {
        "name": word(row.kind),
        "day": row.happened_on,
        "statistics_on": row.statistics_on or row.happened_on,
        "known_on": row.known_on,
        "document": row.document,
        "attachment_id": row.attachment_id,
        "is_unproven": is_unproven(row),
        "source": word(row.source) if row.source is not StageSource.PERSON else None,
        "who": row.recorded_by,
    }


def activity_entry(row: Any, *, may_act: bool = False) -> dict[str, Any]:
    told_next = ""
    if row.next_action:
        told_next = _("下一步：%(action)s", action=row.next_action)
        if row.next_action_on:
            told_next += f"（{row.next_action_on:%Y-%m-%d}）"
    with_whom = _("联系人：%(name)s", name=row.contact_name) if row.contact_name else ""
    return {
        "title": word(row.kind),
        "icon": ACTIVITY_ICONS.get(row.kind, "note"),
        "on": row.happened_on,
        "who": row.by,
        "text": "\n".join(part for part in (row.summary, with_whom, told_next) if part),
        "is_substantive": row.is_substantive,
        "trip": trip_entry(row, may_act=may_act) if row.returned_on else None,
    }


def trip_entry(row: Any, *, may_act: bool) -> dict[str, Any]:
    """What an entry says of a trip: whether its report was handed in, and where to note it."""
    is_own = row.by_id is not None and row.by_id == g.actor.id
    return {
        "returned_on": row.returned_on,
        "reported_on": row.reported_on,
        "href": url_for("leads.report_trip", activity_id=row.id) if may_act or is_own else None,
    }


def file_entry(lead_id: int, row: Any) -> dict[str, Any]:
    parts = [
        str(word(row.kind)),
        size_text(row.size),
        row.uploaded_by,
        moment_text(row.uploaded_at)[:10],
    ]
    return {
        "id": row.id,
        "name": row.filename,
        "meta": " · ".join(part for part in parts if part),
        "href": url_for("leads.download", lead_id=lead_id, attachment_id=row.id),
    }


def size_text(size: int) -> str:
    """512 B, 18 KB, 1.2 MB."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{size // 1024} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def contact_entry(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "phone": mask_phone(row.phone) if row.phone else None,
        "email": row.email,
    }


@bp.post("/<int:lead_id>/contacts/<int:contact_id>/phone")
@allow(*LEAD_READERS)
def reveal_phone(lead_id: int, contact_id: int) -> ResponseReturnValue:
    """Show one telephone number in full; who asked is written down before it is shown."""
    with transaction():
        queries.contact_of_lead(g.actor, lead_id, contact_id)
        contact = enterprises.reveal_phone(
            g.actor, contact_id, clock.now(), sees_a_lead=True, lead_id=lead_id
        )
    if request.headers.get("HX-Request"):
        return render_template("leads/_phone.html", phone=contact.phone)
    return render_template(
        "leads/phone.html", contact=contact, phone=contact.phone, lead_id=lead_id
    )
