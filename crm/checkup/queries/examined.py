"""The projects a year counts, with what the checkup looks at."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, Select, func, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.checkup.models import FindingAnswer
from crm.checkup.queries.settings import settings_held
from crm.checkup.rules import (
    CheckupSettings,
    Common,
    ExaminedProject,
    Finding,
    FindingCode,
    StatedAmount,
    examine,
)
from crm.core import clock
from crm.core.bulk import among
from crm.core.db import db, rows_of
from crm.leads.access import may_see
from crm.leads.models import Activity, Figure, Lead, Milestone
from crm.leads.rules import CNY, FigureKind, MilestoneKind
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas
from crm.recognition.queries import suspicions
from crm.recognition.rules import Alike


@dataclass(frozen=True, slots=True)
class Examined:
    """Projects of a year, the thresholds their quotas ask for, and who answers for each."""

    projects: Sequence[ExaminedProject]
    thresholds: frozenset[int]
    owners: dict[int, tuple[str | None, str | None]]  # lead id: (person, unit)
    units: dict[int, str]
    unseen: int


@dataclass(frozen=True, slots=True)
class Answer:
    note: str
    by: str | None
    at: datetime


def _counted(year: int) -> Select[int]:
    quotas = computed_quotas(year).with_only_columns(Quota.id)
    return select(Verdict.lead_id).where(
        Verdict.quota_id.in_(quotas), Verdict.signed_from.is_not(None)
    )


def examined(actor: Actor, year: int) -> Examined:
    """What this person may see of the year's counted projects; seven queries, whatever their number."""
    counted = _counted(year)
    leads: Select[*tuple[Any, ...]] = (
        select(
            Lead.id,
            Lead.title,
            Lead.department_id,
            Lead.created_at,
            User.name.label("owner"),
            Department.name.label("unit"),
            Milestone.happened_on,
            Milestone.statistics_on,
            Milestone.known_on,
        )
        .join(Milestone, (Milestone.lead_id == Lead.id) & (Milestone.kind == MilestoneKind.SIGNED))
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(Lead.id.in_(counted), may_see(actor))
        .order_by(Lead.id)
    )
    rows = rows_of(leads).all()
    ids = [row.id for row in rows]
    judged, thresholds = _judged(year, ids)
    amounts, talks = _amounts(ids), _talks(ids)
    unseen = 0
    if actor.sees_all:
        hidden = select(func.count()).where(Lead.id.in_(counted), ~may_see(actor))
        unseen = db.session.scalar(hidden) or 0
    return Examined(
        projects=[
            _project(row, judged.get(row.id), amounts[row.id], talks[row.id]) for row in rows
        ],
        thresholds=thresholds,
        owners={row.id: (row.owner, row.unit) for row in rows},
        units={row.department_id: row.unit for row in rows if row.department_id},
        unseen=unseen,
    )


def _project(
    row: Row[*tuple[Any, ...]],
    judged: int | None,
    amounts: Sequence[StatedAmount],
    talks: Sequence[date],
) -> ExaminedProject:
    signed = row.happened_on
    return ExaminedProject(
        lead_id=row.id,
        title=row.title,
        department_id=row.department_id,
        signed_on=signed,
        counted_on=row.statistics_on or signed or row.known_on,
        entered_on=clock.office_day(row.created_at),
        judged_yuan=judged,
        amounts=tuple(amounts),
        talks_before_signing=sum(signed is None or day <= signed for day in talks),
    )


def _judged(year: int, ids: Sequence[int]) -> tuple[dict[int, int], frozenset[int]]:
    """The total investment each verdict read, and every threshold one was held against."""
    rows = rows_of(
        select(Verdict.lead_id, Verdict.reasons)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == year, among(Verdict.lead_id, ids))
    )
    judged: dict[int, int] = {}
    thresholds = set()
    for lead_id, reasons in rows:
        for reason in reasons:
            if reason.get("field") != FigureKind.TOTAL_INVESTMENT:
                continue
            if "threshold" in reason:
                thresholds.add(reason["threshold"])
            if "value" in reason:
                judged[lead_id] = reason["value"]
    return judged, frozenset(thresholds)


