"""The verbs of recognition: what each writes, refuses and tells, on both databases."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused, Stale
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import FigureSource, MembershipKind
from crm.quotas.rules import Outcome
from crm.quotas.services import rejudge
from crm.recognition import services
from crm.recognition.models import Appeal, Credit, Decision, SuspectRuling
from crm.recognition.queries import recognised, suspicions, to_review, year_of_claims
from crm.recognition.queries.assigning import last_assignment, places_of, proposal
from crm.recognition.rules import Answer, Change, Decided, Level, Ruling
from crm.recognition.services import NewBatch
from tests.features.quota_leads import (
    AT,
    TODAY,
    YI,
    add_enterprise,
    add_figure,
    judge_again,
    verdict,
)
from tests.features.recognition_cases import (
    LATER,
    MEETING,
    YEAR,
    add_registered,
    batch,
    decide,
    propose,
    quota,
    through_unit,
)
from tests.together import at_once, codes_of, committed


@pytest.fixture
def people(person):
    return {
        "staff": person("staff", "甲单位"),
        "head": person("unit_head", "甲单位"),
        "director": person("director", "局"),
        "other": person("director", "局"),
        "stranger": person("staff", "乙单位"),
    }


@pytest.fixture
def add(written, people):
    """A registered project of the staff member's."""

    def make(title="项目", **columns):
        staff = people["staff"]
        columns = {"owner_id": staff.id, "department_id": staff.department_id, **columns}
        return add_registered(title, **columns)

    return make


def codes(refused) -> set[str]:
    return {fault.code for fault in refused.value.faults}


def credits_of(lead) -> set[tuple[str, str]]:
    rows = db.session.execute(
        select(Credit.quota_id, Credit.at_level).where(Credit.lead_id == lead.id)
    )
    names = {quota(code).id: code for code in "AB"}
    return {(names[quota_id], level.value) for quota_id, level in rows}


def test_a_project_goes_up_level_by_level(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    assert recognised(YEAR, Level.UNIT) == {quota("B").id: {lead.id}}
    district, city = batch(people["director"]), batch(people["director"], Level.CITY)
    decide(people["director"], lead, batch_id=district.id)
    assert credits_of(lead) == {("B", "district")}
    decide(people["director"], lead, Level.CITY, batch_id=city.id)
    assert credits_of(lead) == {("B", "district"), ("B", "city")}
    assert recognised(YEAR, Level.CITY) == {quota("B").id: {lead.id}}


def test_a_later_decision_takes_the_credit_away_and_both_rows_stay(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    first = batch(people["director"])
    decide(people["director"], lead, batch_id=first.id)
    services.close_batch(people["director"], AT, first.id, first.version)
    with pytest.raises(Refused) as refused:
        decide(people["director"], lead, decided=Decided.RETURNED, batch_id=first.id, reason="误")
    assert codes(refused) == {"batch_closed"}
    second = batch(people["director"])
    decide(
        people["director"], lead, decided=Decided.NOT_COUNTED, batch_id=second.id, reason="网点布局"
    )
    assert credits_of(lead) == set()
    rows = list(db.session.scalars(select(Decision.decided).order_by(Decision.id)))
    assert rows == ["proposed", "approved", "approved", "not_counted"]
    assert recognised(YEAR, Level.DISTRICT) == {}


def test_every_reason_is_told_beside_its_field(add, people, written):
    lead = add()
    lead.is_physical = None
    judge_again(lead)
    with pytest.raises(Refused) as refused:
        decide(people["director"], lead)
    assert codes(refused) == {"pending", "not_at_lower", "no_batch"}
    assert {fault.code: fault.field for fault in refused.value.faults}["no_batch"] == "batch"


def test_nobody_decides_a_project_they_own_co_own_or_sponsor(add, people, written):
    director = people["director"]
    leads = [
        add("自己的", owner_id=director.id),
        add("包挂的", sponsor_id=director.id),
        add("协办的"),
    ]
    written.add(LeadMember(lead_id=leads[2].id, user_id=director.id, kind=MembershipKind.CO_OWNER))
    written.flush()
    meeting = batch(director)
    for lead in leads:
        through_unit(people["head"], people["head"], lead)
        with pytest.raises(Refused) as refused:
            decide(director, lead, batch_id=meeting.id)
        assert codes(refused) == {"own_lead"}
        decide(people["other"], lead, batch_id=meeting.id)


def test_a_project_one_may_not_change_is_not_found(add, people):
    lead, stranger = add(), people["stranger"]
    with pytest.raises(NotFound):
        propose(stranger, lead)
    with pytest.raises(NotFound):
        services.propose(people["staff"], AT, lead.id, 999_999, today=TODAY)
    with pytest.raises(NotFound):
        decide(people["director"], lead, batch_id=999_999)


def test_two_certifiers_at_once_give_one_credit(app, people):
    """One approves the project for 大项目, the other for 实体总部, in one exclusive group."""
    with app.app_context(), transaction():
        staff = people["staff"]
        lead = add_registered("同时", 60 * YI, owner_id=staff.id, department_id=staff.department_id)
        for code in "AB":
            through_unit(staff, people["head"], lead, code)
        services.make_exclusive(people["director"], AT, YEAR, [quota("A").id, quota("B").id])
        meeting_id, lead_id = batch(people["director"]).id, lead.id
        quotas = {code: quota(code).id for code in "AB"}

    def certify(actor, code):
        services.decide(
            actor, AT, lead_id, quotas[code], Level.DISTRICT, Decided.APPROVED,
            today=TODAY, batch_id=meeting_id,
        )  # fmt: skip

    answers = at_once(
        app, committed(certify, people["director"], "A"), committed(certify, people["other"], "B")
    )
    assert codes_of(answers) == [{"credited_elsewhere"}]
    assert answers.count(None) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Credit)) == 1


