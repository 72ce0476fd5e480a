"""The two quotas of the preset and the leads that the tests of the quota rules judge."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from crm.leads.rules import (
    AgreementType,
    Figure,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Path,
    Stage,
)
from crm.quotas.rules import (
    JudgedLead,
    MilestoneDay,
    QuotaTerms,
    RankingMembership,
    parse_criteria,
)

YI = 100_000_000
TODAY = date(2026, 11, 23)
SIGNED_ON = date(2026, 10, 18)

A = QuotaTerms(
    code="A",
    label="大项目",
    year=2026,
    opens=date(2026, 1, 1),
    closes=date(2026, 12, 31),
    target=10,
    criteria=parse_criteria(
        {
            "any_of": [
                {
                    "clause": "ranking",
                    "lists": ["fortune_global_500", "china_500"],
                    "min_shareholding": 0.5,
                    "as_of": "signing",
                },
                {
                    "clause": "ranking",
                    "lists": ["strategic_emerging_100"],
                    "min_shareholding": 0.5,
                    "as_of": "signing",
                },
                {"clause": "amount", "field": "total_investment", "at_least_yuan": 50 * YI},
            ]
        }
    ),
)
B = replace(
    A,
    code="B",
    label="实体总部",
    target=12,
    criteria=parse_criteria(
        {
            "any_of": [
                {
                    "clause": "all",
                    "of": [
                        {"clause": "is_physical"},
                        {"clause": "amount", "field": "total_investment", "at_least_yuan": 5 * YI},
                    ],
                },
                {
                    "clause": "all",
                    "of": [
                        {"clause": "is_headquarters"},
                        {
                            "clause": "amount",
                            "field": "headquarters_revenue",
                            "at_least_yuan": 10 * YI,
                            "basis": ["committed", "actual"],
                        },
                    ],
                },
            ]
        }
    ),
)


def milestone(kind=MilestoneKind.SIGNED, on=SIGNED_ON, **more) -> MilestoneDay:
    return MilestoneDay(kind, on, **{"known_on": on, "has_papers": True, **more})


def agreed(yuan, **more) -> Figure:
    """An amount the signed agreement shows."""
    facts = {
        "kind": FigureKind.TOTAL_INVESTMENT,
        "source": FigureSource.AGREEMENT,
        "on": SIGNED_ON,
        "document": "投资协议.pdf",
    }
    return Figure(amount=yuan, **{**facts, **more})


def told(yuan, **more) -> Figure:
    return agreed(
        yuan,
        **{"source": FigureSource.TALK, "on": date(2026, 3, 1), "document": None, **more},
    )


def ranked(**more) -> RankingMembership:
    facts = {
        "list_code": "china_500",
        "edition_year": 2026,
        "published_on": date(2026, 9, 15),
        "shareholding": Decimal(1),
        "is_confirmed": True,
        "document": "中国企业500强2026",
    }
    return RankingMembership(**{**facts, **more})


UNSIGNED = JudgedLead(1, "某新材料项目", Stage.NEGOTIATING, Path.LAND)
SIGNED = replace(
    UNSIGNED,
    stage=Stage.SIGNED,
    agreement_type=AgreementType.FORMAL,
    milestones=(milestone(),),
)
