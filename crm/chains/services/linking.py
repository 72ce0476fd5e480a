"""Links between segments (供给 → 需求): each a step of a `Reshaping`."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.chains.models import Segment, SegmentLink
from crm.chains.queries.trees import links
from crm.chains.rules.entries import LONGEST_PRODUCT, EntryFault
from crm.chains.rules.links import LinkFault, why_not_link
from crm.chains.services.merging import named_way
from crm.chains.services.reshaping import Reshaping
from crm.chains.wording import word
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale


def link_segments(
    change: Reshaping, supply_id: int, need_id: int, product: str | None
) -> SegmentLink:
    """Say that what one segment makes feeds another. Raises Refused, NotFound."""
    supply, need = db.session.get(Segment, supply_id), db.session.get(Segment, need_id)
    if supply is None or need is None:
        raise NotFound
    if supply.retired_on or need.retired_on:
        raise Refused([Fault("other", "retired", _l("这个环节已停用"))])
    if len(product or "") > LONGEST_PRODUCT:
        raise Refused([Fault("product", "long_product", word(EntryFault.LONG_PRODUCT))])
    against = why_not_link(links(), supply_id, need_id)
    if against is not None:
        text = word(against.fault)
        if against.fault is LinkFault.CIRCLE:
            text = _l("供需联系会成环：%(way)s", way=named_way((*against.way, against.way[0])))
        raise Refused([Fault("other", against.fault.value, text)])
    row = SegmentLink(from_id=supply_id, to_id=need_id, product=product, version=1)
    change.tells("segments_linked", f"{supply.name} → {need.name}", supply.chain_id, need.chain_id)
    change.add(row)
    return row


def name_product(
    change: Reshaping, link_id: int, version: int | None, product: str | None
) -> SegmentLink:
    """Say what a link carries. Raises Refused, Stale, NotFound."""
    row, supply, need = _link(link_id, version)
    if len(product or "") > LONGEST_PRODUCT:
        raise Refused([Fault("product", "long_product", word(EntryFault.LONG_PRODUCT))])
    change.tells("link_changed", f"{supply.name} → {need.name}", supply.chain_id, need.chain_id)
    change.set(row, product=product)
    return row


def unlink_segments(change: Reshaping, link_id: int, version: int | None) -> None:
    """Take a link away. Raises Stale, NotFound."""
    row, supply, need = _link(link_id, version)
    change.tells(
        "segments_unlinked", f"{supply.name} → {need.name}", supply.chain_id, need.chain_id
    )
    change.remove(row)


def _link(link_id: int, version: int | None) -> tuple[SegmentLink, Segment, Segment]:
    row = db.session.get(SegmentLink, link_id)
    if row is None:
        raise NotFound
    if row.version != version:
        raise Stale(row)
    rows = db.session.scalars(select(Segment).where(Segment.id.in_((row.from_id, row.to_id))))
    ends = {each.id: each for each in rows}
    return row, ends[row.from_id], ends[row.to_id]
