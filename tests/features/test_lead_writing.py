"""Writing leads as people do it in the browser: register, edit, log, hand over, upload."""

import io
import json
import os
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.models import Contact, Enterprise
from crm.history.models import AuditEvent
from crm.leads.models import Activity, Attachment, ExchangeRate, Figure, Lead, LeadMember
from crm.leads.rules import ChainRole, Stage
from crm.leads.services import papers
from crm.leads.services.marks import refresh_search_text
from crm.leads.views import entry
from tests.leads import PDF, USCC, opened, registered

pytestmark = pytest.mark.usefixtures("verdicts_stay_true")

UNIT = "药山街道"


def the(app, lead_id, model=Lead):
    with app.app_context():
        return db.session.get(model, lead_id)


def rows(app, model, **where):
    with app.app_context():
        return db.session.scalars(select(model).filter_by(**where).order_by(model.id)).all()


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", UNIT)


# ---------------------------------------------------------------- every page opens

PAGES = (
    "edit", "advance", "milestone", "milestone?kind=registered", "figures/new", "activities/new",
    "papers/new", "hand-over", "sensitivity", "screening", "receipt",
)  # fmt: skip


def test_every_writing_page_opens_in_both_languages(staff):
    lead_id = registered(staff)
    for language in ("zh", "en"):
        staff.post("/language", data={"language": language})
        for page in PAGES:
            assert staff.get(f"/leads/{lead_id}/{page}").status_code == 200, page


def test_the_move_page_opens_for_every_stage(staff):
    lead_id = registered(staff)
    for stage in Stage:
        answer = staff.get(f"/leads/{lead_id}/advance?to={stage.value}")
        assert answer.status_code == 200, stage


# ---------------------------------------------------------------- search before entry


def test_a_search_finds_leads_by_part_of_a_name_by_code_and_by_initials(app, staff):
    registered(staff, title="高纯硅溶胶项目", investor="示例硅材料有限公司")
    with app.app_context(), transaction() as session:
        enterprise = session.scalar(select(Enterprise))
        enterprise.uscc, enterprise.search_text = USCC, f"{enterprise.search_text} {USCC.lower()}"
        refresh_search_text([enterprise.id])
    for query in ("硅溶胶", "示例硅", USCC[4:12], "gcgrj", "slgcl"):
        page = staff.get("/leads/entry", query_string={"q": query}).get_data(as_text=True)
        assert "高纯硅溶胶项目" in page, query
    assert "高纯硅溶胶项目" not in staff.get("/leads/entry?q=氢能").get_data(as_text=True)


def test_a_hit_of_another_unit_tells_only_how_far_and_whom_to_call(sign_in, staff):
    registered(sign_in("staff", "泺口街道"), title="保密的项目名", investor="神秘投资有限公司")
    page = staff.get("/leads/entry?q=神秘").get_data(as_text=True)
    assert "已登记线索，请联系泺口街道" in page
    assert "保密的项目名" not in page
    assert "神秘投资有限公司" not in page


def test_whoever_types_the_whole_name_may_use_the_known_company(sign_in, staff):
    registered(sign_in("staff", "泺口街道"), investor="神秘投资有限公司")
    page = staff.get("/leads/entry?q=神秘投资有限公司").get_data(as_text=True)
    assert "用这家企业登记" in page


def test_a_sensitive_lead_gives_away_neither_stage_nor_unit(app, sign_in, staff):
    lead_id = registered(sign_in("staff", "泺口街道"), investor="神秘投资有限公司")
    with app.app_context(), transaction() as session:
        session.get(Lead, lead_id).is_sensitive = True
    page = staff.get("/leads/entry?q=神秘").get_data(as_text=True)
    assert "已有登记，请联系局领导" in page
    assert "泺口街道" not in page


