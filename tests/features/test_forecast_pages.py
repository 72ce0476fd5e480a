"""预测: names first, percentages only where enough was seen, what-if without saving, the weekly archive."""

import json
import re
from datetime import date, datetime, time, timedelta

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.clock import office_moment
from crm.core.db import db, transaction
from crm.leads.models import Lead, StageChange
from crm.leads.rules import ORDER, Path, Stage, StageSource
from crm.outlook.models import ForecastChance, ForecastQuota, ForecastRun
from crm.outlook.queries import year_forecast
from crm.outlook.rules.forecasting import Flag
from crm.outlook.services import archive_week
from crm.quotas.services import rejudge
from tests.features.quota_leads import YI, add_figure, add_lead, add_signed

pytestmark = pytest.mark.on("sqlite")

WAY = ORDER[:6]


def moment(day: date) -> datetime:
    return office_moment(day, time(15))


def add_past(number, amount, by_id, late=0, source=StageSource.PERSON):
    """A project of years ago that went a stage further every three weeks and signed, or was lost."""
    day = clock.today() - timedelta(700 - 3 * number)
    is_lost = number % 3 == 0
    lead = add_lead(
        f"往年项目{number}", stage=Stage.LOST if is_lost else Stage.SIGNED, investment_yuan=amount,
        path=Path.LAND, created_at=moment(day), stage_since=day,
    )  # fmt: skip
    for place, stage in enumerate(WAY):
        to = Stage.LOST if is_lost and stage is Stage.SIGNED else stage
        on = day + timedelta(21 * place)
        db.session.add(
            StageChange(
                lead_id=lead.id, from_stage=WAY[place - 1] if place else None, to_stage=to,
                happened_on=on, at=moment(on + timedelta(late)), by_id=by_id, source=source,
            )
        )  # fmt: skip
    return lead


@pytest.fixture
def in_talks(app, person):
    """Three leads before signing and one signed, of which nothing was ever seen to move."""
    owner = person("staff", "甲单位")
    today = clock.today()
    with app.app_context(), transaction():
        found = []
        for stage in (Stage.PRE_SIGNING, Stage.REVIEWED, Stage.NEGOTIATING):
            lead = add_lead(
                f"在谈{stage.value}", stage=stage, owner_id=owner.id, investment_yuan=6 * YI,
                stage_since=today - timedelta(20), department_id=owner.department_id,
            )  # fmt: skip
            add_figure(lead, 6 * YI)
            found.append(lead.id)
        on = max(today - timedelta(20), date(today.year, 1, 1))
        found.append(add_signed("已签项目", on=on, investment_yuan=6 * YI).id)
        rejudge(found, today=today, at=clock.now())
    return found


@pytest.fixture
def with_past(app, person, in_talks):
    """Enough moves of the same size that a percentage is given."""
    by_id = person("staff", "乙单位").id
    with app.app_context(), transaction():
        for number in range(12):
            add_past(number, 6 * YI, by_id)
    return in_talks


@pytest.fixture
def leader(sign_in, person):
    return sign_in(person("director", "区局"))


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_without_enough_moves_there_are_names_and_a_range_but_no_percentage(in_talks, leader):
    page = leader.get("/outlook/forecast")
    assert page.status_code == 200
    told = text_of(page)
    assert "不给百分比，只看范围和名单" in told
    assert "同类项目的历史变动太少" in told
    assert "在谈PRE_SIGNING" in told
    assert "照目前进度" not in told


def test_with_enough_moves_the_chance_is_told_in_words_and_as_a_number(with_past, leader):
    told = text_of(leader.get("/outlook/forecast"))
    assert "照目前进度" in told
    assert "剔除后" in told
    assert told.index("在谈PRE_SIGNING") < told.index("照目前进度")  # names first


def test_imports_and_late_entries_teach_nothing_and_are_told(app, person, in_talks):
    by_id = person("staff", "乙单位").id
    today = clock.today()
    with app.app_context(), transaction():
        for number in range(12):
            add_past(number, 6 * YI, by_id, late=8 if number % 2 else 0)
            add_past(number + 20, 6 * YI, by_id, source=StageSource.IMPORT)
        found = year_forecast(today.year, today)
    moves = found.ingredients.moves
    assert (moves.moves, moves.backfilled) == (60, 30)
    assert found.forecast.training.resolved == 30


