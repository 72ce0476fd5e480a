"""What an import did, told to whoever asked for it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.imports.rules import LedgerMessage, LedgerRow, MessageCode
from crm.imports.rules.facts import News
from crm.imports.wording import WORDS


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row: its lead (None if it was not saved or this was a dry run of a new one)."""

    row: LedgerRow
    lead_id: int | None = None
    is_new: bool = False
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or in a dry run would do.

    `differs` counts rows with a cell that waits for a decision, `gone` are leads of the last ledger of
    this kind that are missing in this one. `import_id` is None for a dry run.
    """

    filename: str
    as_of: date
    rows: tuple[RowReport, ...]
    messages: tuple[LedgerMessage, ...]
    added: int
    unchanged: int
    differs: int
    refused: int
    gone: tuple[int, ...]
    import_id: int | None

    def as_json(self) -> dict[str, Any]:
        """The document the command line prints."""
        return {
            "file": self.filename,
            "as_of": self.as_of.isoformat(),
            "rows": [each.row.as_json() for each in self.rows],
            "messages": [message_json(message) for message in self.messages],
            "added": self.added,
            "unchanged": self.unchanged,
            "differs": self.differs,
        }


def message_json(message: LedgerMessage) -> dict[str, str]:
    """A message as kept and printed; `text` says in words what is wrong with what stood there."""
    words = str(WORDS[MessageCode][message.code])
    return {
        "sheet": message.sheet,
        "cell": message.cell,
        "field": message.field,
        "code": message.code.value,
        "text": f"{words}（{message.text}）" if message.text else words,
    }


def kept_message(message: LedgerMessage) -> dict[str, str]:
    """A message as it is kept with its import: shown later in the reader's own language."""
    return {
        "sheet": message.sheet,
        "cell": message.cell,
        "field": message.field,
        "code": message.code.value,
        "said": message.text,
    }
