"""三本账 by name: where leads stand, who moves them, and what ends a move."""

import itertools
import re
from datetime import date, timedelta

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead, SigningDayChange, StageChange
from crm.leads.rules import Confidence, Stage
from crm.outlook.models import BookMove
from crm.outlook.queries import Page, books_of, entries_of, year_quotas
from crm.outlook.rules.books import Book, DropCause
from crm.quotas.models import Verdict
from crm.quotas.rules import Outcome
from crm.quotas.services import rejudge
from tests.features.quota_leads import YI, add_figure, add_lead, add_signed
from tests.leads import opened, read_form


@pytest.fixture
def in_talks(app, person):
    """Leads of one unit: one sure, one hoped for, one in reserve, one signed; and their people."""
    owner, head = person("staff", "甲单位"), person("unit_head", "甲单位")
    today = clock.today()
    shared = {"owner_id": owner.id, "department_id": owner.department_id}
    sure = {
        "stage": Stage.PRE_SIGNING,
        "expected_sign_on": date(today.year, 12, 31),
        "confidence": Confidence.HIGH,
        "confidence_on": today,
    }
    with app.app_context(), transaction():
        leads = {
            "sure": add_lead("确保项目", **shared, **sure),
            "hoped": add_lead("争取项目", **shared, **{**sure, "stage": Stage.REVIEWED}),
            "reserve": add_lead("储备项目", **shared, **{**sure, "stage": Stage.CONTACTED}),
        }
        for lead in leads.values():
            add_figure(lead, 6 * YI)
        leads["near"] = add_lead("临界项目", **shared, **sure)
        add_figure(leads["near"], 4 * YI + YI // 2)
        leads["signed"] = add_signed(
            "已签项目", on=max(today - timedelta(20), date(today.year, 1, 1)), **shared
        )
        ids = {name: lead.id for name, lead in leads.items()}
        rejudge(list(ids.values()), today=today, at=clock.now())
    return {"owner": owner, "head": head, **ids}


def books(app, actor):
    today = clock.today()
    with app.app_context():
        found = books_of(actor, today.year, today, page=Page())
        entries = entries_of(actor, found)
    return {each.title: each.book for each in entries}, found


def test_every_lead_in_talks_stands_in_one_book(app, in_talks):
    where, _found = books(app, in_talks["head"])
    assert where == {
        "确保项目": Book.CERTAIN,
        "争取项目": Book.STRIVE,
        "储备项目": Book.RESERVE,
        "临界项目": Book.RESERVE,
    }


def test_each_number_leads_to_exactly_the_leads_behind_it(in_talks, sign_in, person):
    client = sign_in(person("director", "区局"))
    page = client.get("/outlook/").text
    links = re.findall(r'data-number="([^"]+)" href="([^"]+)">(\d+)<', page)
    assert {name for name, _, _ in links} >= {"B-certain", "B-strive", "B-reserve", "certain"}
    for _name, href, number in links:
        listed = client.get(href.replace("&amp;", "&").partition("#")[0])
        assert listed.status_code == 200
        part = listed.text[listed.text.index('id="names"') :]
        assert len(set(re.findall(r'href="/leads/(\d+)"', part))) == int(number)


def move(client, in_talks, name, **data):
    address = f"/outlook/{clock.today().year}/leads/{in_talks[name]}"
    return client.post(address, data={**opened(client, address), **data})


def test_a_head_moves_a_lead_with_a_reason_and_the_proposal_stays(app, in_talks, sign_in):
    client = sign_in(in_talks["head"])
    answer = move(client, in_talks, "hoped", book="certain", reason="协议已会签")
    assert answer.status_code == 302
    page = client.get("/outlook/").text
    assert "协议已会签" in page
    assert "规则建议“争取”" in page
    where, _ = books(app, in_talks["head"])
    assert where["争取项目"] is Book.CERTAIN
    with app.app_context():
        kept = db.session.query(BookMove).one()
        assert (kept.from_book, kept.book, kept.proposed) == (
            Book.STRIVE, Book.CERTAIN, Book.STRIVE,
        )  # fmt: skip
        event = db.session.query(AuditEvent).filter_by(action="book_moved").one()
        assert (event.before, event.after["book"]) == ({"book": "strive"}, "certain")
        assert event.note == "协议已会签"
    move(client, in_talks, "hoped", book="rule", reason="协议未成")
    assert books(app, in_talks["head"])[0]["争取项目"] is Book.STRIVE


def test_a_leads_page_names_its_book_what_holds_it_back_and_who_moved_it(
    app, in_talks, sign_in, person
):
    client = sign_in(in_talks["head"])

    def said(name, reader=client):
        page = reader.get(f"/leads/{in_talks[name]}").text
        part = page[page.index('id="prospects"') :]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part[: part.index("</section>")]))

    assert "三本账 确保 各项都到位" in said("sure")
    assert "三本账 争取 处于评审阶段" in said("hoped")
    assert "三本账 储备 还不符合口径" in said("near")
    move(client, in_talks, "hoped", book="certain", reason="协议已会签")
    moved = said("hoped")
    assert "三本账 确保 人工调整 协议已会签" in moved
    assert in_talks["head"].name in moved
    assert "规则建议“争取”" in moved
    assert (
        f"/outlook/{clock.today().year}/leads/"
        not in sign_in(person("auditor")).get(f"/leads/{in_talks['hoped']}").text
    )
    today = clock.today()
    with app.app_context(), transaction():  # parked and taken up again: the decision is void
        db.session.add(
            StageChange(
                lead_id=in_talks["hoped"], to_stage=Stage.PARKED, happened_on=today, at=clock.now()
            )
        )
    assert "三本账 争取" in said("hoped")
    assert 'id="prospects"' not in client.get(f"/leads/{in_talks['signed']}").text


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("hoped", {"book": "certain", "reason": " "}, "请写明调整理由"),
        ("hoped", {"book": "strive", "reason": "不变"}, "已经在这本账里"),
        ("near", {"book": "certain", "reason": "会加码"}, "只列储备"),
    ],
)
def test_a_move_without_sense_is_refused_beside_the_field(in_talks, sign_in, name, data, words):
    answer = move(sign_in(in_talks["head"]), in_talks, name, **data)
    assert answer.status_code == 422
    assert words in answer.text


