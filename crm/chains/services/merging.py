"""What hangs on a segment goes to another one; what would stand there twice becomes one record."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from crm.chains.models import AnchorNeed, Presence, Segment, SegmentFit, SegmentLink
from crm.chains.queries.trees import links
from crm.chains.rules.joining import Fit, Standing, joined, joined_fit
from crm.chains.rules.links import circle_in, merged_links
from crm.chains.services.reshaping import Reshaping
from crm.chains.services.suggesting import MADE_HERE
from crm.core.db import db
from crm.core.errors import Fault, Refused


def merge_links(change: Reshaping, one: Segment, into: Segment) -> None:
    """Links of `one` become links of `into`. Raises Refused where they would run in a circle."""
    circle = circle_in(merged_links(links(), one.id, into.id))
    if circle:
        names = named_way(circle)
        raise Refused([Fault("into", "circle", _l("合并后供需联系会成环：%(way)s", way=names))])
    rows = db.session.scalars(
        select(SegmentLink)
        .where(
            or_(
                SegmentLink.from_id.in_((one.id, into.id)), SegmentLink.to_id.in_((one.id, into.id))
            )
        )
        .order_by(SegmentLink.id)
    ).all()
    known = {(row.from_id, row.to_id) for row in rows if one.id not in (row.from_id, row.to_id)}
    for row in rows:
        if one.id not in (row.from_id, row.to_id):
            continue
        supply = into.id if row.from_id == one.id else row.from_id
        need = into.id if row.to_id == one.id else row.to_id
        if supply == need or (supply, need) in known:
            change.remove(row)
        else:
            known.add((supply, need))
            change.set(row, from_id=supply, to_id=need)


def named_way(segment_ids: Iterable[int]) -> str:
    """The segments of a way by name, with arrows between them."""
    ids = [*segment_ids]
    rows = db.session.execute(select(Segment.id, Segment.name).where(Segment.id.in_(ids)))
    names = {row.id: row.name for row in rows}
    return " → ".join(names[each] for each in ids)


def merge_records(change: Reshaping, one: Segment, into: Segment) -> None:
    """Local firms, needs and fits of `one` stand at `into`; its suggestions are made anew at the end."""
    _merge_presences(change, one, into)
    for need in db.session.scalars(select(AnchorNeed).where(AnchorNeed.segment_id == one.id)):
        change.set(need, segment_id=into.id)
    _merge_fits(change, one, into)


def _merge_presences(change: Reshaping, one: Segment, into: Segment) -> None:
    there = {
        row.enterprise_id: row
        for row in db.session.scalars(
            select(Presence).where(Presence.segment_id == into.id, Presence.ended_on.is_(None))
        )
    }
    rows = db.session.scalars(
        select(Presence).where(Presence.segment_id == one.id).order_by(Presence.id)
    )
    for row in rows.all():
        known = there.get(row.enterprise_id) if row.ended_on is None else None
        if known is None:
            change.set(row, segment_id=into.id)
            continue
        both = joined(_standing(known), _standing(row))
        change.set(
            known,
            role=both.role, strength=both.strength, output_yuan=both.output_yuan,
            output_year=both.output_year, evidence=both.evidence, since_on=both.since_on,
            checked_on=both.checked_on, zone_id=known.zone_id or row.zone_id,
            checked_by_id=min(known, row, key=lambda each: each.checked_on).checked_by_id,
        )  # fmt: skip
        change.remove(row)


def _standing(row: Presence) -> Standing:
    return Standing(
        row.role, row.strength, row.output_yuan, row.output_year, row.evidence, row.since_on,
        row.checked_on,
    )  # fmt: skip


def _merge_fits(change: Reshaping, one: Segment, into: Segment) -> None:
    there = {
        row.enterprise_id: row
        for row in db.session.scalars(select(SegmentFit).where(SegmentFit.segment_id == into.id))
    }
    rows = db.session.scalars(select(SegmentFit).where(SegmentFit.segment_id == one.id, ~MADE_HERE))
    for row in rows.all():
        known = there.get(row.enterprise_id)
        if known is None:
            change.set(row, segment_id=into.id)
            continue
        both = joined_fit(_fit(known), _fit(row))
        decided = known if known.state is both.state else row
        change.set(
            known,
            state=both.state, basis=both.basis, score=both.score, matched=list(both.matched) or None,
            decided_by_id=decided.decided_by_id, decided_at=decided.decided_at,
        )  # fmt: skip
        change.remove(row)


def _fit(row: SegmentFit) -> Fit:
    return Fit(row.state, row.basis, row.score, tuple(row.matched or ()))
