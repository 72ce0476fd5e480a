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
from crm.history import services as history
from crm.leads.models import Figure, Lead
from crm.leads.rules import FigureKind, FigureSource
from crm.quotas.models import Quota
from crm.quotas.queries import computed_quotas
from crm.quotas.services import rejudge
from crm.recognition import services
from crm.recognition.models import RecognitionBatch
from crm.recognition.queries.assigning import proposal
from crm.recognition.queries.claims import year_of_claims
from crm.recognition.rules import Decided, Level
from crm.recognition.services import NewBatch

Named = tuple[str, str]  # a project by its title, a quota by its code

APPROVED: tuple[Named, ...] = (
    ("磷酸铁锂正极材料基地", "A"),
    ("海上风电整机制造基地", "B"),
    ("工业机器人谐波减速器项目", "B"),
    ("建设集团华北结算总部", "B"),
)
CONFIRMED = (APPROVED[0], APPROVED[2])
"""The city has not confirmed the other two: that is where the levels differ."""
MOVED = APPROVED[1]
"""The city does not count it among the headquarters, so the district moves it to 大项目."""
REVIEWED = APPROVED[3]
"""What it promised was taken down anew since the district approved it: it waits for another look."""
RETURNED: Named = ("净菜与中央厨房产业园", "B")
OF_ONE_GROUP = (
    ("配电物联终端产业园", "样本电力电子有限公司"),
    (
        "工业机器人谐波减速器项目",
        "样本传动机械有限公司",
    ),
)
LOCKED: Named = ("储能变流器整机基地", "A")
WAITING: tuple[Named, ...] = (LOCKED, ("配电物联终端产业园", "B"))
PROPOSED: Named = ("高纯硅溶胶抛光材料扩产项目", "B")
FIRST, CITY, SECOND = 25, 12, 3
"""How many days ago each batch decided."""


def load(leads: Iterable[Lead], users: Mapping[str, User], today: date, at: datetime) -> None:
    """Decide on some of the sample's projects. The verdicts stand already."""
    deputy = db.session.scalars(select(User).where(User.login == "zhaolei")).one()
    made = _Sample(
        {lead.title: lead for lead in leads},
        {login: _actor(user) for login, user in {**users, "deputy": deputy}.items()},
        today,
        at,
    )
    made.count_once()
    for named in (*APPROVED, RETURNED):
        made.propose(named, days=FIRST + 3)
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
    made.decide(MOVED, city, Decided.NOT_COUNTED, CITY, "总投资50亿元，应按大项目申报")
    _make_group(at)
    for named in WAITING:
        made.propose(named, days=SECOND)
    made.propose(PROPOSED, days=1, is_approved=False)
    second = made.batch(Level.DISTRICT, SECOND, "第二批认定", "区招组〔示例〕5号")
    made.move(MOVED, "A", second, SECOND, "市核定意见：按大项目计")
    made.assign(LOCKED, "市重大项目清单按大项目调度")
    _promise_less(made.leads[REVIEWED[0]], today, at)


def _actor(user: User) -> Actor:
    actor = actor_by_id(user.id)
    assert actor is not None
    return actor


def _promise_less(lead: Lead, today: date, at: datetime) -> None:
    """The revenue in the agreement had been taken down wrongly: 9.8 instead of 25亿元."""
    figure = db.session.scalars(
        select(Figure).where(
            Figure.lead_id == lead.id,
            Figure.kind == FigureKind.HEADQUARTERS_REVENUE,
            Figure.source == FigureSource.AGREEMENT,
        )
    ).one()
    assert lead.owner_id is not None
    owner = actor_by_id(lead.owner_id)
    assert owner is not None
    figure.is_withdrawn = True
    right = Figure(
        lead_id=lead.id,
        kind=figure.kind,
        source=figure.source,
        as_of=figure.as_of,
        stated_text="9.8亿",
        amount=980_000_000,
        currency=figure.currency,
        basis=figure.basis,
        document=figure.document,
        recorded_by_id=owner.id,
        recorded_at=at,
    )
    db.session.add(right)
    db.session.flush()
    history.record(owner, at, "figure_recorded", right, lead_id=lead.id)
    rejudge([lead.id], today=today, at=at)


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
        approver = head if head.department_id == lead.department_id else self._decider(named)
        on, at = self.today - timedelta(days=days), self.at - timedelta(days=days)
        try:
            services.propose(owner, at, *ids, today=on)
            if is_approved:
                services.decide(approver, at, *ids, Level.UNIT, Decided.APPROVED, today=on)
        except Refused:
            return

    def count_once(self) -> None:
        """大项目 and 实体总部 exclude each other: a project counts in one of them."""
        ids = db.session.scalars(computed_quotas(self.today.year).with_only_columns(Quota.id))
        if found := list(ids):
            at = self.at - timedelta(days=FIRST + 5)
            services.make_exclusive(self.leader, at, self.today.year, found)

    def move(self, named: Named, to: str, batch: RecognitionBatch, days: int, reason: str) -> None:
        ids, target = self._ids(named), self._ids((named[0], to))
        if ids is None or target is None:
            return
        try:
            services.move(
                self._decider(named),
                self.at - timedelta(days=days),
                *ids,
                target[1],
                batch.at_level,
                today=self.today - timedelta(days=days),
                batch_id=batch.id,
                reason=reason,
            )
        except Refused:
            return

    def assign(self, named: Named, reason: str) -> None:
        """Publish what is proposed, and hold one project where it was not put."""
        made = proposal(year_of_claims(self.today.year), self.today)
        if made is None:
            return
        note = "年度第一次公布（示例）"
        at, year = self.at - timedelta(days=SECOND), self.today.year
        services.publish(self.leader, at, year, made.digest, note, today=self.today)
        if ids := self._ids(named):
            services.lock(self.leader, self.at - timedelta(days=2), year, *ids, reason)

    def _decider(self, named: Named) -> Actor:
        """Nobody decides what they sponsor."""
        is_own = self.leads[named[0]].sponsor_id == self.leader.id
        return self.actors["deputy"] if is_own else self.leader

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
                self._decider(named),
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
