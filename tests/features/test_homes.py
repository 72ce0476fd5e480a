"""The homes: every number leads to exactly the leads behind it, whoever looks."""

import html
import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import Confidence, MembershipKind, MilestoneKind, Stage
from crm.leads.services.marks import record_changes
from crm.quotas.queries import year_numbers
from crm.quotas.services import rejudge_all
from crm.quotas.standings import year_on_day
from tests.features.quota_leads import YI, add_figure, add_lead, add_milestone, add_signed

HREF = re.compile(r'href="([^"]+)"')


def numbers_of(page: str) -> dict[str, tuple[int, str]]:
    """Each marked number of a page: how many it says, and its address."""
    found = {}
    for match in re.finditer(r"<a ([^>]*data-number=[^>]*)>(.*?)</a>", page, re.DOTALL):
        key = re.search(r'data-number="([^"]+)"', match[1])[1]
        words = re.sub(r"<[^>]+>", " ", match[2])
        found[key] = (int(re.search(r"\d+", words)[0]), html.unescape(HREF.search(match[1])[1]))
    return found


def listed(client, address: str) -> int:
    """How many leads the list behind a number shows, those it only counts included."""
    page = client.get(address)
    assert page.status_code == 200, address
    text = page.get_data(as_text=True)
    if address.startswith("/outlook/"):
        text = text[text.index('id="names"') :]
        named = len(set(re.findall(r'href="/leads/(\d+)"', text)))
        unseen = re.search(r"另有(\d+)个敏感项目", text)
        return named + (int(unseen[1]) if unseen else 0)
    unseen = re.search(r"另有(\d+)个敏感项目", text)
    rows = len(re.findall(r'<td class="cell-main">', text))
    return rows + (int(unseen[1]) if unseen else 0)


@pytest.fixture
def district(app, person):
    """Leads in every number: counted, pending, sensitive, overdue, quiet, without a next step."""
    staff = person("staff", "甲单位")
    today = clock.today()
    signed_on = today - timedelta(days=3)
    mine = {"owner_id": staff.id, "department_id": staff.department_id, "last_progress_on": today}
    with app.app_context(), transaction() as session:
        big = add_signed("大", 52 * YI, on=signed_on, **mine)
        add_milestone(big, MilestoneKind.REGISTERED, today)
        small = add_signed("小", 6 * YI, on=signed_on, **mine)
        add_milestone(small, MilestoneKind.REGISTERED, today, document=None)
        add_milestone(small, MilestoneKind.STARTED, today)
        undecided = add_signed("待定", 6 * YI, on=signed_on, **{**mine, "is_physical": None})
        secret = add_signed("敏感", 60 * YI, on=signed_on, is_sensitive=True, **mine)
        near = add_signed("差一点", 49 * YI, on=signed_on, **mine)
        for days, title in ((1, "近"), (20, "静"), (40, "黄"), (70, "红"), (200, "退库")):
            lead = add_lead(title, **{**mine, "last_progress_on": today - timedelta(days=days)})
            add_figure(lead, 6 * YI)
            lead.next_action_on = today + timedelta(days=days - 20) if days != 40 else None
        add_lead("已终止", stage=Stage.LOST)
        for stage in (Stage.PRE_SIGNING, Stage.REVIEWED, Stage.CONTACTED):
            hoped = add_lead(
                f"有望{stage.value}", **mine, stage=stage, expected_sign_on=date(today.year, 12, 31),
                confidence=Confidence.HIGH, confidence_on=today,
            )  # fmt: skip
            add_figure(hoped, 6 * YI)
        rejudge_all(today=today, at=clock.now())
        ids = {each.title: each.id for each in (big, small, undecided, secret, near)}
        session.flush()
    return staff, ids


