"""Pages of the bridge, of a day as known, of closings and exports: what each person sees and may do."""

import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.closing.models import ClosedPeriod, ClosingCorrection, StandingExport
from crm.closing.queries.standings import hash_of
from crm.closing.services.closing import close_period
from crm.closing.services.exporting import take_export
from crm.core import clock
from crm.core.db import transaction
from crm.core.sheets import read_sheets
from crm.history import services as history
from crm.leads.models import Lead, LeadMember, Milestone
from crm.leads.rules import Exclusion, FigureSource, MembershipKind, Stage
from crm.quotas.models import Quota
from crm.quotas.rules import CountingEvent
from crm.quotas.services import rejudge
from crm.quotas.services.versions import Signature, draft, publish, save_draft
from crm.recognition.models import Decision, RecognitionBatch
from crm.recognition.rules import Decided, Level
from tests.features.quota_leads import YI, add_figure, add_signed

pytestmark = pytest.mark.on("sqlite")

FORMULA = "=HYPERLINK(0)总部"


def noon(day):
    return clock.office_moment(day) + timedelta(hours=12)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """20 November of this year, whatever day it is: a cut-off and closed months lie behind it."""
    day = date(clock.today().year, 11, 20)
    monkeypatch.setattr(clock, "now", lambda: noon(day))
    return day


@pytest.fixture
def district(app, person, today):
    """A last month that is closed, an export of ten days ago, and changes since; ids by title."""
    leader = person("director", "区投资促进局", name="刘洋")
    staff = person("staff", "甲单位", name="张伟")
    begin = today - timedelta(days=40)
    with app.app_context():
        with transaction() as session:
            mine = {"owner_id": staff.id, "department_id": staff.department_id}
            opens = date(today.year, 1, 1)
            leads = {
                title: add_signed(title, yuan, on=max(opens, begin), **more)
                for title, yuan, more in (
                    ("自己的", 60 * YI, mine),
                    (FORMULA, 55 * YI, {}),
                    ("要终止", 70 * YI, {}),
                    ("敏感的", 80 * YI, {"is_sensitive": True}),
                    ("更正的", 50 * YI, mine),
                )
            }
            ids = {title: lead.id for title, lead in leads.items()}
            session.flush()
            rejudge(ids.values(), today=today, at=noon(begin))
        with transaction() as session:
            day = today - timedelta(days=10)
            export = take_export(leader, noon(day), today.year, day, today=day)
            ids["export"] = export.id
        with transaction() as session:
            at = noon(today - timedelta(days=5))
            lost = session.get_one(Lead, ids["要终止"])
            lost.stage = Stage.LOST
            history.record_changes(leader, at, "stage_moved", lost, lead_id=lost.id)
            corrected = session.get_one(Lead, ids["更正的"])
            add_figure(
                corrected, 49 * YI, source=FigureSource.FILING, as_of=today, document="备案证明"
            )
            history.record(staff, at, "figure_added", corrected, lead_id=corrected.id)
            session.flush()
            rejudge([lost.id, corrected.id], today=today, at=at + timedelta(seconds=1))
    return leader, staff, ids


@pytest.fixture
def closed(app, district, today):
    """A month closed before the changes; its id."""
    leader, _, _ = district
    day = today - timedelta(days=8)
    with app.app_context(), transaction() as session:
        for quota in session.scalars(select(Quota).where(Quota.year == day.year)):
            quota.monthly_cutoff_day = (day - timedelta(days=1)).day
        session.flush()
        return close_period(leader, noon(day), day.year, day.month, "说明", today=day).id


def days(today):
    return {"from": str(today - timedelta(days=9)), "to": str(today)}


def test_the_bridge_tells_a_leader_every_name_with_reason_and_hand(sign_in, district, today):
    leader, _, ids = district
    text = sign_in(leader).get("/closing/bridge", query_string=days(today)).text
    assert "5 + 0 − 2 = 3" in re.sub(r"\s+", " ", text)
    assert "项目已终止，不计入" in text
    assert "总投资由50亿元更正为49亿元（门槛50亿元）" in text
    assert f'href="/leads/{ids["要终止"]}/history"' in text
    assert "刘洋" in text
    assert "张伟" in text
    assert "大项目已签约由5个变为3个：增0个，减2个" in text


