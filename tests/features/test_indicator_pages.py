"""指标: what departments report, what we can compute beside it, and what is due by when."""

import html
import re
from datetime import date, time

import pytest
from sqlalchemy import delete, select

from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import ChainRole, MilestoneKind, Path, Stage
from crm.quotas.indicators import due_of, indicators
from crm.quotas.models import Quota, QuotaNode, QuotaOwner, ReportedFigure, YearFigure
from crm.quotas.queries import year_quotas
from crm.quotas.services import load_preset
from tests.features.quota_leads import add_lead, add_milestone
from tests.features.test_homes import listed
from tests.features.test_indicator_presets import TARGETS

TODAY = date(2026, 11, 23)
OWNER = "自然资源局"


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


@pytest.fixture
def give(app):
    """give("land", actor): the department of that person answers for the indicator."""

    def own(code, actor):
        with app.app_context(), transaction() as session:
            quota = session.query(Quota).filter_by(year=2026, code=code).one()
            session.add(QuotaOwner(quota_id=quota.id, department_id=actor.department_id))

    return own


def figure(**change):
    return {
        "value": "2400亩",
        "as_of": "2026-10-25",
        "document": "天资报〔2026〕10号",
        "last_year": "2300",
        "note": "",
        "seen": "0",
        **change,
    }


def post(client, code="land", month="2026-10", **change):
    return client.post(f"/quotas/2026/{code}/report?month={month}", data=figure(**change))


def rows(app, code="land"):
    with app.app_context():
        return db.session.scalars(
            select(ReportedFigure)
            .join(Quota, Quota.id == ReportedFigure.quota_id)
            .where(Quota.year == 2026, Quota.code == code)
            .order_by(ReportedFigure.month, ReportedFigure.number)
        ).all()


def text_of(answer):
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def row_of(answer, name):
    """The words of one row of the board."""
    found = re.search(
        rf'<tr>\s*<td class="cell-main"><a [^>]*>{name}</a>.*?</tr>', answer.text, re.DOTALL
    )
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[0])))


# ---------------------------------------------------------------- 部门报数


def test_the_head_of_the_owner_department_reports_and_the_board_tells_it(app, sign_in, give):
    head = sign_in("unit_head", OWNER)
    give("land", head.actor)
    assert post(head, value="2350亩").status_code == 302
    told = row_of(head.get("/quotas/?year=2026"), "供地")
    assert "2,350亩" in told
    assert "10月 · 天资报〔2026〕10号" in told
    assert "落后35亩" in told  # 2,385 of 3,000 were due on 25 October
    assert "+2.2%" in told
    assert "9个月未报" in told
    (row,) = rows(app)
    assert (row.stated_text, row.as_of, row.recorded_by_id) == (
        "2350亩",
        date(2026, 10, 25),
        head.actor.id,
    )


def test_a_month_without_a_figure_after_the_cut_off_day_is_told(sign_in):
    leader = sign_in("director")
    for month in range(1, 10):
        day = f"2026-{month:02d}"
        assert post(leader, month=day, as_of=f"{day}-25", value=f"{month}00").status_code == 302
    assert "10月未报" in row_of(leader.get("/quotas/?year=2026"), "供地")
    assert post(leader).status_code == 302
    assert "未报" not in row_of(leader.get("/quotas/?year=2026"), "供地")  # November runs


def test_only_the_owner_s_head_and_the_bureau_leader_may_report(app, sign_in, give):
    head = sign_in("unit_head", OWNER)
    give("land", head.actor)
    assert post(sign_in("unit_head", "别的局")).status_code == 404
    assert post(sign_in("staff", OWNER)).status_code == 403
    assert post(sign_in("auditor")).status_code == 403
    assert post(head, code="fdi", value="6000万美元").status_code == 404  # owned by nobody
    assert rows(app) == []
    assert post(sign_in("director")).status_code == 302


def test_what_is_computed_is_not_reported(sign_in):
    leader = sign_in("director")
    assert leader.get("/quotas/2026/new_starts/report").status_code == 404
    assert leader.get("/quotas/2026/A/report").status_code == 404


