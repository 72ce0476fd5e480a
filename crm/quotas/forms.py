"""What the pages of criteria accept: one condition, a signature, the plan of a quota."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from crm.core.errors import Fault
from crm.core.fields import (
    AmountField,
    DayField,
    Required,
    SeenVersion,
    TextBlock,
    TextLine,
    as_choices,
    code_choice,
    offered,
)
from crm.core.forms import BaseForm, FilterForm
from crm.core.money import Unit, format_yuan
from crm.enterprises import wording as enterprises_wording
from crm.enterprises.forms import PercentField
from crm.leads import wording as leads_wording
from crm.leads.rules import Exclusion
from crm.quotas.models import Quota
from crm.quotas.rules import (
    CATALOGUE,
    ClauseKind,
    CodesOf,
    CountingEvent,
    CriteriaError,
    Key,
    Modality,
    Rounding,
    ValueKind,
    parse_criteria,
    stored,
)
from crm.quotas.rules.drafting import GroupKind
from crm.quotas.wording import FIELD, word

Choices = Mapping[CodesOf, Sequence[tuple[str, str]]]
"""(code, name) of the rows of each table that conditions choose from."""


class CodesField(SelectMultipleField):
    """Several codes as checkboxes; works without JavaScript."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kw: Any) -> None:
        super().__init__(label, validate_choice=False, **kw)

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or []) <= offered(self):
            raise ValidationError(_l("请从列表中选择"))


class WholeNumber(IntegerField):
    """A whole number as people type it, with or without separators; what is none is said so."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = str(valuelist[0]).strip().replace(",", "").replace("，", "") if valuelist else ""
        if not text:
            return
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            raise ValueError(_l("请填写整数"))
        self.data = int(text)


class CertainYuan(AmountField):
    """A threshold: one certain amount of yuan, as people type it."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        amount = self.amount
        if amount is None:
            return
        is_certain = amount.currency == "CNY" and not amount.qualifier and amount.upper is None
        if not is_certain or amount.value is None or amount.value <= 0:
            raise ValidationError(_l("请填写一个确定的人民币金额，如5亿"))


class ClauseForm(BaseForm):
    """One condition; its fields are made by `clause_form` from what the clause takes."""

    version = SeenVersion()
    kind: ClauseKind

    def node(self) -> dict[str, Any] | None:
        """The condition as it is stored; None with the faults beside the fields."""
        said: dict[str, Any] = {"clause": self.kind.name.value}
        for key in self.kind.keys:
            value = _READ[key.kind](self._fields[key.name.value])
            if value is not None:
                said[key.name.value] = value
        try:
            return stored(parse_criteria(said))
        except CriteriaError as error:
            field = error.path.partition("[")[0]
            self.show([Fault(field, error.fault, word(error.fault))])
            return None


_READ: dict[ValueKind, Callable[[Field], Any]] = {
    ValueKind.YUAN: lambda field: field.amount.value if field.amount else None,
    ValueKind.SHARE: lambda field: None if field.data is None else str(field.data / 100),
    ValueKind.YES_NO: lambda field: bool(field.data),
    ValueKind.CHOICE: lambda field: field.data.value if field.data else None,
    ValueKind.CHOICES: lambda field: field.data or None,
}


def clause_form(
    name: str, choices: Choices, version: int, node: Mapping[str, Any] | None = None
) -> ClauseForm:
    """The form of a kind of condition, filled in with `node` or empty. Raises KeyError."""
    kind = CATALOGUE[name]
    fields = {key.name.value: _field(key, choices, node) for key in kind.keys}
    made: ClauseForm = type("ClauseForm", (ClauseForm,), {**fields, "kind": kind})(
        data={"version": version, **_values(kind, node)}
    )
    return made


def _values(kind: ClauseKind, node: Mapping[str, Any] | None) -> dict[str, Any]:
    if node is None:
        return {}
    read = parse_criteria(node)
    return {key.name.value: _shown(key, getattr(read, key.name.value)) for key in kind.keys}


def _shown(key: Key, value: Any) -> Any:
    match key.kind:
        case ValueKind.YUAN:
            return format_yuan(value) if value else None
        case ValueKind.SHARE:
            return value * 100 if value else None
        case ValueKind.CHOICES:
            return [str(each) for each in value]
        case _:
            return value


