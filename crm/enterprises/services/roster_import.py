"""Importing a file of companies: all of it in one transaction, or nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from crm.core.bulk import insert_rows, reserve_ids, without_collecting
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.core.sheets import Sheet
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import seat_of
from crm.enterprises.rules.roster import RosterRow
from crm.enterprises.services.identity import CHANGED, COLUMNS, name_keys
from crm.enterprises.services.roster_look import (
    RosterLook,
    facts_of,
    look_at_roster,
    register_in_turn,
)
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.history.services import Doer, event_row, plain

SEARCHED = {"short_name", "name_en", "former_names", "uscc"}
"""Facts a company is found by."""


@dataclass(frozen=True, slots=True)
class RosterTaken:
    """What was imported: the new companies, and the known ones that got facts they lacked."""

    look: RosterLook
    new: tuple[int, ...]
    filled: tuple[int, ...]

    @property
    def added(self) -> int:
        return len(self.new)


def import_roster(
    actor: Doer,
    at: datetime,
    sheet: Sheet,
    *,
    filename: str,
    take: Collection[int] | str = (),
) -> RosterTaken:
    """Add the new companies and fill what known ones lack; nothing known is overwritten.

    Each company gets its own event, because its page tells its history; one more tells of the file.
    A door judges the leads of `filled` again. Raises Refused as `look_at_roster`, and where somebody
    registers one of the companies in the same moment.
    """
    register_in_turn()
    with without_collecting():
        look = look_at_roster(sheet, take, to_write=True)
        known_at = history.recorded(at)
        try:
            new = add_companies(actor, known_at, look)
            _fill(actor, known_at, look)
        except IntegrityError as error:
            if "uscc" not in str(error.orig):
                raise
            text = _l("刚刚有人登记了其中的企业，没有保存任何内容，请再看一次")
            raise Refused([Fault("file", "registered_meanwhile", text)]) from None
        if not look.changes_nothing:
            history.record(
                actor, at, "companies_imported", None,
                after={
                    "filename": filename[-200:], "added": len(look.new),
                    "filled": len(look.filled), "refused": look.faulty + len(look.doubles),
                },
            )  # fmt: skip
        db.session.flush()
    return RosterTaken(look, tuple(new.values()), tuple(look.filled))


def add_companies(actor: Doer, at: datetime, look: RosterLook) -> dict[int, int]:
    """Write the new companies with their events; their ids by minus their row."""
    ordered = _parents_first(look)
    ids = dict(
        zip((-row.sheet_row for row in ordered), reserve_ids(Enterprise, len(ordered)), strict=True)
    )
    for row, parent in look.parents.items():
        look.parents[row] = ids.get(parent, parent)
    insert_rows(
        Enterprise,
        (_new_row(actor, at, ids[-row.sheet_row], _new_facts(look, row)) for row in ordered),
    )
    insert_rows(
        AuditEvent,
        (
            event_row(
                actor, at, "enterprise_added", Enterprise, ids[-row.sheet_row],
                _told(_new_facts(look, row), row),
            )
            for row in ordered
        ),
    )  # fmt: skip
    return ids


def _parents_first(look: RosterLook) -> list[RosterRow]:
    """The new companies, each after its parent: a database checks the reference at once."""

    def depth(row: RosterRow) -> int:
        steps, here = 0, -row.sheet_row
        while here < 0:
            steps, here = steps + 1, look.parents.get(-here, 0)
        return steps

    return sorted(look.new, key=depth)


def _new_facts(look: RosterLook, row: RosterRow) -> dict[str, Any]:
    facts = facts_of(look, row)
    seat = seat_of(facts.get("region_code"), row.uscc, row.name, facts.get("address"))
    return {**facts, "region_code": seat} if seat else facts


def _new_row(actor: Doer, at: datetime, number: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: facts.get(key) for key in COLUMNS}
    return {
        "id": number,
        **found,
        **_keys(found),
        "created_by_id": actor.id or None,
        "created_at": at,
    }


def _keys(facts: Mapping[str, Any]) -> dict[str, str]:
    return name_keys(
        facts["name"],
        facts["short_name"],
        facts["name_en"],
        facts["former_names"],
        facts["uscc"],
    )


def _fill(actor: Doer, at: datetime, look: RosterLook) -> None:
    filled = {number: _fills(look, number) for number in look.filled}
    if not filled:
        return
    changes = [
        {
            "id": number,
            **fills,
            **(_keys({**look.ours[number]._mapping, **fills}) if SEARCHED & fills.keys() else {}),
            "version": look.ours[number].version + 1,
        }
        for number, fills in filled.items()
    ]
    changes.sort(key=lambda each: (len(each), *sorted(each)))  # one statement for like sets
    db.session.execute(update(Enterprise), changes)
    insert_rows(
        AuditEvent,
        (
            event_row(
                actor, at, CHANGED, Enterprise, number, _told(fills, look.known[number])
            )
            for number, fills in filled.items()
        ),
    )  # fmt: skip
    db.session.expire_all()


def _fills(look: RosterLook, number: int) -> dict[str, Any]:
    """What a known company gets: what the file gives, and the seat that follows from it."""
    fills = {**look.compared[number].fills}
    if "parent_id" in fills:  # one the file adds has its id by now
        fills["parent_id"] = look.parents[look.known[number].sheet_row]
    ours = look.ours[number]._mapping
    seat, known = _derived_seat({**ours, **fills}), ours["region_code"]
    if (
        "region_code" not in fills
        and known in (None, _derived_seat(ours))
        and seat not in (None, known)
    ):
        fills["region_code"] = seat
    return fills


def _derived_seat(facts: Mapping[str, Any]) -> str | None:
    return seat_of(None, facts["uscc"], facts["name"], facts["address"])


def _told(facts: Mapping[str, Any], row: RosterRow) -> dict[str, Any]:
    """Facts as the trail keeps them; a parent by its name."""
    told = {key: plain(value) for key, value in facts.items() if key != "parent_id"}
    if "parent_id" in facts and row.parent:
        told["parent"] = row.parent
    return told
