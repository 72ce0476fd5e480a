"""Pages of the outbox: how the messages fare, the mails of development, numbers for Prometheus."""

from flask import Blueprint

bp = Blueprint("outbox", __name__, url_prefix="/deliveries")
mailbox = Blueprint("mailbox", __name__, url_prefix="/outbox")
monitoring = Blueprint("monitoring", __name__)
robots = Blueprint("channels", __name__, url_prefix="/channels")

from crm.outbox.views import channels, deliveries, letters, metrics  # noqa: E402, F401
