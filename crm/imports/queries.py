"""Reading what ledgers left open."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, literal, null, select, union_all

from crm.core.db import db
from crm.imports.models import DifferenceState, LedgerDifference, LedgerQuestion


def open_matters(lead_id: int) -> Sequence[Any]:
    """What waits for a person on one lead, in one query.

    Rows of (kind, field, code, cell, text, theirs, ours): kind "question" is a cell nobody could
    read (`code` says why, `text` is what stood in `cell`); "difference" a value that is not ours.
    """
    questions = select(
        literal("question").label("kind"),
        LedgerQuestion.field,
        LedgerQuestion.code,
        LedgerQuestion.cell,
        LedgerQuestion.cell_text.label("text"),
        null().cast(JSON).label("theirs"),
        null().cast(JSON).label("ours"),
    ).where(LedgerQuestion.lead_id == lead_id, LedgerQuestion.answered_at.is_(None))
    differences = select(
        literal("difference"),
        LedgerDifference.field,
        literal(""),
        literal(""),
        LedgerDifference.ledger_text,
        LedgerDifference.ledger_value,
        LedgerDifference.our_value,
    ).where(LedgerDifference.lead_id == lead_id, LedgerDifference.state == DifferenceState.OPEN)
    return db.session.execute(union_all(questions, differences)).all()
