"""Criteria of every shape are judged as a slow reference says."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import HeadquartersType, Nature, Stage
from crm.quotas.rules import (
    AllOf,
    AnyOf,
    Judging,
    Not,
    judge,
    kept,
    never_true,
    parse_criteria,
    read_reason,
)
from crm.quotas.rules import leaves as tree_leaves
from crm.quotas.rules.criteria import DEEPEST
from tests.rules.quota_cases import TODAY, YI, A
from tests.rules.verdict_cases import AMOUNT, COUNTS, PENDING, RANK, days, leads

CLAUSES = [AMOUNT, {"clause": "is_physical"}, {"clause": "is_headquarters"}]
trees = st.recursive(
    st.sampled_from(CLAUSES),
    lambda inner: st.one_of(
        st.builds(lambda of: {"any_of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


@given(trees, leads)
def test_any_tree_is_judged_as_three_valued_logic(tree, lead):
    def expected(clause) -> int:
        if isinstance(clause, AnyOf):
            return max(expected(part) for part in clause.of)
        if isinstance(clause, AllOf):
            return min(expected(part) for part in clause.of)
        return RANK[judge(open_lead, replace(A, criteria=clause), TODAY).outcome]

    open_lead = replace(lead, stage=Stage.SIGNED, exclusion=None, contract_lead_id=None)
    criteria = parse_criteria(tree)
    verdict = judge(open_lead, replace(A, criteria=criteria), TODAY)
    assert RANK[verdict.outcome] == expected(criteria)
    if verdict.outcome is COUNTS:
        on_branch = [r for r in verdict.reasons if r.branch == verdict.branch]
        assert all(r.passed for r in on_branch if not r.is_outdone)


NATURES = [{"clause": "nature", "of": ["new"]}, {"clause": "nature", "of": ["new", "expansion"]}]
RANKED = {"clause": "ranking", "lists": ["china_500"], "min_shareholding": 0.5}
LEAVES = [
    *CLAUSES,
    *NATURES,
    RANKED,
    {**RANKED, "edition_policy": "signing_or_latest"},
    {**RANKED, "min_investment_yuan": 50 * YI, "first_entry": True},
    {**AMOUNT, "at_least_yuan": 50 * YI, "sources": ["filing"]},
    {**AMOUNT, "field": "headquarters_revenue", "basis": ["committed", "actual"]},
    {"clause": "is_headquarters", "types": ["regional"]},
]
whole_trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda of: {"any_of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"not": of}, inner),
    ),
    max_leaves=8,
).map(lambda tree: parse_criteria(tree) if depth(tree) <= DEEPEST - 1 else parse_criteria(AMOUNT))


def depth(tree) -> int:
    below = tree.get("any_of") or tree.get("all") or ([tree["not"]] if "not" in tree else [])
    return 1 + max((depth(part) for part in below), default=-1)


facts_too = st.builds(
    lambda lead, **facts: replace(
        lead, stage=Stage.SIGNED, exclusion=None, contract_lead_id=None, **facts
    ),
    leads,
    nature=st.none() | st.sampled_from(Nature),
    headquarters_type=st.none() | st.sampled_from(HeadquartersType),
)


def slowly(clause, wanted, lead, on) -> int:
    """What a clause says, by the definition alone: `not` asks the opposite of every leaf."""
    if isinstance(clause, Not):
        return slowly(clause.of, not wanted, lead, on)
    if isinstance(clause, AnyOf | AllOf):
        found = [slowly(part, wanted, lead, on) for part in clause.of]
        return max(found) if isinstance(clause, AnyOf) is wanted else min(found)
    asked = clause if wanted else Not(clause)
    return RANK[judge(lead, replace(A, criteria=asked), on).outcome]


@given(whole_trees, facts_too, days)
def test_any_all_and_not_say_what_a_slow_reference_says(criteria, lead, on):
    verdict = judge(lead, replace(A, criteria=criteria), on)
    assert RANK[verdict.outcome] == slowly(criteria, True, lead, on)
    needed = [r for r in verdict.reasons if r.branch == verdict.branch and not r.is_outdone]
    if verdict.outcome is COUNTS:
        assert needed
        assert all(reason.passed for reason in needed)
    if verdict.outcome is PENDING:
        assert None in [reason.passed for reason in needed]


@given(whole_trees, facts_too, days)
def test_not_not_changes_nothing(criteria, lead, on):
    once = judge(lead, replace(A, criteria=AllOf((criteria,))), on)
    twice = judge(lead, replace(A, criteria=Not(Not(AllOf((criteria,))))), on)
    assert (once.outcome, once.reasons, once.miss) == (twice.outcome, twice.reasons, twice.miss)


@given(whole_trees, facts_too, days)
def test_no_lead_meets_a_rule_and_its_opposite(criteria, lead, on):
    outcomes = [
        judge(lead, replace(A, criteria=each), on).outcome for each in (criteria, Not(criteria))
    ]
    assert outcomes != [COUNTS, COUNTS]


@given(whole_trees, facts_too, days)
def test_every_clause_tells_at_least_one_reason(criteria, lead, on):
    told = judge(lead, replace(A, criteria=criteria), on).reasons
    assert len(told) >= len(list(tree_leaves(criteria)))


@given(whole_trees, facts_too, days)
def test_no_lead_meets_criteria_said_to_be_impossible(criteria, lead, on):
    if never_true(criteria) == "":
        assert judge(lead, replace(A, criteria=criteria), on).outcome is not COUNTS


@given(st.lists(whole_trees, min_size=1, max_size=4), facts_too, days)
def test_quotas_judged_together_are_judged_as_each_alone(criteria, lead, on):
    quotas = [replace(A, criteria=each) for each in criteria]
    assert Judging(quotas, on).of(lead) == [judge(lead, each, on) for each in quotas]


@given(whole_trees, facts_too, days, st.randoms())
def test_the_order_of_alternatives_and_of_facts_never_matters(criteria, lead, on, random):
    def shuffled(clause):
        if isinstance(clause, Not):
            return Not(shuffled(clause.of))
        if isinstance(clause, AnyOf | AllOf):
            parts = [shuffled(part) for part in clause.of]
            return type(clause)(tuple(random.sample(parts, len(parts))))
        return clause

    other = replace(lead, figures=lead.figures[::-1], rankings=lead.rankings[::-1])
    one = judge(lead, replace(A, criteria=criteria), on)
    two = judge(other, replace(A, criteria=shuffled(criteria)), on)
    assert (one.outcome, one.lacks) == (two.outcome, two.lacks)


@given(whole_trees, facts_too, days)
def test_reasons_are_kept_and_read_back_whole(criteria, lead, on):
    for reason in judge(lead, replace(A, criteria=criteria), on).reasons:
        assert read_reason(json.loads(json.dumps(kept(reason)))) == reason
