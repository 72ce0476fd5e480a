"""Moving a lead: stages by their evidence, back and off only with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path as Folder
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.enterprises import services as enterprises
from crm.leads.models import Activity, Attachment, Lead
from crm.leads.rules import (
    FROM_SIGNING,
    STARTS,
    ActivityKind,
    AgreementType,
    AttachmentKind,
    FigureKind,
    FigureSource,
    LeadFacts,
    MilestoneKind,
    OffRampReason,
    Path,
    Stage,
    StageSource,
    stage_from_milestones,
    why_not_advance,
)
from crm.leads.services import marks, papers
from crm.leads.services.figures import NewFigure, Stated, put, settle_investment
from crm.leads.services.holdings import Holdings, facts_of
from crm.leads.services.local_entity import entity_faults, local_entity
from crm.leads.services.marks import refresh_words, touch
from crm.leads.services.milestones import NewMilestone, change_stage, put_milestone, withdraw_beyond
from crm.leads.services.papers import Upload
from crm.leads.services.placing import chain_of, segment_faults
from crm.leads.services.versions import lead_to_change
from crm.leads.wording import word

FILES: dict[str, AttachmentKind] = {
    "review_minutes": AttachmentKind.REVIEW_MINUTES,
    "agreement_draft": AttachmentKind.AGREEMENT_DRAFT,
    "agreement_file": AttachmentKind.AGREEMENT,
    "licence_file": AttachmentKind.LICENCE,
    "start_file": AttachmentKind.PERMIT,
    "operating_file": AttachmentKind.OTHER,
}
"""The file inputs of the move page and what they are kept as."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where to, why, and whatever evidence was given in the same step (None: not given)."""

    to: Stage
    happened_on: date | None = None
    statistics_on: date | None = None
    note: str | None = None
    reason: OffRampReason | None = None
    transferred_to: str | None = None
    first_contact_on: date | None = None
    contact_person: str | None = None
    total_investment: Stated | None = None
    chain_id: int | None = None
    segment_id: int | None = None
    next_action: str | None = None
    next_action_on: date | None = None
    review_result: str | None = None
    expected_sign_on: date | None = None
    signed_on: date | None = None
    agreement_type: AgreementType | None = None
    agreement_amount: Stated | None = None
    is_days_order_confirmed: bool = False
    local_entity: str | None = None
    uscc: str | None = None
    licensed_on: date | None = None
    path: Path | None = None
    started_on: date | None = None
    start_document: str | None = None
    operating_on: date | None = None
    operating_document: str | None = None
    uploads: tuple[Upload, ...] = field(default=())

    def has_file(self, name: str) -> bool:
        return any(upload.field == name for upload in self.uploads)


GIVEN_COLUMNS = (
    "first_contact_on", "chain_id", "segment_id", "next_action", "next_action_on",
    "review_result", "expected_sign_on", "agreement_type", "path",
)  # fmt: skip


def facts_with(facts: LeadFacts, move: Move) -> LeadFacts:
    """The facts as they would stand after the move's own evidence is taken in."""
    file = move.has_file
    return replace(
        facts,
        path=move.path or facts.path,
        first_contact_on=move.first_contact_on or facts.first_contact_on,
        has_contact_person=facts.has_contact_person or bool(move.contact_person),
        has_amount=facts.has_amount or bool(move.total_investment or move.agreement_amount),
        has_chain=facts.has_chain or move.chain_id is not None,
        next_action=move.next_action or facts.next_action,
        next_action_on=move.next_action_on or facts.next_action_on,
        has_segment=facts.has_segment or move.segment_id is not None,
        review_result=move.review_result or facts.review_result,
        has_review_minutes=facts.has_review_minutes or file("review_minutes"),
        has_agreement_draft=facts.has_agreement_draft or file("agreement_draft"),
        expected_sign_on=move.expected_sign_on or facts.expected_sign_on,
        signed_on=move.signed_on or facts.signed_on,
        agreement_type=move.agreement_type or facts.agreement_type,
        has_agreement_amount=facts.has_agreement_amount or bool(move.agreement_amount),
        has_agreement_file=facts.has_agreement_file or file("agreement_file"),
        has_local_entity=facts.has_local_entity or bool(move.local_entity),
        uscc=move.uscc or facts.uscc,
        licensed_on=move.licensed_on or facts.licensed_on,
        started_on=move.started_on or facts.started_on,
        has_start_proof=facts.has_start_proof or bool(move.start_document) or file("start_file"),
        operating_on=move.operating_on or facts.operating_on,
        has_operating_proof=facts.has_operating_proof
        or bool(move.operating_document)
        or file("operating_file"),
        is_days_order_confirmed=move.is_days_order_confirmed or facts.is_days_order_confirmed,
    )


