"""Chains are changed: what stands on a segment follows it, and the last change can be taken back."""

from dataclasses import replace
from datetime import date
from threading import Thread

import pytest
from sqlalchemy import select, text

from crm.chains.models import (
    AnchorNeed,
    Chain,
    ChainChange,
    Presence,
    Segment,
    SegmentFit,
    SegmentLink,
)
from crm.chains.queries.chain_file import segments_listed
from crm.chains.queries.trees import forest, last_changes
from crm.chains.rules import (
    FitBasis,
    FitState,
    NeedKind,
    PresenceRole,
    SegmentLayout,
    Strength,
    Tier,
)
from crm.chains.rules.chain_file import LinkRow, ReadFile
from crm.chains.rules.entries import ChainEntry, SegmentEntry
from crm.chains.rules.tree import Place, faults_of
from crm.chains.services import chains, linking, segments
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused, Stale
from crm.coverage.models import TargetDismissal
from crm.coverage.services import reshaping
from crm.enterprises.models import Enterprise
from crm.enterprises.rules import search_text
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.leads.services.following import leads_at, leads_on
from crm.quotas import services as quotas
from tests.features.chain_cases import add_lead_at
from tests.together import at_once, codes_of

TODAY = date(2026, 11, 26)


@pytest.fixture
def undo(db_session, leader):
    """Take the last change of a chain back."""

    def run(code):
        chain = db.session.scalar(select(Chain.id).where(Chain.code == code))
        with transaction(alone=True):
            reshaping.undo(leader, clock.now(), last_changes(chain, 1)[0].id)

    return run


def at(code):
    return db.session.scalars(select(Segment).where(Segment.code == code)).one()


def moved(reshape, code, place):
    row = at(code)
    return reshape(segments.move_segment, row.id, row.version, place)


def merged(reshape, code, into):
    row = at(code)
    return reshape(segments.merge_segments, row.id, row.version, at(into).id)


def company(name):
    with transaction() as session:
        row = Enterprise(name=name, name_norm=name, name_loose=name, search_text=search_text(name))
        session.add(row)
        session.flush()
        return row.id


def state():
    """Everything that stands on chains, without the counters of versions."""

    def told(model, *but):
        columns = [c for c in model.__table__.c if c.key not in ("version", *but)]
        return sorted(map(tuple, db.session.execute(select(*columns))), key=lambda row: row[0])

    kinds = (Chain, Segment, SegmentLink, Presence, AnchorNeed, SegmentFit, TargetDismissal)
    leads = db.session.execute(select(Lead.id, Lead.chain_id, Lead.segment_id).order_by(Lead.id))
    return [told(kind) for kind in kinds], leads.all()


@pytest.fixture
def crowded(db_session, person, add_leads):
    """Two segments with firms, needs, fits, links, dismissals and leads; one firm stands at both."""
    one, into, third = at("MED-M1"), at("MED-M2"), at("MED-D1")
    both, alone = company("甲公司"), company("乙公司")
    owner = person("staff")
    add_leads(
        {"owner_id": owner.id, "chain_id": one.chain_id, "segment_id": one.id},
        {
            "owner_id": owner.id,
            "chain_id": one.chain_id,
            "segment_id": one.id,
            "stage": Stage.LOST,
        },
    )
    with transaction() as session:
        session.query(SegmentLink).delete()
        for firm, segment, role in (
            (both, one, PresenceRole.ANCHOR),
            (both, into, PresenceRole.SUPPLIER),
            (alone, one, PresenceRole.SERVICE),
        ):
            session.add(
                Presence(
                    enterprise_id=firm, segment_id=segment.id, role=role,
                    strength=Strength.MEDIUM, checked_on=TODAY, output_yuan=10, output_year=2025,
                )
            )  # fmt: skip
            session.add(
                SegmentFit(
                    enterprise_id=firm, segment_id=segment.id, basis=FitBasis.EXAMPLE, score=50,
                    state=FitState.SUGGESTED,
                )
            )  # fmt: skip
        session.add(
            AnchorNeed(
                enterprise_id=both, segment_id=one.id, kind=NeedKind.SUPPLY, description="轴承",
                noted_on=TODAY,
            )
        )  # fmt: skip
        session.add(
            TargetDismissal(
                enterprise_id=alone, segment_id=one.id, reason="无意向", until_on=TODAY,
                at=clock.now(),
            )
        )  # fmt: skip
        session.add_all(
            [
                SegmentLink(from_id=one.id, to_id=into.id),
                SegmentLink(from_id=one.id, to_id=third.id, product="部件"),
                SegmentLink(from_id=into.id, to_id=third.id),
            ]
        )
    return one.id, into.id


