"""A trial of criteria to be read: numbers, turns and names, page by page, from memory or staged rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, func, select

from crm.accounts.rules import Actor
from crm.core.bulk import among
from crm.core.db import db, rows_of
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone
from crm.leads.rules import MilestoneKind
from crm.quotas.flips import Trial as Judged
from crm.quotas.models import CriteriaJudging, Quota, StagedVerdict, Verdict
from crm.quotas.rules import Effect, Outcome, Reason, read_reason
from crm.quotas.rules import Verdict as Judgement

EVENTS = ("signed", "registered", "started")
READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """What one wording of the criteria says of a lead."""

    outcome: Outcome
    branch: int | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FlipRow:
    """A lead with another outcome. `signed_on` is the day its signing counts; None in talks."""

    lead_id: int
    title: str
    signed_on: date | None
    before: Said
    after: Said


class Trial(Protocol):
    """One year of a quota judged by other criteria, as far as this person sees names.

    `numbers` are before and after at the end of the day `on`, in the order of EVENTS; `turns` the
    flips by outcome before and after; `unseen` flips are sensitive leads.
    """

    year: int
    on: date
    numbers: Sequence[tuple[int, int]]
    turns: Mapping[tuple[Outcome, Outcome], int]
    count: int
    unseen: int

    def rows(self, start: int = 0, limit: int | None = None) -> Iterator[FlipRow]:
        """The leads that flip, signed ones first, each by lead id."""


class JudgedNow:
    """A trial of a small district, judged within the request."""

    def __init__(self, actor: Actor, found: Judged) -> None:
        ids = [flip.lead_id for flip in found.flips]
        visible: set[int] = set()
        if ids:
            visible = set(
                db.session.scalars(select(Lead.id).where(among(Lead.id, ids), may_see(actor)))
            )
        self._seen = [flip for flip in found.flips if flip.lead_id in visible]
        self.year, self.on = found.year, found.before.on
        self.numbers = [
            (getattr(found.before, each).count, getattr(found.after, each).count) for each in EVENTS
        ]
        self.turns: Mapping[tuple[Outcome, Outcome], int] = Counter(
            (flip.before.outcome, flip.after.outcome) for flip in found.flips
        )
        self.count = len(found.flips)
        self.unseen = self.count - len(self._seen)

    def rows(self, start: int = 0, limit: int | None = None) -> Iterator[FlipRow]:
        end = None if limit is None else start + limit
        for flip in self._seen[start:end]:
            yield FlipRow(
                flip.lead_id, flip.title, flip.signed_on, _of(flip.before), _of(flip.after)
            )


def _of(verdict: Judgement) -> Said:
    return Said(verdict.outcome, verdict.branch, tuple(verdict.reasons))


class JudgedByWorker:
    """A trial of a large district, from the rows the worker has staged: a fixed number of SELECTs."""

    def __init__(self, actor: Actor, quota: Quota, judging: CriteriaJudging, on: date) -> None:
        self._actor, self._judging_id = actor, judging.id
        self.year, self.on = quota.year, on
        before = _numbers(Verdict, Verdict.quota_id == quota.id, on)
        after = _numbers(
            StagedVerdict,
            (StagedVerdict.judging_id == judging.id) & (StagedVerdict.effect != Effect.GONE),
            on,
        )
        self.numbers = list(zip(before, after, strict=True))
        self.turns = self._turns()
        self.count = sum(self.turns.values())
        seen = self._flips().where(may_see(actor)).with_only_columns(func.count())
        self.unseen = self.count - (db.session.scalar(seen) or 0)

    def _flips(self) -> Select[Any]:
        return (
            select(StagedVerdict.lead_id)
            .join(Lead, Lead.id == StagedVerdict.lead_id)
            .where(StagedVerdict.judging_id == self._judging_id, StagedVerdict.is_flip)
        )

    def _turns(self) -> Mapping[tuple[Outcome, Outcome], int]:
        was = StagedVerdict.was["verdict"].as_string()
        rows = rows_of(
            select(was, StagedVerdict.verdict, func.count())
            .where(StagedVerdict.judging_id == self._judging_id, StagedVerdict.is_flip)
            .group_by(was, StagedVerdict.verdict)
        )
        return {(Outcome(before), after): count for before, after, count in rows}

    def rows(self, start: int = 0, limit: int | None = None) -> Iterator[FlipRow]:
        signed_on = func.coalesce(
            Milestone.statistics_on, Milestone.happened_on, Milestone.known_on
        )
        statement = (
            self._flips()
            .with_only_columns(
                StagedVerdict.lead_id,
                Lead.title,
                signed_on.label("signed_on"),
                StagedVerdict.verdict,
                StagedVerdict.branch,
                StagedVerdict.reasons,
                StagedVerdict.was,
            )
            .outerjoin(
                Milestone,
                (Milestone.lead_id == Lead.id) & (Milestone.kind == MilestoneKind.SIGNED),
            )
            .where(may_see(self._actor))
            .order_by(signed_on.is_(None), StagedVerdict.lead_id)
        )
        while limit is None or limit > 0:
            size = READ_AT_ONCE if limit is None else min(limit, READ_AT_ONCE)
            rows = rows_of(statement.offset(start).limit(size)).all()
            for row in rows:
                yield FlipRow(
                    row.lead_id,
                    row.title,
                    row.signed_on,
                    _kept(Outcome(row.was["verdict"]), row.was["branch"], row.was["reasons"]),
                    _kept(row.verdict, row.branch, row.reasons),
                )
            if len(rows) < size:
                return
            start += size
            limit = None if limit is None else limit - size


def _kept(outcome: Outcome, branch: int | None, reasons: Sequence[Mapping[str, Any]]) -> Said:
    return Said(outcome, branch, tuple(read_reason(each) for each in reasons))


def _numbers(
    table: type[Verdict] | type[StagedVerdict], mine: ColumnElement[bool], on: date
) -> tuple[int, int, int]:
    """Signed, of those registered, of those started, at the end of a day."""
    signed = table.signed_from <= on
    registered = table.registered_from <= on
    started = table.started_from <= on
    row = rows_of(
        select(
            func.count(),
            func.count().filter(registered),
            func.count().filter(started),
        ).where(mine, signed)
    ).one()
    return row[0], row[1], row[2]


def judging_of(version_id: int, quota_id: int) -> CriteriaJudging | None:
    """The judging of a quota by a version, where the worker was asked for one."""
    return db.session.scalar(
        select(CriteriaJudging).where(
            CriteriaJudging.version_id == version_id, CriteriaJudging.quota_id == quota_id
        )
    )
