"""Why somebody is reminded, in one sentence of their language."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask_babel import force_locale

from crm.checkup.rules import Proof
from crm.leads.rules import Stage
from crm.reminders.reasons import reason, step_word
from crm.reminders.rules import ReminderKind
from crm.reminders.rules.falling import Due
from crm.reminders.rules.grounds import Ground, ground_of
from crm.reminders.rules.settings import DEFAULTS

TODAY = date(2026, 12, 4)
OF = {each.kind: each for each in DEFAULTS}


def ground(kind: ReminderKind, step: str, due_on: date, **more) -> Ground:
    return ground_of(Due(kind, "lead:1", step, due_on, 1), OF[kind], **more)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


K = ReminderKind
CASES = [
    (ground(K.NEXT_ACTION, "due", TODAY), "下一步工作今日到期", "Next action due today"),
    (ground(K.NEXT_ACTION, "due", ago(1)), "下一步工作已逾期1天", "Next action 1 day late"),
    (
        ground(K.FIRST_RESPONSE, "due", ago(2)),
        "录入后1个工作日内应首次响应，已超2天",
        "First response wanted within 1 working day of entry, 2 days late",
    ),
    (
        ground(K.SCREENING, "due", TODAY),
        "录入后3个工作日内应作出初步研判，今天截止",
        "Screening wanted within 3 working days of entry, due today",
    ),
    (
        ground(K.REFERRER_FEEDBACK, "due", ago(3), stage=Stage.CONTACTED),
        "录入后7天内应向引荐人反馈，已超3天",
        "The referrer is to hear within 7 days of entry, 3 days late",
    ),
    (
        ground(K.REFERRER_FEEDBACK, "due", ago(3), stage=Stage.LOST),
        "项目已终止，7天内应向引荐人反馈，已超3天",
        "Stage now Lost: the referrer is to hear within 7 days, 3 days late",
    ),
    (
        ground(K.QUIET, "yellow", ago(2)),
        "在谈32天没有实质进展（黄灯，30天起）",
        "32 days in talks without real progress (Yellow, from 30 days)",
    ),
    (
        replace(ground(K.QUIET, "yellow", ago(2)), counts_from=ago(32)),
        f"在谈项目久未推进（黄灯，自{ago(32)}起算，30天起）",
        f"Gone quiet in talks (Yellow, from 30 days, counted from {ago(32)})",
    ),
    (
        replace(ground(K.NOT_REGISTERED, "red", ago(2)), counts_from=ago(182)),
        f"签约后尚未注册（红灯，自{ago(182)}起算，180天起）",
        f"Signed and not registered (Red, from 180 days, counted from {ago(182)})",
    ),
    (
        ground(K.NOT_REGISTERED, "red", TODAY),
        "签约180天尚未注册（红灯，180天起）",
        "Signed 180 days ago and not registered (Red, from 180 days)",
    ),
    (
        ground(K.NOT_STARTED, "yellow", ago(5)),
        "签约185天尚未开工（黄灯，180天起）",
        "Signed 185 days ago and not started (Yellow, from 180 days)",
    ),
    (
        ground(K.EXPECTED_SIGNING, "d60", ago(1)),
        "距预计签约日还有59天",
        "59 days to the expected signing",
    ),
    (
        ground(K.EXPECTED_LANDING, "passed", ago(3)),
        "已过预计落地日4天，请推进或改期",
        "Expected landing passed 4 days ago: move on or set a new day",
    ),
    (
        ground(K.EVIDENCE, "notice", ago(1), papers=(Proof.SIGNING, Proof.REGISTRATION)),
        "计入任务15天仍待补佐证（需关注，14天起）：缺签约协议、营业执照",
        "Counted for 15 days, evidence still to come (Needs attention, from 14 days): "
        "Signed agreement, Business licence missing",
    ),
    (
        ground(K.QUOTA_BEHIND, "2026-12", date(2026, 12, 1), standing=(5, 9)),
        "截至2026-12-01应达9个，现有5个",
        "9 due by 2026-12-01, 5 reached",
    ),
    (
        ground(K.TRIP_REPORT, "soon", ago(1)),
        "外出招商报告还有2天到期",
        "Trip report due in 2 days",
    ),
    (ground(K.TRIP_REPORT, "due", ago(1)), "外出招商报告已逾期1天", "Trip report 1 day late"),
    (ground(K.AGREED_DATE, "d7", TODAY), "距约定日期还有7天", "7 days to the agreed date"),
    (ground(K.AGREED_DATE, "due", TODAY), "约定日期就在今天", "Agreed date is today"),
    (ground(K.INSTRUCTION, "d3", ago(2)), "距办结时限还有1天", "1 day to the deadline"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "chinese", "english"), CASES, ids=lambda of: getattr(of, "kind", "")
)
def test_the_sentence_tells_the_facts_the_step_and_since_when(app, of, chinese, english):
    with app.test_request_context():
        assert reason(of, TODAY) == chinese
        with force_locale("en"):
            assert reason(of, TODAY) == english


@pytest.mark.parametrize("kind", ReminderKind)
def test_a_step_the_settings_no_longer_have_still_says_something(app, kind):
    with app.test_request_context(), force_locale("en"):
        said = reason(ground_of(Due(kind, "lead:1", "gone", ago(3), 1), None), TODAY)
        assert said
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in said)


@pytest.mark.parametrize(
    ("code", "days", "word"),
    [("red", 60, "红灯"), ("d30", -30, "提前30天"), ("due", 0, "当天"), ("due", 7, "满7天")],
)
def test_every_step_has_a_word_whatever_its_code(app, code, days, word):
    with app.test_request_context():
        assert step_word(code, days) == word
