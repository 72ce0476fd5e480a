"""What the pages of recognition show beyond the claims: names, appeals, batches, the trail of a case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.access import may_edit, may_see
from crm.leads.models import Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import Outcome
from crm.recognition.models import Appeal, Decision, RecognitionBatch
from crm.recognition.rules import Appealed, Decided, Level

AT_HAND = 300
"""So many projects that may be proposed are looked at for one person; more wait their turn."""


@dataclass(frozen=True, slots=True)
class Name:
    """A project as lists name it."""

    title: str
    owner: str | None
    department: str | None


def names_of(actor: Actor, lead_ids: Collection[int]) -> dict[int, Name]:
    """The projects this person may see, by id; the others are left out."""
    if not lead_ids:
        return {}
    rows = rows_of(
        select(Lead.id, Lead.title, User.name, Department.name)
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(among(Lead.id, lead_ids), may_see(actor))
    )
    return {row[0]: Name(row[1], row[2], row[3]) for row in rows}


def leads_at_hand(actor: Actor, year: int, today: date) -> set[int]:
    """Projects of the person, or of the unit, that count for a quota of the year by today."""
    if actor.role not in {Role.STAFF, Role.UNIT_HEAD}:
        return set()
    rows = rows_of(
        select(Verdict.lead_id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(
            Quota.year == year,
            Verdict.verdict == Outcome.COUNTS,
            Verdict.signed_from <= today,
            may_edit(actor),
        )
        .distinct()
        .order_by(Verdict.lead_id)
        .limit(AT_HAND)
    )
    return {row[0] for row in rows}


@dataclass(frozen=True, slots=True)
class AppealTold:
    """An appeal and its answer, as the pages show them."""

    id: int
    decision_id: int
    body: str
    by: str
    at: Any
    state: Appealed
    answer_reason: str | None
    answered_by: str | None
    answered_at: Any


def appeals_against(decision_ids: Collection[int]) -> dict[int, AppealTold]:
    """The appeals by the decision they are against."""
    if not decision_ids:
        return {}
    answerer = aliased(User)
    rows = rows_of(
        select(
            Appeal.id,
            Appeal.decision_id,
            Appeal.body,
            User.name.label("by"),
            Appeal.at,
            Appeal.answer,
            Appeal.answer_reason,
            answerer.name.label("answered_by"),
            Appeal.answered_at,
        )
        .join(User, User.id == Appeal.by_id)
        .outerjoin(answerer, answerer.id == Appeal.answered_by_id)
        .where(among(Appeal.decision_id, decision_ids))
    )
    return {
        row.decision_id: AppealTold(
            row.id,
            row.decision_id,
            row.body,
            row.by,
            row.at,
            Appealed(row.answer.value) if row.answer else Appealed.OPEN,
            row.answer_reason,
            row.answered_by,
            row.answered_at,
        )
        for row in rows
    }


def decisions_of(lead_id: int, quota_id: int | None = None) -> Sequence[Any]:
    """Every decision on a project, newest first, with its batch, who decided, and of 改计 the other
    quota."""
    other = aliased(Quota)
    statement = (
        select(
            Decision.id,
            Decision.quota_id,
            Decision.at_level,
            Decision.decided,
            Decision.reason,
            Decision.decided_on,
            Decision.recorded_at,
            Decision.batch_id,
            other.label.label("other"),
            other.label_en.label("other_en"),
            User.name.label("by"),
            RecognitionBatch.title.label("batch"),
            RecognitionBatch.document_number,
        )
        .join(User, User.id == Decision.by_id)
        .outerjoin(RecognitionBatch, RecognitionBatch.id == Decision.batch_id)
        .outerjoin(other, other.id == Decision.other_quota_id)
        .where(Decision.lead_id == lead_id)
        .order_by(Decision.id.desc())
    )
    if quota_id is not None:
        statement = statement.where(Decision.quota_id == quota_id)
    return rows_of(statement).all()


def batches_of(year: int, limit: int = 60) -> Sequence[Any]:
    """The year's batches, newest first, each with how many it approved and how many it did not."""
    approved = func.count(case((Decision.decided == Decided.APPROVED, 1)))
    statement = (
        select(
            RecognitionBatch.id,
            RecognitionBatch.at_level,
            RecognitionBatch.title,
            RecognitionBatch.document_number,
            RecognitionBatch.minutes,
            RecognitionBatch.decided_on,
            RecognitionBatch.closed_at,
            approved.label("approved"),
            (func.count(Decision.id) - approved).label("others"),
        )
        .outerjoin(Decision, Decision.batch_id == RecognitionBatch.id)
        .where(RecognitionBatch.year == year)
        .group_by(
            RecognitionBatch.id,
            RecognitionBatch.at_level,
            RecognitionBatch.title,
            RecognitionBatch.document_number,
            RecognitionBatch.minutes,
            RecognitionBatch.decided_on,
            RecognitionBatch.closed_at,
        )
        .order_by(RecognitionBatch.decided_on.desc(), RecognitionBatch.id.desc())
        .limit(limit)
    )
    return rows_of(statement).all()


def open_batches(year: int, level: Level) -> Sequence[Any]:
    """The batches in which a level can still decide, newest first."""
    return rows_of(
        select(
            RecognitionBatch.id,
            RecognitionBatch.title,
            RecognitionBatch.decided_on,
            RecognitionBatch.document_number,
        )
        .where(
            RecognitionBatch.year == year,
            RecognitionBatch.at_level == level,
            RecognitionBatch.closed_at.is_(None),
        )
        .order_by(RecognitionBatch.decided_on.desc(), RecognitionBatch.id.desc())
    ).all()


def decisions_in(batch_id: int) -> Sequence[Any]:
    """What a batch decided, in the order in which it was recorded."""
    return rows_of(
        select(
            Decision.id,
            Decision.lead_id,
            Decision.quota_id,
            Decision.decided,
            Decision.reason,
            Decision.recorded_at,
            User.name.label("by"),
        )
        .join(User, User.id == Decision.by_id)
        .where(Decision.batch_id == batch_id)
        .order_by(Decision.id)
    ).all()
