"""The pages that change chains, without JavaScript: plain forms, refusals beside the field, 409 and undo."""

import re
from io import BytesIO
from threading import Thread
from time import process_time

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.chains.models import Chain, ChainGroup, Segment, SegmentLink
from crm.chains.queries.trees import forest
from crm.chains.rules.tree import faults_of
from crm.core import db as core
from crm.core.db import db, transaction
from crm.core.sheets import workbook_bytes

pytestmark = pytest.mark.on("sqlite")


@pytest.fixture
def browser(sign_in):
    return sign_in("director")


def at(app, code):
    with app.app_context():
        return db.session.scalars(select(Segment).where(Segment.code == code)).one()


def order(app, code):
    with app.app_context():
        chain = select(Chain.id).where(Chain.code == code).scalar_subquery()
        return db.session.scalars(
            select(Segment.code).where(Segment.chain_id == chain).order_by(Segment.position)
        ).all()


def step(browser, app, verb, code):
    row = at(app, code)
    return browser.post(
        "/chains/MED/edit", data={"step": f"{verb}:{row.id}:{row.version}"}, follow_redirects=True
    )


def last_change(page):
    return re.search(r'name="change" value="(\d+)"', page.text)[1]


def test_a_chain_is_arranged_and_the_last_step_undone(browser, app):
    before = order(app, "MED")
    page = step(browser, app, "down", "MED-M1")
    assert order(app, "MED").index("MED-M1") == before.index("MED-M1") + 1
    assert f"MED-M1 {at(app, 'MED-M1').name}" in page.text
    page = step(browser, app, "inward", "MED-M1")
    assert at(app, "MED-M1").parent_id == at(app, "MED-M2").id
    assert "第2级" in page.text
    for _ in range(2):
        page = browser.post(
            "/chains/MED/undo", data={"change": last_change(page)}, follow_redirects=True
        )
    assert order(app, "MED") == before
    assert "还没有改动" in page.text


def test_a_step_on_an_old_page_is_told_with_what_changed(browser, app):
    row = at(app, "MED-M2")
    step(browser, app, "inward", "MED-M2")
    answer = browser.post("/chains/MED/edit", data={"step": f"outward:{row.id}:{row.version}"})
    assert answer.status_code == 409
    assert "上级环节" in answer.text
    assert at(app, "MED-M1").name in answer.text


def test_dropping_before_after_inside_and_on_a_tier(browser, app):
    def drop(code, where, on="", tier=""):
        row = at(app, code)
        there = at(app, on).id if on else ""
        return browser.post(
            "/chains/MED/edit",
            data={"drop": f"{row.id}:{row.version}", "where": where, "on": there, "tier": tier},
        ).status_code

    assert drop("MED-M3", "before", "MED-M1") == 302
    assert drop("MED-M4", "after", "MED-M1") == 302
    inside = [code for code in order(app, "MED") if "-M" in code]
    assert inside[:3] == ["MED-M3", "MED-M1", "MED-M4"]
    assert drop("MED-M1", "inside", "MED-M2") == 302
    assert at(app, "MED-M1").parent_id == at(app, "MED-M2").id
    assert drop("MED-M2", "inside", "MED-M1") == 422
    assert drop("MED-M2", "tier", tier="down") == 302
    assert at(app, "MED-M1").tier == "down"


def test_a_segment_is_added_with_refusals_beside_the_fields(browser, app):
    form = {"name": "名" * 200, "code": "MED-M1", "layout": "focus", "weight": "9"}
    page = browser.post("/chains/MED/edit/new?tier=up", data=form)
    assert page.status_code == 422
    assert "最多60个字" in page.text
    assert "权重填1到5的整数" in page.text
    page = browser.post("/chains/MED/edit/new?tier=up", data=form | {"weight": "重"})
    assert "权重填1到5的整数" in page.text
    assert "权重填1到5的整数；" not in page.text
    form |= {"name": "名" * 60, "weight": "5", "keywords": "甲、乙"}
    page = browser.post("/chains/MED/edit/new?tier=up", data=form)
    assert "这个编码已有环节在用" in page.text
    form["code"] = "med-x1"
    page = browser.post("/chains/MED/edit/new?tier=up", data=form, follow_redirects=True)
    assert "名" * 60 in page.text
    assert (at(app, "MED-X1").tier, at(app, "MED-X1").keywords) == ("up", ["甲", "乙"])


