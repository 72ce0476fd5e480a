"""Who decides where a head of the unit may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.accounts.rules import Role
from crm.recognition.rules import Barred, Decider, Level, Manned, deciders

HEAD = Decider(1, "王主任", Role.UNIT_HEAD, 7)
SECOND = Decider(2, "李主任", Role.UNIT_HEAD, 7)
ELSEWHERE = Decider(3, "赵主任", Role.UNIT_HEAD, 8)
LEADER = Decider(4, "张局长", Role.DIRECTOR, 9)
PEOPLE = [HEAD, SECOND, ELSEWHERE, LEADER]


@pytest.mark.parametrize(
    ("project", "people", "unit", "why"),
    [
        (Manned(7, frozenset({5})), PEOPLE, (HEAD, SECOND), None),
        (Manned(7, frozenset({1})), PEOPLE, (SECOND,), None),
        (Manned(7, frozenset({1})), [HEAD, LEADER], (), Barred.OWN),
        (Manned(7, frozenset({5}), frozenset({4})), PEOPLE, (), Barred.NOT_NAMED),
        (Manned(6, frozenset({5})), PEOPLE, (), Barred.NO_HEAD),
        (Manned(None, frozenset()), PEOPLE, (), Barred.NO_HEAD),
    ],
)
def test_the_unit_s_decision_goes_to_another_head_or_to_the_leader(project, people, unit, why):
    found = deciders(project, people)
    assert (found.unit, found.why) == (unit, why)
    assert found.at(Level.UNIT) == (unit or (LEADER,))
    assert found.at(Level.CITY) == (LEADER,)


def test_nobody_at_all_may_decide_what_belongs_to_everybody():
    found = deciders(Manned(7, frozenset({1, 4})), [HEAD, LEADER])
    assert all(found.at(level) == () for level in Level)


people = st.lists(
    st.builds(
        Decider,
        st.integers(1, 6),
        st.just("某"),
        st.sampled_from([Role.UNIT_HEAD, Role.DIRECTOR, Role.STAFF]),
        st.sampled_from([None, 7, 8]),
    ),
    unique_by=lambda one: one.id,
)
projects = st.builds(
    Manned,
    st.sampled_from([None, 7, 8]),
    st.frozensets(st.integers(1, 6)),
    st.none() | st.frozensets(st.integers(1, 6)),
)


@given(projects, people)
def test_nobody_decides_what_is_theirs_or_what_they_may_not_see(project, people):
    found = deciders(project, people)
    for level in Level:
        for one in found.at(level):
            assert one.id not in project.hands
            assert project.named is None or one.id in project.named
            assert one.role is not Role.STAFF
    assert (found.why is None) == bool(found.unit)
