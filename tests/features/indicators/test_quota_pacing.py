"""Who answers for an indicator, and what of it is due by when."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.core.db import db
from crm.history.models import AuditEvent
from crm.quotas.indicators import due_of
from crm.quotas.models import Quota, QuotaNode
from tests.features.indicators.cases import OWNER, TODAY, text_of


def pacing(version, **change):
    months = {f"node_2026_{month:02d}": "" for month in range(1, 13)}
    return {
        "version": str(version),
        "owner_department_id": "",
        "monthly_cutoff_day": "25",
        "curve": "straight",
        **months,
        **change,
    }


def test_a_bureau_leader_sets_owner_and_nodes_and_what_is_due_follows(app, sign_in, person):
    leader, unit = sign_in("director"), person("unit_head", OWNER)
    address = "/quotas/2026/land/pacing"
    assert leader.get(address).status_code == 200
    change = {
        "owner_department_id": str(unit.department_id),
        "node_2026_06": "1200亩",
        "node_2026_10": "2000",
    }
    assert leader.post(address, data=pacing(1, **change)).status_code == 302
    with app.app_context():
        land = db.session.query(Quota).filter_by(year=2026, code="land").one()
        assert [(node.due_on, node.count) for node in land.nodes] == [
            (date(2026, 6, 25), 1200),
            (date(2026, 10, 25), 2000),
        ]
        assert (due_of(land, date(2026, 6, 25)), due_of(land, TODAY)) == (1200, 2433)
        event = db.session.scalar(
            select(AuditEvent).where(AuditEvent.action == "quota_pacing_changed")
        )
        assert event.after["owner_department"] == OWNER
        assert "2026-10-25: 2000" in event.after["nodes"]
    form = leader.get(address).text
    assert 'value="1200"' in form
    assert "2,433亩" in leader.get("/quotas/?year=2026").text


def test_nodes_of_money_read_back_in_both_languages(app, person, sign_in):
    leader = sign_in(person("director", locale="en"))
    address = "/quotas/2026/completed_investment/pacing"
    assert leader.post(address, data=pacing(1, node_2026_06="105.25亿")).status_code == 302
    typed = dict(
        re.findall(r'name="(node_2026_\d\d)"[^>]*value="([^"]*)"', leader.get(address).text)
    )
    assert typed["node_2026_06"] == "105.25亿元"
    assert leader.post(address, data=pacing(2, **typed)).status_code == 302


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"node_2026_03": "900", "node_2026_06": "800"}, "累计节点不能小于前一个节点"),
        ({"node_2026_03": "3001"}, "节点不能超过全年目标"),
        ({"node_2026_03": "2.5"}, "应为整数"),
        ({"node_2026_03": "许多"}, "看不懂这个数"),
        ({"monthly_cutoff_day": "31"}, "截止日应在1日到28日之间"),
        ({"owner_department_id": "999"}, "请从列表中选择"),
    ],
)
def test_nodes_that_make_no_sense_are_refused(app, sign_in, change, words):
    answer = sign_in("director").post("/quotas/2026/land/pacing", data=pacing(1, **change))
    assert answer.status_code == 422
    assert words in text_of(answer)
    with app.app_context():
        assert db.session.query(QuotaNode).count() == 0


def test_two_leaders_do_not_overwrite_each_other(app, sign_in):
    leader = sign_in("director")
    address = "/quotas/2026/land/pacing"
    assert leader.post(address, data=pacing(1, node_2026_06="1200")).status_code == 302
    answer = leader.post(address, data=pacing(1, node_2026_06="1300"))
    assert answer.status_code == 409
    assert "1200" in answer.text


def test_nodes_of_a_quota_move_what_its_card_says_is_due(sign_in):
    leader = sign_in("director")
    assert "应达9" in text_of(leader.get("/quotas/?year=2026"))
    data = pacing(1, node_2026_11="6", monthly_cutoff_day="23")
    assert leader.post("/quotas/2026/A/pacing", data=data).status_code == 302
    assert "应达6" in text_of(leader.get("/quotas/?year=2026"))
