"""Verdicts of versions that do not hold yet: what a changed fact or a changed quota makes of them."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from crm.core.bulk import among, chunked
from crm.core.db import db
from crm.quotas.models import CriteriaJudging, CriteriaVersion, StagedVerdict
from crm.quotas.rules import first_entry_lists, parse_criteria


def staging_lists() -> set[str] | None:
    """The lists whose first entries versions being judged ask for; None where none is being judged.

    Until the transaction ends no chunk of them is judged: it would read facts about to change.
    """
    rows = db.session.execute(
        select(CriteriaJudging.id, CriteriaVersion.criteria)
        .join(CriteriaVersion, CriteriaVersion.id == CriteriaJudging.version_id)
        .where(CriteriaJudging.in_force_at.is_(None))
        .order_by(CriteriaJudging.id)
        .with_for_update(read=True, of=CriteriaJudging)
    ).all()
    if not rows:
        return None
    return {code for row in rows for code in first_entry_lists(parse_criteria(row.criteria))}


def forget_staged(lead_ids: Sequence[int]) -> None:
    """Facts of these leads have changed: the worker judges them again."""
    for ids in chunked(lead_ids):
        db.session.execute(delete(StagedVerdict).where(among(StagedVerdict.lead_id, ids)))


def clear_staged(quota_id: int) -> None:
    """The terms of the quota have changed: everything staged on it is judged again."""
    judgings = db.session.scalars(
        select(CriteriaJudging)
        .where(CriteriaJudging.quota_id == quota_id, CriteriaJudging.in_force_at.is_(None))
        .order_by(CriteriaJudging.id)
        .with_for_update()
    ).all()
    for judging in judgings:
        empty(judging)


def empty(judging: CriteriaJudging) -> None:
    """Forget everything staged by one version."""
    db.session.execute(delete(StagedVerdict).where(StagedVerdict.judging_id == judging.id))
    judging.reached = 0
    db.session.flush()


def drop_trials(version_id: int, *, other_than: int | None = None) -> None:
    """The draft has changed or is given up: its trials say nothing any more.

    `other_than` keeps the judging of one quota, that of a version on its way into force.
    """
    statement = select(CriteriaJudging).where(
        CriteriaJudging.version_id == version_id, CriteriaJudging.in_force_at.is_(None)
    )
    if other_than is not None:
        statement = statement.where(CriteriaJudging.quota_id != other_than)
    for judging in db.session.scalars(
        statement.order_by(CriteriaJudging.id).with_for_update()
    ).all():
        empty(judging)
        db.session.delete(judging)
    db.session.flush()
