"""How the sample district divides its targets, who looks after what, and what is known of past years."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.core.pinyin import pinyin_initials
from crm.leads.models import Lead
from crm.leads.rules.filters import CountedEvent
from crm.quotas import services as quotas
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.rules import Among
from crm.quotas.services import PastFigures, Shares
from crm.quotas.services.last_year import past_months

LEADERS = (
    ("zhoujianguo", "周建国", Role.DISTRICT_LEADER, 1),
    ("district", "陈静", Role.DISTRICT_LEADER, 2),
    ("sunmin", "孙敏", Role.DISTRICT_LEADER, 3),
    ("leader", "刘洋", Role.DIRECTOR, 1),
    ("zhaolei", "赵磊", Role.DIRECTOR, 2),
)
"""In official order; those who are not among the sample's accounts cannot sign in."""

UNITS = {
    "区投资促进局": {"A": 4, "B": 4},
    "新材料产业园区管委会": {"A": 3, "B": 3},
    "药山街道": {"A": 1, "B": 2},
    "泺口街道": {"A": 1, "B": 2},
    "北园街道": {"B": 2},
}
SPONSORS = {
    "周建国": {"A": 3, "B": 3},
    "陈静": {"A": 3, "B": 4},
    "孙敏": {"A": 2, "B": 3},
    "刘洋": {"A": 1, "B": 1},
    "赵磊": {"A": 1, "B": 1},
}
HIS_OWN = ("海上风电整机制造基地", "低空飞行器零部件项目")
"""What 刘洋 sponsors himself, so that 赵磊 decides on it in his place."""
BY_MONTH = (0, 1, 2, 2, 3, 5, 5, 6, 7, 8, 9, 11)
"""What 实体总部 had registered by the end of each month of the year before last."""


def load_leaders(leads: Sequence[Lead], at: datetime) -> None:
    """The leaders in their order, and 包挂 of the projects that have nobody yet."""
    found: dict[str, User] = {}
    for login, name, role, position in LEADERS:
        user = db.session.scalar(select(User).where(User.login == login))
        if user is None:
            initials = pinyin_initials(name, is_person=True)
            user = User(login=login, name=name, initials=initials, role=role, created_at=at)
            db.session.add(user)
        user.position = position
        found[name] = user
    db.session.flush()
    others = [found["周建国"], found["孙敏"], found["赵磊"]]
    for place, lead in enumerate(leads):
        if lead.title in HIS_OWN:
            lead.sponsor_id = found["刘洋"].id
        elif lead.sponsor_id is None and place % 4 != 3:
            lead.sponsor_id = others[place % 3].id
    db.session.flush()


def load(leader: User, today: date, at: datetime) -> None:
    """Targets among units and leaders, on paper; last year's figures where no ledger holds them."""
    actor = actor_by_id(leader.id)
    if actor is None:
        return
    by_code = {quota.code: quota for quota in db.session.scalars(computed_quotas(today.year))}
    units = {unit.name: unit.id for unit in db.session.scalars(select(Department))}
    people = {user.name: user.id for user in db.session.scalars(select(User))}
    for among, wanted, ids, document in (
        (Among.DEPARTMENT, UNITS, units, "天招发〔%s〕2号"),  # 原文
        (Among.SPONSOR, SPONSORS, people, "天办发〔%s〕5号"),  # 原文
    ):
        shares = Shares(_typed(wanted, ids, by_code), document % today.year)
        quotas.divide(actor, at, today.year, among, None, shares)
    before = {quota.code: quota for quota in db.session.scalars(computed_quotas(today.year - 1))}
    for quota, numbers in ((before.get("B"), BY_MONTH), (by_code.get("A"), (0,) * 11 + (1,))):
        if quota is not None:
            _type(actor, at, quota, numbers)


def _typed(
    wanted: Mapping[str, Mapping[str, int]], ids: Mapping[str, int], by_code: Mapping[str, Quota]
) -> dict[tuple[int, int], str | None]:
    return {
        (by_code[code].id, ids[name]): str(target)
        for name, targets in wanted.items()
        for code, target in targets.items()
        if code in by_code and name in ids
    }


def _type(actor: Actor, at: datetime, quota: Quota, numbers: Sequence[int]) -> None:
    months = past_months(quota)
    typed: dict[date, str | None] = {
        month: str(number) for month, number in zip(months, numbers, strict=False)
    }
    document = f"天招办通报〔{months[-1].year}〕12号"  # 原文
    figures = PastFigures(CountedEvent.REGISTERED, None, typed, document)
    quotas.type_last_year(actor, at, quota.id, quota.version, figures)