def test_an_approval_whose_amount_crosses_a_threshold_goes_back(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    meeting = batch(people["director"])
    decide(people["director"], lead, batch_id=meeting.id)
    assert to_review(YEAR) == []
    add_figure(lead, 7 * YI, source=FigureSource.FILING, as_of=TODAY, document="备案证明")
    judge_later(lead)
    assert to_review(YEAR) == [], "7亿 is on the same side of every threshold as 6亿"
    add_figure(lead, 4 * YI, source=FigureSource.STATISTICS, as_of=TODAY, document="入统表")
    judge_later(lead)
    assert verdict(lead).verdict is Outcome.NO
    assert [(each.lead_id, each.level) for each in to_review(YEAR)] == [
        (lead.id, Level.UNIT),
        (lead.id, Level.DISTRICT),
    ]
    for review in to_review(YEAR):
        told = {each.change: (each.old, each.new) for each in review.crossings}
        assert told == {
            Change.NO_LONGER_COUNTS: (Outcome.COUNTS, Outcome.NO),
            Change.FELL_BELOW: (7 * YI, 4 * YI),
        }
    decide(
        people["director"], lead, decided=Decided.RETURNED, batch_id=meeting.id, reason="入统不足",
        at=LATER,
    )  # fmt: skip
    assert to_review(YEAR) == [], "what the district took out the unit need not look at again"


def test_each_level_looks_again_at_what_it_approved(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    director = people["director"]
    decide(director, lead, batch_id=batch(director).id)
    add_figure(lead, 50 * YI, source=FigureSource.FILING, as_of=TODAY, document="备案证明")
    judge_later(lead)
    city = batch(director, Level.CITY)
    decide(director, lead, Level.CITY, batch_id=city.id, at=LATER)
    assert [each.level for each in to_review(YEAR)] == [Level.UNIT, Level.DISTRICT], (
        "the city saw the larger amount already"
    )
    decide(people["head"], lead, Level.UNIT, at=LATER)
    decide(director, lead, batch_id=batch(director).id, at=LATER)
    assert to_review(YEAR) == []
    add_figure(lead, 4 * YI, source=FigureSource.STATISTICS, as_of=TODAY, document="入统表")
    rejudge([lead.id], today=TODAY, at=LATER + timedelta(hours=1))
    assert [each.level for each in to_review(YEAR)] == list(Level)
    decide(
        director, lead, Level.CITY, Decided.NOT_COUNTED, batch_id=city.id, reason="市里撤回",
        at=LATER + timedelta(hours=2),
    )  # fmt: skip
    assert credits_of(lead) == {("B", "district")}


def test_an_approval_for_one_quota_goes_back_when_the_amount_reaches_another_ones(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    meeting = batch(people["director"])
    decide(people["director"], lead, batch_id=meeting.id)
    late = add_figure(lead, 50 * YI, source=FigureSource.FILING, as_of=TODAY, document="备案证明")
    judge_later(lead)
    late.is_withdrawn = True
    judge_later(lead)
    for review in to_review(YEAR):
        (change,) = review.crossings
        assert (change.change, change.old, change.new, change.now) == (
            Change.ROSE_ABOVE, 6 * YI, 50 * YI, 6 * YI,
        )  # fmt: skip
    decide(people["director"], lead, batch_id=meeting.id, at=LATER)
    assert [each.level for each in to_review(YEAR)] == [Level.UNIT]
    decide(people["head"], lead, Level.UNIT, at=LATER)
    assert to_review(YEAR) == [], "the certifiers looked at it and approved it again"


MINUTES = count(1)


def judge_later(lead):
    """As `judge_again`, a minute after whatever was judged before."""
    rejudge([lead.id], today=TODAY, at=AT + timedelta(minutes=next(MINUTES)))


def test_the_unit_appeals_and_is_answered_once(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    meeting = batch(people["director"])
    said = decide(
        people["director"],
        lead,
        decided=Decided.NOT_COUNTED,
        batch_id=meeting.id,
        reason="网点布局",
    )
    with pytest.raises(Refused) as refused:
        services.appeal(people["director"], AT, said.id, "不是网点")
    assert codes(refused) == {"not_yours"}
    appeal = services.appeal(people["staff"], AT, said.id, "不是网点，是生产基地")
    with pytest.raises(Refused) as refused:
        services.appeal(people["head"], AT, said.id, "再说一次")
    assert codes(refused) == {"already_appealed"}
    services.answer(people["director"], AT, appeal.id, Answer.ACCEPTED, "核实为生产基地")
    with pytest.raises(Refused) as refused:
        services.answer(people["other"], AT, appeal.id, Answer.REJECTED, "不")
    assert codes(refused) == {"answered"}
    decide(people["director"], lead, batch_id=meeting.id)
    assert credits_of(lead) == {("B", "district")}
    stored = db.session.scalars(select(Appeal)).one()
    assert (stored.answer, stored.answer_reason) == (Answer.ACCEPTED, "核实为生产基地")


def test_suspects_are_settled_before_either_is_approved(add, people, written):
    investor = add_enterprise("样本集团")
    first, second = add("一期", investor_id=investor.id), add("二期", investor_id=investor.id)
    for lead in (first, second):
        through_unit(people["staff"], people["head"], lead)
    meeting = batch(people["director"])
    with pytest.raises(Refused) as refused:
        decide(people["director"], first, batch_id=meeting.id)
    assert codes(refused) == {"looks_twice"}
    services.rule_on(people["director"], AT, second.id, first.id, Ruling.LINKED, "同一合同的二期")
    judge_again(second)
    assert verdict(second).verdict is Outcome.NO
    decide(people["director"], first, batch_id=meeting.id)
    services.rule_on(people["director"], AT, first.id, second.id, Ruling.DISTINCT, "各签各的合同")
    judge_again(second)
    assert written.get(Lead, second.id).contract_lead_id is None
    assert [each.ruling for each in suspicions(YEAR)] == [Ruling.DISTINCT]
    assert len(list(db.session.scalars(select(SuspectRuling.id)))) == 2


def test_a_batch_is_completed_while_open_and_never_after(add, people):
    director = people["director"]
    meeting = services.open_batch(director, AT, YEAR, Level.DISTRICT, NewBatch("一批", MEETING))
    with pytest.raises(Refused) as refused:
        services.close_batch(director, AT, meeting.id, 1)
    assert codes(refused) == {"no_document"}
    numbered = NewBatch("一批", MEETING, document_number="3号", opinions="同意")
    services.edit_batch(director, AT, meeting.id, 1, numbered)
    with pytest.raises(Stale):
        services.edit_batch(director, AT, meeting.id, 1, numbered)
    with pytest.raises(Refused) as refused:
        services.close_batch(director, AT, meeting.id, 2)
    assert codes(refused) == {"empty"}
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    decide(director, lead, batch_id=meeting.id)
    with pytest.raises(Refused) as refused:
        services.edit_batch(
            director, AT, meeting.id, 2, NewBatch("一批", TODAY, document_number="3号")
        )
    assert codes(refused) == {"has_decisions"}
    services.close_batch(director, AT, meeting.id, 2)
    with pytest.raises(Refused) as refused:
        services.edit_batch(director, AT, meeting.id, 3, numbered)
    assert codes(refused) == {"batch_closed"}


def test_a_frozen_quota_takes_no_more_decisions(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    meeting = batch(people["director"])
    quota("B").frozen_at = AT
    for decided in (Decided.APPROVED, Decided.RETURNED):
        with pytest.raises(Refused) as refused:
            decide(people["director"], lead, decided=decided, batch_id=meeting.id, reason="晚了")
        assert codes(refused) == {"period_closed"}


def test_quotas_cannot_exclude_each_other_over_a_project_credited_in_both(add, people):
    lead = add(yuan=60 * YI)
    meeting = batch(people["director"])
    for code in "AB":
        through_unit(people["staff"], people["head"], lead, code)
        decide(people["director"], lead, code=code, batch_id=meeting.id)
    ids = [quota("A").id, quota("B").id]
    with pytest.raises(Refused) as refused:
        services.make_exclusive(people["director"], AT, YEAR, ids)
    assert codes(refused) == {"credited_twice"}
    decide(
        people["director"], lead, decided=Decided.NOT_COUNTED, code="A", batch_id=meeting.id,
        reason="只计实体总部",
    )  # fmt: skip
    services.make_exclusive(people["director"], AT, YEAR, ids)
    with pytest.raises(Refused) as refused:
        decide(people["director"], lead, code="A", batch_id=meeting.id)
    assert codes(refused) == {"credited_elsewhere"}
    services.make_exclusive(people["director"], AT, YEAR, [])
    decide(people["director"], lead, code="A", batch_id=meeting.id)
    assert credits_of(lead) == {("A", "district"), ("B", "district")}


def test_an_assignment_keeps_credits_and_locks_and_is_published_as_seen(add, people):
    director = people["director"]
    recognised_lead, locked, free = (add(name, yuan=60 * YI) for name in ("认定", "锁定", "自由"))
    meeting = batch(director)
    services.make_exclusive(director, AT, YEAR, [quota("A").id, quota("B").id])
    through_unit(people["staff"], people["head"], recognised_lead, "A")
    decide(director, recognised_lead, code="A", batch_id=meeting.id)
    services.lock(director, AT, YEAR, locked.id, quota("A").id, "领导小组意见")
    found = proposal(year_of_claims(YEAR), TODAY)
    assert found.contest.quota_of == {
        recognised_lead.id: quota("A").id,
        locked.id: quota("A").id,
        free.id: quota("B").id,
    }
    with pytest.raises(Refused) as refused:
        services.publish(director, AT, YEAR, "看到的是另一份", None, today=TODAY)
    assert codes(refused) == {"proposal_changed"}
    services.publish(director, AT, YEAR, found.digest, "第一次公布", today=TODAY)
    last = last_assignment(YEAR, found.group)
    assert places_of(last.id) == found.contest.quota_of
    services.lock(director, AT, YEAR, locked.id, None, "不再需要")
    again = proposal(year_of_claims(YEAR), TODAY)
    assert again.contest.quota_of[locked.id] == quota("B").id, "不少于 goes before 力争"
    assert again.contest.changed == (locked.id,)


def test_every_verb_is_in_the_trail(add, people):
    lead = add()
    through_unit(people["staff"], people["head"], lead)
    actions = list(
        db.session.scalars(
            select(AuditEvent.action).where(AuditEvent.lead_id == lead.id).order_by(AuditEvent.id)
        )
    )
    assert actions == ["project_proposed", "project_decided"]
