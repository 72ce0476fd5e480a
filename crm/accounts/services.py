"""Signing in, passwords, people. Services never commit; the door opens the transaction."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.accounts.models import Department, PastPassword, User
from crm.accounts.queries import LEADERS_ORDER, actor_by_id
from crm.accounts.rules import LEADERS, Actor, Role, Way, login_key, moved, why_weak_password
from crm.accounts.wording import DEPARTMENT_FIELD, FIELD, ROLE, WEAK_PASSWORD
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.core.pinyin import pinyin_initials
from crm.history import queries as trail
from crm.history import services as history

_hasher = PasswordHasher()  # argon2id, the library's defaults (RFC 9106, low-memory profile)
REMEMBERED_PASSWORDS = 5


@dataclass(frozen=True, slots=True)
class SignInTerms:
    """How many failures lock an account, and for how many minutes."""

    failures: int
    locked_minutes: int


def sign_in(
    login: str, password: str, at: datetime, address: str | None, terms: SignInTerms
) -> Actor | None:
    """The person, or None for a wrong login, wrong password or locked account (never says which).

    Failures and locks are recorded; the caller must keep the transaction (do not roll back).
    """
    user = db.session.scalar(
        select(User).where(func.lower(User.login) == login_key(login)).with_for_update()
    )
    known = user is not None and user.password_hash is not None
    matches = _matches(user.password_hash if known and user else _of_nobody(), password) and known
    if user is None:
        return None
    acting = Actor(user.id, user.login, user.name, user.role, user.department_id, address=address)
    if user.locked_until and user.locked_until > at:
        history.record(acting, at, "sign_in_locked", user)
        return None
    if not matches or not user.is_active:
        user.failures += 1
        if user.failures >= terms.failures:
            user.locked_until = at + timedelta(minutes=terms.locked_minutes)
            user.failures = 0
            history.record(acting, at, "account_locked", user)
        else:
            history.record(acting, at, "sign_in_failed", user)
        return None
    user.failures, user.locked_until, user.signed_in_at = 0, None, at
    if user.password_hash and _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
    if not user.session_stamp:
        user.session_stamp = secrets.token_hex(8)
    history.record(acting, at, "signed_in", user)
    db.session.flush()
    return actor_by_id(user.id, address=address)


def change_password(actor: Actor, current: str, new: str, at: datetime) -> None:
    """Raises Refused when the current password is wrong or the new one is weak or was used before."""
    user = db.session.get_one(User, actor.id)
    faults = Faults()
    if not user.password_hash or not _matches(user.password_hash, current):
        faults.add("current", "wrong_password", _l("当前密码不正确"))
    for code in why_weak_password(new, user.login):
        faults.add("new", code, WEAK_PASSWORD[code])
    if not faults.found:
        past = db.session.scalars(
            select(PastPassword.password_hash)
            .where(PastPassword.user_id == user.id)
            .order_by(PastPassword.id.desc())
            .limit(REMEMBERED_PASSWORDS)
        )
        if any(_matches(old, new) for old in [user.password_hash or "", *past]):
            faults.add("new", "used_before", _l("最近用过的密码不能再用"))
    faults.raise_if_any()
    _set_password(user, new, at)
    user.must_change_password = False
    history.record(actor, at, "password_changed", user)


def set_password(actor: Actor, user: User, new: str, at: datetime, *, must_change: bool) -> None:
    """An administrator (or a command) gives a first password. Raises Refused if it is weak."""
    if weak := why_weak_password(new, user.login):
        raise Refused([Fault("password", code, WEAK_PASSWORD[code]) for code in weak])
    _set_password(user, new, at)
    user.must_change_password = must_change
    history.record(actor, at, "password_set", user)


def reset_password(actor: Actor, login: str, at: datetime) -> str:
    """Give an account a new first password, which also ends a lock; returns it. Raises NotFound."""
    user = db.session.scalar(
        select(User).where(func.lower(User.login) == login_key(login), User.role != Role.SYSTEM)
    )
    if user is None:
        raise NotFound
    password = first_password(user.login)
    set_password(actor, user, password, at, must_change=True)
    return password


def set_locale(actor: Actor, locale: str) -> None:
    """The person's language; not a business fact, so the trail does not tell it."""
    db.session.get_one(User, actor.id).locale = locale


def set_way(actor: Actor, way: Way) -> None:
    """By which channels the person wants to be told; the trail tells it with their other choices."""
    db.session.get_one(User, actor.id).way = way


def _set_password(user: User, new: str, at: datetime) -> None:
    if user.password_hash:
        db.session.add(
            PastPassword(user_id=user.id, password_hash=user.password_hash, changed_at=at)
        )
    user.password_hash = _hasher.hash(new)
    user.session_stamp = secrets.token_hex(8)  # every other session ends
    user.failures, user.locked_until = 0, None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _of_nobody() -> str:
    """What is checked when the login is unknown, so that a stranger cannot tell by the time it takes.

    Made up, not made of a password: that would take 0.1 s of the start of every process.
    """
    salt, found = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${found}"


