"""水分体检: what an auditor would ask about the projects a year counts. Pure: values in, findings out.

A finding is a question with its facts, not a verdict: it says what stands in the records and is
answered by a person. DOMAIN §2.5 (split filings, late filings 突击上报, 弄虚作假) and §2.4 name
what inspections look for; every limit is a setting (settings.py).
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from crm.leads.rules import FigureSource


class FindingCode(StrEnum):
    CROSSED_THRESHOLD = "crossed_threshold"  # an edit lifted the amount over a threshold
    JUST_ABOVE = "just_above"  # 压线
    FILING_BELOW = "filing_below"  # filed or reported much less than agreed
    SPLIT_GROUP = "split_group"  # one group, several projects close together
    SHARED = "shared"  # address, telephone or local company in common
    YEAR_END_BURST = "year_end_burst"
    LATE_ENTRY = "late_entry"  # entered only when it was signed, 突击上报
    NO_TALKS = "no_talks"  # signed without one substantive meeting on record
    YEAR_SHIFTED = "year_shifted"  # 统计日期 in another year than the signing


class Weight(StrEnum):
    SERIOUS = "serious"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still ordinary. Shares in percent, spans in calendar days."""

    just_above_percent: int = 2
    filing_gap_percent: int = 20
    together_days: int = 180
    burst_days: int = 31
    burst_percent: int = 40
    burst_least: int = 3
    late_days: int = 15


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """A total investment as somebody entered it, in whole yuan, in the order of entry."""

    source: FigureSource
    on: date
    recorded_on: date
    yuan: int
    is_documented: bool
    is_withdrawn: bool = False
    recorded_by: str = ""


@dataclass(frozen=True, slots=True)
class ExaminedProject:
    """A project that counts this year. `counted_on` is the 统计日期 of its signing."""

    lead_id: int
    title: str
    department_id: int | None
    signed_on: date | None
    counted_on: date
    entered_on: date
    judged_yuan: int | None = None
    amounts: tuple[StatedAmount, ...] = ()
    talks_before_signing: int = 0


