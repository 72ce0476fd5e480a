"""Putting a company aside for a while, and taking that back."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor, Role
from crm.chains.models import Segment
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.coverage.access import DISMISSERS, may_withdraw
from crm.coverage.models import TargetDismissal
from crm.enterprises.models import Enterprise
from crm.history import services as history

DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS = 90, 7, 365
"""How long a company is kept away (our suggestion): a quarter; a year at most, for firms change."""


def dismiss(
    actor: Actor,
    at: datetime,
    enterprise_id: int,
    segment_ids: Collection[int],
    reason: str,
    days: int,
    *,
    today: date,
) -> list[TargetDismissal]:
    """Keep a company away from the targets of these segments for so many days.

    At a segment where it is put aside already that one holds on. Raises NotFound for a company, a
    segment or a person that may not, Refused without a reason, outside the bounds of days, or where
    nothing new would be kept away.
    """
    if actor.role not in {*DISMISSERS, Role.SYSTEM}:
        raise NotFound
    company = db.session.get(Enterprise, enterprise_id)
    # Locked, so that two people do not put the same company aside twice.
    segments = db.session.scalars(
        select(Segment)
        .where(Segment.id.in_(sorted(set(segment_ids))), Segment.retired_on.is_(None))
        .order_by(Segment.id)
        .with_for_update(key_share=True)
    ).all()
    if company is None or not segments:
        raise NotFound
    faults = Faults()
    if not reason.strip():
        faults.add("reason", "reason", _l("请说明原因"))
    if not LEAST_DAYS <= days <= MOST_DAYS:
        faults.add(
            "days", "days", _l("应在%(least)s到%(most)s之间", least=LEAST_DAYS, most=MOST_DAYS)
        )
    held = set(
        db.session.scalars(
            select(TargetDismissal.segment_id).where(
                TargetDismissal.enterprise_id == enterprise_id,
                TargetDismissal.withdrawn_at.is_(None),
                TargetDismissal.until_on > today,
            )
        )
    )
    new = [segment for segment in segments if segment.id not in held]
    if not new:
        faults.add("", "already", _l("这家企业已经暂不考虑"))
    faults.raise_if_any()
    until = today + timedelta(days=days)
    rows = [
        TargetDismissal(
            enterprise_id=enterprise_id, segment_id=segment.id, reason=reason.strip(),
            until_on=until, by_id=actor.id or None, at=at, version=1,
        )
        for segment in new
    ]  # fmt: skip
    db.session.add_all(rows)
    db.session.flush()
    for row, segment in zip(rows, new, strict=True):
        history.record(
            actor, at, "target_dismissed", row,
            after={
                "enterprise": company.name, "segment": segment.name, "reason": row.reason,
                "until_on": until,
            },
        )  # fmt: skip
    return rows


def withdraw(actor: Actor, at: datetime, dismissal_id: int, version: int) -> TargetDismissal:
    """Show the company again at once. Raises NotFound, and Stale where it was taken back already."""
    row = db.session.scalar(
        select(TargetDismissal).where(TargetDismissal.id == dismissal_id).with_for_update()
    )
    if row is None or not may_withdraw(actor, row.by_id):
        raise NotFound
    if row.version != version or row.withdrawn_at is not None:
        raise Stale(row)
    row.withdrawn_at = at
    row.version += 1
    db.session.flush()
    company, segment = db.session.execute(
        select(Enterprise.name, Segment.name)
        .join(Segment, Segment.id == row.segment_id)
        .where(Enterprise.id == row.enterprise_id)
    ).one()
    history.record(
        actor, at, "target_dismissal_withdrawn", row, before={"until_on": row.until_on},
        after={"enterprise": company, "segment": segment},
    )  # fmt: skip
    return row