def first_password(login: str) -> str:
    """A password for one use, drawn by chance, that the rule for passwords accepts."""
    while why_weak_password(drawn := secrets.token_urlsafe(12), login):
        pass
    return drawn


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One account as typed: what an administrator may set."""

    login: str
    name: str
    role: Role
    department_id: int | None
    email: str | None
    phone: str | None
    is_active: bool
    password: str | None = None
    position: int | None = None  # of leaders, in the official order
    mobile: str | None = None
    messenger_id: str | None = None


def save_person(
    actor: Actor,
    user_id: int | None,
    entry: PersonEntry,
    at: datetime,
    *,
    version: int | None = None,
) -> User:
    """Add (`user_id` None) or change an account.

    Raises Refused (login taken, no unit for a role that needs one, own account locked out), Stale,
    NotFound.
    """
    user = (
        _person_to_change(user_id, version) if user_id else User(login=entry.login, name=entry.name)
    )
    faults = Faults()
    entry = replace(entry, login=login_key(entry.login))
    taken = select(User.id).where(func.lower(User.login) == entry.login, User.id != (user_id or 0))
    if db.session.scalar(taken) is not None:
        faults.add("login", "login_taken", _l("这个登录名已被使用"))
    if entry.role in {Role.STAFF, Role.UNIT_HEAD} and entry.department_id is None:
        faults.add("department_id", "department_missing", _l("专员和单位负责人须选择单位"))
    if user_id == actor.id and (not entry.is_active or entry.role is not actor.role):
        faults.add("is_active", "own_account", _l("不能停用自己的账号或更改自己的角色"))
    if entry.password:
        for code in why_weak_password(entry.password, entry.login):
            faults.add("password", code, WEAK_PASSWORD[code])
    faults.raise_if_any()
    for key in (
        "login", "name", "role", "department_id", "email", "phone", "is_active", "position",
        "mobile", "messenger_id",
    ):  # fmt: skip
        setattr(user, key, getattr(entry, key))
    user.initials = pinyin_initials(entry.name, is_person=True)
    if not entry.is_active:
        user.session_stamp = secrets.token_hex(8)
    if user_id is None:
        user.created_at = at
        db.session.add(user)
        db.session.flush()
        history.record(
            actor,
            at,
            "person_added",
            user,
            after={"login": user.login, "name": user.name, "role": user.role},
        )
    elif history.record_changes(actor, at, "person_changed", user):
        user.version += 1
    if entry.password:
        _set_password(user, entry.password, at)
        user.must_change_password = True
        history.record(actor, at, "password_set", user)
    return user


def _person_to_change(user_id: int, version: int | None) -> User:
    statement = select(User).where(User.id == user_id, User.role != Role.SYSTEM).with_for_update()
    user = db.session.scalar(statement)
    if user is None:
        raise NotFound
    if version is not None and user.version != version:
        missed = trail.missed_changes(
            "users", user.id, "person_changed", user.version - version, FIELD, _tell
        )
        raise Stale(user, missed)
    return user


def _tell(field: str, value: Any) -> Any:
    """A value of the trail in words: roles and units by name."""
    if field == "role" and value in tuple(Role):
        return ROLE[Role(value)]
    if field == "department_id" and isinstance(value, int):
        return db.session.scalar(select(Department.name).where(Department.id == value))
    return value


def save_department(
    actor: Actor,
    department_id: int | None,
    values: Mapping[str, Any],
    at: datetime,
    *,
    version: int | None = None,
) -> Department:
    """Add or change a unit: name, name_en, kind, position, is_active. Raises Refused, Stale, NotFound."""
    department = db.session.get(Department, department_id) if department_id else Department()
    if department is None:
        raise NotFound
    if department_id and version is not None and department.version != version:
        missed = trail.missed_changes(
            "departments", department.id, "department_changed", department.version - version,
            DEPARTMENT_FIELD,
        )  # fmt: skip
        raise Stale(department, missed)
    taken = select(Department.id).where(
        Department.name == values["name"], Department.id != (department_id or 0)
    )
    if db.session.scalar(taken) is not None:
        raise Refused([Fault("name", "name_taken", _l("已有同名单位"))])
    for key in ("name", "name_en", "kind", "position", "is_active"):
        setattr(department, key, values[key])
    if department_id is None:
        db.session.add(department)
        db.session.flush()
        history.record(actor, at, "department_added", department, after={"name": department.name})
    elif history.record_changes(actor, at, "department_changed", department):
        department.version += 1
    return department


def move_leader(actor: Actor, user_id: int, at: datetime, *, up: bool) -> None:
    """One place up or down among the active leaders of the same role. Raises NotFound.

    It moves whoever stands beside in the order as it is now, so that nobody's order is overwritten.
    """
    role = db.session.scalar(select(User.role).where(User.id == user_id, User.is_active))
    if role not in LEADERS:
        raise NotFound
    statement = select(User).where(User.is_active, User.role == role).order_by(*LEADERS_ORDER)
    people = {user.id: user for user in db.session.scalars(statement.with_for_update())}
    if user_id not in people:
        raise NotFound
    for place, number in enumerate(moved(tuple(people), user_id, up=up), start=1):
        user = people[number]
        user.position = place
        if history.record_changes(actor, at, "person_changed", user):
            user.version += 1


def move_department(actor: Actor, department_id: int, at: datetime, *, up: bool) -> None:
    """One place up or down in the official order of all units. Raises NotFound."""
    statement = select(Department).order_by(Department.position, Department.id)
    units = {unit.id: unit for unit in db.session.scalars(statement.with_for_update())}
    if department_id not in units:
        raise NotFound
    for place, number in enumerate(moved(tuple(units), department_id, up=up), start=1):
        unit = units[number]
        unit.position = place
        if history.record_changes(actor, at, "department_changed", unit):
            unit.version += 1
