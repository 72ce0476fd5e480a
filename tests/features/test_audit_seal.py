"""The audit trail is sealed in order; whatever is changed afterwards shows at its place."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from crm.accounts.queries import system_actor
from crm.core.db import db, transaction
from crm.history import services as history
from crm.history.models import AuditEvent

AT = datetime(2026, 12, 4, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


@pytest.fixture
def events(db_session):
    """Five events of AT."""
    with transaction() as session:
        actor = system_actor()
        for number in range(5):
            history.record(
                actor, AT, "tried", None, before={"n": number}, after={"n": number + 1, "字": "改"}
            )
        session.flush()
        return list(session.scalars(select(AuditEvent.id).order_by(AuditEvent.id)))


def seal(at: datetime = LATER, limit: int = history.BATCH) -> int:
    with transaction():
        return history.seal(at, limit)


def broken_at() -> int | None:
    db.session.expire_all()
    return history.verify().broken_at


def change(statement) -> None:
    with transaction() as session:
        session.execute(statement.execution_options(synchronize_session=False))


def test_every_event_is_sealed_once_and_the_chain_holds(events):
    assert seal() == len(events)
    assert seal() == 0
    found = history.verify()
    assert (found.sealed, found.unsealed, found.broken_at) == (len(events), 0, None)
    assert len(found.last_seal) == 64


def test_sealing_goes_on_where_it_stopped(events):
    assert [seal(limit=2), seal(limit=2), seal(limit=2)] == [2, 2, len(events) - 4]
    assert broken_at() is None


def test_a_fresh_event_waits_so_that_a_slow_transaction_is_not_passed_over(events):
    assert seal(AT + timedelta(seconds=29)) == 0
    assert history.verify().unsealed == len(events)


def test_an_event_that_comes_late_with_a_low_number_joins_the_chain_at_its_end(events):
    first = events[0]
    change(update(AuditEvent).where(AuditEvent.id == first).values(at=LATER))
    assert seal() == len(events) - 1
    assert seal(LATER + timedelta(minutes=1)) == 1
    assert broken_at() is None


@pytest.mark.parametrize(
    "forged",
    [
        {"note": "nothing happened"},
        {"actor_name": "somebody else"},
        {"after": {"n": 99}},
        {"at": AT - timedelta(days=1)},
    ],
)
def test_a_changed_event_is_found(events, forged):
    seal()
    change(update(AuditEvent).where(AuditEvent.id == events[2]).values(**forged))
    assert broken_at() == events[2]


def test_a_removed_event_breaks_the_chain_at_the_next_one(events):
    seal()
    change(delete(AuditEvent).where(AuditEvent.id == events[2]))
    assert broken_at() == events[3]


def test_an_inserted_event_is_found(events):
    seal()
    values = {
        "id": events[-1] + 1, "at": AT, "actor_name": "nobody", "action": "never",
        "subject_type": "app", "sealed_at": LATER, "seal": "0" * 64,
    }  # fmt: skip
    change(insert(AuditEvent).values(**values))
    assert broken_at() == events[-1] + 1


def test_the_command_says_whether_the_chain_holds(app, events):
    seal()
    run = app.test_cli_runner()
    good = run.invoke(args=["history", "verify", "--json"])
    assert (good.exit_code, json.loads(good.stdout)["broken_at"]) == (0, None)
    change(update(AuditEvent).where(AuditEvent.id == events[0]).values(note="x"))
    bad = run.invoke(args=["history", "verify"])
    assert bad.exit_code == 1
    assert f"event {events[0]}" in bad.stderr
