"""The pages of companies: who sees what on a card, forms that say what is wrong, numbers of queries."""

import re
from datetime import date, timedelta

import pytest

from crm.core import clock
from crm.core.db import transaction
from crm.enterprises import queries, services
from crm.enterprises.rules import check_character
from crm.enterprises.services import ContactEntry, EnterpriseEntry, Membership
from crm.leads.models import Activity, Lead
from crm.leads.rules import ActivityKind

PUBLISHED = date(2026, 7, 29)


def code(number=1):
    body = f"913701000000{number:05d}"
    return body + check_character(body)


@pytest.fixture
def company(db_session, person):
    """company("甲有限公司") registers one by somebody of another unit."""

    def make(name="甲有限公司", by=None, **columns):
        with transaction():
            registrar = by or person("staff", "登记处")
            return services.save(registrar, clock.now(), None, EnterpriseEntry(name, **columns)).id

    return make


@pytest.fixture
def lead(db_session):
    def make(owner, enterprise_id, title="某项目", **columns):
        with transaction() as session:
            made = Lead(
                title=title, title_key=title, investor_id=enterprise_id, owner_id=owner.id,
                department_id=owner.department_id, stage_since=PUBLISHED,
                last_progress_on=PUBLISHED, created_at=clock.now(), **columns,
            )  # fmt: skip
            session.add(made)
        return made.id

    return make


@pytest.fixture
def contact(db_session, person):
    def make(enterprise_id, name="赵经理", phone="13800001001"):
        with transaction():
            somebody = person("staff", "登记处")
            entry = ContactEntry(name, "总监", phone)
            return services.save_contact(somebody, clock.now(), enterprise_id, None, entry).id

    return make


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_card_shows_the_leads_one_may_see_and_whom_to_ask_about_the_others(
    company, lead, person, sign_in
):
    made = company()
    lead(person("staff", "药山街道"), made, "看不见的项目")
    lead(person("staff", "药山街道"), made, "保密的项目", is_sensitive=True)
    me = person("staff", "堤口路街道")
    lead(me, made, "自己的项目")
    page = text_of(sign_in(me).get(f"/enterprises/{made}"))
    assert "自己的项目" in page
    assert "另有1个项目由药山街道洽谈，请联系该单位" in page
    assert "另有1个项目已登记，请联系局领导" in page
    assert "看不见的项目" not in page
    assert "保密的项目" not in page


def test_contacts_are_for_those_who_deal_with_the_company(company, contact, lead, person, sign_in):
    made = company()
    contact(made)
    stranger, dealer = person("staff", "甲街道"), person("staff", "乙街道")
    lead(dealer, made)
    hidden = text_of(sign_in(stranger).get(f"/enterprises/{made}"))
    assert "赵经理" not in hidden
    assert "其他联系人只对有项目往来的单位开放" in hidden
    for who in (dealer, person("director"), person("auditor")):
        page = text_of(sign_in(who).get(f"/enterprises/{made}"))
        assert "赵经理" in page, who.role
        assert "138****1001" in page
        assert "13800001001" not in page


def test_a_number_shows_on_request_and_the_request_is_recorded(
    company, contact, lead, person, sign_in
):
    made = company()
    number = contact(made)
    dealer = person("staff", "乙街道")
    lead(dealer, made)
    client = sign_in(dealer)
    address = f"/enterprises/{made}/contacts/{number}/phone"
    assert "13800001001" in client.post(address).text
    fragment = client.post(address, headers={"HX-Request": "true"}).text
    assert fragment.strip().startswith("<a")
    assert "查看电话" in text_of(client.get(f"/enterprises/{made}"))
    assert sign_in("staff", "甲街道").post(address).status_code == 404
    assert sign_in("auditor").post(address).status_code == 403


