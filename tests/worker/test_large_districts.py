"""A large district is judged in the background by real workers, one of which is killed on the way."""

from sqlalchemy import func, insert, select

from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Figure, Lead
from crm.leads.rules import FigureKind, FigureSource, Path, Stage
from crm.quotas.models import CriteriaJudging, CriteriaVersion, Quota, StagedVerdict, Verdict
from crm.quotas.rules import CountingEvent, Outcome
from crm.quotas.services import (
    Signature,
    differences,
    draft,
    publish,
    rejudge_all,
    save_draft,
)

MANY = 5200
TASK = "worker.quotas.bring_criteria_into_force"
YI = 100_000_000
FOUR = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI}]}


def test_a_killed_worker_leaves_whole_chunks_and_the_next_one_goes_on(
    app, workers, tick, wait_for, person
):
    today = clock.today()
    with app.app_context():
        with transaction() as session:
            session.execute(
                insert(Lead),
                [
                    {
                        "title": f"项目{n}", "stage": Stage.NEGOTIATING, "stage_since": today,
                        "last_progress_on": today, "path": Path.LAND, "is_physical": True,
                    }
                    for n in range(MANY)
                ],
            )  # fmt: skip
            ids = session.scalars(select(Lead.id)).all()
            session.execute(
                insert(Figure),
                [
                    {
                        "lead_id": lead_id, "kind": FigureKind.TOTAL_INVESTMENT,
                        "source": FigureSource.TALK, "as_of": today, "stated_text": "4亿",
                        "amount": 4 * YI, "currency": "CNY",
                    }
                    for lead_id in ids
                ],
            )  # fmt: skip
            rejudge_all(today=today, at=clock.now())
        leader = person("director")
        with transaction() as session:
            quota_id = session.scalar(
                select(Quota.id).where(Quota.code == "B", Quota.year == today.year)
            )
            begun = draft(leader, quota_id, clock.now())
            event = CountingEvent.SIGNED_AND_REGISTERED
            saved = save_draft(leader, quota_id, begun.version, FOUR, event, clock.now())
            # Signed on any day of the year, the first included.
            session.scalars(
                select(CriteriaVersion).where(
                    CriteriaVersion.quota_id == quota_id, CriteriaVersion.number == 1
                )
            ).one().in_force_from = None
            session.flush()
            signed = Signature("天招〔2026〕8号", today)
            assert publish(
                leader, quota_id, saved.version, signed, today=today, at=clock.now()
            ) is None  # fmt: skip

    def ask(statement):
        with app.app_context():
            found = db.session.scalar(statement)
            db.session.rollback()
            return found

    def staged() -> int:
        return ask(select(func.count(StagedVerdict.id)))

    def in_force_at():
        return ask(select(CriteriaJudging.in_force_at))

    def pending() -> int:
        return ask(
            select(func.count(Verdict.id)).where(
                Verdict.quota_id == quota_id, Verdict.verdict != Outcome.NO
            )
        )

    assert pending() == 0
    first = workers()
    tick(TASK)
    wait_for("a chunk is staged", lambda: staged() or in_force_at())
    first.kill()
    # Whatever it had come to: all numbers are of one version, and only whole chunks stand.
    if in_force_at() is None:
        assert staged() % 1000 == 0 or staged() == MANY
        assert pending() == 0
    workers()
    tick(TASK)
    wait_for("the version is in force", in_force_at)
    assert pending() == MANY
    assert staged() == 0
    with app.app_context():
        assert list(differences(today=today)) == []
        assert db.session.get(Quota, quota_id).criteria == FOUR
