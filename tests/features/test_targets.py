"""Whom to call about a segment: who is a target, with which reasons, told to whom."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.chains.models import AnchorNeed, Presence, Segment, SegmentFit
from crm.chains.rules import FitBasis, FitState, NeedKind, PresenceRole
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.models import TargetDismissal
from crm.coverage.queries.talks import told_to
from crm.coverage.queries.targets import targets
from crm.coverage.rules.scoring import Exclusion, Term
from crm.coverage.telling import reasons_of
from crm.enterprises.models import (
    Contact,
    Enterprise,
    ExpansionSignal,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules import loose_name, normalise_name, search_text
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.rules.signals import SignalKind
from crm.leads.models import Lead
from crm.leads.rules import OffRampReason, Stage
from crm.outlook.models import ForecastQuota, ForecastRun
from tests.features.chain_cases import add_lead_at

SEGMENT = "NFM-M11"


class Base:
    """A base of companies that suit one segment, to be told facts about."""

    def __init__(self):
        self.today = clock.today()
        row = db.session.execute(
            select(Segment.id, Segment.chain_id).where(Segment.code == SEGMENT)
        ).one()
        self.segment, self.chain = row.id, row.chain_id

    def company(self, name, *, fit=80, at=None, **columns):
        """A company that suits the segment; its id."""
        row = Enterprise(
            name=name, name_norm=normalise_name(name), name_loose=loose_name(name),
            search_text=search_text(name), **columns,
        )  # fmt: skip
        self.add(row)
        if fit:
            self.add(
                SegmentFit(
                    enterprise_id=row.id, segment_id=at or self.segment, basis=FitBasis.KEYWORD,
                    score=fit,
                )
            )  # fmt: skip
        return row.id

    def add(self, row):
        with transaction():
            db.session.add(row)
        return row

    def stands(self, company, segment=None, **columns):
        self.add(
            Presence(
                enterprise_id=company, segment_id=segment or self.segment,
                role=PresenceRole.ANCHOR, checked_on=self.today, **columns,
            )
        )  # fmt: skip

    def found(self):
        return targets(self.today, self.chain, self.segment)

    def scores(self):
        return {each.facts.name: each for each in self.found().scores}

    def terms(self, name):
        return {each.term: each.points for each in self.scores()[name].contributions}

    def sentences(self, actor, name):
        found = self.found()
        (told,) = told_to(
            actor, [e for e in found.scores if e.facts.name == name], found.groups, self.today
        )
        return {each.code: each.sentence for each in reasons_of(told)}


@pytest.fixture
def base(app):
    with app.test_request_context():
        yield Base()


def test_everything_that_speaks_for_a_company_is_found(base, person):
    company = base.company("宁德新能源材料股份有限公司", region_code="350900")
    base.company("宁德新能源（德州）有限公司", fit=0, region_code="371400", parent_id=company)
    anchor = base.company("山东建邦胶体材料有限公司", fit=0)
    base.add(
        AnchorNeed(
            enterprise_id=anchor, segment_id=base.segment, kind=NeedKind.SUPPLY,
            description="电子级硅溶胶", partner_name="宁德新能源材料股份有限公司",
            noted_on=base.today,
        )
    )  # fmt: skip
    ranking = db.session.scalar(select(RankingList.id).where(RankingList.code == "china_500"))
    for year, days in ((2025, 400), (2026, 30)):
        edition = base.add(
            RankingEdition(
                list_id=ranking, year=year, published_on=base.today - timedelta(days=days)
            )
        )
    base.add(
        RankingEntry(
            edition_id=edition.id, enterprise_id=company, rank=88, document="榜单",
            confirmed_by_id=person("unit_head").id, confirmed_at=clock.now(),
        )
    )  # fmt: skip
    base.add(
        ExpansionSignal(
            enterprise_id=company, kind=SignalKind.EXPANSION, happened_on=base.today, source="公告"
        )
    )
    base.add(Contact(enterprise_id=company, name="王经理", phone="13800000000"))
    assert base.terms("宁德新能源材料股份有限公司") == {
        Term.GAP: 25, Term.LISTED: 20, Term.ANCHOR_PARTNER: 15, Term.SIGNALS: 10,
        Term.AFFILIATE: 10, Term.FITS_QUOTA: 10, Term.CONTACT: 10,
    }  # fmt: skip
    told = base.sentences(person("director"), "宁德新能源材料股份有限公司")
    assert told[Term.LISTED] == "上榜：2026年中国企业500强第88位"
    assert told[Term.ANCHOR_PARTNER] == "链主点名：山东建邦胶体材料有限公司（电子级硅溶胶）"
    assert told[Term.AFFILIATE] == "省内有关联企业：宁德新能源（德州）有限公司"
    assert told[Term.SIGNALS] == "扩产信号：2026年11月26日公告扩产（分量100%）"
    assert told[Term.FITS_QUOTA] == "可望计入大项目"


def test_every_sign_is_told_with_what_it_weighs(base, person):
    company = base.company("甲公司")
    for days, kind in ((0, SignalKind.POLICY), (180, SignalKind.FUNDING)):
        on = base.today - timedelta(days=days)
        base.add(ExpansionSignal(enterprise_id=company, kind=kind, happened_on=on, source="报道"))
    assert base.terms("甲公司")[Term.SIGNALS] == 7
    staff = person("staff")
    told = "扩产信号：2026年11月26日政策（分量40%）、2026年5月30日融资（分量30%）"
    assert base.sentences(staff, "甲公司")[Term.SIGNALS] == told
    on = base.today - timedelta(days=360)
    for source in ("甲公告", "乙公告"):
        base.add(
            ExpansionSignal(
                enterprise_id=company, kind=SignalKind.EXPANSION, happened_on=on, source=source
            )
        )
    assert base.terms("甲公司")[Term.SIGNALS] == 10
    earlier = "、2025年12月1日公告扩产（分量25%）、更早的1条（分量合计25%）"
    assert base.sentences(staff, "甲公司")[Term.SIGNALS] == told + earlier


def test_a_reason_with_dozens_of_needs_stays_a_sentence(base, person):
    base.company("甲新材料有限公司")
    for firm in range(5):
        anchor = base.company(f"第{firm}链主公司", fit=0)
        for n in range(5):
            base.add(
                AnchorNeed(
                    enterprise_id=anchor, segment_id=base.segment, kind=NeedKind.SUPPLY,
                    description=f"需求{firm}{n}", noted_on=base.today,
                )
            )  # fmt: skip
    told = base.sentences(person("director"), "甲新材料有限公司")[Term.ANCHOR_NEED]
    assert told.startswith(
        "链主在本环节有需求：第0链主公司（需求00、需求01、需求02）、第1链主公司（"
    )
    assert told.count("链主公司") == 3


def test_what_one_more_project_would_add_is_told_from_the_forecast_kept_last(base, person):
    company = base.company("甲新材料有限公司")
    base.add(
        ExpansionSignal(
            enterprise_id=company, kind=SignalKind.EXPANSION, happened_on=base.today,
            source="公告", amount_yuan=800_000_000,
        )
    )  # fmt: skip
    run = base.add(
        ForecastRun(year=base.today.year, week_of=base.today, made_on=base.today, parameters={})
    )
    base.add(
        ForecastQuota(
            run_id=run.id, code="B", event="signed", target=12, certain=3, p_meet=0.4, low=8,
            high=13, expected=10.0, unknown_low=0, unknown_high=1, told={"gain_of_one": 0.13},
        )
    )  # fmt: skip
    told = base.sentences(person("director"), "甲新材料有限公司")
    assert told[Term.FITS_QUOTA] == "可望计入实体总部（再计入1个，完成把握+13个百分点）"


def test_a_holder_speaks_for_those_it_holds_by_half(base, person):
    top = base.company("某某控股集团有限公司", fit=0)
    base.company("甲公司", parent_id=top, parent_shareholding=60)
    base.company("乙公司", parent_id=top, parent_shareholding=30)
    base.company("丙公司", parent_id=top)
    ranking = db.session.scalar(
        select(RankingList.id).where(RankingList.code == "china_private_500")
    )
    edition = base.add(RankingEdition(list_id=ranking, year=2026, published_on=base.today))
    base.add(
        RankingEntry(
            edition_id=edition.id, enterprise_id=top, document="榜单",
            confirmed_by_id=person("unit_head").id, confirmed_at=clock.now(),
        )
    )  # fmt: skip
    assert base.terms("甲公司")[Term.LISTED] == base.terms("丙公司")[Term.LISTED] == 12
    assert Term.NOT_LISTED in base.terms("乙公司")
    told = base.sentences(person("director"), "甲公司")
    assert told[Term.LISTED] == "上榜：某某控股集团有限公司在2026年中国民营企业500强"


def test_an_edition_that_nobody_has_confirmed_takes_no_place_away(base, person):
    one, other = base.company("榜上公司"), base.company("落榜公司")
    ranking = db.session.scalar(select(RankingList.id).where(RankingList.code == "china_500"))
    before, newest = (
        base.add(RankingEdition(list_id=ranking, year=year, published_on=base.today - ago))
        for year, ago in ((2025, timedelta(days=400)), (2026, timedelta(days=30)))
    )
    confirmed = {
        "document": "榜单", "confirmed_by_id": person("unit_head").id, "confirmed_at": clock.now(),
    }  # fmt: skip
    for company in (one, other):
        base.add(RankingEntry(edition_id=before.id, enterprise_id=company, **confirmed))
    row = base.add(RankingRow(edition_id=newest.id, position=1, name_zh="榜上公司"))
    assert Term.NOT_LISTED in base.terms("榜上公司")
    proposal = base.add(
        RankingProposal(row_id=row.id, enterprise_id=one, basis=Basis.NAME, score=100)
    )
    assert base.terms("榜上公司")[Term.LISTED] == 20
    assert base.sentences(person("director"), "榜上公司")[Term.LISTED].startswith("上榜：2025年")
    assert Term.NOT_LISTED in base.terms("落榜公司")
    entry = base.add(
        RankingEntry(edition_id=newest.id, enterprise_id=one, row_id=row.id, **confirmed)
    )
    assert base.sentences(person("director"), "榜上公司")[Term.LISTED].startswith("上榜：2026年")
    with transaction() as session:
        session.delete(session.merge(entry))
        session.merge(proposal).rejected_at = clock.now()
    assert Term.NOT_LISTED in base.terms("榜上公司")


def test_who_is_no_target_is_left_out_with_the_reason(base):
    base.company("外地公司")
    base.company("本区公司", region_code="370105")
    base.stands(base.company("在链企业"), segment=_other_segment(base))
    base.company("某某置业有限公司", industry_code="7010")
    dismissed = base.company("暂不考虑公司")
    base.add(
        TargetDismissal(
            enterprise_id=dismissed, segment_id=base.segment, reason="产能已饱和",
            until_on=base.today + timedelta(days=1), at=clock.now(),
        )
    )  # fmt: skip
    rejected = base.company("不属于这里的公司", fit=0)
    base.add(
        SegmentFit(
            enterprise_id=rejected, segment_id=base.segment, basis=FitBasis.KEYWORD, score=80,
            state=FitState.REJECTED,
        )
    )  # fmt: skip
    for title, stage in (("已签约公司", Stage.SIGNED), ("已注册公司", Stage.REGISTERED)):
        company = base.company(title)
        with transaction():
            add_lead_at(SEGMENT, title, stage, investor_id=company)
    found = base.found()
    assert [each.facts.name for each in found.scores] == ["外地公司"]
    assert {each.facts.name: each.facts.exclusions for each in found.excluded} == {
        "本区公司": (Exclusion.LOCAL,),
        "在链企业": (Exclusion.LOCAL,),
        "某某置业有限公司": (Exclusion.EXCLUDED_TYPE,),
        "暂不考虑公司": (Exclusion.DISMISSED,),
        "已签约公司": (Exclusion.SETTLED,),
        "已注册公司": (Exclusion.SETTLED,),
    }


def _other_segment(base):
    return db.session.scalar(
        select(Segment.id)
        .where(
            Segment.chain_id == base.chain,
            Segment.id != base.segment,
            Segment.parent_id.is_(None),
        )
        .order_by(Segment.id)
    )


def test_a_dismissal_that_has_run_out_or_was_withdrawn_holds_nobody_back(base):
    for name, columns in (
        ("到期公司", {"until_on": base.today}),
        ("撤销公司", {"until_on": base.today + timedelta(days=9), "withdrawn_at": clock.now()}),
    ):
        base.add(
            TargetDismissal(
                enterprise_id=base.company(name), segment_id=base.segment, reason="产能已饱和",
                at=clock.now(), **columns,
            )
        )  # fmt: skip
    assert set(base.scores()) == {"到期公司", "撤销公司"}


def test_a_lead_elsewhere_is_told_by_name_to_who_may_see_it_by_unit_to_others(base, person):
    owner, other = person("staff", "经信局"), person("staff", "商务局")
    company = base.company("甲公司")
    secret = base.company("乙公司")
    unit = {"owner_id": owner.id, "department_id": owner.department_id}
    _lead(base, "甲公司电池项目", company, **unit, stage=Stage.NEGOTIATING)
    _lead(base, "乙公司机密项目", secret, **unit, stage=Stage.CONTACTED, is_sensitive=True)
    assert base.terms("甲公司")[Term.IN_TALKS] == -30
    told = base.sentences(owner, "甲公司")
    assert told[Term.IN_TALKS] == "已在谈：甲公司电池项目（洽谈、经信局）"
    assert base.sentences(other, "甲公司")[Term.IN_TALKS] == "已在谈：请联系经信局"
    _lead(base, "甲公司储能项目", company, **unit, stage=Stage.LEAD)
    assert base.sentences(other, "甲公司")[Term.IN_TALKS] == "已在谈：请联系经信局", "one unit once"
    assert base.sentences(owner, "乙公司")[Term.IN_TALKS] == "已在谈：请联系局领导"
    base.company("甲公司（武汉）", parent_id=company)
    assert base.terms("甲公司（武汉）")[Term.GROUP_IN_TALKS] == -10


def _lead(base, title, company, **columns):
    facts = {"stage_since": base.today, "last_progress_on": base.today, **columns}
    return base.add(Lead(title=title, title_key=title, investor_id=company, **facts)).id


def test_a_refusal_is_held_against_a_company_for_a_year(base, person):
    owner = person("staff", "经信局")
    unit = {"department_id": owner.department_id, "stage": Stage.LOST}
    unit["off_ramp_reason"] = OffRampReason.NO_SITE
    for name, days in (("甲公司", 364), ("乙公司", 365)):
        on = base.today - timedelta(days=days)
        _lead(base, f"{name}项目", base.company(name), stage_since=on, referrer="李会长", **unit)
    assert base.terms("甲公司")[Term.REFUSED] == -15
    assert Term.REFUSED not in base.terms("乙公司")
    assert base.terms("乙公司")[Term.REFERRED] == 10
    told = base.sentences(owner, "甲公司")[Term.REFUSED]
    assert told == "一年内终止过：甲公司项目（无合适用地或载体、2025年11月27日）"


def test_a_segment_tells_those_below_it_too_and_a_chain_tells_all(base):
    below = base.add(
        Segment(
            chain_id=base.chain, parent_id=base.segment, code="NFM-M11-1", name="下级环节",
            tier=db.session.get(Segment, base.segment).tier,
        )
    )  # fmt: skip
    base.company("下级公司", at=below.id)
    base.company("别处公司", at=_other_segment(base))
    assert set(base.scores()) == {"下级公司"}
    whole = targets(base.today, base.chain)
    assert {each.facts.name for each in whole.scores} == {"下级公司", "别处公司"}
    assert targets(base.today, base.chain, 0) is None


def test_two_companies_that_hold_each_other_do_no_harm(base):
    one = base.company("甲公司", region_code="370100")
    other = base.company("乙公司", parent_id=one)
    with transaction():
        db.session.get(Enterprise, one).parent_id = other
    assert set(base.scores()) == {"甲公司", "乙公司"}


def test_statements_do_not_grow_with_companies(base, count_queries):
    def counted():
        with count_queries() as seen:
            found = base.found()
        return len(seen), len(found.scores)

    base.company("甲公司")
    few = counted()
    for number in range(30):
        company = base.company(f"第{number}号公司", region_code="370100")
        base.company(f"第{number}号子公司", parent_id=company)
    many = counted()
    assert (few[1], many[1]) == (1, 61)
    assert many[0] == few[0] <= 24


def test_each_stands_where_its_own_points_put_it(base):
    """Points are counted once for companies that nothing tells apart; here hardly two are alike."""
    top = base.company("山东某某控股有限公司", region_code="370600")
    for number in range(36):
        company = base.company(
            f"第{number}号公司", fit=50 + number % 3,
            region_code=("370200", "320500", None)[number % 3],
            parent_id=top if number % 4 == 1 else None,
        )  # fmt: skip
        if number % 5 == 0:
            base.add(Contact(enterprise_id=company, name="王经理", phone="13800000000"))
        if number % 7 == 0:
            stage = Stage.NEGOTIATING if number % 2 else Stage.LOST
            with transaction():
                add_lead_at(SEGMENT, f"第{number}号项目", stage, investor_id=company)
        if number % 11 == 0:
            with transaction():
                add_lead_at(
                    SEGMENT,
                    f"荐第{number}号",
                    Stage.TRANSFERRED,
                    investor_id=company,
                    referrer="李",
                )
    scores = base.found().scores
    order = [(-each.points, -each.facts.fit, each.facts.name) for each in scores]
    assert order == sorted(order)
    assert len({each.points for each in scores}) > 5
    assert scores[3:5] == [scores[3], scores[4]]


def test_the_command_tells_the_best_with_every_reason(app, base):
    for name in ("甲公司", "乙公司"):
        base.company(name, region_code="370100")
    result = app.test_cli_runner().invoke(
        args=["chains", "targets", "--segment", SEGMENT.lower(), "--top", "1", "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["segment"] == SEGMENT
    (best,) = told["targets"]
    assert (best["enterprise"], best["score"]) == ("乙公司", 35)
    assert best["reasons"][0] == {"code": "gap", "points": 25, "text": "环节空白"}
    assert {"code": "no_signals", "points": 0, "text": "未见扩产信号"} in best["reasons"]
    unknown = app.test_cli_runner().invoke(args=["chains", "targets", "--segment", "XXX-1"])
    assert unknown.exit_code == 2
