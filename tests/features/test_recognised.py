"""Who is recognised at which level, on which day, as known when; and never twice."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.db import db
from crm.quotas.models import Quota
from crm.recognition.models import Credit, Decision, RecognitionBatch
from crm.recognition.queries import recognised, recognised_ids, suspicions
from crm.recognition.rules import Alike, Decided, Level
from tests.features.quota_leads import add_enterprise, add_signed, judge_again

YEAR = 2026
OCTOBER, NOVEMBER = date(2026, 10, 20), date(2026, 11, 10)


@pytest.fixture
def quota_ids(written):
    return {
        quota.code: quota.id for quota in written.scalars(select(Quota).where(Quota.year == YEAR))
    }


@pytest.fixture
def decide(written, person):
    """`decide(lead, quota_id, level, decided, on, at)`: one row, straight into the table."""
    by_id = person("director").id
    batch = RecognitionBatch(
        year=YEAR, at_level=Level.DISTRICT, title="第一批", decided_on=OCTOBER, created_by_id=by_id
    )
    written.add(batch)
    written.flush()

    def row(lead, quota_id, level=Level.DISTRICT, decided=Decided.APPROVED, on=OCTOBER, at=None):
        made = Decision(
            lead_id=lead.id,
            quota_id=quota_id,
            at_level=level,
            decided=decided,
            batch_id=None if level is Level.UNIT else batch.id,
            decided_on=on,
            by_id=by_id,
            recorded_at=at or datetime(on.year, on.month, on.day, 9, tzinfo=UTC),
            sides_then=[],
        )
        written.add(made)
        written.flush()
        return made

    return row


def test_a_later_decision_supersedes_the_earlier_one_of_its_level_alone(decide, quota_ids):
    lead, other, b = add_signed(), add_signed("另一个"), quota_ids["B"]
    for level in Level:
        decide(lead, b, level)
    decide(other, b)
    decide(lead, b, decided=Decided.RETURNED, on=NOVEMBER)
    assert recognised(YEAR, Level.DISTRICT) == {b: {other.id}}
    assert recognised(YEAR, Level.UNIT) == recognised(YEAR, Level.CITY) == {b: {lead.id}}
    assert recognised(YEAR, Level.DISTRICT, on=OCTOBER) == {b: {lead.id, other.id}}
    assert recognised(YEAR - 1, Level.UNIT) == {}


def test_what_was_recorded_later_was_not_known_before(decide, quota_ids):
    lead, b = add_signed(), quota_ids["B"]
    decide(lead, b, on=OCTOBER, at=datetime(2026, 11, 5, tzinfo=UTC))
    assert recognised(YEAR, Level.DISTRICT, on=OCTOBER) == {b: {lead.id}}
    assert recognised(YEAR, Level.DISTRICT, known_at=datetime(2026, 11, 4, tzinfo=UTC)) == {}


def test_the_ids_behind_a_number_are_those_recognised(decide, quota_ids):
    lead, b = add_signed(), quota_ids["B"]
    decide(lead, b, Level.UNIT)
    assert list(db.session.scalars(recognised_ids(YEAR, Level.UNIT, "B"))) == [lead.id]
    assert list(db.session.scalars(recognised_ids(YEAR, Level.UNIT, "A"))) == []
    assert list(db.session.scalars(recognised_ids(YEAR, Level.DISTRICT, "B"))) == []
    decide(lead, b)
    assert list(db.session.scalars(recognised_ids(YEAR, Level.DISTRICT, None))) == [lead.id]


@pytest.mark.parametrize(
    ("code", "group", "is_refused"),
    [("B", None, True), ("A", "hot", True), ("A", None, False)],
)
def test_the_database_itself_refuses_a_second_credit(
    decide, quota_ids, written, code, group, is_refused
):
    lead = add_signed()
    said = decide(lead, quota_ids["B"])

    def credit(code):
        written.add(
            Credit(
                lead_id=lead.id, quota_id=quota_ids[code], year=YEAR, exclusive_group=group,
                at_level=Level.DISTRICT, decision_id=said.id,
            )
        )  # fmt: skip
        written.flush()

    credit("B")
    if not is_refused:
        credit(code)
        return
    with pytest.raises(IntegrityError), written.begin_nested():
        credit(code)


def test_groups_are_found_through_the_chain_of_owners_even_round_in_circles(written):
    top = add_enterprise("集团")
    middle = add_enterprise("控股", parent_id=top.id)
    below = add_enterprise("项目公司", parent_id=middle.id)
    top.parent_id = below.id
    alone = add_enterprise("别家")
    leads = [
        add_signed(title, investor_id=company.id)
        for title, company in (("锂电", middle), ("储能", below), ("风电", alone))
    ]
    judge_again(*leads)
    found = [(each.pair.first, each.pair.second, each.pair.reasons) for each in suspicions(YEAR)]
    assert found == [(leads[0].id, leads[1].id, (Alike.SAME_GROUP,))]
