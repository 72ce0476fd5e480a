"""What one lead waits for: cells of the ledger to settle, evidence still to come."""

from enum import StrEnum
from typing import Any

from crm.imports.queries import open_matters
from crm.imports.rules import Field, MessageCode
from crm.imports.wording import WORDS as IMPORT_WORDS
from crm.leads.wording import field_word


def ledger_matters(lead_id: int) -> dict[str, list[dict[str, Any]]]:
    """Cells nobody could read and values that differ from ours, each with its field in words."""
    found: dict[str, list[dict[str, Any]]] = {"questions": [], "differences": []}
    for row in open_matters(lead_id):
        field = _imported_word(Field, row.field) or field_word(row.field)
        if row.kind == "question":
            found["questions"].append(
                {
                    "field": field,
                    "text": _imported_word(MessageCode, row.code) or row.code,
                    "cell": row.cell,
                    "cell_text": row.text,
                }
            )
        else:
            theirs = row.text if row.text is not None else _plain(row.theirs)
            found["differences"].append(
                {"field": field, "theirs": theirs, "ours": _plain(row.ours)}
            )
    return found


def _imported_word(kind: type[StrEnum], value: str) -> Any:
    try:
        return IMPORT_WORDS[kind].get(kind(value))
    except ValueError:
        return None


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
