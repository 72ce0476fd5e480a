"""The people and units of the sample district."""

from datetime import datetime

from sqlalchemy import select

from crm.accounts import services as accounts
from crm.accounts.models import Department, User
from crm.accounts.queries import system_actor
from crm.accounts.rules import DepartmentKind, Role
from crm.core.db import db
from crm.core.pinyin import pinyin_initials
from crm.places.models import Street

PASSWORD = "Sample-2026"  # noqa: S105  printed at start; the sample never loads in production

PEOPLE = (
    ("staff", "张伟", Role.STAFF, "区投资促进局", "zhangwei@example.gov.cn"),
    ("staff2", "李娜", Role.STAFF, "药山街道", "lina@example.gov.cn"),
    ("head", "王芳", Role.UNIT_HEAD, "区投资促进局", "wangfang@example.gov.cn"),
    ("leader", "刘洋", Role.DIRECTOR, "区投资促进局", "liuyang@example.gov.cn"),
    ("district", "陈静", Role.DISTRICT_LEADER, None, "chenjing@example.gov.cn"),
    ("admin", "系统管理员", Role.ADMINISTRATOR, None, "admin@example.gov.cn"),
    ("auditor", "审计员", Role.AUDITOR, None, "auditor@example.gov.cn"),
)


def load(at: datetime) -> dict[str, User]:
    """Every unit and one account for each role; the accounts by login."""
    units = {}
    names = [("区投资促进局", DepartmentKind.BUREAU), ("新材料产业园区管委会", DepartmentKind.PARK)]
    names += [
        (name, DepartmentKind.STREET)
        for name in db.session.scalars(select(Street.name).order_by(Street.code))
    ]
    for position, (name, kind) in enumerate(names):
        unit = db.session.scalar(select(Department).where(Department.name == name))
        if unit is None:
            unit = Department(name=name, kind=kind, position=position)
            db.session.add(unit)
        units[name] = unit
    db.session.flush()
    users = {}
    for login, name, role, unit_name, email in PEOPLE:
        user = db.session.scalar(select(User).where(User.login == login))
        if user is None:
            user = User(
                login=login,
                name=name,
                initials=pinyin_initials(name, is_person=True),
                role=role,
                department_id=units[unit_name].id if unit_name else None,
                email=email,
                created_at=at,
            )
            db.session.add(user)
            db.session.flush()
            accounts.set_password(system_actor(), user, PASSWORD, at, must_change=False)
        users[login] = user
    return users
