"""The levels' numbers as a page shows them, each with the list behind it."""

from dataclasses import dataclass

from flask_babel import gettext as _

from crm.accounts.rules import Actor
from crm.leads.rules.filters import CountedEvent, LeadFilter, RecognisedAt
from crm.quotas.numbers import distinct_behind
from crm.quotas.queries import ALL, YearNumbers
from crm.quotas.telling import subject
from crm.recognition.queries import LevelNumbers, level_numbers
from crm.recognition.rules import Level
from crm.recognition.wording import word


@dataclass(frozen=True, slots=True)
class LevelPart:
    """A number of one kind: its word, and the list behind it (None: the list of the sum of `key`)."""

    key: str
    label: str
    number: int
    behind: LeadFilter | None


@dataclass(frozen=True, slots=True)
class Line:
    """A quota, or all of them together, across: 可重复口径, 不重复口径 and the levels."""

    code: str
    name: str
    parts: tuple[LevelPart, ...]


@dataclass(frozen=True, slots=True)
class YearLevels:
    """The year across quotas and levels: of each quota by its code, all side by side, and below them
    the sum, which counts a project as often as it stands in a quota, and each project once."""

    of_quota: dict[str, tuple[LevelPart, ...]]
    lines: tuple[Line, ...]
    sums: Line
    distinct: Line


def card_levels(
    actor: Actor, numbers: YearNumbers, found: LevelNumbers | None = None
) -> dict[str, tuple[LevelPart, ...]]:
    """The levels of each quota by its code, for the cards; one query unless they are `found` already."""
    found = found or level_numbers(actor, numbers.year)
    return {
        quota.code: _levels(found, quota.quota_id, quota.code, numbers.year)
        for quota in numbers.quotas
    }


def year_levels(actor: Actor, numbers: YearNumbers) -> YearLevels:
    """Every quota's levels and both ways of counting; one query."""
    found = level_numbers(actor, numbers.year, numbers.on)
    year, lines, of_quota = numbers.year, [], {}
    for quota in numbers.quotas:
        levels = _levels(found, quota.quota_id, quota.code, year)
        signed = LeadFilter(quota=quota.code, year=year, event=CountedEvent.SIGNED)
        of_quota[quota.code] = levels
        lines.append(
            Line(
                quota.code,
                subject(quota.label, quota.label_en),
                (
                    LevelPart("repeat", _("可重复口径"), quota.signed.count, signed),
                    LevelPart(
                        "once",
                        _("不重复口径"),
                        found.once.get(quota.quota_id, 0),
                        LeadFilter(quota=quota.code, year=year, once=True),
                    ),
                    *levels,
                ),
            )
        )
    return YearLevels(of_quota, tuple(lines), _sums(lines), _distinct(found, numbers))


def _levels(found: LevelNumbers, quota_id: int, code: str, year: int) -> tuple[LevelPart, ...]:
    counts = found.of_quota.get(quota_id, {})
    return tuple(
        LevelPart(
            level.value,
            str(word(level)),
            counts.get(level, 0),
            LeadFilter(quota=code, year=year, level=RecognisedAt(level.value)),
        )
        for level in Level
    )


def _sums(lines: list[Line]) -> Line:
    across = zip(*(line.parts for line in lines), strict=True)
    parts = [
        LevelPart(same[0].key, same[0].label, sum(part.number for part in same), None)
        for same in across
    ]
    return Line("sum", _("合计"), tuple(parts))


def _distinct(found: LevelNumbers, numbers: YearNumbers) -> Line:
    signed = distinct_behind(numbers.year)
    return Line(
        "distinct",
        _("去重合计"),
        (
            LevelPart("repeat", _("可重复口径"), numbers.distinct, signed),
            LevelPart("once", _("不重复口径"), numbers.distinct, signed),
            *(
                LevelPart(
                    level.value,
                    str(word(level)),
                    found.distinct[level],
                    LeadFilter(quota=ALL, year=numbers.year, level=RecognisedAt(level.value)),
                )
                for level in Level
            ),
        ),
    )