def test_a_member_of_staff_gets_the_bridge_of_what_they_see(sign_in, district, today):
    _, staff, ids = district
    text = sign_in(staff).get("/closing/bridge", query_string=days(today)).text
    assert "更正的" in text
    assert "2 + 0 − 1 = 1" in re.sub(r"\s+", " ", text)
    assert "要终止" not in text
    assert f"/leads/{ids['要终止']}" not in text


def test_a_sensitive_lead_is_counted_and_not_named(app, sign_in, district, today):
    leader, _, ids = district
    with app.app_context(), transaction() as session:
        session.get_one(Lead, ids["敏感的"]).stage = Stage.LOST
        session.flush()
        rejudge([ids["敏感的"]], today=today, at=clock.now())
    client = sign_in(leader)
    text = client.get("/closing/bridge", query_string=days(today)).text
    assert "5 + 0 − 3 = 2" in re.sub(r"\s+", " ", text)
    assert "敏感项目（不显示名称）" in text
    assert "敏感的" not in text
    page = client.get("/closing/known", query_string={"known": str(today - timedelta(days=9))})
    assert "敏感项目（不显示名称）" in page.text
    assert "敏感的" not in page.text
    with app.app_context(), transaction() as session:
        member = LeadMember(lead_id=ids["敏感的"], user_id=leader.id, kind=MembershipKind.NAMED)
        session.add(member)
    assert "敏感的" in client.get("/closing/bridge", query_string=days(today)).text


def test_a_day_is_shown_as_it_was_known_and_held_against_its_export(sign_in, district, today):
    leader, staff, _ = district
    client = sign_in(leader)
    day = today - timedelta(days=10)
    text = client.get("/closing/known", query_string={"known": str(day)}).text
    assert "要终止" in text
    assert "一致" in text
    assert "不一致" not in text
    now = client.get("/closing/known", query_string={"known": str(today)}).text
    assert "要终止" not in now
    assert (
        "要终止" not in sign_in(staff).get("/closing/known", query_string={"known": str(day)}).text
    )


def test_an_export_says_whether_it_still_holds_and_why_not(sign_in, district):
    leader, _, ids = district
    text = sign_in(leader).get(f"/closing/exports/{ids['export']}").text
    assert "完好" in text
    assert text.count("不一致") == 1
    assert "项目已终止，不计入" in text


def test_a_kept_export_that_was_tampered_with_is_told(app, sign_in, district):
    leader, _, ids = district
    with app.app_context(), transaction() as session:
        export = session.get_one(StandingExport, ids["export"])
        export.content = {**export.content, "overlap": 99}
    text = sign_in(leader).get(f"/closing/exports/{ids['export']}").text
    assert "内容与校验码不符" in text


def test_the_workbook_and_the_json_say_what_was_kept_and_run_no_formula(app, sign_in, district):
    leader, _, ids = district
    client = sign_in(leader)
    answer = client.get(f"/closing/exports/{ids['export']}.xlsx")
    summary, first, _ = read_sheets(answer.data, "x.xlsx")
    assert summary.rows[0][0].endswith("年招商引资指标完成情况")
    assert summary.rows[3][:5] == ("大项目", "力争", 10, summary.rows[3][3], 5)
    titles = {row[1] for row in first.rows[2:]}
    assert titles == {"自己的", FORMULA, "要终止", "更正的", "敏感项目（不显示名称）"}
    assert not first.formulas
    assert "投资协议第3条（协议，" in first.rows[2][7]
    told = json.loads(client.get(f"/closing/exports/{ids['export']}.json").data)
    with app.app_context(), transaction() as session:
        content = session.get_one(StandingExport, ids["export"]).content
    assert told["sha256"] == hash_of(content)
    assert [quota["signed"] for quota in told["quotas"]] == [5, 5]
    lead = next(each for each in told["quotas"][0]["leads"] if each["title"] == "自己的")
    assert lead["reasons_text"] == ["协议总投资60亿元，达到门槛50亿元"]
    assert lead["papers"][0].startswith("投资协议第3条")


def test_taking_an_export_keeps_it_and_leads_to_it(app, sign_in, district, today):
    leader, _, _ = district
    client = sign_in(leader)
    answer = client.post(f"/closing/exports?year={today.year}", data={"as_of": str(today)})
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert page.text.count("一致") - page.text.count("不一致") == 2
    late = {"as_of": str(today + timedelta(days=1))}
    answer = client.post("/closing/exports", data=late, follow_redirects=True)
    assert "这一天还没有到，不能导出。" in answer.text


