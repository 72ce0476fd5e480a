"""改计: one decision moves a recognised project between quotas that exclude each other."""

import threading

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.quotas.services import rejudge_all
from crm.recognition import services
from crm.recognition.models import Credit, Decision
from crm.recognition.queries import recognised
from crm.recognition.rules import Decided, Level
from crm.recognition.services import NewBatch
from tests.features.quota_leads import AT, TODAY, YI
from tests.features.recognition_cases import (
    YEAR,
    add_registered,
    batch,
    decide,
    quota,
    through_unit,
)
from tests.together import at_once, codes_of, committed


@pytest.fixture
def people(person):
    return {
        "staff": person("staff", "甲单位"),
        "head": person("unit_head", "甲单位"),
        "director": person("director", "局"),
        "other": person("director", "局"),
    }


@pytest.fixture
def known(app, people):
    """A project of 60亿 recognised in 大项目; the two quotas exclude each other."""
    with app.app_context(), transaction():
        staff, director = people["staff"], people["director"]
        lead = add_registered(
            "改计的", 60 * YI, owner_id=staff.id, department_id=staff.department_id
        )
        services.make_exclusive(director, AT, YEAR, [quota("A").id, quota("B").id])
        through_unit(staff, people["head"], lead, "A")
        meeting = batch(director)
        decide(director, lead, code="A", batch_id=meeting.id)
        return {
            "lead": lead.id, "A": quota("A").id, "B": quota("B").id, "batch": meeting.id,
        }  # fmt: skip


def move(actor, known, way=("A", "B"), level=Level.DISTRICT, **more):
    given = {"batch_id": known["batch"], "reason": "领导小组意见", **more}
    return services.move(
        actor, AT, known["lead"], known[way[0]], known[way[1]], level, today=TODAY, **given
    )


def held():
    rows = db.session.execute(select(Credit.quota_id, Credit.at_level))
    return sorted((quota_id, level) for quota_id, level in rows)


def refusal(verb) -> set[str]:
    with pytest.raises(Refused) as refused, transaction():
        verb()
    return {fault.code for fault in refused.value.faults}


def test_one_decision_writes_both_rows_and_the_credit_goes_with_it(app, people, known):
    with app.app_context(), transaction():
        gone, come = move(people["director"], known)
        assert (gone.decided, gone.other_quota_id) == (Decided.MOVED, known["B"])
        assert (come.decided, come.other_quota_id) == (Decided.APPROVED, known["A"])
        assert (gone.batch_id, gone.reason) == (come.batch_id, come.reason)
        assert held() == [(known["B"], Level.DISTRICT)]
        assert recognised(YEAR, Level.DISTRICT) == {known["B"]: {known["lead"]}}
        rows = list(db.session.scalars(select(Decision.decided).order_by(Decision.id)))
        assert rows == ["proposed", "approved", "approved", "moved", "approved"]
    with app.app_context(), transaction():
        move(people["director"], known, ("B", "A"))
        assert held() == [(known["A"], Level.DISTRICT)]


def test_what_stands_in_the_way_is_told_and_nothing_moves(app, people, known):
    director = people["director"]
    with app.app_context():
        assert refusal(lambda: move(director, known, ("B", "A"))) == {"not_approved_here"}
        assert refusal(lambda: move(director, known, ("A", "A"))) == {"not_of_group"}
        assert refusal(lambda: move(director, known, reason=None)) == {"reason_missing"}
        assert refusal(lambda: move(director, known, batch_id=None)) == {"no_batch"}
        assert "not_yours" in refusal(lambda: move(people["head"], known))
        wrong = refusal(lambda: move(director, known, level=Level.CITY))
        assert wrong == {"not_approved_here", "batch_other_level"}
        with transaction():
            services.make_exclusive(director, AT, YEAR, [])
        assert refusal(lambda: move(director, known)) == {"not_of_group"}
        with pytest.raises(NotFound), transaction():
            services.move(
                director, AT, known["lead"], known["A"], 999_999, Level.DISTRICT, today=TODAY,
                batch_id=known["batch"], reason="无",
            )  # fmt: skip
        assert held() == [(known["A"], Level.DISTRICT)]


