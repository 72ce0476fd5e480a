"""Two beats for one office: one of them fires, the other goes on when it dies."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import Celery
from kombu import Queue as Road
from sqlalchemy.exc import OperationalError

from crm.core import clock
from crm.outbox import services as outbox
from worker.beat import LEASE, RENEWED_EVERY, LeaseScheduler
from worker.schedule import BEAT, ROUTES, Queue


@pytest.fixture
def now(monkeypatch) -> list:
    """The moment it is, as a list of one; ask for it by `clock.now`."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


@pytest.fixture
def beat(app, now, monkeypatch) -> Callable[[], LeaseScheduler]:
    """`beat()`: one more beat; `.fired` is what it has asked for."""

    def make() -> LeaseScheduler:
        celery = Celery("beat", broker="memory://")
        celery.conf.beat_schedule = BEAT
        celery.flask_app = app
        scheduler = LeaseScheduler(app=celery)
        scheduler.fired = []
        scheduler.apply_entry = lambda entry, producer=None: scheduler.fired.append(entry.name)
        for entry in scheduler.schedule.values():
            entry.schedule.nowfun = lambda: now[0]
        return scheduler

    return make


def look(scheduler: LeaseScheduler) -> None:
    """Let it look as often as it wants to at this moment, and ask for its lease anew."""
    scheduler._asked_at = 0.0
    for _ in range(30):
        if scheduler.tick() > 0:
            return
    pytest.fail("it goes on firing")


def test_two_beats_fire_once_and_the_second_goes_on_when_the_first_has_died(beat, now):
    first, second = beat(), beat()
    look(first)
    look(second)
    assert sorted(first.fired) == sorted(BEAT), "everything once: nothing waits for an hour"
    assert second.fired == []
    for _ in range(6):
        now[0] += timedelta(seconds=20)
        look(first)
        look(second)
    assert first.fired.count("heartbeat") == 3
    assert second.fired == []
    now[0] += LEASE
    look(second)  # the first has died
    assert sorted(second.fired) == sorted(BEAT)
    look(first)  # and was only asleep
    assert not first.holds
    assert first.fired.count("heartbeat") == 3


def test_a_beat_that_ends_lets_the_other_go_on_at_once(beat, now):
    first, second = beat(), beat()
    look(first)
    look(second)
    first.close()
    look(second)
    assert second.fired


def test_a_clock_put_back_silences_no_beat(beat, now):
    first, second = beat(), beat()
    look(first)
    now[0] -= timedelta(hours=3)
    first.fired.clear()
    look(first)
    assert "heartbeat" in first.fired
    now[0] -= timedelta(hours=3)  # and the one that held the lease has died
    look(second)
    assert "heartbeat" in second.fired


def test_a_beat_without_database_waits_and_does_not_end(beat, now, monkeypatch):
    scheduler = beat()
    look(scheduler)

    def away(*_arguments):
        raise OperationalError("", {}, Exception("no server"))

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "take_lease", away)
        scheduler._asked_at = 0.0
        scheduler.fired.clear()
        assert scheduler.tick() == RENEWED_EVERY.total_seconds()
        assert scheduler.fired == []
    look(scheduler)
    assert scheduler.fired


def test_nothing_that_takes_minutes_stands_before_a_reminder():
    celery = Celery("beat", broker="memory://")
    celery.conf.update(task_queues=[Road(queue.value) for queue in Queue], task_routes=ROUTES)
    of = {
        task: celery.amqp.router.route({}, task)["queue"].name
        for task in (
            "worker.reminders.sweep", "worker.reminders.send_waiting", "worker.reminders.plan_due",
            "worker.upkeep.heartbeat", "worker.upkeep.sweep_files", "worker.upkeep.seal_history",
            "worker.quotas.bring_criteria_into_force", "worker.outlook.archive_forecasts",
            "worker.something.new",
        )
    }  # fmt: skip
    assert list(of.values()) == [
        "mail", "mail", "planning", "mail", "heavy", "heavy", "heavy", "heavy", "heavy",
    ]  # fmt: skip
