"""Stored verdicts follow who holds whom: rankings of groups, their shares and first entries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm.accounts.models import User
from crm.enterprises.models import FormerHolding, RankingEdition
from crm.leads.models import ExchangeRate
from crm.leads.rules import AgreementType, FigureSource, Stage
from crm.quotas.facts import facts_of, leads_of_enterprises, leads_of_ranking_list
from crm.quotas.rules import Outcome
from tests.features.quota_leads import (
    SIGNED_ON,
    YI,
    add_enterprise,
    add_figure,
    add_lead,
    add_milestone,
    add_ranking,
    add_signed,
    ask,
    codes,
    judge_again,
    verdict,
    wrong,
)


def person_id(session) -> int:
    return session.query(User.id).order_by(User.id).first()[0]


FIRST = {"clause": "ranking", "lists": ["china_500"], "min_shareholding": 0.5, "first_entry": True}


@pytest.mark.parametrize(
    ("percent", "code"),
    [(None, "shareholding_unknown"), (49, "shareholding_low"), (51, "ranked")],
)
def test_a_listed_parent_counts_by_the_share_it_holds(written, percent, code):
    group = add_enterprise("上榜集团")
    middle = add_enterprise("中间公司", parent_id=group.id, parent_shareholding=100)
    child = add_enterprise("本地公司", parent_id=middle.id, parent_shareholding=percent)
    lead = add_signed(yuan=YI, investor_id=child.id)
    judge_again(lead)
    assert codes(lead, "A") == {"ranking_none", "amount_below"}
    entry = add_ranking(group, person_id(written))
    assert leads_of_enterprises([group.id]) == [lead.id]
    assert wrong() == [lead.id]
    judge_again(lead)
    assert code in codes(lead, "A")
    add_ranking(add_enterprise("别家"), person_id(written), year=2027, on=date(2026, 10, 1))
    list_id = written.get(RankingEdition, entry.edition_id).list_id
    assert lead.id in leads_of_ranking_list(list_id)
    judge_again(lead)
    assert "ranking_outdated" in codes(lead, "A")
    assert wrong() == []


def test_the_list_company_named_on_the_lead_counts_by_the_stated_share(written):
    group, child = add_enterprise("上榜集团"), add_enterprise("本地公司")
    add_ranking(group, person_id(written))
    lead = add_signed(
        yuan=YI, investor_id=child.id, list_enterprise_id=group.id, list_shareholding=60
    )
    judge_again(lead)
    assert codes(lead, "A") >= {"ranked"}
    lead.list_shareholding = 49
    judge_again(lead)
    assert codes(lead, "A") >= {"shareholding_low"}


def test_shares_along_a_group_are_multiplied_and_circles_end(written):
    group = add_enterprise("上榜集团")
    middle = add_enterprise("中间公司", parent_id=group.id, parent_shareholding=60)
    child = add_enterprise("本地公司", parent_id=middle.id, parent_shareholding=60)
    group.parent_id, group.parent_shareholding = child.id, 10
    add_ranking(group, person_id(written))
    lead = add_signed(yuan=YI, investor_id=child.id)
    (facts,) = facts_of([lead.id])
    assert [m.shareholding for m in facts.rankings] == [Decimal("0.36")]
    assert leads_of_enterprises([group.id]) == [lead.id]


def test_facts_of_many_leads_take_as_many_queries_as_of_one(written, count_queries):
    group = add_enterprise("上榜集团")
    add_ranking(group, person_id(written))
    leads = [add_signed(f"项目{n}", investor_id=group.id) for n in range(12)]
    judge_again(add_signed("先前的项目"))  # what a transaction asks once is known by then
    seen = []
    for some in (leads[:1], leads):
        with count_queries() as statements:
            judge_again(*some)
        seen.append(len(statements))
    # The second time one lead has its verdicts already; inserts are one statement for all.
    assert seen[0] == seen[1] <= 13


def test_a_groups_second_project_is_no_first_entry_and_takes_nothing_from_the_first(written):
    ask(FIRST)
    group = add_enterprise("上榜集团")
    child = add_enterprise("子公司", parent_id=group.id, parent_shareholding=60)
    other = add_enterprise("另一子公司", parent_id=group.id, parent_shareholding=100)
    add_ranking(group, person_id(written))
    second = add_signed("第二个", investor_id=child.id)
    judge_again(second)
    assert codes(second, "A") >= {"ranked", "first_entry"}
    # Signed a day before by another company of the group, and recorded later.
    first = add_signed("第一个", on=SIGNED_ON - timedelta(days=1), investor_id=other.id)
    judge_again(first)
    assert codes(first, "A") >= {"ranked", "first_entry"}
    assert codes(second, "A") >= {"not_first_entry"}
    assert [r["refers_to"] for r in verdict(second, "A").reasons if "refers_to" in r] == [first.id]
    first.stage = Stage.LOST
    judge_again(first)
    assert codes(second, "A") >= {"first_entry"}
    first.stage, first.investor_id = Stage.SIGNED, add_enterprise("别家").id
    judge_again(first)
    assert codes(second, "A") >= {"first_entry"}
    assert wrong() == []


def test_the_first_entries_of_many_take_as_many_queries_as_of_one(written, count_queries):
    ask(FIRST)
    leads = []
    for number in range(6):
        group = add_enterprise(f"上榜集团{number}")
        add_ranking(group, person_id(written))
        leads += [add_signed(f"项目{number}-{n}", investor_id=group.id) for n in range(2)]
    judge_again(*leads)
    seen = []
    for some in (leads[:1], leads):
        with count_queries() as statements:
            judge_again(*some)
        seen.append(len(statements))
    assert seen[0] == seen[1] <= 15


def test_a_circle_of_owners_ends_and_a_share_beyond_the_whole_is_none(written):
    one, two = add_enterprise("甲公司"), add_enterprise("乙公司")
    one.parent_id, one.parent_shareholding = two.id, 80
    two.parent_id, two.parent_shareholding = one.id, 80
    lead = add_signed(yuan=YI, investor_id=one.id)
    judge_again(lead)
    assert codes(lead, "A") >= {"ranking_none"}
    add_ranking(two, person_id(written))
    named = add_signed(yuan=YI, list_enterprise_id=two.id, list_shareholding=300)
    judge_again(lead, named)
    assert codes(lead, "A") >= {"ranked"}
    assert codes(named, "A") >= {"shareholding_unknown"}
    assert verdict(named, "A").verdict is Outcome.NO


def test_a_signing_without_its_day_values_nothing_for_good(written):
    group = add_enterprise("上榜集团")
    add_ranking(group, person_id(written))
    lead = add_lead(stage=Stage.SIGNED, agreement_type=AgreementType.FORMAL, investor_id=group.id)
    add_milestone(lead, on=None, known_on=SIGNED_ON)
    add_figure(
        lead, 10 * YI, currency="USD", source=FigureSource.AGREEMENT, as_of=SIGNED_ON,
        document="协议",
    )  # fmt: skip
    written.add(ExchangeRate(currency="USD", quoted_on=date(2026, 1, 5), cny_per_unit=Decimal(7)))
    judge_again(lead)
    found = verdict(lead, "A")
    assert (found.verdict, found.is_signed_pending) == (Outcome.PENDING, True)
    assert codes(lead, "A") == {"signing_day_missing", "ranking_none", "amount_provisional"}


@pytest.mark.parametrize(
    ("sold_on", "code"),
    [(date(2026, 10, 19), "ranked"), (date(2026, 10, 18), "ranking_none")],
)
def test_who_held_the_company_on_the_day_of_signing_counts_not_who_does_now(written, sold_on, code):
    """Signed on 18 October: sold the day after, the listed group still held it; sold that day, no more."""
    group, buyer = add_enterprise("上榜集团"), add_enterprise("买方")
    child = add_enterprise(
        "本地公司", parent_id=buyer.id, parent_shareholding=100, parent_since=sold_on
    )
    written.add(
        FormerHolding(
            enterprise_id=child.id, parent_id=group.id, parent_shareholding=80, until_on=sold_on
        )
    )
    lead = add_signed(yuan=YI, investor_id=child.id)
    judge_again(lead)
    add_ranking(group, person_id(written))
    assert leads_of_enterprises([group.id]) == [lead.id]  # judged again although it is sold
    judge_again(lead)
    assert code in codes(lead, "A")
