"""What makes sense as a setting of a kind, and which of several holds for a lead."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules import OPEN_STAGES, Stage
from crm.reminders.rules import ReminderKind
from crm.reminders.rules.falling import stages_of
from crm.reminders.rules.settings import (
    BEGINS_WITH,
    COUNTED_WHENEVER,
    DEFAULTS,
    STARTS_ANEW,
    Setting,
    SettingFault,
    Settings,
    Step,
    as_begun,
    clock_start,
    steps_from,
    switched_on,
    why_not_setting,
)

QUIET = BEGINS_WITH[ReminderKind.QUIET]


def quiet(days: dict[str, int | None], **more) -> Setting:
    return Setting(ReminderKind.QUIET, steps_from(ReminderKind.QUIET, days), **more)


SOUND = {"notice": 10, "yellow": 20, "red": None, "withdraw": 90}


def test_every_kind_has_a_setting_to_begin_with_that_could_be_saved():
    assert set(BEGINS_WITH) == set(ReminderKind)
    for each in DEFAULTS:
        assert why_not_setting(each, is_general=True) == {}


@pytest.mark.parametrize("kind", ReminderKind)
def test_days_typed_as_they_are_shown_are_the_steps_again(kind):
    shown = {step.code: abs(step.days) for step in BEGINS_WITH[kind].steps}
    assert steps_from(kind, shown) == BEGINS_WITH[kind].steps


def test_a_step_nobody_needs_is_left_out():
    assert [step.code for step in quiet(SOUND).steps] == ["notice", "yellow", "withdraw"]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (SOUND, {}),
        ({}, {"days_notice": SettingFault.NO_STEPS}),
        ({"notice": 30, "yellow": 30}, {"days_yellow": SettingFault.NOT_RISING}),
        ({"yellow": 60, "red": 30}, {"days_red": SettingFault.NOT_RISING}),
        ({"notice": 14, "withdraw": 2001}, {"days_withdraw": SettingFault.TOO_FAR}),
    ],
)
def test_what_is_wrong_with_days_stands_beside_the_day(days, found):
    assert why_not_setting(quiet(days), is_general=True) == found


def test_days_before_have_to_fall():
    kind = ReminderKind.EXPECTED_SIGNING
    steps = steps_from(kind, {"d60": 30, "d30": 60})
    assert steps == (Step("d60", -30), Step("d30", -60))
    assert why_not_setting(Setting(kind, steps), is_general=True) == {
        "days_d30": SettingFault.NOT_RISING
    }


def test_a_bureau_leader_is_never_told_before_the_unit_head():
    setting = quiet(SOUND, to_unit_head_after=5, to_director_after=4)
    assert why_not_setting(setting, is_general=True) == {
        "to_director_after": SettingFault.DIRECTOR_FIRST
    }


def test_a_particular_setting_says_for_which_leads_and_only_once():
    of_stage = quiet(SOUND, stage=Stage.NEGOTIATING)
    assert why_not_setting(of_stage, is_general=False) == {}
    assert why_not_setting(quiet(SOUND), is_general=False) == {"stage": SettingFault.NO_SCOPE}
    taken = {of_stage.scope_key}
    assert why_not_setting(of_stage, is_general=False, taken=taken) == {
        "stage": SettingFault.SAME_SCOPE
    }


scopes = st.tuples(
    st.sampled_from([None, *Stage]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, 1, 500_000_000, 10**12]),
)


@given(scopes, scopes)
def test_two_scopes_have_one_key_exactly_if_they_are_one(one, other):
    keys = [quiet(SOUND, stage=s, is_headquarters=h, at_least_yuan=y).scope_key for s, h, y in (one, other)]  # fmt: skip  # noqa: E501
    assert (keys[0] == keys[1]) is (one == other)
    assert (keys[0] == "") is (one == (None, None, None))


@given(st.permutations(range(4)))
def test_the_most_particular_holds_in_whatever_order_they_were_saved(order):
    of = [
        QUIET,
        quiet(SOUND, is_headquarters=True),
        quiet(SOUND, stage=Stage.NEGOTIATING),
        quiet(SOUND, at_least_yuan=500_000_000),
    ]
    settings = Settings([of[n] for n in order])
    holding = {
        (Stage.NEGOTIATING, True, 600_000_000): of[3],
        (Stage.NEGOTIATING, True, 1): of[2],
        (Stage.REVIEWED, True, None): of[1],
        (Stage.REVIEWED, None, None): of[0],
    }
    for lead, setting in holding.items():
        assert settings.of(ReminderKind.QUIET, *lead) is setting


def test_a_setting_takes_anothers_place_and_leaves_the_other_kinds():
    before = Settings(DEFAULTS)
    wanted = quiet(SOUND)
    after = before.changed(QUIET, wanted)
    assert after.general(ReminderKind.QUIET) == wanted
    assert before.general(ReminderKind.QUIET) == QUIET
    assert after.general(ReminderKind.SCREENING) == BEGINS_WITH[ReminderKind.SCREENING]
    alone = after.alone(ReminderKind.QUIET)
    assert alone.all(ReminderKind.QUIET) == (wanted,)
    assert alone.all(ReminderKind.SCREENING) == ()


def test_a_kind_is_offered_for_the_stages_in_which_it_can_be_due():
    assert stages_of(ReminderKind.NOT_REGISTERED) == (Stage.SIGNED,)
    assert Stage.SIGNED not in stages_of(ReminderKind.QUIET)
    assert stages_of(ReminderKind.AGREED_DATE) == OPEN_STAGES
    assert stages_of(ReminderKind.QUOTA_BEHIND) == ()


# --- from which day on a kind counts ---

DAY = date(2026, 11, 2)


@pytest.mark.parametrize("kind", ReminderKind)
def test_what_lies_before_the_day_a_kind_counts_from(kind):
    setting = replace(BEGINS_WITH[kind], counts_from=DAY)
    before = clock_start(DAY - timedelta(days=1), setting)
    if kind in COUNTED_WHENEVER:  # somebody set that day here
        assert before == DAY - timedelta(days=1)
    elif kind in STARTS_ANEW:  # what lasts gets its days anew
        assert before == DAY
    else:  # what should have been done before is not asked for
        assert before is None
    assert clock_start(DAY, setting) == DAY
    assert clock_start(date(2000, 1, 1), BEGINS_WITH[kind]) == date(2000, 1, 1)


def test_an_office_begins_without_asking_for_what_was_over_before():
    assert as_begun(ReminderKind.REFERRER_FEEDBACK, DAY).counts_from == DAY
    assert as_begun(ReminderKind.QUIET, DAY).counts_from is None


def test_a_kind_switched_on_again_counts_from_that_day_unless_another_was_given():
    off = replace(BEGINS_WITH[ReminderKind.QUIET], is_on=False, counts_from=date(2026, 1, 1))
    on = replace(off, is_on=True)
    assert switched_on(off, on, DAY).counts_from == DAY
    given = replace(on, counts_from=date(2026, 3, 1))
    assert switched_on(off, given, DAY) == given
    assert switched_on(on, on, DAY) == on
    assert switched_on(off, off, DAY) == off
    assert switched_on(None, on, DAY) == on
    never = replace(BEGINS_WITH[ReminderKind.NEXT_ACTION], is_on=False)
    assert switched_on(never, replace(never, is_on=True), DAY).counts_from is None
