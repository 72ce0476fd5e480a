"""调度会: the agenda, the minutes that save themselves, lines that become instructions, two at one page."""

import io
import re
from datetime import date, timedelta

import pytest
from docx import Document
from sqlalchemy import func, select

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.dispatch.models import Instruction, Meeting, MeetingItem, MeetingLine
from crm.dispatch.services import instructions, meetings
from crm.dispatch.services.instructions import NewInstruction, Step
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from tests.leads import opened, read_form
from tests.saving import saved

UNIT = "药山街道"


@pytest.fixture
def people(person):
    return {
        "leader": person(Role.DIRECTOR, "区投资促进局", name="刘洋"),
        "head": person(Role.UNIT_HEAD, "区投资促进局", name="王芳"),
        "recorder": person(Role.STAFF, "区投资促进局", name="张伟"),
        "staff": person(Role.STAFF, UNIT, name="李娜"),
        "district": person(Role.DISTRICT_LEADER, name="陈静"),
        "auditor": person(Role.AUDITOR, name="审计"),
    }


@pytest.fixture
def lead(app, people):
    return saved(
        app,
        Lead(
            title="高纯硅项目",
            title_key="高纯硅项目",
            search_text="高纯硅项目",
            stage=Stage.NEGOTIATING,
            stage_since=date(2026, 11, 1),
            last_progress_on=date(2026, 11, 20),
            owner_id=people["staff"].id,
            department_id=people["staff"].department_id,
        ),
    )


@pytest.fixture
def meeting(app, people):
    def make(day=date(2026, 11, 26), **more):
        with app.app_context(), transaction():
            called = {
                "chair_id": people["leader"].id,
                "recorder_id": people["recorder"].id,
                **more,
            }
            title = called.pop("title", "调度会")
            row = meetings.call(
                people["leader"], clock.now(), meetings.Called(title, day, **called)
            )
            return row.id

    return make


def test_a_lead_is_put_on_the_next_agenda_from_its_own_page(app, people, lead, meeting, sign_in):
    part = f"/dispatch/leads/{lead}"
    leader = sign_in(people["leader"])
    assert "列入下次调度会" not in leader.get(part).text  # none is called
    passed, coming = meeting(date(2026, 11, 25)), meeting(date(2026, 12, 3), title="月调度会")
    meeting(date(2026, 12, 10))
    assert "列入下次调度会（2026-12-03）" in leader.get(part).text
    staff = sign_in(people["staff"])
    assert "列入下次调度会" not in staff.get(part).text  # theirs to see, not to put on an agenda
    address = f"{part}/agenda"
    assert staff.post(address, data={"meeting": coming}).status_code == 404
    assert leader.post(address, data={"meeting": "x"}).location == f"/leads/{lead}"
    assert "没有可以列入的调度会" in leader.get(f"/leads/{lead}").text
    answer = leader.post(address, data={"meeting": coming})
    assert answer.location == f"/leads/{lead}"
    page = leader.get(part).text
    assert "已列入2026-12-03“月调度会”议题" in page
    assert f"/dispatch/meetings/{coming}#item-" in page
    assert "列入下次调度会" not in page
    leader.post(address, data={"meeting": coming})
    assert "已在议题中" in leader.get(f"/leads/{lead}").text
    with app.app_context(), transaction() as session:
        on = session.scalars(select(MeetingItem.meeting_id).where(MeetingItem.lead_id == lead))
        assert on.all() == [coming] != [passed]
        session.get(Lead, lead).is_sensitive = True
        session.add(
            LeadMember(lead_id=lead, user_id=people["leader"].id, kind=MembershipKind.NAMED)
        )
    page = leader.get(part).text
    assert "已列入" not in page
    assert "列入下次调度会" not in page


def line_in(app, people, meeting_id, body="明确供地时间", **more):
    with app.app_context(), transaction():
        return meetings.add_line(people["leader"], clock.now(), meeting_id, body, **more).id


