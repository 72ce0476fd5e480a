"""The outcomes in their order, signed leads, and strategies of every lead a quota may judge."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from crm.leads.rules import (
    AgreementType,
    Basis,
    Exclusion,
    Figure,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Qualifier,
    Stage,
)
from crm.quotas.rules import JudgedLead, Outcome
from tests.rules.quota_cases import SIGNED, YI, A, B, milestone, ranked

COUNTS, PENDING, NO = Outcome.COUNTS, Outcome.PENDING, Outcome.NO
RANK = {NO: 0, PENDING: 1, COUNTS: 2}
AMOUNT = {"clause": "amount", "field": "total_investment", "at_least_yuan": 5 * YI}


def signed(*figures, **more) -> JudgedLead:
    return replace(SIGNED, figures=figures, **more)


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
