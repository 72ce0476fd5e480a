"""The Monday brief and the weekly roll-up: who gets them when, what stands first, word for word."""

from datetime import date, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import insert, select

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.dispatch.services import instructions
from crm.dispatch.services.instructions import NewInstruction, Step
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.outbox.queries import claimable_ids
from crm.outbox.rules import DeliveryKind, DeliveryState, Problem, Reach
from crm.outbox.sending import Sender
from crm.quotas.models import Quota
from crm.reminders.letters import every_writer
from crm.reminders.queries.addressees import Addressee
from crm.reports.brief import brief_of
from crm.reports.brief_letters import brief_letter
from crm.reports.briefing import note_briefs
from crm.reports.rules import Week
from tests.mails import LOCALES, PARTS, reads_exactly

pytestmark = pytest.mark.on("sqlite")

MONDAY = date(2026, 11, 23)


def at(day, hour=9):
    return clock.office_moment(day) + timedelta(hours=hour)


class Post:
    def __init__(self):
        self.letters = []

    def deliver(self, letter, before_handover):
        before_handover()
        self.letters.append(letter)


@pytest.fixture
def people(person):
    return {
        "leader": person(Role.DIRECTOR, "区投资促进局", name="刘洋", email="liu@example.gov.cn"),
        "district": person(Role.DISTRICT_LEADER, name="陈静", email="chen@example.gov.cn"),
        "staff": person(Role.STAFF, "药山街道", name="李娜", email="li@example.gov.cn"),
        "silent": person(Role.DIRECTOR, "区投资促进局", name="无邮箱"),
    }


@pytest.fixture
def story(app, people):
    """Last week: two instructions, one done; a lead entered; two that stand still."""
    staff, leader = people["staff"], people["leader"]
    with app.app_context(), transaction() as session:

        def lead(title, **columns):
            session.add(
                Lead(
                    **{
                        "title": title,
                        "title_key": title,
                        "stage": Stage.NEGOTIATING,
                        "stage_since": date(2026, 6, 1),
                        "last_progress_on": date(2026, 11, 16),
                        "created_at": at(date(2026, 6, 1)),
                        "owner_id": staff.id,
                        "department_id": staff.department_id,
                        "investment_yuan": 650_000_000,
                        "investment_text": "6.5亿元",
                        **columns,
                    }
                )
            )

        lead("新来的项目", created_at=at(date(2026, 11, 17)), stage=Stage.LEAD,
             stage_since=date(2026, 11, 17))  # fmt: skip
        lead("红灯的项目", last_progress_on=date(2026, 8, 1), sponsor_id=people["district"].id)
        lead("黄灯的项目", last_progress_on=date(2026, 10, 10))
        lead("保密的项目", last_progress_on=date(2026, 8, 1), is_sensitive=True)
        session.flush()
        for quota in session.scalars(select(Quota).where(Quota.year == MONDAY.year)):
            quota.is_example = False
        for matter, due_on in (
            ("<做完>的事", date(2026, 11, 20)),
            ("没做的事", date(2026, 11, 19)),
        ):
            row = instructions.issue(
                leader, at(date(2026, 11, 16)),
                NewInstruction(matter, staff.department_id, staff.id, leader.id, due_on),
                today=date(2026, 11, 16),
            )  # fmt: skip
            if "做完" in matter:
                instructions.close(
                    leader, at(date(2026, 11, 18)), row.id, Step(1), today=date(2026, 11, 18)
                )


def noted():
    return [
        (row.kind, row.person_id, row.due_on)
        for row in db.session.scalars(
            select(Delivery)
            .where(Delivery.kind.in_((DeliveryKind.MONDAY_BRIEF, DeliveryKind.WEEK_ROLL_UP)))
            .order_by(Delivery.id)
        )
    ]


def note(moment):
    with transaction():
        return note_briefs(moment)


# --- when, and for whom ---


def test_each_leader_gets_one_a_week_however_often_it_is_planned(db_session, people):
    assert note(at(MONDAY, 8)) == 0  # before half past eight
    assert note(at(MONDAY)) == 2
    assert note(at(MONDAY)) == note(at(MONDAY + timedelta(days=3))) == 0
    assert noted() == [
        (DeliveryKind.MONDAY_BRIEF, people["leader"].id, MONDAY),
        (DeliveryKind.WEEK_ROLL_UP, people["district"].id, MONDAY),
    ]
    assert note(at(MONDAY + timedelta(days=7))) == 2


def test_a_monday_off_moves_it_to_the_first_working_day_and_a_dead_machine_catches_up(
    db_session, people
):
    assert note(at(date(2026, 10, 5))) == 0  # National Day
    assert note(at(date(2026, 10, 8))) == 2
    assert {row[2] for row in noted()} == {date(2026, 10, 8)}
    assert note(at(date(2026, 10, 14))) == 2  # nothing ran on Monday and Tuesday
    assert {row[2] for row in noted()} == {date(2026, 10, 8), date(2026, 10, 12)}


def test_one_that_waits_until_the_week_is_over_is_not_sent_any_more(app, db_session, people):
    note(at(MONDAY))
    sender = Sender(
        Post(), every_writer(app.extensions["settings"]), lambda: at(date(2026, 11, 30))
    )
    for key in claimable_ids(at(date(2026, 11, 30))):
        sender.send(key)
    found = db.session.scalars(select(Delivery).execution_options(populate_existing=True)).all()
    briefs = [row for row in found if row.kind is not DeliveryKind.INSTRUCTION]
    assert {(row.state, row.problem) for row in briefs} == {
        (DeliveryState.FAILED, Problem.DAY_OVER)
    }


