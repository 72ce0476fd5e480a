"""How quiet is too quiet: the lights of pages are the steps the office has set for its mails."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.days import WorkCalendar
from crm.leads.rules import IN_TALKS, Light, Stage, quiet_light
from crm.reminders.rules.falling import Days, LeadClock, due_of_lead
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.lights import quiet_lights
from crm.reminders.rules.settings import DEFAULTS, Setting, Settings, Step

TODAY = date(2026, 11, 23)
CALENDAR = WorkCalendar()
BEGUN = quiet_lights(Settings(DEFAULTS), Days(CALENDAR, TODAY))


@pytest.mark.parametrize(
    ("days", "light"),
    [
        (0, Light.GREEN),
        (13, Light.GREEN),
        (14, Light.NOTICE),
        (29, Light.NOTICE),
        (30, Light.YELLOW),
        (59, Light.YELLOW),
        (60, Light.RED),
        (179, Light.RED),
        (180, Light.WITHDRAW),
        (900, Light.WITHDRAW),
    ],
)
def test_an_office_begins_with_14_30_60_and_180_days_each_reached_on_its_day(days, light):
    assert quiet_light(Stage.NEGOTIATING, TODAY - timedelta(days=days), BEGUN) is light


@pytest.mark.parametrize("stage", Stage)
def test_only_leads_in_talks_are_quiet(stage):
    is_quiet = quiet_light(stage, date(2020, 1, 1), BEGUN) is not Light.GREEN
    assert is_quiet is (stage in IN_TALKS)


AMOUNTS = (None, 1, 100, 500)


@st.composite
def some_settings(draw) -> Settings:
    """Settings of quiet leads as an administrator might make them, in a few scopes."""
    found = {}
    for _ in range(draw(st.integers(1, 4))):
        codes = draw(st.lists(st.sampled_from(["notice", "yellow", "red", "withdraw"]),
                              min_size=1, unique=True))  # fmt: skip
        days = sorted(draw(st.sets(st.integers(0, 40), min_size=len(codes), max_size=len(codes))))
        codes.sort(key=["notice", "yellow", "red", "withdraw"].index)
        setting = Setting(
            ReminderKind.QUIET,
            tuple(Step(*each) for each in zip(codes, days, strict=True)),
            stage=draw(st.sampled_from([None, Stage.NEGOTIATING, Stage.CONTACTED]))
            if found
            else None,
            is_headquarters=draw(st.sampled_from([None, True, False])) if found else None,
            at_least_yuan=draw(st.sampled_from(AMOUNTS)) if found else None,
            is_on=draw(st.integers(0, 4)) > 0,
            in_working_days=draw(st.booleans()),
            counts_from=draw(st.sampled_from([None, None, TODAY - timedelta(days=12)])),
        )
        found.setdefault(setting.scope_key, setting)
    return Settings(found.values())


@given(
    settings=some_settings(),
    stage=st.sampled_from([*Stage]),
    quiet_for=st.integers(-2, 70),
    is_headquarters=st.sampled_from([None, True, False]),
    yuan=st.sampled_from((None, 50, 100, 700)),
)
def test_the_light_of_a_page_is_the_step_a_mail_tells(
    settings, stage, quiet_for, is_headquarters, yuan
):
    last = TODAY - timedelta(days=quiet_for)
    days = Days(CALENDAR, TODAY)
    lead = LeadClock(
        1, stage, last, last, last, is_headquarters=is_headquarters, investment_yuan=yuan
    )
    told = [each.step for each in due_of_lead(lead, settings.alone(ReminderKind.QUIET), days)]
    shown = quiet_light(
        stage, last, quiet_lights(settings, days), is_headquarters=is_headquarters, yuan=yuan
    )
    assert told == ([] if shown is Light.GREEN else [shown.value])
