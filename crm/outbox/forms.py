"""What the page of channels accepts."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from crm.accounts import queries as accounts
from crm.core.fields import LANGUAGES, SeenVersion, as_choices
from crm.core.forms import BaseForm, optional_id, trimmed
from crm.outbox.channels import EndpointEntry
from crm.outbox.models import ChannelEndpoint
from crm.outbox.rules import Channel
from crm.outbox.wording import ENDPOINT_KIND

HTTP = r"(https?://[^\s/?#@]+[^\s]*)?\Z"


class EndpointForm(BaseForm):
    """One robot or gateway. Address and secret are never sent to the page; empty keeps them."""

    version = SeenVersion()
    channel = SelectField(_l("渠道类型"), validators=[InputRequired(_l("请选择渠道"))])
    name = StringField(
        _l("名称"),
        filters=[trimmed],
        validators=[InputRequired(_l("请填写名称")), Length(max=60, message=_l("最多60个字符"))],
    )
    url = PasswordField(
        _l("地址"),
        filters=[trimmed],
        render_kw={"autocomplete": "new-password"},
        validators=[
            Length(max=400, message=_l("最多400个字符")),
            Regexp(HTTP, message=_l("请填写以https://开头的完整地址")),
        ],
    )
    secret = PasswordField(
        _l("密钥"),
        filters=[trimmed],
        render_kw={"autocomplete": "new-password"},
        description=_l("钉钉“加签”、飞书“签名校验”的密钥；消息网关用它验证签名"),
        validators=[Length(max=200, message=_l("最多200个字符"))],
    )
    department_id = SelectField(_l("单位"), coerce=optional_id)
    locale = SelectField(
        _l("清单的语言"),
        choices=as_choices(LANGUAGES),
        description=_l("发给个人的消息用本人的语言"),
    )
    is_on = BooleanField(_l("启用"), default=True)

    def entry(self) -> EndpointEntry:
        return EndpointEntry(
            Channel(self.channel.data),
            self.name.data,
            self.url.data or None,
            self.secret.data or None,
            self.department_id.data,
            bool(self.is_on.data),
            self.locale.data,
        )


def endpoint_form(row: ChannelEndpoint | None) -> EndpointForm:
    """The form of an endpoint, or of a new one."""
    form = EndpointForm(obj=row)
    ways = [each for each in Channel if each is not Channel.MAIL]
    form.channel.choices = as_choices((each.value, ENDPOINT_KIND[each]) for each in ways)
    form.department_id.choices = [
        ("", _l("全局各单位")),
        *((i, name) for i, name in accounts.departments()),
    ]
    if row is not None:
        form.url.description = _l("不显示原地址；不填则保持不变")
    return form
