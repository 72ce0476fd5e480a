"""Reading versions of criteria: what is in force, what waits, what is drafted, who signed what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.core.db import db
from crm.core.errors import NotFound
from crm.quotas.models import CriteriaVersion, Quota, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import in_force


class VersionState(StrEnum):
    IN_FORCE = "in_force"
    WAITING = "waiting"
    REPLACED = "replaced"
    DRAFT = "draft"


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
    """All versions of some quotas by quota id, newest first, in one query."""
    began, signed = aliased(User), aliased(User)
    rows = db.session.execute(
        select(CriteriaVersion, began.name, signed.name)
        .outerjoin(began, began.id == CriteriaVersion.started_by_id)
        .outerjoin(signed, signed.id == CriteriaVersion.published_by_id)
        .where(CriteriaVersion.quota_id.in_([quota.id for quota in quotas]))
        .order_by(CriteriaVersion.number.desc())
    ).all()
    found: dict[int, list[Version]] = {quota.id: [] for quota in quotas}
    for quota_id, told in found.items():
        own = [(row, by, signer) for row, by, signer in rows if row.quota_id == quota_id]
        held = in_force([row for row, _by, _signer in own], on)
        begins_next: date | None = None
        for row, by, signer in own:
            told.append(
                Version(
                    number=row.number,
                    criteria=row.criteria,
                    event=row.event,
                    in_force_from=row.in_force_from,
                    until=date.fromordinal(begins_next.toordinal() - 1) if begins_next else None,
                    document_number=row.document_number,
                    note=row.note,
                    state=_state(row, held, on),
                    begun_by=by,
                    begun_at=row.started_at,
                    signed_by=signer,
                    signed_at=row.published_at,
                    version=row.version,
                )
            )
            begins_next = row.in_force_from or begins_next
    return found


def _state(row: CriteriaVersion, held: CriteriaVersion | None, on: date) -> VersionState:
    if row.in_force_from is None:
        return VersionState.DRAFT
    if row is held:
        return VersionState.IN_FORCE
    return VersionState.WAITING if row.in_force_from > on else VersionState.REPLACED


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
