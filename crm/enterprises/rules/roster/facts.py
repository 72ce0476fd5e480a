"""What a file knows more, or otherwise, of a company we know: empty facts are filled, none is overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from crm.enterprises.rules.names import normalise_name
from crm.enterprises.rules.seats import lies_in


class Difference(NamedTuple):
    """A fact the file gives otherwise; ours stays."""

    field: str
    ours: object
    theirs: object


@dataclass(frozen=True, slots=True)
class Compared:
    """What would be filled by column name, and what differs."""

    fills: Mapping[str, object]
    differs: tuple[Difference, ...]


def compare_facts(ours: Mapping[str, object], theirs: Mapping[str, object]) -> Compared:
    """`ours` by column name, None or "" where nothing is known; `theirs` only what the file gives.

    A share belongs to its parent: it is filled with it, or where the parent is the same.
    """
    fills: dict[str, object] = {}
    differs: list[Difference] = []
    for field, value in theirs.items():
        mine = ours.get(field)
        if field == "name":
            if normalise_name(str(mine)) != normalise_name(str(value)):
                differs.append(Difference(field, mine, value))
        elif field == "parent_shareholding" and not _is_same_parent(ours, theirs):
            continue
        elif mine in (None, ""):
            fills[field] = value
        elif field == "region_code" and lies_in(str(mine), str(value)):
            continue
        elif mine != value:
            differs.append(Difference(field, mine, value))
    return Compared(fills, tuple(differs))


def _is_same_parent(ours: Mapping[str, object], theirs: Mapping[str, object]) -> bool:
    mine, their = ours.get("parent_id"), theirs.get("parent_id")
    return their is not None and mine in (None, their)