def test_supposing_a_signing_changes_the_page_and_nothing_else(app, with_past, leader):
    lead_id = with_past[0]
    page = leader.get(f"/outlook/forecast?signed={lead_id}&season=poor")
    assert page.status_code == 200
    told = text_of(page)
    assert "假设签约 在谈PRE_SIGNING" in told
    assert "差年景" in told
    assert "不作假设时" in told
    with app.app_context():
        assert db.session.get(Lead, lead_id).stage is Stage.PRE_SIGNING
    assert "不作假设时" not in text_of(leader.get("/outlook/forecast"))


def test_a_supposed_signing_raises_the_expectation_and_a_loss_lowers_it(app, with_past):
    from crm.outlook.queries import WhatIf, forecast_from

    today = clock.today()
    with app.app_context():
        found = year_forecast(today.year, today).ingredients

        def expected(what_if):
            return next(q.expected for q in forecast_from(found, what_if).quotas if q.code == "B")

        plain = expected(WhatIf())
        assert expected(WhatIf(signed=frozenset(with_past[:1]))) > plain
        assert expected(WhatIf(lost=frozenset(with_past[:1]))) < plain
        assert expected(WhatIf(u=0.5)) > expected(WhatIf(u=-0.5))


def test_the_archive_says_of_quotas_what_was_said_and_what_came_and_scores_none(
    app, with_past, leader, monkeypatch
):
    today = clock.today()
    with app.app_context(), transaction():
        archive_week(clock.now(), today)

    def told(until):
        page = leader.get(f"/outlook/forecast/archive?year={today.year}").text
        part = page[page.index("指标：当时预测和后来") :]
        assert f"后来的数截至{until}。" in part
        rows = [
            re.sub(r"<[^>]+>|<.*", " ", each).split()
            for each in part.partition("</table>")[0].split("<tr")
        ]
        return next(each for each in rows if "实体总部" in each)

    assert told(today)[-2:] == ["0", "0"], "neither recognised nor reached"
    next_year = moment(date(today.year + 1, 2, 1))
    monkeypatch.setattr(clock, "now", lambda: next_year)
    monkeypatch.setattr(clock, "today", lambda: next_year.date())
    said = told(date(today.year, 12, 31))
    assert said[-2] == "0"
    assert "Brier" not in said


def test_the_home_tells_the_forecast_kept_last_by_name_first(app, with_past, leader):
    assert "还没有存档的预测" in text_of(leader.get("/"))
    today = clock.today()
    with app.app_context(), transaction():
        assert archive_week(clock.now(), today) == 1
    told = text_of(leader.get("/"))
    answer = told[told.index("影响最大") :]
    assert answer.index("在谈PRE_SIGNING") < answer.index("若签约") < answer.index("照目前进度")
    assert f"{today}所作预测" in answer
    with app.app_context(), transaction():
        db.session.get(Lead, with_past[0]).is_sensitive = True
    told = text_of(leader.get("/"))
    answer = told[told.index("影响最大") : told.index("照目前进度")]
    assert "在谈PRE_SIGNING" not in answer
    assert "敏感项目" in answer


@pytest.mark.parametrize("address", ["signed=x", "lost=-1", "season=best", "year=x9"])
def test_what_makes_no_sense_is_refused(in_talks, leader, address):
    assert leader.get(f"/outlook/forecast?{address}").status_code in {400, 404}


def test_an_unknown_lead_is_supposed_of_nobody(in_talks, leader):
    assert leader.get("/outlook/forecast?signed=999999").status_code == 200


def test_the_district_is_forecast_for_those_who_answer_for_it(in_talks, sign_in, person):
    for role in Role:
        if role is Role.SYSTEM:
            continue
        status = sign_in(person(role, "丙单位")).get("/outlook/forecast").status_code
        reads = role in {Role.DIRECTOR, Role.DISTRICT_LEADER, Role.AUDITOR}
        assert (status == 200) is reads, role


def test_who_may_not_see_a_lead_is_told_no_name(in_talks, sign_in, person):
    page = sign_in(person("district_leader")).get("/outlook/forecast").text
    assert "在谈PRE_SIGNING" not in page


