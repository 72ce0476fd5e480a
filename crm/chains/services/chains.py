"""Whole chains: added, described, confirmed by their task force, retired. Steps of a `Reshaping`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.chains.access import may_confirm
from crm.chains.models import AnchorNeed, Chain, Presence, Segment
from crm.chains.rules.entries import ChainEntry, why_not_chain
from crm.chains.services.reshaping import Reshaping, begin, row_at
from crm.chains.services.segments import standing
from crm.chains.wording import word
from crm.core.db import db
from crm.core.errors import Faults, NotFound

ACTIONS = (
    *("chain_changed", "chain_confirmed", "chain_retired", "chain_restored", "chains_imported"),
)


def add_chain(change: Reshaping, entry: ChainEntry) -> Chain:
    """A new chain, last of all, 非官方 until it is confirmed. Raises Refused."""
    _check(entry, None)
    last = db.session.scalar(select(func.max(Chain.position))) or 0
    row = Chain(**columns_of(entry), position=last + 1, version=1)
    change.tells("chain_added", told(row))
    change.add(row)
    db.session.flush()
    change.chains.add(row.id)
    return row


def edit_chain(change: Reshaping, chain_id: int, version: int | None, entry: ChainEntry) -> Chain:
    """Say something else of a chain. Raises Refused, Stale, NotFound."""
    row = chain_at(chain_id, version)
    _check(entry, row)
    change.tells("chain_changed", told(row), row.id)
    change.set(row, **columns_of(entry))
    return row


def confirm_chain(actor: Actor, at: datetime, chain_id: int, version: int | None) -> Chain:
    """The task force (专班) stands by a chain: it is no longer 非官方. A change by itself.

    For bureau leaders and the chain's own leader (链长), who heads the task force. Raises Stale, NotFound.
    """
    change = begin(actor, at)
    row = chain_at(chain_id, version)
    if not may_confirm(actor, row.leader_id):
        raise NotFound
    change.tells("chain_confirmed", told(row), row.id)
    change.set(row, confirmed_on=change.today, confirmed_by_id=actor.id or None)
    change.finish()
    return row


def retire_chain(change: Reshaping, chain_id: int, version: int | None, leads: int) -> Chain:
    """Take a chain out of use, its segments with it.

    Raises Refused, told how many, while leads, firms or needs stand on it; Stale, NotFound.
    """
    row = chain_at(chain_id, version)
    standing(leads, _on(Presence, row, Presence.ended_on), _on(AnchorNeed, row, AnchorNeed.met_on))
    change.tells("chain_retired", told(row), row.id)
    for part in _segments(row, Segment.retired_on.is_(None)):
        change.set(part, retired_on=change.today)
    change.set(row, retired_on=change.today)
    return row


def restore_chain(change: Reshaping, chain_id: int, version: int | None) -> Chain:
    """Take a retired chain into use again, with the segments that went on the same day.

    Raises Stale, NotFound.
    """
    row = chain_at(chain_id, version)
    change.tells("chain_restored", told(row), row.id)
    went_along = (Segment.retired_on == row.retired_on, Segment.merged_into_id.is_(None))
    for part in _segments(row, *went_along):
        change.set(part, retired_on=None)
    change.set(row, retired_on=None)
    return row


def chain_at(chain_id: int, version: int | None) -> Chain:
    """Raises NotFound, and Stale with what others changed since `version`."""
    return row_at(Chain, chain_id, version, ACTIONS, _tell)


def told(row: Chain) -> str:
    return f"{row.code} {row.name}"


def columns_of(entry: ChainEntry) -> dict[str, Any]:
    """What an entry says, as the columns hold it."""
    return {
        "code": entry.code,
        "name": entry.name,
        "name_en": entry.name_en,
        "kind": entry.kind,
        "anchor": entry.anchor,
        "leader_id": entry.leader_id,
        "department_id": entry.department_id,
    }


def _check(entry: ChainEntry, known: Chain | None) -> None:
    faults = Faults()
    for name, fault in why_not_chain(entry):
        faults.add(name, fault.value, word(fault))
    for name, column, text in (
        ("code", Chain.code, _l("这个编码已有产业链在用")),
        ("name", Chain.name, _l("这个名称已有产业链在用")),
    ):
        other = db.session.scalar(select(Chain.id).where(column == getattr(entry, name)))
        if other is not None and (known is None or other != known.id):
            faults.add(name, f"same_{name}", text)
    faults.raise_if_any()


def _segments(chain: Chain, *conditions: ColumnElement[bool]) -> Sequence[Segment]:
    return db.session.scalars(
        select(Segment).where(Segment.chain_id == chain.id, *conditions).order_by(Segment.id)
    ).all()


def _on(model: Any, chain: Chain, ended: Any) -> int:
    statement = (
        select(func.count())
        .select_from(model)
        .join(Segment, Segment.id == model.segment_id)
        .where(Segment.chain_id == chain.id, ended.is_(None))
    )
    return db.session.scalar(statement) or 0


def _tell(name: str, value: Any) -> Any:
    """A kept value of a chain in words, for the page that tells what others changed."""
    if name in ("leader_id", "confirmed_by_id") and value is not None:
        return db.session.scalar(select(User.name).where(User.id == value))
    if name == "kind" and value is not None:
        return word(Chain.__table__.c.kind.type.enum_class(value))  # type: ignore[attr-defined]
    return value
