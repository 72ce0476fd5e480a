"""Coverage over time, the gaps filled this year, and how leads became companies."""

import html
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.chains.models import Chain, Segment
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.queries.facts import coverage
from crm.coverage.queries.history import by_month, filled_gaps
from crm.coverage.rules import Status
from crm.leads.models import Milestone, StageChange
from crm.leads.rules import MilestoneKind, Stage
from crm.quotas.models import Quota, ReportedFigure
from tests.features.chain_cases import add_company, add_lead_at, add_need, add_presence, segment_id

M1, M2, M3 = "NFM-M1", "NFM-M2", "NFM-M3"
YEAR = date(2026, 1, 1)


def travelled(code, title, *moves, **fields):
    """A lead that went through stages on days, the last one its own; signing and registration are
    milestones too."""
    on, stage = moves[-1]
    lead = add_lead_at(code, title, stage, on, **fields)
    before = None
    for day, to in moves:
        db.session.add(
            StageChange(lead_id=lead.id, from_stage=before, to_stage=to, happened_on=day)
        )
        if to in {Stage.SIGNED, Stage.REGISTERED}:
            kind = MilestoneKind(to.value.lower())
            db.session.add(Milestone(lead_id=lead.id, kind=kind, happened_on=day, known_on=day))
        before = to
    db.session.flush()
    return lead


@pytest.fixture
def year(app, person):
    """M1: filled in May. M2: somebody stood there already. M3: the company came and is recorded."""
    staff = person("staff", "甲单位")
    owned = {"owner_id": staff.id, "department_id": staff.department_id}
    with app.app_context(), transaction():
        travelled(
            M1, "填补项目", (date(2026, 2, 3), Stage.NEGOTIATING), (date(2026, 3, 1), Stage.SIGNED),
            (date(2026, 5, 6), Stage.REGISTERED), **owned,
        )  # fmt: skip
        add_presence(M2, "早就在的企业")
        travelled(M2, "锦上添花", (date(2026, 4, 1), Stage.REGISTERED), **owned)
        recorded = add_company("落地后登记的企业")
        travelled(
            M3, "敏感的项目", (date(2025, 11, 1), Stage.SIGNED), (date(2026, 6, 1), Stage.REGISTERED),
            legal_entity_id=recorded.id, is_sensitive=True, **owned,
        )  # fmt: skip
        add_presence(M3, recorded)


def test_the_gaps_filled_this_year_are_named_with_lead_and_day(app, sign_in, person, year):
    with app.app_context():
        found = filled_gaps(person("director"), YEAR, clock.today())
        told = [(each.segment.code, each.title, each.found.on) for each in found]
    assert told == [(M1, "填补项目", date(2026, 5, 6)), (M3, None, date(2026, 6, 1))]
    for role, unit in (("director", None), ("staff", "乙单位")):
        page = html.unescape(sign_in(role, unit).get("/coverage/progress").text)
        assert re.search(r'今年填补的环节<span class="count">2<', page)
        assert ("填补项目" in page) is (role == "director")
        assert "项目不在您的查看范围内" in page
        assert "锦上添花" not in page


def test_a_registration_counts_on_its_own_day_whenever_the_lead_was_moved(app, person):
    """As after a ledger whose days are put right later, and as the list of registrations tells."""
    with app.app_context(), transaction():
        for code, registered_on in ((M1, date(2025, 5, 6)), (M2, date(2026, 5, 6))):
            lead = travelled(code, "台账带来的项目", (date(2026, 11, 20), Stage.STARTED))
            db.session.add(
                Milestone(
                    lead_id=lead.id, kind=MilestoneKind.REGISTERED, happened_on=registered_on,
                    known_on=date(2026, 11, 20),
                )
            )  # fmt: skip
        late = travelled(M3, "日期改晚的项目", (date(2025, 12, 20), Stage.REGISTERED))
        registration = db.session.scalars(select(Milestone).filter_by(lead_id=late.id)).one()
        registration.happened_on = date(2026, 1, 10)
    with app.app_context():
        found = filled_gaps(person("director"), YEAR, clock.today())
        assert [(each.segment.code, each.found.on) for each in found] == [
            (M3, date(2026, 1, 10)), (M2, date(2026, 5, 6)),
        ]  # fmt: skip
        months = dict(by_month(1, clock.today()))
    assert months[date(2025, 12, 31)][Status.HAS] == 1
    assert months[date(2026, 6, 30)][Status.HAS] == 3


def test_a_company_that_left_after_its_registration_leaves_nothing_whenever_the_lead_was_moved(app):
    with app.app_context(), transaction():
        company = add_company("来过又走的企业")
        add_presence(M1, company, ended_on=date(2026, 6, 30))
        lead = travelled(
            M1, "走了的项目", (date(2026, 11, 20), Stage.STARTED), investor_id=company.id
        )
        db.session.add(
            Milestone(
                lead_id=lead.id, kind=MilestoneKind.REGISTERED, happened_on=date(2026, 5, 6),
                known_on=date(2026, 11, 20),
            )
        )  # fmt: skip
    with app.app_context():
        (now,) = coverage(clock.today(), chain_id=1).chains
        months = dict(by_month(1, clock.today()))
    assert months[date(2026, 5, 31)][Status.HAS] == 1
    assert months[clock.today()][Status.HAS] == now.having(Status.HAS) == 0