def test_closing_shows_first_what_is_open_and_then_closes_once(app, sign_in, district, today):
    leader, staff, _ = district
    client = sign_in(leader)
    with app.app_context(), transaction() as session:
        session.execute(Quota.__table__.update().values(monthly_cutoff_day=1))
        lead = add_signed("缺材料", 60 * YI, on=date(today.year, 1, 1), owner_id=staff.id)
        session.query(Milestone).filter_by(lead_id=lead.id).update({"document": None})
        rejudge([lead.id], today=today, at=clock.now())
    address = f"/closing/periods/{today.year}/1/close"
    page = client.get(address).text
    assert "缺材料" in page
    assert "张伟" in page
    assert "封账不能撤销" in page
    answer = client.post(address, data={"note": "一月"})
    assert answer.status_code == 302
    assert re.fullmatch(r"/closing/periods/\d+", answer.location)
    again = client.post(address, data={})
    assert again.status_code == 422
    assert "这一期已经封账，封账不能撤销。" in again.text
    future = f"/closing/periods/{today.year}/year/close"
    assert client.post(future, data={}).status_code == 422
    assert "已封账" in client.get("/closing/periods").text


def test_a_correction_is_entered_beside_the_number_and_seen_by_name(app, sign_in, district, closed):
    leader, _, ids = district
    client = sign_in(leader)
    page = client.get(f"/closing/periods/{closed}").text
    assert "要终止" in page
    address = f"/closing/periods/{closed}/correct"
    data = {
        "code": "A", "number": "signed", "kind": "take", "lead_id": ids["要终止"],
        "value": "", "document_number": "天投促〔2026〕9号", "reason": "项目终止",
    }  # fmt: skip
    assert client.post(address, data={**data, "kind": "add"}).status_code == 422
    assert client.post(address, data={**data, "document_number": ""}).status_code == 422
    dollars = {**data, "kind": "value", "value": "3亿美元"}
    assert client.post(address, data=dollars).status_code == 422
    assert client.post(address, data=data).status_code == 302
    page = client.get(f"/closing/periods/{closed}").text
    assert "更正+0 −1，为4" in page
    assert "天投促〔2026〕9号" in page
    with app.app_context(), transaction() as session:
        assert session.query(ClosingCorrection).count() == 1


def test_closed_and_now_are_bridged_from_the_frozen_names(sign_in, district, closed):
    leader, staff, _ = district
    text = sign_in(leader).get("/closing/bridge?by=closed").text
    assert "5 + 0 − 2 = 3" in re.sub(r"\s+", " ", text)
    text = sign_in(staff).get(f"/closing/bridge?by=closed&period={closed}").text
    assert "2 + 0 − 1 = 1" in re.sub(r"\s+", " ", text)
    assert "要终止" not in text


def test_two_levels_are_bridged_with_what_was_said_of_each_name(app, sign_in, district, today):
    leader, _, ids = district
    with app.app_context(), transaction() as session:
        quota = session.scalar(select(Quota).where(Quota.year == today.year, Quota.code == "A"))
        batch = RecognitionBatch(
            year=today.year, at_level=Level.DISTRICT, title="批次", decided_on=today,
            created_by_id=leader.id, created_at=clock.now(),
        )  # fmt: skip
        session.add(batch)
        session.flush()
        for title, level, decided, reason in (
            ("自己的", Level.UNIT, Decided.APPROVED, None),
            ("自己的", Level.DISTRICT, Decided.APPROVED, None),
            (FORMULA, Level.UNIT, Decided.APPROVED, None),
            (FORMULA, Level.DISTRICT, Decided.RETURNED, "材料不全"),
            ("更正的", Level.UNIT, Decided.APPROVED, None),
        ):
            session.add(
                Decision(
                    lead_id=ids[title], quota_id=quota.id, at_level=level, decided=decided,
                    batch_id=None if level is Level.UNIT else batch.id, reason=reason,
                    decided_on=today, by_id=leader.id, recorded_at=clock.now(), sides_then=[],
                )
            )  # fmt: skip
    client = sign_in(leader)
    text = client.get("/closing/bridge?by=levels&below=unit&above=district").text
    assert "3 + 0 − 2 = 1" in re.sub(r"\s+", " ", text)
    assert "材料不全" in text
    assert "还没有区认定的决定" in text
    assert "大项目项目由3个变为1个" in text
    with app.app_context(), transaction() as session:
        small = session.scalar(select(Quota).where(Quota.year == today.year, Quota.code == "B"))
        for each in (session.get_one(Quota, quota.id), small):
            each.exclusive_group = "hot"
        session.add(
            Decision(
                lead_id=ids["更正的"], quota_id=small.id, at_level=Level.DISTRICT,
                decided=Decided.APPROVED, batch_id=batch.id, decided_on=today, by_id=leader.id,
                recorded_at=clock.now(), sides_then=[],
            )
        )  # fmt: skip
    text = client.get("/closing/bridge?by=levels&below=unit&above=district").text
    assert "还没有区认定的决定" not in text
    assert "区认定已计入“" in text
    assert f"/recognition/{ids['更正的']}/{small.id}" in text
    counted = client.get("/closing/bridge?by=levels&below=district&above=counted").text
    assert "已认定，但未达本系统的计数口径" in counted
    text = client.get("/closing/bridge", query_string=days(today)).text
    assert "0 + 1 − 0 = 1" in re.sub(r"\s+", " ", text)
    assert "通过认定" in text


