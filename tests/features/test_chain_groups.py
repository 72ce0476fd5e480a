"""链群: groups of segments, each with its leader."""

import re

import pytest
from sqlalchemy import func, select

from crm.chains.models import Chain, ChainGroup, Segment
from crm.chains.services import load_taxonomy
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
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


def test_the_page_names_the_segments_of_every_group_for_everybody(sign_in):
    page = sign_in("staff").get("/chains/groups").text
    for code, name in (("MED-M1", "医学影像"), ("MED-M4", "生命支持与监护")):
        assert f'<a href="/chains/MED/segments/{code}">{name}</a>' in page


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


def groups(app):
    """Names, leaders and order of all groups."""
    with app.app_context():
        return db.session.execute(
            select(ChainGroup.name, ChainGroup.leader_id).order_by(ChainGroup.position)
        ).all()


def undone(client):
    """Take the last change of a group back, as the button on the page of groups does."""
    page = client.get("/chains/groups").text
    change = re.search(r'name="change" value="(\d+)"', page)[1]
    return client.post("/chains/groups/undo", data={"change": change}, follow_redirects=True)


def test_the_first_group_cannot_go_up_nor_the_last_one_down(sign_in):
    page = sign_in("director").get("/chains/groups").text
    up, down = (re.findall(rf'title="{word}"( disabled)?>', page) for word in ("上移", "下移"))
    assert [bool(each) for each in up] == [True] + [False] * 6
    assert [bool(each) for each in down] == [False] * 6 + [True]


def test_changes_of_groups_are_undone_one_by_one(app, sign_in, person):
    client = sign_in("director")
    before = groups(app)
    with app.app_context():
        first = db.session.scalars(select(ChainGroup).order_by(ChainGroup.position)).first()
    form = {"code": "HYD", "name": "氢能"}
    client.post("/chains/groups/new", data=form)
    with app.app_context():
        new = db.session.scalars(select(ChainGroup).where(ChainGroup.code == "HYD")).one()
    client.post(f"/chains/groups/{new.id}/up")
    client.post(
        f"/chains/groups/{new.id}",
        data=form | {"version": 1, "leader": person("district_leader").id},
    )
    client.post(f"/chains/groups/{new.id}/remove", data={"version": 2})
    assert len(groups(app)) == len(before)
    for _ in range(3):
        assert "已撤销" in undone(client).text
    assert groups(app) == [*before, ("氢能", None)]
    undone(client)
    assert groups(app) == before
    page = client.post(f"/chains/groups/{first.id}/down", follow_redirects=True)
    assert f"调整链群次序 {first.name}" in " ".join(page.text.split())
    with app.app_context():
        told = db.session.scalars(
            select(AuditEvent)
            .where(AuditEvent.subject_type == "chain_groups")
            .order_by(AuditEvent.id)
        ).all()
    assert [event.action for event in told] == [
        "chain_group_added", "chain_group_moved", "chain_group_changed", "chain_group_removed",
        *["chain_change_undone"] * 4, "chain_group_moved",
    ]  # fmt: skip


def test_a_group_that_is_in_use_by_now_is_not_taken_back(app, sign_in):
    client = sign_in("director")
    client.post("/chains/groups/new", data={"code": "HYD", "name": "氢能"})
    with app.app_context(), transaction() as session:
        new = session.scalars(select(ChainGroup).where(ChainGroup.code == "HYD")).one()
        session.scalars(select(Segment).where(Segment.code == "MED-M1")).one().group_id = new.id
    assert "已被使用" in undone(client).text
    assert client.post("/chains/groups/undo", data={"change": "9" * 18}).status_code == 404
    assert client.post("/chains/groups/undo").status_code == 404
    assert sign_in("staff").post("/chains/groups/undo", data={"change": "1"}).status_code == 403


def test_addresses_of_chains_are_read_in_any_case_and_whatever_they_hold(sign_in):
    client = sign_in("director")
    for address, status in (
        ("/chains/med/edit", 200),
        ("/chains/med/edit/med-m1", 200),
        ("/chains/%00/edit", 404),
        ("/chains/MED/edit/%00", 404),
        (f"/chains/{'M' * 200}/edit", 404),
        ("/chains/MED/edit/new?tier=none", 200),
        ("/chains/MED/edit/new?tier=other", 404),
        ("/chains/MED/edit/new?under=%00", 200),
        (f"/chains/groups/{'9' * 30}", 404),
    ):
        assert client.get(address).status_code == status, address
    version = {"version": "9" * 5000}
    assert client.post("/chains/MED/retire", data=version).status_code == 409


@pytest.mark.on("sqlite")
def test_a_group_that_was_taken_away_does_not_come_back_with_the_preset(app, sign_in):
    client = sign_in("director")
    with app.app_context(), transaction() as session:
        for part in session.scalars(select(Segment)):
            part.group_id = None
    with app.app_context():
        group = db.session.scalars(select(ChainGroup).where(ChainGroup.code == "NEM")).one()
    client.post(f"/chains/groups/{group.id}/remove", data={"version": group.version})
    entry = {"code": "NEM", "name": group.name, "segments": ["NFM-M1"]}
    with app.app_context():
        with transaction():
            assert load_taxonomy({"official_groups": [entry]}) == 0
        assert db.session.scalar(select(func.count()).select_from(ChainGroup)) == 6
