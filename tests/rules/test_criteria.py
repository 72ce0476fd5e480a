"""Criteria as data: what is read, and how a fault is told."""

from dataclasses import fields
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import Basis, Exclusion, FigureKind, FigureSource, HeadquartersType
from crm.quotas.rules import (
    ALL_EXCLUSIONS,
    CATALOGUE,
    AllOf,
    AmountClause,
    AnyOf,
    ClauseName,
    CriteriaError,
    CriteriaFault,
    EditionPolicy,
    FactClause,
    FactName,
    HeadquartersClause,
    Not,
    PhysicalClause,
    RankingClause,
    ValueKind,
    clause_name,
    leaves,
    never_true,
    parse_criteria,
    parse_exclusions,
    stored,
)

RANKING = {"clause": "ranking", "lists": ["china_500"]}
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
        ({"clause": "ranking", "lists": [500]}, CriteriaFault.UNKNOWN_CHOICE, "lists[0]"),
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
        ({"any_of": [AMOUNT] * 101}, CriteriaFault.TOO_MANY, ""),
        ({"not": {}}, CriteriaFault.NOT_A_CLAUSE, "not"),
        ({"not": [AMOUNT]}, CriteriaFault.NOT_A_CLAUSE, "not"),
        ({"not": AMOUNT, "all": [AMOUNT]}, CriteriaFault.UNKNOWN_KEY, "not"),
        ({"clause": "nature"}, CriteriaFault.NOT_A_LIST, "of"),
        ({"clause": "nature", "of": []}, CriteriaFault.EMPTY_LIST, "of"),
        ({"clause": "nature", "of": ["newish"]}, CriteriaFault.UNKNOWN_CHOICE, "of[0]"),
        ({"clause": "nature", "of": ["new", "new"]}, CriteriaFault.TWICE, "of[1]"),
        ({"clause": "chain", "of": [3]}, CriteriaFault.UNKNOWN_CHOICE, "of[0]"),
        ({**AMOUNT, "sources": ["rumour"]}, CriteriaFault.UNKNOWN_CHOICE, "sources[0]"),
        ({**AMOUNT, "at_least_yuan": 10**16}, CriteriaFault.NOT_WHOLE_YUAN, "at_least_yuan"),
        ({**RANKING, "edition_policy": "any"}, CriteriaFault.UNKNOWN_CHOICE, "edition_policy"),
        ({**RANKING, "first_entry": "yes"}, CriteriaFault.NOT_YES_OR_NO, "first_entry"),
        ({**RANKING, "min_shareholding": 3}, CriteriaFault.NOT_A_SHARE, "min_shareholding"),
        ({**AMOUNT, "exclusions": "fund"}, CriteriaFault.NOT_A_LIST, "exclusions"),
        ({**AMOUNT, "exclusions": ["fun"]}, CriteriaFault.UNKNOWN_CHOICE, "exclusions[0]"),
        (
            {"all": [{**AMOUNT, "exclusions": ["fund"]}]},
            CriteriaFault.UNKNOWN_KEY,
            "all[0].exclusions",
        ),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(data, fault, path):
    with pytest.raises(CriteriaError) as raised:
        parse_criteria(data)
    assert (raised.value.fault, raised.value.path) == (fault, path)


def test_every_clause_is_read_with_all_it_can_say():
    document = {
        "any_of": [
            {
                **RANKING,
                "min_shareholding": "0.3",
                "edition_policy": "signing_year",
                "min_investment_yuan": 100_000_000,
                "first_entry": True,
            },
            {"not": {"clause": "is_headquarters", "types": ["regional"]}},
            {**AMOUNT, "sources": ["filing", "statistics"]},
            *(
                {"clause": name, "of": [code]}
                for name, code in [
                    ("nature", "new"),
                    ("origin", "overseas"),
                    ("chain", "NFM"),
                    ("zone", "smart"),
                    ("ownership", "central"),
                    ("promotion_mode", "park"),
                ]
            ),
        ]
    }
    criteria = parse_criteria(document)
    assert criteria.of[:3] == (
        RankingClause(
            ("china_500",),
            Decimal("0.3"),
            EditionPolicy.SIGNING_YEAR,
            100_000_000,
            first_entry=True,
        ),
        Not(HeadquartersClause((HeadquartersType.REGIONAL,))),
        AmountClause(
            FigureKind.TOTAL_INVESTMENT,
            5_000_000_000,
            sources=(FigureSource.FILING, FigureSource.STATISTICS),
        ),
    )
    assert criteria.of[6] == FactClause(FactName.ZONE, ("smart",))
    assert stored(criteria) == document


def test_which_types_bar_a_lead_stands_beside_the_criteria():
    assert parse_exclusions(AMOUNT) == parse_exclusions({"any_of": [AMOUNT]}) == ALL_EXCLUSIONS
    some = {**AMOUNT, "exclusions": ["real_estate", "fund"]}
    assert parse_exclusions(some) == {Exclusion.REAL_ESTATE, Exclusion.FUND}
    assert parse_criteria(some) == parse_criteria(AMOUNT)
    assert parse_exclusions({**AMOUNT, "exclusions": []}) == frozenset()


