"""部门报数: who reports a month's figure, what is refused, and what the board tells of it."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.quotas.models import Quota, QuotaOwner, ReportedFigure
from tests.features.indicators.cases import OWNER, post, row_of, text_of


@pytest.fixture
def give(app):
    """give("land", actor): the department of that person answers for the indicator."""

    def own(code, actor):
        with app.app_context(), transaction() as session:
            quota = session.query(Quota).filter_by(year=2026, code=code).one()
            session.add(QuotaOwner(quota_id=quota.id, department_id=actor.department_id))

    return own


def rows(app, code="land"):
    with app.app_context():
        return db.session.scalars(
            select(ReportedFigure)
            .join(Quota, Quota.id == ReportedFigure.quota_id)
            .where(Quota.year == 2026, Quota.code == code)
            .order_by(ReportedFigure.month, ReportedFigure.number)
        ).all()


def test_the_head_of_the_owner_department_reports_and_the_board_tells_it(app, sign_in, give):
    head = sign_in("unit_head", OWNER)
    give("land", head.actor)
    assert post(head, value="2350亩").status_code == 302
    told = row_of(head.get("/quotas/?year=2026"), "供地")
    assert "2,350亩" in told
    assert "10月 · 天资报〔2026〕10号" in told
    assert "落后35亩" in told  # 2,385 of 3,000 were due on 25 October
    assert "+2.2%" in told
    assert "9个月未报" in told
    (row,) = rows(app)
    assert (row.stated_text, row.as_of, row.recorded_by_id) == (
        "2350亩",
        date(2026, 10, 25),
        head.actor.id,
    )


def test_a_month_without_a_figure_after_the_cut_off_day_is_told(sign_in):
    leader = sign_in("director")
    for month in range(1, 10):
        day = f"2026-{month:02d}"
        assert post(leader, month=day, as_of=f"{day}-25", value=f"{month}00").status_code == 302
    assert "10月未报" in row_of(leader.get("/quotas/?year=2026"), "供地")
    assert post(leader).status_code == 302
    assert "未报" not in row_of(leader.get("/quotas/?year=2026"), "供地")  # November runs


def test_only_the_owner_s_head_and_the_bureau_leader_may_report(app, sign_in, give):
    head = sign_in("unit_head", OWNER)
    give("land", head.actor)
    assert post(sign_in("unit_head", "别的局")).status_code == 404
    assert post(sign_in("staff", OWNER)).status_code == 403
    assert post(sign_in("auditor")).status_code == 403
    assert post(head, code="fdi", value="6000万美元").status_code == 404  # owned by nobody
    assert rows(app) == []
    assert post(sign_in("director")).status_code == 302


def test_what_is_computed_is_not_reported(sign_in):
    leader = sign_in("director")
    assert leader.get("/quotas/2026/new_starts/report").status_code == 404
    assert leader.get("/quotas/2026/A/report").status_code == 404


def test_a_correction_is_a_further_entry_with_its_reason(app, sign_in):
    leader = sign_in("director")
    assert post(leader).status_code == 302
    assert "更正须写明原因" in text_of(post(leader, value="2380", seen="1"))
    assert post(leader, value="2380", seen="1", note="核减两宗").status_code == 302
    assert [(row.number, row.value) for row in rows(app)] == [(1, 2400), (2, 2380)]
    page = text_of(leader.get("/quotas/2026/land"))
    assert "2,380亩" in page
    assert "2400亩" in page  # the older entry stays readable
    assert "核减两宗" in page
    with app.app_context():
        actions = db.session.scalars(
            select(AuditEvent.action)
            .where(AuditEvent.subject_type == "quotas")
            .order_by(AuditEvent.id)
        ).all()
    assert actions == ["figure_reported", "figure_corrected"]


def test_two_people_cannot_report_the_same_month_unseen(app, sign_in):
    leader = sign_in("director")
    assert post(leader).status_code == 302
    answer = post(leader, value="2399")
    assert answer.status_code == 409
    assert len(rows(app)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": ""}, "请填写"),
        ({"value": "约2400亩"}, "报数应为确数"),
        ({"value": "2400万元"}, "单位与该指标不符"),
        ({"value": "-3"}, "不能小于0"),
        ({"last_year": "很多"}, "看不懂这个数"),
        ({"document": " "}, "请填写文号或文件名"),
        ({"as_of": "2026-11-02"}, "截止日应在所报月份之内"),
        ({"as_of": ""}, "截止日应在所报月份之内"),
        ({"month": "2026-11", "as_of": "2026-11-30"}, "截止日不能晚于今天"),
    ],
)
def test_what_cannot_be_taken_is_refused_beside_its_field(app, sign_in, change, words):
    answer = post(sign_in("director"), **change)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert rows(app) == []


@pytest.mark.parametrize("month", ["2026-12", "2025-10", "2026-1", "x", "２０２６-10"])
def test_a_month_that_is_none_of_the_year_s_so_far_is_not_found(sign_in, month):
    assert post(sign_in("director"), month=month).status_code == 404


def test_a_cumulative_figure_does_not_fall_without_a_reason(app, sign_in):
    leader = sign_in("director")
    assert post(leader, month="2026-09", as_of="2026-09-25").status_code == 302
    answer = post(leader, value="2000")
    assert answer.status_code == 422
    assert "9月累计为2,400亩" in text_of(answer)
    assert post(leader, value="2000", note="9月数含未完成手续的地块").status_code == 302


def test_a_frozen_year_takes_no_more_figures(app, sign_in):
    with app.app_context(), transaction() as session:
        session.query(Quota).filter_by(year=2026, code="land").one().frozen_at = clock.now()
    assert "已封账" in text_of(post(sign_in("director")))


def test_last_year_is_taken_from_last_year_s_reports_where_it_was_not_typed(app, sign_in):
    leader = sign_in("director")
    with app.app_context(), transaction() as session:
        before = session.query(Quota).filter_by(year=2025, code="fdi").one()
        session.add(
            ReportedFigure(
                quota_id=before.id,
                month=date(2025, 10, 1),
                value=50_000_000,
                stated_text="5000万美元",
                as_of=date(2025, 10, 25),
                document="报表",
            )
        )
    assert post(leader, code="fdi", value="6000万美元", last_year="").status_code == 302
    told = row_of(leader.get("/quotas/?year=2026"), "实际使用外资")
    assert "5000万美元" in told
    assert "+20.0%" in told
    assert "达到应达" in told  # 5,661万 were due


def test_behind_is_red_where_the_target_binds_and_yellow_where_it_is_expected(sign_in):
    leader = sign_in("director")
    post(leader, value="10")
    post(leader, code="fdi", value="10万美元", last_year="")
    page = leader.get("/quotas/?year=2026").text

    def badge(name):
        row = re.search(rf">{name}</a>.*?</tr>", page, re.DOTALL)[0]
        return re.search(r"badge-(bad|warn|good)", row)[1]

    assert (badge("供地"), badge("实际使用外资")) == ("bad", "warn")
