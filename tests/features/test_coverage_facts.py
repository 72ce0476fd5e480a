"""What the status of segments is judged by: counted in SQL, the same for everybody, nothing twice."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.accounts.queries import system_actor
from crm.chains.models import Presence, Segment
from crm.chains.rules import NeedKind, PresenceRole, SegmentLayout, Strength
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.queries.facts import coverage
from crm.coverage.queries.history import filled_gaps
from crm.coverage.rules import ReasonCode, Status
from crm.leads.models import StageChange
from crm.leads.rules import Stage
from tests.features.chain_cases import (
    add_company,
    add_lead_at,
    add_need,
    add_presence,
    segment_id,
)

M1, M2 = "NFM-M1", "NFM-M2"


@pytest.fixture
def found(app):
    """What is known of a segment, by its code."""

    def read(code):
        with app.app_context():
            chains = coverage(clock.today()).chains
            return next(e for chain in chains for e in chain.segments if e.segment.code == code)

    return read


def test_without_anything_every_segment_the_district_wants_is_a_gap(app):
    with app.app_context():
        told = [each for chain in coverage(clock.today()).chains for each in chain.segments]
        assert len(told) >= 153
        for each in told:
            is_wanted = each.segment.layout is SegmentLayout.FOCUS
            assert each.status is (Status.GAP if is_wanted else Status.NOT_SOUGHT)


def test_companies_needs_and_leads_are_counted_where_they_stand(app, found):
    with app.app_context(), transaction():
        anchor = add_company("建邦胶体材料有限公司")
        add_presence(M1, anchor, role=PresenceRole.ANCHOR, strength=Strength.STRONG)
        add_presence(M1, "很久没有核实的公司", checked_on=clock.today() - timedelta(days=366))
        add_presence(M1, "已经搬走的公司", ended_on=clock.today())
        add_need(M1, anchor, amount_yuan=3_000_000)
        add_need(M1, anchor, kind=NeedKind.CUSTOMER)
        add_need(M1, anchor, met_on=clock.today())
        for stage in (Stage.LEAD, Stage.NEGOTIATING, Stage.SIGNED, Stage.PARKED, Stage.LOST):
            add_lead_at(M1, f"{stage}的项目", stage, is_sensitive=stage is Stage.SIGNED)
    each = found(M1)
    counts = each.counts
    assert (counts.firms, counts.needs, counts.need_yuan) == (2, 2, 3_000_000)
    assert (counts.leads, counts.in_talks, counts.signed, counts.sensitive) == (3, 1, 1, 1)
    # An anchor of strength 3 at 150 %, one of strength 2 at half, less one for the supply need.
    assert (each.judged.points, each.status) == (450 + 100 - 100, Status.HAS)
    assert found(M2).counts.is_empty


def test_a_registered_lead_counts_a_company_until_its_company_is_recorded_on_the_chain(app, found):
    with app.app_context(), transaction():
        investor, entity = add_company("投资方股份公司"), add_company("济南落地有限公司")
        add_lead_at(
            M1, "已落地", Stage.REGISTERED, investor_id=investor.id, legal_entity_id=entity.id
        )
        add_lead_at(M2, "本地扩产", Stage.STARTED, investor_id=add_company("本地企业").id)
    assert found(M1).facts.landed == found(M2).facts.landed == 1
    assert found(M1).status is Status.HAS
    with app.app_context(), transaction():
        add_presence(M2, investor)
    assert found(M1).facts.landed == 1
    with app.app_context(), transaction():
        recorded = add_presence(M2, entity)
    each = found(M1)
    assert (each.facts.landed, each.counts.leads, each.status) == (0, 1, Status.GAP)
    with app.app_context(), transaction() as session:
        session.merge(recorded).ended_on = clock.today()
    assert found(M1).facts.landed == 0


def test_a_company_that_had_left_before_and_registers_again_counts_again(app, found):
    day = clock.today()
    with app.app_context(), transaction() as session:
        company = add_company("去而复返有限公司")
        left = day - timedelta(days=900)
        add_presence(M1, company, since_on=left - timedelta(days=900), ended_on=left)
        lead = add_lead_at(M1, "再次落户", Stage.STARTED, legal_entity_id=company.id)
        landed = day - timedelta(days=30)
        for to, on in ((Stage.REGISTERED, landed), (Stage.STARTED, day)):
            session.add(StageChange(lead_id=lead.id, to_stage=to, happened_on=on))
    assert (found(M1).facts.landed, found(M1).status) == (1, Status.HAS)
    with app.app_context():
        (gap,) = filled_gaps(system_actor(), day - timedelta(days=60), day)
        assert (gap.segment.code, gap.found.on, gap.title) == (M1, landed, "再次落户")
    with app.app_context(), transaction() as session:
        session.scalars(select(Presence)).one().ended_on = landed + timedelta(days=1)
    assert found(M1).facts.landed == 0


def test_what_stands_below_stands_at_the_parent_too_and_outside_help_is_never_red(app, found):
    with app.app_context(), transaction() as session:
        child = session.scalars(select(Segment).where(Segment.code == M2)).one()
        child.parent_id, child.layout = segment_id(M1), SegmentLayout.EXTERNAL
        add_presence(M2, "下级环节的企业")
    parent = found(M1)
    assert (parent.status, parent.counts.firms, parent.facts.below) == (Status.HAS, 1, 1)
    assert ReasonCode.WITH_BELOW in {reason.code for reason in parent.judged.reasons}
    assert found(M2).status is Status.NOT_SOUGHT
    with app.app_context():
        chain = next(c for c in coverage(clock.today()).chains if c.chain.code == "NFM")
        assert chain.counts.firms == 1


def test_leads_at_no_segment_are_told_apart(app):
    with app.app_context(), transaction():
        lead = add_lead_at(M1, "只归到链", Stage.NEGOTIATING)
        lead.segment_id = None
        other = add_lead_at(M1, "还没归链", Stage.NEGOTIATING)
        other.chain_id = other.segment_id = None
    with app.app_context():
        told = coverage(clock.today())
        assert {chain.chain.code: chain.unplaced for chain in told.chains}["NFM"] == 1
        assert told.without_chain == 1
        (one,) = coverage(clock.today(), chain_id=told.chains[0].chain.id).chains
        assert one == told.chains[0]


def test_the_number_of_statements_does_not_grow(app, count_queries):
    def statements():
        with app.app_context(), count_queries() as queries:
            coverage(clock.today())
        return len(queries)

    before = statements()
    with app.app_context(), transaction():
        for n, code in enumerate((M1, M2, "IME-M2", "MED-M1")):
            company = add_company(f"{n}号公司")
            add_presence(code, company)
            add_need(code, company)
            add_lead_at(code, f"{n}号项目", Stage.REGISTERED)
    assert statements() == before == 8


def test_the_terminal_tells_every_segment_with_its_reasons(app):
    with app.app_context(), transaction():
        add_presence(M1, "建邦胶体材料有限公司")
    run = app.test_cli_runner().invoke
    told = json.loads(run(args=["chains", "gaps", "--chain", "NFM", "--json"]).stdout)
    by_code = {each["code"]: each for each in told["segments"]}
    with app.app_context():
        all_of_it = select(Segment.id).where(Segment.code.startswith("NFM-"))
        assert len(by_code) == len(db.session.scalars(all_of_it).all())
    assert told["chain"] == "NFM"
    assert (by_code[M1]["status"], by_code[M1]["tier"]) == ("has", "mid")
    assert by_code[M1]["reasons"][0] == {
        "code": "medium_firms", "count": 1, "text": "中等的本地企业1家",
    }  # fmt: skip
    assert by_code[M2]["status"] == "gap"
    table = run(args=["chains", "gaps", "--chain", "nfm"]).stdout
    assert "NFM-M2\t空白\t中游" in table
    unknown = run(args=["chains", "gaps", "--chain", "ABC", "--json"])
    assert unknown.exit_code == 2
    assert "no chain in use has the code 'ABC'" in unknown.stderr
    assert not unknown.stdout
    broken = run(args=["chains", "gaps", "--chain", "\udcff"])
    assert broken.exit_code == 2