def rows(app, model):
    with app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def test_a_meeting_is_called_written_on_and_closed(app, people, lead, sign_in):
    client = sign_in(people["leader"])
    form = opened(client, "/dispatch/meetings/new")
    made = client.post(
        "/dispatch/meetings/new", data={**form, "recorder": people["recorder"].id, "place": "二楼"}
    )
    assert made.status_code == 302
    address = made.location
    client.post(f"{address}/items", data={"title": "高纯硅项目"})
    client.post(f"{address}/items", data={"title": "下月外出安排"})
    first, second = rows(app, MeetingItem)
    assert (first.lead_id, first.title) == (lead, None)
    assert (second.lead_id, second.title) == (None, "下月外出安排")
    client.post(f"{address}/lines", data={"body": "尽快明确供地时间", "item": first.id})
    client.post(f"/dispatch/items/{first.id}/tick")
    client.post(f"/dispatch/items/{second.id}/up")
    page = client.get(address).text
    assert page.index("下月外出安排") < page.index("尽快明确供地时间")
    assert 'aria-pressed="true"' in page
    version = rows(app, Meeting)[0].version
    assert client.post(f"{address}/close", data={"version": version}).status_code == 302
    assert client.post(f"{address}/lines", data={"body": "晚了"}).status_code == 404
    assert "晚了" not in client.get(address).text
    assert client.post(f"{address}/reopen", data={"version": version + 1}).status_code == 302


def test_a_line_becomes_an_instruction_in_one_step(app, people, lead, meeting, sign_in):
    key = meeting()
    with app.app_context(), transaction():
        item = meetings.add_item(people["leader"], clock.now(), key, lead_id=lead).id
    line = line_in(app, people, key, item_id=item)
    client = sign_in(people["leader"])
    form = opened(client, f"/dispatch/lines/{line}/instruct")
    assert form["matter"] == "明确供地时间"
    assert form["person"] == str(people["staff"].id)
    assert form["due_on"] == "2026-12-03"
    assert client.post(f"/dispatch/lines/{line}/instruct", data=form).status_code == 302
    (given,) = rows(app, Instruction)
    assert (given.lead_id, given.meeting_id, given.leader_id) == (lead, key, people["leader"].id)
    assert rows(app, MeetingLine)[0].instruction_id == given.id
    page = client.get(f"/dispatch/meetings/{key}").text
    assert page.count("2026-001") >= 2
    again = client.post(f"/dispatch/lines/{line}/instruct", data=form)
    assert again.status_code == 422
    assert len(rows(app, Instruction)) == 1


def test_whoever_records_gives_what_the_chair_says(app, people, meeting, sign_in):
    key = meeting()
    line = line_in(app, people, key)
    client = sign_in(people["recorder"])
    staff = people["staff"]
    form = opened(client, f"/dispatch/lines/{line}/instruct")
    form |= {"department": staff.department_id, "person": staff.id}
    assert client.post(f"/dispatch/lines/{line}/instruct", data=form).status_code == 302
    (given,) = rows(app, Instruction)
    assert (given.issued_by_id, given.leader_id) == (people["leader"].id,) * 2


def test_a_district_leader_in_the_chair_gives_to_every_unit(app, people, meeting, sign_in):
    key = meeting(chair_id=people["district"].id)
    line = line_in(app, people, key)
    client = sign_in(people["recorder"])
    form = opened(client, f"/dispatch/lines/{line}/instruct")
    form |= {"department": people["staff"].department_id, "person": people["staff"].id}
    assert client.post(f"/dispatch/lines/{line}/instruct", data=form).status_code == 302
    assert rows(app, Instruction)[0].issued_by_id == people["district"].id


