"""The pages of recognition: what waits for whom, the whole way of a project, who may do what."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import FigureSource, MilestoneKind
from crm.quotas.services import rejudge, rejudge_all
from crm.recognition.models import (
    Appeal,
    Assignment,
    Credit,
    Decision,
    RecognitionBatch,
    SuspectRuling,
)
from tests.features.quota_leads import YI, add_enterprise, add_figure, add_milestone, add_signed
from tests.features.recognition_cases import quota

pytestmark = [pytest.mark.on("sqlite"), pytest.mark.usefixtures("verdicts_stay_true")]


@pytest.fixture
def people(person):
    return {
        "staff": person("staff", "甲单位"),
        "head": person("unit_head", "甲单位"),
        "director": person("director", "局"),
        "stranger": person("staff", "乙单位"),
        "auditor": person("auditor"),
        "district_leader": person("district_leader"),
    }


@pytest.fixture
def browsers(people, sign_in):
    return {name: sign_in(actor) for name, actor in people.items()}


@pytest.fixture
def add(app, people):
    """`add(title, yuan)`: the id of a project of the staff member's that counts this year."""

    def make(title="新材料基地", yuan=6 * YI, **columns):
        staff, first = people["staff"], date(clock.today().year, 1, 1)
        with app.app_context(), transaction():
            lead = add_signed(
                title, yuan, on=first,
                **{"owner_id": staff.id, "department_id": staff.department_id, **columns},
            )  # fmt: skip
            add_milestone(lead, MilestoneKind.REGISTERED, first, document="营业执照")
            rejudge_all(today=clock.today(), at=clock.now())
            return lead.id

    return make


@pytest.fixture
def quota_ids(app):
    with app.app_context():
        return {code: quota(code, clock.today().year).id for code in "AB"}


def one(app, kind):
    with app.app_context():
        return db.session.scalars(select(kind).order_by(kind.id.desc())).first()