def test_the_catalogue_names_every_clause_and_every_key_of_it():
    assert set(CATALOGUE) == set(ClauseName)
    examples = [
        RankingClause(("china_500",)),
        AmountClause(FigureKind.TOTAL_INVESTMENT, 1),
        PhysicalClause(),
        HeadquartersClause(),
        *(FactClause(fact, ("new",)) for fact in FactName),
    ]
    assert [clause_name(one) for one in examples].sort() == list(ClauseName).sort()
    for one in examples:
        keys = {key.name for key in CATALOGUE[clause_name(one)].keys}
        assert keys == {field.name for field in fields(one)} - {"fact"}
        for key in CATALOGUE[clause_name(one)].keys:
            assert (key.choices is not None) == (key.kind in {ValueKind.CHOICE, ValueKind.CHOICES})


# ---------------------------------------------------------------- what can never be true

YI = 100_000_000


def at_least(yi, **more):
    return {"clause": "amount", "field": "total_investment", "at_least_yuan": yi * YI, **more}


def of(name, *codes):
    return {"clause": name, "of": list(codes)}


HQ = {"clause": "is_headquarters"}
PHYSICAL = {"clause": "is_physical"}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"all": [PHYSICAL, {"not": PHYSICAL}]}, ""),
        ({"all": [at_least(50), {"not": at_least(50)}]}, ""),
        ({"all": [at_least(50), {"not": at_least(5)}]}, ""),
        ({"all": [at_least(5), {"not": at_least(50)}]}, None),
        ({"all": [at_least(50), {"not": at_least(5, sources=["filing"])}]}, None),
        ({"all": [of("nature", "new"), of("nature", "expansion", "relocation")]}, ""),
        ({"all": [of("nature", "new", "expansion"), of("nature", "expansion")]}, None),
        ({"all": [of("chain", "NFM"), {"not": of("chain", "NFM", "IME")}]}, ""),
        ({"not": of("nature", "new", "expansion", "phase_two", "relocation")}, "not"),
        ({"not": of("zone", "smart", "tech")}, None),
        ({"all": [{**HQ, "types": ["scale"]}, {**HQ, "types": ["regional"]}]}, ""),
        ({"all": [HQ, {"not": {**HQ, "types": ["regional"]}}]}, None),
        ({"all": [{**HQ, "types": ["regional"]}, {"not": HQ}]}, ""),
        ({"all": [RANKING, {"not": {"clause": "ranking", "lists": ["china_500", "x"]}}]}, ""),
        (
            {
                "all": [
                    {**RANKING, "min_shareholding": 0.3},
                    {"not": {**RANKING, "min_shareholding": 0.5}},
                ]
            },
            None,
        ),
        ({"all": [{**RANKING, "min_investment_yuan": 5 * YI}, {"not": at_least(1)}]}, ""),
        # An alternative nobody can take is as wrong as criteria nobody can meet.
        ({"any_of": [at_least(50), {"all": [PHYSICAL, {"not": PHYSICAL}]}]}, "any_of[1]"),
        ({"all": [PHYSICAL, {"any_of": [{"not": PHYSICAL}, {"not": PHYSICAL}]}]}, ""),
        ({"not": {"any_of": [PHYSICAL, {"not": PHYSICAL}]}}, "not"),
        ({"all": [at_least(5), {"any_of": [HQ, {"not": at_least(50)}]}]}, None),
    ],
)
def test_a_contradiction_is_found_and_said_where(data, path):
    assert never_true(parse_criteria(data)) == path


LEAVES = [PHYSICAL, HQ, {**HQ, "types": ["scale"]}, at_least(5), at_least(50), of("nature", "new")]
trees = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda of: {"any_of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"not": of}, inner),
    ),
    max_leaves=8,
)


@given(trees)
def test_what_is_stored_reads_back_as_the_same(tree):
    try:
        criteria = parse_criteria(tree)
    except CriteriaError as fault:
        assert fault.fault is CriteriaFault.TOO_DEEP  # noqa: PT017
        return
    assert parse_criteria(stored(criteria)) == criteria
    some = frozenset({Exclusion.FUND})
    assert parse_exclusions(stored(criteria, some)) == some
    assert list(leaves(criteria))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["any_of", "all", "not", "clause", "of", "lists", "field", "exclusions"]
            )
            | st.text(max_size=3),
            inner | st.sampled_from([*ClauseName, "all", "any_of"]),
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JUNK)
def test_whatever_is_sent_is_read_or_refused(data):
    try:
        parse_criteria(data)
        parse_exclusions(data)
    except CriteriaError as fault:
        assert isinstance(fault.fault, CriteriaFault)  # noqa: PT017
