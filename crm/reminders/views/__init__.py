"""Pages of reminders: the inbox, what is due, what the links of mails open, and how it is all set."""

from flask import Blueprint

bp = Blueprint("reminders", __name__, url_prefix="/reminders")
feeds = Blueprint("feeds", __name__, url_prefix="/calendar-feed")

from crm.reminders.views import choices, due, feed, inbox, mailed, settings, trail  # noqa: E402, F401
