"""A chain that was taken out of use takes nothing new, and is nowhere in the way."""

import pytest
from sqlalchemy import select

from crm.chains.models import Chain, Segment
from crm.chains.queries.chain_file import links_listed, segments_listed
from crm.chains.queries.presence import segments_in_use
from crm.chains.rules import Tier
from crm.chains.rules.chain_file import ReadFile, SegmentRow
from crm.chains.rules.entries import SegmentEntry
from crm.chains.rules.tree import Place
from crm.chains.services import chain_file, chains, linking, segments
from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.coverage.services import reshaping
from crm.enterprises.services import add


def at(code):
    return db.session.scalars(select(Segment).where(Segment.code == code)).one()


def chain(code):
    return db.session.scalars(select(Chain).where(Chain.code == code)).one()


@pytest.fixture
def retired(db_session, leader, reshape):
    """MED without any lead, firm or need, out of use; MED-U1 already was."""
    row = at("MED-U1")
    with transaction() as session:
        row = session.get(Segment, row.id)
        row.retired_on = clock.today().replace(year=2025)
    found = chain("MED")
    reshape(chains.retire_chain, found.id, found.version, 0)
    return found


def test_nothing_goes_into_it(retired, reshape):
    here, there = at("NFM-M1"), at("MED-M1")
    for verb, given in (
        (segments.move_segment, (here.id, here.version, Place(here.chain_id, parent=there.id))),
        (segments.move_segment, (here.id, here.version, Place(retired.id, Tier.UP))),
        (segments.merge_segments, (here.id, here.version, there.id)),
        (linking.link_segments, (here.id, there.id, None)),
        (segments.restore_segment, (there.id, there.version)),
    ):
        with pytest.raises(Refused):
            reshape(verb, *given)
    codes = {row.code for row in segments_in_use()}
    assert "NFM-M1" in codes
    assert "MED-M1" not in codes


def test_no_company_is_suggested_there(retired, leader):
    with transaction(alone=True):
        add(leader, clock.now(), "北方医学影像有限公司")
        assert suggest_for().added == 0


def test_a_workbook_of_all_chains_is_read_again_and_puts_nothing_there(retired):
    rows = [row for row, _tier in segments_listed(None)]
    assert chain_file.look_at(ReadFile(rows), {}).faults == []
    under = SegmentRow(2, "NFM", SegmentEntry("NFM-X1", "新"), "MED-M1", None, "", False, None)
    assert len(chain_file.look_at(ReadFile([under]), {}).faults) == 1
    assert links_listed(None)  # those of the chain stay and stand in nobody's way


def test_in_use_again_it_has_what_went_with_it(retired, reshape):
    assert at("MED-M1").retired_on == clock.today()
    reshape(chains.restore_chain, retired.id, chain("MED").version)
    assert at("MED-M1").retired_on is None
    assert at("MED-U1").retired_on is not None  # was out of use before
    assert chain("MED").retired_on is None


def test_a_chain_is_taken_out_of_use_and_that_is_undone(retired, leader):
    with transaction(alone=True):
        change = db.session.scalars(select(reshaping.ChainChange)).one()
        reshaping.undo(leader, clock.now(), change.id)
    assert (chain("MED").retired_on, at("MED-M1").retired_on) == (None, None)
