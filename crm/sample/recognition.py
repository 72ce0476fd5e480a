"""The sample's recognition: a closed district batch, an open one, the city's, a return with an appeal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Refused
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import loose_name, normalise_name, search_text
from crm.leads.models import Lead
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.recognition import services
from crm.recognition.models import RecognitionBatch
from crm.recognition.rules import Decided, Level
from crm.recognition.services import NewBatch

Named = tuple[str, str]  # a project by its title, a quota by its code

APPROVED: tuple[Named, ...] = (
    ("磷酸铁锂正极材料基地", "A"),
    ("海上风电整机制造基地", "A"),
    ("工业机器人谐波减速器项目", "B"),
)
CONFIRMED = (APPROVED[0], APPROVED[2])
"""The city has not confirmed the wind turbines: that is where the two levels differ."""
RETURNED: Named = ("净菜与中央厨房产业园", "B")
OF_ONE_GROUP = (
    ("配电物联终端产业园", "样本电力电子有限公司"),
    (
        "工业机器人谐波减速器项目",
        "样本传动机械有限公司",
    ),
)
WAITING: tuple[Named, ...] = (("海上风电整机制造基地", "B"), ("配电物联终端产业园", "B"))
PROPOSED: Named = ("建设集团华北结算总部", "B")
FIRST, CITY, SECOND = 25, 12, 3
"""How many days ago each batch decided."""


def load(leads: Iterable[Lead], users: Mapping[str, User], today: date, at: datetime) -> None:
    """Decide on some of the sample's projects. The verdicts stand already."""
    made = _Sample(
        {lead.title: lead for lead in leads},
        {login: _actor(user) for login, user in users.items()},
        today,
        at,
    )
    for named in (*APPROVED, RETURNED):
        made.propose(named, days=FIRST + 5)
    first = made.batch(Level.DISTRICT, FIRST, "第一批认定", "区招组〔示例〕3号")
    decided = [made.decide(named, first, Decided.APPROVED, FIRST) for named in APPROVED]
    returned = made.decide(
        RETURNED, first, Decided.RETURNED, FIRST, "开工照片与许可证地址不一致，请核对"
    )
    if any(each is not None for each in (*decided, returned)):
        services.close_batch(made.leader, at - timedelta(days=FIRST), first.id, first.version)
    if returned is not None:
        owner = made.actors["staff2"]
        text = "许可证为园区统一门牌，附管委会说明，请复核后认定。"
        services.appeal(owner, at - timedelta(days=FIRST - 6), returned, text)
    city = made.batch(Level.CITY, CITY, "市核定第一批", "市投促〔示例〕12号")
    for named in CONFIRMED:
        made.decide(named, city, Decided.APPROVED, CITY)
    _make_group(at)
    for named in WAITING:
        made.propose(named, days=SECOND)
    made.propose(PROPOSED, days=1, is_approved=False)
    made.batch(Level.DISTRICT, SECOND, "第二批认定", "区招组〔示例〕5号")


def _actor(user: User) -> Actor:
    actor = actor_by_id(user.id)
    assert actor is not None
    return actor


def _make_group(at: datetime) -> None:
    """Two investors turn out to belong to one group: a pair to be settled."""
    name = "样本控股集团有限公司"
    group = Enterprise(
        name=name,
        name_norm=normalise_name(name),
        name_loose=loose_name(name),
        search_text=search_text(name),
        created_at=at,
    )
    db.session.add(group)
    db.session.flush()
    db.session.add(
        Contact(
            enterprise_id=group.id,
            name="钱经理",
            position="战略发展部",
            phone=f"1380000{group.id:04d}",
            created_at=at,
        )
    )
    names = [company for _title, company in OF_ONE_GROUP]
    for company in db.session.scalars(select(Enterprise).where(Enterprise.name.in_(names))):
        company.parent_id, company.parent_shareholding = group.id, 60
    db.session.flush()


@dataclass(frozen=True, slots=True)
class _Sample:
    """Early in a year the projects signed before it belong to another period: what is refused
    for that is left out."""

    leads: Mapping[str, Lead]
    actors: Mapping[str, Actor]
    today: date
    at: datetime

    @property
    def leader(self) -> Actor:
        return self.actors["leader"]

    def _ids(self, named: Named) -> tuple[int, int] | None:
        title, code = named
        quota_id = db.session.scalar(
            computed_quotas(self.today.year).with_only_columns(Quota.id).where(Quota.code == code)
        )
        return (self.leads[title].id, quota_id) if quota_id is not None else None

    def propose(self, named: Named, days: int, *, is_approved: bool = True) -> None:
        """By the owner; approved by the unit's head, or the bureau leader where there is none."""
        if (ids := self._ids(named)) is None:
            return
        lead = self.leads[named[0]]
        owner = next(each for each in self.actors.values() if each.id == lead.owner_id)
        head = self.actors["head"]
        approver = head if head.department_id == lead.department_id else self.leader
        on, at = self.today - timedelta(days=days), self.at - timedelta(days=days)
        try:
            services.propose(owner, at, *ids, today=on)
            if is_approved:
                services.decide(approver, at, *ids, Level.UNIT, Decided.APPROVED, today=on)
        except Refused:
            return

    def batch(self, level: Level, days: int, title: str, number: str) -> RecognitionBatch:
        return services.open_batch(
            self.leader,
            self.at - timedelta(days=days),
            self.today.year,
            level,
            NewBatch(
                f"{self.today.year}年{title}",
                self.today - timedelta(days=days),
                document_number=number,
                opinions="发改、资规、统计：无不同意见。（示例）",
                minutes="领导小组专题会议研究通过。（示例）",
            ),
        )

    def decide(
        self,
        named: Named,
        batch: RecognitionBatch,
        decided: Decided,
        days: int,
        reason: str | None = None,
    ) -> int | None:
        """The decision's id, None where it was refused."""
        if (ids := self._ids(named)) is None:
            return None
        try:
            row = services.decide(
                self.leader,
                self.at - timedelta(days=days),
                *ids,
                batch.at_level,
                decided,
                today=self.today - timedelta(days=days),
                batch_id=batch.id,
                reason=reason,
            )
        except Refused:
            return None
        return row.id
