"""Pages of reminders: the inbox, what is due, and what the links of mails open."""

from flask import Blueprint

bp = Blueprint("reminders", __name__, url_prefix="/reminders")

from crm.reminders.views import due, inbox, mailed  # noqa: E402, F401
