"""Taking a filled-in workbook of chains in: all of it as one change, or nothing."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.chains.models import Segment, SegmentLink
from crm.chains.queries.chain_file import known_now
from crm.chains.rules.chain_file import ReadFile
from crm.chains.rules.planning import Plan, Wanted, plan_of
from crm.chains.rules.tree import Forest, Node, numbered
from crm.chains.services.reshaping import Reshaping
from crm.chains.services.segments import columns_of
from crm.core.bulk import reserve_ids
from crm.core.db import db
from crm.core.errors import Fault, Refused


def look_at(read: ReadFile, leads_by_segment: Mapping[int, int]) -> Plan:
    """What taking this file in would do; changes nothing."""
    return plan_of(read, known_now(leads_by_segment))


def take_in(
    change: Reshaping, read: ReadFile, filename: str, leads_by_segment: Mapping[int, int]
) -> Plan:
    """Do everything a file says. Raises Refused where any row of it cannot be taken in."""
    known = known_now(leads_by_segment)
    plan = plan_of(read, known)
    if plan.faults:
        text = _l("表中有%(n)s处要改正", n=len(plan.faults))
        raise Refused([Fault("file", "rows", text)])
    ids = {code: each.id for code, each in known.segments.items()}
    ids |= {
        each.row.code: number
        for each, number in zip(plan.new, reserve_ids(Segment, len(plan.new)), strict=True)
    }
    touched = {known.chains[each.chain] for each in (*plan.new, *plan.moved)}
    change.tells("chains_imported", filename, *touched)
    nodes = dict(change.forest.nodes)
    for each in plan.new:
        node = _node(each, ids, known.chains, len(nodes))
        nodes[node.id] = node
        change.add(
            Segment(
                id=node.id, chain_id=node.chain, parent_id=node.parent, tier=node.tier,
                position=node.position, version=1, **columns_of(each.entry),
            )
        )  # fmt: skip
    db.session.flush()
    change.forest = Forest(nodes.values())
    _describe(change, plan)
    _place(change, plan, ids, known.chains)
    for row in _rows([each.known.id for each in plan.retired if each.known]).values():
        change.set(row, retired_on=change.today)
        change.chains.add(row.chain_id)
    _link(change, plan, ids)
    return plan


def _node(each: Wanted, ids: Mapping[str, int], chains: Mapping[str, int], position: int) -> Node:
    parent = ids[each.row.parent] if each.row.parent else None
    return Node(ids[each.row.code], each.row.code, chains[each.chain], parent, each.tier, position)


def _rows(segment_ids: Collection[int]) -> dict[int, Segment]:
    found = db.session.scalars(select(Segment).where(Segment.id.in_(segment_ids)))
    return {row.id: row for row in found}


def _describe(change: Reshaping, plan: Plan) -> None:
    rows = _rows([each.known.id for each in plan.changed if each.known])
    for each in plan.changed:
        assert each.known is not None
        row = rows[each.known.id]
        columns = columns_of(each.entry)
        change.set(row, **{name: columns[name] for name in each.changed})
        change.chains.add(row.chain_id)


def _place(
    change: Reshaping, plan: Plan, ids: Mapping[str, int], chains: Mapping[str, int]
) -> None:
    """Moved segments stand last at their place; what is below them goes along."""
    after = dict(change.forest.nodes)
    for each in plan.moved:
        code = ids[each.row.code]
        after[code] = replace(_node(each, ids, chains, len(after) + each.row.row), is_retired=False)
    forest = Forest(after.values())
    for root in [node for node in forest.nodes.values() if node.parent is None]:
        for node in forest.subtree(root.id):
            after[node.id] = replace(after[node.id], chain=root.chain, tier=root.tier)
    changed_chains = {node.chain for node in after.values()} & (
        change.chains | {change.forest.nodes[ids[each.row.code]].chain for each in plan.moved}
    )
    ordered = numbered(after.values(), changed_chains)
    change.place({key: node for key, node in ordered.items() if change.forest.nodes[key] != node})


def _link(change: Reshaping, plan: Plan, ids: Mapping[str, int]) -> None:
    wanted = [known.id for _row, known in (*plan.changed_links, *plan.removed_links)]
    found = db.session.scalars(select(SegmentLink).where(SegmentLink.id.in_(wanted)))
    rows = {row.id: row for row in found}
    for _row, known in plan.removed_links:
        change.remove(rows[known.id])
    db.session.flush()
    for row, known in plan.changed_links:
        change.set(rows[known.id], product=row.product)
    for row in plan.new_links:
        change.add(
            SegmentLink(
                from_id=ids[row.supply], to_id=ids[row.need], product=row.product, version=1
            )
        )
    for row in (
        *plan.new_links,
        *(each for each, _known in (*plan.changed_links, *plan.removed_links)),
    ):
        change.chains.update(
            change.forest.nodes[ids[code]].chain for code in (row.supply, row.need)
        )
