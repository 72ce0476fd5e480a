"""水分体检: which questions the records of counted projects raise, and which they do not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.checkup.rules import (
    BOUNDS,
    DEFAULT_LIMITS,
    LIMITS_OF,
    LimitName,
    outside,
    settings_of,
)
from crm.checkup.rules.findings import (
    Common,
    ExaminedProject,
    FindingCode,
    Limits,
    StatedAmount,
    Weight,
    examine,
)
from crm.checkup.wording import ABOUT, FIELD
from crm.leads.rules import FigureSource

YI = 10**8
CLOSES = date(2026, 12, 31)
SIGNED = date(2026, 6, 10)
LEVELS = (5 * YI, 50 * YI)
QUIET = ExaminedProject(
    1, "项目", 1, SIGNED, SIGNED, SIGNED - timedelta(days=90), 7 * YI, (), talks_before_signing=3
)


def stated(yuan, source=FigureSource.AGREEMENT, days=0, *, documented=True, withdrawn=False):
    day = SIGNED + timedelta(days=days)
    return StatedAmount(source, day, day, int(yuan), documented, withdrawn, "张伟")


def found(*projects, common=(), closes=CLOSES):
    return {
        finding.code: finding for finding in examine(projects, LEVELS, common, closes, Limits())
    }


def test_an_ordinary_project_raises_no_question():
    assert found(QUIET) == {}


@pytest.mark.parametrize(
    ("before", "after", "weight"),
    [
        (stated(4.99 * YI), stated(6 * YI, days=9), Weight.NOTICE),
        (stated(4.99 * YI), stated(6 * YI, days=9, documented=False), Weight.SERIOUS),
        (stated(4.5 * YI, FigureSource.TALK), stated(5 * YI), Weight.NOTICE),  # to a hair above
        (stated(4.99 * YI, withdrawn=True), stated(5 * YI, days=1), Weight.NOTICE),
        (stated(4.5 * YI, FigureSource.TALK), stated(7 * YI), None),  # grew in negotiation
        (stated(5 * YI), stated(6 * YI), None),  # was above before
        (stated(6 * YI), stated(4 * YI), None),  # fell
    ],
)
def test_an_edit_over_a_threshold_is_asked_about(before, after, weight):
    finding = found(replace(QUIET, amounts=(before, after))).get(FindingCode.CROSSED_THRESHOLD)
    assert (finding and finding.weight) == weight
    if finding:
        assert (finding.before_yuan, finding.after_yuan) == (before.yuan, after.yuan)
        assert finding.threshold_yuan == 5 * YI
        assert finding.who == "张伟"


def test_an_amount_entered_anew_is_found_behind_what_was_entered_between():
    amounts = (stated(4.8 * YI), stated(7 * YI, FigureSource.TALK, 1), stated(7 * YI, days=2))
    finding = found(replace(QUIET, amounts=amounts))[FindingCode.CROSSED_THRESHOLD]
    assert (finding.before_yuan, finding.after_yuan) == (48 * YI // 10, 7 * YI)


@pytest.mark.parametrize(
    ("yuan", "is_near"),
    [(5 * YI - 1, False), (5 * YI, True), (51 * YI // 10, True), (51 * YI // 10 + 1, False)],
)
def test_an_amount_on_the_threshold_is_told(yuan, is_near):
    assert (FindingCode.JUST_ABOVE in found(replace(QUIET, judged_yuan=yuan))) is is_near


def test_a_filing_below_the_threshold_is_serious_and_a_small_gap_is_none():
    amounts = (stated(6 * YI), stated(4 * YI, FigureSource.FILING, 30))
    finding = found(replace(QUIET, amounts=amounts))[FindingCode.FILING_BELOW]
    assert (finding.weight, finding.percent, finding.threshold_yuan) == (
        Weight.SERIOUS,
        33,
        5 * YI,
    )
    near = (stated(6 * YI), stated(4.8 * YI, FigureSource.FILING, 30))
    assert FindingCode.FILING_BELOW not in found(replace(QUIET, amounts=near))


def test_an_amount_withdrawn_is_compared_with_no_filing():
    amounts = (
        stated(60 * YI, withdrawn=True),
        stated(6 * YI),
        stated(6 * YI, FigureSource.FILING, 30),
    )
    assert FindingCode.FILING_BELOW not in found(replace(QUIET, amounts=amounts))


def test_projects_of_one_group_close_together_are_asked_about_and_far_apart_are_not():
    other = replace(QUIET, lead_id=2, counted_on=SIGNED + timedelta(days=20))
    pair = Common(1, 2, True, ("same_group",))
    finding = found(QUIET, other, common=[pair])[FindingCode.SPLIT_GROUP]
    assert (finding.lead_ids, finding.after_yuan, finding.days) == ((1, 2), 14 * YI, 20)
    far = replace(other, counted_on=SIGNED + timedelta(days=181))
    assert found(QUIET, far, common=[pair]) == {}


def test_a_shared_address_is_a_question_without_a_group():
    other = replace(QUIET, lead_id=2)
    finding = found(QUIET, other, common=[Common(1, 2, False, ("same_address",))])
    assert finding[FindingCode.SHARED].what == ("same_address",)


def test_a_pair_with_a_project_that_does_not_count_is_left_out():
    assert found(QUIET, common=[Common(1, 99, True, ("same_group",))]) == {}


@pytest.mark.parametrize(
    ("entered", "weight"),
    [(-15, None), (-14, Weight.NOTICE), (0, Weight.NOTICE), (1, Weight.SERIOUS)],
)
def test_a_project_entered_only_when_it_was_signed_is_asked_about(entered, weight):
    project = replace(QUIET, entered_on=SIGNED + timedelta(days=entered))
    finding = found(project).get(FindingCode.LATE_ENTRY)
    assert (finding and finding.weight) == weight


def test_a_signing_without_a_talk_and_one_counted_in_another_year_are_told():
    project = replace(QUIET, talks_before_signing=0, counted_on=date(2027, 1, 3))
    assert set(found(project)) == {FindingCode.NO_TALKS, FindingCode.YEAR_SHIFTED}


def test_a_unit_that_signs_most_of_its_year_in_december_is_asked_about():
    def signed(number, day, unit=1):
        return replace(
            QUIET,
            lead_id=number,
            signed_on=day,
            counted_on=day,
            entered_on=day - timedelta(days=90),
            department_id=unit,
        )

    december = [signed(n, date(2026, 12, n)) for n in (1, 9, 30)]
    spring = [signed(n, date(2026, 4, 1)) for n in (41, 42, 43, 44)]
    elsewhere = [signed(n, date(2026, 12, 5), unit=2) for n in (51, 52)]
    finding = found(*december, *spring, *elsewhere)[FindingCode.YEAR_END_BURST]
    assert (finding.lead_ids, finding.percent, finding.department_id) == ((1, 9, 30), 42, 1)
    more = [signed(n, date(2026, 4, 1)) for n in (45, 46)]
    assert FindingCode.YEAR_END_BURST not in found(*december, *spring, *more)


amounts = st.builds(
    stated,
    st.integers(0, 60 * YI),
    st.sampled_from(FigureSource),
    st.integers(0, 300),
    documented=st.booleans(),
    withdrawn=st.booleans(),
)
projects = st.lists(
    st.builds(
        ExaminedProject,
        lead_id=st.integers(1, 40),
        title=st.just("项目"),
        department_id=st.sampled_from([None, 1, 2]),
        signed_on=st.none() | st.dates(date(2025, 12, 1), CLOSES),
        counted_on=st.dates(date(2026, 1, 1), CLOSES),
        entered_on=st.dates(date(2025, 1, 1), CLOSES),
        judged_yuan=st.none() | st.integers(0, 60 * YI),
        amounts=st.lists(amounts, max_size=4).map(tuple),
        talks_before_signing=st.integers(0, 2),
    ),
    max_size=12,
    unique_by=lambda each: each.lead_id,
)


@given(projects, st.randoms(use_true_random=False))
def test_the_order_of_the_projects_changes_nothing_and_each_question_has_one_key(given_, random):
    shuffled = list(given_)
    random.shuffle(shuffled)
    first = examine(given_, LEVELS, (), CLOSES)
    assert first == examine(shuffled, LEVELS, (), CLOSES)
    keys = [finding.key for finding in first]
    assert len(set(keys)) == len(keys)
    known = {each.lead_id for each in given_}
    assert all(set(finding.lead_ids) <= known for finding in first)


# ---------------------------------------------------------------- settings


def test_every_limit_has_bounds_around_its_default_and_belongs_to_a_kind():
    assert set(BOUNDS) == set(LimitName) == set(DEFAULT_LIMITS)
    for name, bounds in BOUNDS.items():
        assert bounds.least <= DEFAULT_LIMITS[name] <= bounds.most
    assert set(LIMITS_OF) == set(FindingCode)
    assert sorted(name for names in LIMITS_OF.values() for name in names) == sorted(LimitName)
    assert set(FIELD) == {code.value for code in FindingCode} | {name.value for name in LimitName}
    assert set(ABOUT) == set(FindingCode)


@pytest.mark.parametrize("name", list(LimitName))
def test_a_limit_may_stand_at_its_bounds_and_not_beyond(name):
    bounds = BOUNDS[name]
    for value, is_wrong in (
        (bounds.least - 1, True),
        (bounds.least, False),
        (bounds.most, False),
        (bounds.most + 1, True),
    ):
        found = outside(settings_of({name: value}, frozenset()))
        assert found == ((name,) if is_wrong else ())


PROJECTS = st.builds(
    replace,
    st.just(QUIET),
    lead_id=st.integers(1, 4),
    judged_yuan=st.integers(49 * YI // 10, 52 * YI // 10),
    entered_on=st.dates(SIGNED - timedelta(days=40), SIGNED + timedelta(days=5)),
    talks_before_signing=st.integers(0, 1),
)
OFF = st.frozensets(st.sampled_from(FindingCode))


@given(st.lists(PROJECTS, max_size=4), OFF)
def test_a_kind_that_is_off_is_not_asked_and_the_others_are_asked_as_before(projects, off):
    every = examine(projects, LEVELS, (), CLOSES)
    assert examine(projects, LEVELS, (), CLOSES, Limits(), off) == tuple(
        each for each in every if each.code not in off
    )


@given(st.lists(PROJECTS, max_size=4), st.integers(0, 20), st.integers(0, 20))
def test_a_wider_limit_never_asks_less(projects, one, other):
    narrow, wide = (
        examine(
            projects,
            LEVELS,
            (),
            CLOSES,
            settings_of(
                {LimitName.JUST_ABOVE_PERCENT: width, LimitName.LATE_DAYS: width}, frozenset()
            ).limits,
        )
        for width in sorted((one, other))
    )
    assert {each.key for each in narrow} <= {each.key for each in wide}
