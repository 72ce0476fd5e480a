"""截至某日口径: verdicts and terms of a year as they were known at a moment, re-made from rows.

What is true now stands in `verdicts` with the moment it has been known since; what was said before
stands in `superseded_verdicts` with both moments. Of a quota's terms the trail tells what they were.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Enum, Row, Select, inspect, select, union_all

from crm.closing.rules import Number, Seen
from crm.core import clock
from crm.core.bulk import among, chunked
from crm.core.db import db, rows_of
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.quotas.facts import terms_of
from crm.quotas.models import (
    CriteriaJudging,
    CriteriaVersion,
    Quota,
    QuotaNode,
    SupersededVerdict,
    Verdict,
)
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import (
    Entry,
    KeptVerdict,
    Outcome,
    QuotaTerms,
    Reason,
    in_force,
    read_reason,
    standing_of,
    together,
)
from crm.quotas.standings import Judged, YearOnDay

Stored = type[Verdict] | type[SupersededVerdict]

ENTRY_DAYS = {
    Number.SIGNED: "signed_from",
    Number.REGISTERED: "registered_from",
    Number.STARTED: "started_from",
}
TOLD = (
    "quota_id",
    "lead_id",
    "verdict",
    "branch",
    "lacks_yuan",
    "reasons",
    "signed_from",
    "registered_from",
    "started_from",
    "is_signed_pending",
    "is_registered_pending",
    "is_started_pending",
)


def end_of(day: date) -> datetime:
    """The last moment of a day at the office: what was known by then was known that day."""
    return clock.office_moment(day + timedelta(days=1)) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class QuotaAsKnown:
    """A quota of the year with the terms that were known at a moment."""

    quota_id: int
    label_en: str | None
    terms: QuotaTerms
    criteria: Mapping[str, Any]
    exclusive_group: str | None = None


def quotas_as_known(year: int, known_at: datetime) -> list[QuotaAsKnown]:
    """The computed quotas of the year with their terms as known then, in their order.

    Criteria and counting event are those of the version in force then. Of the other terms whatever
    changed since is taken back by the trail: the oldest later event that changed a field tells what
    it was before.
    """
    quotas = db.session.scalars(computed_quotas(year).order_by(Quota.position, Quota.id)).all()
    ids = [quota.id for quota in quotas]
    before = _changed_since("quotas", ids, known_at)
    versions = _versions_known(ids, known_at)
    found = []
    for quota in quotas:
        then = _with(quota, before.get(quota.id, {}) | versions.get(quota.id, {}))
        if then.criteria is not None:
            terms, group = terms_of(then), then.exclusive_group
            found.append(QuotaAsKnown(quota.id, then.label_en, terms, then.criteria, group))
    return found


def _versions_known(quota_ids: Sequence[int], known_at: datetime) -> dict[int, dict[str, Any]]:
    """Criteria and event by the version that was in force at a moment, as published by then.

    Before the first was published the first is taken: it is what the quota began with.
    """
    version = CriteriaVersion
    rows = rows_of(
        select(
            version.quota_id,
            version.published_at,
            version.in_force_from,
            version.criteria,
            version.event,
            CriteriaJudging.id.label("judging_id"),
            CriteriaJudging.in_force_at,
        )
        .outerjoin(
            CriteriaJudging,
            (CriteriaJudging.version_id == version.id)
            & (CriteriaJudging.quota_id == version.quota_id),
        )
        .where(version.quota_id.in_(quota_ids), version.published_at.is_not(None))
        .order_by(version.quota_id, version.number)
    )
    published: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        published[row.quota_id].append(row)
    day = clock.office_day(known_at)
    found = {}
    for quota_id, some in published.items():
        by_then = [row for row in some if _moment_of(row) <= known_at]
        row = in_force(by_then, day) or some[0]
        found[quota_id] = {"criteria": row.criteria, "event": row.event}
    return found


def _moment_of(row: Any) -> datetime:
    """When verdicts could first follow a version: in a large district once all leads were judged by it."""
    if row.judging_id is None:
        moment: datetime = row.published_at
        return moment
    return row.in_force_at or datetime.max.replace(tzinfo=UTC)


def _with(quota: Quota, before: Mapping[str, Any]) -> Quota:
    """The quota with older values in some fields, as a row that no session holds."""
    columns = inspect(Quota).column_attrs
    values = {column.key: getattr(quota, column.key) for column in columns}
    for column in columns:
        if column.key in before:
            values[column.key] = _read(column.columns[0].type, before[column.key])
    nodes = [(node.due_on, node.count) for node in quota.nodes]
    if "nodes" in before:
        nodes = _nodes_told(before["nodes"] or "")
    return Quota(**values, nodes=[QuotaNode(due_on=day, count=count) for day, count in nodes])


NODE = re.compile(r"(\d{4}-\d{2}-\d{2}): (\d+)")


def _nodes_told(text: str) -> list[tuple[date, int]]:
    """The nodes as the trail tells them: 2026-06-30: 5; 2026-09-30: 8."""
    return [(date.fromisoformat(day), int(count)) for day, count in NODE.findall(text)]


def _read(kind: Any, old: Any) -> Any:
    """A value of the trail as its column holds it."""
    if old is None:
        return None
    if isinstance(kind, Date):
        return date.fromisoformat(old)
    return kind.enum_class(old) if isinstance(kind, Enum) and kind.enum_class else old


def titles_as_known(lead_ids: Collection[int], known_at: datetime) -> dict[int, str]:
    """The titles of leads as they were then."""
    titles: dict[int, str] = {}
    for some in chunked(lead_ids):
        titles |= dict(rows_of(select(Lead.id, Lead.title).where(among(Lead.id, some))).all())
        for lead_id, before in _changed_since("leads", some, known_at).items():
            titles[lead_id] = before.get("title") or titles[lead_id]
    return titles


def _changed_since(table: str, ids: Sequence[int], known_at: datetime) -> dict[int, dict[str, Any]]:
    """What the fields of records were before their first change after a moment."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    if not ids:
        return found
    events = rows_of(
        select(AuditEvent.subject_id, AuditEvent.before)
        .where(
            AuditEvent.subject_type == table,
            among(AuditEvent.subject_id, ids),
            AuditEvent.at > known_at,
        )
        .order_by(AuditEvent.id)
    )
    for subject_id, before in events:
        for name, value in (before or {}).items():
            found[subject_id].setdefault(name, value)
    return found


