"""Days as people write them, working days, and how far a period has run.

Pure: the day a text is read on (`as_of`) is an argument. A text that leaves the day open is
refused, never guessed.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

FIRST_YEAR, LAST_YEAR = 1950, 2100
LONGEST_TEXT = 40
ONE_DAY = timedelta(days=1)
SERIAL_ZERO = date(
    1899, 12, 30
)  # day 0 of Excel's 1900 system, its invented 29 February 1900 included


class DayKind(StrEnum):
    """What the field is about; decides the year and the day where the text leaves them out.

    PAST: first contact, signing. FUTURE: next action. EXPECTED: expected signing.
    """

    PAST = "past"
    FUTURE = "future"
    EXPECTED = "expected"


class DayFault(StrEnum):
    EMPTY = "empty"
    NOT_A_DAY = "not_a_day"
    NO_SUCH_DAY = "no_such_day"
    VAGUE = "vague"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"


class DayError(ValueError):
    """A day nobody can take as it stands; `code` says why."""

    def __init__(self, code: DayFault) -> None:
        super().__init__(code.value)
        self.code = code


# --- reading ---

NO_DAY = {"", "-", "--", "—", "——", "/", "\\", "无", "暂无"}
VAGUE = re.compile(
    r"周|星期|礼拜|近期|近日|尽快|择期|适时|待定|未定|不详|半年|年初|年中|年内|月初|月中(?!旬)|春节|节后|节前|"
    r"今天|明天|后天|昨天|本月|下月|上月|下个月|本季|下季|左右|前后|^[0-9]{4}年?$|^[今明去]年$"
)
CLOCK_TIME = re.compile(r"[t ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")
YEAR = r"(?:(?P<year>[0-9]{4})年?|(?P<short>[0-9]{2})年|(?P<said>[今明去本])年)"
YEAR_MONTH_DAY = re.compile(
    r"(?:(?P<year>[0-9]{4})(?:年|[-./])|(?P<short>[0-9]{2})年|(?P<said>[今明去本])年)"
    r"(?P<month>[0-9]{1,2})(?:月|[-./])(?P<day>[0-9]{1,2})[日号]?"
)
COMPACT = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
MONTH_DAY = re.compile(r"(?P<month>[0-9]{1,2})(?:月|[-./])(?P<day>[0-9]{1,2})[日号]?")
YEAR_MONTH = re.compile(r"(?P<year>[0-9]{4})[-./](?P<month>[0-9]{1,2})月?")
MONTH = re.compile(YEAR + r"?(?P<month>[0-9]{1,2})月份?(?P<part>上旬|中旬|下旬|底|末|底前)?")
QUARTER = re.compile(YEAR + r"?(?:第?(?P<quarter>[1-4])季度?|q(?P<letter>[1-4]))")
YEAR_END = re.compile(YEAR + r"?年?[底末]前?")

CHINESE_DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
CHINESE_YEAR = re.compile(r"[〇零○一二三四五六七八九]{4}(?=年)")
CHINESE_COUNT = re.compile(r"[一二三四五六七八九十]{1,3}(?=[月日号季])")


def parse_day(text: str | date | datetime | int | float, *, kind: DayKind, as_of: date) -> date:
    """Read a day as typed or as it stands in a cell (a number is an Excel serial day).

    Without a year a past field takes the latest such day on or before `as_of`, the others the
    earliest on or after it. A month, or a third of one (旬), is its first day in a past field, else
    its last; a quarter, 月底 and 年底 are their last day. Raises DayError.
    """
    if isinstance(text, datetime):
        return _in_range(text.date())
    if isinstance(text, date):
        return _in_range(text)
    if isinstance(text, int | float):
        return _in_range(_from_number(text))
    if len(text) > LONGEST_TEXT:
        raise DayError(DayFault.TOO_LONG)
    plain = _plain_text(text)
    if plain in NO_DAY:
        raise DayError(DayFault.EMPTY)
    return _in_range(_from_text(plain, kind, as_of))


def _from_number(number: float) -> date:
    if isinstance(number, bool) or not abs(number) < 10**9:
        raise DayError(DayFault.NOT_A_DAY)
    compact = COMPACT.fullmatch(str(number))
    if compact:  # 20260218 kept as a number
        return _day(int(compact["year"]), int(compact["month"]), int(compact["day"]))
    earliest, latest = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    if not (earliest - SERIAL_ZERO).days <= number < (latest - SERIAL_ZERO).days + 1:
        raise DayError(DayFault.NOT_A_DAY)
    return SERIAL_ZERO + timedelta(days=int(number))


def _plain_text(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    folded = re.sub(r"[−—–‐‑]", "-", folded) if len(folded) > 2 else folded
    folded = re.sub(r"\s+", "", CLOCK_TIME.sub("", folded))
    folded = CHINESE_YEAR.sub(lambda m: "".join(CHINESE_DIGITS[c] for c in m[0]), folded)
    return CHINESE_COUNT.sub(lambda m: _chinese_count(m[0]), folded)


def _chinese_count(word: str) -> str:
    """十二 → 12, 二十 → 20, 三十一 → 31; anything else stays as it is."""
    found = re.fullmatch(r"([一二三])?(十)?([一二三四五六七八九])?", word)
    if not found or (found[1] and found[3] and not found[2]):
        return word
    tens = int(CHINESE_DIGITS[found[1]]) if found[1] else 1
    ones = int(CHINESE_DIGITS[found[3]]) if found[3] else 0
    if found[2]:
        return str(tens * 10 + ones)
    return str(tens if found[1] else ones)


def _from_text(text: str, kind: DayKind, as_of: date) -> date:
    for form, reader in _FORMS:
        found = form.fullmatch(text)
        if found:
            return reader(found, kind, as_of)
    raise DayError(DayFault.VAGUE if VAGUE.search(text) else DayFault.NOT_A_DAY)


def _full_day(found: re.Match[str], kind: DayKind, as_of: date) -> date:
    return _dated(found, kind, as_of, lambda y: _day(y, int(found["month"]), int(found["day"])))


def _month(found: re.Match[str], kind: DayKind, as_of: date) -> date:
    month, part = int(found["month"]), found.groupdict().get("part")
    if not 1 <= month <= 12:
        raise DayError(DayFault.NO_SUCH_DAY)

    def day_in(year: int) -> date:
        last = monthrange(year, month)[1]
        first_of, last_of = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, last)}.get(
            part or "", (last, last) if part else (1, last)
        )
        return date(year, month, first_of if kind is DayKind.PAST else last_of)

    return _dated(found, kind, as_of, day_in)


def _quarter(found: re.Match[str], kind: DayKind, as_of: date) -> date:
    month = 3 * int(found["quarter"] or found["letter"])
    return _dated(found, kind, as_of, lambda year: date(year, month, monthrange(year, month)[1]))


def _year_end(found: re.Match[str], kind: DayKind, as_of: date) -> date:
    return _dated(found, kind, as_of, lambda year: date(year, 12, 31))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], DayKind, date], date]], ...] = (
    (YEAR_MONTH_DAY, _full_day),
    (COMPACT, _full_day),
    (YEAR_MONTH, _month),
    (MONTH_DAY, _full_day),
    (MONTH, _month),
    (QUARTER, _quarter),
    (YEAR_END, _year_end),
)


def _dated(found: re.Match[str], kind: DayKind, as_of: date, day_in: Callable[[int], date]) -> date:
    """The day in the year named, else in the nearest year on the field's side of `as_of`."""
    year = _named_year(found.groupdict(), as_of)
    if year is not None:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise DayError(DayFault.OUT_OF_RANGE)
        return day_in(year)
    step = -1 if kind is DayKind.PAST else 1
    # Nine years, not two: 29 February may be eight years away.
    for candidate in range(as_of.year, as_of.year + 9 * step, step):
        try:
            day = day_in(candidate)
        except DayError:
            continue
        if (day <= as_of) if kind is DayKind.PAST else (day >= as_of):
            return day
    raise DayError(DayFault.NO_SUCH_DAY)


