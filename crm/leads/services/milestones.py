"""Milestones in whatever order things happened, and the stage they prove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path as Folder
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.core.clock import office_day
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.rules import (
    EVIDENCE,
    FROM_SIGNING,
    MILESTONES_OF,
    MilestoneKind,
    Stage,
    StageSource,
    milestones_beyond,
    odd_days,
    stage_from_milestones,
)
from crm.leads.services import marks, papers
from crm.leads.services.figures import settle_investment
from crm.leads.services.holdings import Holdings, facts_of
from crm.leads.services.local_entity import entity_faults, local_entity
from crm.leads.services.marks import refresh_words, touch
from crm.leads.services.papers import Upload
from crm.leads.services.versions import lead_to_change
from crm.leads.wording import word


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
    if row is None:
        row = Milestone(
            lead_id=lead.id, kind=new.kind, happened_on=new.happened_on,
            statistics_on=new.statistics_on, known_on=office_day(at), document=new.document,
            attachment_id=new.attachment_id, source=StageSource.PERSON,
            recorded_by_id=actor.id or None, recorded_at=at,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        held.milestones[new.kind] = row
        marks.record(
            actor, at, "milestone_recorded", lead, row,
            after={
                "kind": new.kind, "happened_on": new.happened_on,
                "statistics_on": new.statistics_on, "document": new.document,
            },
        )  # fmt: skip
        return row
    row.happened_on = new.happened_on or row.happened_on
    row.statistics_on = new.statistics_on or row.statistics_on
    row.document = new.document or row.document
    row.attachment_id = new.attachment_id or row.attachment_id
    row.source = StageSource.PERSON
    marks.record_changes(actor, at, "milestone_changed", lead, row)
    db.session.flush()
    return row


def withdraw_beyond(actor: Actor, at: datetime, lead: Lead, held: Holdings, to: Stage) -> None:
    """Take back the milestones that stand for more than this stage, each with its event."""
    for kind in milestones_beyond(to, list(held.milestones), lead.path):
        milestone = held.milestones.pop(kind)
        marks.record(
            actor, at, "milestone_withdrawn", lead, milestone,
            before={
                "kind": kind, "happened_on": milestone.happened_on,
                "statistics_on": milestone.statistics_on, "document": milestone.document,
            },
        )  # fmt: skip
        db.session.delete(milestone)
    db.session.flush()


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
    lead, held = lead_to_change(actor, lead_id, version, base)
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
        _follow(actor, at, lead, held, new, today)
        settle_investment(lead, held, today)
        refresh_words(lead)
        marks.record_changes(actor, at, "stage_moved", lead)
    touch(lead)
    db.session.flush()
    return lead


def _follow(
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
        faults += papers.faults_of(upload)
    return faults


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
