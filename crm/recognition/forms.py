"""The forms of recognition."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice

from crm.core.fields import (
    Choice,
    DayField,
    PeopleField,
    Required,
    SeenVersion,
    TextBlock,
    TextLine,
    code_choice,
)
from crm.core.forms import BaseForm
from crm.recognition.rules import Answer, Decided, Level, Ruling
from crm.recognition.wording import word

DECISIONS = (Decided.APPROVED, Decided.RETURNED, Decided.NOT_COUNTED)


REVIEWED = {
    Decided.APPROVED: _l("维持通过"),
    Decided.RETURNED: _l("撤回，退回补正"),
    Decided.NOT_COUNTED: _l("撤回，认定不计数"),
}


class ProposeForm(BaseForm):
    reason = TextLine(_l("说明"), longest=200)


class DecideForm(BaseForm):
    """Of one level; the unit's has no batch and does not say 不计数."""

    decided = RadioField(_l("决定"), choices=[SelectChoice(e.value, word(e)) for e in DECISIONS])
    batch = Choice(_l("批次"), empty=_l("请选择批次"))
    reason = TextBlock(_l("理由"), longest=1000, description=_l("退回或不计数时必填"))

    def of_level(self, level: Level) -> None:
        if level is Level.UNIT:
            self.decided.choices = [SelectChoice(e.value, word(e)) for e in DECISIONS[:2]]
            del self.batch

    def of_review(self) -> None:
        """Of an approval whose facts changed: it is confirmed or withdrawn."""
        for choice in self.decided.choices:
            choice.label = REVIEWED[Decided(choice.value)]


class MoveForm(BaseForm):
    """改计: to another quota of the group, in a batch, with the reason."""

    to = Choice(_l("改计到"), empty=_l("请选择"), validators=[Required()])
    batch = Choice(_l("批次"), empty=_l("请选择批次"))
    reason = TextBlock(_l("理由"), longest=1000, validators=[Required()])


class AppealForm(BaseForm):
    body = TextBlock(_l("申诉内容"), longest=2000, validators=[Required()])


class AnswerForm(BaseForm):
    answer = code_choice(_l("答复"), Answer, word, validators=[Required()])
    reason = TextBlock(_l("理由"), longest=2000, validators=[Required()])


class BatchForm(BaseForm):
    """A new batch asks for its level; afterwards the level stands."""

    version = SeenVersion()
    at_level = code_choice(
        _l("级别"), (Level.DISTRICT, Level.CITY), word, validators=[Required()], empty=_l("请选择")
    )
    title = TextLine(_l("名称"), longest=120, validators=[Required()])
    document_number = TextLine(
        _l("文号"), longest=60, description=_l("没有文号的，写会议纪要；两者都没有不能作决定")
    )
    decided_on = DayField(_l("决定日期"), validators=[Required()])
    opinions = TextBlock(_l("部门意见"))
    minutes = TextBlock(_l("会议纪要"))


class RulingForm(BaseForm):
    """Of two projects: distinct, or the one is a phase of the other's contract."""

    ruling = RadioField(
        _l("确认结果"),
        choices=[
            SelectChoice(Ruling.DISTINCT.value, word(Ruling.DISTINCT)),
            SelectChoice("first", ""),
            SelectChoice("second", ""),
        ],
    )
    reason = TextBlock(_l("理由"), longest=1000, validators=[Required()])


class GroupForm(BaseForm):
    quotas = PeopleField(_l("一个项目只计其中一项"))


class LockForm(BaseForm):
    lead = Choice(_l("项目"), empty=_l("请选择"), validators=[Required()])
    quota = Choice(_l("计入"), empty=_l("按方案（不再指定）"))
    reason = TextLine(_l("理由"), longest=200, validators=[Required()])


class PublishForm(BaseForm):
    digest = HiddenField()
    note = TextLine(_l("说明"), longest=200)
