"""Who can decide on a project at all, and why the unit's heads cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crm.accounts.rules import Role
from crm.recognition.rules.levels import Level


class Barred(StrEnum):
    """Why no head of the unit decides on a project, so that a bureau leader does in their place."""

    OWN = "own"  # they own, co-own or sponsor it
    NOT_NAMED = "not_named"  # sensitive, and they are not on its list
    NO_HEAD = "no_head"  # the unit has none, or the project no unit


@dataclass(frozen=True, slots=True)
class Decider:
    """A person with the authority to decide: a unit's head or a bureau leader who may sign in."""

    id: int
    name: str
    role: Role
    department_id: int | None


@dataclass(frozen=True, slots=True)
class Manned:
    """A project as far as it bars people. `named`: the list of a sensitive one, None for others."""

    department_id: int | None
    hands: frozenset[int]  # owner, co-owners, 包挂领导
    named: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Deciders:
    """Who decides on a project: heads of its unit, bureau leaders. `barred` are the heads who may
    not because it is theirs, and `why` tells why no head does (None: one does)."""

    unit: tuple[Decider, ...]
    district: tuple[Decider, ...]
    barred: tuple[Decider, ...] = ()
    why: Barred | None = None

    def at(self, level: Level) -> tuple[Decider, ...]:
        """Who decides at a level; at the unit's the bureau leaders where no head can."""
        return self.unit or self.district if level is Level.UNIT else self.district


def deciders(project: Manned, people: Iterable[Decider]) -> Deciders:
    """Everybody who may decide on the project (nobody decides what is theirs)."""
    heads, leaders = [], []
    for each in people:
        if each.role is Role.DIRECTOR:
            leaders.append(each)
        elif each.role is Role.UNIT_HEAD and each.department_id is not None:
            heads += [each] if each.department_id == project.department_id else []

    def can(one: Decider) -> bool:
        is_named = project.named is None or one.id in project.named
        return is_named and one.id not in project.hands

    unit = tuple(filter(can, heads))
    barred = tuple(one for one in heads if one.id in project.hands)
    why = None
    if not unit:
        why = Barred.OWN if barred else Barred.NOT_NAMED if heads else Barred.NO_HEAD
    return Deciders(unit, tuple(filter(can, leaders)), barred, why)
