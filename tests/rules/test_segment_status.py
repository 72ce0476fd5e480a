"""The status of a segment: what lifts it, what never worsens it, and the reasons told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import PresenceRole, SegmentLayout, Strength
from crm.coverage.rules import (
    COMING,
    RANK,
    TERMS,
    Coming,
    CoverageSettings,
    Firms,
    Node,
    ReasonCode,
    SegmentFacts,
    Status,
    is_out_of_order,
    judge,
    judge_tree,
    urgency,
)
from crm.coverage.rules.chances import chances_of
from crm.leads.rules.stages import Stage

HELD = CoverageSettings()
CHANCES = chances_of(None)

firms = st.builds(
    Firms,
    st.sampled_from(PresenceRole),
    st.sampled_from(Strength),
    st.booleans(),
    st.integers(1, 4),
)
comings = st.builds(Coming, st.sampled_from(COMING), st.integers(1, 5))
facts_of_focus = st.builds(
    SegmentFacts,
    st.just(SegmentLayout.FOCUS),
    st.lists(firms, max_size=4).map(tuple),
    st.lists(comings, max_size=4).map(tuple),
    st.integers(0, 3),
    st.integers(0, 5),
    st.integers(0, 3),
)
all_facts = st.builds(replace, facts_of_focus, layout=st.sampled_from(SegmentLayout))
settings = (
    st.fixed_dictionaries({n: st.integers(t.least, t.most) for n, t in TERMS.items()})
    .map(CoverageSettings)
    .filter(lambda found: not is_out_of_order(found))
)


def rank(facts: SegmentFacts, held: CoverageSettings = HELD) -> int:
    return RANK.index(judge(facts, held, CHANCES).status)


def standing(*strengths: Strength, **more) -> SegmentFacts:
    stands = tuple(Firms(PresenceRole.SUPPLIER, each, is_stale=False) for each in strengths)
    return SegmentFacts(firms=stands, **more)


@pytest.mark.parametrize(
    ("facts", "status", "reasons"),
    [
        (SegmentFacts(), Status.GAP, ["no_firm"]),
        (standing(Strength.WEAK), Status.WEAK, ["weak_firms", "short_of_has"]),
        (standing(Strength.MEDIUM), Status.HAS, ["medium_firms", "short_of_strong"]),
        (standing(Strength.STRONG, Strength.STRONG), Status.STRONG,
         ["strong_firms", "enough_for_strong"]),
        (standing(Strength.STRONG, supply_needs=2), Status.WEAK,
         ["strong_firms", "supply_needs", "short_of_has"]),
        (standing(Strength.WEAK, supply_needs=9), Status.WEAK,
         ["weak_firms", "supply_needs", "short_of_has"]),
        (SegmentFacts(coming=(Coming(Stage.NEGOTIATING, 3),)), Status.GAP,
         ["no_firm", "coming_early"]),
        (SegmentFacts(coming=(Coming(Stage.NEGOTIATING, 4),)), Status.WEAK,
         ["no_firm", "coming_enough"]),
        (SegmentFacts(coming=(Coming(Stage.SIGNED, 90),)), Status.WEAK,
         ["no_firm", "coming_enough"]),
        (SegmentFacts(landed=9), Status.HAS,
         ["landed_leads", "enough_for_has", "short_of_strong"]),
        (SegmentFacts(SegmentLayout.EXTERNAL), Status.NOT_SOUGHT, ["layout_external", "no_firm"]),
        (SegmentFacts(SegmentLayout.NONE, supply_needs=1), Status.NOT_SOUGHT,
         ["layout_none", "no_firm", "supply_needs"]),
    ],
)  # fmt: skip
def test_each_status_comes_with_its_reasons(facts, status, reasons):
    found = judge(facts, HELD, CHANCES)
    assert (found.status, [reason.code.value for reason in found.reasons]) == (status, reasons)


@given(facts_of_focus, settings, firms)
def test_another_company_or_a_stronger_one_never_worsens(facts, held, more):
    before = rank(facts, held)
    with_it = replace(facts, firms=(*facts.firms, more))
    assert rank(with_it, held) >= before
    stronger = replace(facts, firms=(*facts.firms, replace(more, strength=Strength.STRONG)))
    assert rank(stronger, held) >= rank(with_it, held)
    checked = replace(facts, firms=(*facts.firms, replace(more, is_stale=False)))
    assert rank(checked, held) >= rank(with_it, held)
    assert rank(replace(facts, landed=facts.landed + 1), held) >= before


@given(facts_of_focus, settings, st.sampled_from(COMING))
def test_another_lead_or_a_later_stage_never_worsens_and_alone_never_makes_it_covered(
    facts, held, stage
):
    with_it = replace(facts, coming=(*facts.coming, Coming(stage)))
    assert rank(with_it, held) >= rank(facts, held)
    for later in COMING[COMING.index(stage) :]:
        moved = replace(facts, coming=(*facts.coming, Coming(later)))
        assert rank(moved, held) >= rank(with_it, held)
    only = replace(with_it, firms=(), landed=0)
    assert judge(only, held, CHANCES).status in {Status.GAP, Status.WEAK}


@given(facts_of_focus, settings)
def test_a_need_less_never_worsens_and_the_other_lists_play_no_part(facts, held):
    if facts.supply_needs:
        fewer = replace(facts, supply_needs=facts.supply_needs - 1)
        assert rank(fewer, held) >= rank(facts, held)
    assert (
        judge(replace(facts, other_needs=0), held, CHANCES).status
        is judge(facts, held, CHANCES).status
    )


@given(all_facts, settings)
def test_only_what_is_sought_can_be_a_gap_and_a_status_has_reasons(facts, held):
    found = judge(facts, held, CHANCES)
    assert (found.status is Status.NOT_SOUGHT) is (facts.layout is not SegmentLayout.FOCUS)
    assert found.reasons
    codes = [reason.code for reason in found.reasons]
    assert len(codes) == len(set(codes))
    assert (ReasonCode.NO_FIRM in codes) is (facts.standing == 0)


@given(st.lists(all_facts, min_size=1, max_size=6), st.data())
def test_a_parent_has_what_stands_below_it_and_nothing_is_counted_twice(found, data):
    nodes = [
        Node(n, data.draw(st.sampled_from([None, *range(n)])), facts)
        for n, facts in enumerate(found)
    ]
    judged = judge_tree(nodes, HELD, CHANCES)
    roots = [node.segment_id for node in nodes if node.parent_id is None]
    assert sum(judged[n][0].standing for n in roots) == sum(each.standing for each in found)
    assert sum(judged[n][0].leads for n in roots) == sum(each.leads for each in found)
    assert judge_tree(nodes[::-1], HELD, CHANCES).keys() == judged.keys()
    for node in nodes:
        together, verdict = judged[node.segment_id]
        assert verdict.status is judge(together, HELD, CHANCES).status
        if node.parent_id is not None and {
            node.facts.layout,
            nodes[node.parent_id].facts.layout,
        } == {SegmentLayout.FOCUS}:
            assert together.standing <= judged[node.parent_id][0].standing


def test_later_stages_are_given_at_least_the_chance_of_earlier_ones():
    assert CHANCES == {
        Stage.LEAD: 3, Stage.CONTACTED: 7, Stage.NEGOTIATING: 15, Stage.REVIEWED: 42,
        Stage.PRE_SIGNING: 70, Stage.SIGNED: 90,
    }  # fmt: skip
    odd = chances_of({"PRE_SIGNING": (0.0, 0.5, 0.1, 0.0), "REVIEWED": (0.3, 0.0, 0.0, 0.0)})
    in_order = [odd[stage] for stage in COMING]
    assert in_order == sorted(in_order)


def test_gaps_come_first_then_key_segments_then_the_weightier():
    order = [
        (Status.GAP, True, 1), (Status.GAP, False, 5), (Status.GAP, False, 3),
        (Status.WEAK, True, 5), (Status.STRONG, True, 5), (Status.NOT_SOUGHT, True, 5),
    ]  # fmt: skip
    keys = [urgency(status, is_key=key, weight=weight) for status, key, weight in order]
    assert keys == sorted(keys)