def test_every_search_is_recorded_and_too_many_are_refused(app, staff, monkeypatch):
    monkeypatch.setattr(entry, "SEARCHES_AN_HOUR", 2)
    codes = [staff.get("/leads/entry?q=硅材料").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert len(rows(app, AuditEvent, action="entry_searched")) == 2


# ---------------------------------------------------------------- quick entry


def test_registering_gives_a_receipt_with_number_person_and_moment(app, staff):
    lead_id = registered(
        staff, contact="王经理 13800000000", total_investment="约6", next_action="电话回访",
        next_action_on="2026-12-01",
    )  # fmt: skip
    lead = the(app, lead_id)
    assert lead.receipt_number == f"BB{clock.today():%Y%m%d}-{lead_id:06d}"
    assert (lead.stage, lead.owner_id) == (Stage.LEAD, staff.actor.id)
    assert (lead.investment_yuan, lead.investment_text) == (600_000_000, "约6亿元")
    page = staff.get(f"/leads/{lead_id}/receipt").get_data(as_text=True)
    assert lead.receipt_number in page
    assert staff.actor.name in page
    [contact] = rows(app, Contact)
    assert (contact.name, contact.phone) == ("王经理", "13800000000")


def test_an_unknown_investor_is_a_choice_not_an_empty_field(app, staff):
    refused = staff.post("/leads/new", data={"title": "某项目", "source": "展会"})
    assert refused.status_code == 422
    lead_id = registered(staff, investor="", is_unknown="1", contact="李总 13900000000")
    lead = the(app, lead_id)
    assert lead.investor_is_unknown
    assert lead.remark == "李总 13900000000"


def test_a_company_of_the_same_name_is_chosen_or_explained_never_doubled(app, staff):
    registered(staff, investor="示例硅材料有限公司")
    again = {"investor": "示例硅材料 有限责任公司", "title": "二期", "source": "展会"}
    answer = staff.post("/leads/new", data=again)
    assert answer.status_code == 422
    assert "就是这家，选用" in answer.get_data(as_text=True)
    [known] = rows(app, Enterprise)
    registered(staff, **again | {"investor_id": known.id})
    assert len(rows(app, Enterprise)) == 1
    registered(staff, **again | {"same_name_reason": "同名不同注册地"})
    assert len(rows(app, Enterprise)) == 2


def test_a_suspicious_size_asks_once_and_is_taken_when_confirmed(app, staff):
    data = {"investor": "大公司", "title": "大项目", "source": "展会", "total_investment": "5000"}
    answer = staff.post("/leads/new", data=data)
    assert answer.status_code == 422
    assert "金额无误" in answer.get_data(as_text=True)
    assert the(app, registered(staff, **data, confirm_size="y")).investment_text == "5000亿元"


# ---------------------------------------------------------------- full form and amounts


def test_saving_the_full_form_unchanged_changes_nothing(app, staff):
    lead_id = registered(staff, total_investment="5.2亿")
    before = the(app, lead_id)
    answer = staff.post(f"/leads/{lead_id}/edit", data=opened(staff, f"/leads/{lead_id}/edit"))
    assert answer.status_code == 302
    assert the(app, lead_id).version == before.version
    assert len(rows(app, Figure, lead_id=lead_id)) == 1
    assert rows(app, AuditEvent, action="lead_edited") == []


def test_a_changed_amount_is_a_new_dated_figure_and_the_old_one_stays(app, staff):
    lead_id = registered(staff, total_investment="5.2亿")
    sent = opened(staff, f"/leads/{lead_id}/edit")
    staff.post(
        f"/leads/{lead_id}/edit", data=sent | {"total_investment": "50-60", "annual_tax": "800"}
    )
    told = [(f.stated_text, f.amount, f.upper) for f in rows(app, Figure, lead_id=lead_id)]
    assert told == [
        ("5.2亿", 520_000_000, None),
        ("50-60亿元", 5_000_000_000, 6_000_000_000),
        ("800万元", 8_000_000, None),
    ]
    assert the(app, lead_id).investment_yuan == 5_000_000_000


def test_an_emptied_amount_is_withdrawn_and_kept(app, staff):
    lead_id = registered(staff, total_investment="5.2亿")
    sent = opened(staff, f"/leads/{lead_id}/edit")
    staff.post(f"/leads/{lead_id}/edit", data=sent | {"total_investment": ""})
    assert [f.is_withdrawn for f in rows(app, Figure, lead_id=lead_id)] == [True]
    assert the(app, lead_id).investment_yuan is None


def test_a_foreign_amount_is_listed_at_the_latest_rate(app, staff):
    with app.app_context(), transaction() as session:
        today = clock.today()
        for days, rate in ((400, "7.30"), (3, "7.11")):
            session.add(
                ExchangeRate(
                    currency="USD",
                    quoted_on=today - timedelta(days=days),
                    cny_per_unit=Decimal(rate),
                )
            )
    lead = the(app, registered(staff, total_investment="3000万美元"))
    assert (lead.investment_yuan, lead.investment_text) == (213_300_000, "3000万美元")


def test_what_the_stage_requires_cannot_be_emptied_but_may_be_owed(app, staff):
    lead_id = registered(staff)
    with app.app_context(), transaction() as session:
        session.get(Lead, lead_id).stage = Stage.NEGOTIATING
    sent = opened(staff, f"/leads/{lead_id}/edit")
    assert staff.post(f"/leads/{lead_id}/edit", data=sent | {"site": "北部"}).status_code == 302
    sent = opened(staff, f"/leads/{lead_id}/edit")
    refused = staff.post(f"/leads/{lead_id}/edit", data=sent | {"investor": ""})
    assert refused.status_code == 422
    assert the(app, lead_id).investor_id is not None


def test_a_renamed_company_is_found_by_its_new_name(app, staff):
    registered(staff, title="某项目", investor="旧名称有限公司")
    with app.app_context(), transaction() as session:
        enterprise = session.scalar(select(Enterprise))
        enterprise.name, enterprise.search_text = "新名称有限公司", "新名称有限公司"
        session.flush()
        assert refresh_search_text([enterprise.id]) == 1
    assert "某项目" in staff.get("/leads/entry?q=新名称").get_data(as_text=True)


def test_the_role_on_the_chain_is_stated_on_the_form_and_kept_in_the_trail(app, staff):
    lead_id = registered(staff)
    address = f"/leads/{lead_id}/edit"
    with app.app_context():
        chain_id = db.session.scalar(select(Chain.id).where(Chain.code == "IME"))
    sent = opened(staff, address)
    for wrong, says in (
        ({"chain_role": "owner", "chain": str(chain_id)}, "请从列表中选择"),
        ({"chain_role": "supplier", "chain": ""}, "注明链上角色，请同时选择产业链"),
    ):
        answer = staff.post(address, data=sent | wrong)
        assert answer.status_code == 422
        assert says in answer.text
        assert the(app, lead_id).chain_role is None
    role = {"chain_role": "supplier", "chain": str(chain_id)}
    assert staff.post(address, data=sent | role).status_code == 302
    assert the(app, lead_id).chain_role is ChainRole.SUPPLIER
    assert "<dt>链上角色</dt>" in staff.get(f"/leads/{lead_id}").text
    (event,) = rows(app, AuditEvent, action="lead_edited")
    assert (event.before["chain_role"], event.after["chain_role"]) == (None, "supplier")
    trail = staff.get(f"/leads/{lead_id}/history").text
    assert "链上角色" in trail
    assert "配套" in trail


# ---------------------------------------------------------------- two people at once


def test_the_second_editor_sees_what_the_first_changed_and_loses_nothing(app, sign_in, staff):
    lead_id = registered(staff, total_investment="5亿")
    leader = sign_in("director", UNIT)
    address = f"/leads/{lead_id}/edit"
    mine = opened(staff, address) | {"remark": "我写的备注", "site": "我的选址"}
    theirs = opened(leader, address) | {"title": "改过的名称", "site": "他的选址"}
    assert leader.post(address, data=theirs).status_code == 302

    answer = staff.post(address, data=mine)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert leader.actor.name in page
    assert "改过的名称" in page
    assert "我写的备注" in page
    assert the(app, lead_id).remark is None

    from tests.leads import read_form

    assert staff.post(address, data=read_form(answer)).status_code == 302
    lead = the(app, lead_id)
    assert (lead.title, lead.remark, lead.site) == ("改过的名称", "我写的备注", "我的选址")


def test_a_leader_editing_for_somebody_is_marked_in_the_trail(app, sign_in, staff):
    lead_id = registered(staff)
    leader = sign_in("director", "区投资促进局")
    sent = opened(leader, f"/leads/{lead_id}/edit")
    leader.post(f"/leads/{lead_id}/edit", data=sent | {"site": "北部"})
    [event] = rows(app, AuditEvent, action="lead_edited")
    assert (event.note, event.before, event.after) == ("代改", {"site": None}, {"site": "北部"})


# ---------------------------------------------------------------- activities


def test_a_substantive_visit_moves_progress_and_first_contact_and_sets_the_next_step(app, staff):
    lead_id = registered(staff)
    yesterday = clock.today() - timedelta(days=1)
    sent = opened(staff, f"/leads/{lead_id}/activities/new")
    assert sent["kind"] == "call"
    assert "is_substantive" not in sent  # that something moved is for the writer to say
    data = sent | {
        "is_substantive": "y", "summary": "谈用地", "happened_on": yesterday.isoformat(),
        "contact_name": "王经理",
        "next_action": "看地", "next_action_on": "2026-12-05",
    }  # fmt: skip
    assert staff.post(f"/leads/{lead_id}/activities/new", data=data).status_code == 302
    lead = the(app, lead_id)
    assert (lead.first_contact_on, lead.next_action) == (yesterday, "看地")
    assert lead.last_progress_on == clock.today()


def test_a_call_saved_in_two_clicks_leaves_the_quiet_days_running_and_says_so(app, staff):
    lead_id = registered(staff)
    before = clock.today() - timedelta(days=40)
    with app.app_context(), transaction():
        lead = db.session.get(Lead, lead_id)
        lead.stage, lead.last_progress_on = Stage.NEGOTIATING, before
    address = f"/leads/{lead_id}/activities/new"
    page = staff.post(
        address, data=opened(staff, address) | {"summary": "还在谈"}, follow_redirects=True
    ).text
    assert "“久未推进”的天数接着算" in page
    assert the(app, lead_id).last_progress_on == before
    assert "实质进展</span>" not in page
    data = opened(staff, address) | {"summary": "定了选址", "is_substantive": "y"}
    assert "实质进展</span>" in staff.post(address, data=data, follow_redirects=True).text
    assert the(app, lead_id).last_progress_on == clock.today()


def test_a_visit_to_a_company_without_a_lead_is_logged_on_the_company(app, staff):
    registered(staff)
    [company] = rows(app, Enterprise)
    answer = staff.post(
        f"/leads/activities/new?enterprise={company.id}",
        data={"kind": "visit_out", "summary": "走访", "happened_on": clock.today().isoformat()},
    )
    assert answer.status_code == 302
    [activity] = rows(app, Activity)
    assert (activity.lead_id, activity.enterprise_id) == (None, company.id)


# ---------------------------------------------------------------- hand-over, sensitivity


def test_a_hand_over_leaves_stage_history_and_authorship(app, person, staff):
    lead_id = registered(staff)
    colleague = person("staff", UNIT)
    sent = opened(staff, f"/leads/{lead_id}/hand-over")
    before = the(app, lead_id)
    data = sent | {"owner": colleague.id, "co_owners": [staff.actor.id], "note": "工作调整"}
    assert staff.post(f"/leads/{lead_id}/hand-over", data=data).status_code == 302
    after = the(app, lead_id)
    assert (after.owner_id, after.created_by_id) == (colleague.id, staff.actor.id)
    assert (after.stage, after.stage_since) == (before.stage, before.stage_since)
    assert staff.get(f"/leads/{lead_id}/edit").status_code == 200  # still co-owner


def test_a_lead_is_not_handed_to_somebody_who_works_on_none(person, staff):
    lead_id = registered(staff)
    sent = opened(staff, f"/leads/{lead_id}/hand-over")
    for number in (person("auditor").id, 999_999, "x"):
        answer = staff.post(f"/leads/{lead_id}/hand-over", data=sent | {"owner": number})
        assert answer.status_code == 422


def test_who_marks_a_lead_sensitive_stays_on_the_list_and_others_lose_sight(app, sign_in, staff):
    lead_id = registered(staff)
    leader = sign_in("director")
    address = f"/leads/{lead_id}/sensitivity"
    data = opened(staff, address) | {"is_sensitive": "y", "named": []}
    assert staff.post(address, data=data).status_code == 302
    assert [m.user_id for m in rows(app, LeadMember, lead_id=lead_id)] == [staff.actor.id]
    assert leader.get(f"/leads/{lead_id}/edit").status_code == 404
    assert leader.post(address, data=data).status_code == 404


# ---------------------------------------------------------------- papers


def upload(client, lead_id, content=PDF, name="合同（终稿）.pdf"):
    return client.post(
        f"/leads/{lead_id}/papers/new",
        data={"kind": "agreement", "file": (io.BytesIO(content), name)},
    )


def test_a_paper_comes_back_under_its_name_as_a_download(app, staff):
    lead_id = registered(staff)
    assert upload(staff, lead_id).status_code == 302
    [paper] = rows(app, Attachment)
    assert paper.stored_name not in paper.filename
    answer = staff.get(f"/leads/{lead_id}/papers/{paper.id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()


def stored(folder, name, *, days):
    """A file of the folder, written so many days ago."""
    file = folder / name
    file.write_bytes(PDF)
    then = (clock.now() - timedelta(days=days)).timestamp()
    os.utime(file, (then, then))
    return file


def test_files_of_failed_saves_are_swept_after_a_day_and_no_others(app, staff, tmp_path):
    lead_id = registered(staff)
    upload(staff, lead_id)
    upload(staff, lead_id, name="移除的.pdf")
    staff.post(f"/leads/{lead_id}/papers/{rows(app, Attachment)[1].id}/remove")
    stay = [stored(tmp_path, row.stored_name, days=40) for row in rows(app, Attachment)]
    stay += [stored(tmp_path, "b" * 32, days=0), stored(tmp_path, "readme.txt", days=40)]
    stored(tmp_path, "a" * 32, days=2)
    with app.app_context():
        assert papers.sweep(clock.now(), tmp_path) == 1
    assert set(tmp_path.iterdir()) == set(stay)


def test_a_folder_that_is_not_of_this_database_is_left_alone(app, tmp_path, caplog):
    for number in range(papers.FEW + 1):
        stored(tmp_path, f"{number:032x}", days=9)
    with app.app_context():
        assert papers.sweep(clock.now(), tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == papers.FEW + 1
    assert "none was removed" in caplog.text


def test_a_paper_is_only_for_those_who_see_its_lead(app, sign_in, staff):
    lead_id = registered(staff)
    other = registered(staff, title="另一个")
    upload(staff, lead_id)
    [paper] = rows(app, Attachment)
    stranger = sign_in("staff", "泺口街道")
    assert stranger.get(f"/leads/{lead_id}/papers/{paper.id}").status_code == 404
    assert staff.get(f"/leads/{other}/papers/{paper.id}").status_code == 404


def test_a_removed_paper_is_gone_but_its_row_stays(app, staff):
    lead_id = registered(staff)
    upload(staff, lead_id)
    [paper] = rows(app, Attachment)
    assert staff.post(f"/leads/{lead_id}/papers/{paper.id}/remove").status_code == 302
    assert staff.get(f"/leads/{lead_id}/papers/{paper.id}").status_code == 404
    assert [p.is_removed for p in rows(app, Attachment)] == [True]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.exe", b"MZ"),
        ("x.pdf", b"<html>"),
        ("x.zip", b"PK\x03\x04"),
        ("x.docx", b"PK\x03\x04 not a zip"),
        ("x.pdf", b""),
        ("pdf", PDF),
        ("x.txt", b"a\x00b"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_beside_the_field(app, staff, name, content):
    lead_id = registered(staff)
    assert upload(staff, lead_id, content, name).status_code == 422
    assert rows(app, Attachment) == []


def test_a_file_above_the_limit_gets_the_page_that_says_so(app, staff):
    lead_id = registered(staff)
    too_large = b"%PDF-" + b"0" * app.config["MAX_CONTENT_LENGTH"]
    assert upload(staff, lead_id, too_large).status_code == 413


def test_the_base_of_a_form_spoiled_on_the_way_harms_nobody(staff):
    lead_id = registered(staff)
    sent = opened(staff, f"/leads/{lead_id}/edit")
    for base in ("", "{", "[1]", json.dumps({"title": []}), "[" * 5000):
        answer = staff.post(f"/leads/{lead_id}/edit", data=sent | {"base": base, "version": "x"})
        assert answer.status_code in {302, 409}
