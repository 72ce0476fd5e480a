"""Sign-in and password forms."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from crm.core.forms import BaseForm, trimmed


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