def _field(key: Key, choices: Choices, node: Mapping[str, Any] | None) -> Any:
    label, is_optional = word(key.name), key.default is not None
    required = [] if is_optional else [Required()]
    match key.kind:
        case ValueKind.YUAN:
            return CertainYuan(
                label, unit=Unit.YI, validators=required, description=_l("如5亿、5000万；含本数")
            )
        case ValueKind.SHARE:
            return PercentField(label, description=_l("不填则不限"))
        case ValueKind.YES_NO:
            return BooleanField(label)
        case ValueKind.CHOICE if isinstance(key.choices, type):
            more = {"default": key.default} if is_optional else {}
            return code_choice(label, key.choices, _code_word, validators=required, **more)
        case _:
            return CodesField(
                label,
                choices=as_choices(_codes(key, choices, node)),
                validators=required,
                description=_l("不选则不限") if is_optional else "",
            )


def _codes(key: Key, choices: Choices, node: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    """What may be chosen; a code chosen before stays choosable when its row has gone."""
    if isinstance(key.choices, type):
        return [(each.value, _code_word(each)) for each in key.choices]
    rows = list(choices[key.choices]) if key.choices else []
    known = {code for code, _name in rows}
    chosen = (node or {}).get(key.name.value, ())
    return [*rows, *((code, code) for code in chosen if code not in known)]


def _code_word(code: StrEnum) -> Any:
    for words in (leads_wording.word, enterprises_wording.word, word):
        try:
            return words(code)
        except KeyError:
            continue
    return code.value


PATH = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2}){0,9}")


class PathField(HiddenField):
    """The place of a node in the tree, as 1.0; empty is the whole."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = ()
        if not text:
            return
        if not PATH.fullmatch(text):
            raise ValueError(_l("没有这个条件"))
        self.data = tuple(int(place) for place in text.split("."))

    def _value(self) -> str:
        return ".".join(map(str, self.data or ()))


class StepForm(BaseForm):
    """A step on the tree: where, of which kind, into which group."""

    version = SeenVersion()
    at = PathField(default=())
    into = PathField(default=())
    kind = code_choice(_l("关系"), GroupKind, word)


class OpenForm(FilterForm):
    """What is unfolded in the tree, as it stands in the address."""

    at = PathField(default=())
    panel = SelectField(choices=["", "add", "edit", "move"], default="")
    clause = StringField(default="")


class EventForm(BaseForm):
    """What the draft says besides its tree: the counting event, and which types bar a lead."""

    version = SeenVersion()
    event = code_choice(FIELD["event"], CountingEvent, word, validators=[Required()])
    exclusions = CodesField(
        _l("不计入类型"),
        choices=as_choices((each.value, leads_wording.word(each)) for each in Exclusion),
        description=_l("勾选的类型不论是否达到其他条件都不计入"),
    )


class TrialForm(BaseForm):
    """Asks the worker to judge a large district by the draft."""

    version = SeenVersion()


class WithdrawVersionForm(BaseForm):
    """撤回: why a version that does not hold yet is taken back."""

    reason = TextBlock(_l("撤回原因"), longest=500, validators=[Required()])


class PublishForm(BaseForm):
    version = SeenVersion()
    document_number = TextLine(
        FIELD["document_number"],
        longest=100,
        validators=[Required()],
        description=_l("文件文号，或会议纪要名称"),
    )
    in_force_from = DayField(
        FIELD["in_force_from"],
        validators=[Required()],
        description=_l("从这一天起，全年名单都按新口径判定"),
    )
    note = TextBlock(_l("修改说明"), longest=500)


class PlanForm(BaseForm):
    version = SeenVersion()
    modality = code_choice(FIELD["modality"], Modality, word, validators=[Required()])
    target = WholeNumber(FIELD["target"], validators=[Required()])
    rounding = code_choice(FIELD["rounding"], Rounding, word, validators=[Required()])
    opens = DayField(FIELD["opens"], validators=[Required()])
    closes = DayField(FIELD["closes"], validators=[Required()])
    document_number = TextLine(
        FIELD["document_number"],
        longest=100,
        validators=[Required()],
        description=_l("依据的文件文号，或会议纪要名称"),
    )


def plan_of(quota: Quota) -> dict[str, Any]:
    """What the form of a quota's plan opens with."""
    return {
        "version": quota.version,
        "modality": Modality(quota.modality),
        "target": quota.target,
        "rounding": quota.rounding,
        "opens": quota.opens,
        "closes": quota.closes,
    }