def test_everything_follows_a_merger_and_comes_back(crowded, reshape, undo):
    one, into = crowded
    before = state()
    merged(reshape, "MED-M1", "MED-M2")
    assert db.session.scalars(select(Lead.segment_id)).all() == [into, into]
    firms = db.session.scalars(select(Presence).order_by(Presence.enterprise_id)).all()
    assert [(row.segment_id, row.role) for row in firms] == [
        (into, PresenceRole.ANCHOR),
        (into, PresenceRole.SERVICE),
    ]
    assert firms[0].output_yuan == 20
    for model in (AnchorNeed, SegmentFit, TargetDismissal):
        assert set(db.session.scalars(select(model.segment_id))) == {into}
    assert [row.to_id for row in db.session.scalars(select(SegmentLink))] == [at("MED-D1").id]
    assert (at("MED-M1").retired_on, at("MED-M1").merged_into_id) == (TODAY, into)
    assert set(at("MED-M1").keywords) <= set(at("MED-M2").keywords)
    told = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "lead_followed_segment")
    ).all()
    assert [event.after for event in told] == [{"segment_id": into}] * 2
    assert list(quotas.differences(today=TODAY)) == []
    undo("MED")
    assert state() == before
    assert db.session.scalars(select(Lead.segment_id)).all() == [one, one]
    assert list(quotas.differences(today=TODAY)) == []


def test_what_moved_on_since_cannot_be_taken_back(crowded, reshape, undo):
    merged(reshape, "MED-M1", "MED-M2")
    with transaction(alone=True):
        lead = db.session.scalars(select(Lead).order_by(Lead.id)).first()
        lead.segment_id = at("MED-D1").id
    before = state()
    with pytest.raises(Refused) as refused:
        undo("MED")
    assert "其中1个项目" in str(refused.value.faults[0].text)
    assert state() == before


def test_a_subtree_goes_to_another_chain_with_its_leads(crowded, reshape, undo):
    _one, into = crowded
    before = state()
    moved(reshape, "MED-M1", Place(at("MED-M2").chain_id, parent=into))
    moved(reshape, "MED-M2", Place(at("NFM-M1").chain_id, Tier.DOWN))
    assert {(at(code).chain_id, at(code).tier) for code in ("MED-M1", "MED-M2")} == {
        (at("NFM-M1").chain_id, Tier.DOWN)
    }
    assert set(db.session.scalars(select(Lead.chain_id))) == {at("NFM-M1").chain_id}
    assert faults_of(forest().nodes.values()) == {}
    undo("NFM")
    undo("MED")
    assert state()[1] == before[1]
    assert [row[:5] for row in state()[0][1]] == [row[:5] for row in before[0][1]]


def test_refusals_of_moves_and_mergers(reshape):
    row, below = at("MED-M1"), at("MED-M2")
    moved(reshape, "MED-M2", Place(row.chain_id, parent=row.id))
    with pytest.raises(Refused):
        moved(reshape, "MED-M1", Place(row.chain_id, parent=below.id))
    with pytest.raises(Refused):
        merged(reshape, "MED-M1", "MED-M2")
    with pytest.raises(Stale) as stale:
        reshape(segments.move_segment, below.id, 1, Place(row.chain_id, Tier.UP))
    assert any(each.after == row.name for each in stale.value.changes)


