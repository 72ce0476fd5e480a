"""What the checkup's pages accept: an answer, and what is asked about under which limits."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, TextAreaField
from wtforms.validators import DataRequired, Length

from crm.checkup.rules import (
    BOUNDS,
    DEFAULT_LIMITS,
    CheckupSettings,
    FindingCode,
    LimitName,
    settings_of,
)
from crm.checkup.wording import ABOUT, word
from crm.core.fields import Required, SeenVersion
from crm.core.forms import BaseForm, trimmed
from crm.quotas.forms import WholeNumber


class AnswerForm(BaseForm):
    note = TextAreaField(
        _l("核实情况"), filters=[trimmed], validators=[DataRequired(), Length(max=500)]
    )


class SettingsForm(BaseForm):
    """A switch for each kind of question and a field for each limit; see `settings_form`."""

    version = SeenVersion()

    def asks(self, code: FindingCode) -> Field:
        return self._fields[ask_field(code)]

    def limit(self, name: LimitName) -> Field:
        return self._fields[name.value]

    def wanted(self) -> CheckupSettings:
        """What was typed, after validation."""
        return settings_of(
            {name: self.limit(name).data for name in LimitName},
            frozenset(code for code in FindingCode if not self.asks(code).data),
        )


def ask_field(code: FindingCode) -> str:
    return f"ask_{code.value}"


def settings_form(held: CheckupSettings, version: int) -> SettingsForm:
    """The form as the settings stand, or as it was sent."""
    made: dict[str, Any] = {
        ask_field(code): BooleanField(word(code), description=ABOUT[code]) for code in FindingCode
    }
    for name, bounds in BOUNDS.items():
        made[name.value] = WholeNumber(
            word(name),
            description=_l(
                "默认%(default)s，可填%(least)s到%(most)s",
                default=DEFAULT_LIMITS[name],
                least=bounds.least,
                most=bounds.most,
            ),
            validators=[Required()],
        )
    values = {name.value: held.limit(name) for name in LimitName}
    switches = {ask_field(code): code not in held.off for code in FindingCode}
    kind = type("SettingsForm", (SettingsForm,), made)
    form: SettingsForm = kind(data={"version": version, **values, **switches})
    return form
