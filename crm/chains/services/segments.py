"""Segments: added, described, moved, merged, retired. Each verb is a step of a `Reshaping`."""

from collections.abc import Callable, Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.chains.models import Chain, ChainGroup, Segment
from crm.chains.queries.trees import firms_at, needs_at
from crm.chains.rules.entries import SegmentEntry, why_not_segment
from crm.chains.rules.joining import both
from crm.chains.rules.tree import Forest, Node, Place, TreeFault
from crm.chains.services.merging import merge_links, merge_records
from crm.chains.services.reshaping import Reshaping, row_at
from crm.chains.wording import word
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused

ACTIONS = (
    *("segment_changed", "segment_moved", "segments_merged", "segment_retired"),
    *("segment_restored", "chain_retired", "chain_restored", "chains_imported"),
)
STEPS = ("up", "down", "inward", "outward")
"""The four ways a segment goes by keyboard or button; `Forest` says where each leads."""


def add_segment(change: Reshaping, place: Place, entry: SegmentEntry) -> Segment:
    """A new segment, last at its place. Raises Refused, NotFound."""
    chain = chain_to_change(place.chain)
    _check(entry, None)
    tier = place.tier
    if place.parent is not None:
        parent = change.forest.nodes.get(place.parent)
        if parent is None or parent.is_retired or parent.chain != chain.id:
            raise Refused([Fault("place", "place", word(TreeFault.RETIRED_PLACE))])
        tier = parent.tier
    row = Segment(
        chain_id=chain.id, parent_id=place.parent, tier=tier,
        position=len(change.forest.nodes), version=1,
    )  # fmt: skip
    _describe(row, entry)
    change.tells("segment_added", told(row), chain.id)
    change.add(row)
    db.session.flush()
    change.forest = Forest([*change.forest.nodes.values(), node_of(row)])
    change.renumber(chain.id)
    return row


def edit_segment(
    change: Reshaping, segment_id: int, version: int | None, entry: SegmentEntry
) -> Segment:
    """Say something else of a segment. Raises Refused, Stale, NotFound."""
    row = segment_to_change(segment_id, version)
    _check(entry, row)
    change.tells("segment_changed", told(row), row.chain_id)
    change.set(row, **columns_of(entry))
    return row


def move_segment(change: Reshaping, segment_id: int, version: int | None, place: Place) -> Segment:
    """Put a segment, with all that is below it, at another place, of this chain or another.

    Raises Refused where that would put it under itself or under what is retired, Stale, NotFound.
    """
    row = segment_to_change(segment_id, version)
    if place.parent is None:
        chain_to_change(place.chain)
    fault = change.forest.why_not_move(row.id, place)
    if fault is not None:
        raise Refused([Fault("place", fault.value, word(fault))])
    change.tells("segment_moved", told(row), row.chain_id)
    change.place(change.forest.moved(row.id, place))
    return row


def step_segment(change: Reshaping, segment_id: int, version: int | None, step: str) -> Segment:
    """One place up or down, or one level inward or outward; at the edge nothing changes."""
    if step not in STEPS:
        raise NotFound
    row = segment_to_change(segment_id, version)
    if row.id not in change.forest.nodes:
        raise NotFound
    place = getattr(change.forest, step)(row.id)
    change.tells("segment_moved", told(row), row.chain_id)
    if place is not None:
        change.place(change.forest.moved(row.id, place))
    return row


def merge_segments(
    change: Reshaping, segment_id: int, version: int | None, into_id: int
) -> Segment:
    """Let everything at a segment stand at another one; the first is retired and says where it went.

    Its parts, local firms, needs, fits and links go along, and its words: what would be there twice
    is joined. Leads follow by whoever stands above. Raises Refused, Stale, NotFound.
    """
    row = segment_to_change(segment_id, version)
    into = db.session.get(Segment, into_id)
    fault = change.forest.why_not_merge(row.id, into_id)
    if row.retired_on is not None or into is None or fault is not None:
        raise Refused([Fault("into", "into", word(fault or TreeFault.RETIRED_PLACE))])
    change.tells("segments_merged", f"{told(row)} → {told(into)}", row.chain_id, into.chain_id)
    merge_links(change, row, into)
    merge_records(change, row, into)
    change.place(change.forest.merged(row.id, into.id))
    change.set(row, retired_on=change.today, merged_into_id=into.id)
    for name in ("keywords", "industry_codes", "examples"):
        change.set(into, **{name: [*both(getattr(into, name), getattr(row, name))] or None})
    change.merged.append((row.id, into.id))
    change.leads_go((row.chain_id, row.id), (into.chain_id, into.id))
    return into


