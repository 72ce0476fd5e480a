"""The days off of a year as offices write them, and the years that are missing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.calendar.rules import DayKind, LineFault, SpecialDay, missing_years, read_year
from crm.core.days import WorkCalendar

CALENDAR = WorkCalendar(
    workdays=frozenset({date(2026, 2, 14)}),  # a Saturday
    holidays=frozenset({date(2026, 10, 1)}),  # a Thursday
    years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("today", "missing"),
    [
        (date(2026, 10, 31), ()),
        (date(2026, 11, 1), (2027,)),
        (date(2027, 1, 4), (2027,)),
        (date(2027, 11, 23), (2027, 2028)),
    ],
)
def test_a_missing_year_is_told_while_there_is_time_to_import_it(today, missing):
    assert missing_years(CALENDAR, today) == missing


def test_a_year_is_read_as_offices_write_it():
    days, faults = read_year(
        [
            ["日期", "类型", "说明"],
            ["2027-01-01", "放假", "元旦"],
            ["2027/2/6", "调休上班", "春节调休"],
            [],
            ["2027年10月1日", "休", "国庆节"],
            ["2027-10-02", "放假", "国庆节（周六）"],
        ]
    )
    assert faults == []
    assert days == (
        SpecialDay(date(2027, 1, 1), DayKind.HOLIDAY, "元旦"),
        SpecialDay(date(2027, 2, 6), DayKind.WORKDAY, "春节调休"),
        SpecialDay(date(2027, 10, 1), DayKind.HOLIDAY, "国庆节"),
    )


def test_every_wrong_line_is_named_with_its_number():
    _days, faults = read_year(
        [
            ["2027-01-01", "holiday"],
            ["2027-02-30", "holiday"],
            ["2027-01-05", "vielleicht"],
            ["2027-01-01", "holiday"],
            ["2028-01-03", "holiday"],
            ["2027-01-06", "workday"],
        ]
    )
    assert [(fault.line, fault.code) for fault in faults] == [
        (2, LineFault.NOT_A_DAY),
        (3, LineFault.UNKNOWN_KIND),
        (4, LineFault.TWICE),
        (5, LineFault.OTHER_YEAR),
        (6, LineFault.WORKED_ANYWAY),
    ]


@pytest.mark.parametrize("lines", [[], [["day", "kind"]], [["2027-01-02", "holiday"]]])
def test_a_file_that_says_nothing_is_refused(lines):
    assert [fault.code for fault in read_year(lines)[1]] == [LineFault.EMPTY_FILE]


def test_a_file_without_end_is_cut_short():
    endless = ([str(n)] for n in range(10**9))
    assert read_year(endless)[1][-1].code is LineFault.TOO_MANY


@given(st.lists(st.lists(st.text(max_size=12), max_size=4), max_size=20))
def test_no_file_makes_the_reader_stumble(lines):
    days, faults = read_year(lines)
    assert days or faults
