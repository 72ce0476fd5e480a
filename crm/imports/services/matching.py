"""Which lead of ours a row of a ledger speaks of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select

from crm.accounts.rules import Actor
from crm.core.bulk import among, chunked
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.imports.models import LedgerRow as StoredRow
from crm.imports.rules import Field, LedgerRow
from crm.leads.access import may_edit
from crm.leads.models import Lead

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """The lead of a row, and how the ledger stated it last (None if it never did)."""

    lead_id: int
    stored: Row[Any] | None
    is_sensitive: bool
    is_editable: bool


@dataclass(slots=True)
class _Candidates:
    stored: dict[Key, Row[Any]] = field(default_factory=dict)
    stored_by_title: dict[str, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))
    stored_by_lead: dict[int, Row[Any]] = field(default_factory=dict)
    leads: dict[Key, int] = field(default_factory=dict)
    leads_by_title: dict[str, list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )


STORED = (
    StoredRow.id,
    StoredRow.lead_id,
    StoredRow.import_id,
    StoredRow.title_key,
    StoredRow.investor_key,
    StoredRow.sheet,
    StoredRow.excel_row,
    StoredRow.cells,
    StoredRow.unread,
    StoredRow.facts,
)


def key_of(row: LedgerRow) -> Key:
    """Title and investor as kept: cut to what the columns hold."""
    assert row.key is not None
    return row.key[0][:120], row.key[1][:120]


def match(actor: Actor, rows: Sequence[LedgerRow]) -> dict[int, Match]:
    """The matches by position in `rows`; rows that are not saved or stand for new leads are left out.

    A row is recognised by title and investor, as the ledger gave them last or as we hold them now;
    else by its title where only one project has it and its investor changed or was unknown; else by
    its number in the file where the investor is the same and only the title changed.
    """
    keys = {place: key_of(row) for place, row in enumerate(rows) if row.saved}
    found = _candidates({title for title, _ in keys.values()})
    in_file = set(keys.values())
    matched: dict[int, int] = {}
    taken: set[int] = set()

    def take(place: int, lead_id: int | None) -> None:
        if lead_id is not None and lead_id not in taken:
            matched[place] = lead_id
            taken.add(lead_id)

    for place, key in keys.items():
        stored = found.stored.get(key)
        take(place, stored.lead_id if stored else None)
    for place, key in keys.items():
        if place not in matched:
            take(place, found.leads.get(key))
    for place, (title, investor) in keys.items():
        if place not in matched:
            take(place, _by_title(found, title, investor, in_file, taken))
    left = [place for place in keys if place not in matched]
    for place, lead_id in _by_number(rows, left, keys, in_file, taken).items():
        take(place, lead_id)
    return _with_rights(actor, matched, found)


def _candidates(titles: set[str]) -> _Candidates:
    found = _Candidates()
    for chunk in chunked(titles):
        for row in db.session.execute(
            select(*STORED).where(among(StoredRow.title_key, chunk)).order_by(StoredRow.id)
        ):
            found.stored.setdefault((row.title_key, row.investor_key), row)
            found.stored_by_title[row.title_key].append(row)
            found.stored_by_lead[row.lead_id] = row
        for number, title, investor in db.session.execute(
            select(Lead.id, Lead.title_key, Enterprise.name_norm)
            .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
            .where(among(Lead.title_key, chunk))
            .order_by(Lead.id)
        ):
            found.leads.setdefault((title, investor or ""), number)
            found.leads_by_title[title].append((number, investor or ""))
    return found


def _by_title(
    found: _Candidates, title: str, investor: str, in_file: set[Key], taken: set[int]
) -> int | None:
    before = [
        row.lead_id
        for row in found.stored_by_title[title]
        if (row.title_key, row.investor_key) not in in_file and row.lead_id not in taken
    ]
    if len(before) == 1:
        return int(before[0])
    alone = found.leads_by_title[title]
    if len(alone) == 1 and alone[0][0] not in taken and not (investor and alone[0][1]):
        return alone[0][0]
    return None


def _by_number(
    rows: Sequence[LedgerRow],
    left: Sequence[int],
    keys: dict[int, Key],
    in_file: set[Key],
    taken: set[int],
) -> dict[int, int]:
    """Renamed projects: the same number in the same sheet, and the same investor as last time."""
    wanted = {
        (rows[place].sheet[:60], number, keys[place][1]): place
        for place in left
        if keys[place][1] and (number := rows[place].raw.get(Field.SEQUENCE))
    }
    found: dict[int, int] = {}
    for chunk in chunked(investor for _, _, investor in wanted):
        for row in db.session.execute(
            select(*STORED).where(among(StoredRow.investor_key, chunk)).order_by(StoredRow.id)
        ):
            number = row.cells.get(Field.SEQUENCE.value)
            place = wanted.get((row.sheet, number, row.investor_key))
            is_here = (row.title_key, row.investor_key) in in_file or row.lead_id in taken
            if place is not None and not is_here:
                found.setdefault(place, row.lead_id)
    return found


def _with_rights(actor: Actor, matched: dict[int, int], found: _Candidates) -> dict[int, Match]:
    stored = dict(found.stored_by_lead)
    rights: dict[int, tuple[bool, bool]] = {}
    for chunk in chunked(matched.values()):
        editable = set(
            db.session.scalars(select(Lead.id).where(among(Lead.id, chunk), may_edit(actor)))
        )
        for number, is_sensitive in db.session.execute(
            select(Lead.id, Lead.is_sensitive).where(among(Lead.id, chunk))
        ):
            rights[number] = (is_sensitive, number in editable)
        missing = [number for number in chunk if number not in stored]
        if missing:
            for row in db.session.execute(select(*STORED).where(among(StoredRow.lead_id, missing))):
                stored[row.lead_id] = row
    return {
        place: Match(lead_id, stored.get(lead_id), *rights[lead_id])
        for place, lead_id in matched.items()
    }
