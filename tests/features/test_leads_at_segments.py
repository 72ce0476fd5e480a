"""The list of leads behind a place on the chains: a segment alone, or with everything below it."""

import html
import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.chains.models import Chain, Segment
from crm.core.db import db, transaction
from crm.leads.models import LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.leads.rules.filters import LeadFilter, WrongParameter, read_filter
from tests.features.chain_cases import add_lead_at, segment_id

M1, M2, M3, M4 = "NFM-M1", "NFM-M2", "NFM-M3", "NFM-M4"


@pytest.fixture
def tree(app):
    """M2 stands under M1 and M3 under M2, M4 apart; a lead at each. The id of M1."""
    with app.app_context(), transaction() as session:
        for code, parent in ((M2, M1), (M3, M2)):
            session.get(Segment, segment_id(code)).parent_id = segment_id(parent)
        for code in (M1, M2, M3, M4):
            add_lead_at(code, f"{code}的项目", Stage.NEGOTIATING)
        return segment_id(M1)


def listed(client, query):
    page = html.unescape(client.get(f"/leads/?{query}").text)
    return {code for code in (M1, M2, M3, M4) if f"{code}的项目" in page}


def test_a_segment_is_listed_alone_or_with_all_below_it(app, sign_in, tree):
    client = sign_in("director")
    assert listed(client, f"segment={tree}") == {M1}
    assert listed(client, f"segment={tree}&below=yes") == {M1, M2, M3}
    assert listed(client, f"segment={tree}&below=yes&stage=SIGNED") == set()
    page = html.unescape(client.get(f"/leads/?segment={tree}&below=yes&stage=IN_TALKS").text)
    assert re.search(r"环节：[^<]+及其下级", page)
    assert 'href="/leads/?stage=IN_TALKS"' in page, "the condition goes as a whole"
    with app.app_context(), transaction() as session:
        session.get(Segment, segment_id(M1)).parent_id = segment_id(M3)
    assert listed(client, f"segment={tree}&below=yes") == {M1, M2, M3}, "a circle ends"
    with app.app_context(), transaction() as session:
        session.get(Segment, segment_id(M3)).retired_on = date(2026, 11, 1)
    assert listed(client, f"segment={tree}&below=yes") == {M1, M2}


def test_below_goes_with_a_segment_and_comes_back_from_an_address(sign_in):
    wanted = LeadFilter(segment=7, below=True, stage=Stage.SIGNED)
    assert read_filter(wanted.url_args(), me=1) == wanted
    for query in ("below=yes", "below=yes&segment=none", "below=1&segment=7"):
        assert sign_in("director").get(f"/leads/?{query}").status_code == 400
    with pytest.raises(WrongParameter):
        LeadFilter(below=True)


def test_the_list_behind_a_place_says_how_many_more_are_counted(app, sign_in, tree):
    with app.app_context(), transaction():
        secret = add_lead_at(M2, "保密的", Stage.NEGOTIATING, is_sensitive=True).id
        chain = db.session.scalars(select(Chain.id).where(Chain.code == "NFM")).one()
    told = "另有1个敏感项目计入"
    leader = sign_in("director")
    for query in (f"chain={chain}", f"segment={tree}&below=yes", f"chain={chain}&stage=IN_TALKS"):
        assert told in leader.get(f"/leads/?{query}").text
        assert told not in sign_in("staff", "甲单位").get(f"/leads/?{query}").text
    for query in (f"segment={tree}", f"chain={chain}&q=保密", f"chain={chain}&amount_from=1亿"):
        assert "敏感项目计入" not in leader.get(f"/leads/?{query}").text
    with app.app_context(), transaction() as session:
        kind = MembershipKind.NAMED
        session.add(LeadMember(lead_id=secret, user_id=leader.actor.id, kind=kind))
    assert told not in leader.get(f"/leads/?chain={chain}").text
