"""Segments as trees, links between them, and two records that become one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import FitBasis, FitState, PresenceRole, Strength, Tier
from crm.chains.rules.joining import Fit, Standing, joined, joined_fit
from crm.chains.rules.links import (
    LinkFault,
    circle_in,
    has_circle,
    merged_links,
    why_not_link,
)
from crm.chains.rules.tree import (
    TIERS,
    Forest,
    Node,
    Place,
    TreeFault,
    faults_of,
    numbered,
    on_circles,
)


def grove(*rows):
    """Nodes from (id, parent) or (id, parent, chain, tier), in the order given."""
    return Forest(
        Node(number, f"S{number}", *(more or (1,)), parent, tier, position)
        for position, (number, parent, *rest) in enumerate(rows)
        for more, tier in [((rest[0],) if rest else (1,), rest[1] if len(rest) > 1 else Tier.UP)]
    )


def order(forest, chain=1):
    return [(node.id, depth) for node, depth in forest.of_chain(chain)]


def after(forest, changed):
    return Forest({**forest.nodes, **changed}.values())


def test_the_four_steps_of_the_keyboard():
    forest = grove((1, None), (2, None), (3, None))
    assert forest.up(1) is None
    assert forest.down(3) is None
    assert forest.inward(1) is None
    assert forest.outward(1) is None
    moved = after(forest, forest.moved(1, forest.down(1)))
    assert order(moved) == [(2, 0), (1, 0), (3, 0)]
    moved = after(moved, moved.moved(3, moved.inward(3)))
    assert order(moved) == [(2, 0), (1, 0), (3, 1)]
    moved = after(moved, moved.moved(1, moved.inward(1)))
    assert order(moved) == [(2, 0), (1, 1), (3, 2)]
    moved = after(moved, moved.moved(3, moved.outward(3)))
    assert order(moved) == [(2, 0), (1, 1), (3, 1)]
    moved = after(moved, moved.moved(3, moved.up(3)))
    assert order(moved) == [(2, 0), (3, 1), (1, 1)]


def test_a_segment_takes_what_is_below_it_to_another_chain_and_tier():
    forest = grove((1, None), (2, 1), (3, 2), (9, None, 5, Tier.DOWN))
    changed = forest.moved(2, Place(5, parent=9))
    assert {(node.chain, node.tier) for key, node in changed.items() if key in (2, 3)} == {
        (5, Tier.DOWN)
    }
    assert order(after(forest, changed), 5) == [(9, 0), (2, 1), (3, 2)]


@pytest.mark.parametrize(
    ("one", "place", "fault"),
    [
        (1, Place(1, parent=1), TreeFault.UNDER_ITSELF),
        (1, Place(1, parent=3), TreeFault.UNDER_ITSELF),
        (8, Place(1), TreeFault.UNKNOWN),
        (1, Place(1, parent=8), TreeFault.UNKNOWN),
        (3, Place(1, Tier.UP, before=2), TreeFault.NOT_BESIDE),
        (1, Place(1, Tier.UP, before=1), TreeFault.NOT_BESIDE),
    ],
)
def test_where_a_segment_cannot_go(one, place, fault):
    forest = grove((1, None), (2, 1), (3, 2))
    assert forest.why_not_move(one, place) is fault
    with pytest.raises(ValueError):
        forest.moved(one, place)


def test_a_segment_is_not_merged_into_its_own_part():
    forest = grove((1, None), (2, 1), (3, None))
    assert forest.why_not_merge(1, 2) is TreeFault.UNDER_ITSELF
    assert forest.why_not_merge(1, 1) is TreeFault.UNDER_ITSELF
    merged = after(forest, forest.merged(1, 3))
    assert merged.nodes[1].is_retired
    assert merged.nodes[2].parent == 3
    assert merged.why_not_merge(3, 1) is TreeFault.RETIRED_PLACE


def test_trees_of_any_depth():
    deep = grove(*((n, n - 1 or None) for n in range(1, 3001)))
    assert len(list(deep.subtree(1))) == 3000
    assert deep.why_not_move(1, Place(1, parent=3000)) is TreeFault.UNDER_ITSELF
    assert faults_of(deep.nodes.values()) == {}


def test_what_is_wrong_with_trees_from_elsewhere():
    nodes = [
        Node(1, "A", 1, 2, None, 0),
        Node(2, "B", 1, 1, None, 1),
        Node(3, "C", 1, 2, None, 2),  # hangs on the circle, is not part of it
        Node(4, "D", 1, 99, None, 3),
        Node(5, "D", 1, None, None, 4),
        Node(6, "F", 2, 5, None, 5),
    ]
    assert faults_of(nodes) == {
        1: TreeFault.CIRCLE,
        2: TreeFault.CIRCLE,
        4: TreeFault.UNKNOWN,
        5: TreeFault.SAME_CODE,
        6: TreeFault.OTHER_CHAIN,
    }
    assert on_circles({1: 1, 2: 1, 3: None}) == {1}


steps = st.lists(
    st.tuples(
        st.sampled_from(["place", "up", "down", "inward", "outward", "merge"]),
        *[st.integers(1, 12)] * 3,
        st.integers(1, 2),
        st.sampled_from(TIERS),
    ),
    max_size=25,
)


@given(steps)
def test_whatever_is_moved_and_merged_trees_stay_trees(done):
    some = [Node(n, f"S{n}", 1 + n % 2, None, TIERS[n % 4], position=n) for n in range(1, 13)]
    forest = Forest(numbered(some, {1, 2}).values())
    for verb, one, other, third, chain, tier in done:
        before = forest
        if verb == "merge":
            if forest.nodes[one].is_retired or forest.why_not_merge(one, other):
                continue
            forest = after(forest, forest.merged(one, other))
            assert not forest.parts(one)
        else:
            if verb == "place":
                parent = other if other > 4 else None
                place = Place(chain, tier, parent, third if third > 8 else None)
            else:
                place = getattr(forest, verb)(one)
            if place is None or forest.why_not_move(one, place):
                continue
            forest = after(forest, forest.moved(one, place))
            assert forest.nodes[one].parent == place.parent
        assert forest.nodes.keys() == before.nodes.keys()
        assert faults_of(forest.nodes.values()) == {}
        for chain_id in (1, 2):
            inside = [node for node, _depth in forest.of_chain(chain_id)]
            assert [node.position for node in inside] == list(range(len(inside)))
        told = {node.id for chain_id in (1, 2) for node, _depth in forest.of_chain(chain_id)}
        assert told == forest.nodes.keys()


def test_a_link_that_closes_a_circle_tells_the_way_round():
    links = {(1, 2), (2, 3), (1, 3)}
    against = why_not_link(links, 3, 1)
    assert (against.fault, against.way) == (LinkFault.CIRCLE, (1, 3))
    assert why_not_link(links, 1, 2).fault is LinkFault.TWICE
    assert why_not_link(links, 2, 2).fault is LinkFault.ITSELF
    assert why_not_link(links, 3, 4) is None


def test_merging_two_ends_of_a_way_makes_a_circle():
    assert circle_in(merged_links({(1, 2), (2, 3)}, 1, 3)) in {(2, 3, 2), (3, 2, 3)}
    assert merged_links({(1, 2)}, 1, 2) == frozenset()
    assert merged_links({(1, 3), (2, 3)}, 1, 2) == {(2, 3)}


pairs = st.tuples(st.integers(1, 8), st.integers(1, 8))


@given(st.lists(pairs, max_size=30))
def test_links_that_were_allowed_never_run_in_a_circle(wanted):
    links = set()
    for supply, need in wanted:
        if why_not_link(links, supply, need) is None:
            links.add((supply, need))
    assert not has_circle(links)
    assert circle_in(links) == ()


@given(st.sets(pairs, max_size=30))
def test_both_ways_of_looking_for_a_circle_agree(links):
    assert has_circle(links) == bool(circle_in(links))


def test_two_records_of_a_company_become_one():
    one = Standing(
        PresenceRole.SUPPLIER, Strength.WEAK, 100, 2025, "年报", date(2020, 1, 1), date(2026, 1, 1)
    )
    other = Standing(
        PresenceRole.ANCHOR, Strength.STRONG, 50, 2025, "走访", date(2018, 1, 1), date(2025, 1, 1)
    )
    assert joined(one, other) == Standing(
        PresenceRole.ANCHOR,
        Strength.STRONG,
        150,
        2025,
        "年报；走访",
        date(2018, 1, 1),
        date(2025, 1, 1),
    )
    newer = Standing(PresenceRole.SERVICE, Strength.WEAK, 7, 2026, None, None, date(2026, 1, 1))
    assert (joined(one, newer).output_yuan, joined(one, newer).output_year) == (7, 2026)
    assert joined(one, newer).since_on is None


def test_what_a_person_decided_outweighs_a_suggestion():
    said = Fit(FitState.REJECTED, FitBasis.PERSON, 10, ())
    found = Fit(FitState.SUGGESTED, FitBasis.BOTH, 80, ("正极", "C3985"))
    kept = Fit(FitState.REJECTED, FitBasis.PERSON, 80, ("正极", "C3985"))
    assert joined_fit(said, found) == joined_fit(found, said) == kept
