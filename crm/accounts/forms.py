"""Forms for signing in, passwords, people and departments."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from crm.accounts.rules import MESSENGER_ID, MOBILE, Role, mobile_number
from crm.accounts.services import PersonEntry
from crm.accounts.wording import DEPARTMENT_KIND, ROLE
from crm.core.fields import SeenVersion, mail_address
from crm.core.forms import BaseForm, optional_id, trimmed


class SignInForm(BaseForm):
    login = StringField(
        _l("登录名"),
        filters=[trimmed],
        validators=[InputRequired(_l("请填写登录名")), Length(max=60)],
    )
    password = PasswordField(
        _l("密码"), validators=[InputRequired(_l("请填写密码")), Length(max=200)]
    )


class PasswordForm(BaseForm):
    current = PasswordField(
        _l("当前密码"), validators=[InputRequired(_l("请填写当前密码")), Length(max=200)]
    )
    new = PasswordField(
        _l("新密码"), validators=[InputRequired(_l("请填写新密码")), Length(max=200)]
    )
    again = PasswordField(_l("再输一遍新密码"), validators=[InputRequired(_l("请再输一遍新密码"))])

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.new.data:
            raise ValidationError(_l("两次输入的新密码不一致"))


class PersonForm(BaseForm):
    """One account, as the administrator edits it."""

    version = SeenVersion()
    login = StringField(
        _l("登录名"),
        filters=[trimmed],
        description=_l("字母、数字、点、横线，登录时使用"),
        validators=[
            InputRequired(_l("请填写登录名")),
            Length(2, 60, _l("2到60个字符")),
            Regexp(r"^[A-Za-z0-9._-]+\Z", message=_l("只能用字母、数字、点和横线")),
        ],
    )
    name = StringField(
        _l("姓名"),
        filters=[trimmed],
        validators=[InputRequired(_l("请填写姓名")), Length(max=60, message=_l("最多60个字符"))],
    )
    role = SelectField(_l("角色"), validators=[InputRequired(_l("请选择角色"))])
    department_id = SelectField(_l("单位"), coerce=optional_id)
    email = StringField(
        _l("邮箱"),
        filters=[trimmed],
        description=_l("提醒邮件发到这里；短信、政务通讯发不出去时也改发到这里"),
        validators=[
            Optional(),
            Length(max=120, message=_l("最多120个字符")),
            mail_address(),
        ],
    )
    phone = StringField(
        _l("联系电话"), filters=[trimmed], validators=[Length(max=40, message=_l("最多40个字符"))]
    )
    mobile = StringField(
        _l("手机号"),
        filters=[mobile_number],
        description=_l("接通短信网关后，本人可选择用短信收提醒"),
        validators=[Optional(), Regexp(rf"{MOBILE.pattern}\Z", message=_l("请填写11位手机号"))],
    )
    messenger_id = StringField(
        _l("政务通讯账号"),
        filters=[trimmed],
        description=_l("接通政务通讯后，本人可选择用它收提醒"),
        validators=[
            Optional(),
            Regexp(rf"{MESSENGER_ID.pattern}\Z", message=_l("最多64个字母、数字、点、横线或@")),
        ],
    )
    position = IntegerField(
        _l("领导次序"),
        description=_l("区领导和局领导按此排列，小的在前；不填则排在后面"),
        validators=[Optional(), NumberRange(1, 9999, _l("1到9999之间"))],
    )
    is_active = BooleanField(_l("在用"), default=True)
    password = PasswordField(
        _l("初始密码"),
        description=_l("填写后本人首次登录须修改；不填则保持不变"),
        validators=[Optional(), Length(max=200)],
    )

    def offer(self, departments: Iterable[tuple[int, str]]) -> "PersonForm":
        """Fill the pick lists."""
        self.role.choices = [(r.value, ROLE[r]) for r in Role if r is not Role.SYSTEM]
        self.department_id.choices = [("", _l("（无）")), *((i, name) for i, name in departments)]
        return self


class DepartmentForm(BaseForm):
    version = SeenVersion()
    name = StringField(
        _l("单位名称"),
        filters=[trimmed],
        validators=[
            InputRequired(_l("请填写单位名称")),
            Length(max=60, message=_l("最多60个字符")),
        ],
    )
    name_en = StringField(
        _l("英文名称"), filters=[trimmed], validators=[Length(max=120, message=_l("最多120个字符"))]
    )
    kind = SelectField(_l("类别"))
    position = IntegerField(
        _l("排序"),
        default=0,
        description=_l("按公文顺序，小的在前"),
        validators=[Optional(), NumberRange(0, 9999, _l("0到9999之间"))],
    )
    is_active = BooleanField(_l("在用"), default=True)

    def offer(self) -> "DepartmentForm":
        self.kind.choices = [(k.value, words) for k, words in DEPARTMENT_KIND.items()]
        return self


def person_entry(form: PersonForm) -> PersonEntry:
    """What the form says, for the service."""
    return PersonEntry(
        login=form.login.data,
        name=form.name.data,
        role=Role(form.role.data),
        department_id=form.department_id.data,
        email=form.email.data,
        phone=form.phone.data,
        is_active=form.is_active.data,
        password=form.password.data or None,
        position=form.position.data,
        mobile=form.mobile.data,
        messenger_id=form.messenger_id.data,
    )
