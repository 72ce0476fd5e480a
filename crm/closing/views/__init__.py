"""数字对账: closed periods and the bridge between two standings."""

from flask import Blueprint

bp = Blueprint("closing", __name__, url_prefix="/closing")

# The pages hang themselves on the blueprint when they are imported.
from crm.closing.views import bridging, exports, known, periods  # noqa: E402, F401
