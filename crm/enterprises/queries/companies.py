"""Reading companies: the list, a card, people, and finding one by what is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.core import search
from crm.core.db import db
from crm.core.lists import Order, Page, capped_count, keyset_page, whole
from crm.enterprises.models import Contact, Enterprise, FormerHolding, RankingEdition, RankingEntry
from crm.enterprises.rules import (
    Ownership,
    clean_uscc,
    loose_name,
    normalise_name,
    pieces,
    search_text,
    similar,
)

NEWEST_FIRST = Order("id", Enterprise.id, True, whole, is_nullable=False)
PICKS = 10
SIMILAR_SHOWN = 8
CHILDREN_SHOWN = 50
Parent = aliased(Enterprise)


@dataclass(frozen=True, slots=True)
class EnterpriseFilter:
    """What the list is narrowed to. `text`: part of a name, of a code, or pinyin initials."""

    text: str | None = None
    ownership: Ownership | None = None
    list_id: int | None = None
    """Companies confirmed on any edition of this ranking."""
    edition_id: int | None = None
    """Companies confirmed on this very edition."""


def _filtered(statement: Any, wanted: EnterpriseFilter) -> Any:
    if wanted.text:
        words = search.terms(wanted.text, search_text)
        if not words:  # nothing but signs was typed, so nothing is meant
            return statement.where(false())
        statement = statement.where(search.contains(Enterprise.search_text, words))
    if wanted.ownership is not None:
        statement = statement.where(Enterprise.ownership == wanted.ownership)
    if wanted.list_id is not None:
        members = (
            select(RankingEntry.enterprise_id)
            .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
            .where(RankingEdition.list_id == wanted.list_id)
        )
        statement = statement.where(Enterprise.id.in_(members))
    if wanted.edition_id is not None:
        of_edition = select(RankingEntry.enterprise_id).where(
            RankingEntry.edition_id == wanted.edition_id
        )
        statement = statement.where(Enterprise.id.in_(of_edition))
    return statement


def page_of(wanted: EnterpriseFilter, cursor: str | None) -> Page:
    """One page of companies, the latest registered first. Raises CursorError."""
    statement = select(
        Enterprise.id,
        Enterprise.name,
        Enterprise.short_name,
        Enterprise.uscc,
        Enterprise.ownership,
        Enterprise.parent_id,
        Parent.name.label("parent_name"),
        Enterprise.parent_shareholding,
        Enterprise.created_at,
    ).outerjoin(Parent, Parent.id == Enterprise.parent_id)
    return keyset_page(
        db.session(), _filtered(statement, wanted), NEWEST_FIRST, Enterprise.id, cursor
    )


def count_of(wanted: EnterpriseFilter) -> int:
    """How many companies, counted to 1,001 at most."""
    return capped_count(db.session(), _filtered(select(Enterprise.id), wanted))


def pick(text: str, *, limit: int = PICKS) -> Sequence[Any]:
    """(id, name, short_name, uscc, ownership) of companies found by what was typed.

    Those whose name begins so come first, then shorter names.
    """
    key = search_text(text)
    if not key:
        return []
    wanted = EnterpriseFilter(text)
    statement = select(
        Enterprise.id, Enterprise.name, Enterprise.short_name, Enterprise.uscc, Enterprise.ownership
    )
    begins = or_(
        Enterprise.search_text.startswith(key, autoescape=True),
        Enterprise.uscc == clean_uscc(text),
    )
    statement = _filtered(statement, wanted).order_by(
        begins.desc(), func.length(Enterprise.name), Enterprise.id
    )
    return db.session.execute(statement.limit(limit)).all()


def by_name(name: str, *, other_than: int | None = None) -> Enterprise | None:
    """The company of that name, however it is typed: the first registered of several."""
    key = normalise_name(name)[:120]
    if not key:
        return None
    statement = select(Enterprise).where(Enterprise.name_norm == key)
    if other_than is not None:
        statement = statement.where(Enterprise.id != other_than)
    return db.session.scalar(statement.order_by(Enterprise.id).limit(1))


def by_uscc(code: str) -> Enterprise | None:
    """The company with that unified social credit code."""
    return db.session.scalar(select(Enterprise).where(Enterprise.uscc == clean_uscc(code)))


def by_id(enterprise_id: int) -> Enterprise | None:
    return db.session.get(Enterprise, enterprise_id)


def name_of(enterprise_id: int | None) -> str | None:
    if enterprise_id is None:
        return None
    return db.session.scalar(select(Enterprise.name).where(Enterprise.id == enterprise_id))


def similar_to(name: str, *, other_than: int | None = None) -> list[Any]:
    """(id, name, uscc, created_at) of companies whose name is alike but not the same, best known first.

    SQL narrows by parts of the name of which a similar one must hold at least one; `similar` decides.
    """
    loose, same = loose_name(name)[:120], normalise_name(name)[:120]
    if not loose:
        return []
    statement = (
        select(
            Enterprise.id,
            Enterprise.name,
            Enterprise.uscc,
            Enterprise.created_at,
            Enterprise.name_loose,
            Enterprise.name_norm,
        )
        .where(
            or_(*(Enterprise.name_loose.contains(part, autoescape=True) for part in pieces(loose)))
        )
        .where(Enterprise.id != (other_than or 0))
        .order_by(Enterprise.id)
    )
    found = [
        row
        for row in db.session.execute(statement)
        if row.name_norm != same and similar(loose, row.name_loose)
    ]
    return found[:SIMILAR_SHOWN]


def card(enterprise_id: int) -> Any:
    """The company with its parent's and its registrar's names; None if unknown."""
    statement = (
        select(
            *Enterprise.__table__.c,
            Parent.name.label("parent_name"),
            User.name.label("registrar"),
        )
        .outerjoin(Parent, Parent.id == Enterprise.parent_id)
        .outerjoin(User, User.id == Enterprise.created_by_id)
        .where(Enterprise.id == enterprise_id)
    )
    return db.session.execute(statement).one_or_none()


def former_holdings(enterprise_id: int) -> Sequence[Any]:
    """Who held the company before and until when, the latest first; at most 50."""
    statement = (
        select(
            FormerHolding.parent_id,
            Parent.name,
            FormerHolding.parent_shareholding,
            FormerHolding.from_on,
            FormerHolding.until_on,
        )
        .join(Parent, Parent.id == FormerHolding.parent_id)
        .where(FormerHolding.enterprise_id == enterprise_id)
        .order_by(FormerHolding.until_on.desc())
        .limit(CHILDREN_SHOWN)
    )
    return db.session.execute(statement).all()


def children_of(enterprise_id: int) -> Sequence[Any]:
    """(id, name, parent_shareholding) of the companies directly below; at most 50."""
    statement = (
        select(Enterprise.id, Enterprise.name, Enterprise.parent_shareholding)
        .where(Enterprise.parent_id == enterprise_id)
        .order_by(Enterprise.id)
        .limit(CHILDREN_SHOWN)
    )
    return db.session.execute(statement).all()


def group_below(enterprise_id: int, *, generations: int = 20) -> set[int]:
    """The company and every one below it; a circle left by two simultaneous edits does no harm."""
    known, newest = {enterprise_id}, {enterprise_id}
    for _generation in range(generations):
        below = select(Enterprise.id).where(Enterprise.parent_id.in_(newest))
        newest = set(db.session.scalars(below)) - known
        if not newest:
            break
        known |= newest
    return known


def contacts_of(enterprise_id: int) -> Sequence[Any]:
    """The people to talk to, in the order they were entered. Phones are whole: mask them."""
    statement = (
        select(*Contact.__table__.c).where(Contact.enterprise_id == enterprise_id)
    ).order_by(Contact.id)
    return db.session.execute(statement).all()


def contact_of(enterprise_id: int, contact_id: int) -> Contact | None:
    return db.session.scalar(
        select(Contact).where(Contact.id == contact_id, Contact.enterprise_id == enterprise_id)
    )
