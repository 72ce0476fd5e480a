"""Reading for the evidence folder: the projects in a quota's number, their papers and who answers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.chains.models import Chain, Segment
from crm.checkup.rules import CountedProject, EventPaper, KeptFile
from crm.core.bulk import among
from crm.core.db import db, rows_of
from crm.enterprises.models import Enterprise
from crm.leads.access import may_see
from crm.leads.models import Attachment, Lead, Milestone
from crm.leads.queries import with_names
from crm.leads.rules import AttachmentKind, FigureKind, MilestoneKind
from crm.places.models import Zone
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import read_reason


@dataclass(frozen=True, slots=True)
class FolderProject:
    """A project of the folder with what the index tells beside its papers."""

    project: CountedProject
    investor: str | None
    chain: str | None
    segment: str | None
    zone: str | None
    department: str | None
    owner: str | None
    investment_yuan: int | None
    counted_from: date | None
    pending: bool

    @property
    def judged_yuan(self) -> int | None:
        """The total investment the verdict read; where it read none, the one the list shows."""
        judged = (
            reason.value
            for reason in self.project.reasons
            if reason.field is FigureKind.TOTAL_INVESTMENT and reason.value is not None
        )
        return next(judged, self.investment_yuan)

    def day_of(self, *kinds: MilestoneKind) -> date | None:
        return next((each.on for each in self.project.events if each.kind in kinds), None)


def quota_named(year: int, code: str) -> Quota | None:
    """A quota that judges leads, by year and code."""
    return db.session.scalar(computed_quotas(year).where(Quota.code == code))


def _counted(quota_id: int, on: date) -> tuple[ColumnElement[bool], ...]:
    return Verdict.quota_id == quota_id, Verdict.signed_from <= on


def folder_projects(actor: Actor, quota: Quota, on: date) -> list[FolderProject]:
    """The signed projects of a quota this person may see, by statistics day and id; three queries."""
    rows = rows_of(
        with_names(
            select(
                Lead.id,
                Lead.title,
                Lead.path,
                Lead.investment_yuan,
                Enterprise.name.label("investor"),
                Chain.name.label("chain"),
                Segment.name.label("segment"),
                Zone.name.label("zone"),
                Department.name.label("department"),
                User.name.label("owner"),
                Verdict.verdict,
                Verdict.branch,
                Verdict.reasons,
                Verdict.signed_from,
                Verdict.is_signed_pending,
            )
            .select_from(Verdict)
            .join(Lead, Lead.id == Verdict.lead_id)
        )
        .outerjoin(Department, Department.id == Lead.department_id)
        .outerjoin(User, User.id == Lead.owner_id)
        .where(*_counted(quota.id, on), may_see(actor))
        .order_by(Verdict.signed_from, Lead.id)
    ).all()
    ids = [row.id for row in rows]
    events, files = events_of(ids), files_of(ids)
    return [_project(row, events[row.id], files[row.id]) for row in rows]


def unseen_projects(actor: Actor, quota: Quota, on: date) -> int:
    """How many projects of the number this person may not see; 0 for whom the number is partial."""
    if not actor.sees_all:
        return 0
    statement = (
        select(func.count())
        .select_from(Verdict)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(*_counted(quota.id, on), ~may_see(actor))
    )
    return db.session.scalar(statement) or 0


def _project(
    row: Row[*tuple[Any, ...]], events: Sequence[EventPaper], files: Sequence[KeptFile]
) -> FolderProject:
    return FolderProject(
        project=CountedProject(
            lead_id=row.id,
            title=row.title,
            verdict=row.verdict,
            branch=row.branch,
            reasons=tuple(read_reason(data) for data in row.reasons),
            path=row.path,
            events=tuple(events),
            files=tuple(files),
        ),
        investor=row.investor,
        chain=row.chain,
        segment=row.segment,
        zone=row.zone,
        department=row.department,
        owner=row.owner,
        investment_yuan=row.investment_yuan,
        counted_from=row.signed_from,
        pending=row.is_signed_pending,
    )


def events_of(ids: Sequence[int]) -> dict[int, list[EventPaper]]:
    found: dict[int, list[EventPaper]] = defaultdict(list)
    statement = (
        select(
            Milestone.lead_id,
            Milestone.kind,
            Milestone.happened_on,
            Milestone.document,
            Milestone.attachment_id,
        )
        .where(among(Milestone.lead_id, ids))
        .order_by(Milestone.lead_id, Milestone.happened_on, Milestone.id)
    )
    for lead_id, kind, happened_on, document, attachment_id in rows_of(statement):
        found[lead_id].append(EventPaper(kind, happened_on, document, attachment_id))
    return found


def files_of(ids: Sequence[int]) -> dict[int, list[KeptFile]]:
    """What goes into a folder: every file but drafts, which prove nothing."""
    found: dict[int, list[KeptFile]] = defaultdict(list)
    statement = (
        select(
            Attachment.lead_id,
            Attachment.id,
            Attachment.kind,
            Attachment.filename,
            Attachment.stored_name,
        )
        .where(
            among(Attachment.lead_id, ids),
            Attachment.is_removed.is_(False),
            Attachment.kind != AttachmentKind.AGREEMENT_DRAFT,
        )
        .order_by(Attachment.lead_id, Attachment.id)
    )
    for lead_id, file_id, kind, filename, stored_name in rows_of(statement):
        found[lead_id].append(KeptFile(file_id, kind, filename, stored_name))
    return found