def test_in_place_the_form_comes_back_with_its_faults_and_then_the_page_is_fetched(
    app, people, meeting, sign_in
):
    key = meeting()
    line = line_in(app, people, key)
    client = sign_in(people["leader"])
    part = client.get(f"/dispatch/lines/{line}/instruct", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    sent = read_form(part)
    refused = client.post(
        f"/dispatch/lines/{line}/instruct", data=sent, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 422
    assert "<html" not in refused.text
    sent |= {"department": people["staff"].department_id, "person": people["staff"].id}
    done = client.post(
        f"/dispatch/lines/{line}/instruct", data=sent, headers={"HX-Request": "true"}
    )
    assert done.status_code == 204
    assert f"/dispatch/meetings/{key}" in done.headers["HX-Location"]


# --- two at one page ---


def test_a_line_saves_itself_and_the_second_editor_is_told_what_the_first_wrote(
    app, people, meeting, sign_in
):
    key = meeting()
    line = line_in(app, people, key)
    one, other = sign_in(people["leader"]), sign_in(people["recorder"])
    live = {"headers": {"HX-Request": "true"}}
    saved = one.post(f"/dispatch/lines/{line}", data={"version": 1, "body": "甲写的"}, **live)
    assert saved.status_code == 200
    assert 'name="version" value="2"' in saved.text
    late = other.post(f"/dispatch/lines/{line}", data={"version": 1, "body": "乙写的"}, **live)
    assert late.status_code == 409
    assert "甲写的" in late.text
    assert 'name="version" value="2"' in late.text
    assert rows(app, MeetingLine)[0].body == "甲写的"
    plain = other.post(f"/dispatch/lines/{line}", data={"version": 1, "body": "乙写的"})
    assert plain.status_code == 409  # without JavaScript: the page that keeps what was typed
    assert "乙写的" in plain.text
    again = other.post(f"/dispatch/lines/{line}", data={"version": 2, "body": "乙写的"}, **live)
    assert again.status_code == 200
    assert rows(app, MeetingLine)[0].body == "乙写的"


def test_a_second_screen_hears_of_what_others_write_and_not_of_its_own(
    app, people, meeting, sign_in
):
    key = meeting()
    one, other = sign_in(people["leader"]), sign_in(people["recorder"])
    page = other.get(f"/dispatch/meetings/{key}").text
    looks = re.search(r'hx-get="([^"]*changes[^"]*)"', page)[1].replace("&amp;", "&")
    assert other.get(looks).status_code == 204
    other.post(f"/dispatch/meetings/{key}/lines", data={"body": "我写的"})
    assert other.get(looks).status_code == 204
    one.post(f"/dispatch/meetings/{key}/lines", data={"body": "局长写的"})
    news = other.get(looks)
    assert news.status_code == 200
    assert "刘洋" in news.text
    other.post(f"/dispatch/meetings/{key}/lines", data={"body": "我又写的"})
    assert other.get(looks).status_code == 200  # one's own later line does not hide it


# --- last time's, printing ---


def test_last_times_instructions_come_first_with_done_or_not(app, people, meeting, sign_in):
    before = meeting(date(2026, 11, 19))
    oldest = meeting(date(2026, 11, 12))
    staff = people["staff"]
    with app.app_context(), transaction():
        for matter, of in (
            ("做完的", before),
            ("没做完的", before),
            ("更早的", oldest),
            ("更早做完的", oldest),
        ):
            row = instructions.issue(
                people["leader"], clock.now(),
                NewInstruction(
                    matter, staff.department_id, staff.id, people["leader"].id,
                    date(2026, 12, 1), None, of,
                ),
                today=clock.today(),
            )  # fmt: skip
            if "做完的" in matter and "没" not in matter:
                instructions.close(
                    people["leader"], clock.now(), row.id, Step(1), today=clock.today()
                )
    key = meeting()
    page = sign_in(people["leader"]).get(f"/dispatch/meetings/{key}").text
    told = page[page.index("此前交办事项办理情况") : page.index("议题和记录")]
    assert told.index("没做完的") < told.index("更早的")
    assert "已办结" in told
    assert "更早做完的" not in told


def test_the_minutes_are_printed_and_taken_as_a_document(app, people, lead, meeting, sign_in):
    key = meeting(place="二楼会议室")
    with app.app_context(), transaction():
        item = meetings.add_item(people["leader"], clock.now(), key, lead_id=lead).id
    line_in(app, people, key, "第一条\x07", item_id=item)
    client = sign_in(people["leader"])
    page = client.get(f"/dispatch/meetings/{key}/minutes").text
    assert "一、高纯硅项目" in page
    document = Document(io.BytesIO(client.get(f"/dispatch/meetings/{key}/minutes.docx").data))
    text = [each.text for each in document.paragraphs]
    assert text[0] == "调度会"
    assert "地点：二楼会议室" in text
    assert text[text.index("一、高纯硅项目") + 1] == "第一条"


# --- who may, and bad input ---


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        ("leader", True, True),
        ("head", True, True),
        ("recorder", True, True),
        ("staff", False, False),
        ("auditor", True, False),
        ("district", False, False),
    ],
)
def test_who_reads_and_who_writes(app, people, meeting, sign_in, who, reads, writes):
    key = meeting()
    client = sign_in(people[who])
    assert (client.get(f"/dispatch/meetings/{key}").status_code == 200) is reads
    done = client.post(f"/dispatch/meetings/{key}/lines", data={"body": "一条"})
    assert (done.status_code == 302) is writes
    assert len(rows(app, MeetingLine)) == int(writes)


def test_a_sensitive_lead_is_not_put_on_the_wall(app, people, lead, meeting, sign_in):
    with app.app_context(), transaction():
        db.session.get(Lead, lead).is_sensitive = True
    key = meeting()
    client = sign_in(people["leader"])
    answer = client.post(f"/dispatch/meetings/{key}/items", data={"lead": lead})
    assert answer.status_code == 404  # not on its named list
    assert client.get(f"/dispatch/meetings/{key}/leads?title=高纯硅").text == ""
    client.post(f"/dispatch/meetings/{key}/items", data={"title": "高纯硅项目"})
    assert rows(app, MeetingItem)[0].lead_id is None


