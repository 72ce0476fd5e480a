"""Criteria in versions: drafted, signed, in force from a day on, and every verdict follows."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from crm.accounts.queries import system_actor
from crm.closing.queries.known import quotas_as_known, year_as_known
from crm.core import migrations
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused, Stale
from crm.history.changes import changes_behind
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.quotas.flips import trial
from crm.quotas.models import CriteriaVersion, Quota, SupersededVerdict, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import CountingEvent, Modality, Outcome, Rounding, VersionFault
from crm.quotas.services import (
    Plan,
    Signature,
    change_plan,
    differences,
    discard,
    draft,
    publish,
    rejudge,
    rejudge_all,
    save_draft,
    take_effect,
)
from tests.features.quota_leads import AT, TODAY, YI, add_figure, add_lead, add_signed, verdict
from tests.together import at_once, committed

EVENT = CountingEvent.SIGNED_AND_REGISTERED
FOUR = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI}]}
SEVEN = {"any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 7 * YI}]}
NOW = Signature("天招〔2026〕8号", TODAY)
SOON = Signature("天招〔2026〕9号", TODAY + timedelta(days=5))


@pytest.fixture
def quota_id(app) -> int:
    with app.app_context():
        return db.session.scalar(select(Quota.id).where(Quota.code == "B", Quota.year == 2026))


def drafted(leader, quota_id, criteria=FOUR, event=EVENT) -> CriteriaVersion:
    begun = draft(leader, quota_id, AT)
    return save_draft(leader, quota_id, begun.version, criteria, event, AT)


def published(leader, quota_id, criteria=FOUR, signed=NOW, **more):
    found = drafted(leader, quota_id, criteria)
    return publish(leader, quota_id, found.version, signed, **{"today": TODAY, "at": AT, **more})


def refused(verb) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        verb()
    return {fault.code: fault.field for fault in caught.value.faults}


def test_every_computed_quota_begins_with_version_one_of_its_preset(db_session):
    quotas = db_session.scalars(computed_quotas()).all()
    versions = db_session.scalars(select(CriteriaVersion)).all()
    assert {each.quota_id for each in versions} == {quota.id for quota in quotas}
    for quota in quotas:
        (first,) = [each for each in versions if each.quota_id == quota.id]
        assert (first.number, first.in_force_from, first.document_number) == (
            1, quota.opens, "示例",
        )  # fmt: skip
        assert (first.criteria, first.event) == (quota.criteria, quota.event)
        assert first.published_at is not None


def test_the_migration_makes_version_one_of_what_is_in_force(app, database):
    database.spoil()
    with app.app_context():
        with transaction() as session:
            session.execute(
                update(Quota)
                .where(Quota.code == "B", Quota.year == 2026)
                .values(criteria=FOUR, is_example=False)
            )
        db.session.remove()
        migrations.downgrade(db.engine, "0005")
        migrations.upgrade(db.engine)
        rows = db.session.execute(
            select(CriteriaVersion.number, CriteriaVersion.criteria, CriteriaVersion.in_force_from,
                   CriteriaVersion.document_number)
            .join(Quota, Quota.id == CriteriaVersion.quota_id)
            .where(Quota.code == "B", Quota.year == 2026)
        ).all()  # fmt: skip
        assert rows == [(1, FOUR, date(2026, 1, 1), None)]
        roundings = set(db.session.scalars(select(Quota.rounding)))
        assert roundings == {Rounding.HALF_UP}
        db.session.remove()


def test_a_draft_changes_nothing_until_it_is_signed(db_session, leader, quota_id):
    with transaction():
        lead = add_signed(yuan=4 * YI)
        rejudge([lead.id], today=TODAY, at=AT)
        begun = drafted(leader, quota_id)
        assert draft(leader, quota_id, AT) is begun
        assert list(differences(today=TODAY)) == []
        assert verdict(lead).verdict is Outcome.NO
    assert (begun.number, begun.published_at) == (2, None)


def test_publishing_signs_copies_and_judges_in_one_go(db_session, leader, quota_id):
    with transaction():
        lead = add_signed(yuan=4 * YI)
        rejudge([lead.id], today=TODAY, at=AT)
    later = AT + timedelta(hours=1)
    with transaction():
        assert published(leader, quota_id, at=later) == 1
    quota = db_session.get(Quota, quota_id)
    assert (quota.criteria, quota.is_example) == (FOUR, False)
    assert verdict(lead).verdict is Outcome.COUNTS
    assert list(differences(today=TODAY)) == []
    before = db_session.scalars(select(SupersededVerdict)).one()
    assert (before.verdict, before.replaced_at) == (Outcome.NO, later)
    signed = db_session.scalars(select(CriteriaVersion).where(CriteriaVersion.number == 2)).one()
    assert (signed.published_by_id, signed.published_at) == (leader.id, later)
    assert (signed.document_number, signed.in_force_from) == ("天招〔2026〕8号", TODAY)
    told = db_session.scalars(
        select(AuditEvent).where(AuditEvent.action == "criteria_published")
    ).one()
    assert (told.before["number"], told.after["number"]) == ("1", "2")
    assert "4亿元" in told.after["criteria"]
    assert "实体项目" in told.before["criteria"]


def test_a_version_in_force_is_not_edited_any_more(db_session, leader, quota_id):
    with transaction():
        published(leader, quota_id)
        with pytest.raises(NotFound):
            save_draft(leader, quota_id, 3, SEVEN, EVENT, AT)
        with pytest.raises(NotFound):
            discard(leader, quota_id, 3, AT)
        following = draft(leader, quota_id, AT)
    assert (following.number, following.criteria) == (3, FOUR)


def test_everything_wrong_with_a_signature_is_told_beside_its_field(db_session, leader, quota_id):
    with transaction():
        found = draft(leader, quota_id, AT)
        wrong = refused(
            lambda: publish(leader, quota_id, found.version, Signature(" ", None), today=TODAY, at=AT)
        )  # fmt: skip
        assert wrong == {
            VersionFault.UNCHANGED: "",
            VersionFault.NO_DOCUMENT: "document_number",
            VersionFault.NO_DAY: "in_force_from",
        }


def test_two_versions_never_begin_on_one_day_nor_in_a_closed_month(db_session, leader, quota_id):
    with transaction():
        published(leader, quota_id)
        for signed, closed_until, fault in (
            (NOW, None, VersionFault.SAME_DAY),
            (Signature("x", TODAY - timedelta(days=1)), None, VersionFault.BEFORE_PREVIOUS),
            (Signature("x", date(2027, 1, 1)), None, VersionFault.OUTSIDE_PERIOD),
            (SOON, SOON.in_force_from, VersionFault.PERIOD_CLOSED),
        ):
            told = refused(
                lambda signed=signed, until=closed_until: published(
                    leader, quota_id, SEVEN, signed, closed_until=lambda _year: until
                )
            )
            assert told == {fault: "in_force_from"}


def test_a_frozen_quota_takes_no_other_criteria(db_session, leader, quota_id):
    with transaction() as session:
        found = drafted(leader, quota_id)
        session.get(Quota, quota_id).frozen_at = AT
        session.flush()
        told = refused(lambda: publish(leader, quota_id, found.version, NOW, today=TODAY, at=AT))
        assert told == {VersionFault.FROZEN: ""}
        discard(leader, quota_id, found.version, AT)
        assert refused(lambda: draft(leader, quota_id, AT)) == {VersionFault.FROZEN: ""}


def test_a_draft_with_an_empty_group_is_not_published(db_session, leader, quota_id):
    with transaction():
        told = refused(
            lambda: published(leader, quota_id, {"any_of": [*FOUR["any_of"], {"all": []}]})
        )
    assert told == {"empty_list": ""}


def test_a_later_version_waits_for_its_day(db_session, leader, quota_id):
    with transaction():
        lead = add_signed(yuan=4 * YI)
        rejudge([lead.id], today=TODAY, at=AT)
        assert published(leader, quota_id, signed=SOON) is None
        assert verdict(lead).verdict is Outcome.NO
        assert list(differences(today=TODAY)) == []
    actor = system_actor()
    for days, effective in ((4, 0), (5, 1), (5, 0), (90, 0)):
        with transaction():
            day = TODAY + timedelta(days=days)
            assert take_effect(actor, today=day, at=AT + timedelta(days=days)) == effective
    assert verdict(lead).verdict is Outcome.COUNTS
    assert db_session.get(Quota, quota_id).criteria == FOUR
    assert list(differences(today=TODAY)) == []


def test_of_several_versions_that_waited_the_last_one_takes_effect(db_session, leader, quota_id):
    with transaction():
        published(leader, quota_id, signed=SOON)
        later = Signature("y", SOON.in_force_from + timedelta(days=3))
        published(leader, quota_id, SEVEN, later)
    with transaction():
        assert take_effect(system_actor(), today=date(2026, 12, 20), at=AT) == 1
    assert db_session.get(Quota, quota_id).criteria == SEVEN


def test_a_frozen_quota_keeps_the_version_it_was_closed_with(db_session, leader, quota_id):
    with transaction() as session:
        published(leader, quota_id, signed=SOON)
        session.get(Quota, quota_id).frozen_at = AT
    with transaction():
        assert take_effect(system_actor(), today=date(2026, 12, 20), at=AT) == 0


def test_a_step_on_what_somebody_else_changed_is_refused_and_tells_what(
    db_session, leader, person, quota_id
):
    other = person("director")
    with transaction():
        begun = draft(leader, quota_id, AT)
        seen = begun.version
        save_draft(other, quota_id, seen, FOUR, EVENT, AT)
        with pytest.raises(Stale) as caught:
            save_draft(leader, quota_id, seen, SEVEN, EVENT, AT)
        assert [(each.by, "4亿元" in each.after) for each in caught.value.changes][:2] == [
            (other.name, False),
            (other.name, True),
        ]
        for verb in (
            lambda: discard(leader, quota_id, seen, AT),
            lambda: publish(leader, quota_id, seen, NOW, today=TODAY, at=AT),
        ):
            with pytest.raises(Stale):
                verb()


def test_a_discarded_draft_gives_its_number_back_and_stays_in_the_trail(
    db_session, leader, quota_id
):
    with transaction():
        found = drafted(leader, quota_id)
        discard(leader, quota_id, found.version, AT)
        assert draft(leader, quota_id, AT).number == 2
    told = select(AuditEvent).where(AuditEvent.action == "criteria_draft_discarded")
    assert "4亿元" in db_session.scalars(told).one().before["criteria"]


def test_of_two_who_sign_at_once_one_succeeds(app, database, leader, quota_id):
    with app.app_context(), transaction():
        seen = drafted(leader, quota_id).version
    answers = at_once(
        app,
        *[
            committed(lambda: publish(leader, quota_id, seen, NOW, today=TODAY, at=AT) is not None)
            for _ in range(2)
        ],
    )
    assert answers.count(True) == 1, answers
    assert [type(each) for each in answers if each is not True] == [NotFound]
    with app.app_context():
        numbers = select(CriteriaVersion.number).where(CriteriaVersion.quota_id == quota_id)
        assert sorted(db.session.scalars(numbers)) == [1, 2]


def test_two_who_begin_a_draft_at_once_get_the_same(app, database, leader, quota_id):
    answers = at_once(app, *[committed(lambda: draft(leader, quota_id, AT).id) for _ in range(2)])
    assert answers[0] == answers[1]


def test_leads_changed_while_criteria_are_published_are_judged_by_the_new_ones(
    app, database, leader, quota_id
):
    with app.app_context(), transaction():
        leads = [add_signed(f"项目{n}", 4 * YI).id for n in range(6)]
        rejudge(leads, today=TODAY, at=AT)
        seen = drafted(leader, quota_id).version

    def touch(lead_id):
        lead = db.session.scalar(
            select(Lead).where(Lead.id == lead_id).with_for_update(key_share=True)
        )
        lead.is_physical = False
        return rejudge([lead_id], today=TODAY, at=AT)

    def register():
        lead = add_lead("新项目")
        add_figure(lead, 9 * YI)
        return rejudge([lead.id], today=TODAY, at=AT)

    answers = at_once(
        app,
        committed(lambda: publish(leader, quota_id, seen, NOW, today=TODAY, at=AT)),
        *[committed(touch, lead_id) for lead_id in leads[:3]],
        committed(register),
    )
    assert [each for each in answers if isinstance(each, Exception)] == []
    with app.app_context():
        assert list(differences(today=TODAY)) == []


def plan(**change) -> Plan:
    values = {
        "target": 12,
        "modality": Modality.AT_LEAST,
        "rounding": Rounding.HALF_UP,
        "opens": date(2026, 1, 1),
        "closes": date(2026, 12, 31),
    }
    return Plan(**{**values, **change})


def planned(leader, quota_id, document="区委〔2026〕3号", version=1, **change):
    return change_plan(leader, quota_id, version, plan(**change), document, today=TODAY, at=AT)


def test_a_target_is_changed_on_a_document_and_told(db_session, leader, quota_id):
    with transaction():
        quota = planned(leader, quota_id, target=15, rounding=Rounding.UP)
    assert (quota.target, quota.rounding, quota.version, quota.is_example) == (
        15, Rounding.UP, 2, False,
    )  # fmt: skip
    told = db_session.scalars(
        select(AuditEvent).where(AuditEvent.action == "quota_plan_changed")
    ).one()
    assert (told.before["target"], told.after["target"], told.note) == (12, 15, "区委〔2026〕3号")


def test_a_target_of_nothing_and_a_wrong_period_are_refused(db_session, leader, quota_id):
    with transaction():
        for change, fault, field in (
            ({"target": 0}, VersionFault.TARGET_NOT_POSITIVE, "target"),
            ({"target": -1}, VersionFault.TARGET_NOT_POSITIVE, "target"),
            ({"document": " "}, VersionFault.NO_DOCUMENT, "document_number"),
            ({"closes": date(2025, 1, 1)}, VersionFault.CLOSES_BEFORE_OPENS, "closes"),
            ({"opens": date(2025, 12, 26)}, VersionFault.OVERLAPS, "opens"),
        ):
            told = refused(lambda change=change: planned(leader, quota_id, **change))
            assert told == {fault: field}
        with pytest.raises(Stale):
            planned(leader, quota_id, version=7)


def test_a_moved_period_has_its_leads_judged_again(db_session, leader, quota_id):
    with transaction():
        late = add_signed(on=date(2026, 12, 28))
        rejudge([late.id], today=TODAY, at=AT)
        assert verdict(late) is not None
        planned(leader, quota_id, closes=date(2026, 12, 25))
        assert verdict(late) is None
        assert list(differences(today=TODAY)) == []
        planned(leader, quota_id, version=2)
        assert verdict(late).verdict is Outcome.COUNTS
        assert list(differences(today=TODAY)) == []


def test_publishing_reads_only_the_leads_that_stand_on_the_quota(
    db_session, leader, quota_id, count_queries
):
    with transaction():
        for n in range(3):
            add_signed(f"去年{n}", on=date(2025, 5, 6))
        for n in range(4):
            add_signed(f"今年{n}", yuan=4 * YI)
        rejudge_all(today=TODAY, at=AT)
        with count_queries() as few:
            assert published(leader, quota_id) == 4
        for n in range(9):
            add_signed(f"再来{n}", yuan=4 * YI)
        rejudge_all(today=TODAY, at=AT)
        with count_queries() as many:
            assert published(leader, quota_id, SEVEN, SOON, today=SOON.in_force_from) == 13
    assert len(many) <= len(few)  # the names of codes are read once


def test_what_held_before_is_known_for_every_day_before(db_session, leader, quota_id):
    with transaction():
        lead = add_signed(yuan=4 * YI)
        rejudge([lead.id], today=TODAY, at=AT)
    before = db_session.get(Quota, quota_id).criteria
    with transaction():
        drafted(leader, quota_id)
    with transaction():
        found = draft(leader, quota_id, AT)
        publish(leader, quota_id, found.version, NOW, today=TODAY, at=AT + timedelta(hours=2))
    for hours, criteria, numbers in ((1, before, 0), (3, FOUR, 1)):
        known_at = AT + timedelta(hours=hours)
        (known,) = [q for q in quotas_as_known(2026, known_at) if q.quota_id == quota_id]
        assert known.criteria == criteria
        standings = year_as_known(2026, TODAY, known_at)
        assert [q.standing.signed.count for q in standings.quotas if q.terms.code == "B"] == [
            numbers
        ]
    (change,) = changes_behind([(lead.id, AT + timedelta(hours=2))]).values()
    assert (change.by, change.is_of_rules) == (leader.name, True)


def test_a_saved_draft_is_no_change_of_the_rules(db_session, leader, quota_id):
    with transaction():
        drafted(leader, quota_id)
    assert changes_behind([(1, AT + timedelta(seconds=5))]) == {}


def test_the_trial_names_exactly_the_leads_that_publishing_changes(db_session, leader, quota_id):
    with transaction() as session:
        leads = [
            add_signed(f"{yuan}亿的项目", yuan * YI, is_physical=physical)
            for yuan in (3, 4, 5, 6)
            for physical in (True, None, False)
        ]
        for stage in (Stage.LOST, Stage.TRANSFERRED, Stage.NEGOTIATING):
            leads.append(add_lead(f"{stage}的项目", stage=stage))
            add_figure(leads[-1], 4 * YI)
        leads.append(add_signed("去年的项目", 4 * YI, on=date(2025, 5, 6)))
        rejudge_all(today=TODAY, at=AT)
        quota = session.get(Quota, quota_id)
        found = trial(quota, FOUR, EVENT, TODAY)
        before = {lead.id: verdict(lead) and verdict(lead).verdict for lead in leads}
        published(leader, quota_id)
        after = {lead.id: verdict(lead) and verdict(lead).verdict for lead in leads}
        told = {flip.lead_id: (flip.before.outcome, flip.after.outcome) for flip in found.flips}
        assert told == {
            number: (before[number], after[number])
            for number in before
            if before[number] != after[number]
        }
        assert len(told) >= 4
        signed = session.scalars(
            select(Verdict.lead_id).where(
                Verdict.quota_id == quota_id, Verdict.signed_from <= TODAY
            )
        )
        assert sorted(signed) == list(found.after.signed.ids)


def test_the_target_of_a_reported_indicator_is_changed_as_well(db_session, leader):
    land = db_session.scalar(select(Quota).where(Quota.code == "land", Quota.year == 2026))
    with transaction():
        quota = planned(leader, land.id, target=3200)
    assert quota.target == 3200