def test_a_correction_is_a_further_entry_with_its_reason(app, sign_in):
    leader = sign_in("director")
    assert post(leader).status_code == 302
    assert "更正须写明原因" in text_of(post(leader, value="2380", seen="1"))
    assert post(leader, value="2380", seen="1", note="核减两宗").status_code == 302
    assert [(row.number, row.value) for row in rows(app)] == [(1, 2400), (2, 2380)]
    page = text_of(leader.get("/quotas/2026/land"))
    assert "2,380亩" in page
    assert "2400亩" in page  # the older entry stays readable
    assert "核减两宗" in page
    with app.app_context():
        actions = db.session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.subject_type == "quotas")
            .order_by(AuditEvent.id)
        ).all()
    assert actions == ["figure_reported", "figure_corrected"]


def test_two_people_cannot_report_the_same_month_unseen(app, sign_in):
    leader = sign_in("director")
    assert post(leader).status_code == 302
    answer = post(leader, value="2399")
    assert answer.status_code == 409
    assert len(rows(app)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": ""}, "请填写"),
        ({"value": "约2400亩"}, "报数应为确数"),
        ({"value": "2400万元"}, "单位与该指标不符"),
        ({"value": "-3"}, "不能小于0"),
        ({"last_year": "很多"}, "看不懂这个数"),
        ({"document": " "}, "请填写文号或文件名"),
        ({"as_of": "2026-11-02"}, "截止日应在所报月份之内"),
        ({"as_of": ""}, "截止日应在所报月份之内"),
        ({"month": "2026-11", "as_of": "2026-11-30"}, "截止日不能晚于今天"),
    ],
)
def test_what_cannot_be_taken_is_refused_beside_its_field(app, sign_in, change, words):
    answer = post(sign_in("director"), **change)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert rows(app) == []


@pytest.mark.parametrize("month", ["2026-12", "2025-10", "2026-1", "x", "２０２６-10"])
def test_a_month_that_is_none_of_the_year_s_so_far_is_not_found(sign_in, month):
    assert post(sign_in("director"), month=month).status_code == 404


def test_a_cumulative_figure_does_not_fall_without_a_reason(app, sign_in):
    leader = sign_in("director")
    assert post(leader, month="2026-09", as_of="2026-09-25").status_code == 302
    answer = post(leader, value="2000")
    assert answer.status_code == 422
    assert "9月累计为2,400亩" in text_of(answer)
    assert post(leader, value="2000", note="9月数含未完成手续的地块").status_code == 302


def test_a_frozen_year_takes_no_more_figures(app, sign_in):
    with app.app_context(), transaction() as session:
        session.query(Quota).filter_by(year=2026, code="land").one().frozen_at = clock.now()
    assert "已封账" in text_of(post(sign_in("director")))


def test_last_year_is_taken_from_last_year_s_reports_where_it_was_not_typed(app, sign_in):
    leader = sign_in("director")
    with app.app_context(), transaction() as session:
        before = session.query(Quota).filter_by(year=2025, code="fdi").one()
        session.add(
            ReportedFigure(
                quota_id=before.id,
                month=date(2025, 10, 1),
                value=50_000_000,
                stated_text="5000万美元",
                as_of=date(2025, 10, 25),
                document="报表",
            )
        )
    assert post(leader, code="fdi", value="6000万美元", last_year="").status_code == 302
    told = row_of(leader.get("/quotas/?year=2026"), "实际使用外资")
    assert "5000万美元" in told
    assert "+20.0%" in told
    assert "达到应达" in told  # 5,661万 were due


def test_behind_is_red_where_the_target_binds_and_yellow_where_it_is_expected(sign_in):
    leader = sign_in("director")
    post(leader, value="10")
    post(leader, code="fdi", value="10万美元", last_year="")
    page = leader.get("/quotas/?year=2026").text

    def badge(name):
        row = re.search(rf">{name}</a>.*?</tr>", page, re.DOTALL)[0]
        return re.search(r"badge-(bad|warn|good)", row)[1]

    assert (badge("供地"), badge("实际使用外资")) == ("bad", "warn")


# ---------------------------------------------------------------- what our own records say


