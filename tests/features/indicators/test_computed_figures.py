"""What our own records say of an indicator, beside what its department reports."""

import html
import re
from datetime import date

from sqlalchemy import select

from crm.core.db import transaction
from crm.leads.models import Lead
from crm.leads.rules import ChainRole, MilestoneKind, Path
from crm.quotas.indicators import indicators
from crm.quotas.queries import year_quotas
from tests.features.indicators.cases import TODAY, post, row_of, text_of
from tests.features.quota_leads import add_lead, add_milestone
from tests.features.test_homes import listed

SUPPLIERS = "新型功能材料、智能制造装备产业链配套企业"


def test_what_our_records_say_stands_beside_with_the_difference_and_the_list(app, sign_in, records):
    leader = sign_in("director")
    post(leader)
    page = leader.get("/quotas/2026/land")
    assert "200.5亩" in text_of(page)
    assert "相差+2,199.5亩" in text_of(page)
    board = leader.get("/quotas/?year=2026")
    assert "5家" not in row_of(board, SUPPLIERS)
    assert "3家" in row_of(board, SUPPLIERS)
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
