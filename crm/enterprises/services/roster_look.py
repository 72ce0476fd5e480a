"""What importing a file of companies would do: who is new, who is known, who may be a double."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.core.bulk import among, chunked
from crm.core.db import db, rows_of, take_turns
from crm.core.errors import Fault, Refused
from crm.core.sheets import Sheet
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import clean_uscc, is_uscc, normalise_name
from crm.enterprises.rules.roster import (
    Compared,
    Known,
    Outcome,
    RosterColumn,
    RosterFault,
    RosterMessage,
    RosterRow,
    Told,
    compare_facts,
    read_roster,
    roster_columns,
    tell_apart,
)
from crm.enterprises.services.identity import COLUMNS, LONGEST_DESCENT

READ_AT_ONCE = 5000
REGISTERING = 20260102
"""The advisory lock of whoever registers companies by the hundred."""
ALL_DOUBLES = "all"
KEYS = ("name_norm", "version")


@dataclass(slots=True)
class RosterLook:
    """A file of companies and what importing it does.

    A parent that the file itself adds is told by its row, as a negative number, until it has an id.
    """

    columns: Mapping[RosterColumn, int]
    new: list[RosterRow] = field(default_factory=list)
    """To be added, possible doubles among them that a person chose."""
    known: dict[int, RosterRow] = field(default_factory=dict)
    """By company."""
    compared: dict[int, Compared] = field(default_factory=dict)
    """Of the known ones, where the file gives more or otherwise."""
    ours: dict[int, Any] = field(default_factory=dict)
    """The stored columns of those in `compared`."""
    doubles: list[Told] = field(default_factory=list)
    """Possible doubles that nobody chose: they are left."""
    messages: list[RosterMessage] = field(default_factory=list)
    faulty: int = 0
    parents: dict[int, int] = field(default_factory=dict)
    """By row of the file: the parent's id, or minus its row."""

    @property
    def filled(self) -> list[int]:
        return [number for number, found in self.compared.items() if found.fills]

    @property
    def differing(self) -> list[int]:
        return [number for number, found in self.compared.items() if found.differs]

    @property
    def changes_nothing(self) -> bool:
        return not self.new and not self.filled


def look_at_roster(
    sheet: Sheet, take: Collection[int] | str = (), *, to_write: bool = False
) -> RosterLook:
    """What importing the sheet would do; changes nothing. `take` names the rows of possible doubles
    to add all the same (ALL_DOUBLES: every one); `to_write` locks the known companies, of which leads
    may be entered meanwhile.

    Raises Refused for a sheet without a column of names or without rows.
    """
    header, columns = roster_columns(sheet)
    if RosterColumn.NAME not in columns:
        text = _l("没有找到“企业名称”一列，请用模板里的表头")
        raise Refused([Fault("file", "no_name_column", text)])
    roster = read_roster(sheet, header, columns)
    if not roster.rows and not roster.messages:
        raise Refused([Fault("file", "no_rows", _l("表头下面没有企业"))])
    look = RosterLook(columns, messages=[*roster.messages], faulty=roster.faulty)
    for told in tell_apart(roster.rows, known_companies):
        if told.outcome is Outcome.FAULTY and told.fault:
            look.faulty += 1
            look.messages.append(told.fault)
        elif told.company_id in look.known:  # once by its code, once by its name
            first = str(look.known[told.company_id].sheet_row)
            message = RosterMessage(RosterFault.SAME_ROW, told.row.sheet_row, first)
            look.messages.append(message)
        elif told.company_id is not None:
            look.known[told.company_id] = told.row
        elif told.outcome is Outcome.NEW or take == ALL_DOUBLES or told.row.sheet_row in take:
            look.new.append(told.row)
        else:
            look.doubles.append(told)
    _find_parents(look)
    _compare(look, to_write=to_write)
    look.messages.sort(key=lambda each: (not each.keeps_out, each.row))
    return look


def register_in_turn() -> None:
    """To be called before the look whose new companies are written: one without a code has no key by
    which the database would refuse it a second time."""
    take_turns(REGISTERING)


def known_companies() -> Iterator[Known]:
    """Every registered company by what tells it apart, in portions: the base may hold 100,000."""
    last = 0
    while True:
        rows = rows_of(
            select(
                Enterprise.id,
                Enterprise.name,
                Enterprise.name_norm,
                Enterprise.name_loose,
                Enterprise.uscc,
                Enterprise.former_names,
            )
            .where(Enterprise.id > last)
            .order_by(Enterprise.id)
            .limit(READ_AT_ONCE)
        ).all()
        for number, name, norm, loose, uscc, former in rows:
            names = [normalise_name(each) for each in former.splitlines()] if former else ()
            yield Known(number, name, norm, loose, uscc, names)
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1].id