def test_the_city_follows_by_its_own_decision(app, people, known):
    director = people["director"]
    with app.app_context(), transaction():
        city = batch(director, Level.CITY, number="市1号")
        args = (AT, known["lead"], known["A"], Level.CITY, Decided.APPROVED)
        services.decide(director, *args, today=TODAY, batch_id=city.id)
        move(director, known)
        assert held() == sorted([(known["B"], Level.DISTRICT), (known["A"], Level.CITY)])
        move(director, known, level=Level.CITY, batch_id=city.id)
        assert held() == sorted([(known["B"], Level.DISTRICT), (known["B"], Level.CITY)])


def test_of_two_who_move_at_once_one_does_and_the_other_is_told(app, people, known):
    answers = at_once(app, *(committed(move, people[who], known) for who in ("director", "other")))
    assert codes_of(answers) == [{"not_approved_here"}]
    assert len([each for each in answers if not isinstance(each, Exception)]) == 1
    with app.app_context():
        assert held() == [(known["B"], Level.DISTRICT)]


def test_moving_and_approving_at_once_leave_one_credit(app, people, known):
    with app.app_context(), transaction():
        args = (AT, known["lead"], known["B"])
        services.propose(people["staff"], *args, today=TODAY)
        services.decide(people["head"], *args, Level.UNIT, Decided.APPROVED, today=TODAY)

    def approve():
        services.decide(
            people["other"], AT, known["lead"], known["B"], Level.DISTRICT, Decided.APPROVED,
            today=TODAY, batch_id=known["batch"],
        )  # fmt: skip

    answers = at_once(app, committed(move, people["director"], known), committed(approve))
    assert not isinstance(answers[0], Exception), "moving is possible before and after"
    assert codes_of(answers) in ([], [{"credited_elsewhere"}])
    with app.app_context():
        assert held() == [(known["B"], Level.DISTRICT)]


def test_a_reader_never_finds_two_credits_or_none(app, database, people, known):
    """While a move is half done others still read the old credit."""
    half, seen = threading.Event(), threading.Event()
    found = []

    def read():
        half.wait(20)
        with app.app_context():
            found.extend(held())
        seen.set()

    reader = threading.Thread(target=read)
    reader.start()
    with app.app_context(), transaction():
        move(people["director"], known)
        db.session.flush()
        half.set()
        assert seen.wait(20)
    reader.join(20)
    assert found == [(known["A"], Level.DISTRICT)]


@pytest.mark.usefixtures("verdicts_stay_true")
def test_the_page_asks_once_and_both_cases_tell_it(app, people, sign_in):
    year, director = clock.today().year, people["director"]
    with app.app_context(), transaction():
        staff, now, today = people["staff"], clock.now(), clock.today()
        lead = add_registered(
            "页面改计", 60 * YI, on=today.replace(month=1, day=1), owner_id=staff.id,
            department_id=staff.department_id,
        )  # fmt: skip
        rejudge_all(today=today, at=now)
        ids = [quota(code, year).id for code in "AB"]
        services.make_exclusive(director, now, year, ids)
        services.propose(staff, now, lead.id, ids[0], today=today)
        services.decide(
            people["head"], now, lead.id, ids[0], Level.UNIT, Decided.APPROVED, today=today
        )
        meeting = services.open_batch(
            director, now, year, Level.DISTRICT, NewBatch("一批", today, document_number="7号")
        )
        services.decide(
            director, now, lead.id, ids[0], Level.DISTRICT, Decided.APPROVED, today=today,
            batch_id=meeting.id,
        )  # fmt: skip
        lead_id, batch_id = lead.id, meeting.id
    client = sign_in(director)
    case = f"/recognition/{lead_id}/{ids[0]}"
    assert f"{case}/move/district" in client.get(case).text
    assert client.get(f"{case}/move/unit").status_code == 404
    assert client.get(f"{case}/move/city").status_code == 200
    page = f"{case}/move/district"
    assert "请填写" in client.post(page, data={"to": ids[1], "batch": batch_id}).text
    data = {"to": ids[1], "batch": batch_id, "reason": "领导小组意见"}
    assert client.post(page, data=data).status_code == 302
    assert "改计到" in client.get(case).text
    told = client.get(f"/recognition/{lead_id}/{ids[1]}").text
    assert "改计" in told
    assert "7号" in told
    answer = client.post(page, data=data)
    assert answer.status_code == 422
    assert "无从改计" in answer.text
