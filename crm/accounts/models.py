"""Departments and people."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.rules import DepartmentKind, Role, Way
from crm.core.db import Base, created, pk, ref, revision


class Department(Base):
    """A unit: bureau section, street office, park. `position` is the official order."""

    __tablename__ = "departments"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[DepartmentKind] = mapped_column(default=DepartmentKind.OTHER)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[revision]


class User(Base):
    """A person. Without a password hash nobody can sign in (people known from a ledger only)."""

    __tablename__ = "users"

    id: Mapped[pk]
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    initials: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(40))
    mobile: Mapped[str | None] = mapped_column(String(11))  # where text messages go
    messenger_id: Mapped[str | None] = mapped_column(String(64))  # as the messenger knows them
    way: Mapped[Way] = mapped_column(default=Way.MAIL, server_default="mail")
    role: Mapped[Role] = mapped_column(default=Role.STAFF)
    department_id: Mapped[ref | None] = mapped_column(ForeignKey("departments.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(5), default="zh")
    session_stamp: Mapped[str] = mapped_column(
        String(32), default=""
    )  # changing it signs out everywhere
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    created_at: Mapped[created]
    # The official order of leaders; empty: after those that have a place. Like `position` of a unit.
    position: Mapped[int | None]
    version: Mapped[revision]

    department: Mapped[Department | None] = relationship(lazy="raise")


class PastPassword(Base):
    """The last password hashes of a person: none of them may be used again."""

    __tablename__ = "past_passwords"

    id: Mapped[pk]
    user_id: Mapped[ref] = mapped_column(ForeignKey("users.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[created]