def verdicts_as_known(
    quota_ids: Collection[int],
    known_at: datetime,
    condition: Any = None,
    columns: Sequence[str] = TOLD,
) -> Sequence[Row[Any]]:
    """The verdicts known at a moment; `condition(table)` narrows them. Two SELECTs in one."""
    if not quota_ids:
        return []
    parts: list[Select[Any]] = []
    for table in (Verdict, SupersededVerdict):
        part = select(*(getattr(table, name) for name in columns), table.judged_at).where(
            table.quota_id.in_(quota_ids), was_known(table, known_at)
        )
        parts.append(part if condition is None else part.where(condition(table)))
    return rows_of(union_all(*parts)).all()


def was_known(table: Stored, at: datetime) -> ColumnElement[bool]:
    """Whether a row said so at that moment."""
    if table is SupersededVerdict:
        return (SupersededVerdict.judged_at <= at) & (SupersededVerdict.replaced_at > at)
    return table.judged_at <= at


def placed(on: date) -> Any:
    """The condition that a lead stands in some number of the quota by the end of a day.

    已注册 and 已开工 are parts of 已签约.
    """
    return lambda table: table.signed_from <= on


def year_as_known(year: int, on: date, known_at: datetime) -> YearOnDay | None:
    """The year's quotas by the facts dated on or before `on`, as they were known at `known_at`.

    The verdict on every lead that was judged by then. None for a year without quotas.
    """
    quotas = quotas_as_known(year, known_at)
    if not quotas:
        return None
    rows: dict[int, list[Row[Any]]] = {quota.quota_id: [] for quota in quotas}
    for row in verdicts_as_known([*rows], known_at):
        rows[row.quota_id].append(row)
    titles = titles_as_known({row.lead_id for some in rows.values() for row in some}, known_at)
    judged = []
    for quota in quotas:
        some = sorted(rows[quota.quota_id], key=lambda row: row.lead_id)
        stands = standing_of(((row.lead_id, entry_of(row)) for row in some), quota.terms, on)
        verdicts = [_judgement(row, titles.get(row.lead_id, "")) for row in some]
        judged.append(Judged(quota.terms, stands, verdicts))
    return YearOnDay(year, on, judged, together(each.standing for each in judged))


