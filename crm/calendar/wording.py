"""Words for the codes of the working calendar."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.calendar.rules import DayKind, LineFault

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    DayKind: {
        DayKind.HOLIDAY: _l("放假"),
        DayKind.WORKDAY: _l("调休上班"),
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


def word(code: StrEnum) -> LazyString:
    """The word for a code of this feature, in the reader’s language. Raises KeyError."""
    return WORDS[type(code)][code]
