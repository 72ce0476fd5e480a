"""Coverage: by what segments are judged, and whom to call."""

from typing import Any

from flask import Blueprint

from crm.chains.wording import named
from crm.coverage.wording import word

bp = Blueprint("coverage", __name__, url_prefix="/coverage")


@bp.context_processor
def words() -> dict[str, Any]:
    """`word(code)` and `named(name, name_en)` in the templates of coverage."""
    return {"word": word, "named": named}


# The pages hang themselves on the blueprint when they are imported.
from crm.coverage.views import dismissals, progress, settings, targets  # noqa: E402, F401
