"""Forms for a company, its people and its places on rankings."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)
from wtforms.widgets import HiddenInput

from crm.core.fields import (
    AmountField,
    DayField,
    Required,
    SeenVersion,
    TextBlock,
    TextLine,
    at_most,
    code_choice,
    mail_address,
    one_line,
)
from crm.core.forms import BaseForm, optional_id, trimmed
from crm.core.money import Unit
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import Ownership, read_division
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.services import ContactEntry, EnterpriseEntry, Membership, SignalEntry
from crm.enterprises.wording import (
    CONTACT_FIELD,
    FIELD,
    RANKING_FIELD,
    SIGNAL_FIELD,
    WORDS,
    word,
)

CODE = re.compile(r"[A-Ta-t]?[0-9]{2,4}")


def lines(value: str | None) -> str | None:
    """Several lines, each trimmed and once, none of them empty."""
    kept = (one_line(line) for line in (value or "").splitlines())
    return "\n".join(dict.fromkeys(line for line in kept if line)) or None


def ownership_or_none(value: Any) -> Ownership | None:
    return Ownership(value) if value not in (None, "", "None") else None


class PercentField(StringField):
    """A percentage with at most two decimals: 51, 33.33, 51%. `data` is a Decimal or None."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{Decimal(self.data).normalize():f}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = trimmed(valuelist[0]) if valuelist else None
        self.data = None
        if typed is None:
            return
        text = unicodedata.normalize("NFKC", typed).removesuffix("%").strip()
        try:
            share = Decimal(text)
        except InvalidOperation:
            raise ValueError(_l("持股比例写数字，例如51或33.33")) from None
        if not share.is_finite() or abs(share) > 1000 or share != round(share, 2):
            raise ValueError(_l("持股比例写数字，例如51或33.33"))
        self.data = share


