"""What coverage's pages accept."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field

from crm.core.fields import Required, SeenVersion
from crm.core.forms import BaseForm
from crm.coverage.rules import TERMS, CoverageSettings, Number
from crm.coverage.wording import ABOUT, word
from crm.quotas.forms import WholeNumber


class SettingsForm(BaseForm):
    """A field for each number; see `settings_form`."""

    version = SeenVersion()

    def number(self, name: Number) -> Field:
        return self._fields[name.value]

    def wanted(self) -> CoverageSettings:
        """What was typed, after validation."""
        return CoverageSettings({name: self.number(name).data for name in TERMS})


def settings_form(held: CoverageSettings, version: int) -> SettingsForm:
    """The form as the settings stand, or as it was sent."""
    made: dict[str, Any] = {
        name.value: WholeNumber(
            word(name),
            description=_l(
                "%(about)s默认%(default)s，可填%(least)s到%(most)s。",
                about=ABOUT[name],
                default=terms.default,
                least=terms.least,
                most=terms.most,
            ),
            validators=[Required()],
        )
        for name, terms in TERMS.items()
    }
    kind = type("SettingsForm", (SettingsForm,), made)
    form: SettingsForm = kind(data={"version": version, **dict(held.told())})
    return form