def _named_year(groups: dict[str, str | None], as_of: date) -> int | None:
    if groups.get("year"):
        return int(groups["year"] or 0)
    if groups.get("short"):
        return 2000 + int(groups["short"] or 0)
    said = groups.get("said")
    return as_of.year + {"今": 0, "本": 0, "明": 1, "去": -1}[said] if said else None


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise DayError(DayFault.NO_SUCH_DAY) from None


def _in_range(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DayError(DayFault.OUT_OF_RANGE)
    return day


# --- working days ---


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Working days by the yearly notice of the State Council (国务院办公厅节假日安排).

    `workdays` are weekend days that are worked, `holidays` weekdays that are not, `years` those a
    notice has been entered for. A year without one counts Monday to Friday; `covers` lets the page
    say so.
    """

    workdays: frozenset[date] = field(default_factory=frozenset)
    holidays: frozenset[date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    def covers(self, year: int) -> bool:
        return year in self.years

    def is_working_day(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() < 5 and day not in self.holidays)

    def working_day_from(self, day: date) -> date:
        """The first working day on or after `day`."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self.add_working_days(day, 1)

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`, before it for a negative n; `day` itself for 0."""
        step = ONE_DAY if n > 0 else -ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative where `end` comes first.

        The inverse of add_working_days for a working `end`.
        """
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working_day(day) for day in _days_after(start, end))


def _days_after(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(1, (end - start).days + 1))


# --- periods and words ---


def elapsed_share(day: date, opens: date, closes: date) -> Fraction:
    """How much of the period `opens`…`closes` (both included) has run by the end of `day`: 0 to 1.

    Raises ValueError where the period ends before it begins.
    """
    if closes < opens:
        raise ValueError(f"a period from {opens} to {closes}")
    total = (closes - opens).days + 1
    return Fraction(min(max((day - opens).days + 1, 0), total), total)


def iso_day(day: date) -> str:
    """2026-11-23, for tables."""
    return day.isoformat()


def written_day(day: date, locale: str = "zh") -> str:
    """2026年11月23日 or 23 November 2026, for documents."""
    if locale.lower().startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# Not strftime: its month names follow the server's locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
