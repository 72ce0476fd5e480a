"""Versions of a quota's criteria: which one is in force on a day, and what may be published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from crm.quotas.rules.terms import Node


class VersionFault(StrEnum):
    """Why a draft cannot be published, or the plan of a quota not be changed."""

    FROZEN = "frozen"
    NO_DOCUMENT = "no_document"
    NO_DAY = "no_day"
    SAME_DAY = "same_day"
    BEFORE_PREVIOUS = "before_previous"
    OUTSIDE_PERIOD = "outside_period"
    PERIOD_CLOSED = "period_closed"
    UNCHANGED = "unchanged"
    TARGET_NOT_POSITIVE = "target_not_positive"
    TARGET_TOO_LARGE = "target_too_large"
    CLOSES_BEFORE_OPENS = "closes_before_opens"
    OTHER_YEAR = "other_year"
    OVERLAPS = "overlaps"
    NODE_ABOVE_TARGET = "node_above_target"
    NODE_OUTSIDE = "node_outside"


class Effect(StrEnum):
    """What becomes of a stored verdict when a version comes into force."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"  # the lead no longer stands on the quota


class WithdrawalFault(StrEnum):
    """Why a published version cannot be taken back."""

    BEGUN = "begun"
    NO_REASON = "no_reason"
    NOT_PUBLISHED = "not_published"


def why_not_withdraw(
    in_force_from: date | None, today: date, reason: str
) -> tuple[WithdrawalFault, ...]:
    """Everything that stands in the way of 撤回: only what has not begun may be taken back."""
    found = []
    if in_force_from is None:
        found.append(WithdrawalFault.NOT_PUBLISHED)
    elif in_force_from <= today:
        found.append(WithdrawalFault.BEGUN)
    if not reason:
        found.append(WithdrawalFault.NO_REASON)
    return tuple(found)


class Published(Protocol):
    """A published version: from its day on it holds until the next one begins."""

    @property
    def in_force_from(self) -> date | None: ...


Version = TypeVar("Version", bound=Published)


def in_force(versions: Iterable[Version], on: date) -> Version | None:
    """The version that holds on the day `on`: the last one that has begun; None before the first.

    Drafts have no day and never hold.
    """
    begun = [each for each in versions if each.in_force_from and each.in_force_from <= on]
    return max(begun, key=_begins, default=None)


def _begins(version: Published) -> date:
    return version.in_force_from or date.min


@dataclass(frozen=True, slots=True)
class Publishing:
    """A draft about to be signed, and the quota it is for.

    `known_days` are the days from which earlier versions hold; `closed_until` is the last day whose
    numbers are closed (封账), None where none is.
    """

    document_number: str
    in_force_from: date | None
    opens: date
    closes: date
    known_days: tuple[date, ...] = ()
    closed_until: date | None = None
    is_frozen: bool = False
    is_changed: bool = True


def why_not_publish(one: Publishing) -> tuple[VersionFault, ...]:
    """Everything that stands in the way; empty where it may be published.

    Each version begins after the one before it, so one day never has two.
    """
    found = []
    if one.is_frozen:
        found.append(VersionFault.FROZEN)
    if not one.is_changed:
        found.append(VersionFault.UNCHANGED)
    if not one.document_number:
        found.append(VersionFault.NO_DOCUMENT)
    day, last = one.in_force_from, max(one.known_days, default=None)
    if day is None:
        return (*found, VersionFault.NO_DAY)
    if not one.opens <= day <= one.closes:
        found.append(VersionFault.OUTSIDE_PERIOD)
    if day in one.known_days:
        found.append(VersionFault.SAME_DAY)
    elif last is not None and day < last:
        found.append(VersionFault.BEFORE_PREVIOUS)
    if one.closed_until is not None and day <= one.closed_until:
        found.append(VersionFault.PERIOD_CLOSED)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class PlannedPeriod:
    """Target and period of a quota as somebody wants them.

    `others` are the periods of the same quota in other years, `nodes` what is due on its way.
    """

    year: int
    target: int
    opens: date
    closes: date
    others: tuple[tuple[date, date], ...] = ()
    nodes: tuple[Node, ...] = ()
    is_frozen: bool = False


LARGEST_TARGET = 10**15
"""As a sum of yuan more than the country produces in a year: a slip of the finger."""


def why_not_planned(one: PlannedPeriod) -> tuple[VersionFault, ...]:
    """Everything that is wrong with a target and a period.

    A quota year may begin in the year before (a statistics year from 26 December), it ends in its
    own; two years of one quota never share a day, for a signing on it would count in both.
    """
    found = []
    if one.is_frozen:
        found.append(VersionFault.FROZEN)
    if one.target <= 0:
        found.append(VersionFault.TARGET_NOT_POSITIVE)
    elif one.target > LARGEST_TARGET:
        found.append(VersionFault.TARGET_TOO_LARGE)
    if one.closes < one.opens:
        found.append(VersionFault.CLOSES_BEFORE_OPENS)
    elif one.closes.year != one.year or not one.year - 1 <= one.opens.year <= one.year:
        found.append(VersionFault.OTHER_YEAR)
    elif any(opens <= one.closes and one.opens <= closes for opens, closes in one.others):
        found.append(VersionFault.OVERLAPS)
    if one.target > 0 and any(node.count > one.target for node in one.nodes):
        found.append(VersionFault.NODE_ABOVE_TARGET)
    if any(not one.opens <= node.on <= one.closes for node in one.nodes):
        found.append(VersionFault.NODE_OUTSIDE)
    return tuple(found)
