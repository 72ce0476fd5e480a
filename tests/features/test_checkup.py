"""水分体检 as a page: questions from real records, answered by name, asked anew when facts change."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Figure
from crm.leads.rules import FigureSource
from crm.quotas.services import rejudge_all
from tests.features.quota_leads import YI, add_enterprise, add_figure, add_signed

YEAR = clock.today().year
ANSWER = re.compile(rf'href="(/checkup/{YEAR}/[0-9a-f]{{32}}/answer)"')


def judged():
    rejudge_all(today=clock.today(), at=clock.now())


@pytest.fixture
def projects(app, person):
    """Two projects of one group and one whose amount was lifted over the threshold."""
    staff = person("staff", "甲单位")
    today = clock.today()
    mine = {
        "owner_id": staff.id,
        "department_id": staff.department_id,
        "created_at": clock.now() - timedelta(days=200),
    }
    with app.app_context(), transaction():
        group = add_enterprise("样本集团")
        for name, days in (("一", 30), ("二", 20)):
            company = add_enterprise(f"样本{name}公司", parent_id=group.id)
            add_signed(
                f"项目{name}",
                6 * YI,
                on=today - timedelta(days=days),
                investor_id=company.id,
                **mine,
            )
        lifted = add_signed("提额项目", 499 * YI // 100, on=today - timedelta(days=9), **mine)
        add_figure(
            lifted, 5 * YI, source=FigureSource.AGREEMENT, as_of=today, document="补充协议",
            recorded_by_id=staff.id,
        )  # fmt: skip
        add_signed("密项目", 5 * YI, on=today, is_sensitive=True, **mine)
        judged()
    return staff


def test_the_page_states_facts_with_names_amounts_and_who(sign_in, projects):
    page = sign_in("director").get("/checkup/").text
    assert "同一集团多个项目" in page
    assert "投资方属同一集团，相隔10天计入，合计12亿元" in page
    assert f"{projects.name}于{clock.today()}把总投资由4.99亿元改为5亿元，越过门槛5亿元" in page
    assert "密项目" not in page
    assert "另有1个敏感项目" in page


def test_an_answer_is_kept_with_its_name_and_moves_the_question(app, sign_in, projects):
    leader = sign_in("director")
    before = leader.get("/checkup/").text
    address = ANSWER.search(before[before.index("，越过门槛") :])[1]
    assert leader.post(address, data={"note": " "}).status_code == 422
    assert leader.post(address, data={"note": "补充协议已核对原件"}).status_code == 302
    page = leader.get("/checkup/").text
    done = page[page.index("已核实") :]
    assert "补充协议已核对原件" in done
    assert leader.actor.name in done
    assert "，越过门槛" not in page[: page.index("已核实")]
    with app.app_context():
        event = db.session.scalars(
            select(AuditEvent).where(AuditEvent.action == "finding_answered")
        ).one()
    assert event.after["note"] == "补充协议已核对原件"
    assert event.lead_id


def test_a_question_whose_facts_changed_is_asked_anew(app, sign_in, projects):
    leader = sign_in("director")
    page = leader.get("/checkup/").text
    address = ANSWER.search(page[page.index("，越过门槛") :])[1]
    leader.post(address, data={"note": "已核对"})
    with app.app_context(), transaction():
        figure = db.session.scalars(select(Figure).where(Figure.document == "补充协议")).one()
        figure.amount = 51 * YI // 10
        judged()
    again = leader.get("/checkup/").text
    assert "由4.99亿元改为5.1亿元" in again
    assert "已核对" not in again
    assert leader.get(address).status_code == 404


def test_the_auditor_reads_and_nobody_else_does(sign_in, projects):
    page = sign_in("auditor").get("/checkup/").text
    assert "越过门槛" in page
    assert "填写核实情况" not in page
    for role in ("staff", "unit_head", "district_leader", "administrator"):
        assert sign_in(role, "甲单位").get("/checkup/").status_code == 403


def test_a_year_without_counted_projects_and_one_that_is_not_there(sign_in):
    leader = sign_in("director")
    assert "没有待核实的事项" in leader.get("/checkup/").text
    for text in ("1999", "abc", "-1", "９"):
        assert leader.get("/checkup/", query_string={"year": text}).status_code == 404
    assert leader.get(f"/checkup/{YEAR}/{'0' * 32}/answer").status_code == 404


def test_the_page_takes_as_many_queries_however_many_projects(
    app, sign_in, projects, count_queries
):
    client = sign_in("director")
    seen = []
    for _ in range(2):
        with count_queries() as statements:
            assert client.get("/checkup/").status_code == 200
        seen.append(len(statements))
        with app.app_context(), transaction():
            for n in range(5):
                add_signed(f"又一个{n}", 9 * YI, on=clock.today())
            judged()
    assert seen[0] == seen[1] <= 16


def test_one_person_behind_two_projects_is_asked_about(app, sign_in):
    today = clock.today()
    with app.app_context(), transaction():
        for name in ("东", "西"):
            company = add_enterprise(f"{name}城样本公司", legal_representative="赵六")
            add_signed(f"{name}城项目", 6 * YI, on=today, investor_id=company.id)
        judged()
    page = sign_in("director").get("/checkup/").text
    assert "两个项目法定代表人相同" in page
    assert "赵六" not in page


def test_very_many_questions_are_listed_page_by_page(app, sign_in):
    with app.app_context(), transaction():
        for n in range(60):
            add_signed(f"没有会谈{n}", 60 * YI, on=clock.today())
        judged()
    client = sign_in("director")
    seen, address = [], "/checkup/"
    while address:
        page = client.get(address).text
        seen.append(re.findall(r"/checkup/\d+/(\w{32})/answer", page))
        found = re.search(r'href="([^"]*after=[^"]*)"[^>]*rel="next"', page)
        address = html.unescape(found[1]) if found else ""
    assert len(seen) > 1
    assert [len(keys) for keys in seen[:-1]] == [50] * (len(seen) - 1)
    told = [key for keys in seen for key in keys]
    assert len(told) == len(set(told))
    assert client.get("/checkup/?after=x").status_code == 400
    assert client.get("/checkup/?after=999999").status_code == 200
