"""Stored verdicts follow the facts: each kind of change, and nothing but the change."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from crm.accounts.models import User
from crm.chains.models import Chain
from crm.core.db import transaction
from crm.enterprises.models import FormerHolding, RankingEdition
from crm.enterprises.rules import Ownership
from crm.leads.models import Attachment, ExchangeRate
from crm.leads.rules import (
    AgreementType,
    AttachmentKind,
    ChainRole,
    Exclusion,
    FigureKind,
    FigureSource,
    HeadquartersType,
    MilestoneKind,
    Nature,
    Origin,
    PromotionMode,
    Stage,
)
from crm.places.models import Carrier, Zone
from crm.quotas.facts import (
    facts_of,
    leads_in_currency,
    leads_of_enterprises,
    leads_of_ranking_list,
)
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.quotas.queries import verdicts_of
from crm.quotas.rules import Outcome, kept, read_reason
from crm.quotas.services import differences, rejudge, rejudge_all
from crm.quotas.telling import told
from tests.features.quota_leads import (
    AT,
    SIGNED_ON,
    TODAY,
    YI,
    add_enterprise,
    add_figure,
    add_lead,
    add_milestone,
    add_ranking,
    add_signed,
    codes,
    judge_again,
    verdict,
    wrong,
)


@pytest.fixture
def written(db_session):
    with transaction() as session:
        yield session


def test_a_signed_lead_has_verdicts_of_its_year_and_others_of_the_years_still_open(written):
    signed, open_lead = add_signed(), add_lead()
    add_figure(open_lead, 60 * YI)
    judge_again(signed, open_lead)
    years = {
        lead.id: {
            (quota.code, quota.year)
            for quota in written.query(Quota).join(Verdict).filter(Verdict.lead_id == lead.id)
        }
        for lead in (signed, open_lead)
    }
    assert years[signed.id] == {("A", 2026), ("B", 2026)}
    assert years[open_lead.id] == {("A", 2026), ("B", 2026), ("A", 2027), ("B", 2027)}
    assert verdict(open_lead, "A").verdict is Outcome.PENDING
    assert verdict(open_lead, "A").signed_from is None


def test_a_lead_stands_in_each_number_from_the_day_of_its_event(written):
    lead = add_signed()
    add_milestone(lead, MilestoneKind.REGISTERED, date(2026, 9, 1))
    add_milestone(lead, MilestoneKind.STARTED, date(2026, 11, 2), document=None)
    judge_again(lead)
    found = verdict(lead)
    assert (found.verdict, found.signed_from) == (Outcome.COUNTS, SIGNED_ON)
    assert (found.registered_from, found.started_from) == (SIGNED_ON, date(2026, 11, 2))
    assert (found.is_signed_pending, found.is_registered_pending) == (False, False)
    assert found.is_started_pending


def test_judging_again_without_a_change_writes_nothing(written):
    lead = add_signed()
    assert judge_again(lead) == 2
    before = verdict(lead).judged_at
    assert judge_again(lead) == 0
    assert verdict(lead).judged_at == before


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda lead: setattr(lead, "is_physical", False), Outcome.NO),
        (lambda lead: setattr(lead, "is_physical", None), Outcome.PENDING),
        (lambda lead: setattr(lead, "exclusion", Exclusion.PPP), Outcome.NO),
        (lambda lead: setattr(lead, "stage", Stage.LOST), Outcome.NO),
        (lambda lead: setattr(lead, "agreement_type", AgreementType.FRAMEWORK), Outcome.PENDING),
        (
            lambda lead: add_figure(
                lead, 4 * YI, source=FigureSource.FILING, as_of=TODAY, document="备案证明"
            ),
            Outcome.NO,
        ),
    ],
)
def test_a_change_of_a_lead_is_missed_until_it_is_judged_again(written, change, outcome):
    lead, other = add_signed(), add_signed("另一个")
    judge_again(lead, other)
    assert verdict(lead).verdict is Outcome.COUNTS
    change(lead)
    assert wrong() == [lead.id]
    judge_again(lead)
    assert verdict(lead).verdict is outcome
    assert wrong() == []


def test_a_withdrawn_figure_judges_no_more(written):
    lead = add_signed()
    late = add_figure(lead, 4 * YI, source=FigureSource.FILING, as_of=TODAY, document="备案证明")
    judge_again(lead)
    assert verdict(lead).lacks_yuan == 1 * YI
    assert verdict(lead).is_near_miss
    late.is_withdrawn = True
    judge_again(lead)
    assert verdict(lead).verdict is Outcome.COUNTS


def test_an_uploaded_agreement_is_the_paper_of_signing_and_amount(written):
    lead = add_lead(stage=Stage.SIGNED, agreement_type=AgreementType.FORMAL)
    add_figure(lead, 6 * YI, source=FigureSource.AGREEMENT, as_of=SIGNED_ON)
    add_milestone(lead, document=None)
    judge_again(lead)
    assert (verdict(lead).verdict, verdict(lead).is_signed_pending) == (Outcome.PENDING, True)
    file = Attachment(
        lead_id=lead.id,
        kind=AttachmentKind.AGREEMENT,
        filename="投资协议.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        stored_name="a" * 32,
        uploaded_at=AT,
    )
    written.add(file)
    assert wrong() == [lead.id]
    judge_again(lead)
    assert (verdict(lead).verdict, verdict(lead).is_signed_pending) == (Outcome.COUNTS, False)
    file.is_removed = True
    judge_again(lead)
    assert verdict(lead).verdict is Outcome.PENDING


def test_a_new_rate_concerns_unsigned_foreign_amounts_alone(written):
    in_talks = add_lead("在谈")
    add_figure(in_talks, 70_000_000, currency="USD")
    signed = add_signed("已签", 1)
    add_figure(
        signed,
        70_000_000,
        currency="USD",
        source=FigureSource.STATISTICS,
        as_of=SIGNED_ON,
        document="统计表",
    )
    written.add(ExchangeRate(currency="USD", quoted_on=date(2026, 3, 1), cny_per_unit=Decimal(7)))
    judge_again(in_talks, signed)
    assert codes(in_talks) >= {"amount_below"}
    written.add(
        ExchangeRate(currency="USD", quoted_on=date(2026, 11, 20), cny_per_unit=Decimal("7.2"))
    )
    assert wrong() == [in_talks.id]
    assert leads_in_currency("USD") == [in_talks.id, signed.id]
    judge_again(in_talks, signed)
    assert codes(in_talks) >= {"amount_expected", "amount_provisional"}
    assert codes(signed) >= {"amount_below"}


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


def person_id(session) -> int:
    return session.query(User.id).order_by(User.id).first()[0]


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


def test_the_calendar_alone_changes_no_verdict(written):
    unsigned, signed = add_lead("在谈"), add_signed()
    add_figure(unsigned, 8 * YI)
    judge_again(unsigned, signed)
    for days in (1, 30, 400):
        assert list(differences(today=TODAY + timedelta(days=days))) == []


def test_a_signing_moved_to_another_year_moves_the_verdicts(written):
    lead = add_lead(stage=Stage.SIGNED, agreement_type=AgreementType.FORMAL)
    add_figure(lead, 6 * YI, source=FigureSource.AGREEMENT, as_of=SIGNED_ON, document="协议")
    signing = add_milestone(lead)
    judge_again(lead)
    signing.statistics_on = date(2025, 12, 26)
    assert wrong() == [lead.id]
    judge_again(lead)
    assert verdict(lead) is None
    assert verdict(lead, year=2025).signed_from == SIGNED_ON
    assert {row.year for row in verdicts_of(lead.id, 2026)} == {2025}


def test_a_changed_quota_is_brought_to_all_leads(written):
    lead = add_signed(yuan=4 * YI)
    judge_again(lead)
    quota = written.query(Quota).filter_by(code="B", year=2026).one()
    quota.criteria = {
        "any_of": [{"clause": "amount", "field": "total_investment", "at_least_yuan": 4 * YI}]
    }
    assert wrong() == [lead.id]
    assert rejudge_all(today=TODAY, at=AT) == 1
    assert verdict(lead).verdict is Outcome.COUNTS


def test_reasons_are_kept_as_plain_values_and_read_back_whole(written):
    lead = add_signed(yuan=4_999_000_000)
    add_figure(lead, 12 * YI, kind=FigureKind.HEADQUARTERS_REVENUE)
    judge_again(lead)
    for code in "AB":
        reasons = verdict(lead, code).reasons
        assert reasons
        assert [kept(read_reason(data)) for data in reasons] == reasons


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


def test_what_a_verdict_said_before_is_kept_with_the_time_it_was_known(written):
    lead = add_signed()
    judge_again(lead)
    before = verdict(lead, "B")
    said, known = before.verdict, before.judged_at
    lead.is_physical = False
    later = AT + timedelta(days=3)
    written.flush()
    rejudge([lead.id], today=TODAY, at=later)
    kept_rows = written.query(SupersededVerdict).filter_by(lead_id=lead.id).all()
    assert [(row.verdict, row.judged_at, row.replaced_at) for row in kept_rows] == [
        (said, known, later)
    ]
    written.expire_all()
    assert verdict(lead, "B").judged_at == later


def test_a_frozen_quota_keeps_its_verdicts(written):
    lead = add_signed()
    judge_again(lead)
    for quota in written.query(Quota).filter_by(year=2026):
        quota.frozen_at = AT
    lead.is_physical = False
    judge_again(lead)
    assert verdict(lead, "B").verdict is Outcome.COUNTS
    assert wrong() == []


def ask(session, criteria, code="A", year=2026) -> Quota:
    """Another rule for a quota, as if it had been published."""
    quota = session.query(Quota).filter_by(code=code, year=year).one()
    quota.criteria = criteria
    session.flush()
    return quota


def test_what_a_project_is_reaches_the_rule(written):
    chain = written.query(Chain).filter_by(code="NFM").one()
    zone = written.query(Zone).filter_by(code="smart").one()
    carrier = written.query(Carrier).filter_by(zone_id=zone.id).first()
    lead = add_signed(
        investor_id=add_enterprise("央企公司", ownership=Ownership.CENTRAL).id,
        chain_id=chain.id,
        carrier_id=carrier.id,
        nature=Nature.NEW,
        origin=Origin.OVERSEAS,
        promotion_mode=PromotionMode.PARK,
        chain_role=ChainRole.SUPPLIER,
        is_headquarters=True,
        headquarters_type=HeadquartersType.REGIONAL,
    )
    (facts,) = facts_of([lead.id])
    assert (facts.chain, facts.zone, facts.ownership) == ("NFM", "smart", Ownership.CENTRAL)
    clauses = [
        {"clause": "nature", "of": ["new"]},
        {"clause": "origin", "of": ["overseas"]},
        {"clause": "chain", "of": ["NFM"]},
        {"clause": "zone", "of": ["smart"]},
        {"clause": "ownership", "of": ["central"]},
        {"clause": "promotion_mode", "of": ["park"]},
        {"clause": "chain_role", "of": ["supplier"]},
        {"clause": "is_headquarters", "types": ["regional"]},
        {"not": {"clause": "nature", "of": ["phase_two"]}},
    ]
    ask(written, {"all": clauses})
    judge_again(lead)
    found = verdict(lead, "A")
    assert found.verdict is Outcome.COUNTS
    assert [reason["passed"] for reason in found.reasons] == [True] * len(clauses)
    texts = [each.text for each in told(row_of(found)).reasons]
    assert "产业链为新型功能材料" in texts
    assert "链上角色为配套" in texts
    assert "组团为新型智造组团" in texts
    lead.nature = None
    assert lead.id in wrong()


def row_of(found):
    return SimpleNamespace(
        label="大项目", label_en=None, verdict=found.verdict, branch=found.branch,
        reasons=found.reasons,
    )  # fmt: skip


def test_types_a_version_does_not_name_do_not_bar(written):
    lead = add_signed(exclusion=Exclusion.FUND)
    criteria = {"clause": "amount", "field": "total_investment", "at_least_yuan": 5 * YI}
    ask(written, criteria)
    judge_again(lead)
    assert verdict(lead, "A").verdict is Outcome.NO
    ask(written, {**criteria, "exclusions": ["real_estate"]})
    judge_again(lead)
    assert verdict(lead, "A").verdict is Outcome.COUNTS


FIRST = {"clause": "ranking", "lists": ["china_500"], "min_shareholding": 0.5, "first_entry": True}


def test_a_groups_second_project_is_no_first_entry_and_takes_nothing_from_the_first(written):
    ask(written, FIRST)
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
    ask(written, FIRST)
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


def test_after_a_migration_every_verdict_is_judged_anew(app, db_session, monkeypatch):
    with transaction() as session:
        lead = add_signed()
        judge_again(lead)
        found = verdict(lead)
        found.reasons = [{"code": "physical", "passed": True}]
        session.flush()
    assert wrong() == [lead.id]
    db_session.rollback()
    run = app.test_cli_runner().invoke
    assert run(args=["prepare"]).exit_code == 0
    assert wrong() == [lead.id]
    db_session.rollback()
    monkeypatch.setattr("crm.core.migrations.current", lambda _engine: "0001")
    assert run(args=["prepare"]).exit_code == 0
    assert wrong() == []
