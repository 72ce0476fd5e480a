"""Local firms on the chains: what is refused, when a check has grown old, sums that mix no years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import PresenceRole
from crm.chains.rules.firm_file import Names, book_of, read_book
from crm.chains.rules.presence import (
    STALE_AFTER_DAYS,
    NeedFault,
    PresenceEntry,
    PresenceFault,
    is_stale,
    output_by_year,
    why_not_end,
    why_not_noted,
    why_not_stand,
)
from crm.core.sheets import Sheet

TODAY = date(2026, 11, 26)
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({}, set()),
        ({"output_yuan": 0, "output_year": 2026}, set()),
        ({"output_yuan": 10**8}, {PresenceFault.OUTPUT_WITHOUT_YEAR}),
        ({"output_year": 2025}, {PresenceFault.YEAR_WITHOUT_OUTPUT}),
        (
            {"output_year": 2027, "since_on": TODAY + timedelta(days=1)},
            {
                PresenceFault.YEAR_WITHOUT_OUTPUT,
                PresenceFault.YEAR_OUT_OF_RANGE,
                PresenceFault.SINCE_IN_FUTURE,
            },
        ),
    ],
)
def test_everything_wrong_with_a_firm_is_told_at_once(told, faults):
    found = why_not_stand(PresenceEntry(PresenceRole.SUPPLIER, **told), TODAY)
    assert set(found) == faults
    assert len(found) == len(faults)


def test_a_sheet_of_firms_without_their_role_is_told_and_tables_of_codes_are_not():
    firms = Sheet("企业", (("企业全称", "环节编码"), ("甲公司", "NFM-M1")))
    codes = Sheet("编码表", (("编码", "名称"), ("NFM-M1", "材料")))
    needs = Sheet("清单", (("链主企业", "清单", "具体内容"),))
    book = book_of([firms, codes, needs])
    assert (book.firms, book.needs, book.passed_over) == (None, needs, ("企业",))


def test_a_year_and_a_code_are_read_in_any_width():
    head = ("企业全称", "环节编码", "链上角色", "年产值（万元）", "产值年份")
    sheet = Sheet("企业", (head, ("甲材料公司", "ｎｆｍ－Ｍ１", "配套", "１００", "２０２５年")))
    read = read_book(book_of([sheet]), Names({"NFM-M1": 7}, {}, {}), TODAY)
    (firm,) = read.firms
    assert (firm.segment_id, firm.facts["output_yuan"]) == (7, 1_000_000)
    assert (firm.facts["output_year"], read.messages) == (2025, [])


@given(since=st.none() | days, ended=days)
def test_a_firm_leaves_no_earlier_than_it_came_and_no_later_than_today(since, ended):
    is_sound = ended <= TODAY and (since is None or since <= ended)
    assert (why_not_end(since, ended, TODAY) == ()) is is_sound


@given(noted=days, met=st.none() | days)
def test_a_need_is_met_between_the_day_it_was_told_and_today(noted, met):
    is_sound = noted <= TODAY and (met is None or noted <= met <= TODAY)
    assert (why_not_noted(noted, met, TODAY) == ()) is is_sound
    told = why_not_noted(noted, met, TODAY, is_own_partner=True)
    assert NeedFault.OWN_PARTNER in told


@given(ago=st.integers(0, 2000), limit=st.integers(30, 1500))
def test_a_check_is_stale_only_after_the_limit_and_never_becomes_fresh_again(ago, limit):
    checked = TODAY - timedelta(days=ago)
    assert is_stale(checked, TODAY, limit) is (ago > limit)
    assert not is_stale(checked, TODAY, limit) or is_stale(
        checked, TODAY + timedelta(days=1), limit
    )


def test_the_limit_is_a_year():
    assert not is_stale(TODAY - timedelta(days=STALE_AFTER_DAYS), TODAY)
    assert is_stale(date(2025, 11, 25), TODAY)


amounts = st.tuples(st.none() | st.integers(0, 10**15), st.none() | st.integers(2000, 2030))


@given(st.lists(amounts))
def test_sums_of_output_keep_their_years_apart_and_lose_nothing(outputs):
    sums = output_by_year(outputs)
    assert list(sums) == sorted(sums, reverse=True)
    for year, total in sums.items():
        assert total == sum(yuan for yuan, told in outputs if told == year and yuan is not None)
    known = [yuan for yuan, year in outputs if yuan is not None and year is not None]
    assert sum(sums.values()) == sum(known)
