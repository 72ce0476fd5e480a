"""Days somebody has to keep: agreed dates of a lead, trips and their reports, the expected landing."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.models import Enterprise
from crm.history.models import AuditEvent
from crm.leads.models import Activity, AgreedDate, Attachment, Lead
from crm.leads.rules import ActivityKind, Stage
from tests.saving import saved


@pytest.fixture
def owner(person: Any) -> Any:
    return person("staff", "药山街道", name="李娜")


@pytest.fixture
def lead_id(app: Any, owner: Any) -> int:
    today = clock.today()
    return saved(app, Lead(
        title="风电叶片项目", title_key="t", owner_id=owner.id, source="商会推荐",
        department_id=owner.department_id, stage=Stage.NEGOTIATING, stage_since=today,
        last_progress_on=date(2026, 3, 2),
    ))  # fmt: skip


@pytest.fixture
def mine(sign_in: Any, owner: Any) -> Any:
    return sign_in(owner)


def rows(app: Any, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def actions(app: Any) -> list[str]:
    return [each.action for each in rows(app, AuditEvent)]


def add(client: Any, lead_id: int, **data: Any) -> Any:
    given = {"title": "二期出资到位", "due_on": "2026-12-18", "document": "投资协议第七条", **data}
    return client.post(f"/leads/{lead_id}/dates/new", data=given)


# --- agreed dates ---


def test_an_agreed_date_is_noted_shown_on_the_lead_changed_and_done(app, mine, lead_id):
    assert add(mine, lead_id).status_code == 302
    [row] = rows(app, AgreedDate)
    assert (row.title, row.due_on, row.document) == (
        "二期出资到位", date(2026, 12, 18), "投资协议第七条",
    )  # fmt: skip
    page = mine.get(f"/leads/{lead_id}").text
    assert "二期出资到位" in page
    assert f"/leads/{lead_id}/dates" in page
    address = f"/leads/{lead_id}/dates/{row.id}"
    assert 'value="2026-12-18"' in mine.get(address).text
    changed = {"version": "1", "title": "二期出资", "due_on": "2026-12-28"}
    assert mine.post(address, data=changed).status_code == 302
    assert mine.post(f"{address}/done", data={"version": "2"}).status_code == 302
    [row] = rows(app, AgreedDate)
    assert (row.title, row.due_on, row.done_on) == (
        "二期出资", date(2026, 12, 28), clock.today(),
    )  # fmt: skip
    assert "二期出资" not in mine.get(f"/leads/{lead_id}").text
    assert "二期出资" in mine.get(f"/leads/{lead_id}/dates").text
    assert mine.post(f"{address}/remove", data={"version": "3"}).status_code == 302
    assert rows(app, AgreedDate) == []
    assert [each for each in actions(app) if each.startswith("agreed")] == [
        "agreed_date_added", "agreed_date_changed", "agreed_date_done", "agreed_date_removed",
    ]  # fmt: skip
    assert "约定日期" in mine.get(f"/leads/{lead_id}/history").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "长" * 121},
        {"due_on": ""},
        {"due_on": "2026-02-30"},
        {"due_on": "下周"},
        {"done_on": "2031-01-01"},
        {"document": "长" * 201},
    ],
)
def test_a_wrong_agreed_date_is_refused_beside_its_field_and_nothing_is_kept(
    app, mine, lead_id, wrong
):
    assert add(mine, lead_id, **wrong).status_code == 422
    assert rows(app, AgreedDate) == []


def test_the_same_matter_on_the_same_day_is_noted_once(app, mine, lead_id):
    add(mine, lead_id)
    assert add(mine, lead_id).status_code == 422
    assert len(rows(app, AgreedDate)) == 1


def test_nobody_overwrites_what_somebody_else_changed_meanwhile(app, mine, lead_id):
    add(mine, lead_id)
    [row] = rows(app, AgreedDate)
    address = f"/leads/{lead_id}/dates/{row.id}"
    new = {"title": "土地摘牌", "due_on": "2026-12-20"}
    assert mine.post(address, data={"version": "1", **new}).status_code == 302
    assert mine.post(address, data={"version": "1", **new, "title": "交付"}).status_code == 409
    assert mine.post(f"{address}/done", data={"version": "1"}).status_code == 409
    assert mine.post(f"{address}/remove", data={"version": "x"}).status_code == 409
    [row] = rows(app, AgreedDate)
    assert (row.title, row.done_on) == ("土地摘牌", None)


def test_whoever_may_not_see_the_lead_finds_no_dates_and_readers_change_none(
    app, mine, sign_in, person, lead_id
):
    add(mine, lead_id)
    [row] = rows(app, AgreedDate)
    stranger = sign_in(person("staff", "泺口街道"))
    assert stranger.get(f"/leads/{lead_id}/dates").status_code == 404
    assert stranger.post(f"/leads/{lead_id}/dates/{row.id}/done").status_code == 404
    colleague = sign_in(person("staff", "药山街道"))
    assert colleague.get(f"/leads/{lead_id}/dates").status_code == 200
    assert colleague.get(f"/leads/{lead_id}/dates/{row.id}").status_code == 404
    assert colleague.post(f"/leads/{lead_id}/dates/{row.id}/done").status_code == 404
    assert add(colleague, lead_id).status_code == 404
    assert rows(app, AgreedDate)[0].done_on is None


def test_a_date_of_another_lead_is_not_reached_through_this_one(app, mine, lead_id, owner):
    add(mine, lead_id)
    [row] = rows(app, AgreedDate)
    with app.app_context(), transaction() as session:
        other = Lead(
            title="别的项目", owner_id=owner.id, stage_since=date(2026, 1, 1),
            last_progress_on=date(2026, 1, 1),
        )  # fmt: skip
        session.add(other)
        session.flush()
        other_id = other.id
    assert mine.get(f"/leads/{other_id}/dates/{row.id}").status_code == 404
    assert mine.post(f"/leads/{other_id}/dates/{row.id}/remove").status_code == 404


# --- feedback and trips ---


def log(client: Any, lead_id: int, **data: Any) -> Any:
    given = {"kind": "visit_out", "summary": "赴苏州拜访", "happened_on": "2026-11-02", **data}
    return client.post(f"/leads/{lead_id}/activities/new", data=given)


def test_feedback_to_the_referrer_never_counts_as_progress(app, mine, lead_id):
    assert log(mine, lead_id, kind="feedback", is_substantive="y").status_code == 302
    [row] = rows(app, Activity)
    [lead] = rows(app, Lead)
    assert (row.kind, row.is_substantive) == (ActivityKind.FEEDBACK, False)
    assert (lead.last_progress_on, lead.first_contact_on) == (date(2026, 3, 2), None)


def test_only_what_is_marked_as_progress_moves_the_last_progress(app, mine, lead_id):
    log(mine, lead_id, kind="call")
    assert rows(app, Lead)[0].last_progress_on == date(2026, 3, 2)
    log(mine, lead_id, kind="call", is_substantive="y")
    assert rows(app, Lead)[0].last_progress_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"returned_on": "2026-11-01"},
        {"returned_on": "2027-11-01"},
        {"kind": "call", "returned_on": "2026-11-05"},
        {"returned_on": "5.11."},
    ],
)
def test_a_trip_that_cannot_be_is_refused(app, mine, lead_id, wrong):
    assert log(mine, lead_id, **wrong).status_code == 422
    assert rows(app, Activity) == []


def test_the_report_of_a_trip_is_handed_in_with_its_day_and_file(app, mine, lead_id):
    assert log(mine, lead_id, returned_on="2026-11-05").status_code == 302
    [trip] = rows(app, Activity)
    address = f"/leads/activities/{trip.id}/report"
    page = mine.get(f"/leads/{lead_id}").text
    assert "报告未提交" in page
    assert address in page
    assert "赴苏州拜访" in mine.get(address).text
    file = (io.BytesIO(b"%PDF-1.4\n1 0 obj\n%%EOF"), "苏州招商报告.pdf")
    data = {"seen": "", "reported_on": "2026-11-12", "file": file}
    assert mine.post(address, data=data).status_code == 302
    [trip] = rows(app, Activity)
    assert trip.reported_on == date(2026, 11, 12)
    assert [each.filename for each in rows(app, Attachment)] == ["苏州招商报告.pdf"]
    assert "报告已提交" in mine.get(f"/leads/{lead_id}").text
    assert {"trip_reported", "paper_added"} <= set(actions(app))
    stale = mine.post(address, data={"seen": "", "reported_on": "2026-11-13"})
    assert stale.status_code == 409
    again = {"seen": "2026-11-12", "reported_on": "2026-11-13"}
    assert mine.post(address, data=again).status_code == 302
    assert rows(app, Activity)[0].reported_on == date(2026, 11, 13)


@pytest.mark.parametrize("day", ["", "2026-11-01", "2031-01-01", "now"])
def test_a_report_cannot_be_handed_in_before_the_trip_or_in_the_future(app, mine, lead_id, day):
    log(mine, lead_id, returned_on="2026-11-05")
    [trip] = rows(app, Activity)
    answer = mine.post(f"/leads/activities/{trip.id}/report", data={"reported_on": day})
    assert answer.status_code == 422
    assert rows(app, Activity)[0].reported_on is None


def test_a_trip_without_a_lead_is_reported_by_who_travelled_alone(app, mine, sign_in, person):
    with app.app_context(), transaction() as session:
        company = Enterprise(name="示例公司", name_norm="a", name_loose="a", search_text="a")
        session.add(company)
        session.flush()
        company_id = company.id
    data = {
        "kind": "visit_out", "summary": "赴深圳走访", "happened_on": "2026-11-02",
        "returned_on": "2026-11-04",
    }  # fmt: skip
    assert mine.post(f"/leads/activities/new?enterprise={company_id}", data=data).status_code == 302
    [trip] = rows(app, Activity)
    address = f"/leads/activities/{trip.id}/report"
    assert address in mine.get(f"/enterprises/{company_id}").text
    colleague = sign_in(person("staff", "药山街道"))
    assert address not in colleague.get(f"/enterprises/{company_id}").text
    assert colleague.get(address).status_code == 404
    assert mine.post(address, data={"reported_on": "2026-11-09"}).status_code == 302
    assert rows(app, Activity)[0].reported_on == date(2026, 11, 9)


def test_what_is_no_trip_has_no_report(app, mine, lead_id):
    log(mine, lead_id)
    [visit] = rows(app, Activity)
    assert mine.get(f"/leads/activities/{visit.id}/report").status_code == 404
    assert mine.get("/leads/activities/99999/report").status_code == 404


# --- expected landing ---


def test_the_expected_landing_is_entered_in_the_form_and_shown_late_once_it_passed(
    app, mine, lead_id
):
    page = mine.get(f"/leads/{lead_id}/edit").text
    assert 'name="expected_landing_on"' in page
    with app.app_context(), transaction() as session:
        session.get(Lead, lead_id).expected_landing_on = clock.today() - timedelta(days=1)
    shown = mine.get(f"/leads/{lead_id}").text
    assert "预计落地日期" in shown
    assert "已过期" in shown
