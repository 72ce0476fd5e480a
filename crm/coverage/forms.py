"""What coverage's pages accept."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field

from crm.core.fields import Required, SeenVersion, TextLine
from crm.core.forms import BaseForm
from crm.coverage.rules import TERMS, CoverageSettings, Number
from crm.coverage.services.dismissals import DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS
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


class DismissForm(BaseForm):
    """Keeps a company away from the targets of a segment, or of all the chain's that it suits."""

    reason = TextLine(
        _l("原因"), longest=200, validators=[Required(_l("请说明原因"))],
        description=_l("例如：产能已饱和，两年内不考虑新址。"),
    )  # fmt: skip
    days = WholeNumber(
        _l("暂不考虑多久"),
        default=DEFAULT_DAYS,
        validators=[Required(_l("请填写天数"))],
        description=_l(
            "到期后又会列出，可填%(least)s到%(most)s天。", least=LEAST_DAYS, most=MOST_DAYS
        ),
    )
    is_for_chain = BooleanField(_l("这条产业链的其他环节也暂不考虑"))


class WithdrawDismissalForm(BaseForm):
    """Shows a company again before its time."""

    version = SeenVersion()
