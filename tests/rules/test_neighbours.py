"""以商招商: the missing segments around an anchor firm."""

from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import NeedKind
from crm.chains.rules.neighbours import (
    Feed,
    Need,
    Question,
    Side,
    call_list,
    neighbours,
    questions,
    with_above,
)

# 1 → 2 → 3 → 4 → 5, and 6 feeds 3 as well
LINE = [
    Feed(1, 2, "硅源"),
    Feed(2, 3, "前驱体"),
    Feed(3, 4, "抛光液"),
    Feed(4, 5),
    Feed(6, 3, "装备"),
]


def test_suppliers_and_customers_two_links_away_are_named_with_what_passes_between():
    found = neighbours({3}, LINE, lambda _: True)
    assert [(each.segment_id, each.side, each.distance) for each in found] == [
        (2, Side.UPSTREAM, 1),
        (6, Side.UPSTREAM, 1),
        (4, Side.DOWNSTREAM, 1),
        (1, Side.UPSTREAM, 2),
        (5, Side.DOWNSTREAM, 2),
    ]
    assert found[0].products == ("前驱体",)
    assert found[3].via == (2,)


def test_one_who_is_here_is_left_out_but_looked_past():
    found = neighbours({3}, LINE, lambda segment: segment not in {2, 4})
    assert [each.segment_id for each in found] == [6, 1, 5]


ids = st.integers(1, 9)
graphs = st.lists(
    st.tuples(ids, ids, st.sampled_from(["料", "件", None])).map(
        lambda told: Feed(min(told[:2]), max(told[:2]), told[2])  # no circles
    ),
    max_size=25,
)


@given(own=st.sets(ids, min_size=1), feeds=graphs, served=st.sets(ids), data=st.data())
def test_neighbours_are_never_itself_nor_served_and_their_order_is_settled(
    own, feeds, served, data
):
    found = neighbours(own, feeds, lambda segment: segment not in served)
    seen = [each.segment_id for each in found]
    assert len(seen) == len(set(seen))
    assert not {*seen} & (own | served)
    assert found == neighbours(
        list(own), data.draw(st.permutations(feeds)), lambda segment: segment not in served
    )
    assert neighbours(own, feeds, lambda _: False) == ()
    for each in found:
        linked = {
            side
            for feed in feeds
            for side, here, other in (
                (Side.UPSTREAM, feed.from_id, feed.to_id),
                (Side.DOWNSTREAM, feed.to_id, feed.from_id),
            )
            if here == each.segment_id and other in own
        }
        assert (each.distance == 1) == bool(linked)
        assert each.via


@given(own=st.sets(ids, min_size=1), feeds=graphs, served=st.sets(ids), more=ids)
def test_a_firm_that_comes_never_adds_a_missing_neighbour(own, feeds, served, more):
    before = {each.segment_id for each in neighbours(own, feeds, lambda s: s not in served)}
    after = {each.segment_id for each in neighbours(own, feeds, lambda s: s not in {*served, more})}
    assert before - {more} == after


needs = st.lists(st.tuples(ids, st.none() | st.integers(0, 10**10)), max_size=12).map(
    lambda told: [Need(number, *each) for number, each in enumerate(told)]
)


@given(own=st.sets(ids, min_size=1), feeds=graphs, needs=needs, data=st.data())
def test_the_call_list_loses_no_need_and_no_neighbour_and_the_weightiest_come_first(
    own, feeds, needs, data
):
    around = neighbours(own, feeds, lambda _: True)
    weights = {segment: segment % 5 + 1 for segment in range(1, 10)}
    calls = call_list(around, needs, weights)
    assert calls == call_list(
        data.draw(st.permutations(around)), data.draw(st.permutations(needs)), weights
    )
    told = [call.segment_id for call in calls]
    assert len(told) == len(set(told))
    assert sorted(each for call in calls for each in call.need_ids) == [n.need_id for n in needs]
    assert {call.neighbour for call in calls if call.neighbour} == set(around)
    turns = [(-weights[call.segment_id], -(call.amount_yuan or 0)) for call in calls]
    assert turns == sorted(turns)


def test_nothing_is_asked_that_the_lists_already_tell():
    up, far = neighbours({3}, LINE, lambda segment: segment in {1, 2})
    assert questions(up, [])[:2] == (Question.SUPPLIER, Question.BOUGHT)
    assert questions(far, [])[0] is Question.FURTHER_SUPPLIER
    told = [Need(1, 2, 10**8, NeedKind.SUPPLY, has_partner=True)]
    assert questions(up, told) == (Question.PARTNER_WOULD_COME, Question.INTRODUCE)
    wished = [Need(1, 4, None, NeedKind.CUSTOMER), Need(2, 4, None, NeedKind.PARTNER)]
    assert questions(None, wished) == (
        Question.CUSTOMER,
        Question.SOLD,
        Question.COOPERATION,
        Question.WOULD_COME,
        Question.INTRODUCE,
    )


@given(st.sets(ids), st.dictionaries(ids, st.none() | ids))
def test_whoever_stands_at_a_part_stands_at_the_whole(here, parents):
    found = with_above(here, parents)
    assert here <= found
    assert all(parents.get(each) in {None, *found} for each in found)
    assert with_above(found, parents) == found
