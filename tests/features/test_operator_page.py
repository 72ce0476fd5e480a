"""What operators see: signs of life, the queue, failures by reason, the days, and the banner."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.outbox import queries, services
from crm.outbox.models import Delivery
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENT = "后台任务超过5分钟没有信号"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
def deliveries(app, person):
    """`deliveries(3, state=…)` adds that many; their ids."""
    owner = person("staff", name="王芳", email="wangfang@example.gov.cn")
    numbers = iter(range(10_000))

    def make(count=1, **columns):
        with app.app_context(), transaction() as session:
            rows = [
                Delivery(
                    **{
                        "kind": DeliveryKind.AT_ONCE, "recipient": f"user:{owner.id}",
                        "person_id": owner.id, "due_on": TODAY, "key": str(next(numbers)),
                        "created_at": AT - 10 * MINUTE, **columns,
                    }
                )
                for _ in range(count)
            ]  # fmt: skip
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows]

    return make


@pytest.fixture
def beat(app):
    def leave(ago, name=queries.WORKER):
        with app.app_context(), transaction():
            services.beat(AT - ago, name)

    return leave


def all_of(problem) -> dict[str, str]:
    return {"problem": problem, "channel": "mail"}


def words(answer) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", text)


# --- the page ---


def test_the_page_says_when_each_part_was_last_seen(sign_in, beat, app):
    beat(MINUTE)
    beat(3 * 60 * MINUTE, "planning")
    with app.app_context(), transaction():
        services.take_lease("beat", "host-a:1:ab", AT, timedelta(seconds=30))
    page = words(sign_in("administrator").get("/deliveries/"))
    for said in ("1分钟前", "生成提醒", "3小时前", "host-a:1:ab", "在岗"):
        assert said in page


def test_the_queue_is_counted_with_its_oldest(app, deliveries):
    deliveries(2)
    deliveries(next_try_at=AT + 30 * MINUTE, created_at=AT - 60 * MINUTE)
    deliveries(state=DeliveryState.SENDING, claimed_at=AT - MINUTE)
    deliveries(5, state=DeliveryState.SENT)
    with app.app_context():
        assert queries.queue_depth(AT) == queries.QueueDepth(3, 2, AT - 60 * MINUTE, 1, AT - MINUTE)


def test_an_empty_queue_has_no_oldest(app):
    with app.app_context():
        assert queries.queue_depth(AT) == queries.QueueDepth()


def test_failures_are_told_by_reason_for_14_days(app, deliveries):
    failed = {"state": DeliveryState.FAILED}
    deliveries(3, **failed, problem=Problem.REFUSED)
    deliveries(2, **failed, problem=Problem.DAY_OVER, expires_at=AT)
    deliveries(1, problem=Problem.UNREACHABLE)
    deliveries(4, **failed, problem=Problem.REFUSED, due_on=TODAY - timedelta(days=15))
    with app.app_context():
        assert queries.failures_since(TODAY - timedelta(days=14), AT) == [
            queries.Failures(Channel.MAIL, Problem.REFUSED, 3, 3, 0),
            queries.Failures(Channel.MAIL, Problem.DAY_OVER, 2, 0, 0),
            queries.Failures(Channel.MAIL, Problem.UNREACHABLE, 0, 0, 1),
        ]


def test_every_day_of_two_weeks_has_its_count(app, deliveries):
    deliveries(3, state=DeliveryState.SENT)
    deliveries(1, state=DeliveryState.NOTHING_DUE)
    deliveries(2, state=DeliveryState.FAILED, due_on=TODAY - timedelta(days=13))
    deliveries(9, state=DeliveryState.SENT, due_on=TODAY - timedelta(days=14))
    with app.app_context():
        days = queries.days_back(TODAY, 14)
    assert len(days) == 14
    assert days[0] == queries.DayCount(TODAY, 3, 0, 0, 1)
    assert days[-1] == queries.DayCount(TODAY - timedelta(days=13), 0, 2, 0, 0)
    assert sum(day.sent for day in days) == 3


def test_all_that_failed_for_one_reason_go_again(sign_in, deliveries, app):
    admin = sign_in("administrator")
    again = deliveries(3, state=DeliveryState.FAILED, problem=Problem.NOT_WRITTEN)
    deliveries(2, state=DeliveryState.FAILED, problem=Problem.REFUSED)
    deliveries(1, state=DeliveryState.FAILED, problem=Problem.NOT_WRITTEN, expires_at=AT)
    assert "重发这3条" in words(admin.get("/deliveries/"))
    done = admin.post("/deliveries/again", data=all_of("not_written"), follow_redirects=True)
    assert "已把3条放回发送队列" in words(done)
    with app.app_context():
        assert queries.claimable_ids(AT) == again
        events = db.session.scalars(
            select(AuditEvent.actor_id).where(AuditEvent.action == "mail_sent_again")
        ).all()
    assert events == [admin.actor.id] * 3
    twice = admin.post("/deliveries/again", data=all_of("not_written"), follow_redirects=True)
    assert "没有可以重发的消息" in words(twice)


@pytest.mark.parametrize("problem", ["", "no such", "refused "])
def test_an_unknown_reason_is_a_bad_request(sign_in, problem):
    answer = sign_in("administrator").post("/deliveries/again", data={"problem": problem})
    assert answer.status_code == 400


@pytest.mark.parametrize("role", ["staff", "unit_head", "director", "auditor"])
def test_nobody_else_sees_or_sends(sign_in, role):
    client = sign_in(role)
    assert client.get("/deliveries/").status_code == 403
    assert client.post("/deliveries/again", data={"problem": "refused"}).status_code == 403


def test_the_number_of_messages_costs_no_statement(sign_in, deliveries, beat, count_queries):
    beat(MINUTE)
    admin = sign_in("administrator")
    deliveries(1, state=DeliveryState.FAILED, problem=Problem.REFUSED)
    deliveries(1)
    with count_queries() as few:
        admin.get("/deliveries/")
    deliveries(40, state=DeliveryState.FAILED, problem=Problem.NOT_WRITTEN)
    deliveries(40)
    deliveries(40, state=DeliveryState.SENT, due_on=TODAY - timedelta(days=3))
    with count_queries() as many:
        admin.get("/deliveries/")
    assert len(many) == len(few)


# --- the banner ---


@pytest.mark.parametrize(("ago", "is_said"), [(4 * MINUTE, False), (6 * MINUTE, True)])
def test_administrators_are_told_on_every_page_when_the_worker_is_silent(
    sign_in, beat, ago, is_said
):
    beat(ago)
    assert (SILENT in words(sign_in("administrator").get("/calendar/"))) is is_said


def test_nobody_else_is_told(sign_in, beat):
    beat(60 * MINUTE)
    assert SILENT not in words(sign_in("staff", "药山街道").get("/reminders/"))


def test_the_operator_page_says_it_once(sign_in, beat):
    beat(60 * MINUTE)
    assert SILENT not in words(sign_in("administrator").get("/deliveries/"))


def test_the_banner_costs_no_statement(sign_in, beat, count_queries):
    admin = sign_in("administrator")
    beat(MINUTE)
    with count_queries() as alive:
        admin.get("/calendar/")
    beat(60 * MINUTE)
    with count_queries() as silent:
        admin.get("/calendar/")
    assert len(alive) == len(silent)
    assert not any("FROM heartbeats" in each and "users" not in each for each in silent)
