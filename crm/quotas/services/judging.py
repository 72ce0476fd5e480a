"""Keeping every stored verdict equal to what the rule says, and what it said before."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, delete, select, update

from crm.core.bulk import among, insert_rows
from crm.core.db import db
from crm.history.services import TICK, recorded
from crm.leads.models import Lead
from crm.quotas.facts import (
    CHUNK,
    facts_of,
    leads_of_ranked_groups,
    surroundings,
    terms_of,
)
from crm.quotas.models import Quota, SupersededVerdict, Verdict
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    Entry,
    JudgedLead,
    Judging,
    MilestoneDay,
    QuotaTerms,
    counted,
    entered,
    first_entry_lists,
    is_near,
    kept,
    signing_of,
    with_yuan,
)
from crm.quotas.rules import Verdict as Judgement
from crm.quotas.services.staged import clear_staged, forget_staged, staging_lists

EVER = date.max
"""Stored verdicts read every recorded fact, whatever its day: they age by facts, not by dates."""


def rejudge(lead_ids: Collection[int], *, today: date, at: datetime) -> int:
    """Bring the stored verdicts of these leads up to date; how many rows changed.

    Called by every door in the transaction that changed a fact of a lead (the lead itself, its
    figures, milestones and files, its companies, their place on lists, rates, quotas). A signed
    lead is judged on the quotas of the year its signing counts in, any other on those that are
    not closed on the day `today`. Frozen quotas keep theirs, and what a verdict said before is kept
    in `superseded_verdicts`. Where a quota asks for a group's first entry, all leads of ranked
    groups are judged with them.
    """
    return _write(_chunks(lead_ids, today, lock=True), at)


def rejudge_quota(quota: Quota, *, today: date, at: datetime, period_changed: bool = False) -> int:
    """Bring the stored verdicts on one quota up to date after its terms changed; how many rows.

    The caller has changed the quota's row, so every other judging waits until this transaction ends
    and then reads the new terms: no lead needs to be locked. Only leads that stand on the quota
    are read, all of them where its period has changed.
    """
    clear_staged(quota.id)
    ids = _all_leads()
    if not period_changed:
        standing = select(Verdict.lead_id).where(Verdict.quota_id == quota.id)
        ids = list(db.session.scalars(standing.order_by(Verdict.lead_id)))
    return _write(_chunks(ids, today, lock=False, only=quota.id), at)


def _superseded(row: Row[Any], at: datetime) -> dict[str, Any]:
    """A stored verdict as the row that keeps it once it holds no longer."""
    return {
        "quota_id": row.quota_id,
        "lead_id": row.lead_id,
        **{name: getattr(row, name) for name in KEPT},
        "judged_at": row.judged_at,
        "replaced_at": at,
    }


def rejudge_all(*, today: date, at: datetime) -> int:
    """Bring every stored verdict up to date, after a change that may concern anybody."""
    return rejudge(_all_leads(), today=today, at=at)


def differences(*, today: date) -> Iterator[tuple[int, str]]:
    """What a fresh judging would change: (lead id, title), each lead once. Writes nothing.

    A verdict kept from a year that closed over an unsigned lead is no difference: there the
    calendar moved on, not a fact.
    """
    for chunk in _chunks(_all_leads(), today, lock=False):
        titles = {lead.id: lead.title for lead in chunk.leads}
        for lead_id in sorted(chunk.wrong()):
            yield lead_id, titles.get(lead_id, "")


def _all_leads() -> list[int]:
    return list(db.session.scalars(select(Lead.id).order_by(Lead.id)))


@dataclass(slots=True)
class _Chunk:
    """Some leads with their stored verdicts, by quota and lead, and what judging makes of these."""

    leads: Sequence[JudgedLead]
    stored: Mapping[tuple[int, int], Row[Any]]
    quotas: Sequence[tuple[int, QuotaTerms]]
    judging: Judging
    today: date
    changed: list[dict[str, Any]] = field(default_factory=list)
    removed: list[Row[Any]] = field(default_factory=list)
    replaced: list[Row[Any]] = field(default_factory=list)  # what stood before, changed or removed

    def added(self) -> Iterator[dict[str, Any]]:
        """The verdicts that do not stand yet, judged as they are asked for; after the last of them
        the others are known, too."""
        left = dict(self.stored)
        for lead in self.leads:
            for row in _rows(lead, self.quotas, self.judging, self.today):
                before = left.pop((row["quota_id"], lead.id), None)
                if before is None:
                    yield row
                elif any(getattr(before, name) != row[name] for name in KEPT):
                    self.changed.append({"id": before.id, **row})
                    self.replaced.append(before)
        self.removed += left.values()
        self.replaced += left.values()

    def wrong(self) -> set[int]:
        """The leads whose stored verdicts are wrong."""
        wrong = {row["lead_id"] for row in [*self.added(), *self.changed]}
        signed = {lead.id for lead in self.leads if signing_of(lead, EVER)}
        return wrong | {
            row.lead_id
            for row in self.removed
            if row.lead_id in signed or row.signed_from is not None or row.closes >= self.today
        }


def _write(chunks: Iterable[_Chunk], at: datetime) -> int:
    written, asked = 0, recorded(at)
    for chunk in chunks:
        # A verdict judged meanwhile by a clock that is ahead is not replaced before it began.
        known = (row.judged_at for row in chunk.stored.values())
        at = max([asked, *(judged_at + TICK for judged_at in known if judged_at >= asked)])
        written += insert_rows(Verdict, chunk.added(), same={"judged_at": at})
        insert_rows(SupersededVerdict, [_superseded(row, at) for row in chunk.replaced])
        if chunk.changed:
            db.session.execute(update(Verdict), [{**row, "judged_at": at} for row in chunk.changed])
        if chunk.removed:
            ids = [row.id for row in chunk.removed]
            db.session.execute(delete(Verdict).where(among(Verdict.id, ids)))
        written += len(chunk.changed) + len(chunk.removed)
    return written


def _chunks(
    lead_ids: Collection[int], today: date, *, lock: bool, only: int | None = None
) -> Iterator[_Chunk]:
    ids = sorted(set(lead_ids))
    if not ids:
        return
    db.session.flush()
    quotas = _live_quotas(only, lock=lock)
    # A first signing is the first of its group: what changes here may end or make another's.
    lists = {code for _, terms in quotas for code in first_entry_lists(terms.criteria)}
    staging = staging_lists() if lock else None
    if lists or staging:
        ids = sorted({*ids, *leads_of_ranked_groups(lists | (staging or set()))})
    if staging is not None:
        forget_staged(ids)
    around = surroundings()
    judging = Judging([terms for _, terms in quotas], EVER, around.editions)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        read = facts_of(chunk, lock=lock, first_entries=bool(lists))
        leads = [with_yuan(lead, around.rates, EVER) for lead in read]
        yield _Chunk(leads, _stored(chunk, only), quotas, judging, today)


def _live_quotas(only: int | None, *, lock: bool) -> list[tuple[int, QuotaTerms]]:
    """The computed quotas that are not frozen.

    With `lock` nobody publishes other criteria until the transaction ends: a verdict judged by
    the old ones cannot be written after all others were judged by the new ones.
    """
    statement = computed_quotas().where(Quota.frozen_at.is_(None))
    if only is not None:
        statement = statement.where(Quota.id == only)
    if lock:
        statement = statement.with_for_update(read=True).execution_options(populate_existing=True)
    return [
        (quota.id, terms_of(quota))
        for quota in db.session.scalars(statement.order_by(Quota.year, Quota.position))
    ]


def _rows(
    lead: JudgedLead,
    quotas: Sequence[tuple[int, QuotaTerms]],
    judging: Judging,
    today: date,
) -> Iterator[dict[str, Any]]:
    signing = signing_of(lead, EVER)
    told: dict[int, dict[str, Any]] = {}
    for (quota_id, terms), verdict in zip(quotas, judging.of(lead), strict=True):
        if not is_meant(signing, terms, today):
            continue
        # Quotas alike share one verdict, hence what is told of it.
        if id(verdict) not in told:
            told[id(verdict)] = told_columns(verdict)
        columns = entry_columns(lead, verdict, terms)
        yield {"quota_id": quota_id, "lead_id": lead.id, **told[id(verdict)], **columns}


def is_meant(signing: MilestoneDay | None, terms: QuotaTerms, today: date) -> bool:
    """Whether a lead stands on the quota: signed in its period, or in talks while it is open."""
    return terms.opens <= signing.counted_on <= terms.closes if signing else terms.closes >= today


def entry_columns(lead: JudgedLead, verdict: Judgement, terms: QuotaTerms) -> dict[str, Any]:
    entry = entered(counted(lead, verdict), terms)
    return dict(zip(ENTERED, _entry_values(entry), strict=True))


def told_columns(verdict: Judgement) -> dict[str, Any]:
    miss = verdict.miss  # found out each time it is asked for
    return {
        "verdict": verdict.outcome,
        "branch": verdict.branch,
        "lacks_yuan": miss.lacks_yuan if miss else None,
        "is_near_miss": miss is not None and is_near(miss),
        "reasons": [kept(reason) for reason in verdict.reasons],
    }


ENTERED = tuple(each.name for each in fields(Entry))
_entry_values = attrgetter(*ENTERED)

KEPT = (
    "verdict",
    "branch",
    "lacks_yuan",
    "is_near_miss",
    "reasons",
    *ENTERED,
)
"""The columns of a stored verdict that judging decides."""


def _stored(lead_ids: Sequence[int], only: int | None) -> dict[tuple[int, int], Row[Any]]:
    columns = [getattr(Verdict, name) for name in KEPT]
    statement = (
        select(
            Verdict.id,
            Verdict.quota_id,
            Verdict.lead_id,
            Verdict.judged_at,
            Quota.closes,
            *columns,
        )
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(among(Verdict.lead_id, lead_ids), Quota.frozen_at.is_(None))
    )
    if only is not None:
        statement = statement.where(Verdict.quota_id == only)
    rows = db.session.execute(statement)
    return {(row.quota_id, row.lead_id): row for row in rows}