def advance(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    move: Move,
    *,
    today: date,
    folder: Folder,
) -> Lead:
    """Move the lead, taking in the evidence given with the move.

    From signing on the stage is what the milestones prove, which may lie beyond `move.to` when
    later ones were recorded before. Raises NotFound, Stale, Refused (all that is missing at once).
    """
    lead, held = lead_to_change(actor, lead_id, version, base)
    move = replace(move, chain_id=move.chain_id or chain_of(move.segment_id))
    faults = _faults(actor, lead, held, move, today)
    if faults:
        raise Refused(faults)
    back = move.to.is_before(lead.stage)
    if move.to.is_off_ramp or back:
        move = Move(
            to=move.to, happened_on=move.happened_on, statistics_on=move.statistics_on,
            note=move.note, reason=move.reason, transferred_to=move.transferred_to,
        )  # fmt: skip
    if back:
        withdraw_beyond(actor, at, lead, held, move.to)
    entity = local_entity(actor, at, move.local_entity, move.uscc) if move.local_entity else None
    _add_contact(actor, at, lead, move, today)
    kept = {u.field: papers.keep(actor, at, lead, u, folder) for u in move.uploads}
    _put_amounts(actor, at, lead, held, move, kept, today)
    _put_milestones(actor, at, lead, held, move, kept)
    before = lead.stage
    with db.session.no_autoflush:
        for name in GIVEN_COLUMNS:
            value = getattr(move, name)
            if value is not None:
                setattr(lead, name, value)
        if move.review_result:
            lead.reviewed_on = move.happened_on or today
        if move.is_days_order_confirmed:
            lead.is_days_order_confirmed = True
        if entity is not None:
            lead.legal_entity_id = entity.id
        _set_stage(actor, at, lead, held, move, today)
        settle_investment(lead, held, today)
        refresh_words(lead)
        marks.record_changes(
            actor, at, "stage_moved", lead,
            note=move.note,
            more=[
                ("happened_on", None, _event_day(move, today)),
                ("statistics_on", None, move.statistics_on),
            ],
        )  # fmt: skip
    touch(lead)
    db.session.flush()
    assert lead.stage is not before
    return lead


def _faults(actor: Actor, lead: Lead, held: Holdings, move: Move, today: date) -> list[Fault]:
    facts = facts_with(facts_of(lead, held), move)
    faults = [
        Fault(missing.field, missing.code.value, word(missing.code))
        for missing in why_not_advance(
            facts, move.to, on=today, reason=move.reason, note=move.note or "",
            transferred_to=move.transferred_to or "",
        )
    ]  # fmt: skip
    if move.happened_on and move.happened_on > today:
        faults.append(Fault("happened_on", "day_in_future", _l("日期晚于今天，请核对")))
    if move.chain_id is not None or move.segment_id is not None:
        at = move.segment_id or lead.segment_id
        faults += segment_faults(at, move.chain_id, lead.segment_id)
    faults += entity_faults(move.local_entity, move.uscc)
    for upload in move.uploads:
        faults += papers.faults_of(upload)
    return faults