def run(app, *words):
    """A flask command, as on the command line."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["quotas", *words])


@pytest.mark.parametrize("role", ["director", "auditor", "district_leader", "unit_head", "staff"])
def test_every_number_of_a_home_is_the_list_behind_it(sign_in, district, role):
    staff, _ = district
    client = sign_in(staff) if role == "staff" else sign_in(role, "甲单位")
    found = numbers_of(client.get("/").get_data(as_text=True))
    assert len(found) > 5
    for key, (number, address) in found.items():
        assert listed(client, address) == number, key


def test_a_leader_reads_what_to_answer_on_the_phone(sign_in, district, monkeypatch):
    client = sign_in("director")
    page = client.get("/").get_data(as_text=True)
    found = {key: number for key, (number, _) in numbers_of(page).items()}
    assert [found[f"B-{each}"] for each in ("recognised", "awaiting", "certain", "strive")] == [
        0, found["B-registered"], 1, 1,
    ]  # fmt: skip
    assert found["B-reserve"] >= 1
    line = re.search(r'id="line-to-say"[^>]*>([^<]+)<', page)[1]
    assert f"认定0、待认定{found['B-awaiting']}、应达" in line
    assert line in client.get("/outlook/").get_data(as_text=True), "one line, wherever it is read"
    monkeypatch.setattr("crm.dashboard.home.COUNT_LIMIT", 3)
    many = numbers_of(client.get("/").get_data(as_text=True))
    assert "B-reserve" not in many, "the reserve of very many leads is a list, not a number"
    assert (many["B-certain"][0], many["B-strive"][0]) == (1, 1)


def test_a_stage_of_more_leads_than_are_counted_says_so_and_is_not_summed(
    sign_in, district, monkeypatch
):
    client = sign_in("director")
    before = client.get("/").get_data(as_text=True)
    assert "在谈总投资（已知）" in before
    assert "未合计" not in before
    for place in ("crm.leads.queries.counting", "crm.dashboard.home"):
        monkeypatch.setattr(f"{place}.COUNT_LIMIT", 3)
    page = client.get("/").get_data(as_text=True)
    row = re.search(r'data-number="stage-NEGOTIATING">(.*?)</tr>', page, re.DOTALL)[1]
    assert row.startswith("3+<")
    assert "未合计" in row
    assert re.search(r'data-number="in_talks">3\+<', page)
    assert "在谈项目过多，总投资未合计。" in page


def test_a_bureau_leader_counts_sensitive_leads_and_is_told_of_those_not_shown(
    app, sign_in, district
):
    _, ids = district
    client = sign_in("director")
    found = numbers_of(client.get("/").get_data(as_text=True))
    assert found["A-signed"][0] == 2
    page = client.get(found["A-signed"][1]).get_data(as_text=True)
    assert "另有1个敏感项目" in page
    assert "敏感</a>" not in page
    with app.app_context(), transaction() as session:
        session.add(
            LeadMember(lead_id=ids["敏感"], user_id=client.actor.id, kind=MembershipKind.NAMED)
        )
    page = client.get(found["A-signed"][1]).get_data(as_text=True)
    assert "另有1个敏感项目" not in page
    assert "敏感</a>" in page


def test_the_stored_numbers_are_those_of_a_fresh_judging(app, person, district):
    director = person("director")
    today = clock.today()
    with app.app_context():
        stored = year_numbers(director, today.year, today)
        fresh = year_on_day(today.year, today)
        assert (stored.overlap, stored.distinct) == (
            fresh.together.overlap,
            fresh.together.distinct,
        )
        for each, judged in zip(stored.quotas, fresh.quotas, strict=True):
            stands = judged.standing
            assert (each.due, each.target) == (stands.due, stands.target)
            for number, tally in (
                (each.signed, stands.signed),
                (each.registered, stands.registered),
                (each.started, stands.started),
            ):
                assert (number.count, number.pending) == (tally.count, tally.pending)


def test_the_line_to_read_says_what_the_page_shows(sign_in, district):
    page = sign_in("director").get("/").get_data(as_text=True)
    today = clock.today()
    assert f"截至{today.year}年{today.month}月{today.day}日，大项目已签约2个（目标10，应达" in page
    assert "低于门槛1亿元" in page


def test_an_owner_is_told_what_a_bureau_leader_changed_for_them(app, sign_in, district):
    staff, _ = district
    leader = sign_in("director")
    with app.app_context():
        lead = db.session.scalars(select(Lead).where(Lead.title == "差一点")).one()
    leader.post(f"/leads/{lead.id}/activities", data={})  # refused: changes nothing
    assert "局领导代改" not in sign_in(staff).get("/").text
    with app.app_context(), transaction():
        record_changes(
            leader.actor, clock.now(), "lead_edited", lead, more=[("next_action", None, "回访")]
        )
    page = sign_in(staff).get("/").text
    assert "局领导代改" in page
    told = page[page.index("局领导代改") :]
    assert f"{leader.actor.name} · 编辑项目" in told[: told.index("久未推进")]
    assert f'href="/leads/{lead.id}/history"' in told
    assert "局领导代改" not in sign_in("staff", "甲单位").get("/").text


@pytest.mark.parametrize("role", ["director", "district_leader", "unit_head", "staff"])
def test_a_home_takes_as_many_queries_however_many_leads(
    app, sign_in, district, count_queries, role
):
    staff, _ = district
    client = sign_in(staff) if role == "staff" else sign_in(role, "甲单位")
    seen = []
    for _ in range(2):
        with count_queries() as statements:
            assert client.get("/").status_code == 200
        seen.append(len(statements))
        with app.app_context(), transaction():
            for n in range(8):
                add_signed(
                    f"又一个{n}", 55 * YI, owner_id=staff.id, department_id=staff.department_id
                )
            rejudge_all(today=clock.today(), at=clock.now())
    assert seen[0] == seen[1] <= (7 if role in {"unit_head", "staff"} else 14)


def test_the_administrator_sees_the_state_of_the_system_and_no_leads(sign_in, district):
    page = sign_in("administrator").get("/").get_data(as_text=True)
    assert "系统状态" in page
    assert "data-number" not in page


@pytest.mark.parametrize("verdict", ["counts", "pending", "no"])
def test_a_quota_page_shows_every_verdict_with_its_sentence(sign_in, district, verdict):
    year = clock.today().year
    client = sign_in("director")
    page = client.get(f"/quotas/{year}/B?verdict={verdict}").get_data(as_text=True)
    assert {"counts": "达到门槛5亿元", "pending": "是否实体项目未登记", "no": "项目已终止"}[
        verdict
    ] in page


def test_quota_pages_refuse_what_is_not_there(sign_in):
    client = sign_in("director")
    assert client.get("/quotas/?year=1999").status_code == 404
    assert client.get("/quotas/?year=abc").status_code == 404
    assert client.get("/quotas/2026/Z").status_code == 404
    assert client.get("/quotas/2026/A?verdict=maybe").status_code == 400
    assert client.get("/quotas/2026/A?after=x").status_code == 400
    assert "尚未报数" in client.get("/quotas/?year=2026").get_data(as_text=True)


def test_quotas_show_and_check_answer_as_documents(app, district):
    day = clock.today().isoformat()
    done = run(app, "show", "--on", day, "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert list(document) == ["year", "on", "quotas", "overlap", "distinct", "forecast"]
    assert {each["code"] for each in document["forecast"]["quotas"]} == {"A", "B"}
    first = document["quotas"][0]
    assert list(first) == [
        "code", "target", "due", "signed", "registered", "started", "certified", "levels",
        "pending", "verdicts",
    ]  # fmt: skip
    near = next(each for each in first["verdicts"] if each["title"] == "差一点")
    assert near["verdict"] == "no"
    assert {reason["lacks"] for reason in near["reasons"]} == {None, YI}
    assert list(near["reasons"][0]) == ["code", "passed", "value", "lacks", "text"]
    assert run(app, "show", "--year", "2050").exit_code == 2
    assert run(app, "show", "--on", "soon").exit_code == 2
    assert run(app, "check").exit_code == 0


def test_check_names_the_leads_that_differ_and_rejudge_repairs(app, district):
    _, ids = district
    with app.app_context(), transaction() as session:
        session.execute(
            db.text("UPDATE verdicts SET verdict='no' WHERE lead_id=:i"), {"i": ids["大"]}
        )
    done = run(app, "check", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"differs": [{"lead_id": ids["大"], "title": "大"}]}
    assert run(app, "rejudge").exit_code == 0
    assert run(app, "check").exit_code == 0
