"""Where a quota stands on a day: signed, of those registered, of those started, and what is due."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from crm.leads.rules import AgreementType, MilestoneKind, starting_milestones
from crm.quotas.rules.facts import JudgedLead, MilestoneDay, Outcome, Reason, Verdict
from crm.quotas.rules.terms import CountingEvent, QuotaTerms, due_under


@dataclass(frozen=True, slots=True)
class CountedLead:
    """A lead with its verdict and the three events that place it in the numbers."""

    lead_id: int
    outcome: Outcome
    signed: MilestoneDay | None = None
    registered: MilestoneDay | None = None
    started: MilestoneDay | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """From which days on a lead stands in the three numbers of a quota; None = not at all.

    Each number has its own flag: whether the lead is 待补佐证 in it.
    """

    signed_from: date | None = None
    registered_from: date | None = None
    started_from: date | None = None
    is_signed_pending: bool = False
    is_registered_pending: bool = False
    is_started_pending: bool = False


NOWHERE = Entry()


@dataclass(frozen=True, slots=True)
class Tally:
    """The leads behind one number; ``pending_ids`` are those of them whose evidence is to come."""

    ids: tuple[int, ...] = ()
    pending_ids: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def pending(self) -> int:
        return len(self.pending_ids)


@dataclass(frozen=True, slots=True)
class Standing:
    """The numbers of one quota on a day; registered is part of signed, started of registered."""

    code: str
    label: str
    on: date
    target: int
    due: int
    event: CountingEvent
    signed: Tally
    registered: Tally
    started: Tally

    @property
    def pending(self) -> int:
        """其中待补佐证: of the signed, those whose evidence is to come."""
        return self.signed.pending

    @property
    def reached(self) -> Tally:
        """The number that is held against the target, by the counting event."""
        return {
            CountingEvent.SIGNED: self.signed,
            CountingEvent.SIGNED_AND_REGISTERED: self.registered,
            CountingEvent.STARTED: self.started,
        }[self.event]

    @property
    def missing(self) -> int:
        return max(0, self.target - self.reached.count)


@dataclass(frozen=True, slots=True)
class Together:
    """Signed leads of several quotas: in more than one of them (重叠), and each once (去重合计)."""

    overlap_ids: tuple[int, ...]
    distinct_ids: tuple[int, ...]

    @property
    def overlap(self) -> int:
        return len(self.overlap_ids)

    @property
    def distinct(self) -> int:
        return len(self.distinct_ids)


def counted(lead: JudgedLead, verdict: Verdict) -> CountedLead:
    """The lead's first signing, registration and start beside its verdict.

    A framework or intent agreement is no signing.
    """
    is_signable = lead.agreement_type in {None, AgreementType.FORMAL}
    return CountedLead(
        lead.id,
        verdict.outcome,
        signed=_first(lead, frozenset({MilestoneKind.SIGNED})) if is_signable else None,
        registered=_first(lead, frozenset({MilestoneKind.REGISTERED})),
        started=_first(lead, starting_milestones(lead.path)),
    )


def _first(lead: JudgedLead, kinds: frozenset[MilestoneKind]) -> MilestoneDay | None:
    if not lead.milestones:
        return None
    events = [milestone for milestone in lead.milestones if milestone.kind in kinds]
    if len(events) < 2:
        return events[0] if events else None
    return min(events, key=lambda m: (m.day, m.is_pending, repr(m)), default=None)


def entered(lead: CountedLead, terms: QuotaTerms) -> Entry:
    """When the lead enters each number of the quota.

    The signing's 统计日期 decides the period (its event day where none is set); registration and
    start follow whenever they happen. A lead whose verdict is NO enters no number. It is pending
    in a number if its verdict is, or if an event up to that number lacks its day or its papers.
    """
    if lead.outcome is Outcome.NO or lead.signed is None:
        return NOWHERE
    if not terms.opens <= lead.signed.counted_on <= terms.closes:
        return NOWHERE
    since = max(lead.signed.day, lead.signed.counted_on)
    entry = Entry(
        signed_from=since,
        is_signed_pending=lead.outcome is Outcome.PENDING or lead.signed.is_pending,
    )
    if lead.registered is None:
        return entry
    since = max(since, lead.registered.day)
    is_pending = entry.is_signed_pending or lead.registered.is_pending
    entry = replace(entry, registered_from=since, is_registered_pending=is_pending)
    if lead.started is None:
        return entry
    return replace(
        entry,
        started_from=max(since, lead.started.day),
        is_started_pending=is_pending or lead.started.is_pending,
    )


def standing(leads: Iterable[CountedLead], terms: QuotaTerms, on: date) -> Standing:
    """The three numbers by the end of the day ``on``, each with the leads behind it."""
    return standing_of(((lead.lead_id, entered(lead, terms)) for lead in leads), terms, on)


def standing_of(entries: Iterable[tuple[int, Entry]], terms: QuotaTerms, on: date) -> Standing:
    """The same of leads whose days of entry are known already: (lead id, entry)."""
    signed: list[tuple[int, bool]] = []
    registered: list[tuple[int, bool]] = []
    started: list[tuple[int, bool]] = []
    for lead_id, entry in entries:
        for numbers, since, is_pending in (
            (signed, entry.signed_from, entry.is_signed_pending),
            (registered, entry.registered_from, entry.is_registered_pending),
            (started, entry.started_from, entry.is_started_pending),
        ):
            if since is not None and since <= on:
                numbers.append((lead_id, is_pending))
    return Standing(
        code=terms.code,
        label=terms.label,
        on=on,
        target=terms.target,
        due=due_under(terms, on),
        event=terms.event,
        signed=_tally(signed),
        registered=_tally(registered),
        started=_tally(started),
    )


def _tally(numbers: list[tuple[int, bool]]) -> Tally:
    return Tally(
        tuple(sorted(lead_id for lead_id, _ in numbers)),
        tuple(sorted(lead_id for lead_id, is_pending in numbers if is_pending)),
    )


def together(standings: Iterable[Standing]) -> Together:
    """Overlap and distinct total of the signed leads of ``standings``."""
    quotas_of: dict[int, int] = {}
    for one in standings:
        for lead_id in one.signed.ids:
            quotas_of[lead_id] = quotas_of.get(lead_id, 0) + 1
    return Together(
        tuple(sorted(lead_id for lead_id, quotas in quotas_of.items() if quotas > 1)),
        tuple(sorted(quotas_of)),
    )


def is_near(miss: Reason, *, within_percent: int = 20) -> bool:
    """Whether an amount falls short by little of the threshold."""
    return miss.lacks_yuan is not None and miss.lacks_yuan * 100 <= within_percent * (
        miss.threshold or 0
    )


def nearest_misses(
    verdicts: Iterable[Verdict], *, limit: int = 5, within_percent: int = 20
) -> tuple[Verdict, ...]:
    """Verdicts that fail by an amount alone and by little, the smallest lack first.

    ``within_percent`` of the threshold is as far as a miss counts as near.
    """
    near = [
        (miss.lacks_yuan or 0, verdict.lead_id, verdict)
        for verdict in verdicts
        if (miss := verdict.miss) is not None and is_near(miss, within_percent=within_percent)
    ]
    return tuple(verdict for _, _, verdict in sorted(near, key=lambda row: row[:2])[:limit])
