"""目标企业 as people use it: the list, its filters and workbook, a lead in one click, putting aside."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from crm.chains.models import Segment, SegmentFit
from crm.chains.rules import FitBasis
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.models import TargetDismissal
from crm.enterprises.models import (
    Enterprise,
    ExpansionSignal,
    RankingEdition,
    RankingList,
    RankingRow,
)
from crm.enterprises.rules import loose_name, normalise_name, search_text
from crm.enterprises.rules.signals import SignalKind
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import ChainMove, MembershipKind, Stage
from tests.features.chain_cases import add_lead_at
from tests.leads import opened

PAGE = "/coverage/targets?segment=NFM-M11"


@pytest.fixture
def company(app):
    """company(name, **columns): one that suits NFM-M11; its id."""

    def add(name, **columns):
        with app.app_context(), transaction() as session:
            row = Enterprise(
                name=name, name_norm=normalise_name(name), name_loose=loose_name(name),
                search_text=search_text(name), **columns,
            )  # fmt: skip
            session.add(row)
            session.flush()
            segment = session.scalar(select(Segment.id).where(Segment.code == "NFM-M11"))
            session.add(
                SegmentFit(
                    enterprise_id=row.id, segment_id=segment, basis=FitBasis.KEYWORD, score=80
                )
            )
            return row.id

    return add


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", "经信局")


@pytest.mark.on("sqlite")
def test_every_company_is_listed_with_every_reason(company, staff):
    company("甲胶体材料有限公司", region_code="370200")
    text = staff.get(PAGE).text
    assert "甲胶体材料有限公司" in text
    for reason in ("环节空白", "企业就在省内", "未见扩产信号", "没有联系人电话"):
        assert reason in text
    assert "甲胶体材料有限公司" in staff.get("/coverage/targets?chain=nfm").text
    best = staff.get("/coverage/targets/best?segment=NFM-M11").text
    assert "甲胶体材料有限公司" in best
    assert "<html" not in best


@pytest.mark.on("sqlite")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("segment=XXX", 404), ("chain=XXX", 404), ("", 404), ("segment=NFM-M11&seat=x", 400),
        ("segment=NFM-M11&talks=x", 400), ("segment=NFM-M11&top=0", 400),
        ("segment=NFM-M11&top=9999", 400), ("segment=NFM-M11&signs=1", 400),
        ("segment=NFM-M11&top=000020" + "9" * 5000, 400), ("segment=NFM-M11&top=000020", 200),
    ],
)  # fmt: skip
def test_an_address_that_means_nothing_is_refused(staff, query, status):
    assert staff.get(f"/coverage/targets?{query}").status_code == status


@pytest.mark.on("sqlite")
def test_the_list_is_narrowed_and_taken_as_a_workbook(app, company, staff):
    company("省内公司", region_code="370200")
    with_sign = company("=HYPERLINK有信号公司", region_code="310000")
    with app.app_context(), transaction() as session:
        session.add(
            ExpansionSignal(
                enterprise_id=with_sign, kind=SignalKind.EXPANSION, happened_on=clock.today(),
                source="公告",
            )
        )  # fmt: skip
    inside = staff.get(f"{PAGE}&seat=province").text
    assert "省内公司" in inside
    assert "有信号公司" not in inside
    assert "省内公司" not in staff.get(f"{PAGE}&signs=yes").text
    assert "没有符合条件的企业" in staff.get(f"{PAGE}&signs=yes&seat=unknown").text
    answer = staff.get("/coverage/targets.xlsx?segment=NFM-M11")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("名次", "企业名称", "环节", "所在地", "得分", "理由")
    assert [row[4] for row in rows[1:]] == [35, 35]
    assert all("+25 环节空白" in row[5] for row in rows[1:])
    assert {sheet.cell(n, 2).data_type for n in (2, 3)} == {"s"}, "a formula stays text"
    assert sheet["F2"].alignment.wrap_text, "a reason a line"
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    with app.app_context():
        events = select(AuditEvent).where(AuditEvent.action == "targets_exported")
        assert db.session.scalars(events).one().after["rows"] == 2


def test_one_click_makes_a_lead_at_its_segment_with_move_and_reasons(
    app, company, staff, verdicts_stay_true
):
    number = company("甲胶体材料有限公司", region_code="370200")
    page = staff.get(PAGE).text
    with app.app_context():
        segment = db.session.scalar(select(Segment.id).where(Segment.code == "NFM-M11"))
    address = f"/leads/new?investor_id={number}&amp;segment={segment}"
    assert address in page
    sent = opened(staff, address.replace("&amp;", "&"))
    assert (sent["title"], sent["source"]) == (
        "甲胶体材料有限公司抛光液与硅溶胶/二氧化硅项目",
        "产业链目标企业",
    )
    assert sent["chain_move"] == ChainMove.BUILD, "nobody stands on the chain yet"
    assert sent["remark"].startswith("推荐理由（35分）：环节空白；企业就在省内")
    answer = staff.post("/leads/new", data=sent)
    assert answer.status_code == 302, answer.text
    receipt = staff.get(answer.location).text
    assert "抛光液与硅溶胶/二氧化硅</dd>" in receipt
    assert f'href="{PAGE}"' in receipt, "the next one to call"
    with app.app_context():
        lead = db.session.scalars(select(Lead)).one()
        assert (lead.segment_id, lead.chain_move) == (segment, ChainMove.BUILD)
        assert lead.chain_id == db.session.get(Segment, segment).chain_id
        assert lead.investor_id == number
        searched = select(AuditEvent).where(AuditEvent.action == "entry_searched")
        assert db.session.scalars(searched).one().after["query"] == "甲胶体材料有限公司"
    again = staff.get(address.replace("&amp;", "&")).text
    assert "建线索前查到这家企业已有登记" in again
    assert "甲胶体材料有限公司抛光液与硅溶胶/二氧化硅项目" in again
    remark = opened(staff, address.replace("&amp;", "&"))["remark"]
    assert remark == "推荐理由（5分）：环节空白；企业就在省内；已在谈", (
        "who reads it may not know the other"
    )
    assert "在谈" in staff.get(PAGE).text
    assert "没有符合条件的企业" in staff.get(f"{PAGE}&talks=hide").text


@pytest.mark.on("sqlite")
def test_another_units_lead_is_told_before_entry_by_its_unit_alone(app, company, staff, person):
    other = person("staff", "商务局")
    number = company("甲胶体材料有限公司")
    with app.app_context(), transaction() as session:
        title = "商务局的项目甲胶体材料有限公司"
        session.add(
            Lead(
                title=title, title_key=title, search_text=search_text(title), investor_id=number,
                stage=Stage.NEGOTIATING, stage_since=clock.today(), owner_id=other.id,
                last_progress_on=clock.today(), department_id=other.department_id,
            )
        )  # fmt: skip
        segment = session.scalar(select(Segment.id).where(Segment.code == "NFM-M11"))
    form = staff.get(f"/leads/new?investor_id={number}&segment={segment}").text
    assert "请联系商务局" in form
    assert "商务局的项目" not in form
    listed = staff.get(PAGE).text
    assert "请联系商务局" in listed
    assert "商务局的项目" not in listed


@pytest.mark.on("sqlite")
def test_who_has_signed_in_secret_is_counted_among_those_left_out_and_not_named(
    app, company, staff, person
):
    unit = {"department_id": person("staff", "商务局").department_id}
    open_one, secret = company("公开签约有限公司"), company("保密签约有限公司")
    with app.app_context(), transaction():
        add_lead_at("NFM-M11", "公开", Stage.SIGNED, investor_id=open_one, **unit)
        told = add_lead_at(
            "NFM-M11", "保密", Stage.SIGNED, investor_id=secret, is_sensitive=True, **unit
        )
        number = told.id
    page = staff.get(PAGE).text
    assert "在本环节已有项目签约或注册 2" in page
    assert "公开签约有限公司" in page
    assert "保密签约有限公司" not in page
    with app.app_context(), transaction() as session:
        kind = MembershipKind.NAMED
        session.add(LeadMember(lead_id=number, user_id=staff.actor.id, kind=kind))
    assert "保密签约有限公司" in staff.get(PAGE).text


def test_companies_a_ranking_prints_and_nobody_has_are_named_without_a_score(
    app, company, staff, count_queries
):
    company("甲胶体材料有限公司")
    with app.app_context(), transaction() as session:
        ranking = session.scalar(select(RankingList.id).where(RankingList.code == "china_500"))
        for year, names in (
            (2025, ["去年硅溶胶集团有限公司"]),
            (2026, ["某某二氧化硅集团有限公司", "甲胶体材料有限公司", "某某银行股份有限公司"]),
        ):
            edition = RankingEdition(list_id=ranking, year=year, published_on=date(year, 9, 10))
            session.add(edition)
            session.flush()
            session.add_all(
                RankingRow(edition_id=edition.id, position=n, rank=n, name_zh=name)
                for n, name in enumerate(names, 1)
            )
    with count_queries() as seen:
        page = staff.get(PAGE).text
    part = page[page.index("榜单企业（未入库）") :]
    assert "某某二氧化硅集团有限公司" in part
    assert "2026年中国企业500强第1位" in part
    for name in ("去年硅溶胶", "甲胶体材料", "某某银行"):
        assert name not in part
    assert len(seen) <= 34
    assert "榜单企业（未入库）" not in staff.get("/coverage/targets?segment=IME-U1").text


@pytest.mark.on("sqlite")
@pytest.mark.parametrize("segment", ["0", "x", "99999999", ""])
def test_a_segment_there_is_not_leaves_an_ordinary_entry(company, staff, segment):
    number = company("甲胶体材料有限公司")
    sent = opened(staff, f"/leads/new?investor_id={number}&segment={segment}")
    assert "remark" not in sent
    assert "chain" in sent


def test_a_segment_that_was_retired_meanwhile_takes_no_lead(app, company, staff):
    number = company("甲胶体材料有限公司")
    with app.app_context(), transaction() as session:
        segment = session.scalars(select(Segment).where(Segment.code == "NFM-M11")).one()
        segment.retired_on = date(2026, 11, 1)
        sent = {"investor_id": number, "segment": segment.id, "title": "项目", "source": "以商招商"}
    answer = staff.post("/leads/new", data=sent)
    assert answer.status_code == 422
    assert "这个环节已不在用" in answer.text


def test_a_company_is_put_aside_for_a_time_and_comes_back(app, company, staff, sign_in):
    number = company("甲胶体材料有限公司")
    address = f"/coverage/targets/NFM-M11/{number}/dismiss"
    sent = opened(staff, address)
    assert sent["days"] == "90"
    refused = staff.post(address, data={**sent, "days": "6"})
    assert refused.status_code == 422
    assert "请说明原因" in refused.text
    assert (
        "应在7到365之间" in staff.post(address, data={**sent, "reason": "饱和", "days": "6"}).text
    )
    answer = staff.post(f"{address}?segment=NFM-M11", data={**sent, "reason": "产能已饱和"})
    assert answer.location.endswith(PAGE)
    assert "还没有适合的企业" in (page := staff.get(PAGE).text)
    assert "暂不考虑 1" in page
    again = staff.post(address, data={**sent, "reason": "产能已饱和"})
    assert "这家企业已经暂不考虑" in again.text
    listed = staff.get("/coverage/dismissals").text
    assert "产能已饱和" in listed
    with app.app_context():
        row = db.session.scalars(select(TargetDismissal)).one()
        assert row.until_on == clock.today() + timedelta(days=90)
    back = f"/coverage/dismissals/{row.id}/withdraw"
    stranger = sign_in("staff", "商务局")
    assert stranger.post(back, data={"version": "1"}).status_code == 404
    assert staff.post(back, data={"version": "1"}).status_code == 302
    assert staff.post(back, data={"version": "1"}).status_code == 409
    assert "甲胶体材料有限公司" in staff.get(PAGE).text
    with app.app_context():
        actions = set(db.session.scalars(select(AuditEvent.action)))
        assert {"target_dismissed", "target_dismissal_withdrawn"} <= actions
    for action in ("target_dismissed", "target_dismissal_withdrawn"):
        trail = sign_in("auditor").get(f"/history/?action={action}").text
        assert "甲胶体材料有限公司" in trail
        assert "抛光液与硅溶胶" in trail


def test_putting_aside_for_the_chain_covers_its_other_segments(app, company, staff):
    number = company("甲胶体材料有限公司")
    with app.app_context(), transaction() as session:
        other = session.scalar(select(Segment.id).where(Segment.code == "NFM-M7"))
        session.add(
            SegmentFit(enterprise_id=number, segment_id=other, basis=FitBasis.KEYWORD, score=9)
        )
    address = f"/coverage/targets/NFM-M11/{number}/dismiss"
    assert "is_for_chain" in opened(staff, f"{address}?chain=NFM"), "offered from the chain's list"
    assert "is_for_chain" not in opened(staff, f"{address}?segment=NFM-M11")
    staff.post(address, data={"reason": "饱和", "days": "30", "is_for_chain": "y"})
    assert "还没有适合的企业" in staff.get("/coverage/targets?chain=NFM").text


@pytest.mark.on("sqlite")
def test_the_list_of_those_put_aside_says_when_it_is_cut_and_leaves_out_what_is_retired(
    app, company, staff
):
    number = company("甲胶体材料有限公司")
    with app.app_context(), transaction() as session:
        for code, count in (("NFM-M11", 201), ("NFM-M7", 1)):
            segment = session.scalar(select(Segment.id).where(Segment.code == code))
            session.add_all(
                TargetDismissal(
                    enterprise_id=number, segment_id=segment, reason=f"{code}理由{n}",
                    until_on=clock.today() + timedelta(days=9), at=clock.now(),
                )
                for n in range(count)
            )  # fmt: skip
        session.scalars(
            select(Segment).where(Segment.code == "NFM-M7")
        ).one().retired_on = clock.today()
    page = staff.get("/coverage/dismissals").text
    assert page.count("NFM-M11理由") == 200
    assert "只列出前200条" in page
    assert "NFM-M7理由" not in page


@pytest.mark.on("sqlite")
@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("staff", 200, 200), ("unit_head", 200, 200), ("director", 200, 200),
        ("district_leader", 200, 403), ("auditor", 200, 403), ("administrator", 403, 403),
    ],
)  # fmt: skip
def test_who_reads_targets_and_who_puts_them_aside(company, sign_in, role, reads, writes):
    number = company("甲胶体材料有限公司")
    client = sign_in(role, "某单位")
    for path in (PAGE, "/coverage/dismissals", "/coverage/targets.xlsx?segment=NFM-M11"):
        assert client.get(path).status_code == reads
    assert client.get(f"/coverage/targets/NFM-M11/{number}/dismiss").status_code == writes
    if reads == 200:
        assert ("建线索" in client.get(PAGE).text) == (writes == 200)
