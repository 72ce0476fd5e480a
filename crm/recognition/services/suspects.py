"""Settling two projects that look like one."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.leads.access import lead_to_edit
from crm.leads.models import Lead
from crm.leads.services import marks
from crm.recognition.models import SuspectRuling
from crm.recognition.queries.claims import hands_of
from crm.recognition.rules import Ruling, WhyNot
from crm.recognition.services.refusing import refuse


def rule_on(
    actor: Actor, at: datetime, lead_id: int, other_id: int, ruling: Ruling, reason: str
) -> SuspectRuling:
    """Say whether `lead_id` and `other_id` are two projects, or phases of one contract.

    Linked, `lead_id` becomes a phase of `other_id`'s contract and counts no more; called distinct
    again it is none. The door rejudges it. Raises NotFound, Refused.
    """
    first, second = sorted((lead_id, other_id))
    leads = {each: lead_to_edit(actor, each) for each in (first, second)}
    lead, other = leads[lead_id], leads[other_id]
    hands = hands_of(actor, leads)
    if any(hand.is_own or hand.is_sponsor for hand in hands.values()):
        refuse([WhyNot.OWN_LEAD])
    if ruling is Ruling.LINKED:
        _link(actor, at, lead, other, reason)
    else:
        for phase, whole in ((lead, other), (other, lead)):
            if phase.contract_lead_id == whole.id:
                _set_contract(actor, at, phase, None, reason)
    row = SuspectRuling(
        first_id=first, second_id=second, ruling=ruling, reason=reason, by_id=actor.id, at=at
    )
    db.session.add(row)
    db.session.flush()
    for each in (lead, other):
        marks.record(
            actor, at, "suspects_settled", each, row, after={"ruling": ruling, "reason": reason}
        )
    return row


def _link(actor: Actor, at: datetime, lead: Lead, other: Lead, reason: str) -> None:
    if other.contract_lead_id is not None:
        raise Refused([Fault("", "is_phase", _l("所选的合同项目本身是另一合同的分期"))])
    if db.session.scalar(select(Lead.id).where(Lead.contract_lead_id == lead.id).limit(1)):
        raise Refused([Fault("", "has_phases", _l("这个项目名下已有分期，请把它选作合同项目"))])
    _set_contract(actor, at, lead, other.id, reason)


def _set_contract(
    actor: Actor, at: datetime, lead: Lead, contract_id: int | None, reason: str
) -> None:
    lead.contract_lead_id = contract_id
    marks.record_changes(actor, at, "lead_edited", lead, note=reason)
    marks.touch(lead)
