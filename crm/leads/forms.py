"""The forms of leads: what is typed, in which unit, and from which list."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, RadioField
from wtforms.validators import StopValidation, ValidationError

from crm.core.errors import Fault
from crm.core.fields import (
    AmountField,
    Choice,
    DayField,
    PeopleField,
    Required,
    SeenVersion,
    TextBlock,
    TextLine,
    YesNo,
    as_choices,
    code_choice,
    one_line,
)
from crm.core.forms import BaseForm, trimmed
from crm.core.money import Unit
from crm.core.waiting import KeptFileField
from crm.leads.rules import (
    REASONS_FOR,
    ActivityKind,
    AgreementType,
    AttachmentKind,
    Basis,
    ChainMove,
    ChainRole,
    Confidence,
    Exclusion,
    FigureKind,
    FigureSource,
    HeadquartersType,
    Nature,
    OffRampReason,
    Origin,
    Path,
    PromotionMode,
    Stage,
    Tier,
)
from crm.leads.wording import word

UNITS = {
    FigureKind.TOTAL_INVESTMENT: Unit.YI,
    FigureKind.FIXED_ASSETS: Unit.YI,
    FigureKind.EQUIPMENT: Unit.YI,
    FigureKind.PHASE_ONE: Unit.YI,
    FigureKind.FOREIGN_CAPITAL: Unit.WAN_USD,
    FigureKind.ANNUAL_OUTPUT: Unit.YI,
    FigureKind.ANNUAL_REVENUE: Unit.YI,
    FigureKind.ANNUAL_TAX: Unit.WAN,
    FigureKind.HEADQUARTERS_REVENUE: Unit.YI,
}
"""The unit shown at the field of each amount; a bare number is taken in it."""

LARGEST_VERSION = 2**31


class VersionField(HiddenField):
    """The version the person opened; anything that is no number counts as an old one."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        self.data = int(text) if is_number else 0


