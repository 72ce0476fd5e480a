"""What the pages of local firms and of the anchor firms' lists accept."""

from collections.abc import Iterable
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, HiddenField, IntegerField, ValidationError
from wtforms.validators import Optional

from crm.chains.rules import NeedKind, PresenceRole, Strength
from crm.chains.rules.presence import PresenceEntry
from crm.chains.services.needs import NeedEntry
from crm.chains.wording import NEED_FIELD, PRESENCE_FIELD, word
from crm.core.fields import (
    AmountField,
    Choice,
    DayField,
    Required,
    SeenVersion,
    TextLine,
    code_choice,
)
from crm.core.forms import BaseForm
from crm.core.money import AmountFault, Unit

EXACT = _l("请写一个确数，例如3.2亿元、9600万元")


class YuanField(AmountField):
    """An amount in CNY; a bare number is 亿元. `yuan` is what it says, None if empty."""

    instead: ClassVar = {
        AmountFault.NOT_AN_AMOUNT: _l("看不懂这个金额；请写一个确数，例如3.2亿元、9600万元"),
        AmountFault.ONLY_UPPER_BOUND: EXACT,
    }

    def __init__(self, label: Any, **kw: Any) -> None:
        super().__init__(label, unit=Unit.YI, **kw)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.amount is not None and self.amount.currency != "CNY":
            raise ValidationError(_l("请折合人民币填写"))
        if self.amount is not None and self.amount.qualifier is not None:
            raise ValidationError(EXACT)

    @property
    def yuan(self) -> int | None:
        return self.amount.value if self.amount else None


class CompanyPart:
    """A known company, or one registered on the way; the view finds whom `enterprise` means."""

    enterprise_id = HiddenField()
    enterprise = TextLine(
        PRESENCE_FIELD["enterprise"], longest=120, validators=[Required(_l("请填写企业全称"))]
    )
    is_new = BooleanField(_l("还没有登记过，登记为新企业"))
    uscc = TextLine(_l("统一社会信用代码"), longest=40, description=_l("登记新企业时填写，可留空"))
    same_name_reason = TextLine(_l("与同名企业的区别"), longest=200)


class FirmForm(BaseForm):
    """A local firm at a segment."""

    version = SeenVersion()
    segment = Choice(
        PRESENCE_FIELD["segment"], empty=_l("请选择"), validators=[Required(_l("请选择环节"))]
    )
    role = code_choice(
        PRESENCE_FIELD["role"], PresenceRole, word, empty=_l("请选择"),
        description=_l("本行就在这一环节的选“配套”，如检测环节的检测机构；为这些企业服务的才选“服务”"),
        validators=[Required(_l("请选择链上角色"))],
    )  # fmt: skip
    strength = code_choice(
        PRESENCE_FIELD["strength"], Strength, word, empty=_l("请选择"),
        description=_l("在本环节的规模和技术地位，与省内同行相比"),
        validators=[Required(_l("请选择强弱"))],
    )  # fmt: skip
    output = YuanField(
        PRESENCE_FIELD["output_yuan"], description=_l("这一环节的年产值；不足1亿元的写9600万元这样")
    )
    output_year = IntegerField(PRESENCE_FIELD["output_year"], validators=[Optional()])
    evidence = TextLine(
        PRESENCE_FIELD["evidence"], longest=300, description=_l("凭什么这样认定，能据此查到")
    )
    zone = Choice(PRESENCE_FIELD["zone"])
    since_on = DayField(PRESENCE_FIELD["since_on"], validators=[Optional()])
    is_checked = BooleanField(_l("今日已向企业核实"), default=True)

    def offer(
        self, segments: Iterable[tuple[int, str]], zones: Iterable[tuple[int, str]]
    ) -> "FirmForm":
        self.segment.offer(segments)
        self.zone.offer(zones)
        return self

    def entry(self) -> PresenceEntry:
        return PresenceEntry(
            self.role.data,
            self.strength.data,
            self.output.yuan,
            self.output_year.data,
            self.evidence.data,
            self.zone.data,
            self.since_on.data,
        )


class NewFirmForm(CompanyPart, FirmForm):
    """The same for a company that is not there yet."""

    def of_known_company(self) -> None:
        """The company is known already: nothing about it is asked."""
        for name in ("enterprise", "is_new", "uscc", "same_name_reason"):
            del self[name]


class EndForm(BaseForm):
    version = SeenVersion()
    ended_on = DayField(PRESENCE_FIELD["ended_on"], validators=[Required(_l("请填写退出日期"))])
    reason = TextLine(
        _l("退出原因"), longest=200, description=_l("迁出、停产、转产等"),
        validators=[Required(_l("请写明退出原因"))],
    )  # fmt: skip


class NeedForm(BaseForm):
    """An entry of an anchor firm's lists. `partner` may be a known company or any name."""

    version = SeenVersion()
    kind = code_choice(
        NEED_FIELD["kind"], NeedKind, word, empty=_l("请选择"),
        validators=[Required(_l("请选择是哪张清单"))],
    )  # fmt: skip
    segment = Choice(
        NEED_FIELD["segment"], empty=_l("请选择"), validators=[Required(_l("请选择环节"))]
    )
    description = TextLine(
        NEED_FIELD["description"], longest=200,
        description=_l("产品、规格、用量或合作内容"), validators=[Required(_l("请填写具体内容"))],
    )  # fmt: skip
    partner = TextLine(
        NEED_FIELD["partner"], longest=120,
        description=_l("现在由谁供应、卖给谁，或希望与谁合作；没有登记过的企业直接写名称"),
    )  # fmt: skip
    amount = YuanField(NEED_FIELD["amount_yuan"], description=_l("一年的采购、销售或合作金额"))
    noted_on = DayField(NEED_FIELD["noted_on"], validators=[Required(_l("请填写提出日期"))])
    met_on = DayField(
        NEED_FIELD["met_on"], description=_l("在本区得到满足的日期；未满足的不填"),
        validators=[Optional()],
    )  # fmt: skip

    def offer(self, segments: Iterable[tuple[int, str]]) -> "NeedForm":
        self.segment.offer(segments)
        return self

    def entry(self, partner_id: int | None) -> NeedEntry:
        return NeedEntry(
            self.segment.data,
            self.kind.data,
            self.description.data,
            self.noted_on.data,
            partner_id,
            self.partner.data,
            self.amount.yuan,
        )


class FirmFileForm(BaseForm):
    """A workbook of firms and lists; it is read after it was put aside."""

    file = FileField(
        _l("本地企业表"), description=_l(".xlsx或.csv；用模板，或用导出的表格修改后再导入")
    )


class NeedWithdrawForm(BaseForm):
    version = SeenVersion()
    reason = TextLine(_l("撤回原因"), longest=200, validators=[Required(_l("请说明撤回的原因"))])
