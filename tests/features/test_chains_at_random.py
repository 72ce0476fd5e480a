"""Chains changed by any steps in any order stay trees with nothing left over, and all of it is taken back."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.chains.models import AnchorNeed, Chain, ChainChange, Presence, Segment, SegmentLink
from crm.chains.queries.trees import forest, links
from crm.chains.rules import PresenceRole, Tier
from crm.chains.rules.entries import SegmentEntry
from crm.chains.rules.links import has_circle
from crm.chains.rules.tree import Place, faults_of
from crm.chains.services import chains, linking, segments
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Refused
from crm.coverage.services import reshaping
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.leads.services.following import leads_at, leads_on
from tests.databases import trial
from tests.features.chain_cases import add_company, add_lead_at, add_need, add_presence

CHAINS = ("MED", "TIC", "HLT")
VERBS = (
    *("add", "move", "step", "merge", "retire", "restore", "link", "unlink", "edit"),
    *("retire_chain", "restore_chain", "undo"),
)
steps = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 3)),
    max_size=12,
)


def codes():
    return db.session.scalars(
        select(Segment.code)
        .join(Chain, Chain.id == Segment.chain_id)
        .where(Chain.code.in_(CHAINS))
        .order_by(Segment.code)
    ).all()


def verb_of(name, one, other, n):
    """A verb of `Reshaping` upon what the numbers pick, among three chains."""
    rows = {row.code: row for row in db.session.scalars(select(Segment))}
    found = [rows[code] for code in codes()]
    first, second = found[one % len(found)], found[other % len(found)]
    chain = db.session.scalars(select(Chain).where(Chain.code == CHAINS[one % 3])).one()
    beside = [*db.session.scalars(select(SegmentLink).order_by(SegmentLink.id))]
    place = (
        Place(chain.id, [*Tier, None][n])
        if other % 3 == 0
        else Place(second.chain_id, parent=second.id)
    )
    seen = (first.id, first.version)
    match name:
        case "add":
            return partial(segments.add_segment, place=place, entry=SegmentEntry(f"X-{one}", "新"))
        case "move":
            return lambda it: segments.move_segment(it, *seen, place)
        case "step":
            return lambda it: segments.step_segment(it, *seen, segments.STEPS[n])
        case "merge":
            return lambda it: segments.merge_segments(it, *seen, second.id)
        case "retire":
            return lambda it: segments.retire_segment(it, *seen, leads_at)
        case "restore":
            return lambda it: segments.restore_segment(it, *seen)
        case "link":
            return lambda it: linking.link_segments(it, first.id, second.id, None)
        case "unlink":
            link = beside[other % len(beside)]
            return lambda it: linking.unlink_segments(it, link.id, link.version)
        case "edit":
            entry = SegmentEntry(first.code, f"名{n}", keywords=("词",) * (n % 2), weight=1 + n)
            return lambda it: segments.edit_segment(it, *seen, entry)
        case "retire_chain":
            on_it = leads_on(chain.id)
            return lambda it: chains.retire_chain(it, chain.id, chain.version, on_it)
        case _:
            return lambda it: chains.restore_chain(it, chain.id, chain.version)


def last_change():
    return db.session.scalar(
        select(func.max(ChainChange.id)).where(ChainChange.undone_at.is_(None))
    )


def state():
    """All that stands on chains, without the counters of versions."""

    def told(model, *columns):
        return db.session.execute(
            select(*(getattr(model, c) for c in columns)).order_by(model.id)
        ).all()

    columns = [c.key for c in Segment.__table__.c if c.key != "version"]
    return (
        told(Segment, *columns),
        told(Chain, "id", "retired_on"),
        sorted(tuple(row) for row in told(SegmentLink, "from_id", "to_id", "product")),
        sorted(
            tuple(row)
            for row in told(Presence, "enterprise_id", "segment_id", "role", "output_yuan")
        ),
        told(AnchorNeed, "id", "segment_id"),
        told(Lead, "id", "chain_id", "segment_id"),
    )


def nothing_is_left_over():
    assert faults_of(forest().nodes.values()) == {}
    assert not has_circle(links())
    retired = select(Segment.id).where(Segment.retired_on.is_not(None))
    on = {
        "leads": select(func.count(Lead.id)).where(
            Lead.segment_id.in_(retired), Lead.stage != Stage.LOST
        ),
        "firms": select(func.count(Presence.id)).where(
            Presence.segment_id.in_(retired), Presence.ended_on.is_(None)
        ),
        "needs": select(func.count(AnchorNeed.id)).where(AnchorNeed.segment_id.in_(retired)),
        "leads of another chain": select(func.count(Lead.id))
        .join(Segment, Segment.id == Lead.segment_id)
        .where(Segment.chain_id != Lead.chain_id),
        "parts in use of what is retired": select(func.count(Segment.id)).where(
            Segment.parent_id.in_(retired), Segment.retired_on.is_(None)
        ),
    }
    assert {name: db.session.scalar(count) for name, count in on.items()} == dict.fromkeys(on, 0)


@pytest.mark.on("sqlite")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_whatever_is_done_to_chains_nothing_is_left_over_and_all_is_taken_back(app, leader, steps):
    with app.app_context(), trial(alone=True) as session:
        works = add_company("甲公司")
        for place in ("MED-M1", "MED-M2", "TIC-U1"):
            add_presence(place, works, role=PresenceRole.ANCHOR, output_yuan=7)
            add_lead_at(place, f"{place}的项目", Stage.NEGOTIATING)
        add_presence("MED-M1", "乙公司")
        add_need("MED-M2", works)
        add_lead_at("MED-D1", "黄了的项目", Stage.LOST)
        before, done = state(), 0
        for name, *numbers in steps:
            try:
                with session.begin_nested():
                    change = last_change()
                    if name == "undo" and done:
                        reshaping.undo(leader, clock.now(), change)
                        done -= 1
                    elif name != "undo":
                        reshaping.reshape(leader, clock.now(), verb_of(name, *numbers))
                        done += last_change() != change
            except Refused:
                pass
            session.expire_all()
            nothing_is_left_over()
        for _ in range(done):
            reshaping.undo(leader, clock.now(), last_change())
            nothing_is_left_over()
        assert last_change() is None
        assert state() == before
