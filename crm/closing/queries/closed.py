"""Closed periods, what is frozen in them and what was corrected since; exports handed in."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.closing.models import (
    ClosedFigure,
    ClosedMilestone,
    ClosedPeriod,
    ClosedQuota,
    ClosedVerdict,
    ClosingCorrection,
    StandingExport,
)
from crm.closing.rules import OFFICIAL, CorrectionKind, CorrectionSaid, Number, corrected
from crm.core.db import db, rows_of
from crm.core.errors import NotFound
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone
from crm.leads.rules import MilestoneKind
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas

EXPORTS_SHOWN = 20


def periods_of(year: int) -> list[Row[Any]]:
    """The closed periods of a year with who closed them, months first, the year last."""
    return list(
        rows_of(
            select(*ClosedPeriod.__table__.c, User.name.label("closed_by"))
            .join(User, User.id == ClosedPeriod.closed_by_id)
            .where(ClosedPeriod.year == year)
            .order_by(ClosedPeriod.closes_on, ClosedPeriod.month.desc())
        )
    )


def closed_until(year: int) -> date | None:
    """The last day whose numbers are closed; None where nothing of the year is."""
    return db.session.scalar(
        select(func.max(ClosedPeriod.closes_on)).where(ClosedPeriod.year == year)
    )


def cutoff_of(year: int) -> tuple[int, date] | None:
    """(monthly cut-off day, last day) of the year's computed quotas; None where it has none.

    Where they differ the later one: nothing is closed before the last of them may be.
    """
    row = rows_of(
        computed_quotas(year).with_only_columns(
            func.max(Quota.monthly_cutoff_day), func.max(Quota.closes)
        )
    ).one()
    return (row[0], row[1]) if row[0] is not None else None


@dataclass(frozen=True, slots=True)
class FrozenQuota:
    """A closed quota, the leads behind its numbers, and the corrections beside them."""

    row: Any
    leads: Sequence[Any]
    corrections: Sequence[Any]

    def frozen(self, number: Number) -> frozenset[int]:
        """The leads behind a frozen number."""
        closes_on = self.row.closes_on
        if number is Number.CERTIFIED:
            return frozenset(self.row.recognised.get(OFFICIAL.value, ()))
        column = f"{number.value}_from"
        return frozenset(
            lead.lead_id
            for lead in self.leads
            if (day := getattr(lead, column)) is not None and day <= closes_on
        )

    def said(self, number: Number) -> list[CorrectionSaid]:
        """The corrections of a number, oldest first."""
        return [
            CorrectionSaid(each.kind, each.lead_id, each.value_yuan)
            for each in self.corrections
            if each.number is number
        ]

    def with_corrections(self, number: Number) -> frozenset[int]:
        return corrected(self.frozen(number), self.said(number))

    def moved(self, number: Number) -> tuple[int, int]:
        """How many were added and taken by corrections."""
        kinds = [each.kind for each in self.said(number)]
        return kinds.count(CorrectionKind.ADD), kinds.count(CorrectionKind.TAKE)


def period_for(period_id: int) -> Any:
    """A closed period with who closed it. Raises NotFound."""
    row = rows_of(
        select(*ClosedPeriod.__table__.c, User.name.label("closed_by"))
        .join(User, User.id == ClosedPeriod.closed_by_id)
        .where(ClosedPeriod.id == period_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def frozen_quotas(period_id: int) -> list[FrozenQuota]:
    """The quotas of a closed period in their order, with leads and corrections: three queries."""
    quotas = rows_of(
        select(*ClosedQuota.__table__.c, ClosedPeriod.closes_on)
        .join(ClosedPeriod, ClosedPeriod.id == ClosedQuota.period_id)
        .join(Quota, Quota.id == ClosedQuota.quota_id)
        .where(ClosedQuota.period_id == period_id)
        .order_by(Quota.position, Quota.id)
    ).all()
    ids = [row.id for row in quotas]
    leads, corrections = defaultdict(list), defaultdict(list)
    for row in rows_of(
        select(*ClosedVerdict.__table__.c)
        .where(ClosedVerdict.closed_quota_id.in_(ids))
        .order_by(ClosedVerdict.signed_from, ClosedVerdict.lead_id)
    ):
        leads[row.closed_quota_id].append(row)
    for row in rows_of(
        select(*ClosingCorrection.__table__.c, User.name.label("by_name"), Lead.title)
        .join(User, User.id == ClosingCorrection.by_id)
        .join(Lead, Lead.id == ClosingCorrection.lead_id)
        .where(ClosingCorrection.closed_quota_id.in_(ids))
        .order_by(ClosingCorrection.id)
    ):
        corrections[row.closed_quota_id].append(row)
    return [FrozenQuota(row, leads[row.id], corrections[row.id]) for row in quotas]


def frozen_places(period_id: int) -> dict[tuple[int, Number], frozenset[int]]:
    """The leads behind each frozen number of a period, by (quota id, number)."""
    return {
        (each.row.quota_id, number): each.frozen(number)
        for each in frozen_quotas(period_id)
        for number in Number
    }


LEADS_OFFERED = 1000


def leads_to_correct(actor: Actor) -> list[tuple[int, str]]:
    """The signed leads a person may see, by title: a correction is about one of them."""
    statement = (
        select(Lead.id, Lead.title)
        .join(Milestone, Milestone.lead_id == Lead.id)
        .where(Milestone.kind == MilestoneKind.SIGNED, may_see(actor))
        .order_by(Milestone.happened_on.desc(), Lead.id.desc())
        .limit(LEADS_OFFERED)
    )
    return [(row.id, row.title) for row in rows_of(statement)]


def papers_of(period_id: int) -> dict[int, list[Any]]:
    """The frozen figures and milestones of each lead of a period, by lead id: two queries."""
    found: dict[int, list[Any]] = defaultdict(list)
    for table in (ClosedMilestone, ClosedFigure):
        rows = rows_of(
            select(*table.__table__.c)
            .where(table.period_id == period_id)
            .order_by(table.lead_id, table.id)
        )
        for row in rows:
            found[row.lead_id].append(row)
    return found


def still_open(actor: Actor, year: int, closes_on: date) -> list[Row[Any]]:
    """The leads in a number by the cut-off whose evidence is still to come, with owner, oldest first.

    Rows of (lead_id, title, owner, code, label, label_en, verdict, branch, reasons, signed_from);
    a lead that may not be seen has no title.
    """
    return list(
        rows_of(
            select(
                Verdict.lead_id,
                Lead.title,
                User.name.label("owner"),
                Quota.code,
                Quota.label,
                Quota.label_en,
                Verdict.verdict,
                Verdict.branch,
                Verdict.reasons,
                Verdict.signed_from,
                may_see(actor).label("is_seen"),
            )
            .join(Quota, Quota.id == Verdict.quota_id)
            .join(Lead, Lead.id == Verdict.lead_id)
            .outerjoin(User, User.id == Lead.owner_id)
            .where(
                Quota.year == year,
                Verdict.is_signed_pending,
                Verdict.signed_from <= closes_on,
            )
            .order_by(Verdict.signed_from, Verdict.lead_id, Quota.position)
        )
    )


def exports_of(year: int) -> list[Any]:
    """The latest exports of a year, newest first, without their content."""
    return list(rows_of(_exports(year)))


def exports_of_day(year: int, as_of: date) -> list[Any]:
    """Those that say how a day stood."""
    return list(rows_of(_exports(year).where(StandingExport.as_of == as_of)))


def _exports(year: int) -> Any:
    export = StandingExport
    return (
        select(
            export.id,
            export.as_of,
            export.known_at,
            export.content_hash,
            export.taken_at,
            User.name.label("taken_by"),
        )
        .join(User, User.id == export.taken_by_id)
        .where(export.year == year)
        .order_by(export.id.desc())
        .limit(EXPORTS_SHOWN)
    )


def export_for(export_id: int) -> Any:
    """An export with its content and who took it. Raises NotFound."""
    row = rows_of(
        select(*StandingExport.__table__.c, User.name.label("taken_by"))
        .join(User, User.id == StandingExport.taken_by_id)
        .where(StandingExport.id == export_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row
