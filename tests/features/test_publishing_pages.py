"""Pages of publishing: 撤回, the trial of a large district with every name, progress while it is judged."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from crm.accounts.queries import system_actor
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.quotas.models import CriteriaVersion, CriteriaWithdrawal, Quota
from crm.quotas.rules import CountingEvent
from crm.quotas.services import (
    draft,
    finish,
    rejudge_all,
    save_draft,
    stage_chunk,
    staging,
    take_effect,
    waiting_judgings,
)
from crm.quotas.views import preview
from tests.features.quota_leads import AT, TODAY, YI, add_signed

pytestmark = pytest.mark.on("sqlite")

HOME = "/quotas/criteria/2026/B"
PUBLISH = f"{HOME}/draft/publish"
FOUR = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI}]}
THREE = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 3 * YI}]}
SOON = TODAY + timedelta(days=5)


@pytest.fixture
def leader(sign_in, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    return sign_in("director")


def drafted(leader, criteria=FOUR) -> int:
    """A draft of B for 2026; its version."""
    quota_id = db.session.scalar(select(Quota.id).where(Quota.code == "B", Quota.year == 2026))
    with transaction():
        begun = draft(leader.actor, quota_id, AT)
        event = CountingEvent.SIGNED_AND_REGISTERED
        return save_draft(leader.actor, quota_id, begun.version, criteria, event, AT).version


def signed(leader, version, day=TODAY, document="天招〔2026〕8号"):
    return leader.post(
        PUBLISH,
        data={"version": version, "document_number": document, "in_force_from": day.isoformat()},
        follow_redirects=True,
    )


def work() -> None:
    """What the worker does until nothing is left."""
    while ids := waiting_judgings():
        with transaction():
            stage_chunk(ids[0], today=TODAY)
    with transaction():
        finish(system_actor(), today=TODAY, at=AT)


@pytest.fixture
def flipping(app):
    """60 leads that count under FOUR and did not before, one of them sensitive, and one of last year."""
    with app.app_context(), transaction():
        for n in range(60):
            add_signed(f"差一点的项目{n:02}", 4 * YI)
        secret = db.session.scalars(select(Lead).where(Lead.title == "差一点的项目59")).one()
        secret.is_sensitive = True
        add_signed("去年的项目", 4 * YI, on=TODAY.replace(year=2025))
        rejudge_all(today=TODAY, at=AT)


@pytest.mark.parametrize("is_large", [False, True])
def test_every_name_that_flips_is_a_page_and_a_workbook_away(
    app, leader, flipping, monkeypatch, is_large
):
    if is_large:
        monkeypatch.setattr(staging, "AT_ONCE", 10)
        monkeypatch.setattr(staging, "CHUNK", 25)
    with app.app_context():
        version = drafted(leader)
        page = leader.get(PUBLISH)
        if is_large:
            assert "开始试算" in page.text
            assert "签发并发布" not in page.text
            assert leader.get(f"{PUBLISH}/2026").status_code == 404
            asked = leader.post(f"{PUBLISH}/trial", data={"version": version})
            assert asked.status_code == 302
            assert "已判定0条，共61条" in leader.get(PUBLISH).text
            work()
            page = leader.get(PUBLISH)
        text = " ".join(page.text.split())
        assert "签发并发布" in text
        assert "看全部59个" in text
        assert "差一点的项目00" in text
        assert "另有1个敏感项目" in text
        assert "0</a> → <strong>60" in text
        names = [
            name
            for number in (1, 2)
            for name in _titles(leader.get(f"{PUBLISH}/2026?page={number}").text)
        ]
        assert names == [f"差一点的项目{n:02}" for n in range(59)]
        assert _titles(leader.get(f"{PUBLISH}/2025").text) == ["去年的项目"]
        for junk in ("page=0", "page=x", "page=99999999"):
            assert leader.get(f"{PUBLISH}/2026?{junk}").status_code == 400
        assert leader.get(f"{PUBLISH}/2024").status_code == 404
        response = leader.get(f"{PUBLISH}/2026.xlsx")
        (sheet,) = load_workbook(io.BytesIO(response.data)).worksheets
        rows = list(sheet.iter_rows(values_only=True))
        assert len(rows) == 60
        assert rows[1][1] == "差一点的项目00"
        assert rows[1][3] == "不计入"
        assert rows[1][5] == "可计入"
        assert "协议总投资4亿元，达到门槛4亿元" in rows[1][7]
        assert "不再要求" in rows[1][7]
        monkeypatch.setattr(preview, "PART", 40)
        assert "第2份，共2份" in leader.get(f"{PUBLISH}/2026").text
        second = load_workbook(io.BytesIO(leader.get(f"{PUBLISH}/2026.xlsx?part=2").data))
        assert [row[1] for row in second.worksheets[0].iter_rows(min_row=2, values_only=True)] == [
            f"差一点的项目{n:02}" for n in range(40, 59)
        ]


def _titles(page: str) -> list[str]:
    return [part.split("<")[0] for part in page.split("/leads/")[1:] for part in [part.split(">", 1)[1]]
            if part.split("<")[0].startswith(("差一点", "去年"))]  # fmt: skip


def test_a_large_district_is_told_what_is_going_on_until_it_is_judged(
    app, leader, flipping, monkeypatch
):
    monkeypatch.setattr(staging, "AT_ONCE", 10)
    monkeypatch.setattr(staging, "CHUNK", 25)
    with app.app_context():
        done = signed(leader, drafted(leader))
        assert "已发布，正在后台重新判定" in done.text
        for address in (HOME, "/quotas/criteria?year=2026", "/quotas/?year=2026", "/quotas/2026/B"):
            page = leader.get(address).text
            assert "第2版重新判定中" in page
            assert "已判定0条，共60条" in page
            assert "天招〔2026〕8号" in page
        assert 'data-number="B-signed"' in leader.get("/quotas/2026/B").text
        work()
        for address in (HOME, "/quotas/?year=2026"):
            assert "重新判定中" not in leader.get(address).text


def test_what_waits_is_taken_back_with_a_reason_and_the_version_before_goes_on(app, leader):
    with app.app_context():
        signed(leader, drafted(leader), SOON)
        page = leader.get(HOME).text
        assert f"{HOME}/2/withdraw" in page
        empty = leader.post(f"{HOME}/2/withdraw", data={"reason": " "})
        assert empty.status_code == 422
        assert db.session.scalars(select(CriteriaWithdrawal)).all() == []
        done = leader.post(
            f"{HOME}/2/withdraw", data={"reason": "文件未印发"}, follow_redirects=True
        )
        assert "已撤回第2版" in done.text
        assert "文件未印发" in done.text
        db.session.rollback()  # read anew what the page wrote
        event = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "criteria_withdrawn")
        ).one()
        assert event.actor_id == leader.actor.id
        assert event.note == "文件未印发"
        # Its day comes: nothing happens. The number is not given twice, the day is free again.
        with transaction():
            assert take_effect(system_actor(), today=SOON, at=AT) == 0
        again = signed(leader, drafted(leader, THREE), SOON, "天招〔2026〕9号")
        assert "自2026-11-28起施行" in " ".join(again.text.split())
        numbers = db.session.scalars(
            select(CriteriaVersion.number)
            .join(Quota, Quota.id == CriteriaVersion.quota_id)
            .where(Quota.code == "B", Quota.year == 2026)
            .order_by(CriteriaVersion.number)
        ).all()
        assert numbers == [1, 2, 3]
        # Twice is told, not refused with an error.
        twice = leader.post(f"{HOME}/2/withdraw", data={"reason": "再撤"}, follow_redirects=True)
        assert "第2版已被撤回" in twice.text


def test_what_holds_is_not_taken_back(app, leader):
    with app.app_context():
        signed(leader, drafted(leader))
        assert leader.post(f"{HOME}/2/withdraw", data={"reason": "错了"}).status_code == 422
        assert leader.get(f"{HOME}/9/withdraw").status_code == 404
        drafted(leader, THREE)
        assert leader.get(f"{HOME}/3/withdraw").status_code == 404
        assert f"{HOME}/2/withdraw" not in leader.get(HOME).text


def test_only_bureau_leaders_take_back_and_try(sign_in):
    for role in ("unit_head", "staff", "district_leader", "auditor"):
        client = sign_in(role)
        assert client.post(f"{HOME}/1/withdraw", data={"reason": "x"}).status_code == 403
        assert client.post(f"{PUBLISH}/trial").status_code == 403
        assert client.get(f"{PUBLISH}/2026.xlsx").status_code == 403
