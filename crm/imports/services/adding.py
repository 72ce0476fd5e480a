"""The leads a ledger brings in, with all that hangs on each, as rows to insert."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crm.core.bulk import Stream, reserve_ids
from crm.enterprises.rules import pinyin_initials, search_text
from crm.history.models import AuditEvent
from crm.history.services import event_row
from crm.imports.queries import KINDS
from crm.imports.rules import LedgerRow
from crm.imports.rules.facts import as_written, signing_day
from crm.imports.services.known import Known
from crm.imports.services.matching import key_of
from crm.imports.services.planning import Plan
from crm.leads.models import Figure, Lead, Milestone, SigningDayChange, StageChange
from crm.leads.rules import Figure as FigureFact
from crm.leads.rules import (
    FigureKind,
    FigureSource,
    MilestoneKind,
    Stage,
    StageSource,
    implied_milestones,
    valued,
)


@dataclass(frozen=True, slots=True)
class _Named:
    """The units and people a row names."""

    department_id: int | None
    owner_id: int | None
    sponsor_id: int | None
    first_talk_department_id: int | None


class NewLeads:
    """The leads a plan adds: their ids are taken and whom they name is looked up at once, their rows
    are made while the server writes those before, table by table."""

    def __init__(self, plan: Plan, known: Known, at: datetime) -> None:
        self._plan, self._known, self._at = plan, known, at
        self._figures: list[dict[str, Any]] = []
        self._milestones: list[dict[str, Any]] = []
        self._changes: list[dict[str, Any]] = []
        self._signing_days: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        investors: dict[str, str] = {}
        for place in plan.fresh:
            row = plan.rows[place]
            investors.setdefault(key_of(row)[1], row.investor or "")
        known.load_companies(investors)
        plan.new_ids = dict(zip(plan.fresh, reserve_ids(Lead, len(plan.fresh)), strict=True))
        self._named = {place: self._named_by(plan.rows[place]) for place in plan.fresh}

    def write(self, stream: Stream) -> None:
        """Insert everything; the companies, people and units of `known` go before."""
        stream.insert(Lead, map(self._lead, self._plan.fresh))
        stream.insert(Figure, self._figures)
        stream.insert(Milestone, self._milestones)
        stream.insert(StageChange, self._changes)
        stream.insert(SigningDayChange, self._signing_days)
        stream.insert(AuditEvent, self._events)

    def _named_by(self, row: LedgerRow) -> _Named:
        known = self._known
        department_id = known.department(row.department) or self._plan.own_department()
        return _Named(
            department_id,
            owner_id=known.person(row.owner, department_id, row.owner_phone),
            sponsor_id=known.leader(row.sponsor_leader),
            first_talk_department_id=known.department(row.first_talk_unit),
        )

    def _lead(self, place: int) -> dict[str, Any]:
        """One new lead; everything that hangs on it is kept for the tables after."""
        plan, known, at = self._plan, self._known, self._at
        row, actor, named = plan.rows[place], plan.actor, self._named[place]
        as_of, lead_id = plan.ledger.as_of, plan.new_ids[place]
        investor_id, investor_words = known.company(key_of(row)[1])
        segment_id, chain_id = known.segments.get(row.segment_code or "", (None, None))
        place_of = known.places.get(row.zone or "")
        stage = row.stage or Stage.LEAD
        signed_on = signing_day(row)
        stage_since = signed_on if stage is Stage.SIGNED and signed_on else as_of
        figures = self._figures_of(place, lead_id)
        total = next((f for f in figures if f["kind"] is FigureKind.TOTAL_INVESTMENT), None)
        receipt = f"BB{plan.today:%Y%m%d}-{lead_id:06d}"
        title = row.title or ""
        words = search_text(title, pinyin_initials(title), receipt, investor_words)
        if row.expected_sign_on is not None:
            self._signing_days.append(
                {
                    "lead_id": lead_id,
                    "after": row.expected_sign_on,
                    "changed_on": as_of,
                    "source": StageSource.IMPORT,
                    "by_id": actor.id or None,
                    "at": at,
                }
            )
        self._figures += figures
        kinds = implied_milestones(stage, None)
        if signed_on is not None and not kinds:
            kinds = (MilestoneKind.SIGNED,)
        self._milestones += [
            {
                "lead_id": lead_id,
                "kind": kind,
                "happened_on": signed_on if kind is MilestoneKind.SIGNED else None,
                "known_on": as_of,
                "source": StageSource.IMPORT,
                "recorded_by_id": actor.id or None,
                "recorded_at": at,
            }
            for kind in kinds
        ]
        self._changes.append(
            {
                "lead_id": lead_id,
                "to_stage": stage,
                "happened_on": stage_since,
                "source": StageSource.IMPORT,
                "by_id": actor.id or None,
                "at": at,
            }
        )
        self._events.append(
            event_row(
                actor, at, "lead_imported", Lead, lead_id,
                {
                    "title": title, "stage": stage, "investor": row.investor,
                    "receipt_number": receipt, "total_investment": total and total["stated_text"],
                },
                lead_id=lead_id, department_id=named.department_id,
            )
        )  # fmt: skip
        return {
            "id": lead_id,
            "receipt_number": receipt,
            "title": title,
            "title_key": key_of(row)[0],
            "search_text": words,
            "investor_id": investor_id,
            "investor_is_unknown": investor_id is None,
            "investor_category": row.investor_category,
            "description": row.content,
            "chain_id": chain_id or known.chains.get(row.chain or ""),
            "segment_id": segment_id,
            "zone_id": place_of.zone_id if place_of else None,
            "carrier_id": place_of.carrier_id if place_of else None,
            "street_id": place_of.street_id if place_of else None,
            "site": row.zone,
            "land_mu": row.land_mu,
            "owner_id": named.owner_id,
            "department_id": named.department_id,
            "sponsor_id": named.sponsor_id,
            "first_talk_department_id": named.first_talk_department_id,
            "source": row.source,
            "stage": stage,
            "stage_since": stage_since,
            "stage_source": StageSource.IMPORT,
            "stage_before_off_ramp": Stage.SIGNED if stage.is_off_ramp and signed_on else None,
            "first_contact_on": row.first_contact_on,
            "expected_sign_on": row.expected_sign_on,
            "last_progress_on": _progress_day(row, as_of),
            "next_action": row.next_action,
            "next_action_on": row.next_action_on,
            "suggests": ",".join(sorted(row.suggests)) or None,
            "latest_progress": row.latest_progress,
            "problems": row.issues,
            "remark": row.remark,
            "investment_yuan": self._yuan(total, signed_on),
            "investment_text": total["stated_text"] if total else None,
            "created_by_id": actor.id or None,
            "created_at": at,
        }

    def _figures_of(self, place: int, lead_id: int) -> list[dict[str, Any]]:
        plan = self._plan
        row = plan.rows[place]
        found = []
        for field, kind in KINDS.items():
            fact = plan.facts[place].get(field.value)
            if fact is None:
                continue
            amount, currency, qualifier, upper = fact
            found.append(
                {
                    "lead_id": lead_id,
                    "kind": kind,
                    "source": FigureSource.TALK,
                    "as_of": plan.ledger.as_of,
                    "stated_text": (as_written(row, plan.layouts[row.sheet], field) or "")[:60],
                    "amount": amount,
                    "upper": upper,
                    "currency": currency,
                    "qualifier": qualifier,
                    "recorded_by_id": plan.actor.id or None,
                    "recorded_at": self._at,
                }
            )
        return found

    def _yuan(self, total: Mapping[str, Any] | None, signed_on: date | None) -> int | None:
        if total is None:
            return None
        if total["currency"] == "CNY":
            return int(total["amount"])
        fact = FigureFact(
            total["kind"], total["source"], total["as_of"], total["amount"], total["currency"]
        )
        return valued(fact, self._known.rates, signed_on=signed_on, today=self._plan.today).yuan


def _progress_day(row: LedgerRow, as_of: date) -> date:
    """The day of the newest progress: a ledger tells it as of its own day, else by its dates."""
    if row.latest_progress:
        return as_of
    known = [day for day in (row.first_contact_on, row.signed_on) if day and day <= as_of]
    return max(known, default=as_of)