def test_a_segment_is_edited_moved_merged_and_taken_out_of_use(browser, app):
    where = "/chains/MED/edit/MED-M1"
    fields = {"name": "新名", "code": "MED-M1", "layout": "none", "weight": "2"}
    assert browser.post(where, data=fields).status_code == 409  # without the version it showed
    version = {"version": at(app, "MED-M1").version}
    assert browser.post(where, data=fields | version).status_code == 302
    assert (at(app, "MED-M1").name, at(app, "MED-M1").is_key) == ("新名", False)
    assert browser.post(f"{where}/move", data={"version": 2}).status_code == 422
    place = f"under:{at(app, 'NFM-M1').id}"
    answer = browser.post(f"{where}/move", data={"version": 2, "place": place})
    assert answer.status_code == 302
    assert at(app, "MED-M1").chain_id == at(app, "NFM-M1").chain_id
    where = "/chains/NFM/edit/MED-M1"
    assert browser.get(where).status_code == 200
    into = {"version": 3, "into": at(app, "NFM-M2").id}
    assert browser.post(f"{where}/merge", data=into).status_code == 302
    assert at(app, "MED-M1").merged_into_id == at(app, "NFM-M2").id
    name = at(app, "NFM-M2").name
    for page in (where, "/chains/NFM/edit"):
        into = f'<a href="/chains/NFM/edit/NFM-M2">{name}</a>'
        assert into in browser.get(page).text[browser.get(page).text.index("已并入") :]
    old = browser.get("/chains/NFM/segments/MED-M1")
    assert (old.status_code, old.location) == (302, "/chains/NFM/segments/NFM-M2")
    page = browser.post(f"{where}/restore", data={"version": at(app, "MED-M1").version})
    assert "只能撤销那次合并" in page.text
    free = at(app, "MED-U1")
    for verb in ("retire", "restore"):
        data = {"version": at(app, "MED-U1").version}
        assert browser.post(f"/chains/MED/edit/MED-U1/{verb}", data=data).status_code == 302
    assert at(app, "MED-U1").version == free.version + 2


def test_links_are_added_named_and_removed(browser, app):
    with app.app_context(), transaction() as session:
        session.query(SegmentLink).delete()
    where = "/chains/MED/edit/MED-D1/links"
    other = at(app, "NFM-U1").id
    page = browser.post(where, data={"way": "feeds", "other": other, "product": "回收料"})
    assert page.status_code == 302
    with app.app_context():
        link = db.session.scalars(select(SegmentLink).where(SegmentLink.to_id == other)).one()
    page = browser.post(where, data={"way": "feeds", "other": other})
    assert "已有同向的联系" in page.text
    page = browser.post(where, data={"way": "needs", "other": other})
    assert "供需联系会成环" in page.text
    assert page.text.count(f'<option value="{other}" selected>') == 1
    one = f"{where}/{link.id}"
    assert browser.post(one, data={"version": 1, "product": "粉"}).status_code == 302
    assert browser.post(one, data={"version": 1, "remove": "1"}).status_code == 409
    assert browser.post(one, data={"version": 2, "remove": "1"}).status_code == 302