@dataclass(frozen=True, slots=True)
class Common:
    """Two projects and what they have in common; `is_group` for one investor group behind both."""

    first: int
    second: int
    is_group: bool
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One question. Amounts are whole yuan, `percent` a whole share, `days` calendar days."""

    code: FindingCode
    weight: Weight
    lead_ids: tuple[int, ...]
    on: date | None = None
    before_yuan: int | None = None
    after_yuan: int | None = None
    threshold_yuan: int | None = None
    percent: int | None = None
    days: int | None = None
    who: str = ""
    what: tuple[str, ...] = ()
    department_id: int | None = None

    @property
    def key(self) -> str:
        """What an answer belongs to: the same facts keep it, other facts ask anew."""
        told = (
            self.code.value,
            *map(str, self.lead_ids),
            str(self.on or ""),
            str(self.before_yuan or ""),
            str(self.after_yuan or ""),
            *self.what,
        )
        return hashlib.sha256("|".join(told).encode()).hexdigest()[:32]


def examine(
    projects: Sequence[ExaminedProject],
    thresholds: Iterable[int],
    common: Iterable[Common],
    closes: date,
    limits: Limits | None = None,
    off: Collection[FindingCode] = (),
) -> tuple[Finding, ...]:
    """Every question about these projects, serious ones first, each once.

    ``thresholds`` are the total investments the year's quotas ask for (yuan); ``common`` what
    pairs of projects share; ``closes`` the end of the period; kinds in ``off`` are not asked.
    """
    limits = limits or Limits()
    levels = sorted(set(thresholds))
    found: list[Finding] = []
    for project in projects:
        found += _amounts(project, levels, limits)
        found += _days(project, limits)
    found += _pairs({each.lead_id: each for each in projects}, common, limits)
    found += _bursts(projects, closes, limits)
    order = list(FindingCode)
    return tuple(
        sorted(
            {each.key: each for each in found if each.code not in off}.values(),
            key=lambda f: (f.weight is not Weight.SERIOUS, order.index(f.code), f.lead_ids, f.key),
        )
    )


def _amounts(project: ExaminedProject, levels: list[int], limits: Limits) -> Iterator[Finding]:
    ids = (project.lead_id,)
    for before, after in _edits(project.amounts):
        crossed = [level for level in levels if before.yuan < level <= after.yuan]
        # From talk to agreement an amount may grow; entered anew from the same source, or to a
        # hair above the threshold, it is asked about.
        is_hair = crossed and _is_just_above(after.yuan, crossed[-1], limits)
        if crossed and (before.source is after.source or is_hair):
            yield Finding(
                FindingCode.CROSSED_THRESHOLD,
                Weight.NOTICE if after.is_documented else Weight.SERIOUS,
                ids,
                on=after.recorded_on,
                before_yuan=before.yuan,
                after_yuan=after.yuan,
                threshold_yuan=crossed[-1],
                who=after.recorded_by,
            )
    judged = project.judged_yuan
    near = [level for level in levels if judged and _is_just_above(judged, level, limits)]
    if near:
        yield Finding(
            FindingCode.JUST_ABOVE,
            Weight.NOTICE,
            ids,
            after_yuan=judged,
            threshold_yuan=near[-1],
        )
    standing = [each for each in project.amounts if not each.is_withdrawn]
    agreed = [each for each in standing if each.source is FigureSource.AGREEMENT]
    filed = [
        each for each in standing if each.source in {FigureSource.FILING, FigureSource.STATISTICS}
    ]
    if agreed and filed:
        yield from _filing_below(ids, agreed[-1], filed[-1], levels, limits)


def _edits(amounts: Sequence[StatedAmount]) -> Iterator[tuple[StatedAmount, StatedAmount]]:
    """Each amount after the one before it, and after the one before it from the same source."""
    last: dict[FigureSource, StatedAmount] = {}
    before: StatedAmount | None = None
    for amount in amounts:
        same = last.get(amount.source)
        if same is not None:
            yield same, amount
        if before is not None and before is not same:
            yield before, amount
        last[amount.source] = before = amount


def _is_just_above(yuan: int, level: int, limits: Limits) -> bool:
    return level <= yuan and (yuan - level) * 100 <= level * limits.just_above_percent


def _filing_below(
    ids: tuple[int, ...],
    agreed: StatedAmount,
    filed: StatedAmount,
    levels: list[int],
    limits: Limits,
) -> Iterator[Finding]:
    gap = agreed.yuan - filed.yuan
    if gap <= 0 or gap * 100 <= agreed.yuan * limits.filing_gap_percent:
        return
    lost = [level for level in levels if filed.yuan < level <= agreed.yuan]
    yield Finding(
        FindingCode.FILING_BELOW,
        Weight.SERIOUS if lost else Weight.NOTICE,
        ids,
        on=filed.on,
        before_yuan=agreed.yuan,
        after_yuan=filed.yuan,
        threshold_yuan=lost[-1] if lost else None,
        percent=int(Fraction(gap * 100, agreed.yuan)),
    )


def _days(project: ExaminedProject, limits: Limits) -> Iterator[Finding]:
    ids = (project.lead_id,)
    signed = project.signed_on
    if signed is None:
        return
    if project.counted_on.year != signed.year:
        yield Finding(FindingCode.YEAR_SHIFTED, Weight.SERIOUS, ids, on=signed)
    ahead = (signed - project.entered_on).days
    if ahead < limits.late_days:
        yield Finding(
            FindingCode.LATE_ENTRY,
            Weight.SERIOUS if ahead < 0 else Weight.NOTICE,
            ids,
            on=project.entered_on,
            days=ahead,
        )
    if not project.talks_before_signing:
        yield Finding(FindingCode.NO_TALKS, Weight.NOTICE, ids, on=signed)


def _pairs(
    projects: dict[int, ExaminedProject], common: Iterable[Common], limits: Limits
) -> Iterator[Finding]:
    span = timedelta(days=limits.together_days)
    for pair in common:
        first, second = projects.get(pair.first), projects.get(pair.second)
        if first is None or second is None:
            continue
        ids = (pair.first, pair.second)
        if pair.is_group and abs(first.counted_on - second.counted_on) <= span:
            known = [each.judged_yuan for each in (first, second)]
            yield Finding(
                FindingCode.SPLIT_GROUP,
                Weight.SERIOUS,
                ids,
                after_yuan=sum(each or 0 for each in known) or None,
                days=abs((first.counted_on - second.counted_on).days),
                what=pair.what,
            )
        elif not pair.is_group:
            yield Finding(FindingCode.SHARED, Weight.NOTICE, ids, what=pair.what)


def _bursts(projects: Iterable[ExaminedProject], closes: date, limits: Limits) -> Iterator[Finding]:
    """Units that sign most of their year in its last days."""
    since = closes - timedelta(days=limits.burst_days - 1)
    of_unit: dict[int | None, list[ExaminedProject]] = defaultdict(list)
    for project in projects:
        of_unit[project.department_id].append(project)
    for department_id, own in of_unit.items():
        late = [each for each in own if since <= each.counted_on <= closes]
        percent = len(late) * 100 // len(own)
        if len(late) >= limits.burst_least and percent >= limits.burst_percent:
            yield Finding(
                FindingCode.YEAR_END_BURST,
                Weight.NOTICE,
                tuple(sorted(each.lead_id for each in late)),
                on=since,
                percent=percent,
                department_id=department_id,
            )