def _amounts(ids: Sequence[int]) -> dict[int, list[StatedAmount]]:
    """Total investments in the order of entry. Foreign amounts move with rates and are left out."""
    found: dict[int, list[StatedAmount]] = defaultdict(list)
    statement = (
        select(
            Figure.lead_id,
            Figure.source,
            Figure.as_of,
            Figure.recorded_at,
            Figure.amount,
            Figure.document,
            Figure.attachment_id,
            Figure.is_withdrawn,
            User.name,
        )
        .outerjoin(User, User.id == Figure.recorded_by_id)
        .where(
            among(Figure.lead_id, ids),
            Figure.kind == FigureKind.TOTAL_INVESTMENT,
            Figure.currency == CNY,
        )
        .order_by(Figure.lead_id, Figure.recorded_at, Figure.id)
    )
    for row in rows_of(statement):
        found[row.lead_id].append(
            StatedAmount(
                source=row.source,
                on=row.as_of,
                recorded_on=clock.office_day(row.recorded_at),
                yuan=row.amount,
                is_documented=bool(row.document or row.attachment_id),
                is_withdrawn=row.is_withdrawn,
                recorded_by=row.name or "",
            )
        )
    return found


def _talks(ids: Sequence[int]) -> dict[int, list[date]]:
    """The days of substantive meetings."""
    found: dict[int, list[date]] = defaultdict(list)
    statement = select(Activity.lead_id, Activity.happened_on).where(
        among(Activity.lead_id, ids), Activity.is_substantive
    )
    for lead_id, day in rows_of(statement):
        if lead_id is not None:
            found[lead_id].append(day)
    return found


@dataclass(frozen=True)
class Checkup:
    """The questions of a year for one person, and what has been answered."""

    year: int
    findings: Sequence[Finding]
    answers: dict[str, Answer]
    examined: Examined
    settings: CheckupSettings
    settings_version: int
    common: Sequence[Common]

    @cached_property
    def titles(self) -> dict[int, str]:
        return {each.lead_id: each.title for each in self.examined.projects}

    @property
    def counts(self) -> dict[FindingCode, int]:
        """How many questions each kind asks, answered ones too."""
        return counts_of(self.findings)

    def under(self, settings: CheckupSettings) -> Sequence[Finding]:
        """The questions the same records raise under other settings."""
        return _asked(self.year, self.examined, self.common, settings)

    @property
    def open(self) -> list[Finding]:
        return [each for each in self.findings if each.key not in self.answers]

    @property
    def answered(self) -> list[Finding]:
        return [each for each in self.findings if each.key in self.answers]


def checkup_of(actor: Actor, year: int) -> Checkup:
    """Every question the records of the year's counted projects raise, as far as this person sees
    them and the office asks. Pairs on which the certifier has ruled are answered already."""
    found = examined(actor, year)
    common = [
        Common(
            each.pair.first,
            each.pair.second,
            is_group=bool({Alike.SAME_INVESTOR, Alike.SAME_GROUP} & set(each.pair.reasons)),
            what=tuple(reason.value for reason in each.pair.reasons),
        )
        for each in suspicions(year)
        if each.is_open
    ]
    settings, version = settings_held()
    findings = _asked(year, found, common, settings)
    return Checkup(year, findings, _answers(year), found, settings, version, common)


def counts_of(findings: Sequence[Finding]) -> dict[FindingCode, int]:
    """How many of these questions are of each kind, every kind named."""
    counts = Counter(each.code for each in findings)
    return {code: counts[code] for code in FindingCode}


def _asked(
    year: int, found: Examined, common: Sequence[Common], settings: CheckupSettings
) -> Sequence[Finding]:
    return examine(
        found.projects,
        found.thresholds,
        common,
        date(year, 12, 31),
        settings.limits,
        settings.off,
    )


def _answers(year: int) -> dict[str, Answer]:
    """The newest answer to each question that has one."""
    rows = rows_of(
        select(FindingAnswer.finding_key, FindingAnswer.note, User.name, FindingAnswer.at)
        .outerjoin(User, User.id == FindingAnswer.by_id)
        .where(FindingAnswer.year == year)
        .order_by(FindingAnswer.id)
    )
    return {key: Answer(note, name, at) for key, note, name, at in rows}
