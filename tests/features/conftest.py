"""What feature tests share."""

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db
from crm.quotas import services as quotas
from crm.quotas.models import Quota


@pytest.fixture
def verdicts_stay_true(app):
    """After the test, every stored verdict is what the facts say: no door forgot to rejudge.

    For tests that change leads through doors; one that fills tables by itself would differ.
    """
    yield
    with app.app_context():
        assert list(quotas.differences(today=clock.today())) == []


@pytest.fixture
def quota_ids(app):
    """The ids of this year's quotas by their codes."""
    with app.app_context():
        rows = db.session.execute(select(Quota.code, Quota.id).where(Quota.year == 2026))
        return {row.code: row.id for row in rows}


@pytest.fixture
def units(person):
    """Three departments."""
    return [person("staff", f"{name}单位").department_id for name in "甲乙丙"]
