"""What the assignment of an exclusive group reads, and the one published last."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from crm.core.db import db, rows_of
from crm.quotas.rules import Modality, Outcome
from crm.recognition.models import Assignment, AssignmentLock, AssignmentPlace
from crm.recognition.queries.claims import Term, YearOfClaims
from crm.recognition.rules import Contender, Contest, Level, Share, assign


@dataclass(frozen=True, slots=True)
class Lock:
    quota_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The assignment that would be published now, beside the published one."""

    group: str
    terms: tuple[Term, ...]
    contest: Contest
    contenders: tuple[Contender, ...]
    locks: dict[int, Lock]
    published: dict[int, int]
    published_at: datetime | None

    @property
    def digest(self) -> str:
        """A short sign of what is proposed: what is published is what was seen."""
        return ",".join(f"{lead}:{quota}" for lead, quota in sorted(self.contest.quota_of.items()))


def group_of(terms: dict[int, Term]) -> str | None:
    """The year's exclusive group; the page keeps it to one."""
    return next((term.exclusive_group for term in terms.values() if term.exclusive_group), None)


def last_assignment(year: int, group: str) -> Assignment | None:
    return db.session.scalar(
        select(Assignment)
        .where(Assignment.year == year, Assignment.exclusive_group == group)
        .order_by(Assignment.id.desc())
        .limit(1)
    )


def places_of(assignment_id: int) -> dict[int, int]:
    """Lead → quota of a published assignment."""
    return {
        row.lead_id: row.quota_id
        for row in rows_of(
            select(AssignmentPlace.lead_id, AssignmentPlace.quota_id).where(
                AssignmentPlace.assignment_id == assignment_id
            )
        )
    }


def locks_of(year: int, group: str) -> dict[int, Lock]:
    """The locks that hold, by lead."""
    last = (
        select(func.max(AssignmentLock.id))
        .where(AssignmentLock.year == year, AssignmentLock.exclusive_group == group)
        .group_by(AssignmentLock.lead_id)
    )
    rows = rows_of(
        select(AssignmentLock.lead_id, AssignmentLock.quota_id, AssignmentLock.reason).where(
            AssignmentLock.id.in_(last), AssignmentLock.quota_id.is_not(None)
        )
    )
    return {row.lead_id: Lock(row.quota_id, row.reason) for row in rows}


def proposal(found: YearOfClaims, today: date) -> Proposal | None:
    """The assignment of the year's exclusive group as of today; None where no group is exclusive."""
    group = group_of(found.terms)
    if group is None:
        return None
    terms = tuple(term for term in found.terms.values() if term.exclusive_group == group)
    locks = locks_of(found.year, group)
    last = last_assignment(found.year, group)
    published = places_of(last.id) if last else {}
    contenders = tuple(_contenders(found, terms, locks, published, today))
    shares = [Share(term.id, term.target, Modality(term.modality)) for term in terms]
    return Proposal(
        group,
        terms,
        assign(contenders, shares),
        contenders,
        locks,
        published,
        last.published_at if last else None,
    )


def _contenders(
    found: YearOfClaims,
    terms: tuple[Term, ...],
    locks: dict[int, Lock],
    published: dict[int, int],
    today: date,
) -> list[Contender]:
    """Projects that count now for a quota of the group, and those credited or locked there."""
    ids = {term.id for term in terms}
    fits: dict[int, set[int]] = {}
    for (lead_id, quota_id), claim in found.claims.items():
        if quota_id not in ids or claim.outcome is not Outcome.COUNTS or claim.lacks_papers:
            continue
        if claim.event_on is not None and claim.event_on <= today:
            fits.setdefault(lead_id, set()).add(quota_id)
    credited = {
        lead_id: quota_id
        for level in (Level.CITY, Level.DISTRICT)
        for (lead_id, at), quotas in found.credits.items()
        for quota_id in quotas
        if at is level and quota_id in ids
    }
    return [
        Contender(
            lead_id,
            found.signed_from.get(lead_id, date.max),
            frozenset(fits.get(lead_id, ())),
            kept_in=credited.get(lead_id)
            or (locks[lead_id].quota_id if lead_id in locks else None),
            published_in=published.get(lead_id),
        )
        for lead_id in sorted({*fits, *credited, *locks})
    ]
