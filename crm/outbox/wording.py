"""Words for the codes of the outbox."""

from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _l

from crm.outbox.rules import PERSONAL, Channel, DeliveryKind, DeliveryState, Problem

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    DeliveryKind: {
        DeliveryKind.DUE_DIGEST: _l("每日提醒"),
        DeliveryKind.AT_ONCE: _l("即时提醒"),
        DeliveryKind.WEEK_DIGEST: _l("每周提醒"),
        DeliveryKind.MONDAY_BRIEF: _l("周一简报"),
        DeliveryKind.WEEK_ROLL_UP: _l("每周汇总"),
        DeliveryKind.INSTRUCTION: _l("交办通知"),
        DeliveryKind.UNIT_DIGEST: _l("单位每日清单"),
        DeliveryKind.ACCOUNT_SECURITY: _l("账号安全"),
    },
    Channel: {
        Channel.MAIL: _l("邮件"),
        Channel.WECOM: _l("企业微信群机器人"),
        Channel.DINGTALK: _l("钉钉群机器人"),
        Channel.FEISHU: _l("飞书群机器人"),
        Channel.WEBHOOK: _l("消息网关"),
        Channel.MESSENGER: _l("政务通讯"),
        Channel.SMS: _l("短信"),
    },
    DeliveryState: {
        DeliveryState.PENDING: _l("待发送"),
        DeliveryState.SENDING: _l("发送中"),
        DeliveryState.SENT: _l("已发送"),
        DeliveryState.NOTHING_DUE: _l("已无到期事项，未发"),
        DeliveryState.FAILED: _l("未发出"),
    },
    Problem: {
        Problem.NO_ADDRESS: _l("没有邮箱地址，请在账号中补上"),
        Problem.INACTIVE: _l("账号已停用，请把项目交给他人"),
        Problem.BAD_ADDRESS: _l("邮箱地址写法不对，请在账号中改正"),
        Problem.REFUSED: _l("邮件服务器拒收，请核对邮箱地址"),
        Problem.NOT_WRITTEN: _l("邮件内容生成出错，请联系技术支持"),
        Problem.SERVER_BUSY: _l("邮件服务器暂时不收，系统会再试"),
        Problem.UNREACHABLE: _l("连不上邮件服务器，系统会再试"),
        Problem.NOT_TRUSTED: _l("邮件服务器的加密证书不可信，请检查邮件设置"),
        Problem.SIGN_IN_REFUSED: _l("邮件服务器不接受发信账号或密码，请检查邮件设置"),
        Problem.LOST: _l("交给邮件服务器时中断，系统会用同一编号再发，收件人不会看到两封"),
        Problem.DAY_OVER: _l("当天未能发出，内容已并入下一个工作日的邮件"),
        Problem.ENDS_WORKERS: _l("处理这封邮件时程序多次中断，请联系技术支持"),
    },
}
"""One text for every member of every code people see."""


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]


PART: dict[str, LazyString] = {
    "worker": _l("后台任务（beat与worker）"),
    "planning": _l("生成提醒（工作日每小时）"),
    "beat": _l("值班的beat"),
}
"""The parts of the machine that leave signs of life, by the name of the sign."""


def part_word(name: str) -> LazyString | str:
    """What a part of the machine is called; its name where it is a newer one."""
    return PART.get(name, name)


def ago(moment: datetime, at: datetime) -> str:
    """How long ago something was, in its largest unit."""
    passed = max(at - moment, timedelta(0))
    if passed < timedelta(minutes=1):
        return gettext("不到1分钟前")
    if passed < timedelta(hours=1):
        minutes = passed // timedelta(minutes=1)
        return ngettext("%(num)s分钟前", "%(num)s分钟前", minutes)
    if passed < timedelta(days=1):
        return ngettext("%(num)s小时前", "%(num)s小时前", passed // timedelta(hours=1))
    return ngettext("%(num)s天前", "%(num)s天前", passed.days)


OF_ROBOTS: dict[Problem, LazyString] = {
    Problem.INACTIVE: _l("渠道已停用"),
    Problem.REFUSED: _l("群机器人或网关拒收，请核对地址和密钥"),
    Problem.SERVER_BUSY: _l("群机器人或网关暂时不收，系统会再试"),
    Problem.UNREACHABLE: _l("连不上群机器人或网关，系统会再试"),
    Problem.NOT_TRUSTED: _l("群机器人或网关的加密证书不可信"),
    Problem.LOST: _l("发送时中断，不知道是否送达，系统会再发"),
}


ENDPOINT_FIELD: dict[str, LazyString] = {
    "channel": _l("渠道类型"),
    "name": _l("名称"),
    "department_id": _l("单位"),
    "is_on": _l("启用"),
    "locale": _l("清单的语言"),
    "host": _l("地址"),
    "credentials": _l("换了地址或密钥"),
}
"""What the trail tells of a robot or gateway, as the page calls it."""
ENDPOINT_KIND: dict[Channel, LazyString] = {
    Channel.WECOM: _l("企业微信群机器人"),
    Channel.DINGTALK: _l("钉钉群机器人"),
    Channel.FEISHU: _l("飞书群机器人"),
    Channel.WEBHOOK: _l("消息网关（发单位清单）"),
    Channel.MESSENGER: _l("政务通讯网关（发给个人）"),
    Channel.SMS: _l("短信网关（发给个人）"),
}
"""What an administrator sets up, as the form and the list call it."""


OF_GATEWAYS: dict[Problem, LazyString] = OF_ROBOTS | {
    Problem.NO_ADDRESS: _l("账号里没有这个渠道的号码，请在账号中补上"),
    Problem.REFUSED: _l("网关拒收，请核对本人的号码，以及网关的地址和密钥"),
}
"""Of a message to one person by messenger or as a text message."""


def problem_word(problem: Problem, channel: Channel) -> LazyString:
    """What is in the way of a message on its channel."""
    words = None
    if channel is not Channel.MAIL:
        words = (OF_GATEWAYS if channel in PERSONAL else OF_ROBOTS).get(problem)
    return words or word(problem)
