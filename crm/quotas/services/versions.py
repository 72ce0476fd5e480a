"""Criteria in versions: drafted, published with a signature, in force from a day on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import force_locale
from sqlalchemy import func, select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.quotas.comparing import differs, event_text, sentence
from crm.quotas.models import CriteriaJudging, CriteriaVersion, CriteriaWithdrawal, Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    CountingEvent,
    Publishing,
    VersionFault,
    WithdrawalFault,
    in_force,
    parse_exclusions,
    why_not_publish,
    why_not_withdraw,
)
from crm.quotas.rules.drafting import faults_in, opened
from crm.quotas.services.judging import rejudge_quota
from crm.quotas.services.staged import drop_trials
from crm.quotas.services.staging import (
    ask_for,
    is_large,
    put_in_force,
    stage_chunk,
    waiting_judgings,
)
from crm.quotas.wording import FIELD, exclusions_text, word

SAVED = "criteria_draft_saved"

PLACE = {
    VersionFault.NO_DOCUMENT: "document_number",
    VersionFault.NO_DAY: "in_force_from",
    VersionFault.SAME_DAY: "in_force_from",
    VersionFault.BEFORE_PREVIOUS: "in_force_from",
    VersionFault.OUTSIDE_PERIOD: "in_force_from",
    VersionFault.PERIOD_CLOSED: "in_force_from",
}
"""Beside which field a fault is told; the others concern the whole."""


def draft(actor: Actor, quota_id: int, at: datetime) -> CriteriaVersion:
    """The quota's draft, begun from the newest published version if there is none yet.

    Raises NotFound for a quota without criteria, Refused for a frozen one.
    """
    quota = quota_to_change(quota_id)
    if quota.frozen_at is not None:
        raise Refused([Fault("", VersionFault.FROZEN, word(VersionFault.FROZEN))])
    versions = _versions(quota.id)
    newest = versions[-1]
    if newest.published_at is None:
        return newest
    begun = CriteriaVersion(
        quota_id=quota.id,
        number=_last_number(quota.id) + 1,
        criteria=opened(newest.criteria),
        event=newest.event,
        started_at=at,
        started_by_id=actor.id,
    )
    db.session.add(begun)
    db.session.flush()
    history.record(actor, at, "criteria_draft_begun", begun, after=_told(begun))
    return begun


def save_draft(
    actor: Actor,
    quota_id: int,
    version: int,
    criteria: Mapping[str, Any],
    event: CountingEvent,
    at: datetime,
) -> CriteriaVersion:
    """Keep a step of the draft. Raises NotFound without a draft, Stale if another step came first."""
    found = _draft_to_change(quota_id, version)
    drop_trials(found.id)
    before = _told(found)
    found.criteria, found.event, found.version = dict(criteria), event.value, found.version + 1
    history.record(actor, at, SAVED, found, before=before, after=_told(found))
    db.session.flush()
    return found


def discard(actor: Actor, quota_id: int, version: int, at: datetime) -> None:
    """Give up the draft; the trail keeps what it said. Raises NotFound, Stale."""
    found = _draft_to_change(quota_id, version)
    drop_trials(found.id)
    history.record(actor, at, "criteria_draft_discarded", found, before=_told(found))
    db.session.delete(found)
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Signature:
    """What whoever publishes signs: the document that says so, and from which day it holds."""

    document_number: str
    in_force_from: date | None
    note: str | None = None


def publish(
    actor: Actor,
    quota_id: int,
    version: int,
    signed: Signature,
    *,
    today: date,
    at: datetime,
    closed_until: Callable[[int], date | None] = lambda _year: None,
) -> int | None:
    """Sign the draft. How many stored verdicts changed; None where it takes effect on a later day,
    and in a large district, where the worker judges first and the version before it counts until then.

    `closed_until` tells the last day of a year whose numbers are closed; it is asked when nobody
    can close any more. Raises Refused with everything that
    stands in the way, NotFound, Stale.
    """
    quota = quota_to_change(quota_id)
    found = _draft_to_change(quota_id, version)
    published = [each for each in _versions(quota.id) if each is not found]
    newest = published[-1]
    faults = why_not_publish(
        Publishing(
            document_number=signed.document_number.strip(),
            in_force_from=signed.in_force_from,
            opens=quota.opens,
            closes=quota.closes,
            known_days=tuple(each.in_force_from for each in published if each.in_force_from),
            closed_until=closed_until(quota.year),
            is_frozen=quota.frozen_at is not None,
            is_changed=differs(newest, found),
        )
    )
    told = [Fault(PLACE.get(each, ""), each, word(each)) for each in faults]
    told += criteria_faults(found.criteria)
    if told:
        raise Refused(told)
    found.published_at, found.published_by_id = history.recorded(at), actor.id
    found.document_number, found.note = signed.document_number.strip(), signed.note
    found.in_force_from, found.version = signed.in_force_from, found.version + 1
    db.session.flush()
    history.record(
        actor, at, "criteria_published", found,
        before=_told(newest),
        after=_told(found) | {
            "document_number": found.document_number, "in_force_from": found.in_force_from,
        },
        note=signed.note,
    )  # fmt: skip
    drop_trials(found.id, other_than=quota.id)
    if in_force([*published, found], today) is not found:
        drop_trials(found.id)
        return None
    return _begin_to_hold(actor, quota, found, today=today, at=at)


def withdraw(
    actor: Actor, quota_id: int, number: int, reason: str, *, today: date, at: datetime
) -> CriteriaVersion:
    """Take back a published version whose day has not come; the one before it goes on.

    Raises NotFound, Refused where its day has come or no reason is given.
    """
    quota = quota_to_change(quota_id)
    found = db.session.scalar(
        select(CriteriaVersion)
        .where(CriteriaVersion.quota_id == quota.id, CriteriaVersion.number == number)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    faults = why_not_withdraw(found.in_force_from, today, reason.strip())
    if faults:
        places = {WithdrawalFault.NO_REASON: "reason"}
        raise Refused([Fault(places.get(each, ""), each, word(each)) for each in faults])
    assert found.in_force_from is not None
    db.session.add(
        CriteriaWithdrawal(
            version_id=found.id,
            planned_from=found.in_force_from,
            reason=reason.strip(),
            withdrawn_by_id=actor.id,
            withdrawn_at=at,
        )
    )
    history.record(
        actor, at, "criteria_withdrawn", found,
        before=_told(found) | {
            "document_number": found.document_number, "in_force_from": found.in_force_from,
        },
        note=reason.strip(),
    )  # fmt: skip
    found.in_force_from, found.version = None, found.version + 1
    drop_trials(found.id)
    db.session.flush()
    return found


def ask_for_trial(actor: Actor, quota_id: int, version: int, at: datetime) -> list[CriteriaJudging]:
    """Have the worker judge this year and last by the draft. Raises NotFound, Stale, Refused where the
    draft cannot be judged."""
    found = _draft_to_change(quota_id, version)
    if told := criteria_faults(found.criteria):
        raise Refused(told)
    return [ask_for(found, quota, at) for quota in _this_year_and_last(quota_id)]


def _this_year_and_last(quota_id: int) -> list[Quota]:
    quota = db.session.get_one(Quota, quota_id)
    return list(
        db.session.scalars(
            computed_quotas()
            .where(Quota.code == quota.code, Quota.year.in_([quota.year, quota.year - 1]))
            .order_by(Quota.year.desc())
        )
    )


def criteria_faults(criteria: Mapping[str, Any]) -> list[Fault]:
    """Why criteria cannot be published as they stand, empty where they can."""
    faults = dict.fromkeys(fault for _path, fault in faults_in(criteria))
    return [Fault("", fault, word(fault)) for fault in faults]


def take_effect(actor: Actor, *, today: date, at: datetime) -> int:
    """Bring into force the published versions whose day has come; how many. Safe to repeat.

    The worker asks every minute; on most days one query finds nothing to do. In a large district a
    version is only asked to be judged here and comes into force by `finish`.
    """
    effective = 0
    for quota_id in _waiting(today):
        quota = quota_to_change(quota_id)
        version = in_force(_versions(quota_id), today)
        if quota.frozen_at is not None or version is None or _is_copied(quota, version):
            continue
        if _begin_to_hold(actor, quota, version, today=today, at=at) is not None:
            effective += 1
    return effective


def _begin_to_hold(
    actor: Actor, quota: Quota, version: CriteriaVersion, *, today: date, at: datetime
) -> int | None:
    """At once where the district is small; None where it is first judged by the worker."""
    if not is_large(quota.id):
        return _bring_into_force(actor, quota, version, today=today, at=at)
    ask_for(version, quota, at)
    return None


def finish(actor: Actor, *, today: date, at: datetime) -> int:
    """Bring into force the versions by which every lead has been judged; how many. Safe to repeat."""
    finished = 0
    unjudged = set(waiting_judgings())
    for quota_id in _waiting(today):
        quota = quota_to_change(quota_id)
        version = in_force(_versions(quota_id), today)
        if quota.frozen_at is not None or version is None or _is_copied(quota, version):
            continue
        judging = _judging_of(version)
        if judging is None or judging.id in unjudged:
            continue
        # What changed since the last look: few, and nobody changes more while the quota is held.
        while stage_chunk(judging.id, today=today):
            pass
        put_in_force(judging, today=today, at=at)
        _copy(actor, quota, version, at)
        finished += 1
    return finished


def _judging_of(version: CriteriaVersion) -> CriteriaJudging | None:
    return db.session.scalar(
        select(CriteriaJudging).where(
            CriteriaJudging.version_id == version.id,
            CriteriaJudging.quota_id == version.quota_id,
        )
    )


def _waiting(today: date) -> list[int]:
    """The quotas whose newest version that has begun is not the one they are judged by."""
    rows = db.session.execute(
        select(Quota.id, Quota.criteria, Quota.event, CriteriaVersion)
        .join(CriteriaVersion, CriteriaVersion.quota_id == Quota.id)
        .where(CriteriaVersion.in_force_from <= today, Quota.frozen_at.is_(None))
        .order_by(Quota.id, CriteriaVersion.in_force_from)
    )
    newest = {row.id: row for row in rows}
    return [
        quota_id
        for quota_id, row in newest.items()
        if (row.criteria, row.event) != (row.CriteriaVersion.criteria, row.CriteriaVersion.event)
    ]


def _is_copied(quota: Quota, version: CriteriaVersion) -> bool:
    return (quota.criteria, quota.event) == (version.criteria, version.event)


def _bring_into_force(
    actor: Actor, quota: Quota, version: CriteriaVersion, *, today: date, at: datetime
) -> int:
    """Copy the version to the quota and judge by it."""
    _copy(actor, quota, version, at)
    drop_trials(version.id)
    return rejudge_quota(quota, today=today, at=at)


def _copy(actor: Actor, quota: Quota, version: CriteriaVersion, at: datetime) -> None:
    """The trail tells what held before, whole, so that any day's numbers can be explained by the
    criteria they were judged by."""
    quota.criteria, quota.event = dict(version.criteria), version.event
    quota.is_example = False
    history.record_changes(actor, at, "criteria_in_force", quota, note=version.document_number)
    quota.version += 1
    db.session.flush()


def quota_to_change(quota_id: int) -> Quota:
    """A computed quota, locked. Raises NotFound."""
    found = db.session.scalar(
        computed_quotas()
        .where(Quota.id == quota_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _last_number(quota_id: int) -> int:
    """The highest number of a version, those taken back included: no number is given twice."""
    statement = select(func.max(CriteriaVersion.number)).where(CriteriaVersion.quota_id == quota_id)
    return db.session.scalar(statement) or 0


def _versions(quota_id: int) -> list[CriteriaVersion]:
    """All versions of a quota that were not taken back, the draft last."""
    statement = (
        select(CriteriaVersion)
        .outerjoin(CriteriaWithdrawal, CriteriaWithdrawal.version_id == CriteriaVersion.id)
        .where(CriteriaVersion.quota_id == quota_id, CriteriaWithdrawal.version_id.is_(None))
    )
    return list(db.session.scalars(statement.order_by(CriteriaVersion.number)))


def _draft_to_change(quota_id: int, version: int) -> CriteriaVersion:
    quota_to_change(quota_id)
    found = db.session.scalar(
        select(CriteriaVersion)
        .where(CriteriaVersion.quota_id == quota_id, CriteriaVersion.published_at.is_(None))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if found.version != version:
        missed = trail.missed_changes(
            CriteriaVersion.__tablename__, found.id, SAVED, found.version - version, FIELD
        )
        raise Stale(found, missed)
    return found


def _told(version: CriteriaVersion) -> dict[str, str]:
    """A version in the words of the trail, which keeps one language."""
    with force_locale("zh"):
        return {
            "number": str(version.number),
            "criteria": sentence(version.criteria),
            "exclusions": exclusions_text(parse_exclusions(version.criteria)),
            "event": event_text(version.event),
        }
