"""The worker brings published criteria into force on their day."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm.core import clock
from crm.core.db import db, transaction
from crm.quotas.models import CriteriaVersion, Quota

pytestmark = pytest.mark.on("postgresql")

FOUR = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 400_000_000}]}


def test_published_criteria_hold_from_their_day_on(app, workers, tick, wait_for):
    today = clock.today()
    with app.app_context(), transaction() as session:
        quota = session.scalars(
            select(Quota).where(Quota.code == "B", Quota.year == today.year)
        ).one()
        # The first day of a year is no exception: version 1 began the day before.
        before = quota.opens - timedelta(days=1)
        session.execute(update(CriteriaVersion).values(in_force_from=before))
        session.add(
            CriteriaVersion(
                quota_id=quota.id, number=2, criteria=FOUR, event=quota.event,
                published_at=clock.now(), in_force_from=today,
                document_number="天招〔2026〕8号",
            )
        )  # fmt: skip
        quota_id = quota.id
    workers()
    tick("worker.quotas.bring_criteria_into_force")

    def is_in_force() -> bool:
        with app.app_context():
            return db.session.get(Quota, quota_id).criteria == FOUR

    wait_for("the criteria are in force", is_in_force)