def _find_parents(look: RosterLook) -> None:
    """Parents by code or whole name, among our companies and those the file adds; no circles."""
    rows = [*look.new, *look.known.values()]
    wanted = {row.parent for row in rows if row.parent}
    if not wanted:
        for row in rows:
            _tell_lone_share(look, row)
        return
    places = _places_of(look, wanted)
    held = select(Enterprise.id, Enterprise.parent_id).where(Enterprise.parent_id.is_not(None))
    above: dict[int, Any] = dict(iter(rows_of(held)))
    own = {row.sheet_row: number for number, row in look.known.items()}
    for row in rows:
        if not row.parent:
            _tell_lone_share(look, row)
            continue
        here, parent = own.get(row.sheet_row, -row.sheet_row), places.get(row.parent)
        if parent is None:
            _tell(look, row, RosterFault.PARENT_UNKNOWN, row.parent)
        elif here in above:
            look.parents[row.sheet_row] = parent  # it has one: compared, never overwritten
        elif _leads_to(parent, here, above):
            _tell(look, row, RosterFault.PARENT_CIRCLE, row.parent)
        else:
            look.parents[row.sheet_row] = parent
            above[here] = parent


def _tell_lone_share(look: RosterLook, row: RosterRow) -> None:
    share = (row.facts or {}).get("parent_shareholding")
    if share is not None:
        _tell(look, row, RosterFault.SHARE_ALONE, f"{share}")


def _tell(look: RosterLook, row: RosterRow, fault: RosterFault, value: str) -> None:
    look.messages.append(RosterMessage(fault, row.sheet_row, value[:60], RosterColumn.PARENT))


def _places_of(look: RosterLook, wanted: Collection[str]) -> dict[str, int]:
    """Which company or row of the file each written parent is; of several of a name none."""
    keys = {
        text: clean_uscc(text) if is_uscc(text) else normalise_name(text)[:120] for text in wanted
    }
    found: dict[str, int | None] = {}

    def take(key: str | None, place: int) -> None:
        if key:
            found[key] = place if found.get(key, place) == place else None

    for column in (Enterprise.name_norm, Enterprise.uscc):
        for some in chunked(keys.values()):
            for key, number in rows_of(select(column, Enterprise.id).where(among(column, some))):
                take(key, number)
    for number, row in look.known.items():
        take(row.norm, number)
    for row in look.new:
        take(row.norm, -row.sheet_row)
        take(row.uscc, -row.sheet_row)
    return {text: place for text, key in keys.items() if (place := found.get(key)) is not None}


def _leads_to(start: int, here: int, above: Mapping[int, int]) -> bool:
    """Whether one meets `here` going up; a longer way than anybody's is taken for one that does."""
    for _generation in range(LONGEST_DESCENT):
        if start == here:
            return True
        if start not in above:
            return False
        start = above[start]
    return True


def _compare(look: RosterLook, *, to_write: bool) -> None:
    columns = [getattr(Enterprise, name) for name in (*COLUMNS, *KEYS)]
    for ids in chunked(look.known):
        statement = select(Enterprise.id, *columns).where(among(Enterprise.id, ids))
        if to_write:
            statement = statement.order_by(Enterprise.id).with_for_update(key_share=True)
        for ours in rows_of(statement):
            found = compare_facts(ours._mapping, facts_of(look, look.known[ours.id]))
            if found.fills or found.differs:
                look.compared[ours.id] = found
                look.ours[ours.id] = ours


def facts_of(look: RosterLook, row: RosterRow) -> dict[str, Any]:
    """All the file gives of a company, by the names of its columns."""
    facts: dict[str, Any] = {"name": row.name, **(row.facts or {})}
    if row.uscc:
        facts["uscc"] = row.uscc
    if row.sheet_row in look.parents:
        facts["parent_id"] = look.parents[row.sheet_row]
    else:
        facts.pop("parent_shareholding", None)
    return facts


def names_of(ids: Sequence[int]) -> dict[int, str]:
    """The names of companies, for telling what differs."""
    found: dict[int, str] = {}
    for some in chunked(ids):
        found |= dict(
            db.session.execute(
                select(Enterprise.id, Enterprise.name).where(among(Enterprise.id, some))
            )
            .tuples()
            .all()
        )
    return found
