"""Forms of the working calendar."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from crm.calendar.rules import MOST_LINES, DayKind
from crm.calendar.wording import WORDS
from crm.core.forms import BaseForm, trimmed
from crm.core.sheets import Limits, read_sheets

YEAR_FILE = Limits(file_bytes=512 * 1024, rows=MOST_LINES * 2, columns=20, cells=20_000, sheets=5)


class DayForm(BaseForm):
    day = DateField(
        _l("日期"),
        validators=[InputRequired(_l("请填写日期，如2027-01-01"))],
    )
    kind = SelectField(
        _l("这一天"),
        choices=[SelectChoice(kind.value, words) for kind, words in WORDS[DayKind].items()],
    )
    name = StringField(
        _l("说明"),
        filters=[trimmed],
        description=_l("如“春节”“国庆节调休”"),
        validators=[Length(max=60, message=_l("最多60个字"))],
    )

    def validate_day(self, field: DateField) -> None:
        if field.data is not None and not 2000 <= field.data.year <= 2100:
            raise ValidationError(_l("年份应在2000到2100之间"))


class YearForm(BaseForm):
    file = FileField(
        _l("全年文件"),
        description=_l(
            "CSV或Excel，每行一天：日期，放假或调休上班，说明。导入后替换这一年已有的设置。"
        ),
        validators=[FileRequired(_l("请选择文件"))],
    )


def lines_of(content: bytes, filename: str) -> list[list[str]]:
    """The cells of the first sheet as text. Raises UnreadableFile."""
    sheet = read_sheets(content, filename, YEAR_FILE)[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.rows]