def test_whose_role_has_changed_gets_none(app, db_session, people):
    note(at(MONDAY))
    with transaction():
        db.session.get(User, people["leader"].id).role = Role.STAFF
    post = Post()
    sender = Sender(post, every_writer(app.extensions["settings"]), lambda: at(MONDAY))
    for key in claimable_ids(at(MONDAY)):
        sender.send(key)
    assert [letter.address for letter in post.letters] == ["chen@example.gov.cn"]


# --- what it says ---


def test_the_numbers_are_the_lists(app, db_session, story, people):
    brief = brief_of(people["leader"], MONDAY)
    assert [(row.row.matter, row.is_done) for row in brief.asked] == [
        ("没做的事", False), ("<做完>的事", True),
    ]  # fmt: skip
    assert (brief.done, brief.late) == (1, 1)
    assert [each.about.title for each in brief.red] == ["红灯的项目"]
    assert [each.about.title for each in brief.stalled] == ["黄灯的项目"]
    assert brief.week == Week.of(MONDAY).before


def test_a_district_leader_reads_of_the_leads_that_are_theirs(app, db_session, story, people):
    brief = brief_of(people["district"], MONDAY)
    assert [each.about.title for each in brief.red] == ["红灯的项目"]
    assert brief.stalled == ()
    assert brief.asked == ()


def test_the_page_shows_the_same_and_can_go_back(app, story, people, sign_in):
    client = sign_in(people["leader"])
    page = client.get("/dispatch/brief?week=2026-W47").text
    for words in ("上周交办", "没做的事", "新来的项目", "红灯的项目", "黄灯的项目"):
        assert words in page, words
    assert "保密的项目" not in page
    assert client.get("/dispatch/brief?week=2026-W99").status_code == 400
    assert "没做的事" in client.get("/dispatch/brief?week=2026-W46").text  # late since
    assert sign_in(people["staff"]).get("/dispatch/brief").status_code == 200


def test_it_asks_as_often_for_many_leads_as_for_few(app, db_session, story, people, count_queries):
    with count_queries() as few:
        brief_of(people["leader"], MONDAY)
    with transaction() as session:
        session.add_all(
            Lead(
                title=f"静{n}", title_key=f"静{n}", stage=Stage.NEGOTIATING,
                stage_since=date(2026, 6, 1), last_progress_on=date(2026, 8, 1),
                created_at=at(date(2026, 6, 1)), owner_id=people["staff"].id,
            )
            for n in range(30)
        )  # fmt: skip
    db.session.expire_all()
    with count_queries() as many:
        assert len(brief_of(people["leader"], MONDAY).red) == 31
    assert len(many) <= len(few) + 1


def test_however_many_stand_still_all_are_counted_and_listed_on_demand(
    app, db_session, people, sign_in
):
    facts = {
        "stage": Stage.NEGOTIATING, "stage_since": date(2026, 3, 1),
        "owner_id": people["staff"].id, "created_at": at(date(2026, 3, 1)),
    }  # fmt: skip
    rows = [
        {**facts, "title": f"静{n}", "title_key": f"静{n}", "last_progress_on": date(2026, 4, 1)}
        for n in range(320)
    ]
    rows.append({**facts, "title": "黄", "title_key": "黄", "last_progress_on": date(2026, 10, 15)})
    with transaction() as session:
        session.execute(insert(Lead), rows)
    brief = brief_of(people["leader"], MONDAY)
    assert (len(brief.red), len(brief.stalled)) == (320, 1)
    client = sign_in(people["leader"])
    page = client.get("/dispatch/brief").get_data(as_text=True)
    assert page.count(">静") == 50
    assert "显示全部320个" in page
    assert client.get("/dispatch/brief?all=1").get_data(as_text=True).count(">静") == 320


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", ["monday_brief", "week_roll_up"])
def test_the_mail_reads_exactly_so(app, db_session, story, people, locale, part, kind):
    reader = Addressee(1, "刘洋", locale, Reach(is_active=True, mail="liu@example.gov.cn"))
    with app.test_request_context(), force_locale(locale):
        brief = brief_of(people["leader"], MONDAY)
        letter = brief_letter(
            brief, reader, DeliveryKind(kind), 9, at(MONDAY), app.extensions["settings"]
        )
    leads = (*brief.red, *(line for p in brief.report.parts for line in p.lines))
    hide = [(f'/dispatch/{each.row.id}"', '/dispatch/N"') for each in brief.asked]
    hide += [(f'/leads/{each.about.lead_id}"', '/leads/N"') for each in leads]
    assert reads_exactly(letter, kind, part, hide)  # numbers of rows differ between databases


def test_each_leader_reads_the_brief_in_their_own_language(app, db_session, story, people):
    with transaction():
        db.session.get(User, people["silent"].id).email = "smith@example.gov.cn"
        db.session.get(User, people["silent"].id).locale = "en"
    note(at(MONDAY))
    post = Post()
    sender = Sender(post, every_writer(app.extensions["settings"]), lambda: at(MONDAY))
    for key in claimable_ids(at(MONDAY)):
        sender.send(key)
    told = {each.address: each.text for each in post.letters}
    assert "目标10个" in told["liu@example.gov.cn"]
    assert "目标10个" not in told["smith@example.gov.cn"]
    assert "target 10" in told["smith@example.gov.cn"]
