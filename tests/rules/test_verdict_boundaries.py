"""Does a lead count, and why: the boundaries one by one."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm.leads.rules import (
    AgreementType,
    Basis,
    Exclusion,
    FigureKind,
    FigureSource,
    Qualifier,
    Rate,
    Stage,
)
from crm.quotas.rules import Edition, JudgedLead, ReasonCode, judge, nearest_misses, with_yuan
from tests.rules.quota_cases import (
    SIGNED,
    SIGNED_ON,
    TODAY,
    UNSIGNED,
    YI,
    A,
    B,
    agreed,
    ranked,
    told,
)
from tests.rules.verdict_cases import COUNTS, NO, PENDING, signed

C = ReasonCode
HQ = {"kind": FigureKind.HEADQUARTERS_REVENUE}
DAY_AFTER = SIGNED_ON + timedelta(days=1)


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
