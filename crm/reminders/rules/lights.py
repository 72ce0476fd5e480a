"""The lights of quiet leads as the office has set them: what a page shows is what a mail says."""

from crm.leads.rules import Light, LightDays, QuietLights
from crm.reminders.rules.falling import Days
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import Setting, Settings

LIGHTS = {light.value: light for light in Light if light is not Light.GREEN}
"""The steps that are lights."""


def quiet_lights(settings: Settings, days: Days) -> QuietLights:
    """The lights of each setting, the most particular first, as seen from the day of `days`."""
    return tuple(_light_days(each, days) for each in settings.all(ReminderKind.QUIET))


def _light_days(setting: Setting, days: Days) -> LightDays:
    return LightDays(
        tuple(
            (LIGHTS[step.code], day)
            for step in reversed(setting.steps)
            if setting.is_on
            and step.code in LIGHTS
            and (day := days.latest_base(step.days, setting.in_working_days))
            >= (setting.counts_from or day)
        ),
        setting.stage,
        setting.is_headquarters,
        setting.at_least_yuan,
    )
