"""Logging what was done with an investor: calls, visits, receptions, meetings, papers."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound
from crm.enterprises.models import Enterprise
from crm.history import services as history
from crm.leads import access
from crm.leads.models import Activity
from crm.leads.rules import ActivityKind
from crm.leads.services import marks
from crm.leads.services.marks import touch

LONGEST_TRIP = 90
"""Days of a trip; a longer one is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class NewActivity:
    kind: ActivityKind
    happened_on: date
    summary: str
    contact_name: str | None = None
    is_substantive: bool = False
    returned_on: date | None = None
    next_action: str | None = None
    next_action_on: date | None = None


def log_on_lead(
    actor: Actor, at: datetime, lead_id: int, new: NewActivity, *, today: date
) -> Activity:
    """Log on a lead. A substantive one moves the last progress, and the first contact if earlier.

    A feedback to the referrer is never substantive: the investor took no part in it.
    Whoever may read the lead and write leads may log; only who may change it sets its next action.
    Raises NotFound, Refused.
    """
    lead = access.lead_for(actor, lead_id)
    may_change = access.can_edit(actor, lead_id)
    if may_change:
        lead = access.lead_to_edit(actor, lead_id)
    _check(new, today)
    if new.kind is ActivityKind.FEEDBACK:
        new = replace(new, is_substantive=False)
    activity = _add(actor, at, new, lead_id=lead.id, enterprise_id=lead.investor_id)
    if new.is_substantive:
        lead.last_progress_on = max(lead.last_progress_on, new.happened_on)
        if lead.first_contact_on is None or new.happened_on < lead.first_contact_on:
            lead.first_contact_on = new.happened_on
            touch(lead)
    if may_change and (new.next_action or new.next_action_on):
        lead.next_action = new.next_action or lead.next_action
        lead.next_action_on = new.next_action_on
        touch(lead)
    marks.record_changes(
        actor, at, "activity_logged", lead,
        more=[("activity", None, new.kind), ("summary", None, new.summary)],
    )  # fmt: skip
    return activity


def log_on_enterprise(
    actor: Actor, at: datetime, enterprise_id: int, new: NewActivity, *, today: date
) -> Activity:
    """Log on a company that need not have a lead. Raises NotFound, Refused."""
    enterprise = db.session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise NotFound
    _check(new, today)
    activity = _add(actor, at, new, lead_id=None, enterprise_id=enterprise.id)
    history.record(
        actor, at, "activity_logged", enterprise,
        after={"activity": new.kind, "summary": new.summary},
    )  # fmt: skip
    return activity


def _check(new: NewActivity, today: date) -> None:
    faults = Faults()
    if new.happened_on > today:
        faults.add("happened_on", "day_in_future", _l("日期晚于今天，请核对"))
    if new.returned_on and new.kind is not ActivityKind.VISIT_OUT:
        faults.add("returned_on", "no_trip", _l("只有外出拜访填写返程日期"))
    elif new.returned_on and not 0 <= (new.returned_on - new.happened_on).days <= LONGEST_TRIP:
        faults.add("returned_on", "not_after", _l("返程日期应在出发之后，最长90天"))
    if new.next_action_on and not new.next_action:
        faults.add("next_action", "next_action", _l("写了时限，请同时写下一步做什么"))
    faults.raise_if_any()


def _add(
    actor: Actor,
    at: datetime,
    new: NewActivity,
    *,
    lead_id: int | None,
    enterprise_id: int | None,
) -> Activity:
    activity = Activity(
        lead_id=lead_id,
        enterprise_id=enterprise_id,
        kind=new.kind,
        happened_on=new.happened_on,
        summary=new.summary,
        contact_name=new.contact_name,
        is_substantive=new.is_substantive,
        returned_on=new.returned_on,
        next_action=new.next_action,
        next_action_on=new.next_action_on,
        by_id=actor.id or None,
        at=at,
    )
    db.session.add(activity)
    return activity
