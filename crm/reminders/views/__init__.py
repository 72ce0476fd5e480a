"""Pages of reminders: what is due."""

from flask import Blueprint

bp = Blueprint("reminders", __name__, url_prefix="/reminders")

from crm.reminders.views import due  # noqa: E402, F401