def test_the_page_asks_as_much_for_many_leads_as_for_few(
    app, with_past, leader, person, count_queries
):
    leader.get("/outlook/forecast")
    with count_queries() as few:
        assert leader.get("/outlook/forecast").status_code == 200
    by_id = person("staff", "丁单位").id
    with app.app_context(), transaction():
        for number in range(20):
            add_past(number, 60 * YI, by_id)
        more = [add_lead(f"又一项目{n}", investment_yuan=7 * YI) for n in range(20)]
        for lead in more:
            add_figure(lead, 7 * YI)
        rejudge([lead.id for lead in more], today=clock.today(), at=clock.now())
    with count_queries() as many:
        assert leader.get("/outlook/forecast").status_code == 200
    assert len(many) == len(few) <= 24


def test_a_week_is_archived_once_with_its_parameters_and_every_lead(app, with_past):
    today = clock.today()
    with app.app_context():
        for expected in (1, 0):
            with transaction():
                assert archive_week(clock.now(), today) == expected
        run = db.session.query(ForecastRun).one()
        assert run.week_of.weekday() == 0
        assert run.week_of <= today < run.week_of + timedelta(7)
        assert run.parameters["settings"]["u_sd"] == 0.5
        assert {each.code for each in db.session.query(ForecastQuota)} == {"A", "B"}
        assert {each.lead_id for each in db.session.query(ForecastChance)} >= set(with_past)
        with transaction():
            assert archive_week(clock.now(), today + timedelta(7)) == (
                1 if (today + timedelta(7)).year == today.year else 0
            )


def test_the_archive_says_that_too_little_is_known_to_judge(app, with_past, leader):
    assert "还没有存档的预测" in leader.get("/outlook/forecast/archive").text
    with app.app_context(), transaction():
        archive_week(clock.now(), clock.today())
    page = leader.get("/outlook/forecast/archive").text
    assert "不足以评价" in page
    assert "指标：当时预测和后来" in page


def test_what_was_said_is_scored_once_the_days_have_passed(app, with_past, leader):
    made_on = clock.today() - timedelta(100)
    with app.app_context(), transaction():
        run = ForecastRun(
            year=clock.today().year, week_of=made_on, made_on=made_on, parameters={}, at=clock.now()
        )
        db.session.add(run)
        db.session.flush()
        db.session.add(
            ForecastQuota(
                run_id=run.id, code="B", event="signed", target=12, certain=0, low=1, high=2,
                expected=1.5, unknown_low=0, unknown_high=0,
            )
        )  # fmt: skip
        leads = [add_lead(f"旧项目{n}") for n in range(31)]
        for lead in leads:
            db.session.add(
                ForecastChance(
                    run_id=run.id, code="B", lead_id=lead.id, p=0.5, within_30=0.5, within_60=0.5,
                    within_90=0.5,
                )
            )  # fmt: skip
    page = leader.get("/outlook/forecast/archive").text
    assert "0.250" in page
    assert "说的和发生的" in page


def invoke(app, *words):
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["quotas", *words])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_document_of_the_quotas_carries_the_forecast(app, with_past):
    found = invoke(app, "show", "--json")["forecast"]
    assert set(found) == {"parameters", "quotas", "p_all"}
    for quota in found["quotas"]:
        assert set(quota) == {
            "code", "p_meet", "band80", "expected", "not_yet_known", "movers",
        }  # fmt: skip
        low, high = quota["band80"]
        assert low <= high
        for mover in quota["movers"]:
            assert set(mover) == {"lead_id", "p", "delta"}
            assert mover["p"] is None or 0 < mover["p"] < 1


def test_a_day_that_has_passed_is_forecast_from_what_was_known_then(app, with_past):
    day = clock.today() - timedelta(60)
    found = invoke(app, "show", "--json", "--known", day.isoformat())["forecast"]
    assert found is None or all(
        mover["lead_id"] not in with_past for quota in found["quotas"] for mover in quota["movers"]
    )


def test_the_backtest_forecasts_past_mondays_and_counts_what_became_of_it(app, with_past):
    found = invoke(app, "backtest", "--weeks", "8", "--json")
    assert {"year", "on", "weeks", "was", "leads"} == set(found)
    assert [each["horizon"] for each in found["leads"]] == [30, 60, 90]
    for week in found["weeks"]:
        assert date.fromisoformat(week["made_on"]).weekday() == 0
        assert week["candidates"] == 0  # none of the leads in talks was known then


def test_no_forecast_for_a_year_without_enough_history_claims_a_season(app, in_talks):
    today = clock.today()
    with app.app_context():
        assert Flag.FLAT_MONTHS in year_forecast(today.year, today).forecast.flags
