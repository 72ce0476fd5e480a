"""The office's working days: what a yearly notice says, and which years nobody has entered yet.

Pure: days are the office's (Asia/Shanghai).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.core.days import WorkCalendar

NEXT_YEAR_FROM_MONTH = 11
"""The notice of the coming year's days off appears in November."""


class DayKind(StrEnum):
    HOLIDAY = "holiday"
    WORKDAY = "workday"


def missing_years(calendar: WorkCalendar, today: date) -> tuple[int, ...]:
    """Years without imported days off that already matter: this one, from November the next."""
    years = [today.year]
    if today.month >= NEXT_YEAR_FROM_MONTH:
        years.append(today.year + 1)
    return tuple(year for year in years if not calendar.covers(year))


class LineFault(StrEnum):
    EMPTY_FILE = "empty_file"
    NOT_A_DAY = "not_a_day"
    UNKNOWN_KIND = "unknown_kind"
    TWICE = "twice"
    OTHER_YEAR = "other_year"
    WORKED_ANYWAY = "worked_anyway"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs from Monday to Friday."""

    day: date
    kind: DayKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line of the file nobody can take; `line` counts from 1, 0 is the file as a whole."""

    line: int
    code: LineFault
    text: str = ""


KIND_WORDS = {
    DayKind.HOLIDAY: frozenset({"holiday", "off", "休", "休息", "放假", "节假日", "假日"}),
    DayKind.WORKDAY: frozenset({"workday", "work", "班", "上班", "调休", "调休上班", "工作日"}),
}
MOST_LINES = 400
HEADINGS = frozenset({"day", "date", "日期"})


def read_year(lines: Iterable[Sequence[str]]) -> tuple[tuple[SpecialDay, ...], list[WrongLine]]:
    """The special days of one year from (day, kind, name) cells, and everything that is wrong.

    A heading and empty lines are passed over. A day off on a weekend says nothing new and is left
    out; a weekday that is “worked” is a slip of the pen and refused.
    """
    days: dict[date, SpecialDay] = {}
    faults: list[WrongLine] = []
    for number, cells in enumerate(lines, 1):
        words = [cell.strip() for cell in cells]
        if not any(words) or (number == 1 and words[0].casefold() in HEADINGS):
            continue
        if number > MOST_LINES:
            faults.append(WrongLine(number, LineFault.TOO_MANY))
            break
        found = _special_day(words)
        if isinstance(found, LineFault):
            faults.append(WrongLine(number, found, ",".join(words)[:60]))
        elif found.day in days:
            faults.append(WrongLine(number, LineFault.TWICE, found.day.isoformat()))
        elif days and found.day.year != next(iter(days)).year:
            faults.append(WrongLine(number, LineFault.OTHER_YEAR, found.day.isoformat()))
        else:
            days[found.day] = found
    differing = tuple(each for each in days.values() if differs(each.day, each.kind))
    if not differing and not faults:
        faults.append(WrongLine(0, LineFault.EMPTY_FILE))
    return tuple(sorted(differing, key=lambda each: each.day)), faults


def _special_day(words: list[str]) -> SpecialDay | LineFault:
    plain = words[0].replace("/", "-").replace("年", "-").replace("月", "-").removesuffix("日")
    try:
        year, month, number = (int(part) for part in plain.split("-"))
        day = date(year, month, number)
    except (ValueError, OverflowError):
        return LineFault.NOT_A_DAY
    if not 2000 <= day.year <= 2100:
        return LineFault.NOT_A_DAY
    word = words[1].casefold() if len(words) > 1 else ""
    kind = next((kind for kind, known in KIND_WORDS.items() if word in known), None)
    if kind is None:
        return LineFault.UNKNOWN_KIND
    if kind is DayKind.WORKDAY and not differs(day, kind):
        return LineFault.WORKED_ANYWAY
    return SpecialDay(day, kind, words[2][:60] if len(words) > 2 else "")


def differs(day: date, kind: DayKind) -> bool:
    """Whether saying this of the day changes anything: weekdays are worked, weekends are not."""
    is_weekend = day.weekday() >= 5
    return is_weekend if kind is DayKind.WORKDAY else not is_weekend
