"""What people decide about the outlook."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, text
from crm.outlook.rules.books import Book


class BookMove(Base):
    """A person's decision on a lead's book for a year. Rows are never changed: the last one holds.

    Without a book the lead stands again where the rule puts it.
    """

    __tablename__ = "book_moves"
    __table_args__ = (Index("ix_book_moves_lead", "year", "lead_id", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"), index=True)
    from_book: Mapped[Book]
    book: Mapped[Book | None]
    proposed: Mapped[Book]  # what the rule said at that moment
    reason: Mapped[text]
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]