def test_two_versions_of_the_criteria_are_bridged_by_name(app, sign_in, district, today):
    leader, _, _ = district
    client = sign_in(leader)
    assert "都只有一版口径" in client.get("/closing/bridge?by=versions").text
    with app.app_context(), transaction() as session:
        quota = session.scalar(select(Quota).where(Quota.year == today.year, Quota.code == "A"))
        begun = draft(leader, quota.id, clock.now())
        clause = {"clause": "amount", "field": "total_investment", "at_least_yuan": 58 * YI}
        save_draft(
            leader, quota.id, begun.version, {"any_of": [clause]}, CountingEvent.SIGNED, clock.now()
        )
        publish(
            leader, quota.id, begun.version, Signature("天投促〔2026〕1号", today),
            today=today, at=clock.now(),
        )  # fmt: skip
    text = client.get("/closing/bridge?by=versions").text
    assert "大项目第1版" in text
    assert "3 + 0 − 1 = 2" in re.sub(r"\s+", " ", text)
    assert "口径变化：" in text
    assert "低于门槛3亿元" in text


def test_a_version_that_bars_other_types_is_bridged_by_the_leads_it_lets_in(
    app, sign_in, district, today
):
    leader, _, _ = district
    client = sign_in(leader)
    with app.app_context(), transaction() as session:
        quota = session.scalar(select(Quota).where(Quota.year == today.year, Quota.code == "A"))
        criteria = dict(quota.criteria)
        fund = add_signed("基金项目", 90 * YI, on=today, exclusion=Exclusion.FUND)
        # Of another year by its 统计日期: no version of this year counts it.
        earlier = add_signed("去年的基金", 90 * YI, on=today, exclusion=Exclusion.FUND)
        session.query(Milestone).filter_by(lead_id=earlier.id).update(
            {"statistics_on": today.replace(year=today.year - 1)}
        )
        rejudge([fund.id, earlier.id], today=today, at=clock.now())
        begun = draft(leader, quota.id, clock.now())
        save_draft(
            leader, quota.id, begun.version, {**criteria, "exclusions": ["real_estate"]},
            CountingEvent.SIGNED, clock.now(),
        )  # fmt: skip
        publish(
            leader, quota.id, begun.version, Signature("天投促〔2026〕1号", today),
            today=today, at=clock.now(),
        )  # fmt: skip
    text = client.get("/closing/bridge?by=versions").text
    assert "3 + 1 − 0 = 4" in re.sub(r"\s+", " ", text)
    assert "基金项目" in text
    assert "去年的基金" not in text


@pytest.mark.parametrize("role", ["staff", "unit_head", "district_leader", "administrator"])
def test_only_bureau_leaders_and_auditors_read_closings_and_exports(sign_in, district, role):
    _, _, ids = district
    client = sign_in(role, "甲单位")
    for address in ("/closing/periods", f"/closing/exports/{ids['export']}.json"):
        assert client.get(address).status_code == 403


