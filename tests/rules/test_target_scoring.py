"""Whom to call: what a score is made of, and what never may turn it round."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import NeedKind
from crm.coverage.rules.goals import Announced, Ranked, goal_of, may_meet
from crm.coverage.rules.scoring import (
    Contribution,
    Exclusion,
    Listed,
    ListKind,
    QuotaFit,
    Refusal,
    Seat,
    Sign,
    Standing,
    Talk,
    TargetFacts,
    TargetFilter,
    Term,
    Wanted,
    Weighed,
    is_excluded_type,
    kind_of_list,
    move_of,
    order_key,
    ranked,
    score,
    weights_of,
)
from crm.coverage.rules.settings import TERMS, CoverageSettings, Number, Part
from crm.coverage.rules.status import Status
from crm.enterprises.rules.signals import SignalKind
from crm.leads.rules import ChainMove, FigureKind, OffRampReason, Stage
from crm.quotas.rules import AllOf, AmountClause, AnyOf, Not, PhysicalClause, RankingClause

TODAY = date(2026, 11, 26)
WEIGHTS = weights_of(CoverageSettings())
FORTUNE = Listed(ListKind.COUNTED, "世界500强", None, 2026, 12)
PRIVATE = Listed(ListKind.LARGE, "民营500强", None, 2026, 300)
NEED = Wanted("山东建邦胶体材料有限公司", NeedKind.SUPPLY, "高纯石英砂")
FRESH = Sign(SignalKind.EXPANSION, TODAY)
MAJOR = QuotaFit("A", "大项目", None, gain=0.06)
PLAIN = TargetFacts(1, "甲公司", 1, Status.HAS)
BEST = TargetFacts(
    2, "乙公司", 1, Status.GAP, 90, (FORTUNE, PRIVATE), (NEED,), (), (FRESH,), False,
    ("乙公司济南分公司",), (MAJOR,), has_contact=True,
)  # fmt: skip

weights = st.builds(
    lambda numbers: weights_of(CoverageSettings(numbers)),
    st.fixed_dictionaries(
        {
            name: st.integers(terms.least, terms.most)
            for name, terms in TERMS.items()
            if terms.part is Part.TARGETS
        }
    ),
)
listed = st.builds(
    Listed, st.sampled_from(ListKind), st.sampled_from("甲乙丙"), st.none(),
    st.integers(2020, 2026), st.none() | st.integers(1, 500), st.none() | st.just("某集团"),
)  # fmt: skip
signs = st.builds(
    Sign, st.sampled_from(SignalKind),
    st.integers(-400, 2000).map(lambda days: TODAY - timedelta(days)), st.sampled_from(["", "公告"]),
)  # fmt: skip
wanted = st.builds(Wanted, st.sampled_from(["建邦", "银丰"]), st.sampled_from(NeedKind))
talks = st.builds(Talk, st.sampled_from(Stage), st.none() | st.integers(1, 9))
facts = st.builds(
    TargetFacts,
    st.integers(1, 8),
    st.sampled_from(["甲公司", "乙公司", "丙公司"]),
    st.integers(1, 4),
    st.sampled_from(Status),
    st.integers(0, 100),
    st.lists(listed, max_size=3).map(tuple),
    st.lists(wanted, max_size=2).map(tuple),
    st.lists(wanted, max_size=2).map(tuple),
    st.lists(signs, max_size=3).map(tuple),
    st.none() | st.booleans(),
    st.lists(st.just("济南子公司"), max_size=1).map(tuple),
    st.lists(st.just(MAJOR), max_size=1).map(tuple),
    st.booleans(),
    st.booleans(),
    st.lists(talks, max_size=2).map(tuple),
    st.lists(talks, max_size=2).map(tuple),
    st.lists(st.builds(Refusal, st.none() | st.just(TODAY)), max_size=1).map(tuple),
    st.lists(st.sampled_from(Exclusion), max_size=2, unique=True).map(tuple),
)


def told(found):
    return {each.term: each.points for each in found.contributions}


@given(facts, facts, weights)
def test_companies_that_nothing_tells_apart_have_the_same_points(one, other, weights):
    """What `targets` counts once for all of them: names, fit, leads and affiliates themselves are all one."""
    one = one._replace(lists=(), partner_of=(), signs=(), quotas=())
    alike = one._replace(
        enterprise_id=other.enterprise_id, name=other.name, fit=other.fit, region=other.region,
        exclusions=other.exclusions, is_confirmed=other.is_confirmed,
        affiliates=tuple(f"{each}公司" for each in one.affiliates) * 2,
        talks=one.talks * 2, group_talks=one.group_talks * 2, refusals=one.refusals * 2,
    )  # fmt: skip
    assert score(alike, weights, TODAY).points == score(one, weights, TODAY).points


def test_the_best_target_has_a_hundred_points():
    assert told(score(BEST, WEIGHTS, TODAY)) == {
        Term.GAP: 25, Term.LISTED: 20, Term.ANCHOR_PARTNER: 15, Term.SIGNALS: 10,
        Term.AFFILIATE: 10, Term.FITS_QUOTA: 10, Term.CONTACT: 10,
    }  # fmt: skip
    assert score(BEST, WEIGHTS, TODAY).points == 100


def test_what_is_not_there_is_told_too():
    found = score(PLAIN, WEIGHTS, TODAY)
    assert found.points == 0
    assert told(found) == dict.fromkeys(
        [
            Term.FILLED, Term.NOT_LISTED, Term.NO_ANCHOR, Term.NO_SIGNALS, Term.NO_AFFILIATE,
            Term.FITS_NO_QUOTA, Term.NO_CONTACT,
        ],
        0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "contribution"),
    [
        ({"status": Status.WEAK}, Contribution(Term.WEAK, 15)),
        ({"status": Status.NOT_SOUGHT}, Contribution(Term.NOT_SOUGHT)),
        ({"lists": (PRIVATE,)}, Contribution(Term.LISTED, 12, (PRIVATE,))),
        ({"lists": (PRIVATE, FORTUNE)}, Contribution(Term.LISTED, 20, (FORTUNE, PRIVATE))),
        ({"needed_by": (NEED,)}, Contribution(Term.ANCHOR_NEED, 15, (NEED,))),
        (
            {"signs": (Sign(SignalKind.EXPANSION, TODAY - timedelta(180)),)},
            Contribution(
                Term.SIGNALS, 5, (Weighed(Sign(SignalKind.EXPANSION, TODAY - timedelta(180)), 0.5),)
            ),
        ),
        (
            {"signs": (Sign(SignalKind.POLICY, TODAY + timedelta(1)),)},
            Contribution(Term.NO_SIGNALS),
        ),
        ({"is_in_province": True}, Contribution(Term.IN_PROVINCE, 10)),
        ({"is_referred": True}, Contribution(Term.REFERRED, 10)),
        (
            {"talks": (Talk(Stage.NEGOTIATING),)},
            Contribution(Term.IN_TALKS, -30, (Talk(Stage.NEGOTIATING),)),
        ),
        ({"group_talks": (Talk(),)}, Contribution(Term.GROUP_IN_TALKS, -10, (Talk(),))),
        (
            {"refusals": (Refusal(TODAY, OffRampReason.NO_SITE),)},
            Contribution(Term.REFUSED, -15, (Refusal(TODAY, OffRampReason.NO_SITE),)),
        ),
    ],
)
def test_each_head_counts_what_its_weight_says(changes, contribution):
    assert contribution in score(PLAIN._replace(**changes), WEIGHTS, TODAY).contributions


@given(facts, weights)
def test_the_contributions_add_up_to_the_score(one, weights):
    found = score(one, weights, TODAY)
    assert found.points == sum(each.points for each in found.contributions)
    assert [each.points for each in found.contributions[:7]] >= [0] * 7


@given(facts, weights, listed, signs, wanted)
def test_more_that_speaks_for_it_never_lowers_a_score(one, weights, place, sign, need):
    before = score(one, weights, TODAY).points
    for more in (
        one._replace(lists=(*one.lists, place)),
        one._replace(signs=(*one.signs, sign)),
        one._replace(partner_of=(*one.partner_of, need)),
        one._replace(needed_by=(*one.needed_by, need)),
        one._replace(has_contact=True),
        one._replace(is_referred=True),
        one._replace(is_in_province=True),
        one._replace(quotas=(*one.quotas, MAJOR)),
    ):
        assert score(more, weights, TODAY).points >= before


@given(facts, weights, talks)
def test_talks_and_refusals_never_raise_a_score(one, weights, talk):
    before = score(one, weights, TODAY).points
    for more in (
        one._replace(talks=(*one.talks, talk)),
        one._replace(group_talks=(*one.group_talks, talk)),
        one._replace(refusals=(*one.refusals, Refusal())),
    ):
        assert score(more, weights, TODAY).points <= before


@given(facts, weights, st.sampled_from(Exclusion))
def test_an_exclusion_adds_no_points_and_always_excludes(one, weights, exclusion):
    excluded = score(one._replace(exclusions=(exclusion,)), weights, TODAY)
    assert excluded.is_excluded
    assert excluded.points == score(one, weights, TODAY).points


standings = st.lists(
    st.builds(
        Standing, st.integers(-40, 100), st.integers(0, 100), st.sampled_from("甲乙丙"),
        st.integers(1, 8), st.integers(1, 4), st.booleans(), st.none(),
    ),
    max_size=8,
)  # fmt: skip


@given(standings, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_reading(several, random):
    # One company has one name, and one standing at a segment.
    several = [*{(each.enterprise_id, each.segment_id): each for each in several}.values()]
    several = [each._replace(name=f"{each.enterprise_id}号公司") for each in several]
    mixed = several.copy()
    random.shuffle(mixed)
    once = ranked(several, {1: 5})
    assert once == ranked(mixed, {1: 5})
    assert [order_key(each) for each in once] == sorted(order_key(each) for each in once)
    assert len({each.enterprise_id for each in once}) == len(once)


def test_ties_are_broken_by_fit_then_by_name():
    several = [
        Standing(0, 50, "丁", 1, 1),
        Standing(0, 50, "乙", 2, 1),
        Standing(0, 60, "丙", 3, 1),
    ]
    assert [each.name for each in ranked(several, {})] == ["丙", "丁", "乙"]


def test_a_company_stands_for_the_segment_it_scores_best_at():
    several = [
        Standing(15, 50, "甲", 1, 1),
        Standing(25, 50, "甲", 1, 2),
        Standing(25, 50, "甲", 1, 3),
        Standing(25, 99, "甲", 1, 4, is_excluded=True),
    ]
    assert [each.segment_id for each in ranked(several, {2: 3, 3: 5})] == [3]


@pytest.mark.parametrize(
    ("status", "stands", "anchor", "move"),
    [
        (Status.GAP, False, False, ChainMove.BUILD),
        (Status.GAP, False, True, ChainMove.BUILD),
        (Status.GAP, True, False, ChainMove.FILL),
        (Status.GAP, True, True, ChainMove.FILL),
        (Status.WEAK, True, False, ChainMove.STRENGTHEN),
        (Status.WEAK, True, True, ChainMove.EXTEND),
        (Status.HAS, True, False, ChainMove.STRENGTHEN),
        (Status.STRONG, True, True, ChainMove.EXTEND),
        (Status.NOT_SOUGHT, True, True, None),
    ],
)
def test_what_a_lead_would_do_for_the_chain(status, stands, anchor, move):
    assert move_of(status, stands_any_in_chain=stands, is_next_to_anchor=anchor) is move


@pytest.mark.parametrize(
    ("code", "is_excluded"),
    [
        ("7010", True),
        ("K7010", True),
        ("K70", True),
        ("3970", False),
        ("C3970", False),
        (None, False),
    ],
)
def test_real_estate_is_never_a_target(code, is_excluded):
    assert is_excluded_type(code) is is_excluded


def test_a_ranking_that_a_quota_counts_says_most():
    counted = ("china_500",)
    assert kind_of_list("china_500", counted) is ListKind.COUNTED
    assert kind_of_list("china_private_500", counted) is ListKind.LARGE
    assert kind_of_list("little_giant", counted) is ListKind.OTHER


def test_weights_are_the_offices():
    set_by_office = weights_of(CoverageSettings({Number.TARGET_GAP_POINTS: 40}))
    assert told(score(BEST, set_by_office, TODAY))[Term.GAP] == 40


def test_a_quota_is_met_by_a_ranking_that_is_held_or_by_an_announced_amount():
    criteria = AnyOf(
        (
            RankingClause(("china_500",), Decimal("0.5")),
            AllOf((PhysicalClause(), AmountClause(FigureKind.TOTAL_INVESTMENT, 500_000_000))),
            Not(RankingClause(("china_services_500",))),
        )
    )
    goal = goal_of("A", "大项目", None, criteria, 0.1)
    assert goal.lists == {"china_500"}

    def meets(ranked=(), announced=()):
        return [each.is_by_amount for each in may_meet([goal], ranked, announced, TODAY)]

    assert meets() == []
    assert (
        meets([Ranked("china_500", Decimal("0.5"))])
        == meets([Ranked("china_500", None)])
        == [False]
    )
    assert meets([Ranked("china_500", Decimal("0.49"))]) == []
    assert meets([Ranked("china_services_500")]) == []
    assert meets(announced=[Announced(TODAY, 500_000_000)]) == [True]
    assert meets(announced=[Announced(TODAY, 499_999_999)]) == []
    assert meets(announced=[Announced(TODAY - timedelta(365), 900_000_000)]) == []
    assert meets(announced=[Announced(TODAY + timedelta(1), 900_000_000)]) == []


def test_a_list_is_narrowed_without_changing_a_score():
    def names(**given):
        narrowed = TargetFilter(**given)
        return [each.facts.name for each in several if narrowed.takes(each)]

    several = [
        score(each, WEIGHTS, TODAY)
        for each in (
            PLAIN._replace(name="在谈", talks=(Talk(),), is_in_province=True),
            PLAIN._replace(name="集团在谈", group_talks=(Talk(),), is_in_province=False),
            PLAIN._replace(name="扩产", signs=(FRESH,)),
            PLAIN._replace(name="未到", signs=(Sign(SignalKind.POLICY, TODAY + timedelta(1)),)),
        )
    ]
    assert names() == ["在谈", "集团在谈", "扩产", "未到"]
    assert names(hides_talks=True) == ["扩产", "未到"]
    assert names(with_signs=True) == ["扩产"]
    assert names(seat=Seat.PROVINCE) == ["在谈"]
    assert names(seat=Seat.ELSEWHERE) == ["集团在谈"]
    assert names(seat=Seat.UNKNOWN) == ["扩产", "未到"]
