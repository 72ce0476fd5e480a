"""Companies that a ranking prints and nobody has on record, where their name suits a segment."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from crm.chains.queries import terms_in_use
from crm.chains.rules.suggesting import CompanyText, Matcher
from crm.core.db import db, rows_of
from crm.enterprises.models import (
    Enterprise,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingRow,
)
from crm.enterprises.rules import normalise_name

MOST = 20


@dataclass(frozen=True, slots=True)
class PrintedCompany:
    """A row of a ranking whose name suits a segment; `words` are those that say so."""

    name: str
    list_name: str
    list_name_en: str | None
    year: int
    rank: int | None
    segment_id: int
    words: tuple[str, ...]


def printed_elsewhere(today: date, segment_ids: Collection[int]) -> Sequence[PrintedCompany]:
    """Of the newest edition of each ranking, the likeliest first; three statements, 20 at most."""
    rows = _unmatched(today)
    if not rows:
        return []
    # Of all segments in use: a longer word of another one hides a shorter one of this.
    matcher = Matcher(terms_in_use().values())
    found: dict[str, tuple[int, PrintedCompany]] = {}
    for row in rows:
        for each in matcher.suggest(CompanyText(row.name_zh)):
            if each.segment_id in segment_ids and row.name_zh not in found:
                company = PrintedCompany(
                    row.name_zh, row.name, row.name_en, row.year, row.rank, each.segment_id,
                    each.words,
                )  # fmt: skip
                found[row.name_zh] = (each.score, company)
    likeliest = sorted(found.values(), key=lambda one: (-one[0], one[1].name))[: 3 * MOST]
    known = _known(each.name for _, each in likeliest)
    return [each for _, each in likeliest if normalise_name(each.name)[:120] not in known][:MOST]


def _unmatched(today: date) -> Sequence[Any]:
    newest = (
        select(RankingEdition.list_id, func.max(RankingEdition.published_on).label("on"))
        .where(RankingEdition.published_on <= today)
        .group_by(RankingEdition.list_id)
        .subquery()
    )
    return rows_of(
        select(
            RankingRow.name_zh, RankingRow.rank, RankingEdition.year, RankingList.name,
            RankingList.name_en,
        )
        .join(RankingEdition, RankingEdition.id == RankingRow.edition_id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .join(
            newest,
            (newest.c.list_id == RankingEdition.list_id)
            & (newest.c.on == RankingEdition.published_on),
        )
        .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
        .where(RankingEntry.id.is_(None), RankingRow.name_zh.is_not(None))
        .order_by(RankingList.position, RankingRow.position)
    ).all()  # fmt: skip


def _known(names: Iterable[str]) -> frozenset[str]:
    keys = sorted({normalise_name(name)[:120] for name in names})
    statement = select(Enterprise.name_norm).where(Enterprise.name_norm.in_(keys))
    return frozenset(db.session.scalars(statement))
