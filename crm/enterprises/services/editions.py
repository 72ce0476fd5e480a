"""Taking in an edition of a list: all of it after a look at what it would change, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from crm.core.bulk import among, chunked, insert_rows
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.core.sheets import Sheet
from crm.enterprises.models import (
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules.ranking import Basis, Difference, Pair, Printed, compare
from crm.enterprises.rules.ranking.columns import ColumnMapping
from crm.enterprises.rules.ranking.reading import ListRow, ReadEdition, read_edition
from crm.enterprises.services.proposing import propose_matches
from crm.enterprises.services.rankings import save_edition
from crm.history import services as history
from crm.history.services import Doer

ASIDE = 10_000_000
"""Added to the positions of rows while they are numbered anew: two rows may not share one."""
COLUMNS = (
    "position", "rank", "name_zh", "name_en", "country", "revenue", "uscc", "parent_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EditionEntry:
    """Which edition a file is: list, year, day of publication, and the paper or address it is from."""

    list_id: int
    year: int
    published_on: date
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file holds and what importing it does or did."""

    entry: EditionEntry
    read: ReadEdition
    mapping: ColumnMapping
    against_year: int | None
    """The year compared with: the edition itself if it was imported before, else the one before it."""
    difference: Difference | None
    is_again: bool = False
    """Whether this very edition was imported before."""
    faults: tuple[Fault, ...] = ()
    """Why it cannot be imported, beside what the rows themselves say."""
    edition_id: int | None = None
    proposed: int = 0
    changed: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Imported again: by place in the file, the columns whose values differ."""

    @property
    def may_import(self) -> bool:
        return not self.read.is_blocked and not self.faults


def look_at(sheet: Sheet, mapping: ColumnMapping, entry: EditionEntry, *, today: date) -> Taken:
    """What importing this sheet would do; changes nothing. Raises NotFound for an unknown list."""
    if db.session.get(RankingList, entry.list_id) is None:
        raise NotFound
    read = read_edition(sheet, mapping, entry.year)
    known = _edition(entry)
    stored = _stored(known.id) if known else []
    is_again = bool(stored)
    against = known if is_again else _neighbour(entry, before=True)
    if not is_again and against:
        stored = _stored(against.id)
    now = [_printed(place, row) for place, row in enumerate(read.rows)]
    difference = None
    changed: dict[int, list[str]] = {}
    if against is not None:
        difference = compare([_as_printed(row) for row in stored], now)
        if is_again:
            difference = _same_company_only(difference)
            by_id = {row.id: row for row in stored}
            for pair in difference.pairs:
                told = _changed_columns(by_id[pair.before.id], _values(read.rows[pair.now.id]))
                if told:
                    changed[pair.now.id] = told
    faults = _faults(entry, known, today)
    if is_again and difference:
        faults += _confirmed_and_gone(difference.dropped)
    return Taken(
        entry, read, mapping, against.year if against else None, difference, is_again,
        tuple(faults), known.id if known else None, changed=changed,
    )  # fmt: skip


def import_edition(
    actor: Doer,
    at: datetime,
    sheet: Sheet,
    mapping: ColumnMapping,
    entry: EditionEntry,
    *,
    filename: str,
    today: date,
) -> Taken:
    """Store every row of an edition, link it with its neighbours and propose matches.

    Imported again, rows that are the same company keep their confirmed match; the others are
    replaced. Raises Refused with everything that stands against it, NotFound.
    """
    # Two people importing editions of one list wait for each other: the second sees what the first did.
    db.session.scalar(
        select(RankingList.id).where(RankingList.id == entry.list_id).with_for_update()
    )
    taken = look_at(sheet, mapping, entry, today=today)
    if not taken.may_import:
        raise Refused([*taken.faults, *_blocked(taken.read)])
    edition = _edition(entry)
    if edition is None:
        edition = save_edition(
            actor, at, None,
            list_id=entry.list_id, year=entry.year, published_on=entry.published_on,
            document=entry.document, today=today,
        )  # fmt: skip
    elif entry.document and not edition.document:
        edition.document = entry.document
    edition.revenue_unit = taken.read.revenue_unit
    edition.source_file = filename[-200:]
    edition.imported_by_id, edition.imported_at = actor.id or None, at
    db.session.flush()
    if taken.is_again and taken.difference:
        _replace(actor, at, edition, taken.read.rows, taken.difference)
    else:
        _insert(edition.id, taken.read.rows, range(len(taken.read.rows)))
    link_neighbours(edition)
    proposed = propose_matches(edition.id)
    history.record(
        actor, at, "edition_imported", edition,
        after={
            "rows": len(taken.read.rows), "file": edition.source_file,
            "new": len(taken.difference.new) if taken.difference else len(taken.read.rows),
            "dropped": len(taken.difference.dropped) if taken.difference else 0,
        },
    )  # fmt: skip
    return Taken(
        entry, taken.read, mapping, taken.against_year, taken.difference, taken.is_again, (),
        edition.id, proposed, taken.changed,
    )  # fmt: skip


def _faults(entry: EditionEntry, known: RankingEdition | None, today: date) -> list[Fault]:
    found = []
    if entry.published_on > today:
        text = _l("发布日期晚于今天，榜单发布后再登记")
        found.append(Fault("published_on", "in_future", text))
    if abs(entry.published_on.year - entry.year) > 1:
        text = _l("发布日期与年度相差一年以上，请核对")
        found.append(Fault("published_on", "year_far", text))
    if known is not None and known.published_on != entry.published_on:
        text = _l(
            "该年度已登记的发布日期是%(day)s，请填同一天；登记有误的，先在榜单页更正",
            day=known.published_on.isoformat(),
        )
        found.append(Fault("published_on", "other_day", text))
    return found


def _blocked(read: ReadEdition) -> list[Fault]:
    return [
        Fault("file", message.fault.value, f"{message.row}: {message.fault.value} {message.value}")
        for message in read.messages
        if message.is_blocking
    ]


def _confirmed_and_gone(dropped: Sequence[Printed]) -> list[Fault]:
    """A confirmed match is never dropped with its row: a person withdraws it first."""
    names = {row.id: row.name_zh or row.name_en or "" for row in dropped}
    matched: list[int] = []
    for ids in chunked(names):
        matched += db.session.scalars(
            select(RankingEntry.row_id).where(among(RankingEntry.row_id, ids))
        )
    if not matched:
        return []
    text = _l(
        "新文件里没有已确认上榜的：%(names)s。请先在企业页撤销上榜，再导入",
        names="、".join(names[row_id] for row_id in matched[:10]),
    )
    return [Fault("file", "confirmed_gone", text)]


def _edition(entry: EditionEntry) -> RankingEdition | None:
    return db.session.scalar(
        select(RankingEdition).where(
            RankingEdition.list_id == entry.list_id, RankingEdition.year == entry.year
        )
    )


def _neighbour(entry: EditionEntry, *, before: bool) -> RankingEdition | None:
    """The nearest edition of the list, before or after, that was imported with its rows."""
    year = RankingEdition.year
    return db.session.scalar(
        select(RankingEdition)
        .where(
            RankingEdition.list_id == entry.list_id,
            year < entry.year if before else year > entry.year,
            RankingEdition.id.in_(select(RankingRow.edition_id)),
        )
        .order_by(year.desc() if before else year)
        .limit(1)
    )


def _stored(edition_id: int) -> Sequence[Any]:
    columns = [getattr(RankingRow, name) for name in COLUMNS]
    return db.session.execute(
        select(RankingRow.id, *columns)
        .where(RankingRow.edition_id == edition_id)
        .order_by(RankingRow.position)
    ).all()


def _as_printed(row: Any) -> Printed:
    return Printed(row.id, row.name_zh, row.name_en, row.uscc, row.rank, row.country)


def _printed(place: int, row: ListRow) -> Printed:
    return Printed(place, row.name_zh, row.name_en, row.uscc, row.rank, row.country)


def _values(row: ListRow) -> dict[str, Any]:
    return {
        "rank": row.rank, "name_zh": row.name_zh, "name_en": row.name_en, "country": row.country,
        "revenue": row.revenue, "uscc": row.uscc, "parent_key": row.parent,
    }  # fmt: skip


def _changed_columns(stored: Any, values: Mapping[str, Any]) -> list[str]:
    return [name for name, value in values.items() if getattr(stored, name) != value]


def _same_company_only(found: Difference) -> Difference:
    """Within one edition a merely similar name is another company: the old row goes, a new one comes."""
    sure: list[Pair] = [pair for pair in found.pairs if pair.basis is not Basis.SIMILAR]
    unsure = [pair for pair in found.pairs if pair.basis is Basis.SIMILAR]
    return Difference(
        tuple(sure),
        (*found.new, *(pair.now for pair in unsure)),
        (*found.dropped, *(pair.before for pair in unsure)),
    )


def _insert(edition_id: int, rows: Sequence[ListRow], places: Sequence[int]) -> None:
    insert_rows(
        RankingRow,
        [
            {
                "edition_id": edition_id, "position": place + 1, "previous_id": None,
                "is_renamed": False, **_values(rows[place]),
            }
            for place in places
        ],
    )  # fmt: skip


def _replace(
    actor: Doer,
    at: datetime,
    edition: RankingEdition,
    rows: Sequence[ListRow],
    difference: Difference,
) -> None:
    """Bring the stored rows in line with the file; matches stay with the rows that stay."""
    gone = [row.id for row in difference.dropped]
    for ids in chunked(gone):
        db.session.execute(delete(RankingProposal).where(among(RankingProposal.row_id, ids)))
        db.session.execute(
            update(RankingRow).where(among(RankingRow.previous_id, ids)).values(previous_id=None)
        )
        db.session.execute(delete(RankingRow).where(among(RankingRow.id, ids)))
    mine = RankingRow.edition_id == edition.id
    db.session.execute(
        update(RankingRow).where(mine).values(position=RankingRow.position + ASIDE),
        execution_options={"synchronize_session": False},
    )
    if difference.pairs:
        db.session.execute(
            update(RankingRow),
            [
                {"id": pair.before.id, "position": pair.now.id + 1, **_values(rows[pair.now.id])}
                for pair in difference.pairs
            ],
        )
    _insert(edition.id, rows, sorted(row.id for row in difference.new))
    db.session.expire_all()
    _correct_ranks(actor, at, edition)


def _correct_ranks(actor: Doer, at: datetime, edition: RankingEdition) -> None:
    """A confirmed company's rank follows the corrected file, and the trail tells."""
    moved = db.session.execute(
        select(RankingEntry, RankingRow.rank)
        .join(RankingRow, RankingRow.id == RankingEntry.row_id)
        .where(
            RankingEntry.edition_id == edition.id,
            RankingEntry.rank.is_distinct_from(RankingRow.rank),
        )
    ).all()
    for entry, rank in moved:
        entry.rank = rank
        history.record_changes(actor, at, "ranking_corrected", entry)
    db.session.flush()


def link_neighbours(edition: RankingEdition) -> None:
    """Say of every row which row of the edition before is the same company; so for the one after."""
    entry = EditionEntry(edition.list_id, edition.year, edition.published_on)
    before, after = _neighbour(entry, before=True), _neighbour(entry, before=False)
    _link(edition.id, before.id if before else None)
    if after is not None:
        _link(after.id, edition.id)


def _link(edition_id: int, previous_id: int | None) -> None:
    db.session.execute(
        update(RankingRow)
        .where(RankingRow.edition_id == edition_id)
        .values(previous_id=None, is_renamed=False),
        execution_options={"synchronize_session": False},
    )
    if previous_id is None:
        return
    found = compare(
        [_as_printed(row) for row in _stored(previous_id)],
        [_as_printed(row) for row in _stored(edition_id)],
    )
    if found.pairs:
        db.session.execute(
            update(RankingRow),
            [
                {"id": pair.now.id, "previous_id": pair.before.id, "is_renamed": pair.is_renamed}
                for pair in found.pairs
            ],
        )
    db.session.expire_all()
