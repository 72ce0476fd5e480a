"""Building criteria step by step: every step gives a tree that reads back as it was made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.quotas.rules import CriteriaFault, parse_criteria
from crm.quotas.rules.drafting import (
    MOST_NODES,
    DraftError,
    GroupKind,
    added,
    empty_groups,
    faults_in,
    group,
    kind_of,
    moved,
    moved_into,
    node_at,
    opened,
    parts,
    pruned,
    removed,
    replaced,
    turned,
    walk,
    wrapped,
)

PHYSICAL = {"clause": "is_physical"}
HEADQUARTERS = {"clause": "is_headquarters"}
AMOUNT = {"clause": "amount", "field": "total_investment", "at_least_yuan": 500_000_000}
CONDITIONS = st.sampled_from([PHYSICAL, HEADQUARTERS, AMOUNT])
KINDS = st.sampled_from(list(GroupKind))
BELOW = st.recursive(
    CONDITIONS, lambda part: st.builds(group, KINDS, st.lists(part, max_size=3)), max_leaves=6
)
TREES = st.builds(group, KINDS, st.lists(BELOW, max_size=3))


@given(KINDS, st.lists(TREES | CONDITIONS, max_size=4))
def test_a_group_gives_back_its_kind_and_its_parts(kind, of):
    made = group(kind, of)
    assert kind_of(made) is kind
    assert parts(made) == of


def test_criteria_of_a_preset_open_as_groups_written_one_way():
    stored = {"any_of": [AMOUNT, {"clause": "all", "of": [PHYSICAL, AMOUNT]}]}
    assert opened(stored) == {"any_of": [AMOUNT, {"all": [PHYSICAL, AMOUNT]}]}
    assert parse_criteria(opened(stored)) == parse_criteria(stored)
    assert opened(AMOUNT) == {"any_of": [AMOUNT]}
    assert opened(opened(stored)) == opened(stored)


@given(TREES, st.data())
def test_a_node_added_is_found_and_removed_again(tree, data):
    at = data.draw(st.sampled_from([path for path, node in walk(tree) if kind_of(node)]))
    grown = added(tree, at, AMOUNT)
    place = (*at, len(parts(node_at(grown, at))) - 1)
    assert node_at(grown, place) == AMOUNT
    assert removed(grown, place) == opened(tree)


@given(TREES, st.data())
def test_moving_up_and_down_keeps_every_condition(tree, data):
    at = data.draw(st.sampled_from([path for path, _ in walk(tree)]))
    if not at:
        with pytest.raises(DraftError):
            moved(tree, at, 1)
        return
    by = data.draw(st.integers(-2, 2))
    after = moved(tree, at, by)
    assert leaves(after) == leaves(tree)
    assert sorted(map(repr, parts(node_at(after, at[:-1])))) == sorted(
        map(repr, parts(node_at(tree, at[:-1])))
    )


@given(TREES, st.data())
def test_moving_into_another_group_keeps_every_condition(tree, data):
    nodes = list(walk(tree))
    at = data.draw(st.sampled_from([path for path, _ in nodes]))
    target = data.draw(st.sampled_from([path for path, _ in nodes]))
    if at and kind_of(node_at(tree, target)) and target[: len(at)] != at:
        assert leaves(moved_into(tree, at, target)) == leaves(tree)
    else:
        with pytest.raises(DraftError):
            moved_into(tree, at, target)


def leaves(tree):
    return sorted(repr(node) for _, node in walk(tree) if kind_of(node) is None)


@given(TREES, KINDS)
def test_a_group_turned_keeps_its_parts(tree, kind):
    assert kind_of(turned(tree, (), kind)) is kind
    assert parts(turned(tree, (), kind)) == parts(tree)


@given(TREES)
def test_a_sentence_is_told_of_what_is_there(tree):
    whole = pruned(tree)
    assert (whole is None) == (not leaves(tree))
    if whole is not None:
        assert leaves(whole) == leaves(tree)
        assert empty_groups(whole) == []


def test_wrapping_replacing_and_turning_conditions():
    tree = {"any_of": [PHYSICAL, AMOUNT]}
    assert wrapped(tree, (1,), GroupKind.ALL) == {"any_of": [PHYSICAL, {"all": [AMOUNT]}]}
    assert wrapped(tree, (1,), GroupKind.NONE) == {"any_of": [PHYSICAL, {"not": AMOUNT}]}
    assert replaced(tree, (0,), HEADQUARTERS) == {"any_of": [HEADQUARTERS, AMOUNT]}
    for step in (
        lambda: turned(tree, (0,), GroupKind.ALL),
        lambda: added(tree, (0,), AMOUNT),
        lambda: removed(tree, ()),
        lambda: removed(tree, (7,)),
        lambda: node_at(tree, (0, 0)),
        lambda: replaced(tree, (0, 0), AMOUNT),
    ):
        with pytest.raises(DraftError):
            step()


def test_a_tree_stays_readable():
    tree = {"any_of": []}
    for _ in range(MOST_NODES - 1):
        tree = added(tree, (), AMOUNT)
    with pytest.raises(DraftError):
        added(tree, (), AMOUNT)
    assert moved_into(tree, (0,), ()) == tree
    deep, at = {"any_of": [AMOUNT]}, (0,)
    for _ in range(7):
        deep, at = wrapped(deep, at, GroupKind.ALL), (*at, 0)
    parse_criteria(deep)
    with pytest.raises(DraftError):
        wrapped(deep, at, GroupKind.ALL)


def test_what_bars_a_lead_stays_through_every_step():
    tree = {"any_of": [PHYSICAL, {"all": [AMOUNT]}], "exclusions": ["fund"]}
    for changed in (
        opened(tree),
        added(tree, (1,), HEADQUARTERS),
        removed(tree, (0,)),
        moved(tree, (0,), 1),
        moved_into(tree, (0,), (1,)),
        moved_into(tree, (1, 0), ()),
        turned(tree, (), GroupKind.NONE),
        wrapped(tree, (), GroupKind.ALL),
        replaced(tree, (1, 0), PHYSICAL),
    ):
        assert changed["exclusions"] == ["fund"]
        assert sum("exclusions" in node for _, node in walk(changed)) == 1
    assert pruned(tree) == {"any_of": [PHYSICAL, {"all": [AMOUNT]}]}


def test_faults_are_told_at_the_node_they_concern():
    none_of = {"not": {"any_of": [HEADQUARTERS, {"all": [PHYSICAL, {"not": PHYSICAL}]}]}}
    assert faults_in({"any_of": [PHYSICAL, AMOUNT]}) == []
    assert faults_in({"any_of": [AMOUNT, {"all": []}]}) == [((1,), CriteriaFault.EMPTY_LIST)]
    contradiction = {"any_of": [AMOUNT, {"all": [PHYSICAL, {"not": PHYSICAL}]}]}
    assert faults_in(contradiction) == [((1,), CriteriaFault.NEVER_TRUE)]
    assert faults_in({"all": [PHYSICAL, {"not": PHYSICAL}]}) == [((), CriteriaFault.NEVER_TRUE)]
    broken = {"any_of": [none_of, {"not": {"clause": "nothing"}}]}
    assert faults_in(broken) == [((1, 0), CriteriaFault.UNKNOWN_CLAUSE)]
    assert faults_in({"all": [{"not": {"any_of": [PHYSICAL, {"clause": "x"}]}}]}) == [
        ((0, 1), CriteriaFault.UNKNOWN_CLAUSE)
    ]
