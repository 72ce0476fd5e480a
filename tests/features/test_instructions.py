"""交办单 from being given to being closed, through the pages, on both databases."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db, transaction
from crm.dispatch.models import Instruction, InstructionEntry
from crm.dispatch.queries import instructions as queries
from crm.dispatch.queries.instructions import Wanted
from crm.dispatch.rules import (
    Cutoffs,
    EntryKind,
    InstructionState,
    Light,
    Scope,
    Standing,
    light_of,
)
from crm.dispatch.services import instructions
from crm.dispatch.services.instructions import NewInstruction
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind
from crm.reminders.models import Absence
from tests.leads import opened
from tests.saving import saved
from tests.together import at_once

UNIT, OTHER = "药山街道", "泺口街道"
DUE = "2026-12-10"


@pytest.fixture
def people(person):
    return {
        "leader": person(Role.DIRECTOR, "区投资促进局", name="刘洋"),
        "head": person(Role.UNIT_HEAD, UNIT, name="王芳"),
        "staff": person(Role.STAFF, UNIT, name="李娜"),
        "colleague": person(Role.STAFF, UNIT, name="赵敏"),
        "stranger": person(Role.STAFF, OTHER, name="孙丽"),
        "other_head": person(Role.UNIT_HEAD, OTHER, name="周强"),
        "district": person(Role.DISTRICT_LEADER, name="陈静"),
        "auditor": person(Role.AUDITOR, name="审计"),
    }


def lead_of(app, owner, **columns):
    return saved(
        app,
        Lead(
            **{
                "title": "高纯硅项目",
                "title_key": "高纯硅项目",
                "stage": Stage.NEGOTIATING,
                "stage_since": date(2026, 11, 1),
                "last_progress_on": date(2026, 11, 20),
                "owner_id": owner.id,
                "department_id": owner.department_id,
                **columns,
            }
        ),
    )


def given(app, by, to, *, matter="核实用地指标", due_on=date(2026, 12, 10), at=None, **more):
    at = at or clock.now()
    with app.app_context(), transaction():
        row = instructions.issue(
            by, at,
            NewInstruction(matter, to.department_id, to.id, more.pop("leader_id", by.id), due_on, **more),
            today=clock.office_day(at),
        )  # fmt: skip
        return row.id


def filled(people, **more):
    return {
        "matter": "核实用地指标",
        "department": people["staff"].department_id,
        "person": people["staff"].id,
        "leader": people["leader"].id,
        "due_on": DUE,
        **more,
    }


def row_of(app, key):
    with app.app_context():
        return db.session.get(Instruction, key)


def mails_to(app, actor):
    with app.app_context():
        return list(
            db.session.scalars(
                select(Delivery)
                .where(Delivery.person_id == actor.id, Delivery.kind == DeliveryKind.INSTRUCTION)
                .order_by(Delivery.id)
            )
        )


def test_from_being_given_to_being_closed(app, people, sign_in):
    leader, staff = sign_in(people["leader"]), sign_in(people["staff"])
    answer = leader.post("/dispatch/new", data=filled(people))
    assert answer.status_code == 302
    address = answer.location
    key = int(address.rsplit("/", 1)[1])
    assert "2026-001" in leader.get(address).text
    assert len(mails_to(app, people["staff"])) == 1

    page = opened(staff, f"{address}/progress")
    said = {"progress": "40%", "body": "已与规划部门对接", "next_step": "现场踏勘"}
    done = staff.post(f"{address}/progress", data={**page, **said})
    assert done.status_code == 302
    assert row_of(app, key).progress == 40
    assert mails_to(app, people["leader"]) == []  # progress mails nobody

    page = opened(staff, f"{address}/reply")
    staff.post(f"{address}/reply", data={**page, "body": "指标已落实"})
    assert row_of(app, key).state is InstructionState.REPLIED
    assert len(mails_to(app, people["leader"])) == 1

    page = opened(leader, f"{address}/close")
    leader.post(f"{address}/close", data=page)
    row = row_of(app, key)
    assert (row.state, row.progress, row.closed_on) == (
        InstructionState.CLOSED, 100, clock.today(),
    )  # fmt: skip
    text = leader.get(address).text
    for word in ("交办", "已与规划部门对接", "指标已落实", "办结"):
        assert word in text, word
    with app.app_context():
        kinds = list(
            db.session.scalars(select(InstructionEntry.kind).order_by(InstructionEntry.id))
        )
        trail = set(
            db.session.scalars(
                select(AuditEvent.action).where(AuditEvent.subject_type == "instructions")
            )
        )
    assert kinds == [EntryKind.ISSUED, EntryKind.PROGRESS, EntryKind.REPLY, EntryKind.CLOSED]
    assert trail == {
        "instruction_issued", "instruction_progress", "instruction_reply", "instruction_closed",
    }  # fmt: skip


def test_more_time_needs_a_later_day_and_a_reason(app, people, sign_in):
    key = given(app, people["leader"], people["staff"])
    client = sign_in(people["leader"])
    page = opened(client, f"/dispatch/{key}/extend")
    refused = client.post(f"/dispatch/{key}/extend", data={**page, "due_on": "2026-12-10"})
    assert refused.status_code == 422
    assert "新时限须晚于原时限" in refused.text
    assert "请写延期理由" in refused.text
    assert row_of(app, key).due_on == date(2026, 12, 10)
    page |= {"due_on": "2026-12-20", "body": "土地出让推迟"}
    assert client.post(f"/dispatch/{key}/extend", data=page).status_code == 302
    assert row_of(app, key).due_on == date(2026, 12, 20)
    assert "2026-12-10 → 2026-12-20" in client.get(f"/dispatch/{key}").text
    assert len(mails_to(app, people["staff"])) == 2


def test_an_answer_may_be_sent_back_and_what_was_closed_taken_up_again(app, people, sign_in):
    key = given(app, people["leader"], people["staff"])
    staff, leader = sign_in(people["staff"]), sign_in(people["leader"])
    staff.post(
        f"/dispatch/{key}/reply", data={**opened(staff, f"/dispatch/{key}/reply"), "body": "好"}
    )
    leader.post(
        f"/dispatch/{key}/return",
        data={**opened(leader, f"/dispatch/{key}/return"), "body": "缺盖章件"},
    )
    assert row_of(app, key).state is InstructionState.OPEN
    leader.post(f"/dispatch/{key}/close", data=opened(leader, f"/dispatch/{key}/close"))
    page = opened(leader, f"/dispatch/{key}/reopen")
    assert leader.post(f"/dispatch/{key}/reopen", data=page).status_code == 422  # without a reason
    leader.post(f"/dispatch/{key}/reopen", data={**page, "body": "企业又提出新要求"})
    row = row_of(app, key)
    assert (row.state, row.closed_on, row.progress) == (InstructionState.OPEN, None, 99)


def test_two_at_once_the_second_is_told_and_nothing_is_lost(app, people, sign_in):
    key = given(app, people["leader"], people["staff"])
    staff, head = sign_in(people["staff"]), sign_in(people["head"])
    mine, theirs = (opened(each, f"/dispatch/{key}/progress") for each in (staff, head))
    head.post(f"/dispatch/{key}/progress", data={**theirs, "progress": "50"})
    second = staff.post(
        f"/dispatch/{key}/progress", data={**mine, "progress": "30", "body": "我写的进展"}
    )
    assert second.status_code == 409
    assert "我写的进展" in second.text
    assert row_of(app, key).progress == 50


def test_the_delegate_answers_for_whoever_is_away(app, people, sign_in):
    key = given(app, people["leader"], people["staff"])
    today = clock.today()
    stranger = sign_in(people["stranger"])
    assert stranger.get(f"/dispatch/{key}").status_code == 404
    with app.app_context(), transaction() as session:
        session.add(
            Absence(
                user_id=people["staff"].id, delegate_id=people["stranger"].id,
                starts_on=today, ends_on=today,
            )
        )  # fmt: skip
    assert "由您代理" in stranger.get(f"/dispatch/{key}").text
    page = opened(stranger, f"/dispatch/{key}/reply")
    assert stranger.post(f"/dispatch/{key}/reply", data={**page, "body": "代办"}).status_code == 302
    assert "代李娜办理" in stranger.get(f"/dispatch/{key}").text


# --- who may ---


@pytest.mark.parametrize(
    ("who", "sees", "verbs"),
    [
        ("leader", True, {"extend", "reassign", "close", "withdraw"}),
        ("staff", True, {"progress", "reply"}),
        ("head", True, {"progress", "reply"}),
        ("colleague", True, set()),
        ("stranger", False, set()),
        ("other_head", False, set()),
        ("district", False, set()),
        ("auditor", True, set()),
    ],
)
def test_who_sees_it_and_what_each_may_do(app, people, sign_in, who, sees, verbs):
    key = given(app, people["leader"], people["staff"])
    client = sign_in(people[who])
    page = client.get(f"/dispatch/{key}")
    assert (page.status_code == 200) is sees
    if sees:
        every = ("progress", "reply", "extend", "reassign", "close", "return", "reopen", "withdraw")
        assert {each for each in every if f"/dispatch/{key}/{each}" in page.text} == verbs
        for each in every:
            if each not in verbs and client.actor.role in ("staff", "unit_head", "director"):
                answer = client.post(f"/dispatch/{key}/{each}", data={"version": 1, "body": "x"})
                assert answer.status_code in (404, 422)
    assert row_of(app, key).state is InstructionState.OPEN


def test_the_leader_it_is_given_in_the_name_of_reads_it(app, people, sign_in):
    key = given(app, people["leader"], people["staff"], leader_id=people["district"].id)
    assert sign_in(people["district"]).get(f"/dispatch/{key}").status_code == 200


def test_a_unit_head_gives_within_the_unit_only(app, people, sign_in):
    client = sign_in(people["head"])
    own = client.post("/dispatch/new", data=filled(people, leader=people["head"].id))
    assert own.status_code == 302
    stranger = people["stranger"]
    refused = client.post(
        "/dispatch/new",
        data=filled(people, leader=people["head"].id, person=stranger.id, department=stranger.department_id),
    )  # fmt: skip
    assert refused.status_code == 422
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Instruction)) == 1
    assert sign_in(people["staff"]).get("/dispatch/new").status_code == 403


def test_one_about_a_sensitive_lead_is_for_its_named_list_alone(app, people, sign_in):
    lead_id = lead_of(app, people["staff"], is_sensitive=True)
    with app.app_context(), transaction() as session:
        session.add_all(
            LeadMember(lead_id=lead_id, user_id=people[each].id, kind=MembershipKind.NAMED)
            for each in ("leader", "staff")
        )
    client = sign_in(people["leader"])
    refused = client.post(
        "/dispatch/new", data=filled(people, lead=lead_id, person=people["colleague"].id)
    )
    assert refused.status_code == 422
    assert "责任人须在知悉名单内" in refused.text
    made = client.post("/dispatch/new", data=filled(people, lead=lead_id))
    assert made.status_code == 302
    for each, status in {"staff": 200, "colleague": 404, "head": 404, "auditor": 404}.items():
        reader = sign_in(people[each])
        assert reader.get(made.location).status_code == status
        assert ("核实用地指标" in reader.get("/dispatch/?scope=all").text) is (status == 200)


# --- bad input ---


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"matter": ""}, "请填写"),
        ({"matter": "长" * 501}, "最多500个字"),
        ({"due_on": "2026-02-30"}, "日期写成"),
        ({"due_on": "2026-11-25"}, "办结时限不能早于今天"),
        ({"due_on": ""}, "请填写"),
        ({"person": "999999"}, "请从列表中选择"),
        ({"person": "x"}, "请从列表中选择"),
        ({"department": "0"}, "请从列表中选择"),
        ({"leader": ""}, "请填写"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    app, people, sign_in, wrong, words
):
    answer = sign_in(people["leader"]).post("/dispatch/new", data=filled(people, **wrong))
    assert answer.status_code == 422
    assert words in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Instruction)) == 0
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_a_person_of_another_unit_is_refused(app, people, sign_in):
    answer = sign_in(people["leader"]).post(
        "/dispatch/new", data=filled(people, person=people["stranger"].id)
    )
    assert answer.status_code == 422
    assert "责任人不在所选的责任单位" in answer.text


@pytest.mark.parametrize("progress", ["-1", "101", "半", "1e2", "9" * 30])
def test_progress_is_a_whole_number_up_to_a_hundred(app, people, sign_in, progress):
    key = given(app, people["leader"], people["staff"])
    client = sign_in(people["staff"])
    page = opened(client, f"/dispatch/{key}/progress")
    answer = client.post(f"/dispatch/{key}/progress", data={**page, "progress": progress})
    assert answer.status_code == 422
    assert "填0到100的整数" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/dispatch/?scope=everything", "/dispatch/?state=x", "/dispatch/?light=blue",
        "/dispatch/?after=zz", "/dispatch/?meeting=x", "/dispatch/?lead=-1",
        "/dispatch/export.xlsx?light=blue",
    ],
)  # fmt: skip
def test_an_address_nobody_can_read_is_400(people, sign_in, address):
    assert sign_in(people["leader"]).get(address).status_code == 400


def test_an_instruction_about_a_lead_nobody_shows_is_404(app, people, sign_in):
    lead_id = lead_of(app, people["stranger"])
    client = sign_in(people["head"])
    assert client.get(f"/dispatch/new?lead={lead_id}").status_code == 404
    assert client.post("/dispatch/new", data=filled(people, lead=lead_id)).status_code == 404


# --- lists ---


def test_the_list_is_narrowed_and_exported(app, people, sign_in):
    late = given(
        app, people["leader"], people["staff"], matter="逾期的事",
        due_on=date(2026, 11, 20), at=clock.office_moment(date(2026, 11, 10)),
    )  # fmt: skip
    given(app, people["leader"], people["stranger"], matter="=别的街道的事")
    client = sign_in(people["leader"])
    whole = client.get("/dispatch/").text
    assert "逾期的事" in whole
    assert "别的街道的事" in whole
    red = client.get("/dispatch/?light=red").text
    assert "逾期的事" in red
    assert "别的街道的事" not in red
    assert "红灯" in red
    own = sign_in(people["staff"]).get("/dispatch/?scope=mine").text
    assert "逾期的事" in own
    assert "别的街道的事" not in own
    file = client.get("/dispatch/export.xlsx")
    rows = list(load_workbook(io.BytesIO(file.data)).active.values)
    assert [row[1] for row in rows[1:]] == ["逾期的事", "=别的街道的事"]
    assert late
    with app.app_context():
        assert db.session.scalar(
            select(func.count()).where(AuditEvent.action == "instructions_exported")
        ) == 1  # fmt: skip


def test_pages_of_a_long_list_hold_each_once(app, people, sign_in):
    for n in range(30):
        given(
            app,
            people["leader"],
            people["staff"],
            matter=f"第{n:02d}项",
            due_on=date(2026, 12, 1 + n % 3),
        )
    client = sign_in(people["leader"])
    first = client.get("/dispatch/").text
    following = (
        first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    )
    second = client.get(following).text
    seen = [sum(f"第{n:02d}项" in page for page in (first, second)) for n in range(30)]
    assert seen == [1] * 30


def test_the_list_asks_the_database_as_often_for_thirty_rows_as_for_one(
    app, people, sign_in, count_queries
):
    lead_id = lead_of(app, people["staff"])
    client = sign_in(people["leader"])
    given(app, people["leader"], people["staff"], lead_id=lead_id)
    with count_queries() as one:
        client.get("/dispatch/")
    for n in range(20):
        given(app, people["leader"], people["staff"], matter=f"第{n}项", lead_id=lead_id)
    with count_queries() as many:
        client.get("/dispatch/")
    assert len(one) == len(many) <= 13


@pytest.mark.parametrize("light", list(Light))
def test_the_list_of_a_light_is_what_the_rule_says(app, people, light):
    today = clock.today()
    for days in range(-3, 16, 2):
        for done in (0, 29, 30, 79, 80, 100):
            key = given(
                app, people["leader"], people["staff"], due_on=today + timedelta(days=days),
                at=clock.office_moment(today - timedelta(days=9)),
            )  # fmt: skip
            with app.app_context(), transaction():
                db.session.get(Instruction, key).progress = done
    with app.app_context():
        cutoffs = Cutoffs.of(work_calendar(), today)
        found = {
            row.id
            for row in queries.all_of(
                queries.matching(people["leader"], Wanted(Scope.ALL, Standing.ANY, light), cutoffs)
            )
        }
        expected = {
            row.id
            for row in db.session.scalars(select(Instruction))
            if light_of(row.state, row.due_on, row.progress, cutoffs) is light
        }
    assert found == expected


def test_the_lead_shows_what_runs_about_it_without_asking_more_itself(
    app, people, sign_in, count_queries
):
    lead_id = lead_of(app, people["staff"])
    client = sign_in(people["leader"])
    with count_queries() as before:
        page = client.get(f"/leads/{lead_id}").text
    assert f'hx-get="/dispatch/leads/{lead_id}"' in page
    given(app, people["leader"], people["staff"], lead_id=lead_id)
    with count_queries() as after:
        client.get(f"/leads/{lead_id}")
    assert len(before) == len(after)
    part = client.get(f"/dispatch/leads/{lead_id}", headers={"HX-Request": "true"}).text
    assert "核实用地指标" in part
    assert "<html" not in part
    assert "核实用地指标" in client.get(f"/dispatch/leads/{lead_id}").text


# --- telling, numbers ---


def test_on_a_day_off_people_hear_of_it_the_next_working_morning(app, people):
    saturday = clock.office_moment(date(2026, 11, 28))
    given(app, people["leader"], people["staff"], at=saturday)
    (mail,) = mails_to(app, people["staff"])
    assert mail.due_on == date(2026, 11, 30)
    assert clock.office_time(mail.next_try_at).strftime("%H:%M") == "08:30"


def test_each_year_counts_by_itself(app, people):
    first = given(app, people["leader"], people["staff"])
    second = given(app, people["leader"], people["staff"])
    later = given(
        app, people["leader"], people["staff"], due_on=date(2027, 2, 1),
        at=clock.office_moment(date(2027, 1, 4)),
    )  # fmt: skip
    numbers = [(row.year, row.number) for row in (row_of(app, k) for k in (first, second, later))]
    assert numbers == [(2026, 1), (2026, 2), (2027, 1)]


def test_given_at_the_same_moment_they_get_different_numbers(app, people):
    at_once(app, *[lambda: given(app, people["leader"], people["staff"])] * 4)
    with app.app_context():
        assert sorted(db.session.scalars(select(Instruction.number))) == [1, 2, 3, 4]