def test_a_chain_is_made_described_confirmed_and_taken_out_of_use(browser, app, sign_in, person):
    form = {"code": "new", "name": "新链", "kind": "chain"}
    page = browser.post("/chains/new", data=form, follow_redirects=True)
    assert "非官方" in page.text
    page = browser.post("/chains/new", data=form)
    assert "这个编码已有产业链在用" in page.text
    head = person("district_leader", name="赵链长")
    form |= {"version": 1, "leader": head.id}
    assert browser.post("/chains/NEW/about", data=form).status_code == 302
    leader = sign_in(head)
    assert leader.post("/chains/MED/confirm", data={"version": 1}).status_code == 404
    assert leader.post("/chains/NEW/confirm", data={"version": 2}).status_code == 302
    page = browser.get("/chains/NEW/edit")
    assert "专班已确认" in page.text
    for verb, version, is_told in (("retire", 3, True), ("restore", 4, False)):
        answer = browser.post(f"/chains/NEW/{verb}", data={"version": version})
        assert answer.status_code == 302
        assert ("已停用：" in browser.get("/chains/").text) is is_told


def test_groups_have_a_leader_and_go_only_when_empty(browser, app, person, sign_in):
    form = {"code": "HYD", "name": "氢能", "leader": person("district_leader", name="钱链长").id}
    page = browser.post("/chains/groups/new", data=form, follow_redirects=True)
    assert "钱链长" in page.text
    with app.app_context():
        new = db.session.scalars(select(ChainGroup).where(ChainGroup.code == "HYD")).one()
        full = db.session.scalars(select(ChainGroup).order_by(ChainGroup.position)).first()
    assert browser.post(f"/chains/groups/{new.id}/up").status_code == 302
    page = browser.post(f"/chains/groups/{full.id}/remove", data={"version": full.version})
    assert "个环节属于这个链群" in page.text
    page = browser.post(f"/chains/groups/{new.id}", data=form | {"version": 9})
    assert page.status_code == 409
    answer = browser.post(f"/chains/groups/{new.id}/remove", data={"version": new.version})
    assert answer.status_code == 302
    reader = sign_in("staff")
    assert "新增链群" not in reader.get("/chains/groups").text
    assert reader.get("/chains/groups/new").status_code == 403


def test_only_bureau_leaders_edit(app, sign_in):
    for role in (Role.STAFF, Role.UNIT_HEAD, Role.DISTRICT_LEADER, Role.AUDITOR):
        assert sign_in(role).get("/chains/MED/edit").status_code == 403
    assert sign_in("director").get("/chains/NONE/edit").status_code == 404


def test_the_editor_asks_as_often_however_many_segments(browser, app, count_queries):
    browser.get("/chains/MED/edit")
    with count_queries() as few:
        browser.get("/chains/MED/edit")
    with app.app_context(), transaction() as session:
        chain = session.scalars(select(Chain).where(Chain.code == "MED")).one()
        for n in range(60):
            session.add(
                Segment(
                    chain_id=chain.id, code=f"MED-Z{n}", name="很长的环节名称" * 8, position=99 + n
                )
            )
    with count_queries() as many:
        assert "MED-Z59" in browser.get("/chains/MED/edit").text
    assert len(few) == len(many) <= 8


# --- Excel ---


def sheets_of(answer):
    book = load_workbook(BytesIO(answer.data))
    return {sheet.title: [[*row] for row in sheet.values] for sheet in book}


def sent(browser, sheets):
    """Put a file aside; the page that tells what it would change."""
    file = BytesIO(workbook_bytes(sheets.items()))
    data = {"file": (file, "链.xlsx")}
    return browser.post(
        "/chains/import", data=data, content_type="multipart/form-data", follow_redirects=True
    )


def confirmed(browser, page):
    mark = re.search(r'name="mark" value="([^"]+)"', page.text)[1]
    return browser.post("/chains/import/confirm", data={"mark": mark}, follow_redirects=True)


