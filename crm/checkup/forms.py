"""What the checkup's page accepts."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from crm.core.forms import BaseForm, trimmed


class AnswerForm(BaseForm):
    note = TextAreaField(
        _l("核实情况"), filters=[trimmed], validators=[DataRequired(), Length(max=500)]
    )
