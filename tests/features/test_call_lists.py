"""以商招商: what a call list takes for missing, and whom it names to ask about."""

from datetime import timedelta

import pytest

from crm.chains.models import SegmentFit, SegmentLink
from crm.chains.rules import FitBasis, PresenceRole
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.models import TargetDismissal
from crm.enterprises.models import Enterprise
from crm.leads.models import Lead
from crm.leads.rules import Stage
from tests.features.chain_cases import (
    add_company,
    add_lead_at,
    add_need,
    add_presence,
    segment_id,
)

pytestmark = pytest.mark.on("sqlite")
MISSING = "硅源与有机硅（直接上游）"


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", "药山街道")


@pytest.fixture
def anchor(app):
    """An anchor firm at NFM-M11 whose one supplier, NFM-U2, is missing; its id."""
    with app.app_context(), transaction() as session:
        session.query(SegmentLink).delete()
        supply, need = segment_id("NFM-U2"), segment_id("NFM-M11")
        session.add(SegmentLink(from_id=supply, to_id=need, product="硅源"))
        company = add_company("示例胶体有限公司")
        add_presence("NFM-M11", company, role=PresenceRole.ANCHOR)
        return company.id


def suiting(name, **columns):
    """A company that suits NFM-U2."""
    company = add_company(name)
    for column, value in columns.items():
        setattr(company, column, value)
    db.session.add(
        SegmentFit(
            enterprise_id=company.id, segment_id=segment_id("NFM-U2"), basis=FitBasis.KEYWORD,
            score=80,
        )
    )  # fmt: skip
    return company


def test_a_segment_somebody_has_registered_for_is_not_missing(app, staff, anchor):
    """The map says so, too: a registered lead is a company."""
    address = f"/chains/anchors/{anchor}"
    with app.app_context(), transaction():
        lead = add_lead_at("NFM-U2", "硅源项目", Stage.SIGNED).id
    assert MISSING in staff.get(address).text
    with app.app_context(), transaction() as session:
        session.get_one(Lead, lead).stage = Stage.REGISTERED
    assert MISSING not in staff.get(address).text
    with app.app_context(), transaction():
        add_need("NFM-U2", db.session.get_one(Enterprise, anchor), description="高纯硅源")
    page = staff.get(address).text
    assert "本区已有企业：已注册的项目1个，先问能否就近供需。" in page
    assert "本区还没有企业" not in page


def test_only_those_that_are_targets_are_named_to_ask_about(app, staff, anchor):
    """Not who has come, who is here, and who was put aside; five of the others."""
    with app.app_context(), transaction() as session:
        came, here, aside = (suiting(f"{each}公司") for each in ("签约", "本地", "搁置"))
        suiting("落户公司", region_code="370105")
        for n in range(6):
            suiting(f"目标{n}号公司")
        add_lead_at("NFM-U2", "硅源项目", Stage.SIGNED, investor_id=came.id)
        add_presence("NFM-D3", here)
        session.add(
            TargetDismissal(
                enterprise_id=aside.id, segment_id=segment_id("NFM-U2"), reason="产能已饱和",
                until_on=clock.today() + timedelta(30), at=clock.now(),
            )
        )  # fmt: skip
    page = staff.get(f"/chains/anchors/{anchor}").text
    assert all(f"目标{n}号公司" in page for n in range(5))
    for name in ("签约公司", "本地公司", "搁置公司", "落户公司", "目标5号公司"):
        assert name not in page, name
