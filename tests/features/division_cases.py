"""A divided year for the tests of 分解 and 上年同期: leads in its numbers, what was kept, the trail."""

from datetime import date

from sqlalchemy import select

from crm.core.db import db
from crm.history.models import AuditEvent
from crm.quotas.breakdown import breakdown
from crm.quotas.division import shares_of
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Among, Outcome
from tests.features.quota_leads import add_lead

TODAY = date(2026, 11, 23)
UNITS = "/quotas/2026/division/department"
LEADERS = "/quotas/2026/division/sponsor"


def enter(app, quota_id, *, signed=None, registered=None, started=None, **columns):
    """A lead that stands in the numbers of a quota from these days on."""
    lead = add_lead(**columns)
    db.session.add(
        Verdict(
            quota_id=quota_id,
            lead_id=lead.id,
            verdict=Outcome.COUNTS,
            reasons=[],
            signed_from=signed,
            registered_from=registered,
            started_from=started,
        )
    )


def taken(app, actor, by, code="B", year=2026, on=TODAY):
    with app.app_context():
        quota = db.session.query(Quota).filter_by(year=year, code=code).one()
        return breakdown(actor, quota, by, on)


def kept(app, among=Among.DEPARTMENT, code="B"):
    with app.app_context():
        quota = db.session.query(Quota).filter_by(year=2026, code=code).one()
        return dict(shares_of([quota.id], among).get(quota.id, {}))


def trail(app, action):
    with app.app_context():
        return list(
            db.session.scalars(
                select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
            )
        )
