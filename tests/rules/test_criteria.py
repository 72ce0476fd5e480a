"""Criteria as data: what is read, and how a fault is told."""

from decimal import Decimal

import pytest

from crm.leads.rules import Basis, FigureKind
from crm.quotas.rules import (
    AllOf,
    AmountClause,
    AnyOf,
    CriteriaError,
    CriteriaFault,
    HeadquartersClause,
    PhysicalClause,
    RankingClause,
    parse_criteria,
)

AMOUNT = {"clause": "amount", "field": "total_investment", "at_least_yuan": 5_000_000_000}


def test_the_criteria_of_the_preset_become_a_typed_tree():
    ranking = {
        "clause": "ranking",
        "lists": ["fortune_global_500", "china_500"],
        "min_shareholding": 0.5,
        "as_of": "signing",
    }
    headquarters = {
        "clause": "all",
        "of": [
            {"clause": "is_headquarters"},
            {
                "clause": "amount",
                "field": "headquarters_revenue",
                "at_least_yuan": 1_000_000_000,
                "basis": ["committed", "actual"],
            },
        ],
    }
    assert parse_criteria({"any_of": [ranking, headquarters, {"clause": "is_physical"}]}) == AnyOf(
        (
            RankingClause(("fortune_global_500", "china_500"), Decimal("0.5")),
            AllOf(
                (
                    HeadquartersClause(),
                    AmountClause(
                        FigureKind.HEADQUARTERS_REVENUE,
                        1_000_000_000,
                        (Basis.COMMITTED, Basis.ACTUAL),
                    ),
                )
            ),
            PhysicalClause(),
        )
    )


def test_the_short_and_the_long_way_to_write_a_group_are_the_same():
    assert parse_criteria({"all": [AMOUNT]}) == parse_criteria({"clause": "all", "of": [AMOUNT]})
    assert parse_criteria({"any_of": [AMOUNT]}) == parse_criteria(
        {"clause": "any_of", "of": [AMOUNT]}
    )


def nested(depth: int) -> object:
    return AMOUNT if depth == 0 else {"all": [nested(depth - 1)]}


@pytest.mark.parametrize(
    ("data", "fault", "path"),
    [
        (None, CriteriaFault.NOT_A_CLAUSE, ""),
        ({}, CriteriaFault.NOT_A_CLAUSE, ""),
        ([AMOUNT], CriteriaFault.NOT_A_CLAUSE, ""),
        ({"clause": "turnover"}, CriteriaFault.UNKNOWN_CLAUSE, "clause"),
        ({"clause": ["amount"]}, CriteriaFault.UNKNOWN_CLAUSE, "clause"),
        ({"any_of": []}, CriteriaFault.EMPTY_LIST, "any_of"),
        ({"any_of": "amount"}, CriteriaFault.NOT_A_LIST, "any_of"),
        ({"clause": "all"}, CriteriaFault.NOT_A_LIST, "of"),
        ({"any_of": [AMOUNT], "all": [AMOUNT]}, CriteriaFault.UNKNOWN_KEY, "all"),
        ({"any_of": [AMOUNT, 5]}, CriteriaFault.NOT_A_CLAUSE, "any_of[1]"),
        (
            {"any_of": [{"clause": "all", "of": [{**AMOUNT, "field": "profit"}]}]},
            CriteriaFault.UNKNOWN_FIELD,
            "any_of[0].of[0].field",
        ),
        ({**AMOUNT, "at_least_yuan": 5e9}, CriteriaFault.NOT_WHOLE_YUAN, "at_least_yuan"),
        ({**AMOUNT, "at_least_yuan": True}, CriteriaFault.NOT_WHOLE_YUAN, "at_least_yuan"),
        ({**AMOUNT, "at_least_yuan": 0}, CriteriaFault.NOT_WHOLE_YUAN, "at_least_yuan"),
        ({**AMOUNT, "basis": ["parent"]}, CriteriaFault.UNKNOWN_BASIS, "basis[0]"),
        ({**AMOUNT, "at_most_yuan": 1}, CriteriaFault.UNKNOWN_KEY, "at_most_yuan"),
        ({"clause": "is_physical", "of": []}, CriteriaFault.UNKNOWN_KEY, "of"),
        ({"clause": "ranking"}, CriteriaFault.NOT_A_LIST, "lists"),
        ({"clause": "ranking", "lists": [500]}, CriteriaFault.UNKNOWN_FIELD, "lists[0]"),
        (
            {"clause": "ranking", "lists": ["china_500"], "min_shareholding": 50},
            CriteriaFault.NOT_A_SHARE,
            "min_shareholding",
        ),
        (
            {"clause": "ranking", "lists": ["china_500"], "min_shareholding": "NaN"},
            CriteriaFault.NOT_A_SHARE,
            "min_shareholding",
        ),
        (
            {"clause": "ranking", "lists": ["china_500"], "as_of": "today"},
            CriteriaFault.UNKNOWN_AS_OF,
            "as_of",
        ),
        (nested(50), CriteriaFault.TOO_DEEP, "all[0]" + ".all[0]" * 8),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(data, fault, path):
    with pytest.raises(CriteriaError) as raised:
        parse_criteria(data)
    assert (raised.value.fault, raised.value.path) == (fault, path)
