"""Signs of expansion: who logs, corrects and withdraws them, and where they show."""

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.core.db import transaction
from crm.core.errors import NotFound, Refused, Stale
from crm.enterprises import queries, services
from crm.enterprises.queries import SignalFilter
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.services import EnterpriseEntry, SignalEntry
from crm.history.models import AuditEvent

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
NOTICE = SignalEntry(SignalKind.EXPANSION, date(2026, 5, 30), "公告2026-045", "二期", 1_200_000_000)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def staff(person):
    return person("staff", "药山街道")


@pytest.fixture
def company(db_session, staff):
    with transaction():
        return services.save(staff, AT, None, EnterpriseEntry("甲材料有限公司")).id


@pytest.fixture
def log(company):
    def logging(by, entry=NOTICE):
        with transaction():
            return services.log_signal(by, AT, company, entry).id

    return logging


def test_a_signal_is_logged_once_corrected_by_its_author_and_withdrawn_with_a_reason(
    company, log, staff, person, db_session
):
    number = log(staff)
    with pytest.raises(Refused) as refused, transaction():
        services.log_signal(person("staff", "堤口路街道"), AT, company, NOTICE)
    assert [fault.code for fault in refused.value.faults] == ["same_signal"]
    other = SignalEntry(SignalKind.EXPANSION, date(2026, 5, 30), "公告2026-046")
    with transaction():
        services.correct_signal(staff, AT, company, number, other, version=1)
    with pytest.raises(Stale) as stale, transaction():
        services.correct_signal(staff, AT, company, number, NOTICE, version=1)
    assert "公告2026-046" in [change.after for change in stale.value.changes]
    with pytest.raises(NotFound), transaction():  # somebody else's entry
        services.correct_signal(
            person("staff", "堤口路街道"), AT, company, number, NOTICE, version=2
        )
    with pytest.raises(Refused), transaction():
        services.withdraw_signal(
            person("unit_head", "北园街道"), AT, company, number, " ", version=2
        )
    with transaction():
        services.withdraw_signal(
            person("unit_head", "北园街道"), AT, company, number, "公司已辟谣", version=2
        )
    assert queries.signals_of(company) == []
    told = db_session.scalars(
        select(AuditEvent.action)
        .where(AuditEvent.subject_type == "enterprises", AuditEvent.action.like("signal_%"))
        .order_by(AuditEvent.id)
    ).all()
    assert told == ["signal_logged", "signal_corrected", "signal_withdrawn"]
    log(staff)  # what was withdrawn does not stand in the way


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (SignalEntry(SignalKind.FUNDING, date(2026, 11, 27), "公告"), ("happened_on", "in_future")),
        (SignalEntry(SignalKind.FUNDING, date(2026, 11, 26), "  "), ("source", "source_missing")),
    ],
)
def test_a_day_to_come_and_a_missing_source_are_refused(log, staff, entry, fault):
    with pytest.raises(Refused) as refused:
        log(staff, entry)
    assert [(each.field, each.code) for each in refused.value.faults] == [fault]


def test_the_list_walks_page_by_page_in_a_constant_number_of_queries(
    company, log, staff, count_queries
):
    for number in range(30):
        log(staff, SignalEntry(SignalKind.POLICY, date(2026, 1, 1 + number % 5), f"公告{number}"))
    with count_queries() as counted:
        first = queries.page_of_signals(SignalFilter(), None)
    assert len(counted) == 1
    second = queries.page_of_signals(SignalFilter(), first.next_cursor)
    rows = [*first.rows, *second.rows]
    assert len({row.id for row in rows}) == 30
    assert [row.happened_on for row in rows] == sorted(
        (row.happened_on for row in rows), reverse=True
    )
    assert queries.count_of_signals(SignalFilter("jcl", SignalKind.POLICY)) == 30
    assert queries.count_of_signals(SignalFilter(kind=SignalKind.FUNDING)) == 0
    assert queries.count_of_signals(SignalFilter(is_withdrawn=True)) == 0


@pytest.mark.on("sqlite")
def test_staff_log_a_signal_on_a_companys_page_and_see_what_it_weighs(
    company, staff, sign_in, person
):
    client = sign_in(staff)
    address = f"/enterprises/{company}/signals/new"
    refused = client.post(address, data={"kind": "expansion", "amount": "3000万美元"})
    assert refused.status_code == 422
    for words in ("请写明来源", "请填写发生日期", "请写人民币金额"):
        assert words in text_of(refused), words
    sent = {"kind": "expansion", "happened_on": "2026-05-30", "source": "公告1", "amount": "12"}
    assert client.post(address, data=sent).status_code == 302
    page = text_of(client.get(f"/enterprises/{company}"))
    assert "公告扩产" in page
    assert "12亿元" in page
    assert "50%" in page  # 180 days ago
    assert "登记扩产信号" in page
    listed = text_of(client.get("/enterprises/signals?kind=expansion&q=jcl"))
    assert "公告1" in listed
    assert "50%" in listed
    number = queries.signals_of(company)[0].id
    edit = f"/enterprises/{company}/signals/{number}"
    assert 'value="12"' in client.get(edit).text
    assert sign_in("staff", "堤口路街道").get(edit).status_code == 404
    assert sign_in("auditor").post(address, data=sent).status_code == 403
    head = sign_in("director")
    trail = text_of(head.get("/history/?action=signal_logged"))
    for words in ("信号类别 公告扩产", "信号金额 12亿元", "发生日期 2026-05-30"):
        assert words in trail, words
    gone = head.post(f"{edit}/withdraw", data={"version": "1", "reason": "辟谣"})
    assert gone.status_code == 302
    assert "公告1" not in text_of(head.get("/enterprises/signals"))
    assert "公告1" in text_of(head.get("/enterprises/signals?withdrawn=yes"))
    for wrong in ("kind=x", "withdrawn=x", "cursor=x"):
        assert head.get(f"/enterprises/signals?{wrong}").status_code == 400