def test_months_are_told_from_history_and_end_with_what_holds_today(app, year):
    with app.app_context(), transaction():
        company = add_company("去年离开的企业")
        add_presence(M1, company, since_on=date(2024, 1, 1), ended_on=date(2026, 1, 15))
        add_need(M2, company, noted_on=date(2026, 8, 1), met_on=date(2026, 10, 5))
    with app.app_context():
        (now,) = coverage(clock.today(), chain_id=1).chains
        assert now.chain.code == "NFM"
        months = dict(by_month(now.chain.id, clock.today()))
    today = {status: now.having(status) for status in Status}
    assert months[clock.today()] == today
    assert len(months) == 12
    gaps = {day.month: counts[Status.GAP] for day, counts in months.items()}
    # M1 empties in January, promises registration from March and is filled in May; M3 in June.
    assert gaps[1] == gaps[12] + 1
    assert gaps[3] == gaps[1] - 1
    assert months[date(2026, 9, 30)][Status.WEAK] == months[date(2026, 10, 31)][Status.WEAK]


def test_conversion_links_every_number_to_its_list(app, sign_in, year):
    client = sign_in("director")
    page = html.unescape(client.get("/coverage/progress?chain=NFM").text)
    row = page[page.index(f'href="/chains/NFM/segments/{M1}">', page.index('id="conversion"')) :]
    row = row[: row.index("</tr>")]
    numbers = re.findall(r'href="(/leads/\?[^"]+)">(\d+)</a>', row)
    assert [int(number) for _address, number in numbers] == [1, 1, 1, 1, 1]
    for address, _number in numbers:
        assert "填补项目" in client.get(address).text
    at = page.index(f'href="/chains/NFM/segments/{M3}">', page.index('id="conversion"'))
    for address in re.findall(r'href="(/leads/\?[^"]+)">1</a>', page[at : page.index("</tr>", at)]):
        assert "另有1个敏感项目计入" in client.get(address).text
    whole = html.unescape(client.get("/coverage/progress").text)
    at = whole.index('href="/coverage/progress?chain=NFM"')
    chain = re.findall(r'href="/leads/\?[^"]+">(\d+)</a>', whole[at : whole.index("</tr>", at)])
    assert [int(number) for number in chain] == [3, 1, 2, 3, 3]
    assert client.get("/coverage/progress?chain=NONE").status_code == 404
    assert client.get("/chains/NONE/history").status_code == 404


def test_leads_lost_where_nothing_is_in_use_any_more_stay_in_the_numbers(app, sign_in, year):
    with app.app_context(), transaction() as session:
        for code in ("NFM-M9", "IME-M1"):
            lead = add_lead_at(code, f"{code}没谈成", Stage.LOST)
            place = session.get(Segment, lead.segment_id)
            place.retired_on = date(2026, 10, 1)
        session.get(Chain, place.chain_id).retired_on = date(2026, 10, 1)
        names = [
            session.get(Segment, segment_id("NFM-M9")).name,
            session.get(Chain, place.chain_id).name,
        ]
    client = sign_in("director")
    for path, name in zip(("?chain=NFM", ""), names, strict=True):
        page = html.unescape(client.get(f"/coverage/progress{path}").text)
        row = page[page.index(f"{name}（已停用）") :]
        numbers = re.findall(r'href="(/leads/\?[^"]+)">(\d+)</a>', row[: row.index("</tr>")])
        assert numbers[0][1] == "1"
        assert "没谈成" in client.get(numbers[0][0]).text


def test_the_pages_take_the_same_statements_however_much_there_is(
    app, sign_in, count_queries, year
):
    client = sign_in("director")

    def statements(path):
        with count_queries() as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/coverage/progress", "/chains/NFM/history")
    before = [statements(path) for path in paths]
    with app.app_context(), transaction():
        for n in range(4):
            day = date(2026, 7, 1) + timedelta(days=n)
            travelled(f"NFM-U{n + 1}", f"第{n}号", (day, Stage.SIGNED), (day, Stage.REGISTERED))
    assert [statements(path) for path in paths] == before


def test_the_gaps_filled_are_handed_to_the_indicator_that_waits_for_them(app, sign_in, year):
    client = sign_in("director")
    assert "报为本月的数" not in client.get("/coverage/progress").text
    with app.app_context(), transaction() as session:
        quota = session.scalars(
            select(Quota).where(Quota.year == 2026, Quota.code == "incubators")
        ).one()
        quota.event = "segment_filled"
    form = {"quota": "incubators", "seen": "0"}
    assert "报为本月的数" not in sign_in("staff", "乙单位").get("/coverage/progress").text
    assert "报为本月的数" in client.get("/coverage/progress").text
    assert client.post("/coverage/progress/report", data=form).status_code == 302
    assert client.post("/coverage/progress/report", data=form).status_code == 409
    assert client.post("/coverage/progress/report", data=form | {"seen": "1"}).status_code == 302
    for wrong in (
        {"quota": "fdi", "seen": "0"},
        {"quota": "incubators", "seen": "x"},
        {"quota": "incubators", "seen": "9" * 5000},
    ):
        assert client.post("/coverage/progress/report", data=wrong).status_code == 404
    with app.app_context():
        rows = db.session.scalars(select(ReportedFigure).order_by(ReportedFigure.number)).all()
        assert [(row.value, row.document) for row in rows] == [
            (2, "链上成效 2026-11-26：NFM-M1、NFM-M3")
        ] * 2
        assert rows[1].note
