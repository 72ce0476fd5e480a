"""Does a lead count, and why: the boundaries one by one, then what must hold for every lead."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import (
    AgreementType,
    Basis,
    Exclusion,
    Figure,
    FigureKind,
    FigureSource,
    HeadquartersType,
    MilestoneKind,
    Nature,
    Qualifier,
    Rate,
    Stage,
)
from crm.quotas.rules import (
    AllOf,
    AnyOf,
    Edition,
    JudgedLead,
    Judging,
    Not,
    Outcome,
    ReasonCode,
    judge,
    kept,
    nearest_misses,
    never_true,
    parse_criteria,
    read_reason,
    with_yuan,
)
from crm.quotas.rules import leaves as tree_leaves
from crm.quotas.rules.criteria import DEEPEST
from tests.rules.quota_cases import (
    SIGNED,
    SIGNED_ON,
    TODAY,
    UNSIGNED,
    YI,
    A,
    B,
    agreed,
    milestone,
    ranked,
    told,
)

COUNTS, PENDING, NO = Outcome.COUNTS, Outcome.PENDING, Outcome.NO
C = ReasonCode
HQ = {"kind": FigureKind.HEADQUARTERS_REVENUE}
DAY_AFTER = SIGNED_ON + timedelta(days=1)


def signed(*figures, **more) -> JudgedLead:
    return replace(SIGNED, figures=figures, **more)


def on_list(*rankings, **more) -> JudgedLead:
    return replace(SIGNED, rankings=rankings, **more)


def physical(*figures) -> JudgedLead:
    return signed(*figures, is_physical=True)


def headquarters(*figures, is_headquarters=True) -> JudgedLead:
    return signed(*figures, is_physical=False, is_headquarters=is_headquarters)


@pytest.mark.parametrize(
    ("lead", "terms", "outcome", "code"),
    [
        # The threshold belongs to the quota, one yuan below does not.
        (signed(agreed(50 * YI)), A, COUNTS, C.AMOUNT_REACHED),
        (signed(agreed(50 * YI - 1)), A, NO, C.AMOUNT_BELOW),
        (signed(agreed(4_999_000_000)), A, NO, C.AMOUNT_BELOW),
        (physical(agreed(5 * YI)), B, COUNTS, C.AMOUNT_REACHED),
        (physical(agreed(5 * YI - 1)), B, NO, C.AMOUNT_BELOW),
        (signed(), A, NO, C.AMOUNT_MISSING),
        (signed(agreed(60 * YI, kind=FigureKind.FIXED_ASSETS)), A, NO, C.AMOUNT_MISSING),
        # Without a document the stated amount judges.
        (signed(told(50 * YI)), A, PENDING, C.AMOUNT_STATED),
        (signed(agreed(50 * YI, document=None)), A, PENDING, C.AMOUNT_STATED),
        (signed(told(50 * YI - 1)), A, NO, C.AMOUNT_BELOW),
        (signed(told(90 * YI), agreed(49 * YI)), A, NO, C.AMOUNT_BELOW),
        (signed(told(40 * YI), agreed(50 * YI)), A, COUNTS, C.AMOUNT_REACHED),
        (
            signed(agreed(52 * YI), agreed(49 * YI, source=FigureSource.FILING)),
            A,
            NO,
            C.AMOUNT_BELOW,
        ),
        (signed(agreed(50 * YI, on=TODAY + timedelta(days=1))), A, NO, C.AMOUNT_MISSING),
        # Before signing the talk amount is an expectation.
        (replace(UNSIGNED, figures=(told(50 * YI),)), A, PENDING, C.AMOUNT_EXPECTED),
        (replace(UNSIGNED, figures=(told(49 * YI),)), A, NO, C.AMOUNT_BELOW),
        # What was said beside the number.
        (signed(agreed(50 * YI, qualifier=Qualifier.ABOUT)), A, PENDING, C.AMOUNT_ABOUT),
        (signed(agreed(51 * YI, qualifier=Qualifier.ABOUT)), A, COUNTS, C.AMOUNT_REACHED),
        (signed(agreed(49 * YI, qualifier=Qualifier.ABOUT)), A, NO, C.AMOUNT_BELOW),
        (signed(agreed(50 * YI, qualifier=Qualifier.AT_LEAST)), A, COUNTS, C.AMOUNT_REACHED),
        (signed(agreed(50 * YI, qualifier=Qualifier.OVER)), A, COUNTS, C.AMOUNT_REACHED),
        (
            signed(agreed(45 * YI, qualifier=Qualifier.RANGE, upper=60 * YI)),
            A,
            NO,
            C.AMOUNT_BELOW,
        ),
        (
            signed(agreed(50 * YI, qualifier=Qualifier.RANGE, upper=60 * YI)),
            A,
            COUNTS,
            C.AMOUNT_REACHED,
        ),
        # Physical or not.
        (signed(agreed(6 * YI)), B, PENDING, C.PHYSICAL_UNSET),
        (signed(agreed(6 * YI), is_physical=False), B, NO, C.NOT_PHYSICAL),
        (signed(agreed(4 * YI)), B, NO, C.AMOUNT_BELOW),
        # Headquarters by the revenue of the local legal person.
        (headquarters(agreed(10 * YI, **HQ, basis=Basis.COMMITTED)), B, COUNTS, C.HEADQUARTERS),
        (headquarters(agreed(10 * YI, **HQ, basis=Basis.ACTUAL)), B, COUNTS, C.AMOUNT_REACHED),
        (headquarters(agreed(10 * YI - 1, **HQ, basis=Basis.ACTUAL)), B, NO, C.AMOUNT_BELOW),
        (headquarters(agreed(10 * YI, **HQ)), B, PENDING, C.BASIS_MISSING),
        (
            headquarters(agreed(900 * YI, **HQ, basis=Basis.CONSOLIDATED)),
            B,
            NO,
            C.BASIS_NOT_ACCEPTED,
        ),
        (headquarters(agreed(900 * YI, kind=FigureKind.ANNUAL_REVENUE)), B, NO, C.AMOUNT_MISSING),
        (
            headquarters(agreed(12 * YI, **HQ, basis=Basis.ACTUAL), is_headquarters=None),
            B,
            NO,
            C.HEADQUARTERS_UNCONFIRMED,
        ),
        (
            headquarters(agreed(12 * YI, **HQ, basis=Basis.ACTUAL), is_headquarters=False),
            B,
            NO,
            C.NOT_HEADQUARTERS,
        ),
        # Rankings: confirmed, dated, in force on the signing day, held by half.
        (on_list(ranked()), A, COUNTS, C.RANKED),
        (on_list(ranked(list_code="fortune_global_500")), A, COUNTS, C.RANKED),
        (on_list(ranked(list_code="strategic_emerging_100")), A, COUNTS, C.RANKED),
        (on_list(ranked(list_code="china_private_500")), A, NO, C.RANKING_NONE),
        (on_list(ranked(shareholding=Decimal("0.5"))), A, COUNTS, C.RANKED),
        (on_list(ranked(shareholding=Decimal("0.499"))), A, NO, C.SHAREHOLDING_LOW),
        (on_list(ranked(shareholding=None)), A, NO, C.SHAREHOLDING_UNKNOWN),
        (on_list(ranked(published_on=SIGNED_ON)), A, COUNTS, C.RANKED),
        (on_list(ranked(published_on=DAY_AFTER)), A, NO, C.RANKING_NOT_YET_PUBLISHED),
        (on_list(ranked(is_confirmed=False)), A, NO, C.RANKING_UNCONFIRMED),
        (on_list(ranked(published_on=None)), A, NO, C.RANKING_UNCONFIRMED),
        (on_list(), A, NO, C.RANKING_NONE),
        (
            replace(UNSIGNED, rankings=(ranked(published_on=DAY_AFTER),)),
            A,
            COUNTS,
            C.RANKED,
        ),
        # What bars a lead as a whole.
        (on_list(ranked(), exclusion=Exclusion.REAL_ESTATE), A, NO, C.EXCLUDED),
        (on_list(ranked(), exclusion=Exclusion.LOCAL_RELOCATION), A, NO, C.EXCLUDED),
        (on_list(ranked(), stage=Stage.LOST), A, NO, C.LOST),
        (on_list(ranked(), stage=Stage.TRANSFERRED), A, NO, C.TRANSFERRED),
        (on_list(ranked(), stage=Stage.PARKED), A, COUNTS, C.RANKED),
        (on_list(ranked(), contract_lead_id=7), A, NO, C.PHASE_OF_CONTRACT),
        (on_list(ranked(), contract_lead_id=SIGNED.id), A, COUNTS, C.RANKED),
        # A framework agreement is no signing, whatever its amount.
        (
            signed(agreed(60 * YI), agreement_type=AgreementType.FRAMEWORK),
            A,
            PENDING,
            C.AMOUNT_EXPECTED,
        ),
        # A foreign amount without a rate cannot be compared.
        (signed(agreed(YI, currency="USD")), A, PENDING, C.AMOUNT_WITHOUT_RATE),
    ],
)
def test_the_boundaries(lead, terms, outcome, code):
    verdict = judge(lead, terms, TODAY)
    assert verdict.outcome is outcome
    assert code in {reason.code for reason in verdict.reasons}


RATES = [
    Rate("USD", date(2026, 1, 5), Decimal("7.0200")),
    Rate("USD", SIGNED_ON, Decimal("7.0000")),
    Rate("USD", DAY_AFTER, Decimal("7.2000")),
]


@pytest.mark.parametrize(
    ("dollars", "outcome"), [(714_285_715, COUNTS), (714_285_714, NO), (700_000_000, NO)]
)
def test_a_foreign_amount_is_judged_at_the_signing_days_rate(dollars, outcome):
    lead = with_yuan(signed(agreed(dollars, currency="USD")), RATES, TODAY)
    assert judge(lead, A, TODAY).outcome is outcome


def test_an_unsigned_foreign_amount_is_judged_at_the_latest_rate_and_provisional():
    lead = replace(UNSIGNED, figures=(told(700_000_000, currency="USD"),))
    verdict = judge(with_yuan(lead, RATES, TODAY), A, TODAY)
    assert verdict.outcome is PENDING
    codes = {reason.code for reason in verdict.reasons if reason.passed is None}
    assert codes == {C.AMOUNT_EXPECTED, C.AMOUNT_PROVISIONAL}


def test_a_signing_is_known_from_its_day_on():
    lead = with_yuan(signed(told(51 * YI), agreed(49 * YI)), RATES, SIGNED_ON)
    assert judge(lead, A, SIGNED_ON - timedelta(days=1)).outcome is PENDING
    assert judge(lead, A, SIGNED_ON).outcome is NO


def test_an_older_edition_ends_when_a_newer_one_appears_without_the_company():
    lead = on_list(ranked(edition_year=2025, published_on=date(2025, 9, 15)))
    assert judge(lead, A, TODAY).outcome is COUNTS
    newer = Edition("china_500", 2026, date(2026, 9, 15))
    verdict = judge(lead, A, TODAY, [newer])
    assert verdict.outcome is NO
    assert C.RANKING_OUTDATED in {reason.code for reason in verdict.reasons}
    later = replace(newer, published_on=DAY_AFTER)
    assert judge(lead, A, TODAY, [later]).outcome is COUNTS


def test_every_alternative_tells_its_reason_even_when_one_is_enough():
    verdict = judge(signed(agreed(60 * YI), rankings=(ranked(is_confirmed=False),)), A, TODAY)
    assert verdict.outcome is COUNTS
    assert verdict.branch == 2
    assert [(reason.branch, reason.code) for reason in verdict.reasons] == [
        (0, C.RANKING_UNCONFIRMED),
        (1, C.RANKING_NONE),
        (2, C.AMOUNT_REACHED),
    ]


def test_a_miss_says_what_it_lacks_only_if_an_amount_alone_is_missing():
    assert judge(signed(agreed(4_999_000_000)), A, TODAY).lacks == 1_000_000
    assert judge(physical(agreed(4 * YI)), B, TODAY).lacks == YI
    assert judge(signed(agreed(4 * YI), is_physical=False), B, TODAY).lacks is None
    assert judge(signed(agreed(50 * YI)), A, TODAY).lacks is None
    assert judge(signed(agreed(49 * YI), exclusion=Exclusion.PPP), A, TODAY).lacks is None


def test_a_phase_points_at_the_project_of_the_contract():
    verdict = judge(on_list(ranked(), contract_lead_id=7), A, TODAY)
    assert [reason.refers_to for reason in verdict.reasons if reason.branch is None] == [7]


def test_two_projects_of_one_investor_both_count():
    first, second = on_list(ranked()), on_list(ranked(), id=2)
    assert {judge(lead, A, TODAY).outcome for lead in (first, second)} == {COUNTS}


def test_about_can_be_widened_by_a_setting():
    near = signed(agreed(52 * YI, qualifier=Qualifier.ABOUT))
    below = signed(agreed(48 * YI, qualifier=Qualifier.ABOUT))
    wide = replace(A, about_margin_percent=5)
    assert {judge(lead, wide, TODAY).outcome for lead in (near, below)} == {PENDING}


def test_nearest_misses_come_smallest_first_and_leave_the_far_ones_out():
    leads = [
        signed(agreed(amount), id=number)
        for number, amount in enumerate([49 * YI, 50 * YI, 4_999_000_000, 40 * YI, 39 * YI])
    ]
    verdicts = [judge(lead, A, TODAY) for lead in leads]
    assert [miss.lead_id for miss in nearest_misses(verdicts)] == [2, 0, 3]
    assert [miss.lead_id for miss in nearest_misses(verdicts, limit=1)] == [2]


# ---------------------------------------------------------------- what holds for every lead

days = st.dates(date(2025, 1, 1), date(2027, 12, 31))
amounts = st.sampled_from(
    [0, 5 * YI - 1, 5 * YI, 10 * YI - 1, 10 * YI, 4_999_000_000, 50 * YI, 60 * YI]
)
figures = st.builds(
    Figure,
    kind=st.sampled_from([FigureKind.TOTAL_INVESTMENT, FigureKind.HEADQUARTERS_REVENUE]),
    source=st.sampled_from(FigureSource),
    on=days,
    amount=amounts,
    qualifier=st.none() | st.sampled_from(Qualifier),
    basis=st.none() | st.sampled_from(Basis),
    document=st.none() | st.just("材料.pdf"),
    id=st.integers(1, 3),
)
rankings = st.builds(
    ranked,
    list_code=st.sampled_from(["china_500", "fortune_global_500", "strategic_emerging_100"]),
    edition_year=st.integers(2025, 2026),
    published_on=st.none() | days,
    shareholding=st.none() | st.sampled_from([Decimal("0.3"), Decimal("0.5"), Decimal(1)]),
    is_confirmed=st.booleans(),
)
leads = st.builds(
    JudgedLead,
    id=st.just(1),
    title=st.just("某项目"),
    stage=st.sampled_from(Stage),
    agreement_type=st.none() | st.sampled_from(AgreementType),
    milestones=st.lists(
        st.builds(milestone, kind=st.sampled_from(MilestoneKind), on=days), max_size=3
    ).map(tuple),
    figures=st.lists(figures, max_size=4).map(tuple),
    rankings=st.lists(rankings, max_size=3).map(tuple),
    is_physical=st.none() | st.booleans(),
    is_headquarters=st.none() | st.booleans(),
    exclusion=st.none() | st.just(Exclusion.FUND),
    contract_lead_id=st.none() | st.integers(1, 2),
)
quotas = st.sampled_from([A, B])


@given(leads, quotas, days, st.randoms())
def test_the_order_of_facts_never_matters(lead, terms, on, random):
    def shuffled(facts):
        return tuple(random.sample(facts, len(facts)))

    other = replace(
        lead,
        milestones=shuffled(lead.milestones),
        figures=shuffled(lead.figures),
        rankings=shuffled(lead.rankings),
    )
    assert judge(other, terms, on) == judge(lead, terms, on)


RANK = {NO: 0, PENDING: 1, COUNTS: 2}


@given(amounts, st.booleans(), st.sampled_from(FigureSource), quotas)
def test_papers_that_confirm_the_same_value_never_lose_a_point(yuan, is_physical, source, terms):
    lead = signed(told(yuan), is_physical=is_physical, is_headquarters=True)
    confirmed = replace(lead, figures=(told(yuan), agreed(yuan, source=source)))
    before, after = (judge(one, terms, TODAY) for one in (lead, confirmed))
    assert RANK[after.outcome] >= RANK[before.outcome]


@given(st.integers(0, 100 * 10**4), st.sampled_from([None, *Qualifier]))
def test_the_unit_of_entry_never_matters(wan, qualifier):
    in_wan = signed(agreed(wan * 10_000, qualifier=qualifier))
    in_yi = signed(agreed(int(Decimal(wan) / 10_000 * YI), qualifier=qualifier))
    assert judge(in_wan, A, TODAY) == judge(in_yi, A, TODAY)


@given(leads, quotas, days)
def test_a_lead_that_counts_has_no_failed_reason_on_the_branch_that_decided(lead, terms, on):
    verdict = judge(lead, terms, on)
    on_branch = [r.passed for r in verdict.reasons if r.branch == verdict.branch]
    barred = [r for r in verdict.reasons if r.branch is None]
    if verdict.outcome is COUNTS:
        assert on_branch
        assert all(on_branch)
        assert not barred
    elif verdict.outcome is PENDING:
        assert None in on_branch
        assert False not in on_branch
        assert not barred
    else:
        assert any(reason.passed is False for reason in verdict.reasons)
        assert verdict.branch is None


@given(leads, quotas, days)
def test_every_alternative_gives_at_least_one_reason(lead, terms, on):
    assert isinstance(terms.criteria, AnyOf)
    branches = {reason.branch for reason in judge(lead, terms, on).reasons}
    assert set(range(len(terms.criteria.of))) <= branches


@given(leads, days)
def test_the_bureaus_own_word_never_counts(lead, on):
    doubted = tuple(replace(r, is_confirmed=False) for r in lead.rankings)
    without = judge(replace(lead, rankings=()), A, on)
    assert judge(replace(lead, rankings=doubted), A, on).outcome is without.outcome


AMOUNT = {"clause": "amount", "field": "total_investment", "at_least_yuan": 5 * YI}
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


@given(
    amounts, st.sampled_from(FigureSource), st.sampled_from(FigureSource), st.booleans(), quotas,
    st.sampled_from([None, *Qualifier]),
)  # fmt: skip
def test_papers_that_confirm_any_figure_never_lose_a_point(
    yuan, first, second, is_physical, terms, qualifier
):
    stated = agreed(yuan, source=first, document=None, qualifier=qualifier)
    lead = signed(stated, is_physical=is_physical, is_headquarters=True)
    filed = {"sources": ["filing"]}
    for wanted in (terms, replace(A, criteria=parse_criteria({**AMOUNT, **filed}))):
        before = judge(lead, wanted, TODAY)
        confirmed = replace(
            lead, figures=(stated, agreed(yuan, source=second, qualifier=qualifier))
        )
        assert RANK[judge(confirmed, wanted, TODAY).outcome] >= RANK[before.outcome]
