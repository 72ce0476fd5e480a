"""Which leads a list shows: one value, read from an address and written back to it.

Every counter of the product links to a list through `LeadFilter.url_args`, and the list reads the
same value again, so that the number and the rows behind it cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from crm.core import money
from crm.leads.rules.classification import ChainRole
from crm.leads.rules.quiet import Light
from crm.leads.rules.stages import (
    CLOSED,
    FROM_SIGNING,
    IN_TALKS,
    OPEN_STAGES,
    ORDER,
    MilestoneKind,
    Stage,
)

LONGEST_TEXT = 100
LARGEST_ID = 2**62
NONE = 0
"""The id that stands for "not set": chain=none shows what has no chain yet (待归链)."""


class Bucket(StrEnum):
    """Several stages under one word. Upper case like the stages, beside which they are chosen."""

    IN_TALKS = "IN_TALKS"  # 在谈
    OPEN = "OPEN"  # everything not lost and not transferred
    FROM_SIGNING = "FROM_SIGNING"
    CLOSED = "CLOSED"

    @property
    def stages(self) -> tuple[Stage, ...]:
        return _STAGES[self]


_STAGES: dict[Bucket, tuple[Stage, ...]] = {
    Bucket.IN_TALKS: IN_TALKS,
    Bucket.OPEN: OPEN_STAGES,
    Bucket.FROM_SIGNING: FROM_SIGNING,
    Bucket.CLOSED: CLOSED,
}


class Due(StrEnum):
    """When the next action is due, seen from today."""

    OVERDUE = "overdue"  # before today
    TODAY = "today"
    NOW = "now"  # today or before
    WEEK = "week"  # today to Sunday
    NONE = "none"  # 无下步


NEEDS_NEXT_ACTION = ORDER[:-1]
"""The stages in which somebody still has to do something: 无下步 is told of these alone."""


class Quiet(StrEnum):
    """How long nobody moved a lead in talks: any light at all, or one of them."""

    ANY = "any"
    NOTICE = "notice"
    YELLOW = "yellow"
    RED = "red"
    WITHDRAW = "withdraw"

    @property
    def lights(self) -> tuple[Light, ...]:
        """The lights meant, calmest first."""
        if self is Quiet.ANY:
            return (Light.NOTICE, Light.YELLOW, Light.RED, Light.WITHDRAW)
        return (Light(self.value),)


class Sort(StrEnum):
    """What comes first; a leading minus in the address turns the order round."""

    PROGRESS = "progress"  # newest progress
    AMOUNT = "amount"  # largest investment
    DUE = "due"  # soonest next action
    NEWEST = "newest"  # entered last


class Outcome(StrEnum):
    COUNTS = "counts"
    PENDING = "pending"
    NO = "no"


class CountedEvent(StrEnum):
    """Into which of a quota's three numbers the lead goes."""

    SIGNED = "signed"
    REGISTERED = "registered"
    STARTED = "started"


class RecognisedAt(StrEnum):
    """The level that approved the lead for the quota: 申报, 区认定, 市核定."""

    UNIT = "unit"
    DISTRICT = "district"
    CITY = "city"


