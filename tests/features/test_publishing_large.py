"""A large district: leads are judged in the background, and stored verdicts change all at once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.accounts.queries import system_actor
from crm.closing.queries.known import quotas_as_known
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.leads.models import Figure
from crm.quotas.models import (
    CriteriaJudging,
    CriteriaVersion,
    Quota,
    StagedVerdict,
    SupersededVerdict,
    Verdict,
)
from crm.quotas.rules import CountingEvent, Outcome
from crm.quotas.services import (
    Signature,
    ask_for_trial,
    differences,
    discard,
    draft,
    finish,
    publish,
    rejudge,
    rejudge_all,
    save_draft,
    stage_chunk,
    staging,
    take_effect,
    waiting_judgings,
)
from crm.quotas.versions import VersionState, being_published, versions_of
from tests.features.quota_leads import AT, TODAY, YI, add_figure, add_lead, add_signed, verdict

EVENT = CountingEvent.SIGNED_AND_REGISTERED
FOUR = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI}]}
FIRST = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 5 * YI}]}
NOW = Signature("天招〔2026〕8号", TODAY)


@pytest.fixture
def quota_id(app) -> int:
    with app.app_context():
        return db.session.scalar(select(Quota.id).where(Quota.code == "B", Quota.year == 2026))


@pytest.fixture
def large(monkeypatch):
    """Seven leads are many, two a chunk."""
    monkeypatch.setattr(staging, "AT_ONCE", 3)
    monkeypatch.setattr(staging, "CHUNK", 2)


@pytest.fixture
def leads(db_session, large):
    """Odd ones begin to count under FOUR, even ones do not."""
    with transaction():
        found = [add_signed(f"项目{n}", (4 if n % 2 else 3) * YI) for n in range(6)]
        talks = add_lead("在谈")
        add_figure(talks, 4 * YI)
        found.append(talks)
        rejudge_all(today=TODAY, at=AT)
    return found


def sign(leader, quota_id, criteria=FOUR, signed=NOW):
    with transaction():
        begun = draft(leader, quota_id, AT)
        saved = save_draft(leader, quota_id, begun.version, criteria, EVENT, AT)
        return publish(leader, quota_id, saved.version, signed, today=TODAY, at=AT)


def chunk() -> int:
    with transaction():
        ids = waiting_judgings()
        return stage_chunk(ids[0], today=TODAY) if ids else 0


def end(at=AT) -> int:
    with transaction():
        return finish(system_actor(), today=TODAY, at=at)


def dies_doing(verb) -> None:
    """The worker is killed just before the transaction would have been committed."""

    def verb_and_death():
        with transaction():
            verb()
            raise SystemExit

    with pytest.raises(SystemExit):
        verb_and_death()


def outcomes(quota_id):
    rows = db.session.execute(
        select(Verdict.lead_id, Verdict.verdict)
        .where(Verdict.quota_id == quota_id)
        .order_by(Verdict.lead_id)
    )
    return dict(rows.all())


def states(quota_id):
    quota = db.session.get(Quota, quota_id)
    return {each.number: each.state for each in versions_of([quota], TODAY)[quota_id]}


def test_the_version_before_counts_until_every_lead_is_judged(leads, leader, quota_id):
    before = outcomes(quota_id)
    assert sign(leader, quota_id) is None
    assert states(quota_id) == {2: VersionState.PUBLISHING, 1: VersionState.IN_FORCE}
    done = []
    while chunk():
        assert outcomes(quota_id) == before
        assert list(differences(today=TODAY)) == []
        ((_quota, version),) = being_published(2026, TODAY)
        done.append((version.judged.done, version.judged.total))
    assert done == [(2, 7), (4, 7), (6, 7), (7, 7)]
    later = AT + timedelta(minutes=5)
    assert end(later) == 1
    assert states(quota_id) == {2: VersionState.IN_FORCE, 1: VersionState.REPLACED}
    after = outcomes(quota_id)
    assert [after[lead.id] for lead in leads[:6]] == [Outcome.NO, Outcome.COUNTS] * 3
    assert list(differences(today=TODAY)) == []
    assert db.session.scalar(select(func.count(StagedVerdict.id))) == 0
    # What stood before is kept, and all of it is known to have changed in one moment.
    replaced = set(
        db.session.scalars(
            select(SupersededVerdict.replaced_at).where(SupersededVerdict.quota_id == quota_id)
        )
    )
    assert replaced == {later}
    assert end() == 0
    known = {
        moment: next(each for each in quotas_as_known(2026, moment) if each.quota_id == quota_id)
        for moment in (AT + timedelta(minutes=1), later)
    }
    assert known[later].criteria == FOUR
    assert known[AT + timedelta(minutes=1)].criteria != FOUR


@pytest.mark.parametrize("stop_after", range(5))
def test_a_worker_that_dies_in_any_chunk_is_gone_on_from(leads, leader, quota_id, stop_after):
    sign(leader, quota_id)
    for _ in range(stop_after):
        chunk()
    staged = db.session.scalar(select(func.count(StagedVerdict.id)))
    dies_doing(lambda: [stage_chunk(each, today=TODAY) for each in waiting_judgings()])
    assert db.session.scalar(select(func.count(StagedVerdict.id))) == staged
    if waiting_judgings():
        assert end() == 0
    while chunk():
        pass
    dies_doing(lambda: finish(system_actor(), today=TODAY, at=AT))
    assert states(quota_id)[2] is VersionState.PUBLISHING
    assert end() == 1
    assert list(differences(today=TODAY)) == []


def test_a_lead_changed_meanwhile_is_judged_again(leads, leader, quota_id):
    sign(leader, quota_id)
    while chunk():
        pass
    changed = leads[1]
    with transaction():
        db.session.query(Figure).filter_by(lead_id=changed.id).one().amount = 3 * YI
        rejudge([changed.id], today=TODAY, at=AT)
        new = add_signed("刚刚签约", 4 * YI)
        rejudge([new.id], today=TODAY, at=AT)
    assert end() == 0
    assert [chunk(), chunk(), chunk()] == [1, 1, 0]  # the new lead, then the changed one
    assert end() == 1
    assert verdict(changed).verdict is Outcome.NO
    assert verdict(new).verdict is Outcome.COUNTS
    assert list(differences(today=TODAY)) == []


def test_a_later_day_in_a_large_district_goes_the_same_way(leads, leader, quota_id):
    day = TODAY + timedelta(days=5)
    assert sign(leader, quota_id, signed=Signature("x", day)) is None
    assert waiting_judgings() == []
    with transaction():
        assert take_effect(system_actor(), today=day, at=AT) == 0
    while chunk():
        pass
    with transaction():
        assert finish(system_actor(), today=day, at=AT) == 1
    assert db.session.get(Quota, quota_id).criteria == FOUR


def test_a_trial_judges_both_years_and_a_saved_step_forgets_it(leads, leader, quota_id):
    with transaction():
        begun = draft(leader, quota_id, AT)
        saved = save_draft(leader, quota_id, begun.version, FOUR, EVENT, AT)
        assert len(ask_for_trial(leader, quota_id, saved.version, AT)) == 2
    while chunk():
        pass
    flips = db.session.scalars(
        select(StagedVerdict.lead_id).where(StagedVerdict.is_flip).order_by(StagedVerdict.lead_id)
    ).all()
    assert flips == [leads[n].id for n in (1, 3, 5, 6)]
    with transaction():
        save_draft(leader, quota_id, saved.version, FIRST, EVENT, AT)
    assert db.session.scalar(select(func.count(CriteriaJudging.id))) == 0
    assert db.session.scalar(select(func.count(StagedVerdict.id))) == 0
    with transaction():
        version = db.session.scalars(
            select(CriteriaVersion).where(CriteriaVersion.published_at.is_(None))
        ).one()
        ask_for_trial(leader, quota_id, version.version, AT)
    chunk()
    with transaction():
        discard(leader, quota_id, version.version, AT)
    assert waiting_judgings() == []


def test_what_a_trial_judged_is_not_judged_again_when_it_is_published(leads, leader, quota_id):
    with transaction():
        begun = draft(leader, quota_id, AT)
        saved = save_draft(leader, quota_id, begun.version, FOUR, EVENT, AT)
        ask_for_trial(leader, quota_id, saved.version, AT)
    while chunk():
        pass
    with transaction():
        publish(leader, quota_id, saved.version, NOW, today=TODAY, at=AT)
    assert waiting_judgings() == []
    assert end() == 1
    assert list(differences(today=TODAY)) == []


def test_a_trial_nobody_published_is_forgotten(leads, leader, quota_id):
    with transaction():
        begun = draft(leader, quota_id, AT)
        ask_for_trial(leader, quota_id, begun.version, AT)
    chunk()
    with transaction():
        assert staging.forget_old_trials(AT + timedelta(days=1)) == 0
        assert staging.forget_old_trials(AT + timedelta(days=3)) == 2
    assert waiting_judgings() == []


def test_a_draft_that_cannot_be_judged_is_not_tried(leads, leader, quota_id):
    with transaction():
        begun = draft(leader, quota_id, AT)
        empty = {"any_of": [{"all": []}]}
        saved = save_draft(leader, quota_id, begun.version, empty, EVENT, AT)
    with pytest.raises(Refused), transaction():
        ask_for_trial(leader, quota_id, saved.version, AT)
