"""What we hold of the projects a ledger names, and what ledgers left open."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    bindparam,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain, Segment
from crm.core.bulk import among
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.lists import capped_count
from crm.enterprises.models import Enterprise
from crm.history.models import AuditEvent
from crm.imports.models import (
    DifferenceState,
    LedgerDifference,
    LedgerImport,
    LedgerQuestion,
)
from crm.imports.rules import Field
from crm.imports.rules.facts import COMPARED, SUMS
from crm.leads.access import may_edit, may_see
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import Figure as FigureFact
from crm.leads.rules import (
    FigureKind,
    FigureSource,
    MilestoneKind,
    StageSource,
    judged_figure,
)
from crm.places.models import Zone

CHUNK = 1000
"""Values in one IN list."""

KINDS = {field: FigureKind(field.value) for field in SUMS}
"""The figure a ledger's amount becomes."""


@dataclass(slots=True)
class Ours:
    """One lead in the terms of a ledger: `facts` as `crm.imports.rules.facts` compares them.

    `told` holds the newest talk amounts, `texts` how the shown amounts were written.
    """

    lead_id: int
    version: int
    department_id: int | None
    stage_source: StageSource
    owner_phone: str | None
    is_days_order_confirmed: bool
    segment_name: str | None
    facts: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def shown(self, name: str) -> Any:
        """What we hold in a field, a segment by its name."""
        if name == Field.SEGMENT.value:
            return self.segment_name
        return self.facts.get(name)


