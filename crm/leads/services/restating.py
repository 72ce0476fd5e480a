"""Saying anew when a lead is expected to sign and how sure its owner is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults
from crm.leads.models import Lead
from crm.leads.rules import IN_TALKS, Confidence
from crm.leads.services import marks
from crm.leads.services.marks import touch
from crm.leads.services.versions import lead_to_change


def restate(
    actor: Actor,
    at: datetime,
    lead_id: int,
    version: int,
    base: Mapping[str, Any],
    expected_sign_on: date | None,
    confidence: Confidence | None,
    *,
    today: date,
) -> Lead:
    """Both anew; a confidence stated as before is dated today, too. Raises NotFound, Stale, Refused."""
    lead, _held = lead_to_change(actor, lead_id, version, base)
    faults = Faults()
    if lead.stage not in IN_TALKS:
        faults.add("", "not_in_talks", _l("只有在谈项目填写签约预期"))
    if expected_sign_on is None:
        faults.add("expected_sign_on", "expected_sign_on", _l("请填写预计签约日期"))
    elif expected_sign_on < today and expected_sign_on != lead.expected_sign_on:
        faults.add("expected_sign_on", "day_past", _l("预计签约日期已过，请填今天或以后"))
    if confidence is None:
        faults.add("confidence", "confidence", _l("请选择把握程度"))
    faults.raise_if_any()
    stated_before = lead.confidence_on
    with db.session.no_autoflush:
        lead.expected_sign_on, lead.confidence = expected_sign_on, confidence
        lead.confidence_on = today if confidence else None
        marks.record_changes(
            actor, at, "prospects_restated", lead,
            more=[("confidence_stated_on", stated_before, lead.confidence_on)],
        )  # fmt: skip
    touch(lead)
    db.session.flush()
    return lead
