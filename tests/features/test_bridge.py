"""数字对账: the names between two numbers, their causes, and who changed what when."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.queries import system_actor
from crm.closing.queries import day_point, whole_bridge
from crm.closing.rules import Cause, Number
from crm.core.db import transaction
from crm.history import services as history
from crm.leads.models import Lead, Milestone
from crm.leads.rules import FigureSource, Stage
from crm.quotas.models import Quota
from crm.quotas.services import rejudge, rejudge_all
from tests.features.district_story import FIRST, District, moment
from tests.features.quota_leads import YI, add_figure, add_signed

START, END = date(2026, 11, 2), date(2026, 11, 20)


@pytest.mark.parametrize("seed", range(3))
def test_between_any_two_days_the_bridge_joins_what_was_told_on_both(db_session, person, seed):
    snapshots = list(District(person("director"), seed).live(24))
    for first, last in ((0, 5), (3, 17), (8, 9), (10, 10), (0, 23)):
        start, end = snapshots[first], snapshots[last]
        found = whole_bridge(system_actor(), 2026, day_point(start.day), day_point(end.day))
        for each in found.quotas:
            if each.number is Number.CERTIFIED:
                continue
            before = set(start.ids(each.code, each.number.value))
            after = set(end.ids(each.code, each.number.value))
            one = each.bridge
            assert (one.start, one.end) == (len(before), len(after))
            assert {crossing.lead_id for crossing in one.entered} == after - before
            assert {crossing.lead_id for crossing in one.left} == before - after
            for crossing in (*one.entered, *one.left):
                if crossing.why.cause is not Cause.NEW:
                    assert found.change_behind(crossing) is not None


@pytest.fixture
def told(app, person):
    """A district in which, after START, each thing happens once; what each lead is called for."""
    leader = person("director", name="刘洋")
    with app.app_context():
        with transaction():
            leads = {
                name: add_signed(name, 60 * YI, on=date(2026, 10, 10)).id
                for name in ("更正", "终止", "改日", "不变")
            }
            leads["差"] = add_signed("差", 49 * YI, on=date(2026, 10, 12)).id
            rejudge(leads.values(), today=START, at=moment(date(2026, 10, 20), 9))

        def change(day, lead_id, verb, action):
            at = moment(day, 10)
            with transaction() as session:
                verb(session)
                history.record(leader, at, action, None, subject_type="leads", lead_id=lead_id)
                session.flush()
                rejudge([lead_id], today=day, at=at + timedelta(seconds=1))

        def correct(yuan, name):
            def verb(session):
                lead = session.get_one(Lead, leads[name])
                add_figure(lead, yuan, source=FigureSource.FILING, as_of=START, document="备案证明")

            return verb

        def lose(session):
            session.get_one(Lead, leads["终止"]).stage = Stage.LOST

        def move(session):
            row = session.scalar(select(Milestone).where(Milestone.lead_id == leads["改日"]))
            row.happened_on = date(2026, 12, 2)

        change(date(2026, 11, 5), leads["更正"], correct(48 * YI, "更正"), "figure_added")
        change(date(2026, 11, 6), leads["终止"], lose, "stage_moved")
        change(date(2026, 11, 7), leads["改日"], move, "milestone_changed")
        change(date(2026, 11, 8), leads["差"], correct(50 * YI, "差"), "figure_added")
        with transaction():
            for name, on in (("新签", date(2026, 11, 9)), ("补登", date(2026, 10, 30))):
                lead = add_signed(name, 70 * YI, on=on)
                leads[name] = lead.id
                at = moment(date(2026, 11, 10), 10)
                history.record(leader, at, "lead_registered", lead, lead_id=lead.id)
                rejudge([lead.id], today=START, at=at)
    return leads


def crossings(document, code="A", number="signed"):
    one = next(
        each for each in document["quotas"] if (each["code"], each["number"]) == (code, number)
    )
    return one, {each["title"]: each for each in (*one["entered"], *one["left"])}


def run(app, *words):
    with app.app_context():
        return app.test_cli_runner().invoke(args=["quotas", *words])


def test_the_command_tells_who_entered_and_left_why_and_by_whom(app, told):
    done = run(app, "bridge", "--from", str(START), "--to", str(END), "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert {name: document[name] for name in ("year", "from", "to")} == {
        "year": 2026, "from": "2026-11-02", "to": "2026-11-20",
    }  # fmt: skip
    one, by_title = crossings(document)
    assert (one["start"], one["end"]) == (4, 4)
    assert {title: each["why"] for title, each in by_title.items()} == {
        "更正": "amount_corrected",
        "终止": "lost",
        "改日": "day_moved",
        "差": "amount_corrected",
        "新签": "new",
        "补登": "backdated",
    }
    assert {each["by"] for each in by_title.values()} == {"刘洋"}
    assert by_title["更正"]["text"] == "总投资由60亿元更正为48亿元（门槛50亿元）"
    assert by_title["改日"]["text"] == "签约日由2026-10-10改为2026-12-02"
    assert by_title["补登"]["text"] == "补登：签约日2026-10-30，2026-11-10录入"
    assert by_title["新签"]["text"] == "新签约，2026-11-09"
    assert by_title["更正"]["at"].startswith("2026-11-05T02:00:01")
    assert list(by_title["更正"]) == ["lead_id", "title", "why", "text", "by", "at"]
    numbers = {(each["code"], each["number"]) for each in document["quotas"]}
    assert {number for code, number in numbers if code == "A"} >= {
        "signed", "registered", "started",
    }  # fmt: skip


def test_in_words_it_reads_like_a_note_to_paste(app, told):
    done = run(app, "bridge", "--from", str(START), "--to", str(END))
    assert "大项目已签约由4个变为4个：增3个，减3个" in done.output
    assert "− 终止：项目已终止，不计入（刘洋，2026-11-06）" in done.output
    assert "大项目没有变化：已注册0个、已开工0个、已认定0个" in done.output


def test_a_rule_that_changed_is_the_cause_whoever_it_hits(app, person, told):
    with app.app_context():
        leader, day = person("director"), date(2026, 11, 12)
        with transaction() as session:
            quota = session.scalar(select(Quota).where(Quota.year == 2026, Quota.code == "A"))
            clause = {"clause": "amount", "field": "total_investment", "at_least_yuan": 65 * YI}
            quota.criteria = {"any_of": [clause]}
            history.record_changes(leader, moment(day, 9), "quota_changed", quota)
            session.flush()
            rejudge_all(today=day, at=moment(day, 9) + timedelta(seconds=2))
    done = run(app, "bridge", "--from", "2026-11-11", "--to", "2026-11-12", "--json")
    one, by_title = crossings(json.loads(done.stdout))
    assert (one["start"], one["end"]) == (4, 2)
    assert {title: each["why"] for title, each in by_title.items()} == {
        "不变": "rule_changed",
        "差": "rule_changed",
    }
    assert {each["by"] for each in by_title.values()} == {leader.name}
    shown = json.loads(run(app, "show", "--known", "2026-11-11", "--json").stdout)
    assert shown["quotas"][0]["signed"] == 4


def test_as_known_and_as_dated_are_two_questions_of_the_command(app, told):
    def signed(*words):
        done = run(app, "show", *words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["quotas"][0]["signed"]

    assert signed("--known", "2026-11-04") == 4
    assert signed("--known", "2026-11-20") == 4
    assert signed("--known", "2026-11-20", "--on", "2026-11-04") == 3
    assert signed("--on", "2026-11-04") == 3
    assert signed("--known", str(FIRST)) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("bridge", "--from", "2026-11-20", "--to", "2026-11-02"),
        ("bridge", "--from", "bald", "--to", "2026-11-02"),
        ("bridge", "--to", "2026-11-02"),
        ("bridge", "--year", "2050", "--from", "2026-11-01", "--to", "2026-11-02"),
        ("show", "--known", "2026-13-01"),
        ("show", "--known", "2026-11-20", "--year", "1066"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(app, words):
    assert run(app, *words).exit_code == 2
