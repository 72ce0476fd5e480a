"""Instructions with their trail, and the meetings they are given in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import Base, created, pk, ref, revision, text
from crm.dispatch.rules import EntryKind, InstructionState


class Meeting(Base):
    """A 调度会. `changes` counts everything that was written on it, so that a second screen notices."""

    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_day", "held_on", "id"),)

    id: Mapped[pk]
    title: Mapped[str] = mapped_column(String(120))
    held_on: Mapped[date]
    place: Mapped[str | None] = mapped_column(String(60))
    chair_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))  # 主持
    recorder_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))  # 记录
    attendees: Mapped[text | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    created_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[created]
    changes: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None]
    changed_by_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[revision]


class MeetingItem(Base):
    """One item of the agenda: a lead, an instruction, or what its title says."""

    __tablename__ = "meeting_items"
    __table_args__ = (Index("ix_meeting_items_meeting", "meeting_id", "position", "id"),)

    id: Mapped[pk]
    meeting_id: Mapped[ref] = mapped_column(ForeignKey("meetings.id"))
    position: Mapped[int]
    title: Mapped[str | None] = mapped_column(String(200))
    lead_id: Mapped[ref | None] = mapped_column(ForeignKey("leads.id"), index=True)
    instruction_id: Mapped[ref | None] = mapped_column(ForeignKey("instructions.id"), index=True)
    is_done: Mapped[bool] = mapped_column(default=False)
    version: Mapped[revision]


class MeetingLine(Base):
    """One line of the minutes, under an item of the agenda or under none; it may become an instruction."""

    __tablename__ = "meeting_lines"
    __table_args__ = (Index("ix_meeting_lines_meeting", "meeting_id", "position", "id"),)

    id: Mapped[pk]
    meeting_id: Mapped[ref] = mapped_column(ForeignKey("meetings.id"))
    item_id: Mapped[ref | None] = mapped_column(ForeignKey("meeting_items.id"), index=True)
    position: Mapped[int]
    body: Mapped[str] = mapped_column(String(500))
    instruction_id: Mapped[ref | None] = mapped_column(ForeignKey("instructions.id"), index=True)
    written_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]
    version: Mapped[revision]


class Instruction(Base):
    """A 交办单 (DOMAIN 2.4): what, by whom, until when, and how far it is.

    `leader_id` is the leader in whose name it is given (责任领导), `issued_by_id` whoever entered it.
    """

    __tablename__ = "instructions"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index("ix_instructions_due", "due_on", "id"),
        Index("ix_instructions_state", "state", "due_on"),
        Index("ix_instructions_person", "person_id", "state"),
        Index("ix_instructions_unit", "department_id", "state"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("due_on >= issued_on", name="due_after_issue"),
    )

    id: Mapped[pk]
    year: Mapped[int]
    number: Mapped[int]
    matter: Mapped[str] = mapped_column(String(500))
    lead_id: Mapped[ref | None] = mapped_column(ForeignKey("leads.id"), index=True)
    meeting_id: Mapped[ref | None] = mapped_column(ForeignKey("meetings.id"), index=True)
    department_id: Mapped[ref] = mapped_column(ForeignKey("departments.id"))
    person_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    leader_id: Mapped[ref] = mapped_column(ForeignKey("users.id"), index=True)
    issued_by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    progress: Mapped[int] = mapped_column(default=0)  # per cent
    next_step: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[InstructionState] = mapped_column(default=InstructionState.OPEN)
    replied_on: Mapped[date | None]
    closed_on: Mapped[date | None]  # or withdrawn
    created_at: Mapped[created]
    version: Mapped[revision]


class InstructionEntry(Base):
    """One step of an instruction: progress, 回执, 延期 with its reason, 办结 and so on. Never changed."""

    __tablename__ = "instruction_entries"
    __table_args__ = (Index("ix_instruction_entries_trail", "instruction_id", "id"),)

    id: Mapped[pk]
    instruction_id: Mapped[ref] = mapped_column(ForeignKey("instructions.id"))
    kind: Mapped[EntryKind]
    by_id: Mapped[ref] = mapped_column(ForeignKey("users.id"))
    on_behalf_of_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    body: Mapped[str | None] = mapped_column(String(1000))
    progress: Mapped[int | None]  # after it
    old_due_on: Mapped[date | None]
    new_due_on: Mapped[date | None]
    old_person_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
    new_person_id: Mapped[ref | None] = mapped_column(ForeignKey("users.id"))
