"""The forms of instructions and meetings."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField
from wtforms.validators import NumberRange, Optional, ValidationError

from crm.core.fields import Choice, DayField, Required, SeenVersion, TextBlock, TextLine
from crm.core.forms import BaseForm


class PercentField(IntegerField):
    """0 to 100, also typed with its sign; nothing typed is None."""

    def __init__(self, label: Any, **kw: Any) -> None:
        super().__init__(
            label,
            validators=[Optional(), NumberRange(0, 100, message=_l("填0到100的整数"))],
            **kw,
        )

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = (valuelist[0] if valuelist else "").strip().rstrip("%％").strip()
        self.data = None
        if not text:
            return
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            raise ValueError(_l("填0到100的整数"))
        self.data = int(text)


class InstructionForm(BaseForm):
    """A new instruction; `lead`, `meeting` and `line` say where it came from."""

    lead = HiddenField()
    meeting = HiddenField()
    line = HiddenField()
    matter = TextBlock(_l("交办事由"), longest=500, validators=[Required()])
    department = Choice(_l("责任单位"), empty=_l("请选择"), validators=[Required()])
    person = Choice(_l("责任人"), empty=_l("请选择"), validators=[Required()])
    leader = Choice(_l("责任领导"), empty=_l("请选择"), validators=[Required()])
    due_on = DayField(_l("办结时限"), validators=[Required()])
    next_step = TextLine(_l("下一步"), longest=300)


class StepForm(BaseForm):
    """Any further step; the page shows the fields its verb asks for."""

    version = SeenVersion()
    body = TextBlock(_l("说明"), longest=1000)
    progress = PercentField(_l("进度"))
    next_step = TextLine(_l("下一步"), longest=300)
    due_on = DayField(_l("办结时限"))
    department = Choice(_l("责任单位"), empty=_l("请选择"))
    person = Choice(_l("责任人"), empty=_l("请选择"))


class MeetingForm(BaseForm):
    version = SeenVersion()
    title = TextLine(_l("会议名称"), longest=120, validators=[Required()])
    held_on = DayField(_l("日期"), validators=[Required()])
    place = TextLine(_l("地点"), longest=60)
    chair = Choice(_l("主持人"), empty=_l("请选择"), validators=[Required()])
    recorder = Choice(_l("记录人"), empty=_l("请选择"), validators=[Required()])
    attendees = TextBlock(_l("参会单位和人员"), longest=2000)

    def validate_held_on(self, field: DayField) -> None:
        if field.data is not None and not date(2000, 1, 1) <= field.data <= date(2100, 1, 1):
            raise ValidationError(_l("日期应在2000年到2100年之间"))


class ItemForm(BaseForm):
    """A new item of the agenda: words, or the number of a lead or an instruction."""

    title = TextLine(_l("议题"), longest=200)
    lead = HiddenField()
    instruction = HiddenField()


class LineForm(BaseForm):
    """A line of the minutes."""

    version = SeenVersion()
    item = HiddenField()
    body = TextLine(_l("会议记录"), longest=500, validators=[Required()])
