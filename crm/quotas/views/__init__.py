"""指标: the board, the verdicts on one quota, and what goes into them."""

from flask import Blueprint

bp = Blueprint("quotas", __name__, url_prefix="/quotas")

# The pages hang themselves on the blueprint when they are imported.
from crm.quotas.views import (  # noqa: E402, F401
    board,
    breakdown,
    criteria,
    division,
    editor,
    last_year,
    pacing,
    preview,
    reporting,
)