def test_two_people_moving_one_lead_do_not_overwrite_each_other(in_talks, sign_in, person):
    first, second = sign_in(in_talks["head"]), sign_in(person("director", "区局"))
    address = f"/outlook/{clock.today().year}/leads/{in_talks['hoped']}"
    both = [opened(client, address) for client in (first, second)]
    assert (
        first.post(address, data={**both[0], "book": "certain", "reason": "甲"}).status_code == 302
    )
    answer = second.post(address, data={**both[1], "book": "reserve", "reason": "乙"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("to", "cause"),
    [
        (Stage.SIGNED, DropCause.SIGNED),
        (Stage.LOST, DropCause.LOST),
        (Stage.PARKED, DropCause.PARKED),
    ],
)
def test_a_move_ends_when_the_lead_signs_or_is_lost_and_is_shown(app, in_talks, sign_in, to, cause):
    client = sign_in(in_talks["head"])
    move(client, in_talks, "hoped", book="certain", reason="协议已会签")
    today = clock.today()
    with app.app_context(), transaction():
        lead = db.session.get(Lead, in_talks["hoped"])
        lead.stage = to
        db.session.add(StageChange(lead_id=lead.id, to_stage=to, happened_on=today, at=clock.now()))
        rejudge([lead.id], today=today, at=clock.now())
    where, found = books(app, in_talks["head"])
    assert "争取项目" not in where
    assert [(each.title, each.dropped) for each in found.dropped] == [("争取项目", cause)]
    assert "已失效的调整" in client.get("/outlook/").text
    with app.app_context(), transaction():  # back again: what was decided before stays void
        lead = db.session.get(Lead, in_talks["hoped"])
        lead.stage = Stage.REVIEWED
        rejudge([lead.id], today=today, at=clock.now())
    where, found = books(app, in_talks["head"])
    assert where["争取项目"] is Book.STRIVE
    assert len(found.dropped) == 1


def test_who_reads_moves_nothing_and_sees_only_own_leads(in_talks, sign_in, person):
    address = f"/outlook/{clock.today().year}/leads/{in_talks['hoped']}"
    for role in (Role.STAFF, Role.DISTRICT_LEADER, Role.AUDITOR):
        reader = in_talks["owner"] if role is Role.STAFF else person(role)
        client = sign_in(reader)
        assert client.get(address).status_code == 403
        assert "data-move" not in client.get("/outlook/").text
    other = sign_in(person("unit_head", "乙单位"))
    assert "争取项目" not in other.get("/outlook/").text
    assert other.get(address).status_code == 404


def test_a_sensitive_lead_is_counted_for_the_district_without_its_name(
    app, in_talks, sign_in, person
):
    with app.app_context(), transaction():
        db.session.get(Lead, in_talks["sure"]).is_sensitive = True
    page = sign_in(person("director", "区局")).get("/outlook/").text
    assert "确保项目" not in page
    assert "另有1个敏感项目不显示名称" in page


def test_the_page_asks_as_much_for_many_leads_as_for_few(
    app, in_talks, sign_in, person, count_queries
):
    client = sign_in(person("director", "区局"))
    client.get("/outlook/")
    with count_queries() as few:
        assert client.get("/outlook/").status_code == 200
    with app.app_context(), transaction():
        more = [add_lead(f"项目{n}", expected_sign_on=clock.today()) for n in range(30)]
        for lead in more:
            add_figure(lead, 7 * YI)
        rejudge([lead.id for lead in more], today=clock.today(), at=clock.now())
    with count_queries() as many:
        assert client.get("/outlook/").status_code == 200
    assert len(many) == len(few) <= 15


def test_the_database_puts_every_lead_where_the_rule_does(app, person):
    """The SQL of the rule, held against the rule over every combination of what it asks."""
    today = clock.today()
    closes = date(today.year, 12, 31)
    with app.app_context(), transaction():
        made = []
        for stage, day, (slips, days), (level, ago) in itertools.product(
            (Stage.CONTACTED, Stage.REVIEWED, Stage.PRE_SIGNING),
            (None, today - timedelta(1), today, closes, closes + timedelta(1)),
            ((0, 0), (1, 30), (1, 31), (2, 180), (2, 181), (3, 3)),
            ((None, None), (Confidence.LOW, 0), (Confidence.MEDIUM, 0), (Confidence.HIGH, 30),
             (Confidence.HIGH, 31), (Confidence.HIGH, None)),
        ):  # fmt: skip
            made.append(
                Lead(
                    title="项目", title_key="项目", stage=stage, expected_sign_on=day,
                    signing_slips=slips, signing_slip_days=days, confidence=level,
                    confidence_on=None if ago is None else today - timedelta(ago),
                    stage_since=today, last_progress_on=today, source="商会推荐",
                    investor_is_unknown=True,
                )
            )  # fmt: skip
        db.session.add_all(made)
        db.session.flush()
        quota = next(each for each in year_quotas(today.year) if each.code == "B")
        for lead in made:
            db.session.add(
                Verdict(
                    quota_id=quota.quota_id, lead_id=lead.id, reasons=[],
                    judged_at=clock.now(),
                    verdict=Outcome.NO if lead.id % 7 == 0 else Outcome.PENDING,
                    is_near_miss=lead.id % 7 == 0,
                )
            )  # fmt: skip
    with app.app_context():
        leader = person("director", "区局")
        found = books_of(leader, today.year, today, page=Page())
        entries = entries_of(leader, found)
        assert len(entries) == len(made)
        assert {each.book for each in entries} == set(Book)
        for book in Book:
            by_rule = [each for each in entries if each.book is book]
            assert found.count(book) == found.count(book, "B") == len(by_rule)
        hoped = books_of(leader, today.year, today, hoped_only=True)
        assert hoped.count(Book.RESERVE) == 0
        for book in (Book.CERTAIN, Book.STRIVE):
            assert hoped.count(book, "B") == found.count(book, "B")
        by_day = [
            each.prospect.expected_sign_on or date.max
            for each in entries
            if each.book is Book.RESERVE
        ]
        assert by_day == sorted(by_day)


def test_an_unknown_list_or_year_is_no_page(in_talks, sign_in, person):
    client = sign_in(person("director", "区局"))
    assert client.get("/outlook/?list=nonsense").status_code == 400
    assert client.get("/outlook/?year=1999").status_code == 404
    assert client.get("/outlook/?list=certain&start=x").status_code == 400


def test_every_change_of_the_expected_day_is_kept_and_shown(app, in_talks, sign_in):
    client, lead_id = sign_in(in_talks["owner"]), in_talks["sure"]
    year = clock.today().year
    for day in (f"{year + 1}-01-30", f"{year + 1}-03-01", f"{year + 1}-02-01"):
        address = f"/leads/{lead_id}/prospects"
        sent = {**opened(client, address), "expected_sign_on": day, "confidence": "medium"}
        assert client.post(address, data=sent).status_code == 302
    with app.app_context():
        rows = db.session.query(SigningDayChange).order_by(SigningDayChange.id).all()
        assert [row.after.isoformat()[5:] for row in rows] == ["01-30", "03-01", "02-01"]
        lead = db.session.get(Lead, lead_id)
        assert (lead.signing_slips, lead.signing_slip_days) == (2, 30 + 30)
        assert lead.confidence_on == clock.today()
    page = client.get(f"/leads/{lead_id}").text
    assert "2次，共60天" in page


def test_the_full_form_keeps_the_change_of_day_too(app, in_talks, sign_in):
    client, lead_id = sign_in(in_talks["owner"]), in_talks["sure"]
    address = f"/leads/{lead_id}/edit"
    day = f"{clock.today().year + 1}-01-10"
    sent = {**opened(client, address), "source": "以商招商", "expected_sign_on": day}
    answer = client.post(address, data=sent)
    assert answer.status_code == 302, read_form(answer)
    with app.app_context():
        lead = db.session.get(Lead, lead_id)
        assert (lead.signing_slips, lead.signing_slip_days) == (1, 10)


def test_an_unchanged_confidence_is_confirmed_by_saying_it_again(app, in_talks, sign_in):
    client, lead_id = sign_in(in_talks["owner"]), in_talks["sure"]
    with app.app_context(), transaction():
        db.session.get(Lead, lead_id).confidence_on = clock.today() - timedelta(60)
    assert "超过30天，请重新确认" in client.get(f"/leads/{lead_id}").text
    address = f"/leads/{lead_id}/prospects"
    assert client.post(address, data=opened(client, address)).status_code == 302
    assert "超过30天" not in client.get(f"/leads/{lead_id}").text


def test_a_day_that_has_passed_is_no_new_expectation(in_talks, sign_in):
    client = sign_in(in_talks["owner"])
    address = f"/leads/{in_talks['sure']}/prospects"
    day = (clock.today() - timedelta(1)).isoformat()
    answer = client.post(address, data={**opened(client, address), "expected_sign_on": day})
    assert answer.status_code == 422
    assert "已过" in answer.text
