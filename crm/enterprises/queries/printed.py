"""Reading what an edition prints: its rows, what changed since the one before, what waits for a person."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.core.db import db
from crm.core.lists import Order, Page, capped_counts, keyset_page, whole
from crm.enterprises.models import (
    Enterprise,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules.ranking import EXACT

AS_PRINTED = Order("position", RankingRow.position, False, whole, is_nullable=False)
ROWS_SHOWN = 50
EXACT_SHOWN = 100
Rejecter = aliased(User)


class Tab(StrEnum):
    """Rows of an edition by how far the match with our companies is."""

    ALL = "all"
    MATCHED = "matched"
    WAITING = "waiting"
    UNMATCHED = "unmatched"


class Change(StrEnum):
    """What an edition changed against the one before."""

    NEW = "new"
    DROPPED = "dropped"
    RENAMED = "renamed"
    STAYED = "stayed"


def _rows() -> Any:
    return (
        select(
            RankingRow.id,
            RankingRow.position,
            RankingRow.rank,
            RankingRow.name_zh,
            RankingRow.name_en,
            RankingRow.country,
            RankingRow.revenue,
            RankingRow.uscc,
            RankingRow.parent_key,
            RankingRow.previous_id,
            RankingRow.is_renamed,
            RankingEntry.enterprise_id,
            Enterprise.name.label("enterprise"),
        )
        .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
        .outerjoin(Enterprise, Enterprise.id == RankingEntry.enterprise_id)
    )


_has_proposal = exists().where(
    RankingProposal.row_id == RankingRow.id, RankingProposal.rejected_at.is_(None)
)


def _of_tab(statement: Any, edition_id: int, tab: Tab, text: str | None) -> Any:
    statement = statement.where(RankingRow.edition_id == edition_id)
    if tab is Tab.MATCHED:
        statement = statement.where(RankingEntry.id.is_not(None))
    elif tab is Tab.WAITING:
        statement = statement.where(RankingEntry.id.is_(None), _has_proposal)
    elif tab is Tab.UNMATCHED:
        statement = statement.where(RankingEntry.id.is_(None), not_(_has_proposal))
    if text:
        statement = statement.where(
            or_(
                RankingRow.name_zh.contains(text, autoescape=True),
                func.lower(RankingRow.name_en).contains(text.lower(), autoescape=True),
            )
        )
    return statement


def rows_of_edition(
    edition_id: int, tab: Tab, cursor: str | None, *, text: str | None = None
) -> Page:
    """One page of an edition's rows in the order they are printed. Raises CursorError."""
    statement = _of_tab(_rows(), edition_id, tab, text)
    return keyset_page(db.session(), statement, AS_PRINTED, RankingRow.id, cursor, ROWS_SHOWN)


def unmatched_rows(edition_id: int) -> Sequence[Any]:
    """All rows of an edition that are none of our companies as far as is known, in printed order."""
    statement = _of_tab(_rows(), edition_id, Tab.UNMATCHED, None)
    return db.session.execute(statement.order_by(RankingRow.position)).all()


def tab_counts(edition_id: int, text: str | None = None) -> dict[Tab, int]:
    """How many rows each tab holds, counted to 1,001 at most."""
    counts = capped_counts(db.session(), [_of_tab(_rows(), edition_id, tab, text) for tab in Tab])
    return dict(zip(Tab, counts, strict=True))


