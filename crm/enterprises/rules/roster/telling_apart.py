"""Which rows of a file are companies we know (DOMAIN §5): by code, by name, or perhaps by a like name."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from crm.enterprises.rules.names import normalise_name, similar
from crm.enterprises.rules.ranking.alike import spoilt
from crm.enterprises.rules.roster.reading import RosterFault, RosterMessage, RosterRow

AT_ONCE = 2000
"""Rows whose like names are looked for together: what this needs does not grow with the file."""
NAMESAKES_TOLD = 3


class Known(NamedTuple):
    """A company of ours by what tells it apart; `former` are normalised former names."""

    id: int
    name: str
    norm: str
    loose: str
    uscc: str | None
    former: Sequence[str] = ()


class Namesake(NamedTuple):
    """Whom a row may be a double of: one of ours, or an earlier row of the file."""

    name: str
    company_id: int | None = None
    row: int | None = None


class Outcome(StrEnum):
    """What a row is."""

    NEW = "new"
    KNOWN = "known"
    DOUBLE = "double"
    FAULTY = "faulty"


@dataclass(slots=True)
class Told:
    """A row and what it is; `company_id` of a known one, `namesakes` of a possible double."""

    row: RosterRow
    outcome: Outcome = Outcome.NEW
    company_id: int | None = None
    namesakes: list[Namesake] = field(default_factory=list)
    fault: RosterMessage | None = None


def tell_apart(rows: Sequence[RosterRow], known: Callable[[], Iterable[Known]]) -> list[Told]:
    """What each row is; `known` gives all our companies anew at each call.

    The same code is the same company, and so is the same name unless the codes differ. Of a like name
    two different codes are two companies; otherwise a person says whether it is a double.
    """
    told = [Told(row) for row in rows]
    _by_code_and_name(told, known())
    # A known company without a code has the one its row gives: imported again, nothing is otherwise.
    learned = {each.company_id: each.row.uscc for each in told if each.company_id and each.row.uscc}
    open_rows = [each for each in told if each.outcome is Outcome.NEW]
    for start in range(0, len(open_rows), AT_ONCE):
        some = open_rows[start : start + AT_ONCE]
        index = _LikeNames(some)
        renamed = _ByOtherName(some)
        for company in known():
            uscc = company.uscc or learned.get(company.id)
            who = Namesake(company.name, company.id)
            index.meet(company.loose, uscc, who)
            renamed.meet(company, uscc, who)
        for earlier in open_rows[: start + AT_ONCE]:
            row = earlier.row
            index.meet(row.loose, row.uscc, Namesake(row.name, row=row.sheet_row))
    for each in open_rows:
        if each.namesakes:
            each.outcome = Outcome.DOUBLE
    return told


def _by_code_and_name(told: Sequence[Told], known: Iterable[Known]) -> None:
    by_code = {each.row.uscc: each for each in told if each.row.uscc}
    by_name = {each.row.norm: each for each in told}
    of_code: dict[int, Known] = {}
    of_name: defaultdict[int, list[Known]] = defaultdict(list)
    for company in known:
        if company.uscc in by_code:
            of_code[by_code[company.uscc].row.sheet_row] = company
        if company.norm in by_name:
            of_name[by_name[company.norm].row.sheet_row].append(company)
    for each in told:
        number = each.row.sheet_row
        _decide(each, of_code.get(number), of_name.get(number, []))


def _decide(each: Told, coded: Known | None, named: Sequence[Known]) -> None:
    fault: RosterFault | None = None
    value = ""
    if coded is not None:
        others = [company for company in named if company.id != coded.id]
        is_named = any(company.id == coded.id for company in named)
        if others and not is_named:
            fault, value = RosterFault.USCC_OF_ANOTHER, coded.name
        else:
            each.company_id = coded.id
    elif named:
        possible = [one for one in named if not (one.uscc and each.row.uscc)]
        if not possible:
            fault, value = RosterFault.OTHER_USCC, f"{named[0].name} {named[0].uscc}"
        elif len(named) > 1:
            fault, value = RosterFault.SEVERAL_OF_NAME, named[0].name
        else:
            each.company_id = possible[0].id
    if fault is not None:
        each.outcome = Outcome.FAULTY
        each.fault = RosterMessage(fault, each.row.sheet_row, value)
    elif each.company_id is not None:
        each.outcome = Outcome.KNOWN


class _LikeNames:
    """Rows by what is left of their names. Two codes are two companies (one of the same code was found
    before), so whoever has a code is held against the rows without one alone.
    """

    def __init__(self, rows: Sequence[Told]) -> None:
        self._without_code: defaultdict[str, list[Told]] = defaultdict(list)
        self._with_code: defaultdict[str, list[Told]] = defaultdict(list)
        for each in rows:
            index = self._with_code if each.row.uscc else self._without_code
            for left in _spoilt(each.row.loose):
                index[left].append(each)

    def meet(self, loose: str, uscc: str | None, who: Namesake) -> None:
        indexes = [self._without_code] if uscc else [self._without_code, self._with_code]
        if not any(indexes):
            return
        met = {
            each.row.sheet_row: each
            for left in _spoilt(loose)
            for index in indexes
            for each in index.get(left, ())
        }
        for each in met.values():
            if who.row is not None and who.row >= each.row.sheet_row:
                continue
            if len(each.namesakes) == NAMESAKES_TOLD:
                continue
            if each.row.loose == loose or similar(each.row.loose, loose):
                _note(each, who)


class _ByOtherName:
    """Rows by the name a company has now in the file, and by those it had before."""

    def __init__(self, rows: Sequence[Told]) -> None:
        self._now = {each.row.norm: each for each in rows}
        self._before: defaultdict[str, list[Told]] = defaultdict(list)
        for each in rows:
            for former in str((each.row.facts or {}).get("former_names", "")).splitlines():
                self._before[normalise_name(former)].append(each)

    def meet(self, company: Known, uscc: str | None, who: Namesake) -> None:
        met = [self._now[former] for former in company.former if former in self._now]
        for each in (*met, *self._before.get(company.norm, ())):
            if not (uscc and each.row.uscc):
                _note(each, who)


def _spoilt(loose: str) -> set[str]:
    return {loose, *spoilt(loose)} if loose else set()


def _note(each: Told, who: Namesake) -> None:
    if len(each.namesakes) < NAMESAKES_TOLD and who not in each.namesakes:
        each.namesakes.append(who)
