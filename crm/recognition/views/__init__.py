"""认定: what waits for whom, single cases, batches, suspects, the assignment of exclusive quotas."""

from typing import Any

from flask import Blueprint

from crm.core.web import mark
from crm.recognition.telling import (
    alike_text,
    barred_text,
    crossing_text,
    hand_text,
    moved_text,
)
from crm.recognition.wording import word

bp = Blueprint("recognition", __name__, url_prefix="/recognition")


@bp.context_processor
def words() -> dict[str, Any]:
    """What the templates of recognition call: codes and findings in words."""
    return {
        "word": word,
        "alike_text": alike_text,
        "barred_text": barred_text,
        "crossing_text": crossing_text,
        "hand_text": hand_text,
        "mark": mark,
        "moved_text": moved_text,
    }


# The pages hang themselves on the blueprint when they are imported.
from crm.recognition.views import assignment, batches, cases, counted, index, moving, suspects  # noqa: E402, F401
