"""水分体检设置: switches and limits, tried out by number, kept with a version and in the trail."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.checkup.models import KeptSettings
from crm.checkup.queries.settings import settings_held
from crm.checkup.rules import CheckupSettings, FindingCode, LimitName
from crm.checkup.services.settings import change_settings
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound
from crm.history.models import AuditEvent
from crm.quotas.services import rejudge_all
from tests.features.quota_leads import YI, add_signed
from tests.leads import opened

PAGE = "/checkup/settings"
YEAR = clock.today().year


@pytest.fixture
def projects(app, person):
    """One project 4 % above a threshold, one on it; both entered 20 days before signing, talked of."""
    staff = person("staff", "甲单位")
    today = clock.today()
    with app.app_context(), transaction():
        for title, yuan in (("高出百分之四", 52 * YI // 10), ("正在线上", 5 * YI)):
            add_signed(
                title, yuan, on=today, owner_id=staff.id, department_id=staff.department_id,
                created_at=clock.now() - timedelta(days=20),
            )  # fmt: skip
        rejudge_all(today=today, at=clock.now())


@pytest.fixture
def leader(sign_in):
    return sign_in("director")


def counts(page):
    """By kind: how many questions are asked now, and how many under what was typed."""
    found = re.findall(r"kind=(\w+)\">(\d+)</a>(?: · 按所填提出 <strong>(\d+)</strong>)?", page)
    return {code: (int(now), int(tried) if tried else None) for code, now, tried in found}


def held(app):
    with app.app_context():
        return settings_held()


def test_the_page_shows_every_kind_with_its_limits_defaults_and_what_it_asks_now(leader, projects):
    answer = leader.get(PAGE)
    page = html.unescape(answer.text)
    assert set(counts(page)) == set(FindingCode)
    assert counts(page)["just_above"] == (1, None)
    assert counts(page)["late_entry"] == (0, None)
    assert "默认2，可填0到20" in page
    assert "按所填" not in page
    sent = opened(leader, PAGE)
    assert (sent["just_above_percent"], sent["version"]) == ("2", "1")


def test_trying_out_counts_under_what_was_typed_and_saves_nothing(app, leader, projects):
    sent = opened(leader, PAGE) | {
        "just_above_percent": "4", "late_days": "21", "preview": "1",
    }  # fmt: skip
    del sent["ask_no_talks"]
    answer = leader.post(PAGE, data=sent)
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    found = counts(page)
    assert found["just_above"] == (1, 2)
    assert found["late_entry"] == (0, 2)
    assert found["no_talks"] == (2, 0)
    assert "按所填共提出4个问题，现在3个" in page
    assert 'value="21"' in page
    assert held(app) == (CheckupSettings(), 1)
    assert "高出百分之四" not in leader.get("/checkup/?kind=just_above").text


def test_saved_settings_hold_on_every_page_and_stand_in_the_trail(app, sign_in, leader, projects):
    sent = opened(leader, PAGE) | {"just_above_percent": "4"}
    del sent["ask_no_talks"]
    assert leader.post(PAGE, data=sent).status_code == 302
    settings, version = held(app)
    assert settings.limit(LimitName.JUST_ABOVE_PERCENT) == 4
    assert settings.off == {FindingCode.NO_TALKS}
    assert version == 2
    for reader in (leader, sign_in("auditor")):
        page = reader.get("/checkup/").text
        assert "高出百分之四" in page
        assert "此前没有实质性洽谈记录" not in page
        assert "按设置不提出：签约前无洽谈记录" in page
    assert counts(leader.get(PAGE).text)["just_above"] == (2, None)
    with app.app_context():
        (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "checkup_set"))
    assert event.before == {"no_talks": True, "just_above_percent": 2}
    assert event.after == {"no_talks": False, "just_above_percent": 4}
    assert event.actor_name == leader.actor.name
    trail = sign_in("auditor").get("/history/?action=checkup_set").text
    assert "设置水分体检" in trail
    assert "高出门槛不超过" in trail


def test_saving_the_same_again_changes_nothing(app, leader):
    assert leader.post(PAGE, data=opened(leader, PAGE)).status_code == 302
    assert held(app)[1] == 1
    with app.app_context():
        assert not db.session.scalar(select(AuditEvent).where(AuditEvent.action == "checkup_set"))


@pytest.mark.parametrize("action", ["save", "preview"])
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"just_above_percent": "21"}, "应在0到20之间"),
        ({"just_above_percent": "-1"}, "应在0到20之间"),
        ({"burst_least": "1"}, "应在2到100之间"),
        ({"late_days": ""}, "请填写"),
        ({"late_days": "两周"}, "请填写整数"),
        ({"filing_gap_percent": "12.5"}, "请填写整数"),
        ({"together_days": "9" * 40}, "请填写整数"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(
    app, leader, typed, says, action
):
    answer = leader.post(PAGE, data=opened(leader, PAGE) | typed | {action: "1"})
    assert answer.status_code == 422
    (name,) = typed
    error = re.search(rf'id="{name}-error".*?</p>', answer.text, re.DOTALL)
    assert says in error[0]
    assert "按所填" not in answer.text
    assert held(app) == (CheckupSettings(), 1)


def test_the_second_leader_sees_what_the_first_changed_from_the_first_change_on(
    app, sign_in, leader
):
    other = sign_in("director")
    for typed, theirs, version in (("3", "5", 2), ("6", "7", 3)):
        mine = opened(other, PAGE) | {"late_days": theirs}
        del mine["ask_shared"]
        assert (
            leader.post(PAGE, data=opened(leader, PAGE) | {"late_days": typed}).status_code == 302
        )
        answer = other.post(PAGE, data=mine)
        assert answer.status_code == 409
        page = html.unescape(answer.text)
        assert leader.actor.name in page
        assert "入库早于签约不足" in page
        assert re.search(r"不同项目信息相同</dt>\s*<dd[^>]*>\s*否", page)
        assert "True" not in page
        settings, kept = held(app)
        assert (settings.limit(LimitName.LATE_DAYS), kept) == (int(typed), version)


def test_only_bureau_leaders_set_what_is_asked(app, sign_in, person):
    for role in ("staff", "unit_head", "district_leader", "administrator", "auditor"):
        client = sign_in(role, "甲单位")
        assert client.get(PAGE).status_code == 403
        assert "/checkup/settings" not in client.get("/checkup/").text
    actor = person("auditor")
    with app.app_context(), transaction(), pytest.raises(NotFound):
        change_settings(actor, clock.now(), 1, CheckupSettings())
    with app.app_context():
        assert db.session.scalar(select(KeptSettings)) is None


def test_a_kind_is_listed_alone_and_a_kind_there_is_not_is_refused(leader, projects):
    page = leader.get("/checkup/?kind=just_above").text
    assert "总投资5亿元，门槛为5亿元" in page
    assert "此前没有实质性洽谈记录" not in page
    assert leader.get("/checkup/?kind=other").status_code == 400
    assert leader.get("/checkup/?kind=year_shifted").status_code == 200