def proposals_of(row_ids: Collection[int]) -> dict[int, list[Any]]:
    """For each row the companies it may be, the firmest first, rejected ones last."""
    if not row_ids:
        return {}
    statement = (
        select(
            RankingProposal.row_id,
            RankingProposal.enterprise_id,
            RankingProposal.basis,
            RankingProposal.score,
            RankingProposal.rejected_at,
            RankingProposal.reason,
            Rejecter.name.label("rejected_by"),
            Enterprise.name,
            Enterprise.uscc,
            Enterprise.name_en,
        )
        .join(Enterprise, Enterprise.id == RankingProposal.enterprise_id)
        .outerjoin(Rejecter, Rejecter.id == RankingProposal.rejected_by_id)
        .where(RankingProposal.row_id.in_(row_ids))
        .order_by(
            RankingProposal.row_id,
            RankingProposal.rejected_at.is_not(None),
            RankingProposal.score.desc(),
            RankingProposal.enterprise_id,
        )
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(statement):
        found[row.row_id].append(row)
    return found


def exact_proposals(edition_id: int) -> Sequence[Any]:
    """Rows whose only open proposal is an exact one, with that company; at most 100, as printed."""
    single = (
        select(RankingProposal.row_id)
        .join(RankingRow, RankingRow.id == RankingProposal.row_id)
        .where(RankingRow.edition_id == edition_id, RankingProposal.rejected_at.is_(None))
        .group_by(RankingProposal.row_id)
        .having(func.count() == 1)
    )
    statement = (
        select(
            RankingRow.id,
            RankingRow.rank,
            RankingRow.name_zh,
            RankingRow.name_en,
            RankingProposal.enterprise_id,
            RankingProposal.basis,
            Enterprise.name.label("enterprise"),
            Enterprise.uscc,
        )
        .join(RankingProposal, RankingProposal.row_id == RankingRow.id)
        .join(Enterprise, Enterprise.id == RankingProposal.enterprise_id)
        .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
        .where(
            RankingRow.id.in_(single),
            RankingEntry.id.is_(None),
            RankingProposal.rejected_at.is_(None),
            RankingProposal.basis.in_(sorted(EXACT)),
        )
        .order_by(RankingRow.position)
        .limit(EXACT_SHOWN)
    )
    return db.session.execute(statement).all()


def row_card(row_id: int) -> Any:
    """One row with its edition, its list and the company confirmed for it; None if unknown."""
    before = aliased(RankingRow)
    statement = (
        _rows()
        .add_columns(
            RankingRow.edition_id,
            RankingEntry.id.label("entry_id"),
            RankingEntry.document,
            RankingEntry.confirmed_at,
            User.name.label("confirmed_by"),
            RankingEdition.year,
            RankingEdition.published_on,
            RankingEdition.document.label("source"),
            RankingEdition.revenue_unit,
            RankingList.name.label("list_name"),
            RankingList.name_en.label("list_name_en"),
            before.name_zh.label("before_zh"),
            before.name_en.label("before_en"),
            before.rank.label("before_rank"),
        )
        .join(RankingEdition, RankingEdition.id == RankingRow.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .outerjoin(before, before.id == RankingRow.previous_id)
        .outerjoin(User, User.id == RankingEntry.confirmed_by_id)
        .where(RankingRow.id == row_id)
    )
    return db.session.execute(statement).one_or_none()


def previous_edition(edition: RankingEdition) -> RankingEdition | None:
    """The edition of the same list before this one that was imported with its rows."""
    return db.session.scalar(
        select(RankingEdition)
        .where(
            RankingEdition.list_id == edition.list_id,
            RankingEdition.year < edition.year,
            exists().where(RankingRow.edition_id == RankingEdition.id),
        )
        .order_by(RankingEdition.year.desc())
        .limit(1)
    )


def _changed(edition_id: int, previous_id: int, change: Change) -> Any:
    before = aliased(RankingRow)
    if change is Change.DROPPED:
        kept = exists().where(before.previous_id == RankingRow.id, before.edition_id == edition_id)
        return _rows().where(RankingRow.edition_id == previous_id, not_(kept))
    statement = (
        _rows()
        .add_columns(
            before.name_zh.label("before_zh"),
            before.name_en.label("before_en"),
            before.rank.label("before_rank"),
        )
        .outerjoin(before, before.id == RankingRow.previous_id)
        .where(RankingRow.edition_id == edition_id)
    )
    if change is Change.NEW:
        return statement.where(RankingRow.previous_id.is_(None))
    return statement.where(
        RankingRow.previous_id.is_not(None), RankingRow.is_renamed.is_(change is Change.RENAMED)
    )


def changes_of(edition_id: int, previous_id: int, change: Change, cursor: str | None) -> Page:
    """One page of rows that are new, dropped out, printed otherwise or as before. Raises CursorError."""
    statement = _changed(edition_id, previous_id, change)
    return keyset_page(db.session(), statement, AS_PRINTED, RankingRow.id, cursor, ROWS_SHOWN)


def change_counts(edition_id: int, previous_id: int) -> dict[Change, int]:
    counts = capped_counts(
        db.session(), [_changed(edition_id, previous_id, change) for change in Change]
    )
    return dict(zip(Change, counts, strict=True))
