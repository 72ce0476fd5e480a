"""The levels of recognition, and what can be said at each."""

from enum import StrEnum


class Level(StrEnum):
    """申报 by the unit, 区认定 by the district, 市核定 by the city: each builds on the one before."""

    UNIT = "unit"
    DISTRICT = "district"
    CITY = "city"


BELOW: dict[Level, Level | None] = {
    Level.UNIT: None,
    Level.DISTRICT: Level.UNIT,
    Level.CITY: Level.DISTRICT,
}


class Counting(StrEnum):
    """What a sum counts: signed projects with and without repetition, or what a level approved."""

    REPEAT = "repeat"
    ONCE = "once"
    UNIT = Level.UNIT.value
    DISTRICT = Level.DISTRICT.value
    CITY = Level.CITY.value


class Decided(StrEnum):
    """What a row says of a lead and a quota at a level. PROPOSED stands at the unit's level alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    NOT_COUNTED = "not_counted"  # 认定不计数: real, but not to be counted
    MOVED = "moved"  # 改计: counted in another quota of the exclusive group from now on


class Ruling(StrEnum):
    """What a certifier said of two projects that look like one."""

    DISTINCT = "distinct"
    LINKED = "linked"  # phases of one contract: the later one counts no more


class Answer(StrEnum):
    """How an appeal ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