class WrongParameter(ValueError):
    """A value of the address that cannot be read: status 400, naming the parameter."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"{name}={value}")
        self.name = name
        self.value = value


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """What a list of leads is narrowed to. Ids and `chain_role` may be NONE (not set); amounts are
    whole yuan. `below`: at the segment or at those below it.

    `quota` is the code of a quota, `year` its year (None: the present one); `verdict`, `event`,
    `level` and `once` mean that quota (`once`: 不重复口径, the signed leads that count in this quota
    and in no other). `milestone` are the leads that reached it (STARTED: whatever means it on their
    path). `since` and `until` are days, both included: when the lead entered the number of `event`,
    or first reached the milestone. Raises WrongParameter for what means a quota without one, for
    days without event or milestone, for both of these at once, and for `below` without a segment.
    """

    q: str = ""
    stage: Stage | Bucket | None = None
    chain: int | None = None
    segment: int | None = None
    below: bool | None = None
    chain_role: ChainRole | int | None = None
    owner: int | None = None
    department: int | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    due: Due | None = None
    quiet: Quiet | None = None
    sensitive: bool | None = None
    quota: str | None = None
    year: int | None = None
    verdict: Outcome | None = None
    event: CountedEvent | None = None
    level: RecognisedAt | None = None
    once: bool | None = None
    sponsor: int | None = None
    zone: int | None = None
    milestone: MilestoneKind | None = None
    since: date | None = None
    until: date | None = None
    sort: Sort = Sort.PROGRESS
    is_reversed: bool = False

    def __post_init__(self) -> None:
        if self.quota is None and (self.verdict or self.event or self.level or self.once):
            raise WrongParameter("quota", "")
        if self.below and not self.segment:
            raise WrongParameter("segment", "")
        if self.event and self.milestone:
            raise WrongParameter("milestone", self.milestone.value)
        if not self.event and not self.milestone:
            for name in ("since", "until"):
                if day := getattr(self, name):
                    raise WrongParameter(name, day.isoformat())

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages shown; empty means all."""
        if isinstance(self.stage, Bucket):
            return self.stage.stages
        return (self.stage,) if self.stage else ()

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered; the order is no filter."""
        return replace(self, sort=Sort.PROGRESS, is_reversed=False) != LeadFilter()

    def url_args(self) -> dict[str, str]:
        """The filter as the parameters of an address; whatever is not set is left out."""
        args = {
            name: _WRITE.get(name, str)(value)
            for name in _NAMES
            if (value := getattr(self, name)) is not None and value != ""
        }
        sort = f"-{self.sort}" if self.is_reversed else str(self.sort)
        if sort != Sort.PROGRESS:
            args["sort"] = sort
        return args

    def without(self, *names: str) -> "LeadFilter":
        """The same filter with these parameters taken away."""
        cleared: dict[str, Any] = {name: "" if name == "q" else None for name in names}
        return replace(self, **cleared)

    def sorted_by(self, sort: Sort) -> "LeadFilter":
        """The same rows in another order; asked for the present one, that order turned round."""
        return replace(self, sort=sort, is_reversed=self.sort is sort and not self.is_reversed)


def read_filter(args: Mapping[str, str], *, me: int) -> LeadFilter:
    """The filter an address asks for; `me` is the person that owner=me means.

    A verdict may carry its quota (verdict=A:pending), so that one pick list sends both. Names it
    does not know and empty values are passed over. Raises WrongParameter.
    """
    found: dict[str, Any] = {}
    given = {name: args.get(name, "").strip() for name in _NAMES}
    quota, colon, verdict = given["verdict"].partition(":")
    if colon:
        given |= {"quota": quota, "verdict": verdict}
    for name, text in given.items():
        if text:
            found[name] = me if (name, text) == ("owner", "me") else _read(name, text)
    if sort := args.get("sort", "").strip():
        found["is_reversed"] = sort.startswith("-")
        found["sort"] = _read("sort", sort.removeprefix("-"))
    return LeadFilter(**found)


def _read(name: str, text: str) -> Any:
    try:
        return _READ[name](text)
    except (ValueError, KeyError) as error:
        raise WrongParameter(name, text) from error


def _read_stage(text: str) -> Stage | Bucket:
    return Bucket(text) if text in Bucket.__members__ else Stage(text)


def _read_id(text: str) -> int:
    if text == "none":
        return NONE
    return read_number(text, LARGEST_ID)


def _read_chain_role(text: str) -> ChainRole | int:
    return NONE if text == "none" else ChainRole(text)


def read_number(text: str, largest: int) -> int:
    """A whole number from 1 to `largest`. Raises ValueError."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= largest:
        raise ValueError(text)
    return int(text)


def _read_yuan(text: str) -> int:
    amount = money.parse_amount(text, bare_unit=money.unit_named("亿元"))
    if amount.currency != "CNY":
        raise ValueError(text)
    return amount.value


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise ValueError(text)
    return text


def _read_day(text: str) -> date:
    if len(text) != len("2026-11-23") or not text.isascii():
        raise ValueError(text)
    return date.fromisoformat(text)


def _read_code(text: str) -> str:
    if len(text) > 40 or not text.replace("_", "").replace("-", "").isalnum() or not text.isascii():
        raise ValueError(text)
    return text


def _write_id(value: int) -> str:
    return "none" if value == NONE else str(value)


_READ: dict[str, Any] = {
    "q": _read_text,
    "stage": _read_stage,
    "chain": _read_id,
    "segment": _read_id,
    "below": lambda text: {"yes": True}[text],
    "chain_role": _read_chain_role,
    "owner": _read_id,
    "department": _read_id,
    "amount_from": _read_yuan,
    "amount_to": _read_yuan,
    "due": Due,
    "quiet": Quiet,
    "sensitive": lambda text: {"yes": True, "no": False}[text],
    "quota": _read_code,
    "year": lambda text: read_number(text, 2100),
    "verdict": Outcome,
    "event": CountedEvent,
    "level": RecognisedAt,
    "once": lambda text: {"yes": True}[text],
    "sponsor": _read_id,
    "zone": _read_id,
    "milestone": MilestoneKind,
    "since": _read_day,
    "until": _read_day,
    "sort": Sort,
}
_WRITE: dict[str, Any] = {
    "chain": _write_id,
    "segment": _write_id,
    "below": lambda _value: "yes",
    "chain_role": lambda value: "none" if value == NONE else str(value),
    "owner": _write_id,
    "department": _write_id,
    "sponsor": _write_id,
    "zone": _write_id,
    "since": date.isoformat,
    "until": date.isoformat,
    "amount_from": money.format_yuan,
    "amount_to": money.format_yuan,
    "sensitive": lambda value: "yes" if value else "no",
    "once": lambda _value: "yes",
}
_NAMES = tuple(each.name for each in fields(LeadFilter) if each.name not in {"sort", "is_reversed"})
