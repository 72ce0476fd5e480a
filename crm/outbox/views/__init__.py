"""Pages of the outbox: how the messages fare, and the mails of development."""

from flask import Blueprint

bp = Blueprint("outbox", __name__, url_prefix="/deliveries")
mailbox = Blueprint("mailbox", __name__, url_prefix="/outbox")

from crm.outbox.views import deliveries, letters  # noqa: E402, F401