def new_batch(app, browser, level="district", number="3号"):
    answer = browser.post(
        "/recognition/batches/new",
        data={
            "at_level": level, "title": "第一批", "decided_on": clock.today().isoformat(),
            "document_number": number,
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    return one(app, RecognitionBatch)


def through_unit(browsers, case):
    assert browsers["staff"].post(f"{case}/propose").status_code == 302
    data = {"unit-decided": "approved"}
    assert browsers["head"].post(f"{case}/decide/unit", data=data).status_code == 302


def test_a_project_goes_all_the_way_on_the_pages(app, browsers, add, quota_ids):
    lead_id = add()
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    assert "新材料基地" in browsers["staff"].get("/recognition/").text.partition("各级认定名单")[0]
    assert browsers["staff"].post(f"{case}/propose").status_code == 302
    assert "待单位审核" in browsers["staff"].get(case).text
    tasks = browsers["head"].get("/recognition/").text.partition("各级认定名单")[0]
    assert "单位审核" in tasks
    answer = browsers["head"].post(f"{case}/decide/unit", data={"unit-decided": "approved"})
    assert answer.status_code == 302
    assert "没有办理中的批次" in browsers["director"].get(case).text
    district = new_batch(app, browsers["director"])
    page = browsers["director"].get(f"/recognition/batches/{district.id}").text
    assert f'value="{lead_id}-{quota_ids["B"]}"' in page
    answer = browsers["director"].post(
        f"/recognition/batches/{district.id}/approve",
        data={"pick": f"{lead_id}-{quota_ids['B']}"},
    )
    assert answer.status_code == 302
    city = new_batch(app, browsers["director"], "city", "市1号")
    answer = browsers["director"].post(
        f"{case}/decide/city", data={"city-decided": "approved", "city-batch": city.id}
    )
    assert answer.status_code == 302
    for batch in (district, city):
        answer = browsers["director"].post(
            f"/recognition/batches/{batch.id}/close", data={"version": batch.version}
        )
        assert answer.status_code == 302
    assert browsers["director"].get(f"/recognition/batches/{city.id}/edit").status_code == 404
    page = browsers["auditor"].get(f"/recognition/{lead_id}/{quota_ids['B']}").text
    assert page.count("通过") >= 3
    page = browsers["staff"].get(f"/leads/{lead_id}").text
    assert len(re.findall(r"(?:申报|区认定|市核定) <span class=.badge badge-good.>", page)) == 3
    assert case in page
    assert "待复核" not in page
    with app.app_context():
        assert len(list(db.session.scalars(select(Credit.id)))) == 2
    with app.app_context(), transaction() as session:
        lead = session.get_one(Lead, lead_id)
        add_figure(
            lead, 4 * YI, source=FigureSource.STATISTICS, as_of=clock.today(), document="入统表"
        )
        rejudge([lead_id], today=clock.today(), at=clock.now() + timedelta(minutes=1))
    assert browsers["staff"].get(f"/leads/{lead_id}").text.count("待复核") == 3


def test_a_return_is_appealed_and_answered_on_the_page(app, browsers, add, quota_ids):
    lead_id = add()
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    through_unit(browsers, case)
    batch = new_batch(app, browsers["director"])
    data = {"district-decided": "returned", "district-batch": batch.id}
    answer = browsers["director"].post(f"{case}/decide/district", data=data)
    assert answer.status_code == 422
    assert "请写明理由" in answer.text
    data["district-reason"] = "缺开工照片"
    assert browsers["director"].post(f"{case}/decide/district", data=data).status_code == 302
    decision = one(app, Decision)
    assert "补正或申诉" in browsers["staff"].get("/recognition/").text
    appeal = f"/recognition/decisions/{decision.id}/appeal"
    assert browsers["staff"].post(appeal, data={}).status_code == 422
    assert browsers["staff"].post(appeal, data={"appeal-body": "照片已补"}).status_code == 302
    assert browsers["stranger"].post(appeal, data={"appeal-body": "？"}).status_code == 404
    assert "申诉答复" in browsers["director"].get("/recognition/").text
    answer_url = f"/recognition/appeals/{one(app, Appeal).id}/answer"
    data = {"answer-answer": "accepted", "answer-reason": "已核对"}
    assert browsers["director"].post(answer_url, data=data).status_code == 302
    tasks = browsers["director"].get("/recognition/").text.partition("各级认定名单")[0]
    assert "新材料基地" in tasks
    assert "照片已补" in browsers["staff"].get(case).text


def test_what_stands_in_the_way_is_told_and_nothing_is_saved(app, browsers, add, quota_ids):
    lead_id = add("未注册", 4 * YI)
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    answer = browsers["staff"].post(f"{case}/propose")
    assert answer.status_code == 422
    assert "判定为不计入" in answer.text
    assert one(app, Decision) is None


def test_of_the_picked_all_are_approved_or_none(app, browsers, add, quota_ids):
    investor_id = None
    with app.app_context(), transaction():
        investor_id = add_enterprise("同一集团").id
    ids = [add(title, investor_id=investor_id) for title in ("前一个", "后一个")]
    free = add("独立的")
    for lead_id in (*ids, free):
        through_unit(browsers, f"/recognition/{lead_id}/{quota_ids['B']}")
    batch = new_batch(app, browsers["director"])
    answer = browsers["director"].post(
        f"/recognition/batches/{batch.id}/approve",
        data={"pick": [f"{lead_id}-{quota_ids['B']}" for lead_id in (*ids, free)]},
    )
    assert answer.status_code == 422
    assert "前一个：疑似与其他项目重复" in answer.text
    assert one(app, Credit) is None
    pair = f"/recognition/suspects/{ids[0]}/{ids[1]}"
    assert pair in browsers["director"].get("/recognition/").text
    data = {"ruling": "second", "reason": "同一合同"}
    assert browsers["director"].post(pair, data=data).status_code == 302
    with app.app_context():
        assert db.session.get(Lead, ids[1]).contract_lead_id == ids[0]
        assert len(list(db.session.scalars(select(SuspectRuling.id)))) == 1
    answer = browsers["director"].post(
        f"/recognition/batches/{batch.id}/approve",
        data={"pick": [f"{lead_id}-{quota_ids['B']}" for lead_id in (ids[0], free)]},
    )
    assert answer.status_code == 302


def test_the_exclusive_group_is_switched_assigned_locked_and_published(
    app, browsers, add, quota_ids
):
    director = browsers["director"]
    ids = [add(f"大项目{n}", 60 * YI) for n in range(2)]
    year = clock.today().year
    assert "没有互斥的指标" in director.get("/recognition/assignment").text
    both = {"quotas": list(quota_ids.values())}
    assert director.post("/recognition/assignment/group", data=both).status_code == 302
    one_alone = {"quotas": [quota_ids["A"]]}
    assert director.post("/recognition/assignment/group", data=one_alone).status_code == 422
    lock = {"lead": ids[0], "quota": quota_ids["A"]}
    assert director.post("/recognition/assignment/lock", data=lock).status_code == 422
    lock["reason"] = "领导小组意见"
    assert director.post("/recognition/assignment/lock", data=lock).status_code == 302
    page = director.get(f"/recognition/assignment?year={year}").text
    assert "领导小组意见" in page
    digest = re.search(r'name="digest"[^>]*value="([^"]*)"', page)[1]
    stale = {"digest": "1:2"}
    assert director.post("/recognition/assignment/publish", data=stale).status_code == 422
    assert director.post(
        "/recognition/assignment/publish", data={"digest": digest}
    ).status_code == 302  # fmt: skip
    assert one(app, Assignment).year == year
    assert "方案与已公布的相差0项" in director.get("/recognition/assignment").text


def test_nobody_is_asked_to_propose_what_the_other_quota_of_the_group_has(
    app, browsers, add, quota_ids
):
    lead_id, director = add(yuan=60 * YI), browsers["director"]
    other = f"/recognition/{lead_id}/{quota_ids['A']}"

    def asked():
        return browsers["staff"].get("/recognition/").text.partition("各级认定名单")[0]

    both = {"quotas": list(quota_ids.values())}
    assert director.post("/recognition/assignment/group", data=both).status_code == 302
    through_unit(browsers, f"/recognition/{lead_id}/{quota_ids['B']}")
    assert other in asked()
    batch = new_batch(app, director)
    data = {"pick": f"{lead_id}-{quota_ids['B']}"}
    answer = director.post(f"/recognition/batches/{batch.id}/approve", data=data)
    assert answer.status_code == 302
    assert other not in asked()


PATHS = {
    "/recognition/": "staff head director auditor district_leader",
    "/recognition/counted": "staff head director auditor district_leader",
    "/recognition/batches/new": "director",
    "/recognition/assignment": "director auditor",
}


@pytest.mark.parametrize("path", PATHS)
def test_each_page_opens_for_the_roles_it_names(browsers, path):
    opened = {name for name, browser in browsers.items() if browser.get(path).status_code == 200}
    assert opened == set(PATHS[path].split()) | (
        {"stranger"} & {*opened} if "staff" in PATHS[path] else set()
    )


def test_a_case_is_seen_by_whoever_sees_the_lead_and_decided_by_whoever_may(
    app, browsers, add, quota_ids
):
    lead_id = add()
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    codes = {name: browser.get(case).status_code for name, browser in browsers.items()}
    assert {name for name, code in codes.items() if code == 200} == {
        "staff", "head", "director", "auditor",
    }  # fmt: skip
    through_unit(browsers, case)
    for name, code in (("staff", 403), ("auditor", 403), ("district_leader", 403), ("head", 422)):
        data = {"district-decided": "approved"}
        assert browsers[name].post(f"{case}/decide/district", data=data).status_code == code
    assert browsers["director"].post(f"{case}/decide/province").status_code == 404
    assert browsers["director"].get(f"/recognition/{lead_id}/999999").status_code == 404
    assert one(app, Credit) is None


def test_a_bureau_leader_is_told_that_somebody_else_decides_their_own(
    app, people, browsers, add, quota_ids
):
    lead_id = add(owner_id=people["director"].id)
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    browsers["head"].post(f"{case}/propose")
    browsers["head"].post(f"{case}/decide/unit", data={"unit-decided": "approved"})
    page = browsers["director"].get(case).text
    assert "记录决定" not in page
    batch = new_batch(app, browsers["director"])
    data = {"district-decided": "approved", "district-batch": batch.id}
    answer = browsers["director"].post(f"{case}/decide/district", data=data)
    assert answer.status_code == 422
    assert "请由其他负责人决定" in answer.text


def tasks_of(browser):
    """What waits for the person, as the desk lists it."""
    page = browser.get("/recognition/").text
    _before, found, after = page.partition('id="tasks"')
    return after.partition("</section>")[0] if found else ""


def test_what_a_head_may_not_decide_reaches_the_bureau_leader_with_the_reason(
    app, people, browsers, add, quota_ids
):
    lead_id = add(owner_id=people["head"].id)
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    assert browsers["head"].post(f"{case}/propose").status_code == 302
    assert "新材料基地" not in tasks_of(browsers["head"])
    told = tasks_of(browsers["director"])
    assert "新材料基地" in told
    name = people["head"].name
    assert f"单位负责人{name}本人负责、协办或包挂，不能自审，由局领导审核" in told
    assert f"单位负责人{name}本人负责" in browsers["director"].get(case).text
    answer = browsers["director"].post(f"{case}/decide/unit", data={"unit-decided": "approved"})
    assert answer.status_code == 302
    assert "区认定" in tasks_of(browsers["director"])


def test_another_head_of_the_unit_decides_before_the_bureau_leader(
    people, person, sign_in, browsers, add, quota_ids
):
    second = sign_in(person("unit_head", "甲单位"))
    lead_id = add(owner_id=people["head"].id)
    browsers["head"].post(f"/recognition/{lead_id}/{quota_ids['B']}/propose")
    assert "由同单位其他负责人审核" in tasks_of(second)
    assert "新材料基地" not in tasks_of(browsers["director"])


def test_what_nobody_may_decide_is_told_to_leaders_and_administrators(
    app, people, person, sign_in, browsers, add, quota_ids
):
    lead_id = add(owner_id=people["head"].id, sponsor_id=people["director"].id)
    browsers["head"].post(f"/recognition/{lead_id}/{quota_ids['B']}/propose")
    page = browsers["director"].get("/recognition/").text
    assert "1项没有人可以决定" in page
    assert "新材料基地" in page.partition("1项没有人可以决定")[2].partition("各级认定名单")[0]
    administrator = sign_in(person("administrator"))
    home = administrator.get("/").text
    assert "1项认定没有人可以决定" in home
    assert "新材料基地" not in home
    person("director", "局")
    assert "没有人可以决定" not in browsers["director"].get("/recognition/").text
    assert "没有人可以决定" not in administrator.get("/").text


def test_each_level_sees_what_changed_since_and_confirms_or_withdraws(
    app, people, browsers, add, quota_ids
):
    lead_id = add()
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    through_unit(browsers, case)
    district = new_batch(app, browsers["director"])
    pick = {"pick": f"{lead_id}-{quota_ids['B']}"}
    browsers["director"].post(f"/recognition/batches/{district.id}/approve", data=pick)
    page = browsers["staff"].get(f"/leads/{lead_id}/figures/new").text
    figure = {
        "kind": "total_investment", "source": "filing", "as_of": clock.today().isoformat(),
        "amount": "60亿元", "document": "备案证明",
        "version": re.search(r'name="version"[^>]*value="(\d+)"', page)[1],
    }  # fmt: skip
    answer = browsers["staff"].post(f"/leads/{lead_id}/figures/new", data=figure)
    assert answer.status_code == 302, answer.text
    for who, level in (("head", "申报"), ("director", "区认定")):
        told = tasks_of(browsers[who])
        assert f"{level}以后" in told
        assert "升到门槛50亿元以上" in told
        assert "6亿元 → 60亿元" in told
        assert people["staff"].name in told
    page = browsers["head"].get(case).text
    assert "维持通过" in page
    answer = browsers["head"].post(f"{case}/decide/unit", data={"unit-decided": "approved"})
    assert answer.status_code == 302
    assert "复核" not in tasks_of(browsers["head"])
    assert (
        f'value="{pick["pick"]}"'
        in browsers["director"].get(f"/recognition/batches/{district.id}").text
    )
    withdrawn = {
        "district-decided": "returned", "district-batch": district.id,
        "district-reason": "金额有变，重新核对",
    }  # fmt: skip
    assert browsers["director"].post(f"{case}/decide/district", data=withdrawn).status_code == 302
    assert "复核" not in tasks_of(browsers["director"])
    assert one(app, Credit) is None


def test_the_names_of_sensitive_projects_stay_with_their_list(app, browsers, add, quota_ids):
    lead_id = add("绝密基地")
    case = f"/recognition/{lead_id}/{quota_ids['B']}"
    through_unit(browsers, case)
    with app.app_context(), transaction() as session:
        session.get(Lead, lead_id).is_sensitive = True
    page = browsers["director"].get("/recognition/").text
    assert "绝密基地" not in page
    assert "另有1项属于敏感项目" in page
    assert browsers["director"].get(case).status_code == 404


def test_the_pages_ask_the_same_number_of_questions_however_many_projects(
    app, browsers, add, quota_ids, count_queries
):
    lead_id = add("首个")
    through_unit(browsers, f"/recognition/{lead_id}/{quota_ids['B']}")
    batch = new_batch(app, browsers["director"])
    pages = (
        ("director", "/recognition/"),
        ("staff", "/recognition/"),
        ("director", f"/recognition/batches/{batch.id}"),
        ("director", f"/recognition/{lead_id}/{quota_ids['B']}"),
        ("director", "/recognition/assignment"),
    )

    def counts():
        found = []
        for who, path in pages:
            with count_queries() as seen:
                assert browsers[who].get(path).status_code == 200
            found.append(len(seen))
        return found

    before = counts()
    for n in range(5):
        more = add(f"又一个{n}")
        through_unit(browsers, f"/recognition/{more}/{quota_ids['B']}")
    assert counts() == before
    assert max(before) <= 26
    assert max(before[:2]) <= 14, "the page of recognition, for leaders and staff"


@pytest.mark.parametrize(
    "query", ["year=1999", "year=x", "show=none", "after=1", "after=a-b", "after=-"]
)
def test_an_address_that_means_nothing_is_refused(browsers, query):
    assert browsers["director"].get(f"/recognition/?{query}").status_code in {400, 404}
