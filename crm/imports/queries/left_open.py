"""What ledgers left open: cells that differ from ours, and cells nobody could read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Select, bindparam, func, literal, null, select, union_all

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.core.db import db, rows_of
from crm.core.lists import capped_count
from crm.history.models import AuditEvent
from crm.imports.models import DifferenceState, LedgerDifference, LedgerQuestion
from crm.imports.queries.ours import ours_of
from crm.imports.rules import Field
from crm.imports.rules.facts import COMPARED
from crm.leads.access import may_edit
from crm.leads.models import Lead


def waiting(actor: Actor) -> tuple[int, int]:
    """How many differences and questions wait for this person, counted no further than 1000."""
    session = db.session()
    return (
        capped_count(session, _differences(actor, LedgerDifference.id)),
        capped_count(session, _questions(actor, LedgerQuestion.id)),
    )


def _differences(actor: Actor, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LedgerDifference)
        .join(Lead, Lead.id == LedgerDifference.lead_id)
        .where(LedgerDifference.state == DifferenceState.OPEN, may_edit(actor))
    )


def _questions(actor: Actor, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(LedgerQuestion)
        .join(Lead, Lead.id == LedgerQuestion.lead_id)
        .where(LedgerQuestion.answered_at.is_(None), may_edit(actor))
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One difference as people decide about it; `by` and `at` tell who changed ours last."""

    id: int
    field: str
    ledger: Any
    ledger_text: str | None
    ours: Any
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Differing:
    """A lead with what the ledger states differently."""

    lead_id: int
    title: str
    owner: str | None
    changes: tuple[Change, ...]


def differing_leads(
    actor: Actor, *, after: int = 0, size: int = 20, on: date
) -> tuple[list[Differing], int | None, int]:
    """One page of leads with open differences, in the order of their ids.

    Also the id to go on from (None on the last page), and the newest event of the trail, which
    `take` wants to know. Seven SELECTs, however many there are.
    """
    seen = db.session.scalar(select(func.max(AuditEvent.id))) or 0
    ids = db.session.scalars(
        _differences(actor, LedgerDifference.lead_id)
        .where(LedgerDifference.lead_id > after)
        .distinct()
        .order_by(LedgerDifference.lead_id)
        .limit(size + 1)
    ).all()
    following = ids[size - 1] if len(ids) > size else None
    ids = ids[:size]
    rows = db.session.execute(
        select(LedgerDifference).where(
            LedgerDifference.lead_id.in_(ids), LedgerDifference.state == DifferenceState.OPEN
        )
    ).scalars()
    by_lead: dict[int, list[LedgerDifference]] = defaultdict(list)
    for row in rows:
        by_lead[row.lead_id].append(row)
    held = ours_of(ids, on=on)
    trail = _trail(ids)
    order = {field.value: place for place, field in enumerate(COMPARED)}
    return (
        [
            Differing(
                lead_id,
                held[lead_id].facts.get("title", ""),
                held[lead_id].facts.get("owner"),
                tuple(
                    Change(
                        row.id,
                        row.field,
                        row.ledger_value,
                        row.ledger_text,
                        held[lead_id].shown(row.field),
                        *trail.get((lead_id, COLUMN_OF.get(row.field, row.field)), (None, None)),
                    )
                    for row in sorted(by_lead[lead_id], key=lambda row: order.get(row.field, 99))
                ),
            )
            for lead_id in ids
        ],
        following,
        seen,
    )


def _trail(lead_ids: Sequence[int]) -> dict[tuple[int, str], tuple[str, datetime]]:
    """Who changed which field of these leads last, and when."""
    found: dict[tuple[int, str], tuple[str, datetime]] = {}
    for lead_id, after, by, at, action in db.session.execute(
        select(
            AuditEvent.lead_id,
            AuditEvent.after,
            AuditEvent.actor_name,
            AuditEvent.at,
            AuditEvent.action,
        )
        .where(AuditEvent.lead_id.in_(lead_ids))
        .order_by(AuditEvent.id)
    ):
        if action == "lead_imported":
            for field in COMPARED:
                found[lead_id, COLUMN_OF.get(field.value, field.value)] = (by, at)
        for name in told_fields(after):
            found[lead_id, name] = (by, at)
    return found


def told_fields(after: dict[str, Any] | None) -> set[str]:
    """The fields an event of the trail tells of; that of a figure or milestone names its kind."""
    told = after or {}
    kind = told.get("kind")
    return {*told, str(kind)} if kind else set(told)


COLUMN_OF = {
    Field.CONTENT.value: "description",
    Field.ISSUES.value: "problems",
    Field.ZONE.value: "site",
    Field.INVESTOR.value: "investor_id",
    Field.CHAIN.value: "chain_id",
    Field.SEGMENT.value: "segment_id",
    Field.OWNER.value: "owner_id",
    Field.DEPARTMENT.value: "department_id",
    Field.FIRST_TALK_UNIT.value: "first_talk_department_id",
    Field.SPONSOR_LEADER.value: "sponsor_id",
    Field.SIGNED_ON.value: "signed",
}
"""What the trail calls a ledger's field, if not by the same name."""


def open_questions(
    actor: Actor, *, after: int = 0, size: int = 25
) -> tuple[Sequence[Any], int | None]:
    """One page of cells nobody could read, and the id to go on from (None on the last page)."""
    rows = db.session.execute(
        _questions(
            actor,
            LedgerQuestion.id,
            LedgerQuestion.lead_id,
            LedgerQuestion.field,
            LedgerQuestion.code,
            LedgerQuestion.cell,
            LedgerQuestion.cell_text,
            Lead.title,
            User.name.label("owner"),
        )
        .outerjoin(User, User.id == Lead.owner_id)
        .where(LedgerQuestion.id > after)
        .order_by(LedgerQuestion.id)
        .limit(size + 1)
    ).all()
    return rows[:size], rows[size - 1].id if len(rows) > size else None


_OPEN_MATTERS = union_all(
    select(
        literal("question").label("kind"),
        LedgerQuestion.field,
        LedgerQuestion.code,
        LedgerQuestion.cell,
        LedgerQuestion.cell_text.label("text"),
        null().cast(JSON).label("theirs"),
        null().cast(JSON).label("ours"),
    ).where(LedgerQuestion.lead_id == bindparam("lead_id"), LedgerQuestion.answered_at.is_(None)),
    select(
        literal("difference"),
        LedgerDifference.field,
        literal(""),
        literal(""),
        LedgerDifference.ledger_text,
        LedgerDifference.ledger_value,
        LedgerDifference.our_value,
    ).where(
        LedgerDifference.lead_id == bindparam("lead_id"),
        LedgerDifference.state == DifferenceState.OPEN,
    ),
)


def open_matters(lead_id: int) -> Sequence[Any]:
    """What waits for a person on one lead, in one query.

    Rows of (kind, field, code, cell, text, theirs, ours): kind "question" is a cell nobody could
    read (`code` says why, `text` is what stood in `cell`); "difference" a value that is not ours.
    """
    return rows_of(_OPEN_MATTERS, {"lead_id": lead_id}).all()
