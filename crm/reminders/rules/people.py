"""Who is told of what is due: the owner, and after working days of lateness those above."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from crm.reminders.rules.falling import Days, Due, is_told_to, overdue_since
from crm.reminders.rules.kinds import Level
from crm.reminders.rules.settings import Setting


@dataclass(frozen=True, slots=True)
class Office:
    """Who works here: active people alone, in the official order."""

    active: frozenset[int] = frozenset()
    heads: dict[int, tuple[int, ...]] = field(default_factory=dict)  # of each unit
    directors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """In whose charge a matter is. `named`: the only ones who may know of it; None: no such list."""

    owner_id: int | None
    department_id: int | None = None
    sponsor_id: int | None = None
    named: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One person who is told, and in which capacity."""

    person_id: int
    level: Level


def told_to(
    charge: Charge, since: date, setting: Setting, office: Office, days: Days
) -> tuple[Told, ...]:
    """Everybody who is told of a matter that is late since `since`; nobody twice.

    Without an owner at work the heads of the unit stand in, without them the bureau leaders, and of
    a matter only some may know those who may: a matter nobody is told of would be forgotten. The
    sponsor stands for all bureau leaders where they are one.
    """
    heads = office.heads.get(charge.department_id or 0, ())
    directors = (charge.sponsor_id,) if charge.sponsor_id in office.directors else office.directors
    owner = (charge.owner_id,) if charge.owner_id in office.active else ()
    if charge.named is not None:
        heads = tuple(each for each in heads if each in charge.named)
        directors = tuple(each for each in directors if each in charge.named)
        owner = owner if charge.owner_id in charge.named else ()
    others = sorted(office.active & charge.named) if charge.named else ()
    found: dict[int, Level] = {}
    _add(found, owner or heads or directors or others, Level.OWNER)
    if is_told_to(setting.to_unit_head_after, since, days):
        _add(found, heads, Level.UNIT_HEAD)
    if is_told_to(setting.to_director_after, since, days):
        _add(found, directors, Level.DIRECTOR)
    return tuple(Told(person, level) for person, level in found.items())


class Addressees:
    """`told_to` on one day, asked once for all matters that began together and are in the same charge."""

    def __init__(self, office: Office, days: Days) -> None:
        self._office, self._days = office, days
        self._found: dict[tuple[object, ...], tuple[Told, ...]] = {}

    def of(self, due: Due, setting: Setting, charge: Charge) -> tuple[Told, ...]:
        """Everybody who is told of this matter. `setting` is one of those that live on meanwhile."""
        key = (
            id(setting), due.base or due.due_on, charge.owner_id, charge.department_id,
            charge.sponsor_id, charge.named,
        )  # fmt: skip
        found = self._found.get(key)
        if found is None:
            since = overdue_since(due, setting, self._days)
            found = self._found[key] = told_to(charge, since, setting, self._office, self._days)
        return found


def _add(found: dict[int, Level], people: Collection[int | None], level: Level) -> None:
    for person in people:
        if person is not None:
            found.setdefault(person, level)


# --- absence ---


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which somebody is away, both included, and who is told instead."""

    person_id: int
    delegate_id: int
    starts_on: date
    ends_on: date


def delegates(absences: Collection[Away], active: Collection[int], today: date) -> dict[int, int]:
    """Who is told instead of whom today, through delegates who are away themselves.

    Where the way ends at nobody at work, or comes back to where it began, the person is told
    after all: better on holiday than not at all.
    """
    direct: dict[int, int] = {}
    for each in sorted(absences, key=lambda each: (each.starts_on, each.ends_on, each.delegate_id)):
        if each.starts_on <= today <= each.ends_on:
            direct[each.person_id] = each.delegate_id  # of two at once the one that began last
    found = {}
    for person in direct:
        seen, here = {person}, person
        while here in direct and direct[here] not in seen:
            here = direct[here]
            seen.add(here)
        if here != person and here not in direct and here in active:
            found[person] = here
    return found
