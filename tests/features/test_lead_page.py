"""One lead's page: everything known, whoever may see it, and nobody's telephone by accident."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.models import Contact, Enterprise
from crm.history import services as audit
from crm.history.models import AuditEvent
from crm.imports.models import LedgerDifference, LedgerImport, LedgerQuestion
from crm.leads.models import Activity, Attachment, Figure, Lead, LeadMember, Milestone, StageChange
from crm.leads.rules import (
    ActivityKind,
    AttachmentKind,
    FigureKind,
    FigureSource,
    MembershipKind,
    MilestoneKind,
    Path,
    Stage,
    StageSource,
)
from crm.quotas.services import rejudge

pytestmark = pytest.mark.on("sqlite")

TODAY = date(2026, 11, 23)


@pytest.fixture
def rich_lead(app: Any, person: Any) -> dict[str, int]:
    """A signed lead with one of everything, owned by a person of 药山街道."""
    owner = person("staff", "药山街道", name="李娜")
    helper = person("staff", "泺口街道", name="张伟")
    with app.app_context(), transaction() as session:
        investor = Enterprise(
            name="示例风电装备集团有限公司", name_norm="a", name_loose="a", search_text="a"
        )
        session.add(investor)
        session.flush()
        contact = Contact(
            enterprise_id=investor.id, name="赵经理", position="投资总监", phone="13800001001"
        )
        lead = Lead(
            title="风电叶片项目",
            title_key="t",
            receipt_number="BB20261123-000001",
            investor_id=investor.id,
            owner_id=owner.id,
            department_id=owner.department_id,
            stage=Stage.REGISTERED,
            path=Path.LAND,
            is_physical=True,
            stage_since=TODAY,
            last_progress_on=TODAY,
            next_action="提交用地方案",
            next_action_on=date(2020, 1, 1),
            created_by_id=owner.id,
        )
        session.add_all([contact, lead])
        session.flush()
        session.add_all(
            [
                LeadMember(lead_id=lead.id, user_id=helper.id, kind=MembershipKind.CO_OWNER),
                StageChange(
                    lead_id=lead.id, to_stage=Stage.CONTACTED, happened_on=date(2026, 2, 3)
                ),
                Milestone(
                    lead_id=lead.id,
                    kind=MilestoneKind.SIGNED,
                    happened_on=date(2026, 5, 6),
                    statistics_on=date(2026, 6, 1),
                    known_on=TODAY,
                    document="投资协议",
                ),
                Milestone(
                    lead_id=lead.id,
                    kind=MilestoneKind.REGISTERED,
                    known_on=TODAY,
                    source=StageSource.IMPORT,
                ),
                Figure(
                    lead_id=lead.id,
                    kind=FigureKind.TOTAL_INVESTMENT,
                    source=FigureSource.AGREEMENT,
                    as_of=date(2026, 5, 6),
                    stated_text="49.99亿",
                    amount=4_999_000_000,
                ),
                Activity(
                    lead_id=lead.id,
                    kind=ActivityKind.VISIT_OUT,
                    happened_on=date(2026, 10, 1),
                    summary="赴总部拜访",
                    by_id=owner.id,
                ),
                Attachment(
                    lead_id=lead.id,
                    kind=AttachmentKind.AGREEMENT,
                    filename="投资协议.pdf",
                    media_type="application/pdf",
                    size=1_300_000,
                    sha256="0",
                    stored_name="x",
                    uploaded_at=clock.now(),
                ),
            ]
        )
        rejudge([lead.id], today=TODAY, at=clock.now())
        return {"lead": lead.id, "contact": contact.id, "owner": owner.id}


def test_the_page_shows_everything_that_is_known(sign_in, rich_lead):
    page = sign_in("director").get(f"/leads/{rich_lead['lead']}").text
    for words in (
        "风电叶片项目", "示例风电装备集团有限公司", "BB20261123-000001", "提交用地方案", "逾期", "李娜",
        "张伟", "49.99亿", "2026-05-06", "2026-06-01", "投资协议.pdf", "1.2 MB", "赴总部拜访",
        "台账导入", "待补佐证", "大项目", "实体总部", "2026-02-03",
    ):  # fmt: skip
        assert words in page, words


def test_the_page_says_what_this_stage_lacks_and_what_the_next_one_asks(sign_in, rich_lead):
    address = f"/leads/{rich_lead['lead']}"
    page = sign_in("director").get(address).text
    now, ahead = page.split("当前阶段待补佐证")[1].split("进入“开工”还需要")
    assert "缺统一社会信用代码" in now
    assert "缺营业执照日期" in now
    assert f'href="{address}/edit#uscc"' in now
    assert f'href="{address}/milestone?kind=registered"' in now
    assert "缺协议文件" not in now
    assert "缺开工佐证" in ahead
    assert f'href="{address}/milestone?kind=started"' in ahead


def test_the_telephone_is_masked_until_somebody_asks_and_that_is_recorded(app, sign_in, rich_lead):
    client = sign_in("director")
    address = f"/leads/{rich_lead['lead']}"
    page = client.get(address).text
    assert "138****1001" in page
    assert "13800001001" not in page
    reveal = f"{address}/contacts/{rich_lead['contact']}/phone"
    assert client.get(reveal).status_code == 405
    assert "13800001001" in client.post(reveal).text
    with app.app_context():
        event = db.session.scalar(select(AuditEvent).where(AuditEvent.action == "phone_revealed"))
        assert (event.actor_id, event.lead_id) == (client.actor.id, rich_lead["lead"])
        assert event.after == {"name": "赵经理"}
    assert "查看电话" in client.get(f"{address}/history").text


def test_a_contact_of_another_company_is_not_shown_through_a_lead(app, sign_in, rich_lead):
    with app.app_context(), transaction() as session:
        other = Enterprise(name="别家", name_norm="b", name_loose="b", search_text="b")
        session.add(other)
        session.flush()
        stranger = Contact(enterprise_id=other.id, name="外人", phone="13900002002")
        session.add(stranger)
        session.flush()
        address = f"/leads/{rich_lead['lead']}/contacts/{stranger.id}/phone"
    assert sign_in("director").post(address).status_code == 404


def test_history_tells_codes_names_and_amounts_in_words(app, sign_in, person, rich_lead):
    client = sign_in(person("director", name="刘洋"))
    newcomer = person("staff", "药山街道", name="王芳")
    with app.app_context(), transaction() as session:
        lead = session.get(Lead, rich_lead["lead"])
        lead.owner_id = newcomer.id
        lead.stage = Stage.STARTED
        lead.is_headquarters = False
        lead.investment_yuan = 520_000_000
        lead.next_action = None
        audit.record_changes(client.actor, clock.now(), "lead_edited", lead, lead_id=lead.id)
    page = client.get(f"/leads/{rich_lead['lead']}/history").text
    for words in (
        "<del>李娜</del> → <ins>王芳</ins>",
        "<del>注册</del> → <ins>开工</ins>",
        "<ins>否</ins>",
        "<ins>5.2亿元</ins>",
        "责任人",
        "总部项目",
        "刘洋",
    ):
        assert words in page, words
    assert "<del>提交用地方案</del> → <span" in page


def test_history_walks_on_by_pages_and_refuses_a_foreign_mark(app, sign_in, rich_lead):
    client = sign_in("director")
    with app.app_context(), transaction() as session:
        lead = session.get(Lead, rich_lead["lead"])
        for n in range(30):
            audit.record(
                client.actor, clock.now(), "lead_edited", lead,
                after={"remark": f"第{n}次"}, lead_id=lead.id,
            )  # fmt: skip
    address = f"/leads/{rich_lead['lead']}/history"
    first = client.get(address).text
    assert "第29次" in first
    assert "第4次" not in first
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert "第4次" in client.get(onward).text
    answer = client.get(f"{address}?after=junk")
    assert answer.status_code == 400
    assert "after" in answer.text


def test_what_the_ledger_left_open_stands_on_the_page(app, sign_in, rich_lead):
    with app.app_context(), transaction() as session:
        taken = LedgerImport(
            filename="a.xlsx", sha256="0", stored_name="a", as_of=TODAY, layout={},
            added=1, unchanged=0, differs=1, refused=0,
            kind="k", gone=[], messages=[],
        )  # fmt: skip
        session.add(taken)
        session.flush()
        session.add_all(
            [
                LedgerQuestion(
                    lead_id=rich_lead["lead"], import_id=taken.id, field="total_investment",
                    code="amount_unreadable", cell="在谈!H12", cell_text="面议",
                ),
                LedgerDifference(
                    import_id=taken.id, lead_id=rich_lead["lead"], field="stage",
                    ledger_value="SIGNED", our_value="REGISTERED", ledger_text="已签约",
                ),
            ]
        )  # fmt: skip
    page = sign_in("director").get(f"/leads/{rich_lead['lead']}").text
    for words in ("面议", "在谈!H12", "看不出确切金额", "已签约", "总投资"):
        assert words in page, words


def test_the_page_takes_fourteen_queries_however_much_it_shows(
    app, sign_in, rich_lead, count_queries
):
    client = sign_in("director")
    address = f"/leads/{rich_lead['lead']}"
    with count_queries() as few:
        client.get(address)
    with app.app_context(), transaction() as session:
        for n in range(40):
            session.add(
                Activity(
                    lead_id=rich_lead["lead"],
                    kind=ActivityKind.CALL,
                    happened_on=TODAY - timedelta(days=n),
                    summary="电话",
                )
            )
            session.add(
                Figure(
                    lead_id=rich_lead["lead"],
                    kind=FigureKind.ANNUAL_TAX,
                    source=FigureSource.TALK,
                    as_of=TODAY,
                    stated_text="1亿",
                    amount=10**8,
                )
            )
    with count_queries() as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few) <= 14


def test_who_may_not_change_a_lead_is_offered_no_change(sign_in, person, rich_lead):
    page = sign_in(person("auditor")).get(f"/leads/{rich_lead['lead']}").text
    assert f"/leads/{rich_lead['lead']}/edit" not in page
    assert f"/leads/{rich_lead['lead']}/advance" not in page
