"""What a proposal or a decision reads of projects and quotas, in a fixed number of queries."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from crm.accounts.rules import Actor
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.quotas.models import Quota, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import CountingEvent, Outcome
from crm.recognition.models import Credit
from crm.recognition.queries.standing import LeadQuota, Said, said_of
from crm.recognition.queries.suspects import Suspicion, open_against, suspicions
from crm.recognition.rules import Claim, Hand, Level

EVENTS = {
    CountingEvent.SIGNED: ("signed_from", "is_signed_pending"),
    CountingEvent.SIGNED_AND_REGISTERED: ("registered_from", "is_registered_pending"),
    CountingEvent.STARTED: ("started_from", "is_started_pending"),
}
"""Of a quota's counting event: the day from which a lead stands in that number, and whether its
papers are to come."""


@dataclass(frozen=True, slots=True)
class Term:
    """A computed quota of the year, as recognition reads it."""

    id: int
    code: str
    label: str
    label_en: str | None
    modality: str
    target: int
    event: CountingEvent
    exclusive_group: str | None
    is_closed: bool


def terms_of_year(year: int) -> dict[int, Term]:
    """The year's computed quotas by id, in their order."""
    rows = rows_of(
        computed_quotas(year)
        .with_only_columns(
            Quota.id,
            Quota.code,
            Quota.label,
            Quota.label_en,
            Quota.modality,
            Quota.target,
            Quota.event,
            Quota.exclusive_group,
            Quota.frozen_at,
        )
        .order_by(Quota.position, Quota.id)
    )
    return {
        row.id: Term(
            row.id,
            row.code,
            row.label,
            row.label_en,
            row.modality,
            row.target,
            CountingEvent(row.event or CountingEvent.SIGNED_AND_REGISTERED),
            row.exclusive_group,
            row.frozen_at is not None,
        )
        for row in rows
    }


@dataclass(slots=True)
class YearOfClaims:
    """Everything recognition knows of a year: quotas, claims, what was said, suspects."""

    year: int
    terms: dict[int, Term]
    claims: dict[LeadQuota, Claim] = field(default_factory=dict)
    said: Mapping[LeadQuota, dict[Level, Said]] = field(default_factory=dict)
    credits: Mapping[tuple[int, Level], dict[int, int]] = field(default_factory=dict)
    suspicions: list[Suspicion] = field(default_factory=list)
    signed_from: dict[int, date] = field(
        default_factory=dict
    )  # by lead; 统计日期 or the later event

    def claim(self, lead_id: int, quota_id: int, level: Level) -> Claim:
        """The claim as a decision at this level reads it."""
        term = self.terms[quota_id]
        found = self.claims.get((lead_id, quota_id), Claim(None, is_period_closed=term.is_closed))
        elsewhere = self._elsewhere(lead_id, term, level)
        return found if elsewhere is None else replace(found, credited_elsewhere=elsewhere)

    def _elsewhere(self, lead_id: int, term: Term, level: Level) -> str | None:
        if term.exclusive_group is None:
            return None
        for quota_id in self.credits.get((lead_id, level), ()):
            other = self.terms.get(quota_id)
            if other and other.id != term.id and other.exclusive_group == term.exclusive_group:
                return other.label
        return None


def year_of_claims(year: int, lead_ids: Collection[int] | None = None) -> YearOfClaims:
    """The year's claims: of these leads, or of all that count, might count or were ever decided on.

    Nine queries or fewer, whatever the number of leads.
    """
    terms = terms_of_year(year)
    found = YearOfClaims(year, terms)
    if not terms:
        return found
    found.said = said_of(year, lead_ids)
    found.suspicions = suspicions(year, lead_ids)
    found.credits = credits_of(year, lead_ids)
    fill(found, rows_of(_judged(terms, lead_ids, {lead_id for lead_id, _ in found.said})))
    looks_like = open_against(found.suspicions)
    for pair, claim in found.claims.items():
        if others := looks_like.get(pair[0]):
            found.claims[pair] = replace(claim, looks_like=tuple(sorted(others)))
    return found


def fill(found: YearOfClaims, judged: Iterable[Any]) -> None:
    """Make the claims of verdicts as `_judged` reads them, and of what was said."""
    for row in judged:
        if (term := found.terms.get(row.quota_id)) is None:
            continue
        pair = (row.lead_id, row.quota_id)
        found.claims[pair] = _claim(row, term, found.said.get(pair))
        if row.signed_from is not None:
            found.signed_from[row.lead_id] = row.signed_from
    for pair, levels in found.said.items():
        if pair not in found.claims:
            closed = found.terms[pair[1]].is_closed
            found.claims[pair] = Claim(None, is_period_closed=closed, **_states(levels))


def _judged(
    terms: Mapping[int, Term], lead_ids: Collection[int] | None, decided: Collection[int]
) -> Select[Any]:
    days = [getattr(Verdict, name) for names in EVENTS.values() for name in names]
    statement = (
        select(
            Verdict.quota_id,
            Verdict.lead_id,
            Verdict.verdict,
            *days,
            Lead.exclusion.is_not(None).label("is_excluded"),
        )
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(Verdict.quota_id.in_(terms))
    )
    if lead_ids is not None:
        return statement.where(among(Verdict.lead_id, lead_ids))
    stands = (Verdict.verdict != Outcome.NO) & Verdict.signed_from.is_not(None)
    return statement.where(stands | among(Verdict.lead_id, decided) if decided else stands)


def _states(levels: Mapping[Level, Said] | None) -> dict[str, Any]:
    return {level.value: said.state for level, said in levels.items()} if levels else {}


def _claim(row: Any, term: Term, levels: Mapping[Level, Said] | None) -> Claim:
    since, is_pending = EVENTS[term.event]
    return Claim(
        outcome=row.verdict,
        event_on=getattr(row, since),
        lacks_papers=getattr(row, is_pending),
        is_excluded=row.is_excluded,
        is_period_closed=term.is_closed,
        **_states(levels),
    )


def credits_of(
    year: int, lead_ids: Collection[int] | None = None
) -> dict[tuple[int, Level], dict[int, int]]:
    statement = select(Credit.lead_id, Credit.at_level, Credit.quota_id, Credit.decision_id).where(
        Credit.year == year
    )
    if lead_ids is not None:
        statement = statement.where(among(Credit.lead_id, lead_ids))
    found: dict[tuple[int, Level], dict[int, int]] = {}
    for row in rows_of(statement):
        found.setdefault((row.lead_id, row.at_level), {})[row.quota_id] = row.decision_id
    return found


def hands_of(actor: Actor, lead_ids: Collection[int]) -> dict[int, Hand]:
    """The person as seen from each of the leads."""
    if not lead_ids:
        return {}
    is_member = (
        select(func.count())
        .where(
            LeadMember.lead_id == Lead.id,
            LeadMember.user_id == actor.id,
            LeadMember.kind == MembershipKind.CO_OWNER,
        )
        .scalar_subquery()
    )
    rows = rows_of(
        select(
            Lead.id,
            Lead.owner_id,
            Lead.department_id,
            Lead.sponsor_id,
            is_member.label("is_member"),
        ).where(among(Lead.id, lead_ids))
    )
    return {
        row.id: Hand(
            actor.role,
            is_own=row.owner_id == actor.id or row.is_member > 0,
            is_sponsor=row.sponsor_id == actor.id,
            is_of_unit=row.department_id is not None and row.department_id == actor.department_id,
        )
        for row in rows
    }
