"""Form fields that read what people type and say in plain words what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import (
    Length,
    NumberRange,
    Optional,
    Regexp,
    StopValidation,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from crm.core.forms import trimmed
from crm.core.money import Amount, AmountError, AmountFault, Unit, parse_amount
from crm.core.wording import word

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)

LONGEST_STATED = 60


def one_line(value: str | None) -> str | None:
    """Trimmed text with every run of white space and control characters as one blank."""
    kept = trimmed(value)
    if kept is None:
        return None
    printable = "".join(c if c.isprintable() else " " for c in kept)
    return " ".join(printable.split()) or None


class Required:
    """Something must be filled in. Unlike WTForms' own, a blank counts as nothing."""

    field_flags = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message or _l("请填写")

    def __call__(self, _form: Any, field: Field) -> None:
        if field.data in (None, "", []) and not field.errors:
            raise StopValidation(self.message)


class TextLine(StringField):
    """One line of text, at most `longest` characters; nothing typed is None."""

    def __init__(
        self, label: Any, *, longest: int = 60, validators: Iterable[Any] = (), **kw: Any
    ) -> None:
        super().__init__(
            label, filters=[one_line], validators=[*validators, at_most(longest)], **kw
        )


class TextBlock(TextAreaField):
    """Several lines of text; nothing typed is None."""

    def __init__(
        self, label: Any, *, longest: int = 4000, validators: Iterable[Any] = (), **kw: Any
    ) -> None:
        super().__init__(label, filters=[trimmed], validators=[*validators, at_most(longest)], **kw)


def at_most(longest: int) -> Length:
    return Length(max=longest, message=_l("最多%(max)d个字"))


def mail_address() -> Regexp:
    return Regexp(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+\Z", message=_l("邮箱格式不对"))


class SeenVersion(IntegerField):
    """The version of the record that the person opened; None for a new one."""

    widget = HiddenInput()

    def __init__(self, label: Any = None, **kw: Any) -> None:
        super().__init__(label, validators=[Optional(), NumberRange(1, 2**31 - 1)], **kw)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """An empty one says that there was no record when the page was opened: 0 if there is by now."""
        if valuelist and not str(valuelist[0]).strip():
            self.data = None if self.object_data is None else 0
            return
        super().process_formdata(valuelist)

    @property
    def is_missing(self) -> bool:
        """Whether the form was filled from a record, but sent without the version it showed."""
        return self.object_data is not None and not self.raw_data


class DayField(DateField):
    """A day as the browser sends it, 2026-11-23."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (trimmed(valuelist[0]) or "") if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            self.data = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_l("日期写成2026-11-23的样子")) from None

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not EARLIEST <= self.data <= LATEST:
            raise StopValidation(_l("日期应在1990年到2100年之间"))


def _whole_or_none(value: Any) -> int | None:
    if value in (None, ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)


LANGUAGES = (("zh", "中文"), ("en", "English"))


def as_choices(pairs: Iterable[Any]) -> list[SelectChoice]:
    """(value, words) as the form library wants them."""
    return [SelectChoice(value, words) for value, words in pairs]


def offered(field: SelectField) -> set[Any]:
    """The values a field offers."""
    choices: Any = field.choices or ()
    return {choice.value for choice in choices}


class Choice(SelectField):
    """One of a list, or nothing (None). `choices` as (value, words); refuses what is not in it."""

    def __init__(
        self,
        label: Any,
        *,
        coerce: Callable[[Any], Any] = _whole_or_none,
        empty: Any = None,
        **kw: Any,
    ) -> None:
        self.empty = empty or _l("未填")
        super().__init__(label, coerce=coerce, validate_choice=False, **kw)

    def offer(self, choices: Iterable[Any]) -> None:
        """Set the choices, the empty one first."""
        self.choices = as_choices([("", self.empty), *choices])

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and valuelist[0] != "":
            try:
                self.data = self.coerce(valuelist[0])
            except (ValueError, TypeError):
                raise ValueError(_l("请从列表中选择")) from None

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        if self.data not in {self.coerce(value) for value in offered(self) if value != ""}:
            raise ValidationError(_l("请从列表中选择"))


def code_choice(
    label: Any, codes: Iterable[StrEnum], words: Callable[[Any], Any], **kw: Any
) -> Choice:
    """A Choice of the members of a code, with their words."""
    members = tuple(codes)
    kind = type(members[0])

    def read(value: Any) -> Any:
        return None if value in (None, "") else kind(value)

    return Choice(
        label,
        coerce=read,
        choices=as_choices(
            [("", kw.pop("empty", _l("未填"))), *((each.value, words(each)) for each in members)]
        ),
        **kw,
    )


class YesNo(Choice):
    """Yes, no, or not known yet (None)."""

    def __init__(self, label: Any, **kw: Any) -> None:
        def read(value: Any) -> bool | None:
            if value in (None, ""):
                return None
            if value in (True, "yes"):
                return True
            if value in (False, "no"):
                return False
            raise ValueError(value)

        super().__init__(
            label,
            coerce=read,
            choices=as_choices([("", _l("未定")), ("yes", _l("是")), ("no", _l("否"))]),
            **kw,
        )


class PeopleField(SelectMultipleField):
    """Several of a list as checkboxes; works without JavaScript."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kw: Any) -> None:
        super().__init__(label, coerce=_whole_or_none, validate_choice=False, **kw)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            self.data = [number for value in valuelist if (number := _whole_or_none(value))]
        except ValueError:
            self.data = []
            raise ValueError(_l("请从列表中选择")) from None

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or []) <= offered(self):
            raise ValidationError(_l("请从列表中选择"))


class AmountField(StringField):
    """An amount as people type it. `data` stays the text; `amount` is what it says, None if empty.

    A bare number is taken in `unit`, which stands beside the field, and `stated` then carries it.
    """

    amount: Amount | None = None
    instead: ClassVar[Mapping[AmountFault, LazyString]] = {}
    """What a field that takes less says in place of the usual words."""

    def __init__(
        self, label: Any, *, unit: Unit, validators: Iterable[Any] = (), **kw: Any
    ) -> None:
        super().__init__(label, filters=[one_line], validators=list(validators), **kw)
        self.unit = unit

    def pre_validate(self, form: Any) -> None:
        self.amount = None
        if not self.data:
            return
        try:
            self.amount = parse_amount(self.data, bare_unit=self.unit)
        except AmountError as fault:
            raise StopValidation(self.instead.get(fault.code) or word(fault.code)) from None
        if len(self.stated or "") > LONGEST_STATED:
            raise StopValidation(word(AmountFault.TOO_LONG))

    @property
    def stated(self) -> str | None:
        """What was typed, with the field's unit where only a number was."""
        if self.amount is None:
            return None
        try:
            parse_amount(self.amount.text, bare_unit=None)
        except AmountError:
            return f"{self.amount.text}{self.unit.word}"
        return self.amount.text