def test_two_ends_of_a_way_are_not_merged(reshape):
    with transaction() as session:
        session.query(SegmentLink).delete()
    for supply, need in (("MED-U1", "MED-M1"), ("MED-M1", "MED-D1")):
        reshape(linking.link_segments, at(supply).id, at(need).id, None)
    with pytest.raises(Refused) as refused:
        merged(reshape, "MED-U1", "MED-D1")
    assert at("MED-M1").name in str(refused.value.faults[0].text)
    with pytest.raises(Refused) as refused:
        reshape(linking.link_segments, at("MED-D1").id, at("MED-U1").id, None)
    assert refused.value.faults[0].code == "circle"


def test_what_is_stood_on_is_not_taken_out_of_use(crowded, reshape):
    row = at("MED-M1")
    with pytest.raises(Refused) as refused:
        reshape(segments.retire_segment, row.id, row.version, leads_at)
    assert {fault.code for fault in refused.value.faults} == {"leads", "firms", "needs"}
    chain = db.session.get(Chain, row.chain_id)
    with pytest.raises(Refused) as refused:
        reshape(chains.retire_chain, chain.id, chain.version, leads_on(chain.id))
    assert "1个项目" in str(refused.value.faults[0].text)
    free = at("MED-U1")
    reshape(segments.retire_segment, free.id, free.version, leads_at)
    assert at("MED-U1").retired_on == TODAY
    with pytest.raises(Refused):
        moved(reshape, "MED-U2", Place(free.chain_id, parent=free.id))


def test_an_added_segment_goes_again_unless_it_is_in_use(reshape, undo, add_leads, person):
    chain = at("MED-U1").chain_id
    entry = SegmentEntry("MED-X1", "名" * 60, layout=SegmentLayout.EXTERNAL, keywords=("甲", "乙"))
    before = state()
    row = reshape(segments.add_segment, Place(chain, Tier.DOWN, at("MED-D1").id), entry)
    assert (row.tier, row.keywords) == (Tier.DOWN, ["甲", "乙"])
    undo("MED")
    assert state()[0][2:] == before[0][2:]
    row = reshape(segments.add_segment, Place(chain, Tier.DOWN), entry)
    add_leads({"owner_id": person("staff").id, "chain_id": chain, "segment_id": row.id})
    with pytest.raises(Refused):
        undo("MED")
    for wrong in (
        SegmentEntry("MED-X1", "又一个"),
        SegmentEntry("小写", "坏编码"),
        SegmentEntry("MED-X2", "名" * 200),
        SegmentEntry("MED-X3", "权重", weight=9),
        SegmentEntry("MED-X4", "行业", industry_codes=("39x",)),
    ):
        with pytest.raises(Refused):
            reshape(segments.add_segment, Place(chain, Tier.DOWN), wrong)


def test_changes_are_taken_back_in_their_order(reshape, undo, leader):
    moved(reshape, "MED-M1", Place(at("MED-M1").chain_id, parent=at("MED-M2").id))
    moved(reshape, "MED-M2", Place(at("MED-M1").chain_id, Tier.UP))
    first = db.session.scalars(select(ChainChange.id).order_by(ChainChange.id)).first()
    with pytest.raises(Refused), transaction(alone=True):
        reshaping.undo(leader, clock.now(), first)
    undo("MED")
    undo("MED")
    assert (at("MED-M1").parent_id, at("MED-M1").tier, at("MED-M2").tier) == (None, "mid", "mid")


def test_bureau_leaders_change_chains_and_a_chains_leader_confirms_it(db_session, person):
    chain = db.session.scalars(select(Chain).where(Chain.code == "MED")).one()
    head, other = person("district_leader"), person("district_leader")
    with transaction(alone=True):
        db.session.get(Chain, chain.id).leader_id = head.id
    for actor in (other, person("unit_head"), person("staff")):
        with pytest.raises(NotFound), transaction(alone=True):
            chains.confirm_chain(actor, clock.now(), chain.id, chain.version)
        with pytest.raises(NotFound), transaction(alone=True):
            reshaping.reshape(
                actor, clock.now(), lambda change: chains.add_chain(change, ChainEntry("X", "新"))
            )
    with transaction(alone=True):
        chains.confirm_chain(head, clock.now(), chain.id, chain.version)
    assert (chain.confirmed_on, chain.confirmed_by_id) == (TODAY, head.id)