def test_looking_up_numbers_too_often_is_refused_for_a_while(company, contact, person, sign_in):
    made = company()
    number = contact(made)
    client = sign_in("director")
    answers = [client.post(f"/enterprises/{made}/contacts/{number}/phone") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "600"


def test_a_company_is_registered_and_faults_stand_beside_their_fields(sign_in):
    client = sign_in("staff", "药山街道")
    fields = {"name": "新企业有限公司", "uscc": code()[:-1] + "?", "parent": "没有的公司"}
    refused = client.post("/enterprises/new", data=fields)
    assert refused.status_code == 422
    assert "没有登记这家企业" in refused.text
    fields["parent"] = ""
    refused = client.post("/enterprises/new", data=fields)
    assert "第18位的“?”不是信用代码用的字符" in refused.text
    fields["legal_representative"] = "张三 110101199001011234"
    refused = client.post("/enterprises/new", data=fields)
    assert "只写姓名，不写号码" in refused.text
    fields["legal_representative"] = "张三"
    fields |= {"uscc": code().lower(), "ownership": "private", "industry_code": "c3985"}
    saved = client.post("/enterprises/new", data=fields, follow_redirects=True)
    assert saved.status_code == 200
    page = text_of(saved)
    assert code() in page
    assert "民企" in page
    assert "C3985" in page
    assert "法定代表人 张三" in page


def test_a_taken_name_asks_for_the_difference(company, sign_in):
    known = company("建邦胶体材料（山东）有限公司")
    client = sign_in("staff", "药山街道")
    refused = client.post("/enterprises/new", data={"name": "建邦胶体材料(山东)有限公司"})
    assert refused.status_code == 422
    assert f'href="/enterprises/{known}"' in refused.text
    assert 'name="same_name_reason"' in refused.text
    fields = {"name": "建邦胶体材料(山东)有限公司", "same_name_reason": "母子公司同名"}
    assert client.post("/enterprises/new", data=fields).status_code == 302


def test_the_parent_is_found_by_name_code_or_the_only_hit(company, sign_in, db_session):
    top = company("示例控股集团有限公司", uscc=code())
    client = sign_in("staff", "药山街道")
    for number, typed in enumerate((code(), "示例控股集团有限公司", "slkg")):
        fields = {"name": f"第{number}子公司", "parent": typed, "parent_shareholding": "51%"}
        assert client.post("/enterprises/new", data=fields).status_code == 302, typed
    db_session.rollback()
    assert len(queries.children_of(top)) == 3


def test_the_second_editor_loses_nothing(company, sign_in):
    made = company()
    first, second = sign_in("staff", "甲街道"), sign_in("staff", "乙街道")
    address = f"/enterprises/{made}/edit"
    assert first.post(address, data={"version": 1, "name": "甲有限公司", "note": "先改的备注"})
    answer = second.post(address, data={"version": 1, "name": "甲有限公司", "note": "后改的备注"})
    assert answer.status_code == 409
    assert "先改的备注" in answer.text
    assert "后改的备注" in answer.text


def test_those_who_only_read_are_not_offered_to_change(company, person, sign_in):
    made = company()
    for role in ("district_leader", "auditor"):
        page = sign_in(role).get(f"/enterprises/{made}").text
        assert f"/enterprises/{made}/edit" not in page
        assert "rankings/confirm" not in page
    assert sign_in("administrator").get(f"/enterprises/{made}").status_code == 403


def test_a_ranking_is_registered_confirmed_and_withdrawn(company, sign_in, db_session):
    made = company()
    head = sign_in("unit_head", "药山街道")
    lists = queries.ranking_lists()
    fields = {
        "list_id": lists[0].id, "year": 2026, "published_on": "2026-07-29", "document": "榜单",
    }  # fmt: skip
    assert head.post("/enterprises/rankings/new", data=fields).status_code == 302
    assert head.post("/enterprises/rankings/new", data=fields).status_code == 422
    db_session.rollback()  # what the requests wrote since
    edition = queries.editions()[0].id
    entry = {"edition_id": edition, "rank": "107", "document": "第3页"}
    address = f"/enterprises/{made}/rankings"
    assert sign_in("staff", "药山街道").get(f"{address}/confirm").status_code == 403
    assert head.post(f"{address}/confirm", data=entry | {"document": ""}).status_code == 422
    assert head.post(f"{address}/confirm", data=entry).status_code == 302
    page = text_of(head.get(f"/enterprises/{made}"))
    assert "《财富》世界500强 2026 第107名" in page
    assert "2026-07-29发布；依据：第3页" in page
    db_session.rollback()
    row = queries.memberships_of(made)[0]
    assert head.post(f"{address}/{row.id}/withdraw", data={"reason": "  "}).status_code == 422
    assert head.post(f"{address}/{row.id}/withdraw", data={"reason": "同名"}).status_code == 302
    db_session.rollback()
    assert queries.memberships_of(made) == []


def test_an_edition_keeps_its_list_and_year_and_tells_of_a_simultaneous_correction(
    sign_in, db_session
):
    head = sign_in("director")
    lists = queries.ranking_lists()
    fields = {"list_id": lists[0].id, "year": 2026, "published_on": "2026-07-29"}
    head.post("/enterprises/rankings/new", data=fields)
    db_session.rollback()  # what the requests wrote since
    edition = queries.editions()[0].id
    address = f"/enterprises/rankings/{edition}"
    assert 'value="2026-07-29"' in head.get(address).text
    change = {
        "list_id": lists[1].id, "year": 2020, "published_on": "2026-07-30",
        "seen_published_on": "2026-07-29",
    }  # fmt: skip
    assert head.post(address, data=change).status_code == 302
    assert head.post(address, data=change).status_code == 409
    db_session.rollback()
    (row,) = queries.editions()
    assert (row.list_id, row.year, row.published_on) == (lists[0].id, 2026, date(2026, 7, 30))


def test_visits_without_a_lead_are_read_by_the_own_unit_and_the_leaders(company, person, sign_in):
    made = company()
    visitor = person("staff", "药山街道")
    with transaction() as session:
        session.add(
            Activity(
                enterprise_id=made,
                kind=ActivityKind.VISIT_OUT,
                happened_on=PUBLISHED,
                summary="看了厂房",
                by_id=visitor.id,
                at=clock.now(),
            )
        )
    seen = {
        name: "看了厂房" in sign_in(who).get(f"/enterprises/{made}").text
        for name, who in {
            "visitor": visitor,
            "colleague": person("unit_head", "药山街道"),
            "other unit": person("staff", "甲街道"),
            "director": person("director"),
            "district leader": person("district_leader"),
        }.items()
    }
    assert seen == {
        "visitor": True, "colleague": True, "other unit": False, "director": True,
        "district leader": False,
    }  # fmt: skip


def test_the_list_is_searched_and_filtered(company, sign_in):
    company("建邦胶体材料（山东）有限公司")
    company("别家有限公司", ownership="central")
    client = sign_in("staff", "药山街道")
    assert "建邦" in client.get("/enterprises/?q=jbjt").text
    assert "别家" not in client.get("/enterprises/?q=jbjt").text
    assert "建邦" not in client.get("/enterprises/?ownership=central").text
    assert "没有符合条件的企业" in client.get("/enterprises/?q=没有的").text
    for wrong in ("ownership=x", "list=x", "list=" + "9" * 30, "cursor=x"):
        assert client.get(f"/enterprises/?{wrong}").status_code == 400, wrong


def test_the_pick_list_answers_as_asked(company, sign_in):
    made = company("建邦胶体材料（山东）有限公司", uscc=code())
    client = sign_in("staff", "药山街道")
    found = client.get("/enterprises/pick?q=jbjt", headers={"Accept": "application/json"}).json
    assert found["results"] == [
        {"id": made, "name": "建邦胶体材料（山东）有限公司", "short_name": None, "uscc": code()}
    ]
    assert (
        f'name="investor_id" value="{made}"'
        in client.get("/enterprises/pick?q=jbjt&name=investor_id").text
    )
    assert "<option" in client.get("/enterprises/pick?parent=jbjt&as=options").text
    assert client.get("/enterprises/pick?q=jb&name=a%22b").status_code == 400
    assert client.get("/enterprises/pick").status_code == 200


def test_the_card_and_the_list_ask_the_database_little_whatever_they_show(
    company, contact, lead, person, sign_in, count_queries
):
    me = person("director")
    client = sign_in(me)
    asked = []
    for _round in range(2):
        top = company(f"第{len(asked)}集团有限公司")
        for number in range(3 * len(asked) + 1):
            below = company(f"第{len(asked)}-{number}有限公司", parent_id=top)
            lead(me, top, f"项目{number}")
            lead(me, below, f"下属项目{number}")
            contact(top, f"联系人{number}")
            with transaction() as session:
                session.add(
                    Activity(
                        enterprise_id=top,
                        kind=ActivityKind.CALL,
                        summary="电话",
                        by_id=me.id,
                        happened_on=PUBLISHED - timedelta(days=number),
                        at=clock.now(),
                    )
                )
        with transaction():
            edition = services.save_edition(
                me, clock.now(), None, list_id=queries.ranking_lists()[len(asked)].id, year=2026,
                published_on=PUBLISHED, document=None, today=clock.today(),
            )  # fmt: skip
            services.confirm_membership(me, clock.now(), top, Membership(edition.id, "榜"))
        with count_queries() as card:
            assert client.get(f"/enterprises/{top}").status_code == 200
        with count_queries() as listed:
            assert client.get("/enterprises/").status_code == 200
        asked.append((len(card), len(listed)))
    assert asked[0] == asked[1]
    assert asked[0][0] <= 17
    assert asked[0][1] <= 8


def test_a_change_of_parent_is_entered_with_its_day_and_told_on_the_card(company, sign_in):
    old, new = company("旧母公司"), company("新母公司")
    child = company("子公司", parent_id=old, parent_shareholding=60)
    client = sign_in("staff", "甲科")
    form = {"name": "子公司", "parent": "新母公司", "parent_shareholding": "80"}
    path = f"/enterprises/{child}/edit"
    refused = client.post(path, data={**form, "parent_since": "2099-01-01", "version": "1"})
    assert refused.status_code == 422
    assert "持股起始日晚于今天" in refused.text
    saved = client.post(path, data={**form, "parent_since": "2026-05-01", "version": "1"})
    assert saved.status_code == 302
    card = client.get(f"/enterprises/{child}").text
    assert "自2026-05-01起" in card
    assert f'href="/enterprises/{old}">旧母公司</a> 持股60%' in card
    assert f'href="/enterprises/{new}">新母公司</a> 持股80%' in card


def test_a_share_of_three_hundred_percent_is_refused_on_the_page(company, sign_in):
    company("母公司")
    form = {"name": "子公司", "parent": "母公司", "parent_shareholding": "300"}
    refused = sign_in("staff", "甲科").post("/enterprises/new", data=form)
    assert (refused.status_code, "持股比例应大于0、不超过100" in refused.text) == (422, True)
