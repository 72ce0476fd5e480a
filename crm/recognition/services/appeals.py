"""申诉: the unit's word against a decision, and the bureau leader's answer."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.leads.access import lead_to_edit
from crm.leads.models import Lead
from crm.leads.services import marks
from crm.quotas.models import Quota
from crm.recognition.models import Appeal, Decision
from crm.recognition.queries.claims import hands_of
from crm.recognition.queries.standing import said_of
from crm.recognition.rules import Answer, WhyNot, why_not_appeal
from crm.recognition.services.refusing import refuse


def appeal(actor: Actor, at: datetime, decision_id: int, body: str) -> Appeal:
    """Appeal against a decision that holds. Raises NotFound, Refused."""
    decision, lead, quota = _decision(actor, decision_id)
    holding = said_of(quota.year, [lead.id]).get((lead.id, quota.id), {}).get(decision.at_level)
    is_appealed = db.session.scalar(select(Appeal.id).where(Appeal.decision_id == decision.id))
    refuse(
        why_not_appeal(
            decision.decided,
            hands_of(actor, [lead.id])[lead.id],
            is_current=holding is not None and holding.id == decision.id,
            is_appealed=is_appealed is not None,
            is_period_closed=quota.frozen_at is not None,
        )
    )
    row = Appeal(decision_id=decision.id, body=body, by_id=actor.id, at=at)
    db.session.add(row)
    db.session.flush()
    marks.record(
        actor, at, "decision_appealed", lead, row, after={"quota": quota.label, "body": body}
    )
    return row


def answer(actor: Actor, at: datetime, appeal_id: int, answered: Answer, reason: str) -> Appeal:
    """Answer an appeal, once, with the reason. Raises NotFound, Refused.

    To uphold it decides nothing yet: the project is decided anew in a batch.
    """
    row = db.session.get(Appeal, appeal_id)
    if row is None:
        raise NotFound
    _, lead, quota = _decision(actor, row.decision_id)
    hand = hands_of(actor, [lead.id])[lead.id]
    if hand.is_own or hand.is_sponsor:
        refuse([WhyNot.OWN_LEAD])
    if row.answer is not None:
        raise Refused([Fault("", "answered", _l("这一申诉已经答复"))])
    row.answer, row.answer_reason = answered, reason
    row.answered_by_id, row.answered_at = actor.id, at
    marks.record(
        actor, at, "appeal_answered", lead, row,
        after={"quota": quota.label, "answer": answered, "reason": reason},
    )  # fmt: skip
    return row


def _decision(actor: Actor, decision_id: int) -> tuple[Decision, Lead, Quota]:
    decision = db.session.get(Decision, decision_id)
    if decision is None:
        raise NotFound
    lead = lead_to_edit(actor, decision.lead_id)
    quota = db.session.get_one(Quota, decision.quota_id)
    return decision, lead, quota