def test_an_export_filled_in_comes_in_again_and_is_undone(browser, app):
    assert "完全一致" in sent(browser, sheets_of(browser.get("/chains/export"))).text
    sheets = sheets_of(browser.get("/chains/MED/export.xlsx"))
    before = [order(app, "MED"), at(app, "MED-M1").name]
    head, *rows = sheets["环节"]
    place = {name: head.index(name) for name in head}
    by_code = {row[place["编码"]]: row for row in rows}
    by_code["MED-M1"][place["名称"]] = "新名"
    by_code["MED-M2"][place["上级编码"]] = "MED-M1"
    fresh = [None] * len(head)
    for name, value in (("编码", "MED-X1"), ("名称", "甲"), ("上级编码", "MED-M2")):
        fresh[place[name]] = value
    sheets["环节"] = [head, fresh, *rows]
    sheets["联系"] = [sheets["联系"][0], ["MED-X1", "MED-D1", "件", None, None]]
    page = sent(browser, sheets)
    for words in ("新增1", "修改1", "移动1", "联系1", "新名"):
        assert words in page.text
    by_code["MED-M1"][place["名称"]] = "另名"
    other = sent(browser, sheets)
    assert "已导入：新增环节1个" in confirmed(browser, page).text
    new = at(app, "MED-X1")
    assert (new.parent_id, new.tier) == (at(app, "MED-M2").id, "mid")
    answer = confirmed(browser, other)  # looked at before the first file was taken in
    assert answer.status_code == 422
    assert "导出以后有人改过这一行" in answer.text
    page = browser.get("/chains/MED/edit")
    browser.post("/chains/MED/undo", data={"change": last_change(page)})
    assert [order(app, "MED"), at(app, "MED-M1").name] == before


def test_rows_that_cannot_be_taken_in_are_told_and_nothing_is_saved(browser, app):
    sheets = sheets_of(browser.get("/chains/MED/export.xlsx"))
    head = sheets["环节"][0]
    good, bad = [None] * len(head), [None] * len(head)
    for row, code, name in ((good, "MED-X1", "甲"), (bad, "MED-X2", "名" * 200)):
        row[head.index("编码")], row[head.index("名称")] = code, name
        row[head.index("产业链编码")] = "MED"
    sheets["环节"] += [good, bad]
    page = sent(browser, sheets)
    assert "还不能导入" in page.text
    assert "名称最多60个字" in page.text
    assert f">{len(sheets['环节'])}<" in page.text
    assert "确认导入" not in page.text
    assert "MED-X1" not in order(app, "MED")
    page = browser.post("/chains/import", data={"file": (BytesIO(b"no"), "a.xlsx")})
    assert page.status_code == 422


def test_two_thousand_segments_in_one_file(browser, app, sign_in):
    head = sheets_of(browser.get("/chains/MED/export.xlsx"))["环节"][0]
    place = {name: head.index(name) for name in head}
    rows = []
    for number in range(2000):
        row = [None] * len(head)
        row[place["编码"]], row[place["名称"]] = f"BIG-{number}", f"第{number}号环节"
        if number % 10:
            row[place["上级编码"]] = f"BIG-{number - 1}"
        else:
            row[place["产业链编码"]], row[place["层级"]] = "MED", "上游"
        rows.append(row)
    rows.reverse()  # parts before their parents
    page = sent(browser, {"环节": [head, *rows]})
    assert "新增2000" in page.text
    started = process_time()
    assert "已导入" in confirmed(browser, page).text
    assert process_time() - started < 10
    assert len(order(app, "MED")) > 2000
    with app.app_context():
        assert faults_of(forest().nodes.values()) == {}


@pytest.mark.on("postgresql")
def test_while_somebody_writes_a_change_asks_to_be_tried_again(browser, app, monkeypatch):
    monkeypatch.setattr(core, "PATIENCE_MS", 100)
    sheets = sheets_of(browser.get("/chains/MED/export.xlsx"))
    head, row, *rows = sheets["环节"]
    row[head.index("名称")] = "新名"
    page = sent(browser, {**sheets, "环节": [head, row, *rows]})
    answers = []

    def change():
        answers.append(step(browser, app, "down", "MED-M1"))
        answers.append(confirmed(browser, page))

    with app.app_context(), transaction():
        changing = Thread(target=change)
        changing.start()
        changing.join(20)
    for answer in answers:
        assert answer.status_code == 422
        assert "有较大的写入正在进行，请过一会儿再试" in answer.text
    assert "已导入" in confirmed(browser, page).text