def test_an_auditor_reads_and_changes_nothing(sign_in, district, closed, today):
    client = sign_in("auditor")
    assert client.get("/closing/periods").status_code == 200
    assert client.get(f"/closing/periods/{closed}").status_code == 200
    for address in (
        "/closing/exports",
        f"/closing/periods/{closed}/correct",
        f"/closing/periods/{today.year}/1/close",
    ):
        assert client.post(address, data={}).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/closing/bridge?year=1066", 404),
        ("/closing/bridge?by=nights", 400),
        ("/closing/bridge?from=bald", 400),
        ("/closing/bridge?from=2026-11-20&to=2026-11-01", 400),
        ("/closing/bridge?by=levels&below=moon", 400),
        ("/closing/bridge?by=versions&old=x", 400),
        ("/closing/bridge?by=versions&old=999999999&new=1", 404),
        ("/closing/known?known=2026-02-30", 400),
        ("/closing/known?known=2099-01-01", 400),
        ("/closing/periods/999", 404),
        ("/closing/periods/2026/13/close", 404),
        ("/closing/periods/2026/year/close", 200),
        ("/closing/periods/99999/1/close", 404),
        ("/closing/exports/999.xlsx", 404),
    ],
)
def test_what_makes_no_sense_is_said_so(sign_in, address, status):
    assert sign_in("director").get(address).status_code == status


def test_the_pages_ask_the_same_number_of_queries_for_any_number_of_leads(
    app, sign_in, district, closed, count_queries, today
):
    leader, _, ids = district
    client = sign_in(leader)
    addresses = (
        f"/closing/bridge?from={today - timedelta(days=9)}&to={today}",
        "/closing/bridge?by=closed",
        "/closing/bridge?by=levels",
        f"/closing/known?known={today}",
        "/closing/periods",
        f"/closing/periods/{closed}",
        f"/closing/exports/{ids['export']}",
    )

    def counts():
        found = []
        for address in addresses:
            with count_queries() as seen:
                assert client.get(address).status_code == 200
            found.append(len(seen))
        return found

    before = counts()
    with app.app_context(), transaction():
        more = [
            add_signed(f"又一个{number}", 60 * YI, on=today - timedelta(days=2)).id
            for number in range(12)
        ]
        rejudge(more, today=today, at=clock.now())
    assert counts() == before
    assert max(before) <= 30, dict(zip(addresses, before, strict=True))


def test_there_is_no_way_to_open_a_period_again(app, closed):
    with app.app_context(), transaction() as session:
        assert session.query(ClosedPeriod).count() == 1
    verbs = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/closing")}
    assert not {name for name in verbs if "open" in name or "delete" in name}


def test_many_names_of_a_day_come_page_by_page_and_all_in_one_workbook(app, person, sign_in, today):
    leader = person("director", "区投资促进局")
    with app.app_context(), transaction() as session:
        leads = [add_signed(f"第{n:03d}号总部", 60 * YI, on=today) for n in range(61)]
        session.flush()
        rejudge([lead.id for lead in leads], today=today, at=noon(today))
    client = sign_in(leader)

    def names(text):
        return set(
            re.findall(r"第(\d{3})号总部", text.split('id="B-names"')[1].split("<section")[0])
        )

    page = client.get("/closing/known").text
    assert names(page) == {f"{n:03d}" for n in range(50)}
    assert "第050号总部" not in page
    assert "共61条" in page
    assert re.search(r"已签约</dt><dd>61</dd>", page)
    following = re.search(r'href="([^"]*quota=B[^"]*start=50[^"]*)"', page)[1].replace("&amp;", "&")
    rest = client.get(following.partition("#")[0]).text
    assert names(rest) == {f"{n:03d}" for n in range(50, 61)}
    assert client.get("/closing/known?quota=B&start=x").status_code == 400
    link = re.search(r'href="([^"]*known\.xlsx[^"]*)"', page)[1].replace("&amp;", "&")
    answer = client.get(link)
    cells = {
        cell for sheet in read_sheets(answer.data, "x.xlsx") for row in sheet.rows for cell in row
    }
    assert {f"第{n:03d}号总部" for n in range(61)} <= cells


@pytest.mark.parametrize(
    ("query", "status"),
    [("known=x", 404), ("", 404), ("known=2199-01-01", 404), ("known=2026-11-01&year=1", 404)],
)
def test_a_workbook_of_a_day_that_means_nothing_is_not_found(sign_in, district, query, status):
    leader, staff, _ = district
    assert sign_in(leader).get(f"/closing/known.xlsx?{query}").status_code == status
    assert sign_in(staff).get("/closing/known.xlsx?known=2026-11-01").status_code == 403