@pytest.fixture
def records(app):
    """Started projects, suppliers of two chains, and land, one of each sensitive or too late."""
    with app.app_context(), transaction() as session:
        chains = {chain.code: chain.id for chain in session.scalars(select(Chain))}
        for title, on, more in (
            ("开工甲", date(2026, 3, 3), {}),
            ("开工乙", date(2026, 10, 9), {"is_sensitive": True}),
            ("开工去年", date(2025, 12, 30), {}),
        ):
            lead = add_lead(title, stage=Stage.STARTED, path=Path.LAND, **more)
            add_milestone(lead, MilestoneKind.STARTED, on)
        for title, code, role in (
            ("材料甲", "NFM", ChainRole.SUPPLIER),
            ("装备甲", "IME", ChainRole.SUPPLIER),
            ("装备乙", "IME", ChainRole.SUPPLIER),
            ("装备链主", "IME", ChainRole.ANCHOR),
            ("装备研发", "IME", ChainRole.RESEARCH),
            ("装备服务", "IME", ChainRole.SERVICES),
            ("装备未注明", "IME", None),
            ("装备未注明乙", "IME", None),
            ("别的", "SCT", ChainRole.SUPPLIER),
            ("别的未注明", "SCT", None),
        ):
            lead = add_lead(title, chain_id=chains.get(code), chain_role=role)
            add_milestone(lead, MilestoneKind.REGISTERED, date(2026, 5, 6))
        for title, land in (("用地甲", "120.5"), ("用地乙", "80")):
            lead = add_lead(title, land_mu=land)
            add_milestone(lead, MilestoneKind.LAND_SUPPLIED, date(2026, 10, 1))


def test_what_our_records_say_stands_beside_with_the_difference_and_the_list(app, sign_in, records):
    leader = sign_in("director")
    post(leader)
    page = leader.get("/quotas/2026/land")
    assert "200.5亩" in text_of(page)
    assert "相差+2,199.5亩" in text_of(page)
    board = leader.get("/quotas/?year=2026")
    assert "5家" not in row_of(board, "新型功能材料、智能制造装备产业链配套企业")
    assert "3家" in row_of(board, "新型功能材料、智能制造装备产业链配套企业")
    assert "2个" in row_of(board, "全年新开工项目")
    assert "落后42个" in row_of(board, "全年新开工项目")
    with app.app_context():
        found = indicators(leader.actor, year_quotas(2026), TODAY)
        parts = [
            (int(p.text[:-1]), p.behind)
            for each in found
            for p in each.ours
            if p.text[-1] in "个家"
        ]
    assert [number for number, _ in parts] == [1, 2, 2]
    for number, behind in parts:
        query = "&".join(f"{name}={value}" for name, value in behind.url_args().items())
        assert listed(leader, f"/leads/?{query}") == number


SUPPLIERS = "新型功能材料、智能制造装备产业链配套企业"


def test_suppliers_alone_are_counted_and_roles_to_be_stated_are_listed(app, sign_in, records):
    """链主, research and services of the two chains are none; nobody's role is guessed."""
    leader = sign_in("director")
    board = row_of(leader.get("/quotas/?year=2026"), SUPPLIERS)
    assert "3家" in board
    assert "2家未注明链上角色" in board
    answer = leader.get("/quotas/2026/chain_suppliers")
    page = " ".join(text_of(answer).split())
    assert "归入所列产业链并注明链上角色为“配套”的项目计入" in page
    assert "智能制造装备 2家未注明链上角色" in page
    assert "新型功能材料 1家未注明" not in page
    (href,) = re.findall(r'href="(/leads/\?[^"]*chain_role=none[^"]*)"', answer.text)
    rows = text_of(leader.get(html.unescape(href)))
    assert "装备未注明乙" in rows
    assert "装备链主" not in rows
    assert "别的未注明" not in rows
    (counted,) = re.findall(
        r'href="(/leads/\?[^"]*chain=\d+&amp;chain_role=supplier[^"]*)">2', answer.text
    )
    rows = text_of(leader.get(html.unescape(counted)))
    assert "装备甲" in rows
    assert "装备研发" not in rows
    with app.app_context(), transaction() as session:
        for lead in session.scalars(select(Lead).where(Lead.title.like("装备未注明%"))):
            lead.chain_role = ChainRole.SERVICES
    board = row_of(leader.get("/quotas/?year=2026"), SUPPLIERS)
    assert "3家" in board
    assert "未注明" not in board


