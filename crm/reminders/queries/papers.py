"""Which papers a project that waits as 待补佐证 still has to bring, as the evidence folder knows."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from crm.checkup.queries.evidence import events_of, files_of
from crm.checkup.rules import CountedProject, Proof, papers_of
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.leads.models import Lead
from crm.quotas.models import Quota, Verdict
from crm.quotas.rules import CountingEvent, read_reason
from crm.reminders.queries.facts import asks_for_papers


def missing_papers(leads: Collection[int], today: date) -> dict[int, tuple[Proof, ...]]:
    """By lead the papers missing in a folder of any quota it waits for; three SELECTs, or none."""
    if not leads:
        return {}
    statement = (
        select(
            Lead.id, Lead.title, Lead.path, Quota.event, Verdict.verdict, Verdict.branch,
            Verdict.reasons,
        )
        .join(Verdict, Verdict.lead_id == Lead.id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(among(Lead.id, leads), *asks_for_papers(today))
        .order_by(Lead.id, Quota.position, Quota.id)
    )  # fmt: skip
    rows = list(rows_of(statement))
    ids = sorted({row.id for row in rows})
    events, files = events_of(ids), files_of(ids)
    found: dict[int, dict[Proof, None]] = defaultdict(dict)
    for row in rows:
        project = CountedProject(
            lead_id=row.id,
            title=row.title,
            verdict=row.verdict,
            branch=row.branch,
            reasons=tuple(read_reason(data) for data in row.reasons),
            path=row.path,
            events=tuple(events[row.id]),
            files=tuple(files[row.id]),
        )
        for paper in papers_of(
            project, CountingEvent(row.event or CountingEvent.SIGNED_AND_REGISTERED)
        ):
            if paper.is_missing:
                found[row.id][paper.proof] = None
    return {key: tuple(proofs) for key, proofs in found.items()}
