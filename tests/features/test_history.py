"""The audit trail: who reads what of it, and what it never holds."""

import html
import re
from datetime import date

import pytest

from crm.accounts.models import User
from crm.core import clock
from crm.core.db import transaction
from crm.history import services as history
from crm.leads.models import Lead
from crm.leads.rules import Stage

DAY = date(2026, 11, 20)


@pytest.fixture
def trail(db_session, person):
    """Four people each did something: a colleague, a stranger, the director, an administrator."""
    people = {
        "colleague": person("staff", "甲单位"),
        "stranger": person("staff", "乙单位"),
        "director": person("director"),
        "administrator": person("administrator"),
    }
    with transaction() as session:
        for name, actor in people.items():
            subject = session.get_one(User, actor.id) if name == "administrator" else None
            action = "person_changed" if subject else "enterprise_added"
            history.record(
                actor, clock.now(), action, subject,
                subject_type=None if subject else "enterprises", note=f"由{name}做的",
            )  # fmt: skip
    return people


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (("staff", "甲单位"), set()),
        (("unit_head", "甲单位"), {"colleague"}),
        (("director", None), {"colleague", "stranger", "director", "administrator"}),
        (("auditor", None), {"colleague", "stranger", "director", "administrator"}),
        (("administrator", None), {"administrator"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_each_role_reads_its_part_of_the_trail(trail, sign_in, who, reads):
    page = sign_in(*who).get("/history/").text
    assert {name for name in trail if f"由{name}做的" in page} == reads


def test_one_reads_what_one_did_oneself(trail, sign_in):
    page = sign_in(trail["colleague"]).get("/history/").text
    assert "由colleague做的" in page
    assert "由stranger做的" not in page


def test_a_district_leader_reads_no_trail(trail, sign_in):
    assert sign_in("district_leader").get("/history/").status_code == 403


def test_the_trail_is_filtered_by_person_and_action(trail, sign_in):
    client = sign_in("director")
    page = client.get("/history/", query_string={"who": trail["stranger"].name}).text
    assert "由stranger做的" in page
    assert "由colleague做的" not in page
    page = client.get("/history/?action=person_changed").text
    assert "由administrator做的" in page
    assert "由stranger做的" not in page
    assert client.get("/history/?action=nonsense").status_code == 400
    assert client.get("/history/?cursor=nonsense").status_code == 400


def test_the_trail_is_walked_page_by_page_without_loss(app, person, sign_in):
    actor = person("director")
    with app.app_context(), transaction():
        for number in range(60):
            history.record(actor, clock.now(), "enterprise_added", None, note=f"第{number:02}件")
    client = sign_in(actor)
    seen, address = [], "/history/"
    while address:
        page = client.get(address).text
        seen += [number for number in range(60) if f"第{number:02}件" in page]
        link = re.search(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(link[1]) if link else ""
        assert len(seen) <= 60
    assert sorted(seen) == list(range(60))


def test_a_request_is_recorded_with_the_address_it_came_from(app, sign_in, person):
    head = sign_in("unit_head", "甲单位")
    head.post("/enterprises/new", data={"name": "新企业有限公司"})
    page = head.get("/history/").text
    assert "127.0.0.1" in page
    assert "新企业有限公司" in page


def test_passwords_and_derived_keys_are_never_told(app, sign_in, person):
    unit = person("staff", "甲单位").department_id
    admin = sign_in("administrator")
    fields = {
        "login": "zhang", "name": "张伟", "role": "staff", "department_id": unit,
        "is_active": "y", "password": "Einmal-2026",
    }  # fmt: skip
    admin.post("/people/new", data=fields)
    page = admin.get("/history/").text
    assert "设置初始密码" in page
    for secret in ("Einmal-2026", "argon2", "session_stamp"):
        assert secret not in page


def test_people_units_and_leads_are_named_in_as_many_queries_for_many_rows(
    app, person, sign_in, count_queries
):
    reader = person("auditor")
    client = sign_in(reader)

    def handed_over(number):
        old, new = (person("staff", "甲单位", name=f"{which}手{number}") for which in "前后")
        with app.app_context(), transaction() as session:
            lead = Lead(
                title=f"风电项目{number}", owner_id=new.id, stage=Stage.LEAD, stage_since=DAY,
                last_progress_on=DAY, is_sensitive=number == 1,
            )  # fmt: skip
            session.add(lead)
            session.flush()
            history.record(
                old, clock.now(), "lead_handed_over", lead,
                before={"owner_id": old.id, "department_id": old.department_id},
                after={"owner_id": new.id, "department_id": None}, lead_id=lead.id,
            )  # fmt: skip
            history.record(
                old, clock.now(), "lead_edited", lead,
                before={"title": f"光伏项目{number}"}, after={"title": lead.title},
                lead_id=lead.id, note=f"说明{number}",
            )  # fmt: skip
            history.record(
                old, clock.now(), "meeting_item_added", None, subject_type="meeting_items",
                after={"lead_id": lead.id, "position": 987654},
            )  # fmt: skip

    handed_over(0)
    client.get("/history/")
    with count_queries() as few:
        page = client.get("/history/").text
    assert "前手0" in page
    assert "<ins>后手0</ins>" in page
    assert "<del>甲单位</del>" in page
    assert "<ins>风电项目0</ins>" in page
    for number in range(1, 6):
        handed_over(number)
    with count_queries() as many:
        page = client.get("/history/").text
    assert "<ins>风电项目5</ins>" in page
    assert "光伏项目2" in page
    assert "说明2" in page
    for told in ("风电项目1", "光伏项目1", "说明1", "后手1"):
        assert told not in page  # sensitive: the auditor is not named for it
    assert page.count("敏感项目，内容只给名单内人员看") == 2
    assert "987654" in page
    assert len(many) == len(few)
    page = sign_in(person("auditor", locale="en")).get("/history/")
    assert page.status_code == 200  # a person's name is one in every language
    assert "<ins>后手5</ins>" in page.text