def test_a_project_starts_once_by_what_starts_it_on_its_path(app, sign_in):
    """Undecided, the first of what may start it; an event without a day by when we learnt of it."""
    events = {
        "未定两件": (None, {"moved_in": date(2026, 4, 1), "started": date(2026, 2, 1)}),
        "未定同日": (None, {"moved_in": date(2026, 5, 1), "taxpaying": date(2026, 5, 1)}),
        "未定去年已入驻": (None, {"moved_in": date(2025, 12, 1), "started": date(2026, 3, 1)}),
        "载体只开工": (Path.CARRIER, {"started": date(2026, 2, 2)}),
        "载体入驻": (Path.CARRIER, {"started": date(2025, 2, 2), "moved_in": date(2026, 6, 6)}),
        "总部纳税": (Path.HEADQUARTERS, {"taxpaying": date(2026, 7, 7)}),
    }
    with app.app_context(), transaction():
        for title, (path, days) in events.items():
            lead = add_lead(title, path=path)
            for kind, on in days.items():
                add_milestone(lead, MilestoneKind(kind), on)
        lead = add_lead("日子不详", path=Path.LAND)
        add_milestone(lead, MilestoneKind.STARTED, None, known_on=date(2026, 8, 8))
    leader = sign_in("director")
    assert "5个" in row_of(leader.get("/quotas/?year=2026"), "全年新开工项目")
    with app.app_context():
        found = indicators(leader.actor, year_quotas(2026), TODAY)
        started = next(each for each in found if each.quota.event == "started")
    assert started.ours[0].behind.milestone is MilestoneKind.STARTED
    by_month = {month.month.month: month.ours for month in started.months}
    assert [by_month[month] for month in (1, 2, 4, 5, 6, 7, 8)] == [
        "0个", "1个", "1个", "2个", "3个", "4个", "5个",
    ]  # fmt: skip
    query = "&".join(f"{k}={v}" for k, v in started.ours[0].behind.url_args().items())
    assert listed(leader, f"/leads/?{query}") == 5


def test_whoever_sees_a_part_gets_that_part_and_no_light(app, sign_in, records):
    staff = sign_in("staff", "别的局")
    told = row_of(staff.get("/quotas/?year=2026"), "全年新开工项目")
    assert "0个" in told
    assert "落后" not in told


# ---------------------------------------------------------------- what is due by when


def pacing(version, **change):
    months = {f"node_2026_{month:02d}": "" for month in range(1, 13)}
    return {
        "version": str(version),
        "owner_department_id": "",
        "monthly_cutoff_day": "25",
        "curve": "straight",
        **months,
        **change,
    }


def test_a_bureau_leader_sets_owner_and_nodes_and_what_is_due_follows(app, sign_in, person):
    leader, unit = sign_in("director"), person("unit_head", OWNER)
    address = "/quotas/2026/land/pacing"
    assert leader.get(address).status_code == 200
    change = {
        "owner_department_id": str(unit.department_id),
        "node_2026_06": "1200亩",
        "node_2026_10": "2000",
    }
    assert leader.post(address, data=pacing(1, **change)).status_code == 302
    with app.app_context():
        land = db.session.query(Quota).filter_by(year=2026, code="land").one()
        assert [(node.due_on, node.count) for node in land.nodes] == [
            (date(2026, 6, 25), 1200),
            (date(2026, 10, 25), 2000),
        ]
        assert (due_of(land, date(2026, 6, 25)), due_of(land, TODAY)) == (1200, 2433)
        event = db.session.scalar(
            select(AuditEvent).where(AuditEvent.action == "quota_pacing_changed")
        )
        assert event.after["owner_department"] == OWNER
        assert "2026-10-25: 2000" in event.after["nodes"]
    form = leader.get(address).text
    assert 'value="1200"' in form
    assert "2,433亩" in leader.get("/quotas/?year=2026").text


