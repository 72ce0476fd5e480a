"""What people decide and say about the outlook, and the forecasts that were made."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision, text
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


class ToldLine(Base):
    """一句话口径 as it was told: the text, the leads behind each number, to whom."""

    __tablename__ = "told_lines"
    __table_args__ = (Index("ix_told_lines_year", "year", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    on_day: Mapped[date]
    line: Mapped[text]
    # By code of the quota: {"due": n, "leads": {"recognised": [ids], "awaiting": …}}
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)
    told_to: Mapped[str] = mapped_column(String(120))
    occasion: Mapped[str | None] = mapped_column(String(120))
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class SigningCeremony(Base):
    """集中签约: several leads sign on one day, which may slip as a whole."""

    __tablename__ = "signing_ceremonies"
    __table_args__ = (
        CheckConstraint("slip_percent >= 0 AND slip_percent <= 100", name="slip_percent"),
        Index("ix_signing_ceremonies_held", "held_on", "id"),
    )

    id: Mapped[pk]
    title: Mapped[str] = mapped_column(String(120))
    held_on: Mapped[date]
    slip_percent: Mapped[int] = mapped_column(default=20)  # how likely it is put off
    slip_days: Mapped[int] = mapped_column(default=60)  # by how much, if so
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]
    version: Mapped[revision]


class CeremonyLead(Base):
    """A lead that is to sign at a ceremony; at one at most."""

    __tablename__ = "ceremony_leads"

    id: Mapped[pk]
    ceremony_id: Mapped[ref] = mapped_column(ForeignKey("signing_ceremonies.id"), index=True)
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"), unique=True)


class ForecastRun(Base):
    """The forecast of a year as it was made in a week; one for each week, with its parameters."""

    __tablename__ = "forecast_runs"
    __table_args__ = (UniqueConstraint("year", "week_of"),)

    id: Mapped[pk]
    year: Mapped[int]
    week_of: Mapped[date]  # the Monday
    made_on: Mapped[date]
    at: Mapped[created]
    p_all: Mapped[float | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)


class ForecastQuota(Base):
    """What a forecast said of one quota."""

    __tablename__ = "forecast_quotas"
    __table_args__ = (UniqueConstraint("run_id", "code"),)

    id: Mapped[pk]
    run_id: Mapped[ref] = mapped_column(ForeignKey("forecast_runs.id"))
    code: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(60))
    target: Mapped[int]
    certain: Mapped[int]
    p_meet: Mapped[float | None]
    low: Mapped[int]
    high: Mapped[int]
    expected: Mapped[float]
    unknown_low: Mapped[int]  # 尚未入库
    unknown_high: Mapped[int]
    # Who moves it most and what would be enough: {"movers": [{"lead_id", "p", "if_signed", "if_lost"}],
    # "more": n, "names": [ids], "gain_of_one": P}; empty in forecasts kept before this was.
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ForecastChance(Base):
    """What a forecast said of one lead: P(it counts), and P(counting event) within 30, 60, 90 days."""

    __tablename__ = "forecast_chances"
    __table_args__ = (UniqueConstraint("run_id", "code", "lead_id"),)

    id: Mapped[pk]
    run_id: Mapped[ref] = mapped_column(ForeignKey("forecast_runs.id"))
    code: Mapped[str] = mapped_column(String(40))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"), index=True)
    p: Mapped[float | None]
    within_30: Mapped[float | None]
    within_60: Mapped[float | None]
    within_90: Mapped[float | None]
