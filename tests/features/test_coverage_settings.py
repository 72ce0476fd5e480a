"""链图设置: thresholds with bounds, kept with a version, in the trail, for bureau leaders alone."""

import html

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound
from crm.coverage.models import KeptCoverageSettings
from crm.coverage.queries.facts import coverage
from crm.coverage.queries.settings import settings_held
from crm.coverage.rules import CoverageSettings, Number, Status
from crm.coverage.services.settings import change_settings
from crm.enterprises.rules.signals import FULL_WEIGHT, SignalKind
from crm.enterprises.wording import WORDS
from crm.history.models import AuditEvent
from tests.features.chain_cases import add_presence
from tests.leads import opened

PAGE = "/coverage/settings"


def held(app):
    with app.app_context():
        settings, version = settings_held()
        return dict(settings.told()), version


def test_what_a_leader_sets_holds_at_once_and_stands_in_the_trail(app, sign_in):
    leader = sign_in("director")
    with app.app_context(), transaction():
        add_presence("NFM-M1", "建邦胶体材料有限公司")

    def status():
        with app.app_context():
            chain = next(c for c in coverage(clock.today()).chains if c.chain.code == "NFM")
            return next(e.status for e in chain.segments if e.segment.code == "NFM-M1")

    assert status() is Status.HAS
    sent = opened(leader, PAGE) | {"has_points": "3"}
    assert leader.post(PAGE, data=sent).status_code == 302
    assert status() is Status.WEAK
    with app.app_context():
        event = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "coverage_set")
        ).one()
    assert (event.before, event.after) == ({"has_points": 2}, {"has_points": 3})
    assert "“有”至少" in sign_in("auditor").get("/history/?action=coverage_set").text
    assert leader.post(PAGE, data=opened(leader, PAGE)).status_code == 302
    assert held(app)[1] == 2


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"has_points": "0"}, "应在1到50之间"),
        ({"stale_percent": "101"}, "应在0到100之间"),
        ({"strong_points": "2"}, "应大于“有”的分数"),
        ({"talks_percent": "很多"}, "请填写整数"),
        ({"need_points": ""}, "请填写"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(app, sign_in, typed, says):
    leader = sign_in("director")
    answer = leader.post(PAGE, data=opened(leader, PAGE) | typed)
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert held(app) == (dict(CoverageSettings().told()), 1)


def test_the_second_leader_sees_what_the_first_changed(app, sign_in):
    first, second = sign_in("director"), sign_in("director")
    mine = opened(second, PAGE) | {"need_points": "4"}
    assert first.post(PAGE, data=opened(first, PAGE) | {"need_points": "2"}).status_code == 302
    answer = second.post(PAGE, data=mine)
    assert answer.status_code == 409
    assert "每项配套需求扣减" in answer.text
    assert held(app)[0]["need_points"] == 2


def test_only_bureau_leaders_set_it(app, sign_in, person):
    for role in ("staff", "unit_head", "district_leader", "administrator", "auditor"):
        assert sign_in(role, "甲单位").get(PAGE).status_code == 403
    wanted = CoverageSettings({Number.HAS_POINTS: 3})
    with app.app_context(), transaction(), pytest.raises(NotFound):
        change_settings(person("auditor"), clock.now(), 1, wanted)
    with app.app_context():
        assert db.session.scalar(select(KeptCoverageSettings)) is None


def test_what_a_sign_weighs_is_said_as_it_is_counted(sign_in):
    page = sign_in("director").get(PAGE).text
    for kind, weight in FULL_WEIGHT.items():
        assert f"{WORDS[SignalKind][kind]}{weight:.0%}" in page, kind
