"""The form of how a person wants to be told."""

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField
from wtforms.validators import InputRequired

from crm.accounts.rules import Way
from crm.accounts.wording import WAY
from crm.core.fields import LANGUAGES, Choice, SeenVersion, as_choices
from crm.core.forms import BaseForm
from crm.reminders.forms.settings import WholeNumber
from crm.reminders.queries.choices import Choices
from crm.reminders.rules.kinds import ReminderKind, Timing
from crm.reminders.rules.settings import Settings
from crm.reminders.rules.telling import MOST_AT_ONCE_ALLOWED, KindChoice
from crm.reminders.wording import CHOICE_FIELD, choice_word, word


def _read(code: object) -> KindChoice | None:
    if isinstance(code, KindChoice):
        return code
    return None if code in (None, "") else KindChoice.of(str(code))


class ChoicesForm(BaseForm):
    """Language, ways and messages a day. `choices_form` makes it with a field for each kind."""

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

    def chosen(self) -> dict[ReminderKind, KindChoice | None]:
        """By kind what was chosen; None follows the office's setting."""
        return {kind: self[kind.value].data for kind in self.kinds}


def choices_form(
    choices: Choices,
    settings: Settings,
    kinds: Iterable[ReminderKind],
    locale: str,
    ways: Sequence[Way] = (Way.MAIL,),
) -> ChoicesForm:
    """The form of a person's choices; each kind says what holds where nothing is chosen.

    `ways` are those the person can be reached by; with mail alone nothing is asked about them.
    """
    offered = tuple(kinds)
    fields: dict[str, Field] = {}
    data: dict[str, KindChoice | None] = {}
    others = ways if len(ways) > 1 else ()
    for kind in offered:
        general = settings.general(kind)
        possible = [
            KindChoice(each) for each in Timing if general.may_be_off or each is not Timing.OFF
        ]
        possible[1:1] = [KindChoice(Timing.AT_ONCE, way) for way in others]
        empty = _("按单位设置：%(timing)s", timing=word(general.timing))
        fields[kind.value] = Choice(
            word(kind),
            coerce=_read,
            choices=as_choices([("", empty), *((c.code, choice_word(c)) for c in possible)]),
        )
        chosen = choices.chosen.get(kind)
        if chosen is not None and chosen not in possible:  # its gateway is out of use meanwhile
            chosen = KindChoice(chosen.timing)
        data[kind.value] = chosen
    if others and offered:
        fields["way"] = SelectField(
            CHOICE_FIELD["way"],
            choices=as_choices((way.value, WAY[way]) for way in ways),
            description=_("每日汇总、每周汇总和交办通知都这样发；即时提醒可按类另选"),
        )
    form: ChoicesForm = type("ChoicesForm", (ChoicesForm,), {**fields, "kinds": offered})(
        data={
            "version": choices.version,
            "locale": locale,
            "most_at_once": choices.most_at_once,
            "way": (choices.reach.way if choices.reach.way in ways else Way.MAIL).value,
            **data,
        }
    )
    if not offered:  # nobody tells such a person anything but what concerns the account
        del form.most_at_once
    return form
