"""Reading ranking lists: who stands on which edition, what an edition prints, what waits for a person."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from crm.accounts.models import User
from crm.core.db import db
from crm.enterprises.models import (
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)


def memberships_of(enterprise_id: int) -> Sequence[Any]:
    """Confirmed places on rankings, the latest publication first."""
    statement = (
        select(
            RankingEntry.id,
            RankingEntry.rank,
            RankingEntry.name_on_list,
            RankingEntry.document,
            RankingEntry.confirmed_at,
            RankingEdition.year,
            RankingEdition.published_on,
            RankingList.name.label("list_name"),
            RankingList.name_en.label("list_name_en"),
            User.name.label("confirmed_by"),
        )
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .join(User, User.id == RankingEntry.confirmed_by_id)
        .where(RankingEntry.enterprise_id == enterprise_id)
        .order_by(RankingEdition.published_on.desc(), RankingList.position, RankingEntry.id)
    )
    return db.session.execute(statement).all()


def lists_they_stand_on(enterprise_ids: Collection[int]) -> dict[int, list[Any]]:
    """For each of these companies the rankings it was ever confirmed on, with the latest year."""
    if not enterprise_ids:
        return {}
    statement = (
        select(
            RankingEntry.enterprise_id,
            RankingList.name,
            RankingList.name_en,
            func.max(RankingEdition.year).label("year"),
        )
        .join(RankingEdition, RankingEdition.id == RankingEntry.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .where(RankingEntry.enterprise_id.in_(enterprise_ids))
        .group_by(
            RankingEntry.enterprise_id, RankingList.id, RankingList.name, RankingList.name_en,
            RankingList.position,
        )
        .order_by(RankingEntry.enterprise_id, RankingList.position)
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row.enterprise_id, []).append(row)
    return found


def ranking_lists() -> Sequence[Any]:
    """(id, code, name, name_en, publisher) of the known rankings in their order."""
    statement = select(
        RankingList.id,
        RankingList.code,
        RankingList.name,
        RankingList.name_en,
        RankingList.publisher,
    ).order_by(RankingList.position, RankingList.id)
    return db.session.execute(statement).all()


def editions() -> Sequence[Any]:
    """Every edition, newest first: companies confirmed, rows imported, rows that wait for a person."""
    members = (
        select(RankingEntry.edition_id, func.count().label("n"))
        .group_by(RankingEntry.edition_id)
        .subquery()
    )
    rows = (
        select(RankingRow.edition_id, func.count().label("n"))
        .group_by(RankingRow.edition_id)
        .subquery()
    )
    waiting = (
        select(RankingRow.edition_id, func.count(RankingRow.id.distinct()).label("n"))
        .join(RankingProposal, RankingProposal.row_id == RankingRow.id)
        .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
        .where(RankingProposal.rejected_at.is_(None), RankingEntry.id.is_(None))
        .group_by(RankingRow.edition_id)
        .subquery()
    )
    statement = (
        select(
            RankingEdition.id,
            RankingEdition.list_id,
            RankingEdition.year,
            RankingEdition.published_on,
            RankingEdition.document,
            RankingList.name.label("list_name"),
            RankingList.name_en.label("list_name_en"),
            RankingEdition.imported_at,
            User.name.label("imported_by"),
            func.coalesce(members.c.n, 0).label("members"),
            func.coalesce(rows.c.n, 0).label("rows"),
            func.coalesce(waiting.c.n, 0).label("waiting"),
        )
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .outerjoin(members, members.c.edition_id == RankingEdition.id)
        .outerjoin(rows, rows.c.edition_id == RankingEdition.id)
        .outerjoin(waiting, waiting.c.edition_id == RankingEdition.id)
        .outerjoin(User, User.id == RankingEdition.imported_by_id)
        .order_by(RankingList.position, RankingEdition.year.desc())
    )
    return db.session.execute(statement).all()


def edition_by_id(edition_id: int) -> RankingEdition | None:
    return db.session.get(RankingEdition, edition_id)


def members_of_edition(edition_id: int) -> Sequence[int]:
    """Ids of the companies confirmed on an edition."""
    statement = select(RankingEntry.enterprise_id).where(RankingEntry.edition_id == edition_id)
    return db.session.scalars(statement).all()
