"""The page of exchange rates, and what a changed rate does."""

import io
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads import rates as service
from crm.leads.models import ExchangeRate, Figure, Lead

pytestmark = pytest.mark.on("sqlite")

DAY = "2026-11-20"


@pytest.fixture
def leader(sign_in, monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    return sign_in("director")


def stored(app):
    with app.app_context():
        return {
            (row.currency, row.quoted_on.isoformat()): row.cny_per_unit
            for row in db.session.scalars(select(ExchangeRate))
        }


def enter(client, rate="7.0951", **more):
    data = {"currency": "USD", "quoted_on": DAY, "rate": rate, **more}
    return client.post("/leads/rates/new", data=data)


def upload(client, text, **more):
    file = (io.BytesIO(text.encode() if isinstance(text, str) else text), "rates.csv")
    return client.post("/leads/rates/import", data={"file": file, **more})


def test_a_rate_is_entered_and_listed(app, leader):
    assert enter(leader).status_code == 302
    assert stored(app) == {("USD", DAY): Decimal("7.0951")}
    assert "7.0951" in leader.get("/leads/rates").text
    assert "7.0951" not in leader.get("/leads/rates?currency=HKD").text
    assert leader.get("/leads/rates?currency=XXX").status_code == 400
    assert leader.get("/leads/rates?cursor=XXX").status_code == 400


def test_a_known_rate_is_not_replaced_by_accident(app, leader):
    enter(leader)
    answer = enter(leader, "7.2")
    assert answer.status_code == 422
    assert "这一天的汇率已登记为7.0951" in answer.text
    assert enter(leader, "7.2", replaces="y").status_code == 302
    assert stored(app) == {("USD", DAY): Decimal("7.2")}
    with app.app_context():
        told = db.session.scalar(select(AuditEvent).where(AuditEvent.action == "rate_changed"))
    assert (told.before["cny_per_unit"], told.after["cny_per_unit"]) == ("7.0951", "7.2")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"rate": "七"}, "汇率应大于0"),
        ({"rate": "0"}, "汇率应大于0"),
        ({"quoted_on": "2099-01-01"}, "日期晚于今天"),
        ({"quoted_on": "morgen"}, "日期写成2026-11-23的样子"),
        ({"currency": ""}, "请选择币种"),
        ({"currency": "CNY"}, ""),
    ],
)
def test_what_is_wrong_with_a_rate_stands_beside_it(app, leader, fields, says):
    answer = enter(leader, **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert stored(app) == {}


def test_a_file_is_taken_wholly_or_not_at_all(app, leader):
    text = f"date,currency,cny_per_unit\n{DAY},USD,7.1\n{DAY},ABC,1\n{DAY},HKD,x\n"
    answer = upload(leader, text)
    assert answer.status_code == 422
    assert "第3行“ABC”" in answer.text
    assert "第4行“x”" in answer.text
    assert stored(app) == {}
    assert upload(leader, text.replace("ABC,1", "EUR,8.2").replace("x", "0.91")).status_code == 302
    assert len(stored(app)) == 3


def test_the_same_file_again_changes_nothing_and_another_value_asks(app, leader):
    text = f"日期,币种,汇率\n{DAY},USD,7.1\n".encode("gb18030")
    upload(leader, text)
    page = leader.post(
        "/leads/rates/import",
        data={"file": (io.BytesIO(text), "rates.csv")},
        follow_redirects=True,
    ).text
    assert "新增0条，更正0条，未变1条" in page
    other = f"date,currency,cny_per_unit\n{DAY},USD,7.3\n"
    assert f"USD {DAY}已有另一汇率" in upload(leader, other).text
    assert upload(leader, other, replaces="y").status_code == 302
    assert stored(app) == {("USD", DAY): Decimal("7.3")}


def test_a_file_that_is_none_is_refused(leader, monkeypatch):
    monkeypatch.setattr(service, "LONGEST_FILE", 1000)
    for content in (b"", b"\x00\x01\xff", b"PK\x03\x04" + b"x" * 100, b"," * 2000):
        assert upload(leader, content).status_code == 422
    assert leader.post("/leads/rates/import", data={}).status_code == 422


def test_a_changed_rate_has_the_leads_in_that_currency_judged_again(leader, monkeypatch):
    from crm.leads.views import rates

    asked = []
    monkeypatch.setattr(rates, "leads_in_currency", lambda currency: {"USD": [3, 1]}[currency])
    monkeypatch.setattr(rates, "rejudge", lambda ids, **_when: asked.append(list(ids)))
    enter(leader)
    upload(leader, f"date,currency,cny_per_unit\n{DAY},USD,7.0951\n2026-11-19,USD,7\n")
    assert asked == [[1, 3], [1, 3]]


def test_everybody_reads_the_rates_and_only_leaders_keep_them(sign_in):
    for role in ("staff", "unit_head"):
        client = sign_in(role, "药山街道")
        page = client.get("/leads/rates")
        assert page.status_code == 200
        assert "rates/new" not in page.text
        assert enter(client).status_code == 403
        assert upload(client, "x").status_code == 403


def test_a_changed_rate_changes_the_amount_in_the_list(app, sign_in, person):
    owner = person("staff", "甲单位")
    with app.app_context(), transaction() as session:
        lead = Lead(
            title="外资项目", title_key="外资项目", owner_id=owner.id, department_id=owner.department_id,
            stage_since=date(2026, 1, 1), last_progress_on=date(2026, 1, 1), created_at=clock.now(),
        )  # fmt: skip
        session.add(lead)
        session.flush()
        session.add(
            Figure(
                lead_id=lead.id, kind="total_investment", source="talk", as_of=date(2026, 1, 1),
                stated_text="1000万美元", amount=10_000_000, currency="USD",
            )
        )  # fmt: skip
        lead_id = lead.id
    leader = sign_in("director")
    day = clock.today().isoformat()
    answer = leader.post(
        "/leads/rates/new", data={"currency": "USD", "quoted_on": day, "rate": "7.2"}
    )
    assert answer.status_code == 302
    with app.app_context():
        assert db.session.get(Lead, lead_id).investment_yuan == 72_000_000
