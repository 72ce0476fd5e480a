"""The pages of reminders: what is due for whom, the mails, the calendar, the development outbox."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from crm.calendar.models import CalendarDay, CalendarYear
from crm.calendar.queries import calendar_days
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import queries, services
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind, DeliveryState, Problem
from tests.saving import saved

pytestmark = pytest.mark.on("sqlite")

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
def lead(app):
    def make(owner, days, title, **columns):
        with app.app_context(), transaction() as session:
            values = {
                "title": title, "owner_id": owner.id, "department_id": owner.department_id,
                "stage": Stage.NEGOTIATING, "stage_since": TODAY, "last_progress_on": TODAY,
                "next_action_on": TODAY + timedelta(days=days), **columns,
            }  # fmt: skip
            session.add(Lead(**values))

    return make


@pytest.fixture
def delivery(app):
    def make(person, **columns):
        return saved(
            app,
            Delivery(
                **{
                    "kind": DeliveryKind.DUE_DIGEST,
                    "recipient": f"user:{person.id}",
                    "person_id": person.id,
                    "due_on": TODAY,
                    **columns,
                }
            ),
        )

    return make


def words(page) -> str:
    assert page.status_code == 200
    return page.get_data(as_text=True)


# --- what is due ---


def test_staff_see_their_own_and_a_unit_head_the_units(sign_in, person, lead):
    own, colleague = person("staff", "甲单位"), person("staff", "甲单位")
    stranger = person("staff", "乙单位")
    lead(own, -3, "甲一项目")
    lead(own, 0, "甲二项目")
    lead(own, 7, "甲三项目")
    lead(own, 8, "太远的项目")
    lead(own, -1, "已终止的项目", stage=Stage.LOST)
    lead(colleague, 0, "同事的项目")
    lead(stranger, 0, "别处的项目")
    mine = words(sign_in(own).get("/reminders/agenda"))
    assert [title in mine for title in ("甲一项目", "甲二项目", "甲三项目")] == [True] * 3
    assert "3天" in mine
    for hidden in ("同事的项目", "别处的项目", "太远的项目", "已终止的项目"):
        assert hidden not in mine
    head = sign_in("unit_head", "甲单位")
    unit = words(head.get("/reminders/agenda?scope=unit"))
    assert "甲一项目" in unit
    assert "同事的项目" in unit
    assert "别处的项目" not in unit


def test_a_scope_that_is_not_ones_own_shows_ones_own(sign_in, person, lead):
    lead(person("staff", "乙单位"), 0, "别处的项目")
    assert "别处的项目" not in words(sign_in("staff", "甲单位").get("/reminders/agenda?scope=all"))


def test_nothing_due_is_said_in_words(sign_in):
    assert "没有到期的工作" in words(sign_in("staff", "甲单位").get("/reminders/agenda"))


def test_the_page_takes_as_many_queries_for_many_leads_as_for_few(
    sign_in, person, lead, count_queries
):
    head = sign_in("unit_head", "甲单位")
    counts = []
    for _round in range(2):
        for days in (-1, 0, 1):
            for number in range(10):
                lead(head.actor, days, f"项目{number}")
        with count_queries() as seen:
            head.get("/reminders/agenda?scope=unit")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


# --- the mails ---


def test_the_administrator_sees_what_failed_why_and_who_cannot_be_reached(
    sign_in, person, lead, delivery
):
    refused = person("staff", name="王芳", email="wangfang@example.gov.cn")
    nobody = person("staff", name="台账中的人")
    lead(nobody, 0, "不给管理员看的项目名")
    delivery(
        refused, state=DeliveryState.FAILED, problem=Problem.REFUSED,
        last_error="550 no such user", attempts=1,
    )  # fmt: skip
    page = words(sign_in("administrator").get("/deliveries/"))
    for said in ("王芳", "邮件服务器拒收", "550 no such user", "台账中的人", "没有邮箱地址"):
        assert said in page
    assert "2027年调休未导入" in page
    assert "后台任务还没有运行过" in page
    assert "不给管理员看的项目名" not in page


def test_a_worker_at_work_is_said_to_be_so(sign_in, app):
    with app.app_context(), transaction():
        services.beat(AT - timedelta(minutes=1))
    page = words(sign_in("administrator").get("/deliveries/"))
    assert "后台任务运行正常" in page


def test_the_administrator_has_a_failed_mail_sent_again(sign_in, person, delivery, app):
    admin = sign_in("administrator")
    failed = delivery(person(email="a@example.cn"), state=DeliveryState.FAILED, attempts=3)
    sent = delivery(person(email="b@example.cn"), state=DeliveryState.SENT, attempts=1)
    assert admin.post(f"/deliveries/{failed}/again").status_code == 302
    refused = admin.post(f"/deliveries/{sent}/again", follow_redirects=True)
    assert "现在不能重发" in words(refused)
    assert admin.post("/deliveries/999999/again").status_code == 404
    with app.app_context():
        states = list(db.session.scalars(select(Delivery.state).order_by(Delivery.id)))
        actions = set(db.session.scalars(select(AuditEvent.action)))
        assert queries.claimable_ids(AT) == [failed]
    assert states == [DeliveryState.PENDING, DeliveryState.SENT]
    assert "mail_sent_again" in actions


# --- the calendar ---


def special_days(app, year: int) -> dict[str, str]:
    with app.app_context():
        return {str(row.day): row.kind.value for row in calendar_days(year)}


def test_a_day_is_added_changed_and_removed_and_each_step_is_in_the_trail(sign_in, app):
    admin = sign_in("administrator")
    admin.post("/calendar/", data={"day": "2027-01-01", "kind": "holiday", "name": "元旦"})
    admin.post("/calendar/", data={"day": "2027-01-01", "kind": "holiday", "name": "新年"})
    page = words(admin.get("/calendar/?year=2027"))
    assert "新年" in page
    with app.app_context():
        key = db.session.scalar(select(CalendarDay.id).where(CalendarDay.day == date(2027, 1, 1)))
    assert admin.post(f"/calendar/{key}/remove").status_code == 302
    assert special_days(app, 2027) == {}
    with app.app_context():
        actions = list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
    assert actions == ["calendar_day_added", "calendar_day_changed", "calendar_day_removed"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"day": "2027-01-02", "kind": "holiday"}, "本来就休息"),
        ({"day": "2027-01-04", "kind": "workday"}, "本来就上班"),
        ({"day": "gestern", "kind": "holiday"}, "day-error"),
        ({"day": "1900-01-01", "kind": "holiday"}, "2000"),
        ({"day": "2027-01-01", "kind": "maybe"}, "kind-error"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_beside_its_field(sign_in, app, data, said):
    page = sign_in("administrator").post("/calendar/", data=data)
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert special_days(app, 2027) == {}


def upload(client, content: bytes, name: str = "2027.csv"):
    return client.post("/calendar/import", data={"file": (BytesIO(content), name)})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_year_is_imported_whole_and_its_warning_goes(sign_in, app, encoding):
    admin = sign_in("administrator")
    text = "日期,类型,说明\n2027-01-01,放假,元旦\n2027-02-20,调休上班,春节\n"
    assert upload(admin, text.encode(encoding)).status_code == 302
    assert special_days(app, 2027) == {"2027-01-01": "holiday", "2027-02-20": "workday"}
    assert "2027年调休未导入" not in words(admin.get("/deliveries/"))
    assert upload(admin, b"2027-05-03,holiday\n").status_code == 302
    assert special_days(app, 2027) == {"2027-05-03": "holiday"}
    with app.app_context():
        assert db.session.get(CalendarYear, 2027).source == "2027.csv"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"2027-01-01,holiday\n2027-02-30,holiday\n", "a.csv", "第2行"),
        (b"\xff\xfe\xff", "a.csv", "file-error"),
        (b"", "a.csv", "文件是空的"),
        (b"PK\x03\x04junk", "a.xlsx", "file-error"),
        (b"x," * 500 + b"\n", "a.csv", "file-error"),
        (b"2027-01-01,holiday", "a.pdf", "file-error"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(sign_in, app, content, name, said):
    page = upload(sign_in("administrator"), content, name)
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert special_days(app, 2027) == {}


@pytest.mark.parametrize("year", ["", "0", "99999", "2027;", "１９９９", "1066"])
def test_any_year_in_the_address_shows_a_page(sign_in, year):
    assert sign_in("administrator").get(f"/calendar/?year={year}").status_code == 200


# --- the outbox of development ---


@pytest.fixture
def written(app):
    """A mail in the folder, as the worker would have written it."""
    folder = app.extensions["settings"].outbox_dir
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "due_digest.20261123.1@localhost.eml"
    file.write_bytes(
        "From: a@example.cn\nTo: b@example.cn\nSubject: 链招：1项\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="x"\n\n'
        "--x\nContent-Type: text/plain; charset=utf-8\n\n正文<b>\n"
        "--x\nContent-Type: text/html; charset=utf-8\n\n<p>正文</p><script>alert(1)</script>\n"
        "--x--\n".encode()
    )
    yield file
    file.unlink()


def test_a_mail_of_development_can_be_read_in_both_forms(sign_in, written):
    reader = sign_in("staff")
    assert "b@example.cn" in words(reader.get("/outbox/"))
    assert "正文&lt;b&gt;" in words(reader.get(f"/outbox/{written.name}"))
    html = reader.get(f"/outbox/{written.name}/html")
    assert "<p>正文</p>" in words(html)
    assert "script-src" not in html.headers["Content-Security-Policy"]
    assert html.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["..%2f..%2flianzhao.db", "none.eml", "%00.eml", ".eml", "a.txt"])
def test_no_other_file_can_be_read_through_the_outbox(sign_in, written, name):
    assert sign_in("staff").get(f"/outbox/{name}").status_code == 404
    assert sign_in("staff").get(f"/outbox/{name}/html").status_code == 404


def test_the_outbox_is_for_people_who_are_signed_in(client):
    assert client.get("/outbox/").status_code == 302


def test_production_has_no_outbox(database, tmp_path):
    app = database.create_app(
        LIANZHAO_ENV="production",
        REDIS_URL="redis://127.0.0.1:1/0",
        MAIL_URL="smtp://mail.example.cn",
    )
    assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("mailbox.")]
