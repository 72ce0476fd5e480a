"""The week's report: who appears where, in which order, and in which words."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import MilestoneKind, OffRampReason, Path, Stage, StageSource
from crm.reports.rules import (
    About,
    Chapter,
    Coming,
    DueKind,
    Entry,
    NewPromise,
    Reached,
    StageMove,
    Week,
    WeekFacts,
    WrongWeek,
    report_week,
)
from crm.reports.wording import as_plain_text

WEEK = Week.read("2026-W48")
TODAY = date(2026, 11, 27)
YI = 10**8


def about(lead_id=1, **more) -> About:
    return About(
        **{
            "lead_id": lead_id,
            "title": f"项目{lead_id}",
            "stage": Stage.NEGOTIATING,
            "unit": "药山街道",
            "unit_place": (2, "药山街道"),
            "yuan": 5 * YI,
            "amount_text": "5亿",
            **more,
        }
    )


def on(day: int) -> date:
    return date(2026, 11, day)


def part(chapter: Chapter, today: date = TODAY, **facts):
    parts = report_week(WEEK, WeekFacts(**facts), today).parts
    return next(each for each in parts if each.chapter is chapter)


@pytest.fixture(autouse=True)
def _speaking():
    app = Flask(__name__)
    Babel(app, default_locale="zh")
    with app.app_context(), force_locale("zh"):
        yield


# ---------------------------------------------------------------- weeks


def test_a_week_runs_from_monday_to_sunday():
    assert (WEEK.monday, WEEK.sunday) == (on(23), on(29))
    assert on(22) not in WEEK
    assert on(23) in WEEK
    assert on(29) in WEEK


@given(st.dates(date(2000, 1, 3), date(2100, 12, 31)))
def test_every_day_finds_its_week_again_by_the_code_of_that_week(day):
    week = Week.of(day)
    assert day in week
    assert Week.read(week.code) == week
    assert week.after.before == week


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-W54", "2026-W00", "2025-W53", "26-W01", "２０２６-W01", "2026-W1", "x"],
)
def test_what_is_no_week_is_refused(text):
    with pytest.raises(WrongWeek):
        Week.read(text)


def test_the_last_week_of_a_long_year_is_a_week():
    assert Week.read("2026-W53").sunday == date(2027, 1, 3)


# ---------------------------------------------------------------- chapters


def move(to, from_=Stage.NEGOTIATING, **more):
    lead = more.pop("about", about(stage=to))
    return StageMove(lead, from_, to, on(24), **more)


def test_several_steps_of_one_lead_are_one_line():
    found = part(
        Chapter.ADVANCED,
        moves=(move(Stage.REVIEWED), move(Stage.PRE_SIGNING, Stage.REVIEWED)),
    )
    assert [line.stages for line in found.lines] == [
        (Stage.NEGOTIATING, Stage.REVIEWED, Stage.PRE_SIGNING)
    ]


@pytest.mark.parametrize(
    ("from_", "to", "chapter"),
    [
        (Stage.NEGOTIATING, Stage.REVIEWED, Chapter.ADVANCED),
        (Stage.PARKED, Stage.NEGOTIATING, Chapter.ADVANCED),
        (Stage.REVIEWED, Stage.CONTACTED, Chapter.STEPPED_BACK),
        (Stage.NEGOTIATING, Stage.LOST, Chapter.LEFT),
        (Stage.PARKED, Stage.LOST, Chapter.LEFT),
        (Stage.STARTED, Stage.OPERATING, Chapter.ADVANCED),
    ],
)
def test_the_direction_of_a_move_decides_its_chapter(from_, to, chapter):
    assert part(chapter, moves=(move(to, from_),)).count == 1


def test_there_and_back_again_within_a_week_is_told_as_a_step_back():
    moves = (move(Stage.REVIEWED), move(Stage.NEGOTIATING, Stage.REVIEWED))
    assert part(Chapter.STEPPED_BACK, moves=moves).count == 1
    assert part(Chapter.ADVANCED, moves=moves).count == 0


def test_the_first_stage_of_a_new_lead_is_no_progress():
    moves = (move(Stage.LEAD, None),)
    entries = (Entry(about(stage=Stage.LEAD), on(24)),)
    assert part(Chapter.ADVANCED, moves=moves, entries=entries).count == 0
    assert part(Chapter.ENTERED, moves=moves, entries=entries).lines[0].stages == (Stage.LEAD,)


def reached(kind=MilestoneKind.SIGNED, happened=24, recorded=25, source=None, **more):
    return Reached(
        about(**{"stage": Stage.SIGNED, **more}),
        kind,
        on(happened),
        on(recorded),
        source or StageSource.PERSON,
    )


def test_a_signing_is_told_once_under_signings_and_not_as_progress():
    facts = {"moves": (move(Stage.SIGNED),), "reached": (reached(),)}
    assert part(Chapter.SIGNED, **facts).count == 1
    assert part(Chapter.ADVANCED, **facts).count == 0


def test_what_was_signed_before_this_week_and_entered_now_is_marked_as_late():
    line = part(Chapter.SIGNED, reached=(reached(happened=12),)).lines[0]
    assert line.is_late_entry
    assert part(Chapter.SIGNED, reached=(reached(happened=12),)).late_entries == 1


def test_old_signings_read_from_a_ledger_are_no_news():
    assert (
        part(Chapter.SIGNED, reached=(reached(happened=12, source=StageSource.IMPORT),)).count == 0
    )
    assert (
        part(Chapter.SIGNED, reached=(reached(happened=24, source=StageSource.IMPORT),)).count == 1
    )


@pytest.mark.parametrize(
    ("path", "kind", "count"),
    [
        (Path.LAND, MilestoneKind.STARTED, 1),
        (Path.LAND, MilestoneKind.MOVED_IN, 0),
        (Path.CARRIER, MilestoneKind.MOVED_IN, 1),
        (Path.HEADQUARTERS, MilestoneKind.TAXPAYING, 1),
        (None, MilestoneKind.MOVED_IN, 1),
    ],
)
def test_what_counts_as_start_depends_on_the_path(path, kind, count):
    assert part(Chapter.STARTED, reached=(reached(kind, path=path),)).count == count


def test_a_signing_day_put_off_twice_is_one_line_from_first_to_last():
    lead = about(stage=Stage.PRE_SIGNING)
    found = part(
        Chapter.SLIPPED,
        promises=(NewPromise(lead, on(25), on(28)), NewPromise(lead, on(28), None)),
    )
    assert [(line.before, line.after) for line in found.lines] == [(on(25), None)]


@pytest.mark.parametrize(
    ("before", "after", "stage"),
    [
        (None, 28, Stage.PRE_SIGNING),
        (28, 25, Stage.PRE_SIGNING),
        (25, 25, Stage.PRE_SIGNING),
        (25, 28, Stage.SIGNED),
        (25, 28, Stage.LOST),
    ],
)
def test_what_is_no_delay_is_not_told_as_one(before, after, stage):
    promise = NewPromise(about(stage=stage), before and on(before), on(after))
    assert part(Chapter.SLIPPED, promises=(promise,)).count == 0


def expected(day: int, stage=Stage.PRE_SIGNING):
    return Coming(about(stage=stage), DueKind.EXPECTED_SIGNING, on(day))


def test_a_signing_day_that_passed_without_a_signing_has_slipped():
    assert part(Chapter.SLIPPED, expected=(expected(26),)).count == 1
    assert part(Chapter.SLIPPED, expected=(expected(27),)).count == 0, "today is not over"
    assert part(Chapter.SLIPPED, expected=(expected(26, Stage.SIGNED),)).count == 0


def test_next_week_is_told_while_this_week_runs_and_not_afterwards():
    next_week = WEEK.after.monday
    facts = {"coming": (Coming(about(), DueKind.NEXT_ACTION, next_week, "赴深圳拜访"),)}
    assert part(Chapter.DUE, **facts).count == 1
    assert part(Chapter.DUE, today=next_week, **facts).count == 0


# ---------------------------------------------------------------- order and numbers


def test_units_stand_in_official_order_and_leads_without_a_unit_come_last():
    entries = [
        Entry(about(1, unit=None, unit_place=(0, "")), on(23)),
        Entry(about(2, unit="药山街道", unit_place=(9, "药山街道")), on(23)),
        Entry(about(3, unit="招商局", unit_place=(1, "招商局")), on(26)),
        Entry(about(4, unit="招商局", unit_place=(1, "招商局")), on(24)),
    ]
    groups = part(Chapter.ENTERED, entries=entries).groups
    assert [(g.unit, [line.about.lead_id for line in g.lines]) for g in groups] == [
        ("招商局", [4, 3]),
        ("药山街道", [2]),
        (None, [1]),
    ]


abouts = st.builds(
    about,
    st.integers(1, 30),
    stage=st.sampled_from(list(Stage)),
    unit=st.sampled_from(["招商局", "药山街道", None]),
    yuan=st.none() | st.integers(0, 10**12),
    path=st.none() | st.sampled_from(list(Path)),
)
days = st.dates(WEEK.monday - timedelta(40), WEEK.sunday + timedelta(40))
facts = st.builds(
    WeekFacts,
    entries=st.lists(st.builds(Entry, abouts, days), max_size=6),
    moves=st.lists(
        st.builds(
            StageMove,
            abouts,
            st.none() | st.sampled_from(list(Stage)),
            st.sampled_from(list(Stage)),
            days,
        ),
        max_size=6,
    ),
    reached=st.lists(
        st.builds(
            Reached,
            abouts,
            st.sampled_from(list(MilestoneKind)),
            days,
            days,
            st.sampled_from(list(StageSource)),
        ),
        max_size=6,
    ),
    promises=st.lists(
        st.builds(NewPromise, abouts, st.none() | days, st.none() | days), max_size=6
    ),
    expected=st.lists(
        st.builds(Coming, abouts, st.just(DueKind.EXPECTED_SIGNING), days), max_size=6
    ),
    coming=st.lists(st.builds(Coming, abouts, st.just(DueKind.NEXT_ACTION), days), max_size=6),
)


@given(facts, days)
def test_the_numbers_of_the_head_are_the_lengths_of_the_lists_in_the_text(found, today):
    report = report_week(WEEK, found, today)
    text = as_plain_text(report, "一周招商变化", "范围：全部。")
    lines = text.splitlines()
    assert sum(line.startswith("· ") for line in lines) == sum(p.count for p in report.parts)
    for each in report.parts:
        assert each.count == sum(len(group.lines) for group in each.groups)
        units = [group.unit for group in each.groups]
        assert len(units) == len(set(units))
        assert {line.chapter for line in each.lines} <= {each.chapter}
        assert each.yuan == sum(line.about.yuan or 0 for line in each.lines)


@given(facts, days)
def test_a_lead_moves_in_one_direction_only(found, today):
    parts = report_week(WEEK, found, today).parts
    moves = {Chapter.ADVANCED, Chapter.STEPPED_BACK, Chapter.LEFT}
    told = [line.about.lead_id for p in parts if p.chapter in moves for line in p.lines]
    assert len(told) == len(set(told))


# ---------------------------------------------------------------- words

FULL = WeekFacts(
    entries=(Entry(about(1, stage=Stage.LEAD, amount_text="约5亿"), on(24), "示例硅材料有限公司"),),
    moves=(
        move(Stage.REVIEWED, about=about(2)),
        StageMove(
            about(3, stage=Stage.LOST),
            Stage.NEGOTIATING,
            Stage.LOST,
            on(25),
            "转投外省",
            OffRampReason.WENT_ELSEWHERE,
        ),
    ),
    reached=(
        reached(lead_id=4, yuan=650_000_000, amount_text="6.5亿元"),
        reached(lead_id=5, happened=12, yuan=None, amount_text=None),
        reached(
            MilestoneKind.MOVED_IN, lead_id=6, path=Path.CARRIER, yuan=213_300_000,
            amount_text="3000万美元", unit="招商局", unit_place=(1, "招商局"),
        ),
    ),
    promises=(NewPromise(about(7, stage=Stage.PRE_SIGNING), on(25), date(2027, 1, 15)),),
    coming=(Coming(about(8), DueKind.NEXT_ACTION, date(2026, 12, 1), "赴深圳拜访"),),
)  # fmt: skip


def test_the_whole_text_reads_as_a_person_would_write_it():
    text = as_plain_text(report_week(WEEK, FULL, TODAY), "一周招商变化", "范围：全部项目。")
    assert (
        text
        == """\