def _event_day(move: Move, today: date) -> date:
    own = {
        Stage.CONTACTED: move.first_contact_on,
        Stage.SIGNED: move.signed_on,
        Stage.REGISTERED: move.licensed_on,
        Stage.STARTED: move.started_on,
        Stage.OPERATING: move.operating_on,
    }
    return own.get(move.to) or move.happened_on or today


def _set_stage(
    actor: Actor, at: datetime, lead: Lead, held: Holdings, move: Move, today: date
) -> None:
    was, stage, source = lead.stage, move.to, StageSource.PERSON
    if move.to in FROM_SIGNING and not move.to.is_before(was):
        stage = stage_from_milestones(list(held.milestones), lead.path) or move.to
        source = StageSource.MILESTONES
    if stage.is_off_ramp:
        if not was.is_off_ramp:
            lead.stage_before_off_ramp = was
        lead.off_ramp_reason = move.reason
        lead.transferred_to = move.transferred_to
    else:
        lead.stage_before_off_ramp = lead.off_ramp_reason = lead.transferred_to = None
    change_stage(
        actor, at, lead, stage, _event_day(move, today), move.statistics_on, move.note, source
    )
    lead.last_progress_on = max(lead.last_progress_on, today)


def _add_contact(actor: Actor, at: datetime, lead: Lead, move: Move, today: date) -> None:
    if not move.contact_person:
        return
    if lead.investor_id is not None:
        enterprises.add_contact(actor, at, lead.investor_id, move.contact_person)
        return
    # Nobody knows the investor yet, so the person stands with the first talk.
    db.session.add(
        Activity(
            lead_id=lead.id, kind=ActivityKind.MEETING, is_substantive=True,
            happened_on=move.first_contact_on or lead.first_contact_on or today,
            summary=str(word(Stage.CONTACTED)), contact_name=move.contact_person,
            by_id=actor.id or None, at=at,
        )
    )  # fmt: skip


def _put_amounts(
    actor: Actor,
    at: datetime,
    lead: Lead,
    held: Holdings,
    move: Move,
    kept: Mapping[str, Attachment],
    today: date,
) -> None:
    kind = FigureKind.TOTAL_INVESTMENT
    if move.total_investment:
        put(actor, at, lead, held, NewFigure(kind, FigureSource.TALK, today, move.total_investment))
    if move.agreement_amount:
        paper = kept.get("agreement_file")
        day = move.signed_on or held.day_of(MilestoneKind.SIGNED) or today
        put(
            actor, at, lead, held,
            NewFigure(
                kind, FigureSource.AGREEMENT, day, move.agreement_amount,
                document=paper.filename if paper else None,
                attachment_id=paper.id if paper else None,
            ),
        )  # fmt: skip


def _put_milestones(
    actor: Actor,
    at: datetime,
    lead: Lead,
    held: Holdings,
    move: Move,
    kept: Mapping[str, Attachment],
) -> None:
    path = move.path or lead.path
    start = STARTS[path] if path else MilestoneKind.STARTED
    given = (
        (MilestoneKind.SIGNED, Stage.SIGNED, move.signed_on, None, "agreement_file"),
        (MilestoneKind.REGISTERED, Stage.REGISTERED, move.licensed_on, move.uscc, "licence_file"),
        (start, Stage.STARTED, move.started_on, move.start_document, "start_file"),
        (
            MilestoneKind.OPERATING, Stage.OPERATING, move.operating_on,
            move.operating_document, "operating_file",
        ),
    )  # fmt: skip
    for kind, stage, day, document, file in given:
        paper = kept.get(file)
        if day is None and not (paper and kind in held.milestones):
            continue
        put_milestone(
            actor, at, lead, held,
            NewMilestone(
                kind, day, move.statistics_on if stage is move.to else None, document,
                paper.id if paper else None,
            ),
        )  # fmt: skip
