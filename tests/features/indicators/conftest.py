"""An office on a day of November, and what our own records hold of its indicators."""

from datetime import date, time

import pytest
from sqlalchemy import select

from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import transaction
from crm.leads.rules import ChainRole, MilestoneKind, Path, Stage
from tests.features.indicators.cases import TODAY
from tests.features.quota_leads import add_lead, add_milestone


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


@pytest.fixture
def records(app):
    """Started projects, suppliers of two chains, and land, one of each sensitive or too late."""
    with app.app_context(), transaction() as session:
        chains = {chain.code: chain.id for chain in session.scalars(select(Chain))}
        for title, on, more in (
            ("开工甲", date(2026, 3, 3), {}),
            ("开工乙", date(2026, 10, 9), {"is_sensitive": True}),
            ("开工去年", date(2025, 12, 30), {}),
        ):
            lead = add_lead(title, stage=Stage.STARTED, path=Path.LAND, **more)
            add_milestone(lead, MilestoneKind.STARTED, on)
        for title, code, role in (
            ("材料甲", "NFM", ChainRole.SUPPLIER),
            ("装备甲", "IME", ChainRole.SUPPLIER),
            ("装备乙", "IME", ChainRole.SUPPLIER),
            ("装备链主", "IME", ChainRole.ANCHOR),
            ("装备研发", "IME", ChainRole.RESEARCH),
            ("装备服务", "IME", ChainRole.SERVICES),
            ("装备未注明", "IME", None),
            ("装备未注明乙", "IME", None),
            ("别的", "SCT", ChainRole.SUPPLIER),
            ("别的未注明", "SCT", None),
        ):
            lead = add_lead(title, chain_id=chains.get(code), chain_role=role)
            add_milestone(lead, MilestoneKind.REGISTERED, date(2026, 5, 6))
        for title, land in (("用地甲", "120.5"), ("用地乙", "80")):
            lead = add_lead(title, land_mu=land)
            add_milestone(lead, MilestoneKind.LAND_SUPPLIED, date(2026, 10, 1))