class RegionField(StringField):
    """A division as its code or its name: 370105, 济南, 山东省济南市. `data` is the code or None."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = one_line(valuelist[0]) if valuelist else None
        self.data = read_division(typed) if typed else None
        if typed and self.data is None:
            self.data = typed
            raise ValueError(_l("写6位行政区划代码，或省、市的名称，例如370100、济南"))


class EnterpriseForm(BaseForm):
    """One company. `parent` is typed as a name or credit code; the view finds whom it means."""

    version = SeenVersion()
    name = StringField(
        FIELD["name"],
        filters=[one_line],
        description=_l("与营业执照一致；境外企业写常用中文名"),
        validators=[
            InputRequired(_l("请填写企业全称")),
            Length(2, 120, _l("企业全称为2到120个字")),
        ],
    )
    short_name = TextLine(FIELD["short_name"], longest=60)
    name_en = TextLine(FIELD["name_en"], longest=200)
    former_names = TextAreaField(
        FIELD["former_names"],
        filters=[lines],
        description=_l("一行一个"),
        validators=[at_most(2000)],
    )
    keeps_former_name = BooleanField(
        _l("企业更名：原名称记入曾用名（只是改错字请取消）"), default=True
    )
    same_name_reason = TextLine(
        _l("与同名企业的区别"),
        longest=200,
        description=_l("已有同名企业时必填，例如信用代码不同、母子公司同名"),
    )
    uscc = TextLine(FIELD["uscc"], longest=40, description=_l("18位；境外企业没有，不填"))
    ownership = SelectField(FIELD["ownership"], coerce=ownership_or_none)
    industry_code = StringField(
        FIELD["industry_code"],
        filters=[one_line],
        description=_l("GB/T 4754，例如C3985"),
        validators=[Optional(), Regexp(CODE.pattern + r"\Z", message=_l("写门类字母和2到4位数字"))],
    )
    business_scope = TextBlock(
        FIELD["business_scope"], longest=4000, description=_l("按营业执照；据此判断能上哪条产业链")
    )
    address = TextLine(FIELD["address"], longest=200)
    region_code = RegionField(
        FIELD["region_code"],
        description=_l("6位行政区划代码或省市名称；不填按信用代码、名称和地址判断"),
    )
    legal_representative = TextLine(
        FIELD["legal_representative"],
        longest=60,
        description=_l("按营业执照，只写姓名，不写证件号码"),
        validators=[
            Optional(),
            Regexp(r"\D*\Z", message=_l("只写姓名，不写号码")),
        ],
    )
    parent = TextLine(FIELD["parent"], longest=120, description=_l("已登记企业的全称或信用代码"))
    parent_shareholding = PercentField(FIELD["parent_shareholding"])
    parent_since = DayField(
        FIELD["parent_since"],
        description=_l(
            "母公司或比例有变更的，填变更日，此前签约的仍按原来的判断；只是更正，不改这一项"
        ),
        validators=[Optional()],
    )
    note = TextBlock(FIELD["note"], longest=2000)

    def offer(self) -> "EnterpriseForm":
        """Fill the pick list."""
        self.ownership.choices = [
            ("", _l("未填")),
            *((member.value, words) for member, words in WORDS[Ownership].items()),
        ]
        return self

    def entry(self, parent: Enterprise | None) -> EnterpriseEntry:
        """What the form says, for the service."""
        return EnterpriseEntry(
            name=self.name.data,
            short_name=self.short_name.data,
            name_en=self.name_en.data,
            former_names=self.former_names.data,
            uscc=self.uscc.data,
            ownership=self.ownership.data,
            parent_id=parent.id if parent else None,
            parent_shareholding=self.parent_shareholding.data,
            parent_since=self.parent_since.data,
            industry_code=(self.industry_code.data or "").upper() or None,
            business_scope=self.business_scope.data,
            address=self.address.data,
            region_code=self.region_code.data,
            legal_representative=self.legal_representative.data,
            note=self.note.data,
            same_name_reason=self.same_name_reason.data,
            keeps_former_name=bool(self.keeps_former_name.data),
        )


class ContactForm(BaseForm):
    """A person at a company. A known number is not shown: left empty it stays."""

    version = SeenVersion()
    name = TextLine(CONTACT_FIELD["name"], longest=60, validators=[InputRequired(_l("请填写姓名"))])
    position = TextLine(CONTACT_FIELD["position"], longest=60)
    phone = TextLine(CONTACT_FIELD["phone"], longest=40)
    email = TextLine(
        CONTACT_FIELD["email"],
        longest=120,
        validators=[
            Optional(),
            mail_address(),
        ],
    )
    note = TextBlock(CONTACT_FIELD["note"], longest=1000)

    def entry(self) -> ContactEntry:
        return ContactEntry(
            self.name.data, self.position.data, self.phone.data, self.email.data, self.note.data
        )


class RosterForm(BaseForm):
    file = FileField(
        _l("企业名录文件"),
        description=_l(".xlsx或.csv，最多20000行；表头写明各列，顺序不限，其他列不读"),
    )


class SignalFileForm(BaseForm):
    file = FileField(
        _l("扩产信号文件"),
        description=_l(".xlsx或.csv；企业名称、信号类别、发生日期、来源四列必填"),
    )


class SignalForm(BaseForm):
    """A sign that a company may soon invest, with where it was read."""

    version = SeenVersion()
    kind = code_choice(
        SIGNAL_FIELD["kind"],
        SignalKind,
        word,
        empty=_l("请选择"),
        validators=[Required(_l("请选择信号类别"))],
    )
    happened_on = DayField(SIGNAL_FIELD["happened_on"], validators=[Required(_l("请填写发生日期"))])
    source = TextLine(
        SIGNAL_FIELD["source"],
        longest=200,
        description=_l("公告编号、报道标题或网址，能据此查到"),
        validators=[Required(_l("请写明来源"))],
    )
    amount = AmountField(
        SIGNAL_FIELD["amount_yuan"], unit=Unit.YI, description=_l("来源写明的投资或融资额")
    )
    note = TextBlock(SIGNAL_FIELD["note"], longest=1000)

    def validate_amount(self, field: AmountField) -> None:
        if field.amount is not None and field.amount.currency != "CNY":
            raise ValidationError(_l("请写人民币金额；外币金额写在备注里"))

    def entry(self) -> SignalEntry:
        return SignalEntry(
            self.kind.data,
            self.happened_on.data,
            self.source.data,
            self.note.data,
            self.amount.amount.value if self.amount.amount else None,
        )


class SignalWithdrawForm(BaseForm):
    version = SeenVersion()
    reason = TextLine(_l("撤回原因"), longest=200, validators=[Required(_l("请说明撤回的原因"))])


class MembershipForm(BaseForm):
    """A company's place on an edition of a ranking."""

    edition_id = SelectField(
        _l("榜单和年度"),
        coerce=optional_id,
        description=_l("没有要找的年度时，先在榜单页登记"),
    )
    rank = IntegerField(
        RANKING_FIELD["rank"], validators=[Optional(), NumberRange(1, 100_000, _l("名次从1起"))]
    )
    name_on_list = TextLine(
        RANKING_FIELD["name_on_list"], longest=120, description=_l("榜单上怎么写就怎么填")
    )
    document = TextLine(
        RANKING_FIELD["document"],
        longest=200,
        description=_l("文件号、网址或页码，能据此查到"),
        validators=[InputRequired(_l("请写明依据"))],
    )

    def offer(self, editions: list[tuple[int, str]]) -> "MembershipForm":
        self.edition_id.choices = [("", _l("请选择")), *editions]
        return self

    def validate_edition_id(self, field: SelectField) -> None:
        if field.data is None:
            raise ValidationError(_l("请选择榜单和年度"))

    def entry(self) -> Membership:
        return Membership(
            self.edition_id.data, self.document.data, self.rank.data, self.name_on_list.data
        )


