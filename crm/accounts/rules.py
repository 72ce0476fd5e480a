"""Who people are and what each role may do (DOMAIN: roles and rights), as plain values."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    STAFF = "staff"  # 招商专员
    UNIT_HEAD = "unit_head"  # 科室/单位负责人
    DIRECTOR = "director"  # 局领导
    DISTRICT_LEADER = "district_leader"  # 区领导/链长
    ADMINISTRATOR = "administrator"  # 系统管理员
    AUDITOR = "auditor"  # 审计员
    SYSTEM = "system"  # the built-in actor of commands and tasks; never signs in


class Way(StrEnum):
    """By which channels a person wants to be told; what cannot go there goes by mail."""

    MAIL = "mail"
    MESSENGER = "messenger"  # 政务通讯
    SMS = "sms"
    MAIL_MESSENGER = "mail_messenger"
    MAIL_SMS = "mail_sms"


class DepartmentKind(StrEnum):
    BUREAU = "bureau"  # 委办局
    STREET = "street"  # 街道
    PARK = "park"  # 园区
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something: what permissions and history need to know, nothing more."""

    id: int
    login: str
    name: str
    role: Role
    department_id: int | None
    department_name: str | None = None
    locale: str = "zh"
    must_change_password: bool = False
    session_stamp: str = ""
    address: str | None = None  # where a request came from

    # Flask-Login's four
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}:{self.session_stamp}"

    @property
    def sees_all(self) -> bool:
        """Bureau leaders, the auditor (read only) and the system see every lead not sensitive."""
        return self.role in {Role.DIRECTOR, Role.AUDITOR, Role.SYSTEM}


LEAD_READERS = (Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR, Role.DISTRICT_LEADER, Role.AUDITOR)
LEAD_WRITERS = (Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR)
LEDGER_IMPORTERS = (Role.UNIT_HEAD, Role.DIRECTOR)
PEOPLE_ADMINISTRATORS = (Role.ADMINISTRATOR,)
LEADERS = (Role.DISTRICT_LEADER, Role.DIRECTOR)
"""Who may look after a project (包挂), district before bureau, as every list of leaders stands."""


def moved(order: Sequence[int], one: int, *, up: bool) -> list[int]:
    """The order with `one` a place further up or down; at the end of the list nothing changes."""
    found = list(order)
    place = found.index(one)
    other = place - 1 if up else place + 1
    if 0 <= other < len(found):
        found[place], found[other] = found[other], found[place]
    return found


def login_key(typed: str) -> str:
    """The login as it is stored and compared: people type capitals and blanks on a phone."""
    return typed.strip().lower()


class WeakPassword(StrEnum):
    """Why a password is refused (GB/T 22239-2019 level 2 asks for complexity; ours is 10 of 3 kinds)."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_FEW_KINDS = "too_few_kinds"
    CONTAINS_LOGIN = "contains_login"


def why_weak_password(password: str, login: str) -> tuple[WeakPassword, ...]:
    """All reasons at once; empty when the password is good: 10–128 characters of three kinds."""
    found = []
    if len(password) < 10:
        found.append(WeakPassword.TOO_SHORT)
    if len(password) > 128:
        found.append(WeakPassword.TOO_LONG)
    kinds = (
        any(c.islower() for c in password),
        any(c.isupper() for c in password),
        any(c.isdigit() for c in password),
        any(not c.isalnum() for c in password),
    )
    if sum(kinds) < 3:
        found.append(WeakPassword.TOO_FEW_KINDS)
    if login and login.casefold() in password.casefold():
        found.append(WeakPassword.CONTAINS_LOGIN)
    return tuple(found)


MOBILE = re.compile(r"1[3-9]\d{9}")
"""A mobile number of mainland China: 11 digits, the second from 3 on."""
MESSENGER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def mobile_number(text: str | None) -> str | None:
    """The number in one spelling, without +86, blanks and hyphens; None where nothing was typed.

    What is no mobile number comes back as it was typed.
    """
    plain = unicodedata.normalize("NFKC", text or "").strip()
    number = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", re.sub(r"[\s\-]", "", plain))
    return (number if MOBILE.fullmatch(number) else plain) or None
