"""Reading how a year's quotas are divided, typed figures of the year before, and the ranking switch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from crm.accounts.models import Department, User
from crm.accounts.queries import LEADERS_ORDER
from crm.accounts.rules import LEADERS
from crm.core.db import rows_of
from crm.history import queries as trail
from crm.history.models import AuditEvent
from crm.leads.rules.filters import CountedEvent
from crm.quotas.models import Division, PastFigure, QuotaShare, RankingSwitch
from crm.quotas.rules import Among

RANKING_SWITCHED = "ranking_switched"
HOLDER = {Among.DEPARTMENT: QuotaShare.department_id, Among.SPONSOR: QuotaShare.sponsor_id}


@dataclass(frozen=True, slots=True)
class Holder:
    """A unit or a leader that may answer for a share."""

    id: int
    name: str
    name_en: str | None
    is_active: bool


def holders(among: Among) -> list[Holder]:
    """Everybody in official order who has a share or may get one: active units, active leaders."""
    has_share = select(HOLDER[among]).where(HOLDER[among].is_not(None))
    statement: Any
    if among is Among.DEPARTMENT:
        statement = (
            select(Department.id, Department.name, Department.name_en, Department.is_active)
            .where(or_(Department.is_active, Department.id.in_(has_share)))
            .order_by(Department.position, Department.id)
        )
        return [Holder(*row) for row in rows_of(statement)]
    is_leader = User.is_active & User.role.in_(LEADERS)
    statement = (
        select(User.id, User.name, User.is_active)
        .where(or_(is_leader, User.id.in_(has_share)))
        .order_by(*LEADERS_ORDER)
    )
    return [Holder(row[0], row[1], None, row[2]) for row in rows_of(statement)]


def shares_of(quota_ids: Collection[int], among: Among) -> dict[int, dict[int, int]]:
    """By quota: the target of each holder, in the quota's unit; in one query."""
    holder = HOLDER[among]
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rows = rows_of(
        select(QuotaShare.quota_id, holder, QuotaShare.target).where(
            QuotaShare.quota_id.in_(sorted(quota_ids)), holder.is_not(None)
        )
    )
    for quota_id, holder_id, target in rows:
        found[quota_id][holder_id] = target
    return found


def division_of(year: int, among: Among) -> Any:
    """(document_number, note, version) of the year's division; None before the first."""
    return rows_of(
        select(Division.document_number, Division.note, Division.version).where(
            Division.year == year, Division.among == among
        )
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class Typed:
    """One figure of the year before as somebody typed it: `month` is the month of that year."""

    event: CountedEvent
    department_id: int | None
    month: date
    value: int
    document: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LastYear:
    """All typed figures of the year before a quota's, by number and unit (None: the district)."""

    entries: tuple[Typed, ...] = ()
    _by_key: Mapping[tuple[CountedEvent, int | None], dict[date, int]] = field(default_factory=dict)

    def of(self, event: CountedEvent, department_id: int | None = None) -> dict[date, int]:
        """Cumulative by the end of each month typed, by the month of the year before."""
        return self._by_key.get((event, department_id), {})

    def document_of(
        self, event: CountedEvent, department_id: int | None, month: date
    ) -> str | None:
        wanted = (event, department_id, month)
        return next(
            (
                each.document
                for each in self.entries
                if (each.event, each.department_id, each.month) == wanted
            ),
            None,
        )


def last_year_of(quota_id: int) -> LastYear:
    """What was typed of the year before this quota's, in one query."""
    rows = rows_of(
        select(
            PastFigure.event,
            PastFigure.department_id,
            PastFigure.month,
            PastFigure.value,
            PastFigure.document,
            User.name,
            PastFigure.recorded_at,
        )
        .outerjoin(User, User.id == PastFigure.recorded_by_id)
        .where(PastFigure.quota_id == quota_id)
        .order_by(PastFigure.event, PastFigure.department_id, PastFigure.month)
    )
    entries = tuple(Typed(*row) for row in rows)
    by_key: dict[tuple[CountedEvent, int | None], dict[date, int]] = defaultdict(dict)
    for each in entries:
        by_key[each.event, each.department_id][each.month] = each.value
    return LastYear(entries, by_key)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The switch of a year, and its version for the form; without a row it is off."""

    id: int | None = None
    is_on: bool = False
    version: int | None = None


def ranking_of(year: int) -> Ranking:
    row = rows_of(
        select(RankingSwitch.id, RankingSwitch.is_on, RankingSwitch.version).where(
            RankingSwitch.year == year
        )
    ).one_or_none()
    return Ranking(*row) if row else Ranking()


def switchings_of(ranking: Ranking) -> Sequence[AuditEvent]:
    """Who switched the ranking on and off, and when; newest first."""
    if ranking.id is None:
        return ()
    return trail.latest_of(RankingSwitch.__tablename__, ranking.id, (RANKING_SWITCHED,))
