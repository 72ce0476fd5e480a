"""链群: groups of segments that the district promotes as one, each with its leader and lead bureau.

Each verb is a step of a `Reshaping`.
"""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.accounts.models import Department, User
from crm.accounts.rules import moved
from crm.chains.models import Chain, ChainGroup, Segment
from crm.chains.rules.entries import GroupEntry, why_not_group
from crm.chains.services.reshaping import Reshaping, row_at
from crm.chains.wording import word
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused

GROUP_ADDED, GROUP_CHANGED = "chain_group_added", "chain_group_changed"
GROUP_MOVED, GROUP_REMOVED = "chain_group_moved", "chain_group_removed"
ACTIONS = (GROUP_ADDED, GROUP_CHANGED, GROUP_MOVED, GROUP_REMOVED)


def add_group(change: Reshaping, entry: GroupEntry) -> ChainGroup:
    """A new group, last of all. Its leader sees the leads at its segments. Raises Refused."""
    _check(entry, None)
    last = db.session.scalar(select(func.max(ChainGroup.position))) or 0
    row = ChainGroup(**columns_of(entry), position=last + 1, version=1)
    change.tells(GROUP_ADDED, row.name)
    change.add(row)
    return row


def edit_group(
    change: Reshaping, group_id: int, version: int | None, entry: GroupEntry
) -> ChainGroup:
    """Say something else of a group. Raises Refused, Stale, NotFound."""
    row = row_at(ChainGroup, group_id, version, ACTIONS, _tell)
    _check(entry, row)
    change.tells(GROUP_CHANGED, row.name)
    change.set(row, **columns_of(entry))
    return row


def move_group(change: Reshaping, group_id: int, *, up: bool) -> ChainGroup:
    """One place up or down the list; at its end nothing changes. Raises NotFound."""
    rows = {
        row.id: row
        for row in db.session.scalars(
            select(ChainGroup).order_by(ChainGroup.position, ChainGroup.id)
        )
    }
    if group_id not in rows:
        raise NotFound
    change.tells(GROUP_MOVED, rows[group_id].name)
    order = moved([*rows], group_id, up=up)
    if order != [*rows]:
        for number, each in enumerate(order, 1):
            change.set(rows[each], position=number)
    return rows[group_id]


def remove_group(change: Reshaping, group_id: int, version: int | None) -> None:
    """Take away a group no segment stands in. Raises Refused, Stale, NotFound."""
    row = row_at(ChainGroup, group_id, version, ACTIONS, _tell)
    inside = db.session.scalar(
        select(func.count()).select_from(Segment).where(Segment.group_id == group_id)
    )
    if inside:
        text = _l("还有%(n)s个环节属于这个链群，请先改到别处", n=inside)
        raise Refused([Fault("", "segments", text)])
    change.tells(GROUP_REMOVED, row.name)
    change.remove(row)


def columns_of(entry: GroupEntry) -> dict[str, Any]:
    """What an entry says, as the columns hold it."""
    return {
        "code": entry.code,
        "name": entry.name,
        "name_en": entry.name_en,
        "chain_id": entry.chain_id,
        "leader_id": entry.leader_id,
        "department_id": entry.department_id,
    }


def _check(entry: GroupEntry, known: ChainGroup | None) -> None:
    faults = Faults()
    for name, fault in why_not_group(entry):
        faults.add(name, fault.value, word(fault))
    for name, column, text in (
        ("code", ChainGroup.code, _l("这个编码已有链群在用")),
        ("name", ChainGroup.name, _l("这个名称已有链群在用")),
    ):
        other = db.session.scalar(select(ChainGroup.id).where(column == getattr(entry, name)))
        if other is not None and (known is None or other != known.id):
            faults.add(name, f"same_{name}", text)
    faults.raise_if_any()


def _tell(name: str, value: Any) -> Any:
    """A kept value of a group in words, for the page that tells what others changed."""
    named = {"leader_id": User, "department_id": Department, "chain_id": Chain}
    if value is not None and name in named:
        model: Any = named[name]
        return db.session.scalar(select(model.name).where(model.id == value))
    return value
