"""Deciding what differs: the ledger's value becomes ours, or ours stays. Nothing is taken silently."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from crm.accounts.rules import Actor
from crm.chains.services.companies import add_company
from crm.core.bulk import chunked
from crm.core.db import db
from crm.core.money import Amount, Qualifier
from crm.enterprises import services as enterprises
from crm.history import services as history
from crm.history.models import AuditEvent
from crm.imports.models import DifferenceState, LedgerDifference, LedgerImport, LedgerQuestion
from crm.imports.queries import COLUMN_OF, KINDS, ours_of, told_fields
from crm.imports.rules import Field
from crm.imports.services.known import Known
from crm.leads import access
from crm.leads.models import Lead, Milestone
from crm.leads.rules import (
    FigureSource,
    MilestoneKind,
    Stage,
    StageSource,
    implied_milestones,
    milestones_beyond,
)
from crm.leads.services.figures import NewFigure, Stated, put, settle_investment
from crm.leads.services.holdings import Holdings, held_by
from crm.leads.services.marks import mark_on_behalf, refresh_words, touch
from crm.leads.services.milestones import change_stage
from crm.leads.services.prospects import keep_prospects
from crm.quotas.services import rejudge


@dataclass(frozen=True, slots=True)
class Decided:
    """How many differences were settled, and how many were left because ours changed meanwhile."""

    settled: int
    left: int = 0


def take(
    actor: Actor,
    at: datetime,
    difference_ids: Collection[int],
    *,
    seen: int,
    today: date,
) -> Decided:
    """The ledger's values become ours, as an edit would make them: dated, audited, judged anew.

    `seen` is the newest event of the trail when the person looked; what was changed later is left
    for another look. Differences already decided, or of leads this person may not change, are
    passed over.
    """
    rows = _open(actor, difference_ids)
    changed = _changed_since({row.lead_id for row, _ in rows}, seen)
    by_lead: dict[int, list[tuple[LedgerDifference, date]]] = defaultdict(list)
    left = 0
    for row, as_of in rows:
        if changed.get(row.lead_id, frozenset()) & {row.field, COLUMN_OF.get(row.field, row.field)}:
            left += 1
        else:
            by_lead[row.lead_id].append((row, as_of))
    known = Known(actor, at)
    for lead_id, differences in by_lead.items():
        lead = access.lead_to_edit(actor, lead_id)
        _Taking(actor, at, today, lead, known).all(differences)
        for row, _ in differences:
            row.state, row.decided_by_id, row.decided_at = (
                DifferenceState.TAKEN,
                actor.id or None,
                at,
            )
    db.session.flush()
    close_answered(list(by_lead), at=at, today=today)
    rejudge(list(by_lead), today=today, at=at)
    return Decided(sum(len(found) for found in by_lead.values()), left)


def keep(actor: Actor, at: datetime, difference_ids: Collection[int]) -> Decided:
    """Ours stays; the ledger is asked about again only when its cell changes again."""
    rows = _open(actor, difference_ids)
    for row, _ in rows:
        row.state, row.decided_by_id, row.decided_at = DifferenceState.KEPT, actor.id or None, at
        history.record(
            actor, at, "difference_kept", row,
            before={row.field: row.ledger_value}, after={row.field: row.our_value},
            lead_id=row.lead_id,
        )  # fmt: skip
    return Decided(len(rows))


def close_answered(lead_ids: Sequence[int], *, at: datetime, today: date) -> int:
    """Close the questions whose field now has a value; how many. Doors call it after an edit."""
    questions = [
        question
        for chunk in chunked(lead_ids)
        for question in db.session.scalars(
            select(LedgerQuestion).where(
                LedgerQuestion.lead_id.in_(chunk), LedgerQuestion.answered_at.is_(None)
            )
        )
    ]
    if not questions:
        return 0
    held = ours_of({question.lead_id for question in questions}, on=today)
    answered = [q.id for q in questions if is_answered(q.field, held[q.lead_id])]
    if answered:
        db.session.execute(
            update(LedgerQuestion).where(LedgerQuestion.id.in_(answered)).values(answered_at=at)
        )
    return len(answered)


def is_answered(name: str, ours: Any) -> bool:
    """Whether the field a question asks about has been filled by a person."""
    if name == Field.STAGE.value:
        return bool(ours.stage_source is not StageSource.IMPORT)
    if name == "dates_order":
        first, signed = (ours.facts.get(key) for key in ("first_contact_on", "signed_on"))
        return bool(ours.is_days_order_confirmed or not first or not signed or first <= signed)
    return ours.facts.get(name) is not None


def _open(actor: Actor, difference_ids: Collection[int]) -> list[tuple[LedgerDifference, date]]:
    found: list[tuple[LedgerDifference, date]] = []
    for chunk in chunked(difference_ids):
        found += (
            (row, as_of)
            for row, as_of in db.session.execute(
                select(LedgerDifference, LedgerImport.as_of)
                .join(LedgerImport, LedgerImport.id == LedgerDifference.import_id)
                .join(Lead, Lead.id == LedgerDifference.lead_id)
                .where(
                    LedgerDifference.id.in_(chunk),
                    LedgerDifference.state == DifferenceState.OPEN,
                    access.may_edit(actor),
                )
                .order_by(LedgerDifference.lead_id, LedgerDifference.id)
                .with_for_update(of=LedgerDifference)
            )
        )
    return found


def _changed_since(lead_ids: Collection[int], seen: int) -> dict[int, frozenset[str]]:
    """The fields the trail tells of after the event `seen`, lead by lead."""
    found: dict[int, set[str]] = defaultdict(set)
    for chunk in chunked(lead_ids):
        for lead_id, after in db.session.execute(
            select(AuditEvent.lead_id, AuditEvent.after).where(
                AuditEvent.lead_id.in_(chunk), AuditEvent.id > seen
            )
        ):
            found[lead_id] |= told_fields(after)
    return {lead_id: frozenset(names) for lead_id, names in found.items()}


_PLAIN = (
    Field.TITLE,
    Field.INVESTOR_CATEGORY,
    Field.CONTENT,
    Field.SOURCE,
    Field.LATEST_PROGRESS,
    Field.ISSUES,
    Field.NEXT_ACTION,
    Field.REMARK,
)
_DAYS = (Field.FIRST_CONTACT_ON, Field.NEXT_ACTION_ON, Field.EXPECTED_SIGN_ON)


class _Taking:
    """The differences of one lead, locked by the caller."""

    def __init__(self, actor: Actor, at: datetime, today: date, lead: Lead, known: Known) -> None:
        self.actor, self.at, self.today = actor, at, today
        self.lead, self.known = lead, known
        self.held: Holdings = held_by(lead)
        self.more: list[tuple[str, Any, Any]] = []
        self.note = mark_on_behalf(actor, lead)

    def all(self, differences: Sequence[tuple[LedgerDifference, date]]) -> None:
        # A unit stands before the person looked for in it, a chain before its segment.
        order = [Field.DEPARTMENT.value, Field.CHAIN.value, Field.STAGE.value]
        for row, as_of in sorted(
            differences,
            key=lambda pair: order.index(pair[0].field) if pair[0].field in order else 9,
        ):
            self._one(Field(row.field), row, as_of)
        lead = self.lead
        with db.session.no_autoflush:
            settle_investment(lead, self.held, self.today)
            refresh_words(lead)
            keep_prospects(self.actor, self.at, lead, source=StageSource.IMPORT)
            history.record_changes(
                self.actor, self.at, "difference_taken", lead, lead_id=lead.id,
                department_id=lead.department_id, note=self.note, more=self.more,
            )  # fmt: skip
        touch(lead)
        db.session.flush()

    def _one(self, field: Field, row: LedgerDifference, as_of: date) -> None:
        lead, value = self.lead, row.ledger_value
        name = COLUMN_OF.get(field.value, field.value)
        if field in _PLAIN:
            setattr(lead, name, value)
            if field is Field.LATEST_PROGRESS and value:
                lead.last_progress_on = max(lead.last_progress_on, as_of)
        elif field in _DAYS:
            setattr(lead, name, date.fromisoformat(value) if value else None)
        elif field in KINDS:
            self._amount(field, row, as_of)
        elif field is Field.LAND:
            lead.land_mu = Decimal(value) if value else None
        elif field is Field.ZONE:
            place = self.known.places.get(value or "")
            lead.site = value
            lead.zone_id = place.zone_id if place else None
            lead.carrier_id = place.carrier_id if place else None
            lead.street_id = place.street_id if place else lead.street_id
        elif field is Field.STAGE:
            self._stage(Stage(value), as_of)
        elif field is Field.SIGNED_ON:
            self._milestone(MilestoneKind.SIGNED, date.fromisoformat(value), as_of)
        else:
            self._link(field, row)

    def _link(self, field: Field, row: LedgerDifference) -> None:
        lead, known, value = self.lead, self.known, row.ledger_value
        self.more.append((field.value, row.our_value, value))
        match field:
            case Field.INVESTOR:
                company = enterprises.by_name(value) or add_company(self.actor, self.at, value)
                lead.investor_id, lead.investor_is_unknown = company.id, False
            case Field.CHAIN:
                lead.chain_id = known.chains.get(value, lead.chain_id)
                lead.segment_id = None
            case Field.SEGMENT:
                segment_id, chain_id = known.segments.get(value, (None, lead.chain_id))
                lead.segment_id, lead.chain_id = segment_id, chain_id
            case Field.DEPARTMENT:
                lead.department_id = self._written(known.department(value))
            case Field.FIRST_TALK_UNIT:
                lead.first_talk_department_id = self._written(known.department(value))
            case Field.OWNER:
                lead.owner_id = self._written(known.person(value, lead.department_id, None))
            case Field.SPONSOR_LEADER:
                lead.sponsor_id = self._written(known.leader(value))

    def _written(self, number: int | None) -> int | None:
        """The id of a unit or person, which stands in the database before the lead points at it."""
        self.known.write_people()
        return number

    def _amount(self, field: Field, row: LedgerDifference, as_of: date) -> None:
        value, currency, qualifier, upper = row.ledger_value
        text = (row.ledger_text or str(value))[:60]
        amount = Amount(text, value, currency, Qualifier(qualifier) if qualifier else None, upper)
        put(
            self.actor, self.at, self.lead, self.held,
            NewFigure(KINDS[field], FigureSource.TALK, as_of, Stated(text, amount)),
        )  # fmt: skip

    def _stage(self, stage: Stage, as_of: date) -> None:
        """The stage the ledger states; what it claims without a day or paper stays 待补佐证."""
        lead, held = self.lead, self.held
        if stage.is_off_ramp:
            lead.stage_before_off_ramp = (
                lead.stage_before_off_ramp if lead.stage.is_off_ramp else lead.stage
            )
        else:
            lead.stage_before_off_ramp = lead.off_ramp_reason = lead.transferred_to = None
            for kind in milestones_beyond(stage, list(held.milestones), lead.path):
                self._withdraw(held.milestones.pop(kind))
            for kind in implied_milestones(stage, lead.path):
                if kind not in held.milestones:
                    self._milestone(kind, None, as_of)
        signed = held.day_of(MilestoneKind.SIGNED)
        happened_on = signed if stage is Stage.SIGNED and signed else as_of
        change_stage(self.actor, self.at, lead, stage, happened_on, None, None, StageSource.IMPORT)
        lead.last_progress_on = max(lead.last_progress_on, as_of)

    def _milestone(self, kind: MilestoneKind, day: date | None, as_of: date) -> None:
        lead, held = self.lead, self.held
        known = held.milestones.get(kind)
        if known is not None:
            known.happened_on = day
            history.record_changes(
                self.actor, self.at, "milestone_changed", known, lead_id=lead.id,
                department_id=lead.department_id, note=self.note,
            )  # fmt: skip
            db.session.flush()
            return
        row = Milestone(
            lead_id=lead.id, kind=kind, happened_on=day, known_on=as_of, source=StageSource.IMPORT,
            recorded_by_id=self.actor.id or None, recorded_at=self.at,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        held.milestones[kind] = row
        history.record(
            self.actor, self.at, "milestone_recorded", row,
            after={"kind": kind, "happened_on": day},
            lead_id=lead.id, department_id=lead.department_id, note=self.note,
        )  # fmt: skip

    def _withdraw(self, milestone: Milestone) -> None:
        history.record(
            self.actor, self.at, "milestone_withdrawn", milestone,
            before={"kind": milestone.kind, "happened_on": milestone.happened_on},
            lead_id=self.lead.id, department_id=self.lead.department_id, note=self.note,
        )  # fmt: skip
        db.session.delete(milestone)
        db.session.flush()