def test_a_filled_in_file_is_one_change(crowded, leader, reshape, undo):
    """New ones before their parents, a move to another chain with its lead, links; then all of it back."""
    one, _into = crowded
    before = state()
    rows = {row.code: row for row, _tier in segments_listed(None)}
    new = replace(rows["MED-U1"], version=None, parent="MED-X2", entry=SegmentEntry("MED-X1", "甲"))
    above = replace(new, parent="", entry=SegmentEntry("MED-X2", "乙"))
    there = replace(rows["MED-M1"], parent="NFM-M1", chain="NFM")
    gone = replace(rows["MED-U2"], is_retired=True)
    link = LinkRow(2, "MED-X1", "MED-U1", "件", False, None)
    with transaction(alone=True):
        read = ReadFile([new, above, there, gone], [link])
        plan = reshaping.import_chains(leader, clock.now(), read, "专班.xlsx")
    assert (len(plan.new), len(plan.moved), len(plan.retired)) == (2, 1, 1)
    assert (at("MED-X1").parent_id, at("MED-X1").tier) == (at("MED-X2").id, Tier.UP)
    assert at("MED-U2").retired_on == TODAY
    lead = db.session.scalars(select(Lead).where(Lead.segment_id == one)).first()
    assert lead.chain_id == at("NFM-M1").chain_id
    undo("MED")
    after = state()
    assert after[1] == before[1]
    assert [row[:5] for row in after[0][1]] == [row[:5] for row in before[0][1]]
    assert after[0][2:] == before[0][2:]
    bad = ReadFile([replace(rows["MED-U1"], parent="MED-U1")])
    with pytest.raises(Refused), transaction(alone=True):
        reshaping.import_chains(leader, clock.now(), bad, "专班.xlsx")


def test_two_moves_at_once_close_no_circle(app, leader):
    with app.app_context():
        one, other = at("MED-M1"), at("MED-M2")

    def move(row, under):
        with transaction(alone=True):
            place = Place(row.chain_id, parent=under.id)
            reshaping.reshape(
                leader,
                clock.now(),
                lambda change: segments.move_segment(change, row.id, row.version, place),
            )

    answers = at_once(app, lambda: move(one, other), lambda: move(other, one))
    assert len(codes_of(answers)) == 1
    assert answers.count(None) == 1
    with app.app_context():
        assert faults_of(forest().nodes.values()) == {}


@pytest.mark.on("postgresql")  # SQLite has one writer anyway
def test_leads_being_saved_meanwhile_are_waited_for(app, leader):
    """One is taken elsewhere and stays there, one is put there and goes along."""
    with app.app_context(), transaction():
        lead = add_lead_at("MED-M1", "改道的项目", Stage.LEAD).id
    with app.app_context():
        one, into, elsewhere = (at(f"MED-M{n}") for n in (1, 2, 3))

    def merge():
        with app.app_context(), transaction(alone=True):
            reshaping.reshape(
                leader,
                clock.now(),
                lambda change: segments.merge_segments(change, one.id, one.version, into.id),
            )

    merging = Thread(target=merge)
    with app.app_context(), transaction() as session:
        session.get(Lead, lead).segment_id = elsewhere.id
        late = add_lead_at("MED-M1", "新来的项目", Stage.LEAD).id
        merging.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while merging.is_alive() and not session.scalar(waiting):
            pass
    merging.join()
    with app.app_context():
        assert db.session.get(Segment, one.id).retired_on is not None
        assert db.session.get(Lead, lead).segment_id == elsewhere.id
        assert db.session.get(Lead, late).segment_id == into.id


def test_a_change_is_made_alone_or_not_at_all(app, leader):
    with app.app_context(), transaction(), pytest.raises(RuntimeError):
        reshaping.reshape(leader, clock.now(), lambda change: None)
