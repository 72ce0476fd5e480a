"""A person says which of our companies a printed row is, or that it is none of those proposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.enterprises.models import Enterprise, RankingEntry, RankingProposal, RankingRow
from crm.enterprises.rules.ranking import EXACT
from crm.enterprises.services.identity import EnterpriseEntry, save
from crm.enterprises.services.rankings import Membership, confirm_membership
from crm.history import services as history
from crm.history.services import Doer


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The companies of a bulk confirmation, and how many pairs had changed since the list was shown."""

    enterprise_ids: tuple[int, ...]
    left: int


def confirm_match(
    actor: Doer, at: datetime, row_id: int, enterprise_id: int, document: str | None
) -> RankingEntry:
    """Confirm that a printed row is this company. `document` is the paper; without one it is refused.

    Raises Refused (document_missing, row_matched, company_matched), NotFound.
    """
    row = _row(row_id)
    if db.session.get(Enterprise, enterprise_id) is None:
        raise NotFound
    if not document or not document.strip():
        raise Refused([Fault("document", "document_missing", _l("请写明依据"))])
    if db.session.scalar(select(RankingEntry.id).where(RankingEntry.row_id == row.id)):
        text = _l("这一行已经确认；需要更正的，先在企业页撤销")
        raise Refused([Fault("enterprise_id", "row_matched", text)])
    entry = _by_hand(actor, at, row, enterprise_id) or confirm_membership(
        actor, at, enterprise_id,
        Membership(
            row.edition_id, document.strip()[:200], row.rank,
            (row.name_zh or row.name_en or "")[:120] or None, row.id,
        ),
    )  # fmt: skip
    _settle(row, enterprise_id)
    return entry


def confirm_exact(
    actor: Doer,
    at: datetime,
    edition_id: int,
    pairs: Sequence[tuple[int, int]],
    document: str | None,
) -> Confirmed:
    """Confirm (row, company) pairs of an edition that are proposed on an exact basis; others are left."""
    if not document or not document.strip():
        raise Refused([Fault("document", "document_missing", _l("请写明依据"))])
    open_pairs = {
        (row_id, company)
        for row_id, company in db.session.execute(
            select(RankingProposal.row_id, RankingProposal.enterprise_id)
            .join(RankingRow, RankingRow.id == RankingProposal.row_id)
            .where(
                RankingRow.edition_id == edition_id,
                RankingProposal.rejected_at.is_(None),
                RankingProposal.basis.in_(sorted(EXACT)),
            )
        )
    }
    done: list[int] = []
    for row_id, company in dict.fromkeys(pairs):
        if (row_id, company) not in open_pairs:
            continue
        try:
            confirm_match(actor, at, row_id, company, document)
        except Refused:
            continue  # somebody else was faster; counted as left
        done.append(company)
    return Confirmed(tuple(done), len(dict.fromkeys(pairs)) - len(done))


def reject_match(
    actor: Doer, at: datetime, row_id: int, enterprise_id: int, reason: str | None
) -> None:
    """Say that a proposal is another company; it is not proposed again. Raises NotFound."""
    row = _row(row_id)
    proposal = db.session.scalar(
        select(RankingProposal).where(
            RankingProposal.row_id == row_id, RankingProposal.enterprise_id == enterprise_id
        )
    )
    company = db.session.get(Enterprise, enterprise_id)
    if proposal is None or company is None:
        raise NotFound
    if proposal.rejected_at is not None:
        return
    proposal.rejected_by_id, proposal.rejected_at = actor.id or None, at
    proposal.reason = (reason or "").strip()[:200] or None
    history.record(
        actor, at, "match_rejected", company,
        after={"name_on_list": row.name_zh or row.name_en, "rank": row.rank}, note=proposal.reason,
    )  # fmt: skip
    db.session.flush()


def register_from_row(
    actor: Doer, at: datetime, row_id: int, entry: EnterpriseEntry, document: str | None
) -> RankingEntry:
    """Register the company a row prints, by the same rules as any other, and confirm the match.

    Raises Refused as `save` and `confirm_match` do, NotFound.
    """
    _row(row_id)
    company = save(actor, at, None, entry)
    return confirm_match(actor, at, row_id, company.id, document)


def _row(row_id: int) -> RankingRow:
    row = db.session.scalar(select(RankingRow).where(RankingRow.id == row_id).with_for_update())
    if row is None:
        raise NotFound
    return row


def _by_hand(actor: Doer, at: datetime, row: RankingRow, enterprise_id: int) -> RankingEntry | None:
    """What was confirmed before the rows were imported only gets its row: who and paper stay."""
    entry = db.session.scalar(
        select(RankingEntry).where(
            RankingEntry.edition_id == row.edition_id, RankingEntry.enterprise_id == enterprise_id
        )
    )
    if entry is None:
        return None
    if entry.row_id is not None:
        text = _l("这家企业已对应榜单上的另一行；需要更正的，先在企业页撤销")
        raise Refused([Fault("enterprise_id", "company_matched", text)])
    entry.row_id, entry.rank = row.id, row.rank
    entry.name_on_list = (row.name_zh or row.name_en or "")[:120] or None
    history.record_changes(actor, at, "ranking_corrected", entry)
    db.session.flush()
    return entry


def _settle(row: RankingRow, enterprise_id: int) -> None:
    """The company is found: it is not proposed for other rows, and no longer rejected for this one."""
    rows = select(RankingRow.id).where(
        RankingRow.edition_id == row.edition_id, RankingRow.id != row.id
    )
    db.session.execute(
        delete(RankingProposal).where(
            RankingProposal.enterprise_id == enterprise_id,
            RankingProposal.rejected_at.is_(None),
            RankingProposal.row_id.in_(rows),
        )
    )
    db.session.execute(
        delete(RankingProposal).where(
            RankingProposal.enterprise_id == enterprise_id,
            RankingProposal.rejected_at.is_not(None),
            RankingProposal.row_id == row.id,
        )
    )