def test_names_of_leads_are_offered_and_a_lead_of_another_unit_is_not_named(
    app, people, lead, meeting, sign_in, person
):
    key = meeting()
    leader = sign_in(people["leader"])
    assert "高纯硅项目" in leader.get(f"/dispatch/meetings/{key}/leads?title=高纯").text
    leader.post(f"/dispatch/meetings/{key}/items", data={"title": "高纯硅项目"})
    other = sign_in(people["head"]).get(f"/dispatch/meetings/{key}").text
    assert "高纯硅项目" not in other
    assert "无权查看的项目" in other


@pytest.mark.parametrize(
    ("address", "data", "words"),
    [
        ("/dispatch/meetings/{}/lines", {"body": " "}, "请填写"),
        ("/dispatch/meetings/{}/lines", {"body": "长" * 501}, "最多500个字"),
        ("/dispatch/meetings/{}/items", {"title": ""}, "请填写"),
        ("/dispatch/meetings/{}/items", {"title": "长" * 201}, "最多200个字"),
    ],
)
def test_what_is_wrong_stands_where_it_was_typed(
    app, people, meeting, sign_in, address, data, words
):
    key = meeting()
    answer = sign_in(people["leader"]).post(address.format(key), data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert rows(app, MeetingLine) == rows(app, MeetingItem) == []


def test_lines_and_items_of_nowhere_are_404_and_what_is_used_stays(app, people, meeting, sign_in):
    key, elsewhere = meeting(), meeting()
    with app.app_context(), transaction():
        item = meetings.add_item(people["leader"], clock.now(), elsewhere, title="别处的").id
    client = sign_in(people["leader"])
    stray = client.post(f"/dispatch/meetings/{key}/lines", data={"body": "x", "item": item})
    assert stray.status_code == 404
    assert client.post("/dispatch/lines/999", data={"version": 1, "body": "x"}).status_code == 404
    line = line_in(app, people, elsewhere, item_id=item)
    assert client.post(f"/dispatch/items/{item}/remove").status_code == 422
    assert client.post(f"/dispatch/lines/{line}/remove", data={"version": 9}).status_code == 409
    assert client.post(f"/dispatch/lines/{line}/remove", data={"version": 1}).status_code == 302
    assert client.post(f"/dispatch/items/{item}/remove").status_code == 302
    assert rows(app, MeetingItem) == []


@pytest.mark.parametrize(
    "wrong", [{"chair": ""}, {"held_on": "明天"}, {"recorder": "999999"}, {"title": ""}]
)
def test_a_meeting_needs_name_day_chair_and_recorder(app, people, sign_in, wrong):
    client = sign_in(people["leader"])
    form = opened(client, "/dispatch/meetings/new")
    answer = client.post("/dispatch/meetings/new", data={**form, **wrong})
    assert answer.status_code == 422
    assert rows(app, Meeting) == []


def test_the_page_asks_the_database_as_often_for_forty_lines_as_for_one(
    app, people, lead, meeting, sign_in, count_queries
):
    key = meeting()
    client = sign_in(people["leader"])
    line_in(app, people, key)
    with count_queries() as one:
        client.get(f"/dispatch/meetings/{key}")
    with app.app_context(), transaction():
        for n in range(10):
            item = meetings.add_item(people["leader"], clock.now(), key, title=f"第{n}项").id
            for m in range(4):
                meetings.add_line(people["leader"], clock.now(), key, f"{n}.{m}", item)
    with count_queries() as many:
        client.get(f"/dispatch/meetings/{key}")
    assert len(one) == len(many) <= 12


def test_the_list_of_meetings_counts_what_was_given(app, people, meeting, sign_in):
    key = meeting()
    line = line_in(app, people, key)
    with app.app_context(), transaction():
        staff = people["staff"]
        wanted = NewInstruction(
            "事", staff.department_id, staff.id, people["leader"].id, clock.today() + timedelta(5),
            None, key,
        )  # fmt: skip
        meetings.instruct(people["leader"], clock.now(), line, wanted, today=clock.today())
        assert db.session.scalar(select(func.count()).select_from(Instruction)) == 1
    page = sign_in(people["leader"]).get("/dispatch/meetings/").text
    assert f"meeting={key}" in page
