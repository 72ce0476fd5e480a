"""Reading versions of criteria: what is in force, what waits, what is drafted, who signed what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.core.db import db, rows_of
from crm.core.errors import NotFound
from crm.quotas.models import (
    CriteriaJudging,
    CriteriaVersion,
    CriteriaWithdrawal,
    Quota,
    StagedVerdict,
    Verdict,
)
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import in_force


class VersionState(StrEnum):
    IN_FORCE = "in_force"
    WAITING = "waiting"
    REPLACED = "replaced"
    DRAFT = "draft"
    PUBLISHING = "publishing"  # its day has come; leads are still being judged by it
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    planned_from: date
    reason: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """How many leads of a quota have been judged by a version that does not hold yet."""

    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        return self.done >= self.total


@dataclass(frozen=True, slots=True)
class Version:
    """A version with the names of those who began and signed it.

    `until` is the last day it holds, None where no other follows.
    """

    number: int
    criteria: dict[str, Any]
    event: str | None
    in_force_from: date | None
    until: date | None
    document_number: str | None
    note: str | None
    state: VersionState
    begun_by: str | None
    begun_at: datetime
    signed_by: str | None
    signed_at: datetime | None
    version: int
    withdrawal: Withdrawal | None = None
    judged: Judged | None = None


def quota_of(year: int, code: str) -> Quota:
    """A quota or indicator, computed or reported. Raises NotFound."""
    return _by_code(select(Quota).where(Quota.year == year), code)


def computed_quota(year: int, code: str) -> Quota:
    """A quota with criteria. Raises NotFound."""
    return _by_code(computed_quotas(year), code)


def _by_code(statement: Select[Quota], code: str) -> Quota:
    """The code is compared here: an address may hold what no database takes."""
    for quota in db.session.scalars(statement):
        if quota.code == code:
            return quota
    raise NotFound


def versions_of(quotas: Sequence[Quota], on: date) -> dict[int, list[Version]]:
    """All versions of some quotas by quota id, newest first: one query, and three for each that is
    being published."""
    began, signed, withdrew = aliased(User), aliased(User), aliased(User)
    rows = db.session.execute(
        select(CriteriaVersion, began.name, signed.name, CriteriaWithdrawal, withdrew.name)
        .outerjoin(began, began.id == CriteriaVersion.started_by_id)
        .outerjoin(signed, signed.id == CriteriaVersion.published_by_id)
        .outerjoin(CriteriaWithdrawal, CriteriaWithdrawal.version_id == CriteriaVersion.id)
        .outerjoin(withdrew, withdrew.id == CriteriaWithdrawal.withdrawn_by_id)
        .where(CriteriaVersion.quota_id.in_([quota.id for quota in quotas]))
        .order_by(CriteriaVersion.number.desc())
    ).all()
    found: dict[int, list[Version]] = {}
    for quota in quotas:
        own = [row for row in rows if row[0].quota_id == quota.id]
        held, coming = _holding(quota, [row[0] for row in own], on)
        told = found[quota.id] = []
        begins_next: date | None = None
        for row, by, signer, taken_back, taker in own:
            state = _state(row, held, coming, on)
            told.append(
                Version(
                    number=row.number,
                    criteria=row.criteria,
                    event=row.event,
                    in_force_from=row.in_force_from,
                    until=date.fromordinal(begins_next.toordinal() - 1)
                    if begins_next and row.in_force_from and not (coming and row is held)
                    else None,
                    document_number=row.document_number,
                    note=row.note,
                    state=state,
                    begun_by=by,
                    begun_at=row.started_at,
                    signed_by=signer,
                    signed_at=row.published_at,
                    version=row.version,
                    withdrawal=Withdrawal(
                        taken_back.planned_from, taken_back.reason, taker, taken_back.withdrawn_at
                    )
                    if taken_back
                    else None,
                    judged=judged_by(row.id, quota.id)
                    if state is VersionState.PUBLISHING
                    else None,
                )
            )
            begins_next = row.in_force_from or begins_next
    return found


def _holding(
    quota: Quota, versions: Sequence[CriteriaVersion], on: date
) -> tuple[CriteriaVersion | None, CriteriaVersion | None]:
    """The version the stored verdicts follow, and the one whose day has come that they do not yet."""
    held = in_force(versions, on)
    if held is None or quota.frozen_at is not None or _is_copied(quota, held):
        return held, None
    begun = [each for each in versions if each.in_force_from and each.in_force_from <= on]
    before = [each for each in begun if each is not held]
    copied = [each for each in before if _is_copied(quota, each)]
    return in_force(copied or before, on), held


def _is_copied(quota: Quota, version: CriteriaVersion) -> bool:
    return (quota.criteria, quota.event) == (version.criteria, version.event)


def _state(
    row: CriteriaVersion, held: CriteriaVersion | None, coming: CriteriaVersion | None, on: date
) -> VersionState:
    if row.published_at is None:
        return VersionState.DRAFT
    if row.in_force_from is None:
        return VersionState.WITHDRAWN
    if row is coming:
        return VersionState.PUBLISHING
    if row is held:
        return VersionState.IN_FORCE
    return VersionState.WAITING if row.in_force_from > on else VersionState.REPLACED


def judged_by(version_id: int, quota_id: int) -> Judged | None:
    """How far the worker is with judging a quota by a version; None where nobody asked for it."""
    judging_id = db.session.scalar(
        select(CriteriaJudging.id).where(
            CriteriaJudging.version_id == version_id, CriteriaJudging.quota_id == quota_id
        )
    )
    if judging_id is None:
        return None
    staged = select(func.count()).where(StagedVerdict.judging_id == judging_id)
    return Judged(db.session.scalar(staged) or 0, judged_leads(quota_id))


def being_published(year: int, on: date, code: str | None = None) -> list[tuple[Quota, Version]]:
    """The versions of the year's quotas (or of one) whose day has come while leads are still judged by
    them. On most days one small query finds none."""
    begun = rows_of(
        computed_quotas(year)
        .with_only_columns(
            Quota.id,
            Quota.code,
            Quota.criteria,
            Quota.event,
            CriteriaVersion.criteria,
            CriteriaVersion.event,
        )
        .join(CriteriaVersion, CriteriaVersion.quota_id == Quota.id)
        .where(CriteriaVersion.in_force_from <= on, Quota.frozen_at.is_(None))
        .order_by(Quota.position, Quota.id, CriteriaVersion.in_force_from)
    )
    newest = {row[0]: row for row in begun if code is None or row[1] == code}
    ids = [row[0] for row in newest.values() if tuple(row[2:4]) != tuple(row[4:6])]
    if not ids:
        return []
    quotas = db.session.scalars(
        select(Quota).where(Quota.id.in_(ids)).order_by(Quota.position, Quota.id)
    ).all()
    found = versions_of(quotas, on)
    return [
        (quota, version)
        for quota in quotas
        for version in found[quota.id]
        if version.state is VersionState.PUBLISHING
    ]


def draft_of(quota_id: int) -> CriteriaVersion | None:
    return db.session.scalar(
        select(CriteriaVersion).where(
            CriteriaVersion.quota_id == quota_id, CriteriaVersion.published_at.is_(None)
        )
    )


def judged_leads(quota_id: int) -> int:
    """How many leads are judged again when the quota's criteria change."""
    statement = select(func.count()).where(Verdict.quota_id == quota_id)
    return db.session.scalar(statement) or 0