class WithdrawForm(BaseForm):
    reason = TextLine(
        _l("撤销原因"), longest=200, validators=[InputRequired(_l("请说明撤销的原因"))]
    )


class EditionForm(BaseForm):
    """One year's issue of a ranking."""

    seen_published_on = DayField(widget=HiddenInput(), validators=[Optional()])
    list_id = SelectField(RANKING_FIELD["list"], coerce=optional_id)
    year = IntegerField(
        RANKING_FIELD["year"],
        validators=[InputRequired(_l("请填写年度")), NumberRange(1990, 2100, _l("年度写四位数字"))],
    )
    published_on = DayField(
        _l("发布日期"),
        description=_l("企业是否上榜，按签约当天或之前最近一次发布的榜单判断"),
        validators=[InputRequired(_l("请填写发布日期"))],
    )
    document = TextLine(
        RANKING_FIELD["document"], longest=200, description=_l("公布榜单的文件或网址")
    )

    def offer(self, lists: list[tuple[int, str]]) -> "EditionForm":
        self.list_id.choices = [("", _l("请选择")), *lists]
        return self

    def validate_list_id(self, field: SelectField) -> None:
        if field.data is None:
            raise ValidationError(_l("请选择榜单"))


class EditionImportForm(EditionForm):
    """An edition with the file of its rows; the file is read after it was put aside."""

    file = FileField(
        _l("榜单文件"), description=_l(".xlsx或.csv；各列是什么，下一步可以核对和更改")
    )


class MatchForm(BaseForm):
    """Which of our companies a printed row is. `enterprise` is typed; the view finds whom it means."""

    enterprise = TextLine(
        _l("本区登记的企业"), longest=120, description=_l("已登记企业的全称或信用代码")
    )
    document = TextLine(
        RANKING_FIELD["document"],
        longest=200,
        description=_l("文件号、网址或页码，能据此查到"),
        validators=[InputRequired(_l("请写明依据"))],
    )


class RegisterRowsForm(BaseForm):
    """Companies of an edition to be registered as printed."""

    takes_all = BooleanField(_l("登记所有没有相近名称的企业"))
    confirms = BooleanField(_l("同时确认上榜（我已核对名称就是这些企业的全称）"))
    document = TextLine(
        RANKING_FIELD["document"],
        longest=200,
        description=_l("同时确认上榜时必填：文件号、网址或页码"),
    )

    def validate_document(self, field: TextLine) -> None:
        if self.confirms.data and not field.data:
            raise ValidationError(_l("请写明依据"))


class RegisterFromRowForm(EnterpriseForm):
    """A company nobody has registered yet, as an edition prints it."""

    document = TextLine(
        RANKING_FIELD["document"],
        longest=200,
        description=_l("文件号、网址或页码，能据此查到"),
        validators=[InputRequired(_l("请写明依据"))],
    )
