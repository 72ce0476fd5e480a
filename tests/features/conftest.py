"""What feature tests share."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.services import reshaping
from crm.enterprises.rules import search_text, title_key
from crm.leads.models import Lead
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
def written(db_session):
    """The session of one transaction, open for the whole test."""
    with transaction() as session:
        yield session


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


@pytest.fixture
def add_leads(app: Any) -> Callable[..., list[int]]:
    """add_leads({"title": …}, …): leads with what is given and plain facts for the rest; their ids."""

    def add(*rows: dict[str, Any]) -> list[int]:
        with app.app_context(), transaction() as session:
            leads = []
            for number, row in enumerate(rows, 1):
                facts = {
                    "title": f"第{number}号项目",
                    "stage_since": clock.today(),
                    "last_progress_on": clock.today(),
                    **row,
                }
                facts.setdefault("title_key", title_key(facts["title"]))
                facts.setdefault("search_text", search_text(facts["title"]))
                leads.append(Lead(**facts))
            session.add_all(leads)
            session.flush()
            return [lead.id for lead in leads]

    return add


@pytest.fixture
def leader(person):
    """A bureau leader."""
    return person("director")


@pytest.fixture
def reshape(db_session, leader):
    """reshape(verb, …): one verb that changes chains, in a transaction of its own."""

    def run(verb, *given, **more):
        with transaction(alone=True):
            return reshaping.reshape(
                leader, clock.now(), lambda change: verb(change, *given, **more)
            )

    return run
