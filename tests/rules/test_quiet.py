"""How quiet is too quiet."""

from datetime import date, timedelta

import pytest

from crm.leads.rules import IN_TALKS, Light, QuietLimits, Stage, is_quiet, quiet_light

TODAY = date(2026, 11, 23)


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
def test_a_limit_is_reached_on_its_day(days, light):
    last = TODAY - timedelta(days=days)
    assert quiet_light(Stage.NEGOTIATING, last, TODAY) is light
    assert is_quiet(Stage.NEGOTIATING, last, TODAY) is (light is not Light.GREEN)


@pytest.mark.parametrize("stage", Stage)
def test_only_leads_in_talks_are_quiet(stage):
    assert is_quiet(stage, date(2020, 1, 1), TODAY) is (stage in IN_TALKS)


def test_a_lead_whose_progress_was_never_recorded_is_noticed():
    assert quiet_light(Stage.CONTACTED, None, TODAY) is Light.NOTICE


def test_limits_are_a_setting_that_cannot_contradict_itself():
    relaxed = QuietLimits(notice=60, yellow=90, red=120, withdraw=365)
    assert not is_quiet(Stage.REVIEWED, TODAY - timedelta(days=59), TODAY, relaxed)
    with pytest.raises(ValueError, match="must not fall"):
        QuietLimits(notice=30, yellow=14)
