"""Taking companies an edition prints, and nobody registered yet, into the base."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.enterprises.models import Enterprise, RankingEdition, RankingEntry, RankingList
from crm.enterprises.queries import unmatched_rows
from crm.enterprises.rules import loose_name, normalise_name
from crm.enterprises.rules.roster import Outcome, RosterRow, Told, tell_apart
from crm.enterprises.services.identity import LONGEST_NAME
from crm.enterprises.services.proposing import propose_matches
from crm.enterprises.services.roster_import import add_companies
from crm.enterprises.services.roster_look import RosterLook, known_companies, register_in_turn
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.history.services import Doer, event_row

ALL_ROWS = "all"


@dataclass(frozen=True, slots=True)
class Registered:
    """How many companies were added, whether their places were confirmed, and how many rows were left
    because a company of that name, or a like one, is registered by now."""

    added: int
    is_confirmed: bool
    left: int
    enterprise_ids: tuple[int, ...]


def companies_to_register(edition_id: int) -> list[tuple[Any, Told]]:
    """The printed rows without a company of ours, each with what it is by DOMAIN §5: a known name
    or code (look for matches again), perhaps a double, or new."""
    rows = {row.id: row for row in unmatched_rows(edition_id)}
    printed = [_as_roster_row(row) for row in rows.values()]
    return [(rows[told.row.sheet_row], told) for told in tell_apart(printed, known_companies)]


def register_rows(
    actor: Doer,
    at: datetime,
    edition_id: int,
    rows: Collection[int] | str,
    *,
    document: str | None = None,
) -> Registered:
    """Register the companies that the named rows print, under the printed name (ALL_ROWS: all new
    ones). With a `document` their places are confirmed at once; without one they wait to be checked.

    A possible double is registered only if its row is named. Raises Refused, NotFound.
    """
    register_in_turn()
    edition = db.session.get(RankingEdition, edition_id)
    if edition is None:
        raise NotFound
    found = companies_to_register(edition_id)
    chosen = [
        (printed, told.row)
        for printed, told in found
        if (told.outcome is Outcome.NEW and (rows == ALL_ROWS or printed.id in rows))
        or (told.outcome is Outcome.DOUBLE and rows != ALL_ROWS and printed.id in rows)
    ]
    if not chosen:
        raise Refused([Fault("", "nothing_chosen", _l("请勾选要登记的企业"))])
    wanted = len(found) if rows == ALL_ROWS else len(rows)
    known_at = history.recorded(at)
    try:
        ids = add_companies(actor, known_at, RosterLook({}, new=[row for _printed, row in chosen]))
        if document:
            _confirm(
                actor, at, edition, [(printed, ids[-printed.id]) for printed, _ in chosen], document
            )
    except IntegrityError:
        text = _l("刚刚有人登记了其中的企业，没有保存任何内容，请再看一次")
        raise Refused([Fault("", "registered_meanwhile", text)]) from None
    history.record(
        actor, at, "edition_companies_registered", edition,
        after={"year": edition.year, "added": len(chosen), "document": document},
    )  # fmt: skip
    db.session.flush()
    if not document:
        propose_matches(edition_id)
    return Registered(len(chosen), bool(document), wanted - len(chosen), tuple(ids.values()))


def _as_roster_row(row: Any) -> RosterRow:
    """As a row of a file, numbered by its id."""
    name = (row.name_zh or row.name_en or "")[:LONGEST_NAME]
    return RosterRow(
        row.id, name,
        norm=normalise_name(name)[:LONGEST_NAME],
        loose=loose_name(name)[:LONGEST_NAME],
        uscc=row.uscc,
        facts={"name_en": row.name_en} if row.name_en else {},
    )  # fmt: skip


def _confirm(
    actor: Doer,
    at: datetime,
    edition: RankingEdition,
    pairs: Sequence[tuple[Any, int]],
    document: str,
) -> None:
    list_name = db.session.scalar(select(RankingList.name).where(RankingList.id == edition.list_id))
    names = {row.id: (row.name_zh or row.name_en or "")[:LONGEST_NAME] for row, _ in pairs}
    insert_rows(
        RankingEntry,
        [
            {
                "edition_id": edition.id, "enterprise_id": company, "row_id": row.id,
                "rank": row.rank, "name_on_list": names[row.id], "document": document,
                "confirmed_by_id": actor.id, "confirmed_at": at,
            }
            for row, company in pairs
        ],
    )  # fmt: skip
    known_at = history.recorded(at)
    insert_rows(
        AuditEvent,
        [
            event_row(
                actor, known_at, "ranking_confirmed", Enterprise, company,
                {
                    "list": list_name, "year": edition.year, "rank": row.rank,
                    "name_on_list": names[row.id], "document": document,
                },
            )
            for row, company in pairs
        ],
    )  # fmt: skip
