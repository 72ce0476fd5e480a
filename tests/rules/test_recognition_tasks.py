"""What waits for whom on one project and quota."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.rules import Role
from crm.quotas.rules import Outcome
from crm.recognition.rules import (
    Appealed,
    BatchFacts,
    Claim,
    Decided,
    Hand,
    Level,
    State,
    Task,
    task_of,
    turned_down_at,
    why_not_decide,
    why_not_propose,
)

TODAY = date(2026, 11, 23)
BEFORE = date(2026, 10, 1)
READY = Claim(Outcome.COUNTS, event_on=BEFORE)
OWNER = Hand(Role.STAFF, is_own=True)
HEAD = Hand(Role.UNIT_HEAD, is_of_unit=True)
DIRECTOR = Hand(Role.DIRECTOR)


def said(decided, number):
    return State(decided, BEFORE, number)


def claim(*rows):
    """A claim with these decisions, in the order in which they were recorded."""
    states = {level.value: said(decided, number) for number, (level, decided) in enumerate(rows, 1)}
    return replace(READY, **states)


PROPOSED = (Level.UNIT, Decided.PROPOSED)
AGREED = (Level.UNIT, Decided.APPROVED)
CERTIFIED = (Level.DISTRICT, Decided.APPROVED)
RETURNED = (Level.DISTRICT, Decided.RETURNED)
CITY_NO = (Level.CITY, Decided.NOT_COUNTED)


@pytest.mark.parametrize(
    ("rows", "owner", "head", "director"),
    [
        ((), Task.PROPOSE, Task.PROPOSE, None),
        ((PROPOSED,), None, Task.APPROVE, None),
        ((AGREED,), None, None, Task.CERTIFY),
        ((AGREED, CERTIFIED), None, None, Task.CONFIRM),
        ((AGREED, CERTIFIED, (Level.CITY, Decided.APPROVED)), None, None, None),
        ((AGREED, RETURNED), Task.REPLY, Task.REPLY, None),
        ((RETURNED, PROPOSED), None, Task.APPROVE, None),
        ((RETURNED, AGREED), None, None, Task.CERTIFY),
        ((AGREED, CERTIFIED, CITY_NO), Task.REPLY, Task.REPLY, None),
        (((Level.UNIT, Decided.RETURNED),), Task.REPLY, Task.REPLY, None),
    ],
)
def test_each_is_asked_for_their_own_step(rows, owner, head, director):
    found = claim(*rows)
    asked = tuple(task_of(found, hand, TODAY) for hand in (OWNER, HEAD, DIRECTOR))
    assert asked == (owner, head, director)


def test_a_changed_fact_and_an_appeal_come_before_everything_else():
    certified = claim(AGREED, CERTIFIED)
    assert task_of(certified, DIRECTOR, TODAY, reviews={Level.DISTRICT}) is Task.REVIEW
    returned = claim(AGREED, RETURNED)
    assert task_of(returned, DIRECTOR, TODAY, appealed=Appealed.OPEN) is Task.ANSWER
    assert task_of(returned, DIRECTOR, TODAY, appealed=Appealed.ACCEPTED) is Task.CERTIFY
    assert task_of(returned, DIRECTOR, TODAY, appealed=Appealed.REJECTED) is None
    assert task_of(returned, OWNER, TODAY, appealed=Appealed.OPEN) is None


def test_what_came_back_and_was_proposed_anew_is_sent_back_no_more():
    assert turned_down_at(claim(AGREED, RETURNED)) is Level.DISTRICT
    assert turned_down_at(claim(RETURNED, PROPOSED)) is None
    assert turned_down_at(READY) is None


hands = st.builds(
    Hand,
    st.sampled_from([role for role in Role if role is not Role.SYSTEM]),
    is_own=st.booleans(),
    is_sponsor=st.booleans(),
    is_of_unit=st.booleans(),
)
states = st.none() | st.builds(
    State,
    st.sampled_from([Decided.APPROVED, Decided.RETURNED, Decided.NOT_COUNTED]),
    st.just(BEFORE),
    st.integers(1, 9),
)
claims = st.builds(
    Claim,
    outcome=st.just(Outcome.COUNTS),
    event_on=st.just(BEFORE),
    is_period_closed=st.booleans(),
    unit=states | st.just(said(Decided.PROPOSED, 5)),
    district=states,
    city=states,
)
AT = {Task.APPROVE: Level.UNIT, Task.CERTIFY: Level.DISTRICT, Task.CONFIRM: Level.CITY}


@given(claims, hands)
def test_nobody_is_asked_for_what_they_may_not_do(found, hand):
    task = task_of(found, hand, TODAY)
    if task is Task.PROPOSE:
        assert why_not_propose(found, hand, TODAY) == ()
    if level := AT.get(task):
        batch = None if level is Level.UNIT else BatchFacts(level, True, TODAY, True)
        assert why_not_decide(found, level, Decided.APPROVED, hand, batch, TODAY) == ()