【一周招商变化】2026年11月23日至11月29日（第48周）
范围：全部项目。
新增1个；阶段推进1个；签约2个，合计6.5亿元（1个未填金额，其中补记1个）；注册0个；开工1个，合计2.133亿元；\
签约延期1个；暂缓、终止或流转1个；下周到期1个。

一、新增1个
药山街道（1）：
· 项目1：线索，约5亿元，示例硅材料有限公司

二、阶段推进1个
药山街道（1）：
· 项目2：洽谈 → 评审

三、签约2个，合计6.5亿元（1个未填金额，其中补记1个）
药山街道（2）：
· 项目5：11月12日（补记），未填金额
· 项目4：11月24日，6.5亿元

四、开工1个，合计2.133亿元
招商局（1）：
· 项目6：11月24日 入驻，3000万美元（2.133亿元）

五、签约延期1个
药山街道（1）：
· 项目7：原定11月25日签约，改为2027年1月15日

六、暂缓、终止或流转1个
药山街道（1）：
· 项目3：洽谈 → 终止，落户外地，转投外省

七、下周到期1个
药山街道（1）：
· 项目8：12月1日，赴深圳拜访
"""
    )


def test_a_week_without_any_change_says_so_in_numbers():
    text = as_plain_text(report_week(WEEK, WeekFacts(), TODAY), "一周招商变化", "范围：全部项目。")
    assert text.splitlines()[-1] == "新增0个；阶段推进0个；签约0个；注册0个；开工0个。"
