"""链群: groups of segments, each with its leader."""

from sqlalchemy import select

from crm.chains.models import Chain, ChainGroup, Segment
from crm.core.db import db, transaction
from crm.leads.access import visible_leads
from crm.leads.models import Lead


def test_the_preset_knows_the_districts_groups_and_their_segments(app):
    with app.app_context():
        rows = db.session.execute(
            select(ChainGroup.name, Chain.code, Segment.code)
            .join(Segment, Segment.group_id == ChainGroup.id)
            .join(Chain, Chain.id == ChainGroup.chain_id)
        ).all()
    assert len({name for name, _chain, _code in rows}) == 7
    assert {(chain, code) for name, chain, code in rows if name == "智能医疗装备"} == {
        ("MED", "MED-M1"),
        ("MED", "MED-M4"),
        ("MED", "MED-M5"),
    }


def test_the_leader_of_a_group_sees_the_leads_at_its_segments_alone(app, person, add_leads):
    leader, owner = person("district_leader"), person("staff")
    with app.app_context():
        ids = {row.code: row.id for row in db.session.execute(select(Segment.code, Segment.id))}
        chain = db.session.scalar(select(Chain.id).where(Chain.code == "MED"))
    inside, outside = add_leads(
        {"owner_id": owner.id, "chain_id": chain, "segment_id": ids["MED-M4"]},
        {"owner_id": owner.id, "chain_id": chain, "segment_id": ids["MED-M2"]},
    )
    with app.app_context():
        with transaction() as session:
            group = session.scalars(
                select(ChainGroup).where(ChainGroup.name == "智能医疗装备")
            ).one()
            group.leader_id = leader.id
        assert list(db.session.scalars(visible_leads(leader, Lead.id))) == [inside]
        assert outside != inside
