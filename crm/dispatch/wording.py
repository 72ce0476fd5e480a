"""Words for the codes of instructions and meetings."""

from enum import StrEnum

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l

from crm.dispatch.rules import EntryKind, InstructionState, Light, Power, Scope, Standing, Verb

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    InstructionState: {
        InstructionState.OPEN: _l("办理中"),
        InstructionState.REPLIED: _l("已回执"),
        InstructionState.CLOSED: lazy_pgettext("instruction", "已办结"),
        InstructionState.WITHDRAWN: _l("已撤销"),
    },
    EntryKind: {
        EntryKind.ISSUED: _l("已交办"),
        EntryKind.PROGRESS: _l("进展"),
        EntryKind.REPLY: _l("回执"),
        EntryKind.EXTENDED: _l("延期"),
        EntryKind.REASSIGNED: _l("改派"),
        EntryKind.CLOSED: _l("办结"),
        EntryKind.RETURNED: _l("退回补办"),
        EntryKind.REOPENED: _l("重新办理"),
        EntryKind.WITHDRAWN: _l("撤销"),
    },
    Light: {
        Light.GREEN: _l("绿灯"),
        Light.YELLOW: _l("黄灯"),
        Light.RED: _l("红灯"),
    },
    Scope: {
        Scope.MINE: _l("我承办的"),
        Scope.ISSUED: _l("我交办的"),
        Scope.UNIT: _l("本单位"),
        Scope.ALL: _l("全部"),
    },
    Standing: {
        Standing.RUNNING: _l("未办结"),
        Standing.OPEN: _l("办理中"),
        Standing.REPLIED: _l("已回执"),
        Standing.OVER: _l("已办结或撤销"),
        Standing.ANY: _l("全部状态"),
    },
    Power: {
        Power.ANSWER: _l("办理"),
        Power.DIRECT: _l("督促"),
    },
    Verb: {
        Verb.PROGRESS: _l("填报进展"),
        Verb.REPLY: _l("回执"),
        Verb.EXTEND: _l("延期"),
        Verb.REASSIGN: _l("改派"),
        Verb.CLOSE: _l("办结"),
        Verb.RETURN: _l("退回补办"),
        Verb.REOPEN: _l("重新办理"),
        Verb.WITHDRAW: _l("撤销"),
    },
}
"""One text for every member of every code people see."""

FIELD = {
    "matter": _l("交办事由"),
    "person": _l("责任人"),
    "person_id": _l("责任人"),
    "department_id": _l("责任单位"),
    "due_on": _l("办结时限"),
    "progress": _l("进度"),
    "next_step": _l("下一步"),
    "state": _l("状态"),
    "replied_on": _l("回执日期"),
    "closed_on": _l("办结日期"),
    "number": _l("编号"),
    "title": _l("会议名称"),
    "held_on": _l("日期"),
    "place": _l("地点"),
    "chair_id": _l("主持人"),
    "recorder_id": _l("记录人"),
    "attendees": _l("参会单位和人员"),
}
"""What the trail calls the facts of instructions and meetings."""
ITEM_FIELD = {
    "meeting": _l("调度会"),
    "title": _l("议题"),
    "lead_id": _l("项目"),
    "is_done": _l("议毕"),
    "position": _l("顺序"),
    "body": _l("会议记录"),
}

STATE_TONES = {
    InstructionState.OPEN: ("info", "hourglass"),
    InstructionState.REPLIED: ("warn", "message-circle"),
    InstructionState.CLOSED: ("good", "circle-check"),
    InstructionState.WITHDRAWN: ("", "ban"),
}


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
