"""The ledger's pages: nothing is saved before it was looked at, and everything is told in words."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import func, select

from crm.core import clock
from crm.core.db import db, transaction
from crm.imports.models import LedgerDifference, LedgerImport, LedgerQuestion
from crm.imports.services.deciding import close_answered
from crm.leads.models import Lead
from tests.features.ledgers.cases import LEDGER, changed

pytestmark = [pytest.mark.on("sqlite"), pytest.mark.usefixtures("verdicts_stay_true")]


def send(client, data, name="ledger_2026.xlsx"):
    return client.post("/ledgers/upload", data={"file": (io.BytesIO(data), name)})


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page.get_data(as_text=True))[1]


def count(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def director(sign_in):
    return sign_in("director", "区投资促进局")


def take(client, data=None):
    page = send(client, LEDGER.read_bytes() if data is None else data)
    assert page.status_code == 200
    return client.post("/ledgers/confirm", data={"token": token_of(page)})


def test_an_upload_shows_what_would_happen_and_saves_nothing(app, director):
    page = send(director, LEDGER.read_bytes())
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "高纯硅溶胶抛光材料项目" in text
    assert "没有项目名称" in text
    assert count(app, Lead) == 0
    assert count(app, LedgerImport) == 0


def test_confirming_takes_the_ledger_in_once(app, director):
    page = send(director, LEDGER.read_bytes())
    token = token_of(page)
    done = director.post("/ledgers/confirm", data={"token": token})
    assert done.status_code == 302
    leads = count(app, Lead)
    assert leads > 15
    shown = director.get(done.location).get_data(as_text=True)
    assert "面议" in shown
    again = director.post("/ledgers/confirm", data={"token": token}, follow_redirects=True)
    assert "预览已过期" in again.get_data(as_text=True)
    assert count(app, Lead) == leads


def test_nobody_confirms_a_file_another_person_looked_at(app, director, sign_in):
    token = token_of(send(director, LEDGER.read_bytes()))
    other = sign_in("director", "区投资促进局")
    assert other.post("/ledgers/confirm", data={"token": token}).status_code == 302
    assert count(app, Lead) == 0


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.xlsx"),
        (b"PK\x03\x04 nonsense", "broken.xlsx"),
        (b"\x89PNG\r\n", "photo.png"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "old.xls"),
        (b"a,b\n1,2\n", "no-ledger.csv"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_changes_nothing(app, director, data, name):
    page = send(director, data, name)
    assert page.status_code == 422
    assert "notice-bad" in page.get_data(as_text=True)
    assert count(app, LedgerImport) == 0


def test_an_upload_without_a_file_says_so(director):
    assert director.post("/ledgers/upload", data={}).status_code == 422
    assert director.post("/ledgers/upload", data={"file": "text"}).status_code == 422


def test_differences_are_shown_with_both_values_and_decided(app, director):
    take(director)
    take(director, changed(I4=7.5, AC4="已实地考察"))
    page = director.get("/ledgers/differences").get_data(as_text=True)
    assert "7.5亿元" in page
    assert "6.5亿元" in page
    ids = re.findall(r'name="id" value="(\d+)"', page)
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    done = director.post("/ledgers/differences", data={"id": ids, "seen": seen, "verb": "take"})
    assert done.status_code == 302
    with app.app_context():
        lead = db.session.scalars(select(Lead).where(Lead.title == "高纯硅溶胶抛光材料项目")).one()
        assert (lead.investment_yuan, lead.remark) == (750_000_000, "已实地考察")
        states = set(db.session.scalars(select(LedgerDifference.state)))
        assert {state.value for state in states} == {"taken"}
    assert "没有待处理的差异" in director.get("/ledgers/differences").get_data(as_text=True)


@pytest.mark.parametrize(
    "data", [{}, {"verb": "burn", "id": "1", "seen": "0"}, {"verb": "take", "id": "x", "seen": "1"}]
)
def test_a_decision_nobody_offered_is_refused(director, data):
    assert director.post("/ledgers/differences", data=data).status_code == 400


def test_the_questions_lead_to_the_projects(director):
    take(director)
    page = director.get("/ledgers/questions").get_data(as_text=True)
    assert "面议" in page
    assert "2026-13-05" in page


def test_the_export_is_a_workbook(director):
    take(director)
    answer = director.get("/ledgers/export")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")


def test_a_page_mark_that_is_no_number_is_refused(director):
    assert director.get("/ledgers/questions?after=x").status_code == 400
    assert director.get("/ledgers/differences?after=-1").status_code == 400


def test_the_pages_ask_the_database_no_more_for_more_rows(director, count_queries):
    take(director)
    take(director, changed(I4=7.5))
    with count_queries() as few:
        director.get("/ledgers/differences")
    take(director, changed(I4=7.5, I5=7.5, I6=7.5, I7=7.5, I8=1, AC4="甲", AC5="乙"))
    with count_queries() as many:
        director.get("/ledgers/differences")
    assert len(few) == len(many) <= 12
    for address in ("/ledgers/", "/ledgers/questions", "/ledgers/1"):
        with count_queries() as seen:
            assert director.get(address).status_code in {200, 404}
        assert len(seen) <= 8, address


def test_a_question_closes_when_somebody_fills_the_field(app, director):
    take(director)
    with app.app_context(), transaction() as session:
        lead = session.scalars(select(Lead).where(Lead.title == "电竞新媒体产业园运营中心")).one()
        lead.next_action_on = date(2026, 12, 5)
        session.flush()
        assert close_answered([lead.id], at=clock.now(), today=clock.today()) == 1
        open_fields = session.scalars(
            select(LedgerQuestion.field).where(
                LedgerQuestion.lead_id == lead.id, LedgerQuestion.answered_at.is_(None)
            )
        ).all()
    assert open_fields == ["total_investment"]
    assert "2026-13-05" not in director.get("/ledgers/questions").get_data(as_text=True)
