"""Files of chains that people send."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField

from crm.core.forms import BaseForm


class ChainFileForm(BaseForm):
    file = FileField(_l("产业链表格"))