def chunked(values: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Distinct values in a settled order, so many at a time as one IN list takes."""
    found = sorted(set(values))
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


def ours_of(lead_ids: Collection[int], *, on: date) -> dict[int, Ours]:
    """What we hold of these leads, three SELECTs for every thousand. Asks no permission."""
    found: dict[int, Ours] = {}
    for chunk in chunked(lead_ids):
        found |= _leads(chunk)
        signed = _signings(chunk, found)
        _amounts(chunk, found, signed, on)
    return found


def _leads(ids: Sequence[int]) -> dict[int, Ours]:
    owner, sponsor = aliased(User), aliased(User)
    unit, first_unit = aliased(Department), aliased(Department)
    rows = db.session.execute(
        select(
            Lead.id,
            Lead.version,
            Lead.department_id,
            Lead.stage_source,
            Lead.is_days_order_confirmed,
            Lead.title,
            Enterprise.name.label("investor"),
            Lead.investor_category,
            Lead.description.label("content"),
            Chain.name.label("chain"),
            Segment.code.label("segment"),
            Segment.name.label("segment_name"),
            Lead.site,
            Zone.name.label("zone"),
            Lead.land_mu,
            Lead.source,
            first_unit.name.label("first_talk_unit"),
            unit.name.label("department"),
            owner.name.label("owner"),
            owner.phone.label("owner_phone"),
            sponsor.name.label("sponsor_leader"),
            Lead.first_contact_on,
            Lead.stage,
            Lead.latest_progress,
            Lead.problems.label("issues"),
            Lead.next_action,
            Lead.next_action_on,
            Lead.expected_sign_on,
            Lead.remark,
        )
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .outerjoin(Chain, Chain.id == Lead.chain_id)
        .outerjoin(Segment, Segment.id == Lead.segment_id)
        .outerjoin(Zone, Zone.id == Lead.zone_id)
        .outerjoin(owner, owner.id == Lead.owner_id)
        .outerjoin(sponsor, sponsor.id == Lead.sponsor_id)
        .outerjoin(unit, unit.id == Lead.department_id)
        .outerjoin(first_unit, first_unit.id == Lead.first_talk_department_id)
        .where(among(Lead.id, ids))
    )
    found = {}
    for row in rows:
        ours = Ours(
            row.id,
            row.version,
            row.department_id,
            row.stage_source,
            row.owner_phone,
            row.is_days_order_confirmed,
            row.segment_name,
        )
        for name in _TEXTS:
            value = getattr(row, name)
            if value:
                ours.facts[name] = value
        for name in _DAYS:
            day = getattr(row, name)
            if day is not None:
                ours.facts[name] = day.isoformat()
        if row.site or row.zone:
            ours.facts[Field.ZONE.value] = row.site or row.zone
        if row.land_mu is not None:
            ours.facts[Field.LAND.value] = format(row.land_mu.normalize(), "f")
        ours.facts[Field.STAGE.value] = row.stage.value
        found[row.id] = ours
    return found


_TEXTS = (
    "title",
    "investor",
    "investor_category",
    "content",
    "chain",
    "segment",
    "source",
    "first_talk_unit",
    "department",
    "owner",
    "sponsor_leader",
    "latest_progress",
    "issues",
    "next_action",
    "remark",
)
_DAYS = ("first_contact_on", "next_action_on", "expected_sign_on")


def _signings(ids: Sequence[int], found: dict[int, Ours]) -> set[int]:
    rows = db.session.execute(
        select(Milestone.lead_id, Milestone.happened_on).where(
            among(Milestone.lead_id, ids), Milestone.kind == MilestoneKind.SIGNED
        )
    )
    signed = set()
    for lead_id, day in rows:
        signed.add(lead_id)
        if day is not None:
            found[lead_id].facts[Field.SIGNED_ON.value] = day.isoformat()
    return signed


def _amounts(ids: Sequence[int], found: dict[int, Ours], signed: set[int], on: date) -> None:
    rows = db.session.execute(
        select(
            Figure.id,
            Figure.lead_id,
            Figure.kind,
            Figure.source,
            Figure.as_of,
            Figure.stated_text,
            Figure.amount,
            Figure.upper,
            Figure.currency,
            Figure.qualifier,
            Figure.document,
            Figure.attachment_id,
        )
        .where(
            among(Figure.lead_id, ids),
            Figure.kind.in_(KINDS.values()),
            Figure.is_withdrawn.is_(False),
        )
        .order_by(Figure.id)
    )
    held: dict[tuple[int, FigureKind], list[FigureFact]] = defaultdict(list)
    texts = {}
    for row in rows:
        texts[row.id] = row.stated_text
        held[row.lead_id, row.kind].append(
            FigureFact(
                kind=row.kind,
                source=row.source,
                on=row.as_of,
                amount=row.amount,
                currency=row.currency,
                qualifier=row.qualifier,
                upper=row.upper,
                document=row.document or ("attachment" if row.attachment_id else None),
                id=row.id,
            )
        )
    for (lead_id, kind), figures in held.items():
        ours = found[lead_id]
        latest = max(on, *(figure.on for figure in figures))
        judged = judged_figure(figures, kind, lead_id in signed, latest)
        told = [figure for figure in figures if figure.source is FigureSource.TALK]
        if judged is not None:
            ours.facts[kind.value] = _fact(judged.figure)
            ours.texts[kind.value] = texts[judged.figure.id]
        if told:
            ours.told[kind.value] = _fact(max(told, key=lambda figure: (figure.on, figure.id)))


def _fact(figure: FigureFact) -> list[Any]:
    qualifier = figure.qualifier.value if figure.qualifier else None
    return [figure.amount, figure.currency, qualifier, figure.upper]


def imports_of(actor: Actor, *, limit: int = 30) -> Sequence[Any]:
    """The newest imports this person may look at, each with who made it."""
    return db.session.execute(
        select(
            LedgerImport.id,
            LedgerImport.filename,
            LedgerImport.as_of,
            LedgerImport.at,
            LedgerImport.added,
            LedgerImport.unchanged,
            LedgerImport.differs,
            LedgerImport.refused,
            User.name.label("by"),
        )
        .outerjoin(User, User.id == LedgerImport.by_id)
        .where(_may_look(actor))
        .order_by(LedgerImport.id.desc())
        .limit(limit)
    ).all()


def import_for(actor: Actor, import_id: int) -> LedgerImport:
    """One import, to read. Raises NotFound for unknown and forbidden alike."""
    found = db.session.scalar(
        select(LedgerImport).where(LedgerImport.id == import_id, _may_look(actor))
    )
    if found is None:
        raise NotFound
    return found


def _may_look(actor: Actor) -> ColumnElement[bool]:
    if actor.role in {Role.DIRECTOR, Role.SYSTEM}:
        return true()
    return or_(
        LedgerImport.by_id == actor.id,
        LedgerImport.department_id == actor.department_id if actor.department_id else false(),
    )


def titles_of(actor: Actor, lead_ids: Collection[int], *, limit: int = 200) -> Sequence[Any]:
    """(id, title, stage) of those of these leads that this person may see, the first `limit`."""
    ids = sorted(lead_ids)[:limit]
    return db.session.execute(
        select(Lead.id, Lead.title, Lead.stage)
        .where(among(Lead.id, ids), may_see(actor))
        .order_by(Lead.id)
    ).all()


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
    return db.session.execute(_OPEN_MATTERS, {"lead_id": lead_id}).all()
