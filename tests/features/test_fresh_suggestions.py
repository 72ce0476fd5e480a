"""Suggestions follow the words of segments at once, and stand in nobody's way."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from crm.chains.models import Segment, SegmentFit
from crm.chains.queries.chain_file import entry_of, segments_listed
from crm.chains.queries.fits import fits_of
from crm.chains.queries.trees import last_changes
from crm.chains.rules import FitState
from crm.chains.rules.chain_file import ReadFile
from crm.chains.rules.entries import SegmentEntry
from crm.chains.rules.tree import Place
from crm.chains.services import load_taxonomy, segments
from crm.chains.services.suggesting import decide, suggest_for
from crm.core import clock
from crm.core.db import db, transaction
from crm.coverage.services import reshaping
from crm.enterprises.services import EnterpriseEntry, save
from crm.leads.services.following import leads_at


@pytest.fixture
def undo(db_session, leader):
    def run(code):
        with transaction(alone=True):
            reshaping.undo(leader, clock.now(), last_changes(at(code).chain_id, 1)[0].id)

    return run


@pytest.fixture
def company(db_session, leader):
    def register(name, **facts):
        with transaction(alone=True):
            return save(leader, clock.now(), None, EnterpriseEntry(name=name, **facts)).id

    return register


def at(code):
    return db.session.scalars(select(Segment).where(Segment.code == code)).one()


def reworded(reshape, code, *words):
    row = at(code)
    entry = replace(entry_of(row), keywords=words)
    reshape(segments.edit_segment, row.id, row.version, entry)


def fits(company_id):
    return {row.code: row.state for row in fits_of(company_id)}


def test_other_words_of_a_segment_are_other_suggestions_at_once(company, reshape, undo):
    one, other = company("北方海藻有限公司"), company("南方海带有限公司")
    reworded(reshape, "MED-M1", "海藻", "海带")
    assert fits(one) == fits(other) == {"MED-M1": FitState.SUGGESTED}
    with transaction(alone=True):
        assert suggest_for().companies == 2  # and a second look finds the same
    reworded(reshape, "MED-M1", "海带")
    assert (fits(one), set(fits(other))) == ({}, {"MED-M1"})
    undo("MED-M1")
    assert set(fits(one)) == {"MED-M1"}


def test_a_longer_word_elsewhere_hides_the_shorter_one(company, reshape):
    one = company("北方海藻酸钠有限公司")
    reworded(reshape, "MED-M1", "海藻")
    assert set(fits(one)) == {"MED-M1"}
    reworded(reshape, "MED-M2", "海藻酸钠")
    assert set(fits(one)) == {"MED-M2"}


def test_what_a_person_decided_stays(company, reshape, leader):
    one = company("北方海藻有限公司")
    reworded(reshape, "MED-M1", "海藻")
    with transaction() as session:
        fit = session.scalars(select(SegmentFit)).one()
        decide(leader, clock.now(), [(fit.id, fit.version)], FitState.CONFIRMED)
    reworded(reshape, "MED-M1", "海带")
    assert fits(one) == {"MED-M1": FitState.CONFIRMED}


def test_nobody_else_is_asked_about(company, reshape, count_queries):
    """As many statements for a word that speaks of one company as for one that speaks of a hundred."""
    for n in range(100):
        company(f"第{n}海带有限公司")
    company("北方海藻有限公司")
    with count_queries() as few:
        reworded(reshape, "MED-M1", "海藻")
    with count_queries() as many:
        reworded(reshape, "MED-M1", "海藻", "海带")
    assert len(many) <= len(few)


def test_a_merger_takes_them_along_and_is_undone_after_another_look(company, reshape, undo):
    one = company("北方海藻有限公司")
    reworded(reshape, "MED-M1", "海藻")
    row = at("MED-M1")
    reshape(segments.merge_segments, row.id, row.version, at("MED-M2").id)
    assert set(fits(one)) == {"MED-M2"}
    with transaction(alone=True):
        assert suggest_for().added == 0
    undo("MED-M2")
    assert set(fits(one)) == {"MED-M1"}


def test_an_added_segment_goes_again_although_companies_are_suggested_there(company, reshape, undo):
    one = company("北方海藻有限公司")
    entry = SegmentEntry("MED-X1", "海藻", keywords=("海藻",))
    reshape(segments.add_segment, Place(at("MED-M1").chain_id), entry)
    assert set(fits(one)) == {"MED-X1"}
    undo("MED-M1")
    assert fits(one) == {}


def test_a_segment_out_of_use_is_suggested_to_nobody(company, leader, reshape):
    one = company("北方海藻有限公司")
    reworded(reshape, "MED-U1", "海藻")
    row = at("MED-U1")
    reshape(segments.retire_segment, row.id, row.version, leads_at)
    assert fits(one) == {}
    reshape(segments.restore_segment, row.id, at("MED-U1").version)
    assert set(fits(one)) == {"MED-U1"}


def test_a_workbook_with_other_words_has_them_too(company, leader):
    one = company("北方海藻有限公司")
    (row,) = (row for row, _tier in segments_listed(None) if row.code == "MED-M1")
    filled = replace(row, entry=replace(row.entry, keywords=("海藻",)))
    with transaction(alone=True):
        reshaping.import_chains(leader, clock.now(), ReadFile([filled]), "专班.xlsx")
    assert set(fits(one)) == {"MED-M1"}


def test_a_newer_preset_has_them_too(company):
    one = company("北方海藻有限公司")
    part = {"code": "MED-M1", "name": "医学影像", "keywords": ["海藻"]}
    chain = {"code": "MED", "name": "医疗器械", "segments": [part]}
    with transaction(alone=True):
        load_taxonomy({"chains": [chain]})
    assert set(fits(one)) == {"MED-M1"}
