"""Stored verdicts follow the facts: each kind of change, and nothing but the change."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from crm.chains.models import Chain
from crm.core.db import transaction
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
from crm.quotas.facts import facts_of, leads_in_currency
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
    add_signed,
    ask,
    codes,
    judge_again,
    verdict,
    wrong,
)


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
    ask({"all": clauses})
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
    ask(criteria)
    judge_again(lead)
    assert verdict(lead, "A").verdict is Outcome.NO
    ask({**criteria, "exclusions": ["real_estate"]})
    judge_again(lead)
    assert verdict(lead, "A").verdict is Outcome.COUNTS


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
