"""Projects that may be one and the same: investor groups, SPVs, phases. Pairs with every reason.

Linear in the number of projects: they meet under shared keys, never each with each. Two distinct
projects of one group each count (DOMAIN §10.3); a person says which they are.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from crm.enterprises.rules import without_regions

MANY = 30
"""A key shared by more projects than this says nothing: a park's address, an agency's telephone."""


class Alike(StrEnum):
    SAME_INVESTOR = "same_investor"
    SAME_GROUP = "same_group"  # a common parent through the ownership chain
    SAME_ENTITY = "same_entity"  # one company registered here for both
    SAME_ADDRESS = "same_address"
    SAME_REPRESENTATIVE = "same_representative"  # one person signs for both companies
    SAME_CONTACT = "same_contact"
    SAME_CONTRACT = "same_contract"
    SAME_TITLE = "same_title"
    PHASE_TITLE = "phase_title"  # 二期 and the title without it


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a project. `group` is the company at the top of its investor's chain."""

    id: int
    title: str
    title_key: str = ""
    investor_id: int | None = None
    group_id: int | None = None
    entity_id: int | None = None
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    representatives: tuple[str, ...] = ()
    contract_id: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two projects, the lower id first, and all they have in common."""

    first: int
    second: int
    reasons: tuple[Alike, ...]


PHASE = re.compile(r"[（(]?(?:第?[一二三四五六七八九十\d]+期|[IVX]+期)(?:工程|项目)?[）)]?")
NOT_WORDS = re.compile(r"[\W_]+")


def base_title(title: str) -> str:
    """A title without its phase: 储能产业园（二期） and 储能产业园 have one."""
    whole = PHASE.sub("", title) if "期" in title else title  # 原文
    return NOT_WORDS.sub("", whole).removesuffix("项目")


def plain_address(address: str) -> str:
    """An address to compare: without blanks, marks and the regions every address here begins with."""
    kept = without_regions(NOT_WORDS.sub("", address).removeprefix("中国"))
    return kept if len(kept) >= LEAST_ADDRESS else ""


LEAST_ADDRESS = 4


def plain_phone(phone: str) -> str:
    """A number to compare: its last digits, empty where they are too few to be one."""
    digits = re.sub(r"\D", "", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= LEAST_PHONE else ""


PHONE_DIGITS, LEAST_PHONE = 11, 7


def plain_name(name: str) -> str:
    """A person's name to compare: without blanks and marks, small letters."""
    return NOT_WORDS.sub("", name).casefold()


def pairs_alike(
    projects: Iterable[Known], among: Collection[int] | None = None
) -> tuple[Pair, ...]:
    """Every two projects with something in common, by ids; all that they share is told.

    With `among` only pairs that hold one of these ids.
    """
    meeting: dict[tuple[Alike, object], list[int]] = defaultdict(list)
    for project in projects:
        for key in set(_keys(project)):
            meeting[key].append(project.id)
    found: dict[tuple[int, int], set[Alike]] = defaultdict(set)
    for (alike, _), ids in meeting.items():
        if len(ids) > MANY:
            continue
        wanted = ids if among is None else [each for each in ids if each in among]
        for one in wanted:
            for other in ids:
                if one != other:
                    found[(one, other) if one < other else (other, one)].add(alike)
    return tuple(
        Pair(first, second, _told(frozenset(reasons)))
        for (first, second), reasons in sorted(found.items())
    )


@cache
def _told(reasons: frozenset[Alike]) -> tuple[Alike, ...]:
    """In order; the stronger word alone where one says the other too."""
    told = set(reasons)
    if Alike.SAME_INVESTOR in told:
        told.discard(Alike.SAME_GROUP)
    if {Alike.SAME_INVESTOR, Alike.SAME_ENTITY} & told:
        told.discard(Alike.SAME_REPRESENTATIVE)
    if Alike.SAME_TITLE in told:
        told.discard(Alike.PHASE_TITLE)
    return tuple(sorted(told, key=list(Alike).index))


def _keys(project: Known) -> Iterator[tuple[Alike, object]]:
    if project.investor_id is not None:
        yield Alike.SAME_INVESTOR, project.investor_id
        yield Alike.SAME_GROUP, project.group_id or project.investor_id
    if project.entity_id is not None:
        yield Alike.SAME_ENTITY, project.entity_id
    for address in project.addresses:
        if key := plain_address(address):
            yield Alike.SAME_ADDRESS, key
    for name in project.representatives:
        if key := plain_name(name):
            yield Alike.SAME_REPRESENTATIVE, key
    for phone in project.phones:
        if number := plain_phone(phone):
            yield Alike.SAME_CONTACT, number
    yield Alike.SAME_CONTRACT, project.contract_id or project.id
    if project.title_key:
        yield Alike.SAME_TITLE, project.title_key
    if base := base_title(project.title):
        yield Alike.PHASE_TITLE, base
