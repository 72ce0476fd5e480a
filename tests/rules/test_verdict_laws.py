"""What holds for every lead, whichever quota judges it."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import FigureSource, Qualifier
from crm.quotas.rules import AnyOf, judge, parse_criteria
from tests.rules.quota_cases import TODAY, YI, A, agreed, told
from tests.rules.verdict_cases import (
    AMOUNT,
    COUNTS,
    PENDING,
    RANK,
    amounts,
    days,
    leads,
    quotas,
    signed,
)


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


@given(amounts, st.booleans(), st.sampled_from(FigureSource), quotas)
def test_papers_that_confirm_the_same_value_never_lose_a_point(yuan, is_physical, source, terms):
    lead = signed(told(yuan), is_physical=is_physical, is_headquarters=True)
    confirmed = replace(lead, figures=(told(yuan), agreed(yuan, source=source)))
    before, after = (judge(one, terms, TODAY) for one in (lead, confirmed))
    assert RANK[after.outcome] >= RANK[before.outcome]


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
