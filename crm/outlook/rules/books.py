"""三本账: in which of three books a lead in talks stands, and why.

Each fact allows a lead one book at best; the lead stands in the lowest of them. So every finding is
told with what it allows, the one that holds a lead back is seen at once, and no fact can make up
for another. The steps are ours: no source words them as a rule (docs/adr/0013-three-books.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.leads.rules import Confidence, Stage, is_stale


class Book(StrEnum):
    """确保, 争取, 储备, the surest first."""

    CERTAIN = "certain"
    STRIVE = "strive"
    RESERVE = "reserve"

    @property
    def rank(self) -> int:
        """0 for the surest."""
        return tuple(Book).index(self)


class FindingCode(StrEnum):
    """What one fact of a lead says about its book."""

    STAGE = "stage"
    DAY_WITHIN = "day_within"
    DAY_OVERDUE = "day_overdue"
    DAY_BEYOND = "day_beyond"
    DAY_MISSING = "day_missing"
    NEVER_SLIPPED = "never_slipped"
    SLIPPED = "slipped"
    CONFIDENCE = "confidence"
    CONFIDENCE_STALE = "confidence_stale"
    CONFIDENCE_MISSING = "confidence_missing"
    CRITERIA_MET = "criteria_met"
    CRITERIA_PENDING = "criteria_pending"
    CRITERIA_NEAR = "criteria_near"


class Fit(StrEnum):
    """How near a lead in talks is to the criteria of a quota: its verdict, or a near miss."""

    COUNTS = "counts"
    PENDING = "pending"
    NEAR = "near"


class DropCause(StrEnum):
    """Why what a person decided about a lead's book holds no longer."""

    SIGNED = "signed"
    LOST = "lost"
    PARKED = "parked"
    CRITERIA = "criteria"  # it is a near miss now


STAGE_ALLOWS: dict[Stage, Book] = {
    Stage.PRE_SIGNING: Book.CERTAIN,
    Stage.REVIEWED: Book.STRIVE,
    Stage.NEGOTIATING: Book.STRIVE,
    Stage.CONTACTED: Book.RESERVE,
}
CONFIDENCE_ALLOWS = {
    Confidence.HIGH: Book.CERTAIN,
    Confidence.MEDIUM: Book.STRIVE,
    Confidence.LOW: Book.RESERVE,
}

SURE_SLIPS, SURE_SLIP_DAYS = 1, 30
"""Put off once and by a month at most, a lead may still be sure."""

HOPED_SLIPS, HOPED_SLIP_DAYS = 2, 180
"""Beyond either, its day is no longer believed."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A lead in talks that could count: what its book depends on. Slip days are days in all."""

    lead_id: int
    stage: Stage
    expected_sign_on: date | None = None
    slips: int = 0
    slip_days: int = 0
    confidence: Confidence | None = None
    confidence_on: date | None = None
    fit: Fit = Fit.PENDING


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact and the book it allows at best; the further fields are what the words need."""

    code: FindingCode
    allows: Book
    stage: Stage | None = None
    on: date | None = None
    count: int | None = None
    days: int | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The book the rule proposes, with every finding."""

    book: Book
    findings: tuple[Finding, ...]

    @property
    def holding_back(self) -> tuple[Finding, ...]:
        """The findings that keep the lead out of the next better book; none where it is sure."""
        if self.book is Book.CERTAIN:
            return ()
        return tuple(each for each in self.findings if each.allows is self.book)


def proposed(prospect: Prospect, *, opens: date, closes: date, on: date) -> Proposal:
    """The book of a lead in talks for a period whose first and last days belong to it."""
    findings = (
        Finding(
            FindingCode.STAGE,
            STAGE_ALLOWS.get(prospect.stage, Book.RESERVE),
            stage=prospect.stage,
        ),
        _day(prospect.expected_sign_on, opens, closes, on),
        _slips(prospect.slips, prospect.slip_days),
        _confidence(prospect.confidence, prospect.confidence_on, on),
        _criteria(prospect.fit),
    )
    return Proposal(lowest(each.allows for each in findings), findings)


def lowest(books: Iterable[Book]) -> Book:
    """The least sure of these books."""
    return max(books, key=lambda book: book.rank)


def _day(expected: date | None, opens: date, closes: date, on: date) -> Finding:
    if expected is None:
        return Finding(FindingCode.DAY_MISSING, Book.RESERVE)
    if expected > closes:
        return Finding(FindingCode.DAY_BEYOND, Book.RESERVE, on=expected)
    if expected < on or expected < opens:
        return Finding(
            FindingCode.DAY_OVERDUE, Book.STRIVE, on=expected, days=max(0, (on - expected).days)
        )
    return Finding(FindingCode.DAY_WITHIN, Book.CERTAIN, on=expected)


def _slips(count: int, days: int) -> Finding:
    if count == 0:
        return Finding(FindingCode.NEVER_SLIPPED, Book.CERTAIN)
    book = Book.RESERVE
    if count <= SURE_SLIPS and days <= SURE_SLIP_DAYS:
        book = Book.CERTAIN
    elif count <= HOPED_SLIPS and days <= HOPED_SLIP_DAYS:
        book = Book.STRIVE
    return Finding(FindingCode.SLIPPED, book, count=count, days=days)


def _confidence(stated: Confidence | None, stated_on: date | None, on: date) -> Finding:
    if stated is None:
        return Finding(FindingCode.CONFIDENCE_MISSING, Book.STRIVE)
    allows = CONFIDENCE_ALLOWS[stated]
    if is_stale(stated_on, on):
        days = (on - stated_on).days if stated_on else None
        return Finding(
            FindingCode.CONFIDENCE_STALE, lowest((allows, Book.STRIVE)),
            on=stated_on, days=days, confidence=stated,
        )  # fmt: skip
    return Finding(FindingCode.CONFIDENCE, allows, on=stated_on, confidence=stated)


def _criteria(fit: Fit) -> Finding:
    if fit is Fit.NEAR:
        return Finding(FindingCode.CRITERIA_NEAR, Book.RESERVE)
    code = FindingCode.CRITERIA_MET if fit is Fit.COUNTS else FindingCode.CRITERIA_PENDING
    return Finding(code, Book.CERTAIN)


def why_not_move(prospect: Prospect, to: Book) -> FindingCode | None:
    """What forbids a person's decision: a near miss does not count as it stands, whoever hopes so."""
    if prospect.fit is Fit.NEAR and to is not Book.RESERVE:
        return FindingCode.CRITERIA_NEAR
    return None
