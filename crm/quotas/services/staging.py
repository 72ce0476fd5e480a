"""Judging a large district by a version that does not hold yet, in chunks that survive any stop.

The database is the queue: every lead of the quota without a staged verdict is still to be judged.
The stored verdicts stay those of the version in force until all are staged, then they change in
one transaction, so that no number ever mixes two versions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, literal, select, update

from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.quotas.facts import CHUNK, facts_of, surroundings, terms_of
from crm.quotas.flips import BARRED
from crm.quotas.models import (
    CriteriaJudging,
    CriteriaVersion,
    Quota,
    StagedVerdict,
    SupersededVerdict,
    Verdict,
)
from crm.quotas.rules import (
    CountingEvent,
    Effect,
    JudgedLead,
    Judging,
    QuotaTerms,
    first_entry_lists,
    kept,
    parse_criteria,
    parse_exclusions,
    signing_of,
    with_yuan,
)
from crm.quotas.rules import Verdict as Judgement
from crm.quotas.services.judging import (
    EVER,
    KEPT,
    entry_columns,
    is_meant,
    told_columns,
)
from crm.quotas.services.staged import clear_staged, empty

AT_ONCE = 2000
"""Leads judged again within the request that publishes; more are handed to the worker."""

TRIAL_KEPT = timedelta(days=2)
"""A trial nobody published is forgotten: each change of a lead has to keep it current."""


def is_large(quota_id: int) -> bool:
    """Whether the quota has more leads than a request judges."""
    ids = select(Verdict.lead_id).where(Verdict.quota_id == quota_id).limit(AT_ONCE + 1)
    return (db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0) > AT_ONCE


def ask_for(version: CriteriaVersion, quota: Quota, at: datetime) -> CriteriaJudging:
    """Have the quota judged by the version; where that was asked for already, what there is goes on."""
    known = db.session.scalar(
        select(CriteriaJudging).where(
            CriteriaJudging.version_id == version.id, CriteriaJudging.quota_id == quota.id
        )
    )
    if known is not None:
        return known
    judging = CriteriaJudging(version_id=version.id, quota_id=quota.id, asked_at=at)
    db.session.add(judging)
    db.session.flush()
    return judging


def waiting_judgings() -> Sequence[int]:
    """The judgings in which leads are still to be judged, those of published versions first."""
    return db.session.scalars(
        select(CriteriaJudging.id)
        .join(CriteriaVersion, CriteriaVersion.id == CriteriaJudging.version_id)
        .where(CriteriaJudging.in_force_at.is_(None), _unstaged().exists())
        .order_by(CriteriaVersion.published_at.is_(None), CriteriaJudging.id)
    ).all()


def _unstaged() -> Any:
    """The leads a judging still has to judge, for a Select that names `criteria_judgings`."""
    is_staged = exists().where(
        StagedVerdict.judging_id == CriteriaJudging.id, StagedVerdict.lead_id == Verdict.lead_id
    )
    return select(Verdict.lead_id).where(Verdict.quota_id == CriteriaJudging.quota_id, ~is_staged)


def stage_chunk(judging_id: int, *, today: date) -> int:
    """Judge the next leads of a judging; how many, 0 where none is left. Safe to repeat and to stop.

    While it runs no fact of a lead is judged elsewhere; a lead that changes later loses its row.
    """
    judging = db.session.scalar(
        select(CriteriaJudging)
        .where(CriteriaJudging.id == judging_id, CriteriaJudging.in_force_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if judging is None:
        return 0
    ids = _next(judging)
    if not ids:
        return 0
    quota = db.session.get_one(Quota, judging.quota_id, populate_existing=True)
    version = db.session.get_one(CriteriaVersion, judging.version_id, populate_existing=True)
    insert_rows(StagedVerdict, list(_staged(judging, quota, version, ids, today)))
    judging.reached = max(judging.reached, ids[-1])
    db.session.flush()
    return len(ids)


def _next(judging: CriteriaJudging) -> Sequence[int]:
    """First every lead once in the order of their ids, then those that changed meanwhile."""
    statement = (
        _unstaged().where(CriteriaJudging.id == judging.id).order_by(Verdict.lead_id).limit(CHUNK)
    )
    ids = db.session.scalars(statement.where(Verdict.lead_id > judging.reached)).all()
    return ids or db.session.scalars(statement).all()


def _staged(
    judging: CriteriaJudging,
    quota: Quota,
    version: CriteriaVersion,
    ids: Sequence[int],
    today: date,
) -> Iterator[dict[str, Any]]:
    now = terms_of(quota)
    then = replace(
        now,
        criteria=parse_criteria(version.criteria),
        exclusions=parse_exclusions(version.criteria),
        event=CountingEvent(version.event or CountingEvent.SIGNED_AND_REGISTERED),
    )
    around = surroundings()
    judges = Judging([now, then], EVER, around.editions)
    stored = {
        row.lead_id: row
        for row in db.session.execute(
            select(Verdict.lead_id, *(getattr(Verdict, name) for name in KEPT)).where(
                Verdict.quota_id == quota.id, Verdict.lead_id.in_(ids)
            )
        )
    }
    asks = first_entry_lists(now.criteria) | first_entry_lists(then.criteria)
    for facts in facts_of(ids, first_entries=bool(asks)):
        lead = with_yuan(facts, around.rates, EVER)
        before, after = judges.of(lead)
        yield _row(judging, quota, lead, (before, after), then, stored[lead.id], today)


def _row(
    judging: CriteriaJudging,
    quota: Quota,
    lead: JudgedLead,
    verdicts: tuple[Judgement, Judgement],
    terms: QuotaTerms,
    stored: Any,
    today: date,
) -> dict[str, Any]:
    before, after = verdicts
    columns = told_columns(after) | entry_columns(lead, after, terms)
    effect = Effect.SAME
    if quota.frozen_at is None and not is_meant(signing_of(lead, EVER), terms, today):
        effect = Effect.GONE
    elif any(getattr(stored, name) != columns[name] for name in KEPT):
        effect = Effect.CHANGED
    is_flip = before.outcome is not after.outcome and lead.stage not in BARRED
    if effect is not Effect.CHANGED and not is_flip:
        columns["reasons"] = []
    was = None
    if is_flip:
        reasons = [kept(reason) for reason in before.reasons]
        was = {"verdict": before.outcome.value, "branch": before.branch, "reasons": reasons}
    return {
        "judging_id": judging.id,
        "quota_id": quota.id,
        "lead_id": lead.id,
        "effect": effect,
        "is_flip": is_flip,
        "was": was,
        **columns,
    }


def forget_old_trials(at: datetime) -> int:
    """Trials of drafts that nobody published in time; how many."""
    old = db.session.scalars(
        select(CriteriaJudging)
        .join(CriteriaVersion, CriteriaVersion.id == CriteriaJudging.version_id)
        .where(CriteriaVersion.published_at.is_(None), CriteriaJudging.asked_at < at - TRIAL_KEPT)
        .order_by(CriteriaJudging.id)
        .with_for_update(of=CriteriaJudging)
    ).all()
    for judging in old:
        empty(judging)
        db.session.delete(judging)
    db.session.flush()
    return len(old)


def put_in_force(judging: CriteriaJudging, *, today: date, at: datetime) -> int:
    """The staged verdicts become the stored ones, all at once; how many changed.

    The caller holds the quota's row, so no fact is judged meanwhile; what changed until just now
    is judged here. The quota carries the new criteria already.
    """
    staged = select(StagedVerdict).where(StagedVerdict.judging_id == judging.id)
    moved = staged.where(StagedVerdict.effect != Effect.SAME).with_only_columns(
        StagedVerdict.lead_id
    )
    mine = Verdict.quota_id == judging.quota_id
    names = ("quota_id", "lead_id", *KEPT, "judged_at")
    db.session.execute(
        insert(SupersededVerdict).from_select(
            [*names, "replaced_at"],
            select(
                *(getattr(Verdict, name) for name in names),
                literal(at, SupersededVerdict.replaced_at.type),
            ).where(mine, Verdict.lead_id.in_(moved)),
            include_defaults=False,
        )
    )
    changed = db.session.execute(
        update(Verdict)
        .where(
            mine,
            StagedVerdict.judging_id == judging.id,
            StagedVerdict.lead_id == Verdict.lead_id,
            StagedVerdict.effect == Effect.CHANGED,
        )
        .values({name: getattr(StagedVerdict, name) for name in KEPT} | {"judged_at": at})
        .execution_options(synchronize_session=False)
    )
    gone = db.session.execute(
        delete(Verdict)
        .where(
            mine,
            Verdict.lead_id.in_(moved.where(StagedVerdict.effect == Effect.GONE)),
        )
        .execution_options(synchronize_session=False)
    )
    judging.in_force_at = at
    db.session.execute(delete(StagedVerdict).where(StagedVerdict.judging_id == judging.id))
    clear_staged(judging.quota_id)
    db.session.expire_all()
    return changed.rowcount + gone.rowcount
