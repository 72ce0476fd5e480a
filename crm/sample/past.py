"""Two years of projects that ended: signed, lost or parked; what the forecast of the sample learns from.

None of them changes a number of the current year: what is signed in it is too small to count.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.chains.models import Segment
from crm.core.clock import office_moment
from crm.core.db import db
from crm.core.pinyin import pinyin_initials
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import loose_name, normalise_name, search_text, seat_of, title_key
from crm.leads.models import Figure, Lead, Milestone, StageChange
from crm.leads.rules import (
    AgreementType,
    FigureKind,
    FigureSource,
    MilestoneKind,
    Nature,
    OffRampReason,
    Origin,
    Path,
    PromotionMode,
    Stage,
)
from crm.outlook.queries import year_forecast
from crm.outlook.services import keep, monday_of
from crm.quotas.models import Quota, SupersededVerdict
from crm.quotas.rules import Outcome
from crm.quotas.services import rejudge

YI = 100_000_000
PLACES = ("华东", "华北", "华南", "西南", "长江", "黄河", "海岱", "泰山", "环渤海", "京津")
GOODS = (
    ("锂电隔膜", "NFM-M3"), ("光刻胶", "NFM-M7"), ("伺服电机", "IME-U2"), ("光伏支架", "IME-M10"),
    ("医用导管", "MED-M11"), ("冷链仓储", "TRD-M8"), ("检测仪器", "TIC-U1"), ("特种涂料", "NFM-M16"),
)  # fmt: skip
OWNERS = ("staff", "staff2")
WAY = (
    Stage.LEAD,
    Stage.CONTACTED,
    Stage.NEGOTIATING,
    Stage.REVIEWED,
    Stage.PRE_SIGNING,
    Stage.SIGNED,
)
AFTER_SIGNING = (Stage.REGISTERED, Stage.STARTED)
PROOF = {
    Stage.SIGNED: MilestoneKind.SIGNED,
    Stage.REGISTERED: MilestoneKind.REGISTERED,
    Stage.STARTED: MilestoneKind.STARTED,
}
COUNT_BY_SIZE = ((60 * YI, 10), (8 * YI, 26), (2 * YI, 24))
"""How many projects of each size: enough that every size band has its twenty moves."""


@dataclass(frozen=True, slots=True)
class Course:
    """The days on which one project entered its stages."""

    steps: tuple[tuple[Stage, date], ...]

    @property
    def end(self) -> tuple[Stage, date]:
        return self.steps[-1]


def load(
    users: Mapping[str, User], segments: Mapping[str, Segment], today: date, at: datetime
) -> int:
    """The ended projects with their moves, papers and what was said of them; how many."""
    draw = random.Random(370106)  # noqa: S311  the same past on every machine
    quotas = _quotas_of_past_years(today.year)
    leads = []
    for place, amount in enumerate(_amounts()):
        goods, segment = GOODS[place % len(GOODS)]
        owner = users[OWNERS[place % len(OWNERS)]]
        name = f"样本{PLACES[place % len(PLACES)]}{goods}{place + 1:02d}有限公司"
        course = _course(draw, amount, today)
        lead = _lead(
            f"{goods}项目（{PLACES[place % len(PLACES)]}{place + 1:02d}）",
            name,
            amount,
            owner,
            course,
        )
        if at_segment := segments.get(segment):
            lead.segment_id, lead.chain_id = at_segment.id, at_segment.chain_id
        leads.append(lead)
        _moves(lead, course, owner, draw)
        _papers(lead, course, owner, amount)
        _said_before(lead, course, quotas, amount, at)
    _tidied_up(leads, today)
    db.session.flush()
    rejudge([lead.id for lead in leads], today=today, at=at)
    _archive(today)
    return len(leads)


ARCHIVED_WEEKS = range(2, 47, 4)
"""Weeks ago; every fourth of the year is enough to show what is kept."""


def _archive(today: date) -> None:
    """The forecasts of past Mondays, made from what was known then, as the worker would have kept them."""
    for weeks in ARCHIVED_WEEKS:
        monday = monday_of(today) - timedelta(weeks=weeks)
        known_at = office_moment(monday, time(23, 59, 59))
        made = year_forecast(monday.year, monday, known_at=known_at)
        if made.ingredients.quotas:
            keep(made, monday, known_at)


def _amounts() -> Iterator[int]:
    for amount, count in COUNT_BY_SIZE:
        for place in range(count):
            yield amount + place * amount // 50


def _course(draw: random.Random, amount: int, today: date) -> Course:
    """One way through the stages within two years, over three weeks ago."""
    last = today - timedelta(days=22)
    day = today - timedelta(days=draw.randint(240, 760))
    steps = [(Stage.LEAD, day)]
    for stage in WAY[1:]:
        day += timedelta(days=draw.randint(9, 70))
        if day > last:
            break
        if draw.random() < 0.14:
            return Course((*steps, (draw.choice((Stage.LOST, Stage.LOST, Stage.PARKED)), day)))
        if stage is Stage.SIGNED and day.year == today.year and amount >= 5 * YI:
            return Course((*steps, (Stage.LOST, day)))
        steps.append((stage, day))
    if steps[-1][0] is not Stage.SIGNED:
        return Course((*steps, (Stage.LOST, max(steps[-1][1], last))))
    for stage in AFTER_SIGNING:
        day += timedelta(days=draw.randint(14, 90))
        if day > last or draw.random() < 0.2:
            break
        steps.append((stage, day))
    return Course(tuple(steps))


def _moment(day: date) -> datetime:
    return office_moment(day, time(16, 30))


def _lead(title: str, company: str, amount: int, owner: User, course: Course) -> Lead:
    stage, since = course.end
    first = course.steps[0][1]
    initials = pinyin_initials(company)
    investor = Enterprise(
        name=company, name_norm=normalise_name(company), name_loose=loose_name(company),
        pinyin_initials=initials, search_text=search_text(company, initials),
        region_code=seat_of(name=company), created_by_id=owner.id, created_at=_moment(first),
    )  # fmt: skip
    db.session.add(investor)
    db.session.flush()
    db.session.add(
        Contact(
            enterprise_id=investor.id,
            name="孙经理",
            position="投资经理",
            phone=f"1380001{investor.id:04d}",
            created_by_id=owner.id,
            created_at=_moment(first),
        )
    )
    is_signed = any(step is Stage.SIGNED for step, _ in course.steps)
    lead = Lead(
        title=title, title_key=title_key(title), search_text=search_text(title, company, initials),
        investor_id=investor.id, owner_id=owner.id, department_id=owner.department_id,
        first_talk_department_id=owner.department_id, source="以商招商", stage=stage,
        stage_since=since,
        stage_before_off_ramp=course.steps[-2][0] if stage.is_off_ramp else None,
        off_ramp_reason={
            Stage.LOST: OffRampReason.WENT_ELSEWHERE, Stage.PARKED: OffRampReason.FUNDS_NOT_READY,
        }.get(stage),
        path=Path.LAND, first_contact_on=first, last_progress_on=since,
        agreement_type=AgreementType.FORMAL if is_signed else None,
        is_physical=True, nature=Nature.NEW, origin=Origin.OTHER_PROVINCE,
        promotion_mode=PromotionMode.CHAIN, investment_yuan=amount,
        investment_text=f"{amount / YI:g}亿元", created_by_id=owner.id, created_at=_moment(first),
    )  # fmt: skip
    db.session.add(lead)
    db.session.flush()
    lead.receipt_number = f"BB{first:%Y%m%d}-{lead.id:06d}"
    return lead


def _moves(lead: Lead, course: Course, owner: User, draw: random.Random) -> None:
    """Its moves, most entered on their day; one in twelve so late that it is marked 补录."""
    before = None
    for stage, day in course.steps:
        late = draw.randint(9, 20) if before is not None and draw.random() < 1 / 12 else 0
        db.session.add(
            StageChange(
                lead_id=lead.id, from_stage=before, to_stage=stage, happened_on=day,
                by_id=owner.id, at=_moment(day + timedelta(days=late)),
            )
        )  # fmt: skip
        before = stage


def _papers(lead: Lead, course: Course, owner: User, amount: int) -> None:
    figures = [(FigureSource.TALK, course.steps[0][1], None)]
    for stage, day in course.steps:
        if stage not in PROOF:
            continue
        if stage is Stage.SIGNED:
            figures.append((FigureSource.AGREEMENT, day, "投资协议第3条"))
        db.session.add(
            Milestone(
                lead_id=lead.id, kind=PROOF[stage], happened_on=day, known_on=day,
                document="投资协议" if stage is Stage.SIGNED else "证照复印件",
                recorded_by_id=owner.id, recorded_at=_moment(day),
            )
        )  # fmt: skip
    for source, day, document in figures:
        db.session.add(
            Figure(
                lead_id=lead.id, kind=FigureKind.TOTAL_INVESTMENT, source=source, as_of=day,
                stated_text=f"{amount / YI:g}亿元", amount=amount, currency="CNY",
                document=document, recorded_by_id=owner.id, recorded_at=_moment(day),
            )
        )  # fmt: skip


def _quotas_of_past_years(year: int) -> Sequence[Quota]:
    return db.session.scalars(
        select(Quota).where(Quota.code.in_(["A", "B"]), Quota.year.in_([year - 1, year]))
    ).all()


LEAST = {"A": 50 * YI, "B": 5 * YI}


def _said_before(
    lead: Lead, course: Course, quotas: Sequence[Quota], amount: int, at: datetime
) -> None:
    """What the verdict was until it signed or ended: with it past weeks can be forecast again."""
    until = next((day for stage, day in course.steps if stage is Stage.SIGNED), course.end[1])
    for quota in quotas:
        since = max(course.steps[min(2, len(course.steps) - 1)][1], quota.opens)
        if amount < LEAST[quota.code] or since >= min(until, quota.closes):
            continue
        db.session.add(
            SupersededVerdict(
                quota_id=quota.id, lead_id=lead.id, verdict=Outcome.PENDING, branch=0, reasons=[],
                judged_at=_moment(since), replaced_at=min(_moment(min(until, quota.closes)), at),
            )
        )  # fmt: skip


def _tidied_up(leads: Sequence[Lead], today: date) -> None:
    """One day somebody brought six leads up to date at once: moves that teach nothing."""
    db.session.flush()
    ids = [lead.id for lead in leads if lead.stage is Stage.LOST][:6]
    rows = list(
        db.session.scalars(
            select(StageChange)
            .where(StageChange.lead_id.in_(ids), StageChange.to_stage == Stage.LOST)
            .order_by(StageChange.id)
        )
    )
    day = max((row.happened_on for row in rows), default=today)
    for row in rows:
        row.at, row.by_id = _moment(day), rows[0].by_id
