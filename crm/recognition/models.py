"""Recognition: batches, dated decisions, credits, appeals, rulings on suspects, assignments."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision, text
from crm.quotas.rules import Outcome
from crm.recognition.rules import Answer, Decided, Level, Ruling


class RecognitionBatch(Base):
    """One meeting or document that decides on many projects. Once closed it is not edited: a
    correction is a new decision in another batch."""

    __tablename__ = "recognition_batches"
    __table_args__ = (Index("ix_recognition_batches_year", "year", "decided_on", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    at_level: Mapped[Level]
    title: Mapped[str] = mapped_column(String(120))
    document_number: Mapped[str | None] = mapped_column(String(60))
    decided_on: Mapped[date]
    opinions: Mapped[text | None]  # 部门意见
    minutes: Mapped[text | None]  # 领导小组会议纪要
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    version: Mapped[revision]


class Decision(Base):
    """What a level said of a project and a quota on a day. Rows are added, never changed: the last
    one of a level holds."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_said", "quota_id", "at_level", "lead_id", "id"),
        Index("ix_decisions_lead", "lead_id", "id"),
        Index("ix_decisions_batch", "batch_id", "id"),
        CheckConstraint("at_level = 'unit' OR batch_id IS NOT NULL", name="has_batch"),
        CheckConstraint("decided <> 'proposed' OR at_level = 'unit'", name="units_propose"),
        CheckConstraint("decided <> 'moved' OR other_quota_id IS NOT NULL", name="moved_somewhere"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    at_level: Mapped[Level]
    decided: Mapped[Decided]
    batch_id: Mapped[ref | None] = mapped_column(ForeignKey("recognition_batches.id"))
    # Of 改计, which is two rows written together: where the project went, or where it came from.
    other_quota_id: Mapped[ref | None] = mapped_column(ForeignKey("quotas.id"))
    reason: Mapped[text | None]
    decided_on: Mapped[date]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[created]
    # What was judged then; a later judging that differs sends an approval back (待复核).
    outcome_then: Mapped[Outcome | None]
    sides_then: Mapped[list[Any]] = mapped_column(JSON)


class Credit(Base):
    """A project that counts for a quota at a level: what the last decision approved, and no more.

    The constraints are the promise never to count twice: once per project, quota and level (a quota
    is of one period), and once per exclusive group and period.
    """

    __tablename__ = "credits"
    __table_args__ = (
        UniqueConstraint("lead_id", "quota_id", "at_level"),
        Index(
            "uq_credits_exclusive",
            "lead_id",
            "year",
            "exclusive_group",
            "at_level",
            unique=True,
            sqlite_where=sql("exclusive_group IS NOT NULL"),
            postgresql_where=sql("exclusive_group IS NOT NULL"),
        ),
        Index("ix_credits_quota", "quota_id", "at_level", "lead_id"),
    )

    id: Mapped[pk]
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
    year: Mapped[int]  # of the quota
    exclusive_group: Mapped[str | None] = mapped_column(String(30))  # of the quota
    at_level: Mapped[Level]
    decision_id: Mapped[ref] = mapped_column(ForeignKey("decisions.id"))


class Appeal(Base):
    """申诉: the unit's word against a decision, and the answer."""

    __tablename__ = "appeals"
    __table_args__ = (UniqueConstraint("decision_id"),)

    id: Mapped[pk]
    decision_id: Mapped[ref] = mapped_column(ForeignKey("decisions.id"))
    body: Mapped[text]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]
    answer: Mapped[Answer | None]
    answer_reason: Mapped[text | None]
    answered_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None]


class SuspectRuling(Base):
    """What a certifier said of two projects that look alike, the lower id first; the last row holds."""

    __tablename__ = "suspect_rulings"
    __table_args__ = (
        Index("ix_suspect_rulings_pair", "first_id", "second_id", "id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    id: Mapped[pk]
    first_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    second_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    ruling: Mapped[Ruling]
    reason: Mapped[text]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class AssignmentLock(Base):
    """A project held in one quota of an exclusive group by a person's word; the last row holds, and
    one without a quota lifts it."""

    __tablename__ = "assignment_locks"
    __table_args__ = (
        Index("ix_assignment_locks_year", "year", "exclusive_group", "lead_id", "id"),
    )

    id: Mapped[pk]
    year: Mapped[int]
    exclusive_group: Mapped[str] = mapped_column(String(30))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    quota_id: Mapped[ref | None] = mapped_column(ForeignKey("quotas.id"))
    reason: Mapped[text]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    at: Mapped[created]


class Assignment(Base):
    """A published assignment of an exclusive group; the last one holds."""

    __tablename__ = "assignments"
    __table_args__ = (Index("ix_assignments_year", "year", "exclusive_group", "id"),)

    id: Mapped[pk]
    year: Mapped[int]
    exclusive_group: Mapped[str] = mapped_column(String(30))
    note: Mapped[text | None]
    published_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[created]


class AssignmentPlace(Base):
    """Where a published assignment put a project."""

    __tablename__ = "assignment_places"
    __table_args__ = (UniqueConstraint("assignment_id", "lead_id"),)

    id: Mapped[pk]
    assignment_id: Mapped[ref] = mapped_column(ForeignKey("assignments.id"))
    lead_id: Mapped[ref] = mapped_column(ForeignKey("leads.id"))
    quota_id: Mapped[ref] = mapped_column(ForeignKey("quotas.id"))
