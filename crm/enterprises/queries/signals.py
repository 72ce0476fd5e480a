"""Reading signs of expansion: those of one company, and all of them narrowed down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import false, select

from crm.accounts.models import User
from crm.core import search
from crm.core.db import db
from crm.core.lists import Order, Page, capped_count, keyset_page
from crm.enterprises.models import Enterprise, ExpansionSignal
from crm.enterprises.rules import search_text
from crm.enterprises.rules.signals import SignalKind

NEWEST_FIRST = Order(
    "happened_on", ExpansionSignal.happened_on, True, date.fromisoformat, is_nullable=False
)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """What the list is narrowed to. `text`: part of a company's name, code, or pinyin initials."""

    text: str | None = None
    kind: SignalKind | None = None
    is_withdrawn: bool = False


def signals_of(enterprise_id: int) -> Sequence[Any]:
    """What holds of a company, the newest first; at most 50."""
    statement = (
        select(*ExpansionSignal.__table__.c, User.name.label("by_name"))
        .outerjoin(User, User.id == ExpansionSignal.by_id)
        .where(
            ExpansionSignal.enterprise_id == enterprise_id, ExpansionSignal.withdrawn_at.is_(None)
        )
        .order_by(ExpansionSignal.happened_on.desc(), ExpansionSignal.id.desc())
        .limit(SHOWN)
    )
    return db.session.execute(statement).all()


def page_of_signals(wanted: SignalFilter, cursor: str | None) -> Page:
    """One page of all signs, the newest first. Raises CursorError."""
    statement = _filtered(
        select(
            *ExpansionSignal.__table__.c,
            Enterprise.name.label("company"),
            User.name.label("by_name"),
        )
        .join(Enterprise, Enterprise.id == ExpansionSignal.enterprise_id)
        .outerjoin(User, User.id == ExpansionSignal.by_id),
        wanted,
    )
    return keyset_page(db.session(), statement, NEWEST_FIRST, ExpansionSignal.id, cursor)


def count_of_signals(wanted: SignalFilter) -> int:
    """How many, counted to 1,001 at most."""
    statement = select(ExpansionSignal.id).join(
        Enterprise, Enterprise.id == ExpansionSignal.enterprise_id
    )
    return capped_count(db.session(), _filtered(statement, wanted))


def signal_of(enterprise_id: int, signal_id: int) -> ExpansionSignal | None:
    """One that holds; a withdrawn one cannot be opened any more."""
    return db.session.scalar(
        select(ExpansionSignal).where(
            ExpansionSignal.id == signal_id,
            ExpansionSignal.enterprise_id == enterprise_id,
            ExpansionSignal.withdrawn_at.is_(None),
        )
    )


def _filtered(statement: Any, wanted: SignalFilter) -> Any:
    if wanted.text:
        words = search.terms(wanted.text, search_text)
        if not words:
            return statement.where(false())
        statement = statement.where(search.contains(Enterprise.search_text, words))
    if wanted.kind is not None:
        statement = statement.where(ExpansionSignal.kind == wanted.kind)
    has_gone = ExpansionSignal.withdrawn_at
    return statement.where(has_gone.is_not(None) if wanted.is_withdrawn else has_gone.is_(None))
