"""Pages of reminders: what is due, how the mails fare, the working calendar, the mails of development."""

from flask import Blueprint

bp = Blueprint("reminders", __name__, url_prefix="/reminders")
outbox = Blueprint("outbox", __name__, url_prefix="/outbox")

from crm.reminders.views import administration, due, mailbox  # noqa: E402, F401