class BaseField(HiddenField):
    """What the page showed when it was opened, as JSON; spoiled, it counts as nothing known."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = {}
        try:
            found = json.loads(str(valuelist[0])) if valuelist else {}
        except (ValueError, RecursionError):
            return
        if isinstance(found, dict):
            self.data = found

    def _value(self) -> str:
        return json.dumps(self.data or {}, ensure_ascii=False, separators=(",", ":"))


class LeadForm(BaseForm):
    """A form that changes a lead: it carries the version, and what the page showed."""

    version = VersionField(default=0)
    base = BaseField(default=dict)
    conflict: Sequence[Mapping[str, Any]] | None = None
    base_sent: Mapping[str, Any] = {}

    @property
    def status(self) -> int:
        """409 when somebody else changed the lead meanwhile, even to the same."""
        return super().status if self.conflict is None else 409

    def open_at(self, version: int, shown: Mapping[str, Any]) -> None:
        """Put the version and values the page shows now into the form; keep what it was sent with."""
        self.base_sent = self.base.data or {}
        self.version.data, self.base.data = version, dict(shown)


class NumberField(TextLine):
    """A decimal number without exponent, 0 up to `largest`, at most two decimals."""

    def __init__(self, label: Any, *, largest: int = 9_999_999_999, **kw: Any) -> None:
        super().__init__(label, longest=30, **kw)
        self.largest = largest

    @property
    def number(self) -> Decimal | None:
        return Decimal(self.data) if self.data else None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            number = Decimal(self.data.replace(",", "").replace("，", ""))
            is_good = number.is_finite() and 0 <= number <= self.largest
            is_good = is_good and round(number, 2) == number
        except (InvalidOperation, ValueError):
            is_good = False
        if not is_good:
            raise StopValidation(_l("请填数字，最多两位小数"))
        self.data = format(number.normalize(), "f") if number else "0"


def contact_parts(text: str | None) -> tuple[str | None, str | None]:
    """王经理 13800000000 → the name and the number; either may be missing."""
    found = re.search(r"[+(（]?\d[\d\s()（）+\-—]{5,}\d", text or "")
    if not text or not found:
        return text, None
    name = (text[: found.start()] + " " + text[found.end() :]).strip(" ,，、;；:：")
    return one_line(name), one_line(found.group())


def _number(sent: object) -> int | None:
    """A record's number of a hidden field; anything that is none counts as nothing."""
    text = str(sent or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


class EntryForm(BaseForm):
    """The quick form: eight fields, under a minute on a phone."""

    investor = TextLine(_l("投资方"), longest=120)
    investor_id = HiddenField()
    is_unknown = HiddenField()
    title = TextLine(_l("项目名称"), longest=120, validators=[Required(_l("请填写项目名称"))])
    contact = TextLine(_l("联系人和电话"), longest=100)
    total_investment = AmountField(_l("总投资"), unit=Unit.YI)
    chain = Choice(_l("产业链"), empty=_l("暂不确定"))
    source = TextLine(_l("信息来源"), validators=[Required(_l("请填写信息来源"))])
    next_action = TextLine(_l("下一步"), longest=200)
    next_action_on = DayField(_l("下一步时限"))
    same_name_reason = TextLine(_l("确属另一家企业的理由"), longest=200)
    confirm_size = BooleanField(_l("金额无误"))
    # Of a lead made of a target (目标企业): its segment, what it does for the chain, and why.
    segment = HiddenField()
    chain_move = code_choice(_l("建补强延"), ChainMove, word)
    remark = TextBlock(_l("备注"))

    def validate_investor(self, field: Field) -> None:
        if not (field.data or self.known_investor or self.has_unknown_investor):
            raise ValidationError(_l("请填写投资方；暂不清楚的，请点“投资方暂不清楚”"))

    def validate_contact(self, field: Field) -> None:
        name, phone = contact_parts(field.data)
        if phone and not name:
            raise ValidationError(_l("请同时写联系人姓名"))
        if name and len(name) > 60:
            raise ValidationError(_l("联系人姓名最多60个字"))

    def validate_next_action(self, field: Field) -> None:
        if self.next_action_on.data and not field.data:
            raise ValidationError(_l("写了时限，请同时写下一步做什么"))

    @property
    def known_investor(self) -> int | None:
        return _number(self.investor_id.data)

    @property
    def known_segment(self) -> int | None:
        return _number(self.segment.data)

    @property
    def has_unknown_investor(self) -> bool:
        return self.is_unknown.data == "1"


class EditForm(LeadForm):
    """The full form; sections and their order stand in the template."""

    title = TextLine(_l("项目名称"), longest=120, validators=[Required(_l("请填写项目名称"))])
    source = TextLine(_l("信息来源"))
    referrer = TextLine(_l("引荐人"))
    description = TextBlock(_l("建设内容及规模"))

    investor = TextLine(_l("投资方"), longest=120)
    investor_is_unknown = BooleanField(_l("投资方未知"))
    investor_category = TextLine(_l("投资方类别"))
    origin = code_choice(_l("投资来源"), Origin, word)
    list_enterprise = TextLine(_l("上榜企业"), longest=120)
    list_shareholding = NumberField(_l("上榜企业持股比例"), largest=100)

    chain = Choice(_l("产业链"))
    segment = Choice(_l("产业链环节"), empty=_l("待归链"))
    chain_move = code_choice(_l("建补强延"), ChainMove, word)
    chain_role = code_choice(_l("链上角色"), ChainRole, word, empty=_l("未注明"))
    industry_code = TextLine(_l("行业代码"), longest=6)
    zone = Choice(_l("组团"))
    carrier = Choice(_l("载体"))
    street = Choice(_l("街道"))
    site = TextLine(_l("拟选址"), longest=120)
    land_mu = NumberField(_l("用地面积"))
    floor_area_m2 = NumberField(_l("建筑面积"))

    total_investment = AmountField(_l("总投资"), unit=UNITS[FigureKind.TOTAL_INVESTMENT])
    fixed_assets = AmountField(_l("固定资产投资"), unit=UNITS[FigureKind.FIXED_ASSETS])
    equipment = AmountField(_l("设备投资"), unit=UNITS[FigureKind.EQUIPMENT])
    phase_one = AmountField(_l("一期投资"), unit=UNITS[FigureKind.PHASE_ONE])
    foreign_capital = AmountField(_l("利用外资"), unit=UNITS[FigureKind.FOREIGN_CAPITAL])
    annual_output = AmountField(_l("预计年产值"), unit=UNITS[FigureKind.ANNUAL_OUTPUT])
    annual_revenue = AmountField(_l("预计年营收"), unit=UNITS[FigureKind.ANNUAL_REVENUE])
    annual_tax = AmountField(_l("预计年税收"), unit=UNITS[FigureKind.ANNUAL_TAX])
    headquarters_revenue = AmountField(
        _l("总部营业收入"), unit=UNITS[FigureKind.HEADQUARTERS_REVENUE]
    )
    revenue_basis = code_choice(_l("营业收入口径"), Basis, word)
    confirm_size = BooleanField(_l("金额无误"))

    sponsor = Choice(_l("包挂领导"))
    first_talk_department = Choice(_l("首谈单位"))
    first_contact_on = DayField(_l("首次对接日期"))
    next_action = TextLine(_l("下一步"), longest=200)
    next_action_on = DayField(_l("下一步时限"))
    confidence = code_choice(_l("把握程度"), Confidence, word)

    path = code_choice(_l("落地方式"), Path, word, empty=_l("未定"))
    is_physical = YesNo(_l("实体项目"))
    is_headquarters = YesNo(_l("总部项目"))
    headquarters_type = code_choice(_l("总部类型"), HeadquartersType, word)
    nature = code_choice(_l("项目性质"), Nature, word)
    promotion_mode = code_choice(_l("招商方式"), PromotionMode, word)
    tier = code_choice(_l("项目分类"), Tier, word)

    review_result = TextLine(_l("评审结论"))
    reviewed_on = DayField(_l("评审日期"))
    expected_sign_on = DayField(_l("预计签约日期"))
    expected_landing_on = DayField(_l("预计落地日期"))
    agreement_type = code_choice(_l("协议类型"), AgreementType, word)
    is_days_order_confirmed = BooleanField(_l("签约早于首次对接，日期无误"))
    contract_number = TextLine(_l("同一合同的项目（报备编号）"), longest=24)

    local_entity = TextLine(_l("本地注册企业"), longest=120)
    uscc = TextLine(_l("统一社会信用代码"), longest=40)
    registered_place = TextLine(_l("注册地"))
    stats_place = TextLine(_l("统计归属地"))
    tax_place = TextLine(_l("税收归属地"))
    landing_address = TextLine(_l("落地地址"), longest=120)

    exclusion = code_choice(_l("不计入情形"), Exclusion, word, empty=_l("无"))
    exclusion_note = TextLine(_l("不计入说明"), longest=200)

    latest_progress = TextBlock(_l("最新进展"))
    problems = TextBlock(_l("存在问题"))
    coordination = TextBlock(_l("需协调事项"))
    remark = TextBlock(_l("备注"))

    def mark_required(self, names: Iterable[str]) -> None:
        """Mark what the stage requires; what an imported lead still owes may stay empty."""
        for name in names:
            found = self._fields.get(name)
            if found is not None:
                found.flags.required = True

    def amounts(self) -> Iterable[tuple[FigureKind, AmountField]]:
        return ((kind, self._fields[kind.value]) for kind in FigureKind)


INPUT_OF = {"start_proof": "start_document", "operating_proof": "operating_document"}
"""Fields of the gates that have another name on the move page."""


class MoveForm(LeadForm):
    """A move with the evidence that may be given in the same step; the page shows what applies."""

    to = HiddenField()
    first_contact_on = DayField(_l("首次对接日期"))
    contact_person = TextLine(_l("投资方联系人"))
    total_investment = AmountField(_l("总投资"), unit=Unit.YI)
    chain = Choice(_l("产业链"))
    next_action = TextLine(_l("下一步"), longest=200)
    next_action_on = DayField(_l("下一步时限"))
    segment = Choice(_l("产业链环节"), empty=_l("待归链"))
    review_result = TextLine(_l("评审结论"))
    review_minutes = KeptFileField(_l("评审纪要"))
    agreement_draft = KeptFileField(_l("协议草稿"))
    expected_sign_on = DayField(_l("预计签约日期"))
    signed_on = DayField(_l("签约日期"))
    agreement_type = code_choice(_l("协议类型"), AgreementType, word)
    agreement_amount = AmountField(_l("协议总投资"), unit=Unit.YI)
    agreement_file = KeptFileField(_l("协议文件"))
    is_days_order_confirmed = BooleanField(_l("签约早于首次对接，日期无误"))
    local_entity = TextLine(_l("本地注册企业"), longest=120)
    uscc = TextLine(_l("统一社会信用代码"), longest=40)
    licensed_on = DayField(_l("营业执照日期"))
    licence_file = KeptFileField(_l("营业执照"))
    path = code_choice(_l("落地方式"), Path, word, empty=_l("未定"))
    started_on = DayField(_l("开工（入驻、纳税）日期"))
    start_document = TextLine(_l("施工许可证号或其他证明"), longest=200)
    start_file = KeptFileField(_l("许可证或现场照片"))
    operating_on = DayField(_l("投产日期"))
    operating_document = TextLine(_l("投产证明"), longest=200)
    operating_file = KeptFileField(_l("投产证明文件"))
    reason = code_choice(_l("原因"), OffRampReason, word)
    transferred_to = TextLine(_l("流转到"))
    happened_on = DayField(_l("发生日期"))
    statistics_on = DayField(_l("统计日期"))
    note = TextLine(_l("说明"), longest=500)

    def show(self, faults: Sequence[Fault]) -> None:
        """Beside the input; a fault of a field that stands on another page is kept whole."""
        for fault in faults:
            found = self._fields.get(INPUT_OF.get(fault.field, fault.field))
            if found is None or fault.field == "stage":
                self.form_errors.append(fault)
            else:
                found.errors = [*found.errors, fault.text]
        self.keep_files()

    def offer_reasons(self, stage: Stage) -> None:
        self.reason.offer((reason.value, word(reason)) for reason in REASONS_FOR.get(stage, ()))


class MilestoneForm(LeadForm):
    kind = HiddenField()
    happened_on = DayField(_l("日期"), validators=[Required(_l("请填写日期"))])
    statistics_on = DayField(_l("统计日期"))
    local_entity = TextLine(_l("本地注册企业"), longest=120)
    uscc = TextLine(_l("统一社会信用代码"), longest=40)
    document = TextLine(_l("证号或文号"), longest=200)
    file = KeptFileField(_l("文件"))


class ScreeningForm(LeadForm):
    screening_result = TextLine(_l("初步研判"), validators=[Required(_l("请填写研判结论"))])
    screened_on = DayField(_l("研判日期"), validators=[Required(_l("请填写日期"))])


class ProspectsForm(LeadForm):
    expected_sign_on = DayField(_l("预计签约日期"), validators=[Required(_l("请填写日期"))])
    confidence = code_choice(
        _l("把握程度"), Confidence, word, validators=[Required(_l("请选择把握程度"))]
    )


class HandOverForm(LeadForm):
    owner = Choice(_l("责任人"), validators=[Required(_l("请选择责任人"))])
    department = Choice(_l("责任单位"))
    co_owners = PeopleField(_l("协办人"))
    note = TextLine(_l("移交说明"), longest=200)


class SensitiveForm(LeadForm):
    is_sensitive = BooleanField(_l("敏感项目"))
    named = PeopleField(_l("知悉范围"))


class FigureForm(LeadForm):
    kind = code_choice(_l("金额种类"), FigureKind, word, validators=[Required(_l("请选择"))])
    source = code_choice(_l("来源"), FigureSource, word, validators=[Required(_l("请选择"))])
    amount = AmountField(_l("金额"), unit=Unit.YI, validators=[Required(_l("请填写金额"))])
    as_of = DayField(_l("截至日期"), validators=[Required(_l("请填写日期"))])
    basis = code_choice(_l("营业收入口径"), Basis, word)
    document = TextLine(_l("文件名称或文号"), longest=200)
    file = KeptFileField(_l("文件"))
    confirm_size = BooleanField(_l("金额无误"))


class WithdrawForm(BaseForm):
    reason = TextLine(_l("撤回原因"), longest=200, validators=[Required(_l("请说明原因"))])


class ActivityForm(BaseForm):
    """Two clicks and one text: kind and day are preset.

    That something moved has to be said: a call alone leaves the days without progress running, or
    "still talking" would keep a lead from ever being quiet.
    """

    kind = RadioField(
        _l("方式"),
        choices=as_choices((kind.value, word(kind)) for kind in ActivityKind),
        default=ActivityKind.CALL.value,
        validate_choice=False,
    )
    summary = TextBlock(_l("谈了什么"), validators=[Required(_l("请写一句谈了什么"))])
    happened_on = DayField(_l("日期"), validators=[Required(_l("请填写日期"))])
    contact_name = TextLine(_l("对方人员"))
    is_substantive = BooleanField(
        _l("有实质进展"),
        description=_l(
            "例如定下选址、投资额或协议条款，对方给出明确答复。只是联系、问候的不用勾选，“久未推进”的天数接着算"
        ),
    )
    returned_on = DayField(_l("返程日期"))
    next_action = TextLine(_l("下一步"), longest=200)
    next_action_on = DayField(_l("下一步时限"))

    def validate_kind(self, field: Field) -> None:
        if field.data not in [kind.value for kind in ActivityKind]:
            raise ValidationError(_l("请从列表中选择"))


class TripReportForm(BaseForm):
    """When the report of a trip was handed in; `seen` is the day the page showed."""

    seen = HiddenField(default="")
    reported_on = DayField(_l("报告提交日期"), validators=[Required(_l("请填写日期"))])
    file = KeptFileField(_l("报告文件"))


class AgreedDateForm(BaseForm):
    version = SeenVersion()
    title = TextLine(_l("约定事项"), longest=120, validators=[Required(_l("请填写约定事项"))])
    due_on = DayField(_l("约定日期"), validators=[Required(_l("请填写日期"))])
    document = TextLine(_l("依据文件"), longest=200)
    done_on = DayField(_l("完成日期"))


class PaperForm(BaseForm):
    kind = code_choice(
        _l("材料种类"), AttachmentKind, word, validators=[Required(_l("请选择材料种类"))]
    )
    file = KeptFileField(_l("文件"))


def text_of(value: Any) -> str | None:
    """A query parameter as a form field would read it."""
    return one_line(trimmed(value)) if isinstance(value, str) else None