def test_nodes_of_money_read_back_in_both_languages(app, person, sign_in):
    leader = sign_in(person("director", locale="en"))
    address = "/quotas/2026/completed_investment/pacing"
    assert leader.post(address, data=pacing(1, node_2026_06="105.25亿")).status_code == 302
    typed = dict(
        re.findall(r'name="(node_2026_\d\d)"[^>]*value="([^"]*)"', leader.get(address).text)
    )
    assert typed["node_2026_06"] == "105.25亿元"
    assert leader.post(address, data=pacing(2, **typed)).status_code == 302


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"node_2026_03": "900", "node_2026_06": "800"}, "累计节点不能小于前一个节点"),
        ({"node_2026_03": "3001"}, "节点不能超过全年目标"),
        ({"node_2026_03": "2.5"}, "应为整数"),
        ({"node_2026_03": "许多"}, "看不懂这个数"),
        ({"monthly_cutoff_day": "31"}, "截止日应在1日到28日之间"),
        ({"owner_department_id": "999"}, "请从列表中选择"),
    ],
)
def test_nodes_that_make_no_sense_are_refused(app, sign_in, change, words):
    answer = sign_in("director").post("/quotas/2026/land/pacing", data=pacing(1, **change))
    assert answer.status_code == 422
    assert words in text_of(answer)
    with app.app_context():
        assert db.session.query(QuotaNode).count() == 0


def test_two_leaders_do_not_overwrite_each_other(app, sign_in):
    leader = sign_in("director")
    address = "/quotas/2026/land/pacing"
    assert leader.post(address, data=pacing(1, node_2026_06="1200")).status_code == 302
    answer = leader.post(address, data=pacing(1, node_2026_06="1300"))
    assert answer.status_code == 409
    assert "1200" in answer.text


def test_nodes_of_a_quota_move_what_its_card_says_is_due(sign_in):
    leader = sign_in("director")
    assert "应达9" in text_of(leader.get("/quotas/?year=2026"))
    data = pacing(1, node_2026_11="6", monthly_cutoff_day="23")
    assert leader.post("/quotas/2026/A/pacing", data=data).status_code == 302
    assert "应达6" in text_of(leader.get("/quotas/?year=2026"))


# ---------------------------------------------------------------- the board


def test_the_board_shows_every_indicator_and_leads_to_what_the_report_says_beside_them(
    app, sign_in
):
    director = sign_in("director")
    page = director.get("/quotas/?year=2026")
    with app.app_context():
        names = [quota.name for quota in year_quotas(2026) if quota.criteria is None]
    for name in names:
        assert row_of(page, name)
    assert 'href="/quotas/year-report?year=2026"' in page.text
    told = text_of(director.get("/quotas/year-report?year=2026"))
    for words in (
        "不能相加",
        "地区生产总值",
        "+6.5%",
        "133个",
        "1200亿元",
        "2,886亩",
        "小清河创新产业带",
    ):
        assert words in told


def test_a_year_without_figures_in_its_report_says_so(app, sign_in):
    with app.app_context(), transaction():
        db.session.execute(delete(YearFigure))
    assert "没有载入年度报告" in text_of(sign_in("director").get("/quotas/year-report"))


def test_a_base_of_another_year_is_never_told_as_last_year(app, sign_in):
    with app.app_context(), transaction():
        load_preset(TARGETS, 2024, at=clock.now())
    leader = sign_in("director")
    assert "全年2,886亩" in row_of(leader.get("/quotas/?year=2024"), "供地")
    assert "2,886" not in row_of(leader.get("/quotas/?year=2026"), "供地")


def test_the_pages_ask_the_same_of_the_database_however_much_was_reported(
    app, sign_in, count_queries, records
):
    leader = sign_in("director")

    def asked(address):
        leader.get(address)
        with count_queries() as seen:
            assert leader.get(address).status_code == 200
        return len(seen)

    addresses = ("/quotas/?year=2026", "/quotas/2026/land", "/quotas/reported")
    before = [asked(address) for address in addresses]
    for month in range(1, 11):
        post(
            leader, month=f"2026-{month:02d}", as_of=f"2026-{month:02d}-25", value=str(200 * month)
        )
    post(leader, seen="1", note="更正")
    assert [asked(address) for address in addresses] == before
    assert max(before) <= 14
