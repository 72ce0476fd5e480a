"""Words for the codes of reminders."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.reminders.rules import (
    DayKind,
    DeliveryKind,
    DeliveryState,
    DueKind,
    LineFault,
    Problem,
    Scope,
)

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    DueKind: {
        DueKind.DUE: _l("今日到期"),
        DueKind.OVERDUE: _l("已逾期"),
    },
    DeliveryKind: {
        DeliveryKind.DUE_DIGEST: _l("到期提醒"),
    },
    DayKind: {
        DayKind.HOLIDAY: _l("放假"),
        DayKind.WORKDAY: _l("调休上班"),
    },
    DeliveryState: {
        DeliveryState.PENDING: _l("待发送"),
        DeliveryState.SENDING: _l("发送中"),
        DeliveryState.HANDING_OVER: _l("正在交给邮件服务器"),
        DeliveryState.SENT: _l("已发送"),
        DeliveryState.NOTHING_DUE: _l("已无到期事项，未发"),
        DeliveryState.FAILED: _l("未发出"),
        DeliveryState.UNCERTAIN: _l("无法确定是否送达"),
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
        Problem.LOST: _l("交给邮件服务器时中断，请问收件人是否收到"),
        Problem.DAY_OVER: _l("当天未能发出，内容已并入下一个工作日的邮件"),
    },
}
"""One text for every member of every code people see."""

LINE_FAULT: dict[LineFault, LazyString] = {
    LineFault.EMPTY_FILE: _l("文件里没有任何日期。"),
    LineFault.NOT_A_DAY: _l("第%(line)s行：日期读不懂，请写成2027-01-01（%(text)s）。"),
    LineFault.UNKNOWN_KIND: _l("第%(line)s行：第二列请写“放假”或“调休上班”（%(text)s）。"),
    LineFault.TWICE: _l("第%(line)s行：%(text)s出现了两次。"),
    LineFault.OTHER_YEAR: _l("第%(line)s行：%(text)s不是同一年，请每年一个文件。"),
    LineFault.WORKED_ANYWAY: _l("第%(line)s行：周一至周五本来就上班，不必列出（%(text)s）。"),
    LineFault.TOO_MANY: _l("第%(line)s行起超出一年所需，请核对文件。"),
}
"""A sentence for every line that cannot be read; `line` and `text` say which."""

SCOPE: dict[Scope, LazyString] = {
    Scope.MINE: _l("我的"),
    Scope.UNIT: _l("本单位"),
    Scope.ALL: _l("全部"),
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
