"""链群: groups of segments that the district promotes as one, each with its leader and lead bureau."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, moved
from crm.chains.models import Chain, ChainGroup, Segment
from crm.chains.rules.entries import GroupEntry, why_not_group
from crm.chains.wording import CHAIN_FIELD, word
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history


def save_group(
    actor: Actor, at: datetime, group_id: int | None, version: int | None, entry: GroupEntry
) -> ChainGroup:
    """A new group, or a known one changed. Its leader sees the leads at its segments.

    Raises Refused, Stale with what others changed since `version`, NotFound.
    """
    row = None
    if group_id is not None:
        row = _group(group_id, version)
    _check(entry, row)
    columns = {
        "code": entry.code,
        "name": entry.name,
        "name_en": entry.name_en,
        "chain_id": entry.chain_id,
        "leader_id": entry.leader_id,
        "department_id": entry.department_id,
    }
    if row is None:
        last = db.session.scalar(select(func.max(ChainGroup.position))) or 0
        row = ChainGroup(**columns, position=last + 1, version=1)
        db.session.add(row)
        db.session.flush()
        history.record(actor, at, "chain_group_added", row, after=columns)
        return row
    with db.session.no_autoflush:
        for name, value in columns.items():
            setattr(row, name, value)
        if history.record_changes(actor, at, "chain_group_changed", row) is not None:
            row.version += 1
    return row


def move_group(actor: Actor, at: datetime, group_id: int, *, up: bool) -> ChainGroup:
    """One place up or down the list; at its end nothing changes. Raises NotFound."""
    rows = {
        row.id: row
        for row in db.session.scalars(
            select(ChainGroup).order_by(ChainGroup.position, ChainGroup.id).with_for_update()
        )
    }
    if group_id not in rows:
        raise NotFound
    order = moved([*rows], group_id, up=up)
    if order != [*rows]:
        for number, each in enumerate(order, 1):
            rows[each].position = number
        place = order.index(group_id) + 1
        history.record(actor, at, "chain_group_moved", rows[group_id], after={"position": place})
    return rows[group_id]


def remove_group(actor: Actor, at: datetime, group_id: int, version: int | None) -> None:
    """Take away a group no segment stands in. Raises Refused, Stale, NotFound."""
    row = _group(group_id, version)
    inside = db.session.scalar(
        select(func.count()).select_from(Segment).where(Segment.group_id == group_id)
    )
    if inside:
        text = _l("还有%(n)s个环节属于这个链群，请先改到别处", n=inside)
        raise Refused([Fault("", "segments", text)])
    history.record(
        actor, at, "chain_group_removed", row, before={"code": row.code, "name": row.name}
    )
    db.session.delete(row)


def _group(group_id: int, version: int | None) -> ChainGroup:
    row = db.session.scalar(select(ChainGroup).where(ChainGroup.id == group_id).with_for_update())
    if row is None:
        raise NotFound
    if row.version != version:
        missed = trail.missed_changes(
            ChainGroup.__tablename__, row.id, "chain_group_changed",
            row.version - (version or 0), CHAIN_FIELD, _tell,
        )  # fmt: skip
        raise Stale(row, missed)
    return row


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
