"""Moving a lead: stages by their evidence, milestones in any order, back and off only with a reason."""

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
from crm.enterprises.rules import clean_uscc
from crm.enterprises.wording import uscc_words
from crm.history import services as history
from crm.leads import access
from crm.leads.models import Activity, Attachment, Lead, Milestone, StageChange
from crm.leads.rules import (
    EVIDENCE,
    FROM_SIGNING,
    MILESTONES_OF,
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
    milestones_beyond,
    odd_days,
    stage_from_milestones,
    why_not_advance,
)
from crm.leads.services import papers
from crm.leads.services.editing import local_entity, shown
from crm.leads.services.figures import NewFigure, Stated, put, settle_investment
from crm.leads.services.holdings import Holdings, facts_of, held_by
from crm.leads.services.marks import check_version, mark_on_behalf, refresh_words, touch
from crm.leads.services.papers import Upload
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
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    check_version(lead, version, base, shown(lead, held))
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
        _withdraw_beyond(actor, at, lead, held, move.to)
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
        history.record_changes(
            actor, at, "stage_moved", lead, lead_id=lead.id, department_id=lead.department_id,
            note=move.note or mark_on_behalf(actor, lead),
            more=[("happened_on", None, _event_day(move, today)),
                  ("statistics_on", None, move.statistics_on)],
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
    faults += entity_faults(move.local_entity, move.uscc)
    for upload in move.uploads:
        try:
            papers.judged(upload)
        except Refused as refused:
            faults += refused.faults
    return faults


def entity_faults(name: str | None, code: str | None) -> list[Fault]:
    """What is wrong with a local company as typed, all at once, before anything is written."""
    if not code:
        return []
    if not name:
        return [Fault("local_entity", "local_entity", _l("填了统一社会信用代码，请同时写企业名称"))]
    known = enterprises.by_name(name)
    faults = [Fault("uscc", "uscc", words) for words in uscc_words(clean_uscc(code))]
    owner = enterprises.by_uscc(code)
    if owner is not None and (known is None or owner.id != known.id):
        text = _l("该统一社会信用代码已登记在“%(name)s”名下，请选用这家企业", name=owner.name)
        faults.append(Fault("uscc", "same_uscc", text))
    if known is not None and known.uscc and known.uscc != clean_uscc(code):
        text = _l("这家企业登记的是另一个统一社会信用代码，请核对营业执照")
        faults.append(Fault("uscc", "other_uscc", text))
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


def change_stage(
    actor: Actor,
    at: datetime,
    lead: Lead,
    stage: Stage,
    happened_on: date,
    statistics_on: date | None,
    reason: str | None,
    source: StageSource,
) -> None:
    """Set the stage and add the row that tells of the move."""
    db.session.add(
        StageChange(
            lead_id=lead.id, from_stage=lead.stage, to_stage=stage, happened_on=happened_on,
            statistics_on=statistics_on, reason=reason, source=source,
            by_id=actor.id or None, at=at,
        )
    )  # fmt: skip
    lead.stage, lead.stage_since, lead.stage_source = stage, happened_on, source


def _withdraw_beyond(actor: Actor, at: datetime, lead: Lead, held: Holdings, to: Stage) -> None:
    for kind in milestones_beyond(to, list(held.milestones), lead.path):
        milestone = held.milestones.pop(kind)
        history.record(
            actor, at, "milestone_withdrawn", milestone,
            before={
                "kind": kind, "happened_on": milestone.happened_on,
                "statistics_on": milestone.statistics_on, "document": milestone.document,
            },
            lead_id=lead.id, department_id=lead.department_id, note=mark_on_behalf(actor, lead),
        )  # fmt: skip
        db.session.delete(milestone)
    db.session.flush()


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


@dataclass(frozen=True, slots=True)
class NewMilestone:
    kind: MilestoneKind
    happened_on: date | None
    statistics_on: date | None = None
    document: str | None = None
    attachment_id: int | None = None


def put_milestone(
    actor: Actor, at: datetime, lead: Lead, held: Holdings, new: NewMilestone
) -> Milestone:
    """Record a milestone of a lead already locked, or complete the one that is there."""
    row = held.milestones.get(new.kind)
    note = mark_on_behalf(actor, lead)
    if row is None:
        row = Milestone(
            lead_id=lead.id, kind=new.kind, happened_on=new.happened_on,
            statistics_on=new.statistics_on, known_on=_day_of(at), document=new.document,
            attachment_id=new.attachment_id, source=StageSource.PERSON,
            recorded_by_id=actor.id or None, recorded_at=at,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        held.milestones[new.kind] = row
        history.record(
            actor, at, "milestone_recorded", row,
            after={
                "kind": new.kind, "happened_on": new.happened_on,
                "statistics_on": new.statistics_on, "document": new.document,
            },
            lead_id=lead.id, department_id=lead.department_id, note=note,
        )  # fmt: skip
        return row
    row.happened_on = new.happened_on or row.happened_on
    row.statistics_on = new.statistics_on or row.statistics_on
    row.document = new.document or row.document
    row.attachment_id = new.attachment_id or row.attachment_id
    row.source = StageSource.PERSON
    history.record_changes(
        actor, at, "milestone_changed", row, lead_id=lead.id, department_id=lead.department_id,
        note=note,
    )  # fmt: skip
    db.session.flush()
    return row


def _day_of(at: datetime) -> date:
    from crm.core.clock import office_day

    return office_day(at)


def record_milestone(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    new: NewMilestone,
    *,
    upload: Upload | None = None,
    entity_name: str | None = None,
    uscc: str | None = None,
    today: date,
    folder: Folder,
) -> Lead:
    """Record one milestone, in whatever order things happened; from signing on the stage follows.

    Signing itself is a move (it needs the agreement and its amount): here only the day or paper of
    a signing already stated is completed. Raises NotFound, Stale, Refused.
    """
    lead = access.lead_to_edit(actor, lead_id)
    held = held_by(lead)
    check_version(lead, version, base, shown(lead, held))
    faults = _milestone_faults(lead, held, new, upload, entity_name, uscc, today)
    if faults:
        raise Refused(faults)
    entity = local_entity(actor, at, entity_name, uscc) if entity_name else None
    if upload is not None:
        new = replace(new, attachment_id=papers.keep(actor, at, lead, upload, folder).id)
    put_milestone(actor, at, lead, held, new)
    with db.session.no_autoflush:
        if entity is not None:
            lead.legal_entity_id = entity.id
        if new.happened_on:
            lead.last_progress_on = max(lead.last_progress_on, new.happened_on)
        follow_milestones(actor, at, lead, held, new, today)
        settle_investment(lead, held, today)
        refresh_words(lead)
        history.record_changes(
            actor, at, "stage_moved", lead, lead_id=lead.id, department_id=lead.department_id,
            note=mark_on_behalf(actor, lead),
        )  # fmt: skip
    touch(lead)
    db.session.flush()
    return lead


def follow_milestones(
    actor: Actor, at: datetime, lead: Lead, held: Holdings, new: NewMilestone, today: date
) -> None:
    """From signing on: stand where the milestones prove, never further back by itself."""
    if lead.stage not in FROM_SIGNING:
        return
    stage = stage_from_milestones(list(held.milestones), lead.path)
    if stage is not None and lead.stage.is_before(stage):
        change_stage(
            actor, at, lead, stage, new.happened_on or today, new.statistics_on, None,
            StageSource.MILESTONES,
        )  # fmt: skip


def _milestone_faults(
    lead: Lead,
    held: Holdings,
    new: NewMilestone,
    upload: Upload | None,
    entity_name: str | None,
    uscc: str | None,
    today: date,
) -> list[Fault]:
    faults: list[Fault] = []
    if lead.path is not None and new.kind not in MILESTONES_OF[lead.path]:
        faults.append(Fault("", "kind", _l("项目的落地方式没有这个节点")))
    if new.kind is MilestoneKind.SIGNED and MilestoneKind.SIGNED not in held.milestones:
        faults.append(Fault("", "signing", _l("签约请从“推进阶段”登记，需同时填协议和金额")))
    if new.happened_on is None:
        faults.append(Fault("happened_on", "day", _l("请填写日期")))
    elif new.happened_on > today:
        faults.append(Fault("happened_on", "day_in_future", _l("日期晚于今天，请核对")))
    known = held.milestones.get(new.kind)
    has_proof = bool(new.document or upload or (known and (known.document or known.attachment_id)))
    if new.kind is MilestoneKind.REGISTERED:
        facts = replace(
            facts_of(lead, held), has_local_entity=bool(lead.legal_entity_id or entity_name),
            uscc=uscc or held.uscc, licensed_on=new.happened_on,
        )  # fmt: skip
        faults += [
            Fault(evidence.field, evidence.lack.value, word(evidence.lack))
            for evidence in EVIDENCE[Stage.REGISTERED]
            if evidence.field != "licensed_on" and not evidence.is_there(facts)
        ]
        faults += entity_faults(entity_name, uscc)
    elif not has_proof and new.kind is not MilestoneKind.SIGNED:
        faults.append(Fault("document", "document", _l("请写明证号、文号，或上传文件")))
    if new.kind is MilestoneKind.SIGNED and new.happened_on:
        facts = replace(facts_of(lead, held), signed_on=new.happened_on)
        faults += [
            Fault("happened_on", odd.code.value, word(odd.code))
            for odd in odd_days(facts, today)
            if odd.field == "signed_on" and new.happened_on <= today
        ]
    if upload is not None:
        try:
            papers.judged(upload)
        except Refused as refused:
            faults += refused.faults
    return faults
