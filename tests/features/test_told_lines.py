"""一句话口径: what is said, to whom it was said, and who explains that the next numbers differ."""

from datetime import date, timedelta

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Confidence, Stage
from crm.outlook.models import SigningCeremony, ToldLine
from crm.quotas.services import rejudge
from tests.features.quota_leads import YI, add_figure, add_lead
from tests.leads import opened


@pytest.fixture
def sure_lead(app, person):
    """One sure lead of a unit; and the leader who reads the line out."""
    owner = person("staff", "甲单位")
    today = clock.today()
    with app.app_context(), transaction():
        lead = add_lead(
            "确保项目", owner_id=owner.id, department_id=owner.department_id,
            stage=Stage.PRE_SIGNING, expected_sign_on=date(today.year, 12, 31),
            confidence=Confidence.HIGH, confidence_on=today,
        )  # fmt: skip
        add_figure(lead, 6 * YI)
        rejudge([lead.id], today=today, at=clock.now())
        return lead.id


@pytest.fixture
def leader(sign_in, person, sure_lead):
    return sign_in(person("director", "区局"))


def told_address():
    return f"/outlook/{clock.today().year}/told"


def tell(client, **data):
    return client.post(told_address(), data={**opened(client, told_address()), **data})


def test_the_line_says_every_quota_in_one_breath(leader):
    page = leader.get("/outlook/").text
    assert "实体总部认定0、待认定0、应达" in page
    assert "确保1、争取0" in page


def test_what_was_told_is_remembered_with_whom_and_the_trail_says_so(app, leader):
    answer = tell(leader, told_to="区政府办", occasion="月度调度会")
    assert answer.status_code == 302
    with app.app_context():
        kept = db.session.query(ToldLine).one()
        assert kept.told_to == "区政府办"
        assert "确保1" in kept.line
        assert kept.numbers["B"]["leads"]["certain"] != []
        assert db.session.query(AuditEvent).filter_by(action="line_told").count() == 1
    page = leader.get("/outlook/").text
    assert "与上次告知的不同" not in page
    assert "月度调度会" in page


def test_the_next_number_that_differs_is_explained_by_name(app, leader, sure_lead):
    tell(leader, told_to="区政府办")
    with app.app_context(), transaction():
        db.session.get(Lead, sure_lead).confidence = Confidence.LOW
    page = leader.get("/outlook/").text
    assert "与上次告知的不同" in page
    part = page[page.index("与上次告知的不同") :]
    assert "1变为0" in part
    assert part.index("减少") < part.index("确保项目")
    assert "与上次告知的不同" in leader.get(told_address()).text


def test_a_line_that_changed_meanwhile_is_not_noted_as_told(app, leader, sure_lead):
    sent = opened(leader, told_address())
    with app.app_context(), transaction():
        db.session.get(Lead, sure_lead).confidence = Confidence.LOW
    answer = leader.post(told_address(), data={**sent, "told_to": "区政府办"})
    assert answer.status_code == 422
    assert "数字刚刚变了" in answer.text
    with app.app_context():
        assert db.session.query(ToldLine).count() == 0


def test_it_must_be_said_who_was_told(leader):
    answer = tell(leader, told_to="  ")
    assert answer.status_code == 422
    assert "请写明告知了谁" in answer.text


def test_who_sees_a_part_of_the_district_is_given_no_line(sign_in, person, sure_lead):
    page = sign_in(person("unit_head", "甲单位")).get("/outlook/").text
    assert "一句话口径" not in page
    for role in (Role.UNIT_HEAD, Role.AUDITOR, Role.DISTRICT_LEADER):
        assert sign_in(person(role)).get(told_address()).status_code == 403


def plan(client, lead_id, **data):
    sent = {
        "title": "年末集中签约", "slip_percent": "30", "slip_days": "45", "leads": str(lead_id),
        "held_on": (clock.today() + timedelta(20)).isoformat(), **data,
    }  # fmt: skip
    return client.post("/outlook/ceremonies/new", data=sent)


def test_a_ceremony_is_planned_changed_and_called_off(app, leader, sure_lead):
    assert plan(leader, sure_lead).status_code == 302
    page = leader.get("/outlook/ceremonies").text
    assert "年末集中签约" in page
    assert "确保项目" in page
    with app.app_context():
        number = db.session.query(SigningCeremony).one().id
    address = f"/outlook/ceremonies/{number}"
    both = [opened(leader, address) for _ in range(2)]
    assert leader.post(address, data={**both[0], "slip_days": "10"}).status_code == 302
    assert leader.post(address, data={**both[1], "slip_days": "20"}).status_code == 409
    sent = opened(leader, address)
    assert sent["slip_days"] == "10"
    assert leader.post(address, data={**sent, "is_cancelled": "y"}).status_code == 302
    assert "已取消" in leader.get("/outlook/ceremonies").text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"held_on": "2020-01-01"}, "签约日期已过"),
        ({"leads": ""}, "请选择参加签约的项目"),
        ({"leads": "999999"}, "请从列表中选择"),
        ({"slip_percent": "101"}, "请填0到100"),
        ({"title": " "}, "请填写名称"),
    ],
)
def test_a_ceremony_without_sense_is_refused_beside_the_field(leader, sure_lead, data, words):
    answer = plan(leader, sure_lead, **data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_lead_signs_at_one_ceremony_only(leader, sure_lead):
    assert plan(leader, sure_lead).status_code == 302
    answer = plan(leader, sure_lead)
    assert answer.status_code == 422
    assert "已列入另一场" in answer.text