def entry_of(row: Row[Any]) -> Entry:
    """The days of entry of a stored verdict."""
    return Entry(
        row.signed_from,
        row.registered_from,
        row.started_from,
        bool(row.is_signed_pending),
        bool(row.is_registered_pending),
        bool(row.is_started_pending),
    )


def seen_of(row: Row[Any]) -> Seen:
    """A stored verdict as the bridge reads it."""
    return Seen(
        row.lead_id,
        Outcome(row.verdict),
        reasons_of(row),
        row.branch,
        row.signed_from,
        row.registered_from,
        row.started_from,
        row.judged_at,
    )


def reasons_of(row: Row[Any]) -> tuple[Reason, ...]:
    return tuple(read_reason(data) for data in row.reasons)


def _judgement(row: Row[Any], title: str) -> KeptVerdict:
    reasons = reasons_of(row)
    alone = [
        reason for reason in reasons if reason.lacks_yuan and reason.lacks_yuan == row.lacks_yuan
    ]
    return KeptVerdict(
        row.lead_id,
        title,
        Outcome(row.verdict),
        reasons,
        row.branch,
        alone[0] if alone else None,
    )


def chains_between(
    quota_ids: Collection[int], lead_ids: Iterable[int], since: datetime, until: datetime
) -> dict[tuple[int, int], list[Seen | None]]:
    """What was known of leads on quotas from one moment to another, oldest first.

    By (quota id, lead id); the first is what was known at `since`, None where nothing was, and
    between two verdicts that do not follow on each other.
    """
    found: dict[tuple[int, int], list[tuple[Any, datetime | None]]] = defaultdict(list)
    for some in chunked(lead_ids):
        for table in (SupersededVerdict, Verdict):
            replaced = [SupersededVerdict.replaced_at] if table is SupersededVerdict else []
            statement = select(
                *(getattr(table, name) for name in TOLD), table.judged_at, *replaced
            ).where(
                table.quota_id.in_(quota_ids), among(table.lead_id, some), table.judged_at <= until
            )
            if table is SupersededVerdict:
                statement = statement.where(SupersededVerdict.replaced_at > since)
            for row in rows_of(statement):
                until_then = getattr(row, "replaced_at", None)
                found[row.quota_id, row.lead_id].append((row, until_then))
    return {key: _chain(rows, since, until) for key, rows in found.items()}


def _chain(
    rows: list[tuple[Any, datetime | None]], since: datetime, until: datetime
) -> list[Seen | None]:
    rows.sort(key=lambda each: each[0].judged_at)
    chain: list[Seen | None] = []
    known_until: datetime | None = since
    for row, replaced_at in rows:
        if replaced_at is not None and replaced_at <= row.judged_at:
            continue  # said and replaced in one moment: nobody ever read it
        if known_until is not None and row.judged_at > known_until:
            chain.append(None)
        chain.append(seen_of(row))
        known_until = replaced_at
    if chain and known_until is not None and known_until <= until:
        chain.append(None)
    return chain
