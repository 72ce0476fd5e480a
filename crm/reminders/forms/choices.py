"""The form of how a person wants to be told."""

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from crm.core.fields import SeenVersion, as_choices, code_choice
from crm.core.forms import BaseForm
from crm.reminders.forms.settings import WholeNumber
from crm.reminders.queries.choices import Choices
from crm.reminders.rules.kinds import ReminderKind, Timing
from crm.reminders.rules.settings import Settings
from crm.reminders.rules.telling import MOST_AT_ONCE_ALLOWED
from crm.reminders.wording import CHOICE_FIELD, word

LANGUAGES = (("zh", "中文"), ("en", "English"))


class ChoicesForm(BaseForm):
    """Language and mails a day. `choices_form` makes it with a field for each kind."""

    version = SeenVersion()
    locale = SelectField(
        _l("页面和邮件的语言"), choices=as_choices(LANGUAGES), validators=[InputRequired()]
    )
    most_at_once = WholeNumber(
        CHOICE_FIELD["most_at_once"],
        MOST_AT_ONCE_ALLOWED,
        may_be_empty=False,
        description=_l("超出的并入当天的汇总；0表示只收汇总"),
    )

    kinds: tuple[ReminderKind, ...] = ()

    def chosen(self) -> dict[ReminderKind, Timing | None]:
        """By kind what was chosen; None follows the office's setting."""
        return {kind: self[kind.value].data for kind in self.kinds}


def choices_form(
    choices: Choices, settings: Settings, kinds: Iterable[ReminderKind], locale: str
) -> ChoicesForm:
    """The form of a person's choices; each kind says what holds where nothing is chosen."""
    offered = tuple(kinds)
    fields = {}
    for kind in offered:
        general = settings.general(kind)
        timings = [each for each in Timing if general.may_be_off or each is not Timing.OFF]
        fields[kind.value] = code_choice(
            word(kind),
            timings,
            word,
            empty=_("按单位设置：%(timing)s", timing=word(general.timing)),
        )
    form: ChoicesForm = type("ChoicesForm", (ChoicesForm,), {**fields, "kinds": offered})(
        data={
            "version": choices.version,
            "locale": locale,
            "most_at_once": choices.most_at_once,
            **{kind.value: choices.timing.get(kind) for kind in offered},
        }
    )
    if not offered:  # nobody tells such a person anything but what concerns the account
        del form.most_at_once
    return form
