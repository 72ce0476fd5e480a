"""Days as ledgers write them, working days, and the share of a period gone by."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.days import (
    DayError,
    DayFault,
    DayKind,
    WorkCalendar,
    elapsed_share,
    iso_day,
    parse_day,
    written_day,
)

AS_OF = date(2026, 11, 23)
PAST, FUTURE, EXPECTED = DayKind.PAST, DayKind.FUTURE, DayKind.EXPECTED
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def fault_of(text: object, kind: DayKind = FUTURE) -> DayFault:
    with pytest.raises(DayError) as caught:
        parse_day(text, kind=kind, as_of=AS_OF)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-12", date(2026, 3, 12)),
        ("2026.1.9", date(2026, 1, 9)),
        ("2026/12/1", date(2026, 12, 1)),
        ("2026-4-2", date(2026, 4, 2)),
        ("2026年5月20日", date(2026, 5, 20)),
        ("2026年5月20号", date(2026, 5, 20)),
        ("２０２６年５月２０日", date(2026, 5, 20)),
        (" 2026 年 5 月 20 日 ", date(2026, 5, 20)),
        ("二〇二六年五月二十日", date(2026, 5, 20)),
        ("二〇二六年十二月三十一日", date(2026, 12, 31)),
        ("26年5月20日", date(2026, 5, 20)),
        ("20260218", date(2026, 2, 18)),
        ("2026-03-12 00:00:00", date(2026, 3, 12)),
        ("2026-03-12T09:30", date(2026, 3, 12)),
        ("明年1月5日", date(2027, 1, 5)),
        (datetime.fromisoformat("2026-03-12T15:30"), date(2026, 3, 12)),
        (date(2026, 3, 12), date(2026, 3, 12)),
        (46093, date(2026, 3, 12)),
        (46093.75, date(2026, 3, 12)),
        (20260218, date(2026, 2, 18)),
    ],
)
@pytest.mark.parametrize("kind", DayKind)
def test_a_full_day_is_read_the_same_in_every_field(
    text: str | date | float, day: date, kind: DayKind
) -> None:
    assert parse_day(text, kind=kind, as_of=AS_OF) == day


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("12月8日", date(2025, 12, 8), date(2026, 12, 8)),
        ("1月5日", date(2026, 1, 5), date(2027, 1, 5)),
        ("11月5日", date(2026, 11, 5), date(2027, 11, 5)),
        ("11月23日", AS_OF, AS_OF),
        ("12-8", date(2025, 12, 8), date(2026, 12, 8)),
        ("12.8", date(2025, 12, 8), date(2026, 12, 8)),
        ("12/8", date(2025, 12, 8), date(2026, 12, 8)),
        ("十二月八日", date(2025, 12, 8), date(2026, 12, 8)),
        ("2月29日", date(2024, 2, 29), date(2028, 2, 29)),
        ("2026年9月", date(2026, 9, 1), date(2026, 9, 30)),
        ("2026年9月份", date(2026, 9, 1), date(2026, 9, 30)),
        ("2026-09", date(2026, 9, 1), date(2026, 9, 30)),
        ("2026.9", date(2026, 9, 1), date(2026, 9, 30)),
        ("2028年2月", date(2028, 2, 1), date(2028, 2, 29)),
        ("9月", date(2026, 9, 1), date(2027, 9, 30)),
        ("11月", date(2026, 11, 1), date(2026, 11, 30)),
        ("12月底", date(2025, 12, 31), date(2026, 12, 31)),
        ("12月底前", date(2025, 12, 31), date(2026, 12, 31)),
        ("2027年3月上旬", date(2027, 3, 1), date(2027, 3, 10)),
        ("2027年3月中旬", date(2027, 3, 11), date(2027, 3, 20)),
        ("2027年3月下旬", date(2027, 3, 21), date(2027, 3, 31)),
        ("2027Q1", date(2027, 3, 31), date(2027, 3, 31)),
        ("2027年q1", date(2027, 3, 31), date(2027, 3, 31)),
        ("2027年一季度", date(2027, 3, 31), date(2027, 3, 31)),
        ("2027年第二季度", date(2027, 6, 30), date(2027, 6, 30)),
        ("明年一季度", date(2027, 3, 31), date(2027, 3, 31)),
        ("三季度", date(2026, 9, 30), date(2027, 9, 30)),
        ("四季度", date(2025, 12, 31), date(2026, 12, 31)),
        ("2026年底", date(2026, 12, 31), date(2026, 12, 31)),
        ("2026年年底", date(2026, 12, 31), date(2026, 12, 31)),
        ("2026年末", date(2026, 12, 31), date(2026, 12, 31)),
        ("年底", date(2025, 12, 31), date(2026, 12, 31)),
        ("今年底", date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_what_a_day_leaves_out_follows_from_the_kind_of_field(
    text: str, past: date, future: date
) -> None:
    assert parse_day(text, kind=PAST, as_of=AS_OF) == past
    assert parse_day(text, kind=FUTURE, as_of=AS_OF) == future
    assert parse_day(text, kind=EXPECTED, as_of=AS_OF) == future


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", DayFault.EMPTY),
        ("　", DayFault.EMPTY),
        ("/", DayFault.EMPTY),
        ("—", DayFault.EMPTY),
        ("2026-13-05", DayFault.NO_SUCH_DAY),
        ("2026年2月30日", DayFault.NO_SUCH_DAY),
        ("2026-02-29", DayFault.NO_SUCH_DAY),
        ("13月5日", DayFault.NO_SUCH_DAY),
        ("2月30日", DayFault.NO_SUCH_DAY),
        ("2026年13月", DayFault.NO_SUCH_DAY),
        (20261305, DayFault.NO_SUCH_DAY),
        ("下周", DayFault.VAGUE),
        ("下周三", DayFault.VAGUE),
        ("近期", DayFault.VAGUE),
        ("待定", DayFault.VAGUE),
        ("2027年上半年", DayFault.VAGUE),
        ("2026年", DayFault.VAGUE),
        ("2026", DayFault.VAGUE),
        ("春节后", DayFault.VAGUE),
        ("12月初", DayFault.VAGUE),
        ("3月12日-15日", DayFault.NOT_A_DAY),
        ("五亿元", DayFault.NOT_A_DAY),
        ("=TODAY()", DayFault.NOT_A_DAY),
        ("三五月", DayFault.NOT_A_DAY),
        ("260218", DayFault.NOT_A_DAY),
        ("1026-03-12", DayFault.OUT_OF_RANGE),
        ("2206-03-12", DayFault.OUT_OF_RANGE),
        (date(1900, 1, 1), DayFault.OUT_OF_RANGE),
        (2026, DayFault.NOT_A_DAY),
        (2026.9, DayFault.NOT_A_DAY),
        (True, DayFault.NOT_A_DAY),
        (float("nan"), DayFault.NOT_A_DAY),
        (float("inf"), DayFault.NOT_A_DAY),
        (-(10**30), DayFault.NOT_A_DAY),
        ("1" * 41, DayFault.TOO_LONG),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(text: object, code: DayFault) -> None:
    assert fault_of(text) is code


@given(st.text(max_size=60), st.sampled_from(DayKind), DAYS)
def test_any_text_is_a_day_or_refused(text: str, kind: DayKind, as_of: date) -> None:
    try:
        day = parse_day(text, kind=kind, as_of=as_of)
    except DayError:
        return
    assert 1950 <= day.year <= 2100


@given(st.text(alphabet="0123569年月日号底末前季度第q一二十.-/今明旬上中: ", max_size=12), DAYS)
def test_any_mix_of_day_signs_is_a_day_or_refused(text: str, as_of: date) -> None:
    try:
        day = parse_day(text, kind=PAST, as_of=as_of)
    except DayError:
        return
    assert 1950 <= day.year <= 2100


@given(DAYS, st.sampled_from(["{0:%Y-%m-%d}", "{0.year}.{0.month}.{0.day}", "{0:%Y%m%d}"]))
def test_a_day_reads_back_however_it_is_written(day: date, form: str) -> None:
    assert parse_day(form.format(day), kind=PAST, as_of=AS_OF) == day
    assert parse_day(written_day(day), kind=PAST, as_of=AS_OF) == day
    assert parse_day(iso_day(day), kind=FUTURE, as_of=AS_OF) == day


@given(DAYS, DAYS)
def test_a_day_without_year_lies_on_the_side_of_its_field_and_less_than_a_year_away(
    day: date, as_of: date
) -> None:
    text = f"{day.month}月{day.day}日"
    past = parse_day(text, kind=PAST, as_of=as_of)
    future = parse_day(text, kind=FUTURE, as_of=as_of)
    assert past <= as_of <= future
    if (day.month, day.day) != (2, 29):
        assert as_of - past < timedelta(days=366)
        assert future - as_of < timedelta(days=366)


# Spring Festival 2026 as an example: 15–23 February off, 14 and 28 February worked.
SPRING = WorkCalendar(
    workdays=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
    holidays=frozenset(date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)),
    years=frozenset({2026}),
)


def test_a_worked_saturday_counts_and_a_holiday_monday_does_not() -> None:
    assert SPRING.is_working_day(date(2026, 2, 14))
    assert not SPRING.is_working_day(date(2026, 2, 15))
    assert not SPRING.is_working_day(date(2026, 2, 16))
    assert SPRING.next_working_day(date(2026, 2, 14)) == date(2026, 2, 24)
    assert SPRING.working_day_from(date(2026, 2, 14)) == date(2026, 2, 14)
    assert SPRING.working_day_from(date(2026, 2, 15)) == date(2026, 2, 24)
    assert SPRING.add_working_days(date(2026, 2, 13), 3) == date(2026, 2, 25)
    assert SPRING.add_working_days(date(2026, 2, 24), -1) == date(2026, 2, 14)
    assert SPRING.working_days_between(date(2026, 2, 13), date(2026, 2, 25)) == 3


def test_a_year_without_a_notice_counts_monday_to_friday() -> None:
    assert SPRING.covers(2026)
    assert not SPRING.covers(2027)
    assert SPRING.is_working_day(date(2027, 1, 1))  # a Friday
    assert not SPRING.is_working_day(date(2027, 1, 2))
    assert WorkCalendar().add_working_days(date(2026, 11, 27), 1) == date(2026, 11, 30)


@given(DAYS, st.integers(-60, 60), st.frozensets(DAYS, max_size=5), st.frozensets(DAYS, max_size=5))
def test_adding_working_days_and_counting_them_agree(
    day: date, n: int, workdays: frozenset[date], holidays: frozenset[date]
) -> None:
    calendar = WorkCalendar(workdays - holidays, holidays)
    start = calendar.working_day_from(day)
    end = calendar.add_working_days(start, n)
    assert calendar.is_working_day(end)
    assert calendar.working_days_between(start, end) == n
    assert calendar.working_days_between(end, start) == -n


@pytest.mark.parametrize(
    ("day", "share"),
    [
        (date(2025, 12, 31), Fraction(0)),
        (date(2026, 1, 1), Fraction(1, 365)),
        (date(2026, 11, 23), Fraction(327, 365)),
        (date(2026, 12, 31), Fraction(1)),
        (date(2027, 5, 1), Fraction(1)),
    ],
)
def test_the_share_of_a_year_gone_by_includes_the_day_itself(day: date, share: Fraction) -> None:
    assert elapsed_share(day, date(2026, 1, 1), date(2026, 12, 31)) == share


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="a period from"):
        elapsed_share(AS_OF, date(2026, 12, 31), date(2026, 1, 1))


def test_days_are_written_by_place_and_language() -> None:
    assert iso_day(AS_OF) == "2026-11-23"
    assert written_day(AS_OF) == "2026年11月23日"
    assert written_day(date(2026, 1, 5)) == "2026年1月5日"
    assert written_day(AS_OF, "en") == "23 November 2026"
