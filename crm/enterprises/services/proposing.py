"""Finding our companies on an edition: proposals only, for a person to confirm or reject."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from crm.core.bulk import among, chunked, insert_rows
from crm.core.db import db
from crm.enterprises.models import (
    Enterprise,
    RankingEntry,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules.ranking import SCORE, Basis, Ours, Printed, Proposal, propose

READ_AT_ONCE = 5000


def propose_matches(edition_id: int) -> int:
    """Look for all our companies on the rows without a match; how many rows have a proposal now.

    What was confirmed on the edition before comes as a proposal too. What a person rejected, here
    or for the same company on the edition before, stays rejected.
    """
    rows = _open_rows(edition_id)
    taken = set(
        db.session.scalars(
            select(RankingEntry.enterprise_id).where(
                RankingEntry.edition_id == edition_id, RankingEntry.row_id.is_not(None)
            )
        )
    )
    best: dict[tuple[int, int], Proposal] = {}
    for proposal in [*propose(rows, _companies()), *_carried(edition_id)]:
        key = (proposal.row_id, proposal.company_id)
        if proposal.company_id not in taken and (
            key not in best or best[key].score < proposal.score
        ):
            best[key] = proposal
    rejected = _rejected(edition_id)
    _store(edition_id, best, rejected)
    return len({row_id for row_id, company in best if (row_id, company) not in rejected})


def _open_rows(edition_id: int) -> list[Printed]:
    statement = (
        select(
            RankingRow.id,
            RankingRow.name_zh,
            RankingRow.name_en,
            RankingRow.uscc,
            RankingRow.rank,
            RankingRow.country,
        )
        .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
        .where(RankingRow.edition_id == edition_id, RankingEntry.id.is_(None))
        .order_by(RankingRow.position)
    )
    return [Printed(*row) for row in db.session.execute(statement)]


def _companies() -> Iterator[Ours]:
    """Every registered company, in portions: the base may hold a hundred thousand."""
    last = 0
    while True:
        rows = db.session.execute(
            select(
                Enterprise.id,
                Enterprise.name,
                Enterprise.short_name,
                Enterprise.former_names,
                Enterprise.name_en,
                Enterprise.uscc,
            )
            .where(Enterprise.id > last)
            .order_by(Enterprise.id)
            .limit(READ_AT_ONCE)
        ).all()
        for number, name, short, former, english, uscc in rows:
            yield Ours(number, name, short, tuple((former or "").splitlines()), english, uscc)
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1].id


def _carried(edition_id: int) -> list[Proposal]:
    """What was confirmed for the same company's row on the edition before."""
    mine = aliased(RankingEntry)
    statement = (
        select(RankingRow.id, RankingEntry.enterprise_id, RankingRow.is_renamed)
        .join(RankingEntry, RankingEntry.row_id == RankingRow.previous_id)
        .outerjoin(mine, mine.row_id == RankingRow.id)
        .where(RankingRow.edition_id == edition_id, mine.id.is_(None))
    )
    return [
        Proposal(row_id, company, basis, SCORE[basis])
        for row_id, company, is_renamed in db.session.execute(statement)
        for basis in (Basis.CARRIED_RENAMED if is_renamed else Basis.CARRIED,)
    ]


def _rejected(edition_id: int) -> dict[tuple[int, int], Any]:
    """(row, company) a person rejected, on this edition or for its row on the edition before."""
    columns = (
        RankingProposal.enterprise_id,
        RankingProposal.rejected_by_id,
        RankingProposal.rejected_at,
        RankingProposal.reason,
    )
    found: dict[tuple[int, int], Any] = {}
    for link in (RankingRow.previous_id, RankingRow.id):  # what was said here goes last and before
        statement = (
            select(RankingRow.id, *columns)
            .join(RankingProposal, RankingProposal.row_id == link)
            .where(RankingRow.edition_id == edition_id, RankingProposal.rejected_at.is_not(None))
        )
        for row_id, company, by_id, at, reason in db.session.execute(statement):
            found[row_id, company] = {"rejected_by_id": by_id, "rejected_at": at, "reason": reason}
    return found


def _store(
    edition_id: int,
    best: dict[tuple[int, int], Proposal],
    rejected: dict[tuple[int, int], Any],
) -> None:
    """Add what is new, bring up to date what is known, forget open ones nothing speaks for any more."""
    known = {
        (row.row_id, row.enterprise_id): row
        for row in db.session.execute(
            select(
                RankingProposal.id,
                RankingProposal.row_id,
                RankingProposal.enterprise_id,
                RankingProposal.basis,
                RankingProposal.rejected_at,
            )
            .join(RankingRow, RankingRow.id == RankingProposal.row_id)
            .outerjoin(RankingEntry, RankingEntry.row_id == RankingRow.id)
            .where(RankingRow.edition_id == edition_id, RankingEntry.id.is_(None))
        )
    }
    for ids in chunked(
        row.id for key, row in known.items() if row.rejected_at is None and key not in best
    ):
        db.session.execute(delete(RankingProposal).where(among(RankingProposal.id, ids)))
    firmer = [
        {"id": known[key].id, "basis": proposal.basis, "score": proposal.score}
        for key, proposal in best.items()
        if key in known and known[key].basis is not proposal.basis
    ]
    if firmer:
        db.session.execute(update(RankingProposal), firmer)
    none = {"rejected_by_id": None, "rejected_at": None, "reason": None}
    insert_rows(
        RankingProposal,
        [
            {
                "row_id": row_id, "enterprise_id": company,
                "basis": proposal.basis, "score": proposal.score,
                **rejected.get((row_id, company), none),
            }
            for (row_id, company), proposal in best.items()
            if (row_id, company) not in known
        ],
    )  # fmt: skip
