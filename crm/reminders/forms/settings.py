"""The form of a setting: days by step, escalation, and for which leads it is."""

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional, StopValidation

from crm.core.fields import AmountField, Choice, DayField, SeenVersion, as_choices, code_choice
from crm.core.forms import BaseForm
from crm.core.money import Unit
from crm.leads.rules import Stage
from crm.leads.wording import word as stage_word
from crm.reminders.rules.falling import stages_of
from crm.reminders.rules.kinds import ReminderKind, Timing
from crm.reminders.rules.settings import (
    BEGINS_WITH,
    COUNTED_WHENEVER,
    MONTHLY,
    MOST_DAYS,
    MOST_WORKING_DAYS,
    STARTS_ANEW,
    Setting,
    Step,
    steps_from,
)
from crm.reminders.wording import SETTING_FIELD, step_name, word

BY_DEFAULT = (Timing.AT_ONCE, Timing.DAILY, Timing.WEEKLY)
"""Off is a person's own choice; a kind nobody is to hear of is switched off."""


class WholeNumber(IntegerField):
    """A whole number from 0 to `most`; nothing typed is None, unless something has to be."""

    def __init__(self, label: Any, most: int, *, may_be_empty: bool = True, **more: Any) -> None:
        self.sentence = _l("请填写0到%(most)s之间的整数", most=most)
        first = Optional() if may_be_empty else InputRequired(self.sentence)
        super().__init__(label, validators=[first, NumberRange(0, most, self.sentence)], **more)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            self.data = int(valuelist[0])
        except ValueError:
            self.data = None
            raise ValueError(self.sentence) from None

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            raise StopValidation


def form_choice(label: Any) -> Choice:
    """Headquarters, physical projects, or both (None)."""

    def read(value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value in ("hq", True):
            return True
        if value in ("physical", False):
            return False
        raise ValueError(value)

    return Choice(
        label,
        coerce=read,
        choices=as_choices(
            [("", _l("不限")), ("hq", _l("总部项目")), ("physical", _l("实体项目"))]
        ),
    )


class SettingForm(BaseForm):
    """One setting of a kind. `setting_form` makes it with a field for each of the kind's steps."""

    version = SeenVersion()
    stage = code_choice(SETTING_FIELD["stage"], Stage, stage_word, empty=_l("不限"))
    is_headquarters = form_choice(SETTING_FIELD["is_headquarters"])
    at_least = AmountField(
        SETTING_FIELD["at_least_yuan"],
        unit=Unit.YI,
        description=_l("总投资达到这个数的项目；不填则不限"),
    )
    is_on = BooleanField(_l("启用这类提醒"))
    in_working_days = SelectField(
        _l("天数按"),
        choices=as_choices([("no", _l("日历天")), ("yes", _l("工作日"))]),
        description=_l("工作日按工作日历，含调休"),
    )
    to_unit_head_after = WholeNumber(
        SETTING_FIELD["to_unit_head_after"],
        MOST_WORKING_DAYS,
    )
    to_director_after = WholeNumber(
        SETTING_FIELD["to_director_after"],
        MOST_WORKING_DAYS,
    )
    timing = SelectField(
        SETTING_FIELD["timing"],
        choices=as_choices((each.value, word(each)) for each in BY_DEFAULT),
        description=_l("个人没有另选时按此提醒"),
    )
    may_be_off = BooleanField(_l("个人可以选择不提醒"))
    counts_from = DayField(SETTING_FIELD["counts_from"])

    kind: ReminderKind

    @property
    def days(self) -> list[tuple[Step, Any]]:
        """The steps the kind begins with, each with its field."""
        return [(step, self[f"days_{step.code}"]) for step in BEGINS_WITH[self.kind].steps]

    def validate_at_least(self, field: AmountField) -> None:
        if field.amount is None:
            return
        if field.amount.currency != "CNY":
            raise StopValidation(_("请用人民币填写"))
        if field.amount.value <= 0:
            raise StopValidation(_("请填写大于0的金额"))

    def setting(self) -> Setting:
        """What was typed, as the rules take it. The form has been validated."""
        before = BEGINS_WITH[self.kind]
        days = {step.code: field.data for step, field in self.days}
        amount = self.at_least.amount if "at_least" in self else None
        return Setting(
            kind=self.kind,
            steps=steps_from(self.kind, days),
            stage=self._given("stage"),
            is_headquarters=self._given("is_headquarters"),
            at_least_yuan=amount.value if amount else None,
            is_on=self.is_on.data,
            in_working_days=self.in_working_days.data == "yes",
            to_unit_head_after=self._given("to_unit_head_after"),
            to_director_after=self._given("to_director_after"),
            timing=Timing(self.timing.data) if "timing" in self else before.timing,
            may_be_off=self.may_be_off.data if "may_be_off" in self else before.may_be_off,
            counts_from=self._given("counts_from"),
        )

    def _given(self, name: str) -> Any:
        return self[name].data if name in self else None


def setting_form(setting: Setting, version: int | None, *, is_general: bool) -> SettingForm:
    """The form of a setting, filled with it; what its kind has no use for is left out."""
    kind = setting.kind
    begins_with = BEGINS_WITH[kind].steps
    fields = {
        f"days_{step.code}": WholeNumber(step_name(kind, step.code), MOST_DAYS)
        for step in begins_with
    }
    days = {step.code: abs(step.days) for step in setting.steps}
    amount = setting.at_least_yuan
    form: SettingForm = type("SettingForm", (SettingForm,), {**fields, "kind": kind})(
        data={
            "version": version,
            "stage": setting.stage,
            "is_headquarters": setting.is_headquarters,
            "at_least": None if amount is None else format(Decimal(amount) / 10**8, "f"),
            "is_on": setting.is_on,
            "in_working_days": "yes" if setting.in_working_days else "no",
            "to_unit_head_after": setting.to_unit_head_after,
            "to_director_after": setting.to_director_after,
            "timing": setting.timing.value,
            "may_be_off": setting.may_be_off,
            "counts_from": setting.counts_from,
            **{f"days_{step.code}": days.get(step.code) for step in begins_with},
        }
    )
    for name in (
        ("stage", "is_headquarters", "at_least") if is_general else ("timing", "may_be_off")
    ):
        del form[name]
    if kind in COUNTED_WHENEVER:
        del form.counts_from
    else:
        form.counts_from.description = (
            _l(
                "更早的，从这一天起重新计时；不填则按实际日期计算。停用后重新启用，没有另填的从当天起算。"
            )
            if kind in STARTS_ANEW
            else _l("更早的不再提醒；不填则不论早晚。停用后重新启用，没有另填的从当天起算。")
        )
    if kind in MONTHLY:
        del form.to_unit_head_after, form.to_director_after
    if not is_general:
        stages = stages_of(kind)
        form.stage.choices = [
            choice
            for choice in form.stage.choices
            if choice.value == "" or Stage(choice.value) in stages
        ]
    return form
