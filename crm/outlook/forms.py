"""What the pages of the outlook accept."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange

from crm.core.fields import DayField, PeopleField, Required, SeenVersion, TextLine
from crm.core.forms import BaseForm
from crm.outlook.rules.books import Book
from crm.outlook.wording import word

BY_RULE = "rule"
"""Instead of a book: where the rule puts the lead."""


class SeenField(HiddenField):
    """The number of what the person was shown last; anything that is no number counts as nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


class BookForm(BaseForm):
    book = RadioField(_l("列入"), validate_choice=True)
    reason = TextLine(_l("调整理由"), longest=200)
    seen_move = SeenField(default=0)

    def offer(self, *, is_moved: bool) -> "BookForm":
        self.book.choices = [(each.value, word(each)) for each in Book]
        if is_moved:
            self.book.choices.append((BY_RULE, _l("取消调整，按规则列账")))
        return self

    @property
    def chosen(self) -> Book | None:
        return None if self.book.data == BY_RULE else Book(self.book.data)


class TellForm(BaseForm):
    shown = HiddenField(default="")
    told_to = TextLine(_l("告知对象"), longest=120)
    occasion = TextLine(_l("场合"), longest=120)


class CeremonyForm(BaseForm):
    version = SeenVersion()
    title = TextLine(_l("名称"), longest=120, validators=[Required(_l("请填写名称"))])
    held_on = DayField(_l("签约日期"), validators=[Required(_l("请填写日期"))])
    slip_percent = IntegerField(
        _l("推迟的可能（%）"),
        default=20,
        validators=[InputRequired(_l("请填写")), NumberRange(0, 100, _l("请填0到100"))],
    )
    slip_days = IntegerField(
        _l("推迟的天数"),
        default=60,
        validators=[InputRequired(_l("请填写")), NumberRange(1, 365, _l("请填1到365"))],
    )
    leads = PeopleField(_l("参加签约的项目"))
    is_cancelled = BooleanField(_l("取消这场签约"))
