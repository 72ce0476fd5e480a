"""Reading people and departments."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, select

from crm.accounts.models import Department, User
from crm.accounts.rules import LEADERS, Actor, Role, login_key
from crm.core.bulk import among
from crm.core.db import db, rows_of

_ACTOR = (
    User.id,
    User.login,
    User.name,
    User.role,
    User.department_id,
    Department.name.label("department_name"),
    User.locale,
    User.must_change_password,
    User.session_stamp,
)


def actor_statement(*more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """The active person `:user_id` as a statement, with further columns; for `actor_in`."""
    return (
        select(*_ACTOR, *more)
        .outerjoin(Department, Department.id == User.department_id)
        .where(User.id == bindparam("user_id"), User.is_active)
    )


_BY_ID = actor_statement()


def actor_by_id(user_id: int, *, address: str | None = None) -> Actor | None:
    """The active person with that id, in one SELECT; None for unknown or inactive ones."""
    row = rows_of(_BY_ID, {"user_id": user_id}).one_or_none()
    return actor_in(row, address) if row else None


def actors(ids: Collection[int]) -> list[Actor]:
    """Those of these people who are active, in one SELECT."""
    statement = (
        select(*_ACTOR)
        .outerjoin(Department, Department.id == User.department_id)
        .where(among(User.id, sorted(set(ids))), User.is_active)
    )
    return [actor_in(row) for row in rows_of(statement)]


def actor_by_login(login: str, *, address: str | None = None) -> Actor | None:
    """The active person with that login, or None."""
    statement = (
        select(*_ACTOR)
        .outerjoin(Department, Department.id == User.department_id)
        .where(func.lower(User.login) == login_key(login), User.is_active)
    )
    row = db.session.execute(statement).one_or_none()
    return actor_in(row, address) if row else None


def actor_in(row: Any, address: str | None = None) -> Actor:
    """The person of a row of `actor_statement`."""
    of_actor = {column.key: getattr(row, column.key) for column in _ACTOR}
    return Actor(**of_actor, address=address)


def system_actor() -> Actor:
    """The built-in `system` person that commands and tasks act as."""
    found = actor_by_login("system")
    return found or Actor(0, "system", "系统", Role.SYSTEM, None)


def departments(*, active_only: bool = True) -> Sequence[Row[int, str]]:
    """(id, name) of all units in official order."""
    statement = select(Department.id, Department.name).order_by(Department.position, Department.id)
    if active_only:
        statement = statement.where(Department.is_active)
    return db.session.execute(statement).all()


UNPLACED = 10_000  # beyond the largest place that can be typed

LEADERS_ORDER = (
    case({role: place for place, role in enumerate(LEADERS)}, value=User.role, else_=len(LEADERS)),
    func.coalesce(User.position, UNPLACED),
    User.id,
)
"""The official order of leaders: district before bureau, then as the administrator placed them."""


def leaders() -> Sequence[Any]:
    """(id, name, role, position) of the active district and bureau leaders in official order."""
    statement = (
        select(User.id, User.name, User.role, User.position)
        .where(User.is_active, User.role.in_(LEADERS))
        .order_by(*LEADERS_ORDER)
    )
    return db.session.execute(statement).all()


def all_people() -> Sequence[Any]:
    """Everybody with account state, unit by unit; for the administrator's list."""
    statement = (
        select(
            User.id,
            User.login,
            User.name,
            User.role,
            User.email,
            User.is_active,
            User.locked_until,
            User.signed_in_at,
            User.password_hash.is_not(None).label("can_sign_in"),
            Department.name.label("department_name"),
        )
        .outerjoin(Department, Department.id == User.department_id)
        .where(User.role != Role.SYSTEM)
        .order_by(User.is_active.desc(), Department.position, Department.id, User.name, User.id)
    )
    return db.session.execute(statement).all()


def all_departments() -> Sequence[Any]:
    """All units with the number of their active people, in official order."""
    members = (
        select(User.department_id, func.count().label("n"))
        .where(User.is_active)
        .group_by(User.department_id)
        .subquery()
    )
    statement = (
        select(
            Department.id,
            Department.name,
            Department.name_en,
            Department.kind,
            Department.position,
            Department.is_active,
            func.coalesce(members.c.n, 0).label("members"),
        )
        .outerjoin(members, members.c.department_id == Department.id)
        .order_by(Department.position, Department.id)
    )
    return db.session.execute(statement).all()


def user_by_id(user_id: int) -> User | None:
    """The account, to fill a form; the built-in system is nobody's to edit."""
    return db.session.scalar(select(User).where(User.id == user_id, User.role != Role.SYSTEM))


def department_by_id(department_id: int) -> Department | None:
    return db.session.get(Department, department_id)
