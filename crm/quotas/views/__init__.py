"""指标: the board, the verdicts on one quota, and what goes into them."""

from flask import Blueprint

bp = Blueprint("quotas", __name__, url_prefix="/quotas")

# The pages hang themselves on the blueprint when they are imported.
from crm.quotas.views import board, breakdown, criteria, editor, pacing, preview, reporting  # noqa: E402, F401
