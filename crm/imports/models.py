"""Ledgers read in: the file, its rows, what differs from ours and what must be asked."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, text


class DifferenceState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # the ledger's value became ours
    KEPT = "kept"  # ours stays


class LedgerImport(Base):
    """One ledger file taken in."""

    __tablename__ = "ledger_imports"

    id: Mapped[pk]
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    stored_name: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)
    added: Mapped[int]
    unchanged: Mapped[int]
    differs: Mapped[int]
    refused: Mapped[int]
    # Whose part of the district the file speaks of: a unit head's own unit, else the whole.
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"))
    kind: Mapped[str] = mapped_column(String(64), index=True)  # files of one kind share headers
    gone: Mapped[list[int]] = mapped_column(JSON)  # leads of the last such file missing in this one
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class LedgerRow(Base):
    """The newest state of one project's row: what the ledger said last, cell by cell."""

    __tablename__ = "ledger_rows"
    __table_args__ = (
        Index("ix_ledger_rows_key", "title_key", "investor_key"),
        Index("ix_ledger_rows_investor", "investor_key"),
        UniqueConstraint("lead_id"),
        Index("ix_ledger_rows_import", "import_id"),
    )

    id: Mapped[pk]
    import_id: Mapped[ref] = mapped_column(
        ForeignKey("ledger_imports.id")
    )  # the import that saw it last
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    title_key: Mapped[str] = mapped_column(String(120))
    investor_key: Mapped[str] = mapped_column(String(120))
    sheet: Mapped[str] = mapped_column(String(60))
    excel_row: Mapped[int]
    cells: Mapped[dict[str, Any]] = mapped_column(JSON)  # texts as written, by field
    unread: Mapped[dict[str, Any]] = mapped_column(JSON)  # columns we only hand back, by header
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)  # as read, by field


class LedgerDifference(Base):
    """A changed cell of a known row, waiting for a person: take the ledger's value or keep ours."""

    __tablename__ = "ledger_differences"
    __table_args__ = (
        Index("ix_ledger_differences_state", "state", "lead_id"),
        Index("ix_ledger_differences_lead", "lead_id", "field"),
    )

    id: Mapped[pk]
    import_id: Mapped[ref] = mapped_column(ForeignKey("ledger_imports.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    field: Mapped[str] = mapped_column(String(40))
    ledger_value: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    our_value: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    ledger_text: Mapped[text | None]
    state: Mapped[DifferenceState] = mapped_column(default=DifferenceState.OPEN)
    decided_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]


class LedgerQuestion(Base):
    """A cell nobody could read: the field stayed empty, a person must say what is meant."""

    __tablename__ = "ledger_questions"
    __table_args__ = (UniqueConstraint("lead_id", "field"),)

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    import_id: Mapped[ref] = mapped_column(ForeignKey("ledger_imports.id"))
    field: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(40))
    cell: Mapped[str] = mapped_column(String(80))  # sheet!A1
    cell_text: Mapped[text | None]
    answered_at: Mapped[datetime | None]