def retire_segment(
    change: Reshaping,
    segment_id: int,
    version: int | None,
    leads_at: Callable[[Collection[int]], int],
) -> Segment:
    """Take a segment and what is below it out of use. `leads_at` counts the leads at segments.

    Raises Refused, told how many, while leads, local firms or open needs stand on any of them.
    """
    row = segment_to_change(segment_id, version)
    below = [node.id for node in change.forest.subtree(row.id) if not node.is_retired]
    standing(leads_at(below), sum(firms_at(below).values()), sum(needs_at(below).values()))
    change.tells("segment_retired", told(row), row.chain_id)
    for each in db.session.scalars(select(Segment).where(Segment.id.in_(below))):
        change.set(each, retired_on=change.today)
    return row


def restore_segment(change: Reshaping, segment_id: int, version: int | None) -> Segment:
    """Take a retired segment into use again. Raises Refused, Stale, NotFound."""
    row = segment_to_change(segment_id, version)
    chain_to_change(row.chain_id)
    if row.merged_into_id is not None:
        raise Refused([Fault("", "merged", _l("这个环节已并入其他环节，只能撤销那次合并"))])
    if row.parent_id is not None and change.forest.nodes[row.parent_id].is_retired:
        raise Refused([Fault("", "parent_retired", _l("上级环节已停用，请先恢复上级"))])
    change.tells("segment_restored", told(row), row.chain_id)
    change.set(row, retired_on=None)
    return row


def standing(leads: int, firms: int, needs: int) -> None:
    """Raises Refused with the numbers of what still stands somewhere."""
    faults = Faults()
    if leads:
        faults.add(
            "", "leads", _l("还有%(n)s个项目（含暂缓）在此，请先移到其他环节或合并", n=leads)
        )
    if firms:
        faults.add("", "firms", _l("还有%(n)s家本地企业在此，请先移到其他环节或合并", n=firms))
    if needs:
        faults.add("", "needs", _l("还有%(n)s条链主需求在此，请先移到其他环节或合并", n=needs))
    faults.raise_if_any()


def chain_to_change(chain_id: int) -> Chain:
    """A chain in use. Raises NotFound, and Refused for a retired one."""
    chain = db.session.get(Chain, chain_id)
    if chain is None:
        raise NotFound
    if chain.retired_on is not None:
        raise Refused([Fault("", "chain_retired", _l("这条产业链已停用，请先恢复"))])
    return chain


def segment_to_change(segment_id: int, version: int | None) -> Segment:
    """Raises NotFound, and Stale with what others changed since `version`."""
    return row_at(Segment, segment_id, version, ACTIONS, _tell)


def told(row: Segment) -> str:
    return f"{row.code} {row.name}"


def node_of(row: Segment) -> Node:
    return Node(
        row.id, row.code, row.chain_id, row.parent_id, row.tier, row.position,
        row.retired_on is not None,
    )  # fmt: skip


def columns_of(entry: SegmentEntry) -> dict[str, Any]:
    """What an entry says, as the columns hold it."""
    return {
        "code": entry.code,
        "name": entry.name,
        "name_en": entry.name_en,
        "layout": entry.layout,
        "is_key": entry.is_key,
        "weight": entry.weight,
        "keywords": list(entry.keywords) or None,
        "industry_codes": list(entry.industry_codes) or None,
        "examples": list(entry.examples) or None,
        "group_id": entry.group_id,
    }


def _describe(row: Segment, entry: SegmentEntry) -> None:
    for name, value in columns_of(entry).items():
        setattr(row, name, value)


def _check(entry: SegmentEntry, known: Segment | None) -> None:
    faults = Faults()
    for name, fault in why_not_segment(entry):
        faults.add(name, fault.value, word(fault))
    other = db.session.scalar(select(Segment.id).where(Segment.code == entry.code))
    if other is not None and (known is None or other != known.id):
        faults.add("code", "same_code", _l("这个编码已有环节在用"))
    if entry.group_id is not None and db.session.get(ChainGroup, entry.group_id) is None:
        faults.add("group", "group", _l("请从列表中选择"))
    faults.raise_if_any()


def _tell(name: str, value: Any) -> Any:
    """A kept value of a segment in words, for the page that tells what others changed."""
    if value is None:
        return None
    if name in ("parent_id", "merged_into_id"):
        return db.session.scalar(select(Segment.name).where(Segment.id == value))
    if name == "chain_id":
        return db.session.scalar(select(Chain.name).where(Chain.id == value))
    if name == "group_id":
        return db.session.scalar(select(ChainGroup.name).where(ChainGroup.id == value))
    if name in ("tier", "layout"):
        return word(Segment.__table__.c[name].type.enum_class(value))  # type: ignore[attr-defined]
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return _l("是") if value else _l("否")
    return value
