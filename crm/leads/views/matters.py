"""What one lead waits for: cells of the ledger to settle, evidence still to come."""

from enum import StrEnum
from typing import Any

from flask import url_for

from crm.core.language import language
from crm.imports.queries import open_matters
from crm.imports.rules import Field, MessageCode
from crm.imports.wording import WORDS as IMPORT_WORDS
from crm.imports.wording import fact_text
from crm.leads.queries import LeadPage
from crm.leads.rules import (
    ORDER,
    MilestoneKind,
    Missing,
    Path,
    Stage,
    missing_evidence,
    starting_milestones,
)
from crm.leads.services.holdings import Holdings, facts_of
from crm.leads.wording import field_word, word

PAPERS = {"review_minutes", "agreement_draft", "agreement_file"}
EVENTS = {
    "signed_on": MilestoneKind.SIGNED,
    "licensed_on": MilestoneKind.REGISTERED,
    "operating_on": MilestoneKind.OPERATING,
    "operating_proof": MilestoneKind.OPERATING,
}


def ledger_matters(lead_id: int) -> dict[str, list[dict[str, Any]]]:
    """Cells nobody could read and values that differ from ours, each with its field in words."""
    found: dict[str, list[dict[str, Any]]] = {"questions": [], "differences": []}
    for row in open_matters(lead_id):
        field = _imported_word(Field, row.field) or field_word(row.field)
        if row.kind == "question":
            found["questions"].append(
                {
                    "field": field,
                    "text": _imported_word(MessageCode, row.code) or row.code,
                    "cell": row.cell,
                    "cell_text": row.text,
                }
            )
        else:
            locale = language()
            found["differences"].append(
                {
                    "field": field,
                    "theirs": row.text or fact_text(row.field, row.theirs, locale),
                    "ours": fact_text(row.field, row.ours, locale),
                }
            )
    return found


def _imported_word(kind: type[StrEnum], value: str) -> Any:
    try:
        return IMPORT_WORDS[kind].get(kind(value))
    except ValueError:
        return None


def evidence(page: LeadPage, *, may_act: bool) -> dict[str, Any]:
    """What the present stage lacks, and what the next one asks for besides, with where to add it."""
    lead = page.lead
    facts = facts_of(lead, held_in(page))
    now = missing_evidence(facts, lead.stage)
    place = ORDER.index(lead.stage) if lead.stage in ORDER else len(ORDER)
    ahead = ORDER[place + 1] if place + 1 < len(ORDER) else None
    later = [each for each in missing_evidence(facts, ahead) if each not in now] if ahead else []

    def told(missing: Missing) -> dict[str, Any]:
        href = where_to_add(missing, lead.id, lead.path) if may_act else None
        return {"text": word(missing.code), "href": href}

    return {
        "missing_now": [told(each) for each in now],
        "missing_next": [told(each) for each in later],
        "next_stage": word(ahead) if ahead else None,
        "next_stage_code": ahead.value if ahead else Stage.CONTACTED.value,
    }


def held_in(page: LeadPage) -> Holdings:
    """What the lead holds, from the rows the page has read anyway."""
    return Holdings(
        figures=[row for row in page.figures if not row.is_withdrawn],
        milestones={row.kind: row for row in page.milestones},
        papers={row.kind for row in page.attachments},
        has_contact_person=page.lead.has_contact_person,
        uscc=page.lead.legal_entity_uscc or "",
    )


def where_to_add(missing: Missing, lead_id: int, path: Path | None) -> str:
    """The page on which a missing thing is added."""
    name = missing.field
    if name == "owner":
        return url_for("leads.hand_over", lead_id=lead_id)
    if name in PAPERS:
        return url_for("leads.upload", lead_id=lead_id)
    if name == "agreement_amount":
        return url_for("leads.add_figure", lead_id=lead_id)
    if name == "contact_person":
        return url_for("leads.log_activity", lead_id=lead_id)
    if name in {"started_on", "start_proof"}:
        starts = starting_milestones(path)
        kind = next(iter(starts)).value if len(starts) == 1 else None
        return url_for("leads.milestone", lead_id=lead_id, kind=kind)
    if name in EVENTS:
        return url_for("leads.milestone", lead_id=lead_id, kind=EVENTS[name].value)
    return url_for("leads.edit", lead_id=lead_id, _anchor=name)
