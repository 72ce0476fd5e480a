"""Proposing and deciding. Every decision is a new row; the credit follows the last one."""

from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import NotFound
from crm.history.services import recorded
from crm.leads.access import lead_to_edit
from crm.leads.models import Lead
from crm.leads.services import marks
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.recognition.models import Credit, Decision, RecognitionBatch
from crm.recognition.queries.claims import hands_of, year_of_claims
from crm.recognition.queries.reviews import kept_sides, snapshot_of
from crm.recognition.rules import (
    BatchFacts,
    Claim,
    Decided,
    Hand,
    Level,
    WhyNot,
    why_not_decide,
    why_not_move,
    why_not_propose,
)
from crm.recognition.services.refusing import refuse


def propose(
    actor: Actor,
    at: datetime,
    lead_id: int,
    quota_id: int,
    *,
    today: date,
    note: str | None = None,
) -> Decision:
    """申报: the unit says that the project counts. Raises NotFound, Refused."""
    lead, quota = lead_to_edit(actor, lead_id), _quota(quota_id)
    claim, hand = _read(actor, lead, quota, Level.UNIT)
    refuse(why_not_propose(claim, hand, today))
    row = _add(actor, at, lead, quota, Level.UNIT, Decided.PROPOSED, today, note)
    _tell(actor, at, lead, quota, row, "project_proposed")
    return row


def decide(
    actor: Actor,
    at: datetime,
    lead_id: int,
    quota_id: int,
    level: Level,
    decided: Decided,
    *,
    today: date,
    batch_id: int | None = None,
    reason: str | None = None,
) -> Decision:
    """Approve, send back or do not count. Raises NotFound, Refused.

    The batch is held until the transaction ends, so that nobody closes it meanwhile.
    """
    batch = _batch(batch_id)
    lead, quota = lead_to_edit(actor, lead_id), _quota(quota_id)
    claim, hand = _read(actor, lead, quota, level)
    facts = None if batch is None else facts_of_batch(batch, quota.year)
    refuse(why_not_decide(claim, level, decided, hand, facts, today, has_reason=bool(reason)))
    day = batch.decided_on if batch else today
    row = _add(actor, at, lead, quota, level, decided, day, reason, batch)
    if level is not Level.UNIT:
        _settle_credit(lead, quota, row)
    _tell(actor, at, lead, quota, row, "project_decided")
    return row


def move(
    actor: Actor,
    at: datetime,
    lead_id: int,
    from_id: int,
    to_id: int,
    level: Level,
    *,
    today: date,
    batch_id: int | None,
    reason: str | None,
) -> tuple[Decision, Decision]:
    """改计: from one quota of an exclusive group to another, as one decision in two rows.

    The credit goes with it in the same statement sequence, so that nobody ever reads two or none.
    Raises NotFound, Refused.
    """
    batch = _batch(batch_id)
    lead = lead_to_edit(actor, lead_id)
    quotas = {each: _quota(each) for each in sorted({from_id, to_id})}
    source, target = quotas[from_id], quotas[to_id]
    claims = year_of_claims(source.year, [lead.id])
    if target.year != source.year:
        raise NotFound
    refuse(
        why_not_move(
            claims.claim(lead.id, source.id, level),
            claims.claim(lead.id, target.id, level),
            level,
            hands_of(actor, [lead.id])[lead.id],
            None if batch is None else facts_of_batch(batch, source.year),
            today,
            is_of_group=source.id != target.id
            and source.exclusive_group is not None
            and source.exclusive_group == target.exclusive_group,
            has_reason=bool(reason),
        )
    )
    assert batch is not None
    rows = []
    for quota, other, decided in (
        (source, target, Decided.MOVED),
        (target, source, Decided.APPROVED),
    ):
        row = _add(
            actor, at, lead, quota, level, decided, batch.decided_on, reason, batch, other.id
        )
        _settle_credit(lead, quota, row)
        _tell(actor, at, lead, quota, row, "project_moved", other)
        rows.append(row)
    return rows[0], rows[1]


def facts_of_batch(batch: RecognitionBatch, year: int) -> BatchFacts:
    return BatchFacts(
        batch.at_level,
        batch.year == year,
        batch.decided_on,
        bool(batch.document_number or batch.minutes),
        batch.closed_at is not None,
    )


def _quota(quota_id: int) -> Quota:
    quota = db.session.scalar(
        computed_quotas().where(Quota.id == quota_id).with_for_update(read=True)
    )
    if quota is None:
        raise NotFound
    return quota


def _batch(batch_id: int | None) -> RecognitionBatch | None:
    if batch_id is None:
        return None
    batch = db.session.scalar(
        select(RecognitionBatch).where(RecognitionBatch.id == batch_id).with_for_update(read=True)
    )
    if batch is None:
        raise NotFound
    return batch


def _read(actor: Actor, lead: Lead, quota: Quota, level: Level) -> tuple[Claim, Hand]:
    claims = year_of_claims(quota.year, [lead.id])
    return claims.claim(lead.id, quota.id, level), hands_of(actor, [lead.id])[lead.id]


def _add(
    actor: Actor,
    at: datetime,
    lead: Lead,
    quota: Quota,
    level: Level,
    decided: Decided,
    on: date,
    reason: str | None,
    batch: RecognitionBatch | None = None,
    other_quota_id: int | None = None,
) -> Decision:
    seen = snapshot_of(lead.id, quota.id, quota.year)
    row = Decision(
        lead_id=lead.id,
        quota_id=quota.id,
        at_level=level,
        decided=decided,
        batch_id=batch.id if batch else None,
        other_quota_id=other_quota_id,
        reason=reason,
        decided_on=on,
        by_id=actor.id,
        recorded_at=recorded(at),
        outcome_then=seen.outcome,
        sides_then=kept_sides(seen.sides),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _settle_credit(lead: Lead, quota: Quota, row: Decision) -> None:
    """The credit of a project, quota and level is there if the last decision approved.

    The lead is locked, so the rule has seen every other credit; should one slip past it, the
    database refuses.
    """
    mine = (
        Credit.lead_id == lead.id,
        Credit.quota_id == quota.id,
        Credit.at_level == row.at_level,
    )
    db.session.execute(delete(Credit).where(*mine))
    if row.decided is not Decided.APPROVED:
        return
    credit = Credit(
        lead_id=lead.id,
        quota_id=quota.id,
        year=quota.year,
        exclusive_group=quota.exclusive_group,
        at_level=row.at_level,
        decision_id=row.id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(credit)
    except IntegrityError:
        refuse([WhyNot.CREDITED_ELSEWHERE])


def _tell(
    actor: Actor,
    at: datetime,
    lead: Lead,
    quota: Quota,
    row: Decision,
    action: str,
    other: Quota | None = None,
) -> None:
    marks.record(
        actor,
        at,
        action,
        lead,
        row,
        after={
            "quota": quota.label,
            "at_level": row.at_level,
            "decided": row.decided,
            "reason": row.reason,
            "decided_on": row.decided_on,
            **({"other_quota": other.label} if other else {}),
        },
    )
