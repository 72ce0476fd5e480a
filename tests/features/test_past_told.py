"""What was told of the past stays true: no transaction adds to it, whatever its order of commit."""

import threading
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from crm.closing.models import StandingExport
from crm.closing.queries.standings import hash_of, standing_document
from crm.closing.services.exporting import take_export
from crm.core import db as core
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import FigureSource
from crm.quotas.models import SupersededVerdict, Verdict
from crm.quotas.services import rejudge
from tests.features.quota_leads import TODAY, YI, add_figure
from tests.features.recognition_cases import YEAR, add_registered
from tests.together import at_once

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
EARLIER = NOON - timedelta(seconds=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def leader(person):
    return person("director", "局")


@pytest.fixture
def lead_id(app):
    with app.app_context(), transaction():
        lead = add_registered("在写的项目", 6 * YI)
        rejudge([lead.id], today=TODAY, at=NOON - timedelta(days=1))
        return lead.id


def lose_the_amount(lead_id, at):
    """What a door does with a later, smaller figure, at a moment it read before."""
    lead = db.session.get_one(Lead, lead_id)
    add_figure(lead, 4 * YI, source=FigureSource.STATISTICS, as_of=TODAY, document="入统表")
    rejudge([lead_id], today=TODAY, at=at)


def differing(app) -> list[date]:
    """The days of kept exports that would be told otherwise now."""
    with app.app_context():
        return [
            row.as_of
            for row in db.session.scalars(select(StandingExport))
            if hash_of(standing_document(row.year, row.as_of, row.known_at)) != row.content_hash
        ]


def export(app, leader, at=NOON):
    with app.app_context(), transaction(alone=True):
        take_export(leader, at, YEAR, TODAY, today=TODAY)


def test_an_export_waits_for_whoever_began_earlier_and_has_not_committed(app, leader, lead_id):
    has_written, may_commit, waits = threading.Event(), threading.Event(), threading.Event()

    def write():
        with app.app_context(), transaction():
            lose_the_amount(lead_id, EARLIER)
            db.session.flush()
            has_written.set()
            may_commit.wait(20)

    def tell():
        waits.set()
        export(app, leader)

    writer, teller = threading.Thread(target=write), threading.Thread(target=tell)
    writer.start()
    assert has_written.wait(20)
    teller.start()
    assert waits.wait(20)
    teller.join(0.3)
    assert teller.is_alive(), "the export tells the past before all of it is known"
    may_commit.set()
    for thread in (writer, teller):
        thread.join(30)
    assert differing(app) == []
    with app.app_context():
        (kept,) = db.session.scalars(select(StandingExport))
        assert [quota["signed"] for quota in kept.content["quotas"]] == [0, 0]


def test_what_read_its_moment_before_an_export_is_recorded_after_it(app, leader, lead_id):
    export(app, leader)
    with app.app_context(), transaction():
        lose_the_amount(lead_id, EARLIER)
    assert differing(app) == []
    with app.app_context():
        moments = [
            *db.session.scalars(select(SupersededVerdict.replaced_at)),
            *db.session.scalars(select(Verdict.judged_at).where(Verdict.lead_id == lead_id)),
        ]
        assert max(moments) > NOON


def test_many_writers_and_exports_at_once_and_every_export_is_found_again(app, leader, lead_id):
    """Each writer reads its moment, hesitates at the barrier, then writes; exports run between."""
    with app.app_context(), transaction():
        ids = [lead_id, *(add_registered(f"项目{n}", 6 * YI).id for n in range(3))]

    def thrice(verb):
        for step in range(3):
            verb(step)

    def writing(number):
        def verb(step):
            with app.app_context(), transaction():
                lose_the_amount(ids[number], NOON + (step - number) * SECOND)

        return verb

    def telling(step):
        export(app, leader, NOON + step * SECOND)

    verbs = (writing(0), telling, writing(1), telling)
    assert at_once(app, *(partial(thrice, verb) for verb in verbs)) == [None] * 4
    assert differing(app) == []


def test_an_export_gives_up_where_a_large_writing_does_not_end(
    app, database, leader, lead_id, monkeypatch
):
    if not database.url.startswith("postgresql"):
        return  # there one writer waits for the other anyway
    monkeypatch.setattr(core, "PATIENCE_MS", 100)
    with app.app_context(), transaction():
        lose_the_amount(lead_id, EARLIER)
        found = []

        def tell():
            try:
                export(app, leader)
            except Refused as refused:
                found.extend(fault.code for fault in refused.faults)

        thread = threading.Thread(target=tell)
        thread.start()
        thread.join(20)
        assert found == ["busy"]


def test_the_trail_never_bears_a_moment_that_was_told(app, leader, lead_id):
    export(app, leader)
    with app.app_context(), transaction():
        event = history.record(leader, EARLIER, "lead_edited", None)
        db.session.flush()
        assert db.session.get_one(AuditEvent, event.id).at > NOON
