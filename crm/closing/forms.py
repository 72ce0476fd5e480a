"""What the pages of closing and of the bridge ask."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from crm.closing.rules import CorrectionFault, CorrectionKind, Number
from crm.closing.wording import word
from crm.core.fields import AmountField, Choice, DayField, Required, TextBlock, TextLine, as_choices
from crm.core.forms import BaseForm, FilterForm, optional_id, trimmed
from crm.core.money import Unit


class SpanForm(FilterForm):
    """The two days of a bridge, in the addresses `from` and `to`."""

    start = DayField(_l("从"), name="from")
    end = DayField(_l("到"), name="to")


class KnownForm(FilterForm):
    """A day as it was known, and up to which day facts are dated."""

    known = DayField(_l("口径日期"))
    on = DayField(_l("数据截至"))


class CloseForm(BaseForm):
    note = TextBlock(_l("说明"), longest=500)


class ExportForm(BaseForm):
    as_of = DayField(_l("截至日期"), validators=[Required()])


class CorrectionForm(BaseForm):
    """A signed entry beside a frozen number."""

    code = Choice(_l("指标"), coerce=trimmed, validators=[Required()])
    number = RadioField(
        _l("哪个数"),
        choices=as_choices((each.value, word(each)) for each in Number),
        default=Number.SIGNED.value,
    )
    kind = RadioField(
        _l("更正内容"),
        choices=as_choices((each.value, word(each)) for each in CorrectionKind),
        default=CorrectionKind.ADD.value,
    )
    lead_id = Choice(_l("项目"), coerce=optional_id, validators=[Required()])
    value = AmountField(_l("更正后的金额"), unit=Unit.YI)
    document_number = TextLine(_l("文号"), longest=100, validators=[Required()])
    reason = TextBlock(_l("原因"), longest=1000, validators=[Required()])

    def offer(
        self, quotas: Iterable[tuple[str, str]], leads: Iterable[tuple[int, Any]]
    ) -> "CorrectionForm":
        self.code.choices = as_choices(quotas)
        self.lead_id.choices = as_choices([("", _l("请选择")), *leads])
        return self

    def validate_value(self, field: AmountField) -> None:
        if field.amount is not None and field.amount.currency != "CNY":
            field.errors = [*field.errors, word(CorrectionFault.VALUE_NOT_YUAN)]
