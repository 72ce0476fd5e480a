"""Coverage: by what segments are judged, and whom to call."""

from flask import Blueprint

bp = Blueprint("coverage", __name__, url_prefix="/coverage")

# The pages hang themselves on the blueprint when they are imported.
from crm.coverage.views import settings  # noqa: E402, F401
