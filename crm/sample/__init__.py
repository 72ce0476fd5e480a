"""A sample district to try the product on: invented companies, people and projects.

Loaded by `make run` into an empty database, never in production.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path as Folder

from sqlalchemy import func, select

from crm.accounts import services as accounts
from crm.accounts.models import Department, User
from crm.accounts.queries import system_actor
from crm.accounts.rules import DepartmentKind, Role
from crm.chains.models import Chain, Segment
from crm.core.db import db
from crm.core.money import Unit, parse_amount
from crm.core.pinyin import pinyin_initials
from crm.enterprises.models import Contact, Enterprise, RankingEdition, RankingEntry, RankingList
from crm.enterprises.rules import loose_name, normalise_name, search_text, title_key
from crm.history import services as history
from crm.leads.models import Activity, ExchangeRate, Figure, Lead, Milestone, StageChange
from crm.leads.rules import (
    ActivityKind,
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
    Tier,
    to_yuan,
)
from crm.outlook.services import archive_week
from crm.places.models import Street, Zone
from crm.quotas.services import rejudge
from crm.sample import (
    checkup,
    closing,
    criteria,
    division,
    indicators,
    outlook,
    papers,
    past,
    recognition,
)
from crm.sample.rankings import load_editions

PASSWORD = "Sample-2026"  # noqa: S105  printed at start; the sample never loads in production

LATEST_RATES = {"USD": Decimal("7.11"), "HKD": Decimal("0.914")}

PEOPLE = (
    ("staff", "张伟", Role.STAFF, "区投资促进局", "zhangwei@example.gov.cn"),
    ("staff2", "李娜", Role.STAFF, "药山街道", "lina@example.gov.cn"),
    ("head", "王芳", Role.UNIT_HEAD, "区投资促进局", "wangfang@example.gov.cn"),
    ("leader", "刘洋", Role.DIRECTOR, "区投资促进局", "liuyang@example.gov.cn"),
    ("district", "陈静", Role.DISTRICT_LEADER, None, "chenjing@example.gov.cn"),
    ("admin", "系统管理员", Role.ADMINISTRATOR, None, "admin@example.gov.cn"),
    ("auditor", "审计员", Role.AUDITOR, None, "auditor@example.gov.cn"),
)


@dataclass(frozen=True, slots=True)
class Project:
    """One invented project; days are relative to the day the sample is loaded."""

    title: str
    investor: str
    segment: str
    stage: Stage
    amount: str
    owner: str
    is_physical: bool | None = True
    is_headquarters: bool | None = None
    revenue: str | None = None
    signed: int | None = None  # days ago
    registered: int | None = None
    started: int | None = None
    has_papers: bool = True
    next_in: int | None = 5
    quiet: int = 6
    path: Path = Path.LAND
    origin: Origin = Origin.OTHER_PROVINCE
    listed: bool = False


def _projects() -> tuple[Project, ...]:
    s = Stage
    carrier, hq = Path.CARRIER, Path.HEADQUARTERS
    return (
        Project(
            "高纯硅溶胶抛光材料扩产项目",
            "样本硅材料（山东）有限公司",
            "NFM-M11",
            s.SIGNED,
            "6.5亿",
            "staff",
            signed=200,
            registered=150,
        ),
        Project(
            "磷酸铁锂正极材料基地",
            "样本锂电材料股份有限公司",
            "NFM-M1",
            s.STARTED,
            "52亿元",
            "staff",
            signed=240,
            registered=210,
            started=60,
        ),
        Project(
            "海上风电整机制造基地",
            "样本风电装备集团有限公司",
            "IME-M10",
            s.REGISTERED,
            "50亿",
            "staff2",
            signed=150,
            registered=90,
        ),
        Project(
            "储能系统集成总装项目",
            "样本储能科技有限公司",
            "IME-M9",
            s.SIGNED,
            "49.99亿",
            "staff2",
            signed=120,
        ),
        Project(
            "工业机器人谐波减速器项目",
            "样本传动机械有限公司",
            "IME-U1",
            s.STARTED,
            "5.2亿元",
            "staff",
            signed=260,
            registered=230,
            started=110,
        ),
        Project(
            "配电物联终端产业园",
            "样本电力电子有限公司",
            "IME-M7",
            s.REGISTERED,
            "8亿",
            "staff",
            signed=100,
            registered=40,
            path=carrier,
        ),
        Project(
            "料箱机器人生产项目",
            "样本物流科技有限公司",
            "IME-M6",
            s.SIGNED,
            "5亿",
            "staff2",
            signed=13,
            has_papers=False,
        ),
        Project(
            "建设集团华北结算总部",
            "样本建设集团有限公司",
            "SVC-M1",
            s.REGISTERED,
            "1,200.5万元",
            "staff",
            is_physical=False,
            is_headquarters=True,
            revenue="25亿",
            signed=75,
            registered=30,
            path=hq,
        ),
        Project(
            "电气集团山东区域总部",
            "样本电气（中国）投资有限公司",
            "SVC-M2",
            s.SIGNED,
            "3000万美元",
            "staff",
            is_physical=False,
            is_headquarters=True,
            revenue="12亿",
            signed=45,
            path=hq,
            origin=Origin.OVERSEAS,
            listed=True,
        ),
        Project(
            "净菜与中央厨房产业园",
            "样本食品股份有限公司",
            "TRD-M11",
            s.STARTED,
            "5亿2000万",
            "staff2",
            signed=210,
            registered=180,
            started=30,
        ),
        Project(
            "平板探测器产业化项目",
            "样本影像科技有限公司",
            "MED-U2",
            s.NEGOTIATING,
            "约6亿",
            "staff",
            quiet=20,
            next_in=-3,
        ),
        Project(
            "新能源检测综合实验室",
            "样本检测认证集团股份有限公司",
            "TIC-M1",
            s.REVIEWED,
            "50-60亿",
            "staff",
            next_in=2,
        ),
        Project(
            "燃料电池膜电极中试线",
            "山东样本氢能有限公司",
            "NFM-M5",
            s.PRE_SIGNING,
            "2.4亿元",
            "staff2",
            next_in=8,
        ),
        Project(
            "车载终端产业园",
            "样本车联科技有限公司",
            "IME-M12",
            s.PRE_SIGNING,
            "18亿",
            "staff",
            next_in=1,
            path=carrier,
        ),
        Project(
            "跨境贸易区域总部",
            "样本跨境（香港）有限公司",
            "TRD-M6",
            s.NEGOTIATING,
            "2亿港元",
            "staff2",
            is_physical=False,
            is_headquarters=True,
            origin=Origin.OVERSEAS,
            path=hq,
            next_in=0,
        ),
        Project(
            "细胞药物CDMO平台",
            "样本生物技术（山东）有限公司",
            "HLT-M6",
            s.LOST,
            "3.2亿",
            "staff",
            next_in=None,
            quiet=70,
        ),
        Project(
            "数字文创运营中心",
            "样本互娱网络科技有限公司",
            "SVC-M11",
            s.CONTACTED,
            "1.5亿",
            "staff2",
            is_physical=False,
            next_in=None,
            path=carrier,
        ),
        Project(
            "低空飞行器零部件项目",
            "样本航空零部件有限公司",
            "IME-M12",
            s.PARKED,
            "3亿",
            "staff",
            next_in=None,
            quiet=95,
        ),
        Project(
            "电子级硫酸与光刻胶项目",
            "样本半导体材料有限公司",
            "NFM-M7",
            s.NEGOTIATING,
            "50亿",
            "staff",
            quiet=65,
            next_in=-10,
        ),
        Project(
            "高端医疗影像整机项目",
            "样本医疗设备有限公司",
            "MED-M1",
            s.LEAD,
            "7亿",
            "staff2",
            next_in=1,
            quiet=1,
        ),
        Project(
            "城市冷链配送中心",
            "样本供应链管理有限公司",
            "TRD-M11",
            s.CONTACTED,
            "2.8亿",
            "staff",
            quiet=33,
            next_in=-1,
        ),
        Project(
            "精密丝杠导轨生产线",
            "样本精工股份有限公司",
            "IME-U1",
            s.NEGOTIATING,
            "9.6亿",
            "staff2",
            next_in=6,
        ),
    )


def is_empty() -> bool:
    return not db.session.scalar(select(func.count()).select_from(Lead))


def load(at: datetime, today: date, files_dir: Folder) -> int:
    """Fill an empty database; how many leads. The caller opened the transaction.

    `files_dir` is the folder of the leads' files: some projects get scans of their papers.
    """
    actor = system_actor()
    draw = random.Random(370105)  # noqa: S311  the same district on every machine
    users = _load_people(at)
    _load_rates(today)
    zones = list(db.session.scalars(select(Zone).order_by(Zone.position)))
    chains = {chain.id: chain for chain in db.session.scalars(select(Chain))}
    segments = {segment.code: segment for segment in db.session.scalars(select(Segment))}
    district = users["district"]
    leads = []
    for place, project in enumerate(_projects()):
        owner = users[project.owner]
        investor = _enterprise(project.investor, owner, at)
        segment = segments.get(project.segment)
        first = today - timedelta(
            days=max(project.signed or 0, project.quiet) + draw.randint(20, 90)
        )
        # Something happened this very week: new tips came in, one agreement is being drafted.
        is_new, is_drafted = project.stage is Stage.LEAD, project.stage is Stage.PRE_SIGNING
        progress = today - timedelta(days=0 if is_drafted else project.quiet)
        entered_on = today if is_new else first
        lead = Lead(
            title=project.title,
            title_key=title_key(project.title),
            search_text=search_text(project.title, investor.name, investor.pinyin_initials),
            investor_id=investor.id,
            description=f"建设{project.title}，分期实施",
            chain_id=segment.chain_id if segment else None,
            segment_id=segment.id if segment else None,
            zone_id=zones[place % len(zones)].id if zones else None,
            owner_id=owner.id,
            department_id=owner.department_id,
            first_talk_department_id=owner.department_id,
            sponsor_id=district.id if place % 4 == 0 else None,
            source=draw.choice(("以商招商", "驻点招商", "展会", "省厅推荐", "商会引荐")),
            stage=project.stage,
            stage_since=progress,
            stage_before_off_ramp=Stage.NEGOTIATING if project.stage.is_off_ramp else None,
            off_ramp_reason=_reason(project.stage),
            path=project.path,
            first_contact_on=first,
            last_progress_on=progress,
            expected_sign_on=today + timedelta(days=40) if project.stage.is_in_talks else None,
            next_action=draw.choice(
                ("约谈投资方负责人", "提交用地方案", "组织专家评审", "现场考察选址")
            )
            if project.next_in is not None
            else None,
            next_action_on=today + timedelta(days=project.next_in)
            if project.next_in is not None
            else None,
            agreement_type=AgreementType.FORMAL if project.signed is not None else None,
            is_physical=project.is_physical,
            is_headquarters=project.is_headquarters,
            nature=Nature.NEW,
            origin=project.origin,
            promotion_mode=PromotionMode.CHAIN,
            tier=draw.choice(list(Tier)),
            created_by_id=owner.id,
            created_at=at - (today - entered_on),
        )
        if project.listed:
            lead.list_enterprise_id, lead.list_shareholding = investor.id, 100
        db.session.add(lead)
        db.session.flush()
        lead.receipt_number = f"BB{entered_on:%Y%m%d}-{lead.id:06d}"
        _load_facts(lead, project, owner, today, first, at)
        history.record(
            actor, at, "sample_loaded", lead, after={"title": lead.title}, lead_id=lead.id
        )
        leads.append(lead)
    _load_ranking(users["leader"], today, at)
    load_editions(users["leader"], today, at)
    for chain in list(chains.values())[:2]:
        chain.leader_id = district.id
    division.load_leaders(leads, at)
    papers.load(leads, files_dir, at)
    outlook.load(leads, today, at)
    checkup.load(leads, at)
    indicators.load(users, today, at)
    db.session.flush()
    closing.load(leads, users, today)
    rejudge([lead.id for lead in leads], today=today, at=at)
    criteria.load(users["leader"], today, at)
    division.load(users["leader"], today, at)
    recognition.load(leads, users, today, at)
    outlook.decide(users, leads, today, at)
    numbers = {code: segment.id for code, segment in segments.items()}
    earlier = past.load(users, numbers, today, at)
    archive_week(at, today)  # this week's forecast, as the worker keeps it
    return len(leads) + earlier


def _reason(stage: Stage) -> OffRampReason | None:
    return {
        Stage.LOST: OffRampReason.WENT_ELSEWHERE,
        Stage.PARKED: OffRampReason.FUNDS_NOT_READY,
    }.get(stage)


def _load_people(at: datetime) -> dict[str, User]:
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


def _load_rates(today: date) -> None:
    rates = select(ExchangeRate.currency, ExchangeRate.quoted_on)
    known = {(row.currency, row.quoted_on) for row in db.session.execute(rates)}
    for days, usd, hkd in (
        (300, "7.02", "0.901"),
        (120, "7.08", "0.906"),
        (10, *LATEST_RATES.values()),
    ):
        quoted_on = today - timedelta(days=days)
        for currency, rate in (("USD", usd), ("HKD", hkd)):
            if (currency, quoted_on) not in known:
                db.session.add(
                    ExchangeRate(currency=currency, quoted_on=quoted_on, cny_per_unit=Decimal(rate))
                )


def _enterprise(name: str, owner: User, at: datetime) -> Enterprise:
    initials = pinyin_initials(name)
    enterprise = Enterprise(
        name=name,
        name_norm=normalise_name(name),
        name_loose=loose_name(name),
        pinyin_initials=initials,
        search_text=search_text(name, initials),
        created_by_id=owner.id,
        created_at=at,
    )
    db.session.add(enterprise)
    db.session.flush()
    db.session.add(
        Contact(
            enterprise_id=enterprise.id,
            name="赵经理",
            position="投资总监",
            phone=f"1380000{1000 + enterprise.id:04d}",
            created_by_id=owner.id,
            created_at=at,
        )
    )
    return enterprise


def _load_facts(
    lead: Lead, project: Project, owner: User, today: date, first: date, at: datetime
) -> None:
    signed_on = today - timedelta(days=project.signed) if project.signed is not None else None
    figures = [(FigureKind.TOTAL_INVESTMENT, project.amount, FigureSource.TALK, first)]
    if signed_on and project.has_papers:
        figures.append(
            (FigureKind.TOTAL_INVESTMENT, project.amount, FigureSource.AGREEMENT, signed_on)
        )
    if project.revenue:
        source = FigureSource.AGREEMENT if signed_on else FigureSource.TALK
        figures.append(
            (FigureKind.HEADQUARTERS_REVENUE, project.revenue, source, signed_on or first)
        )
    for kind, typed, source, as_of in figures:
        amount = parse_amount(typed, bare_unit=Unit.YI)
        db.session.add(
            Figure(
                lead_id=lead.id,
                kind=kind,
                source=source,
                as_of=as_of,
                stated_text=typed,
                amount=amount.value,
                upper=amount.upper,
                currency=amount.currency,
                qualifier=amount.qualifier,
                basis="committed" if kind is FigureKind.HEADQUARTERS_REVENUE else None,
                document="投资协议第3条" if source is FigureSource.AGREEMENT else None,
                recorded_by_id=owner.id,
                recorded_at=at,
            )
        )
        if kind is FigureKind.TOTAL_INVESTMENT:
            lead.investment_text = typed
            rate = LATEST_RATES.get(amount.currency, Decimal(1))
            lead.investment_yuan = to_yuan(amount.value, rate)
    starts = {
        Path.LAND: MilestoneKind.STARTED,
        Path.CARRIER: MilestoneKind.MOVED_IN,
        Path.HEADQUARTERS: MilestoneKind.TAXPAYING,
    }
    dated = (
        (MilestoneKind.SIGNED, project.signed, "投资协议"),
        (MilestoneKind.REGISTERED, project.registered, "营业执照"),
        (starts[project.path], project.started, "施工许可证"),
    )
    for kind, days, document in dated:
        if days is not None:
            db.session.add(
                Milestone(
                    lead_id=lead.id,
                    kind=kind,
                    happened_on=today - timedelta(days=days),
                    known_on=today - timedelta(days=days),
                    document=document if project.has_papers else None,
                    recorded_by_id=owner.id,
                    recorded_at=at - timedelta(days=days),
                )
            )
    db.session.add(
        StageChange(
            lead_id=lead.id,
            from_stage=Stage.REVIEWED if project.stage is Stage.PRE_SIGNING else None,
            to_stage=lead.stage,
            happened_on=lead.stage_since,
            by_id=owner.id,
            at=at - (today - lead.stage_since),
        )
    )
    if signed_on:
        db.session.add(
            Activity(
                lead_id=lead.id,
                enterprise_id=lead.investor_id,
                kind=ActivityKind.MEETING,
                happened_on=signed_on - timedelta(days=14),
                summary="与投资方就协议条款会谈，约定签约时间",
                contact_name="赵经理",
                is_substantive=True,
                by_id=owner.id,
                at=at - timedelta(days=project.signed or 0),
            )
        )
    for days, kind, summary in (
        (0, ActivityKind.CALL, "电话沟通选址条件，对方将补充用地需求"),
        (12, ActivityKind.RECEPTION, "来访考察园区，介绍产业政策与配套"),
        (28, ActivityKind.VISIT_OUT, "赴企业总部拜访，了解投资计划"),
    ):
        db.session.add(
            Activity(
                lead_id=lead.id,
                enterprise_id=lead.investor_id,
                kind=kind,
                happened_on=max(lead.last_progress_on - timedelta(days=days), first),
                summary=summary,
                contact_name="赵经理",
                is_substantive=True,
                by_id=owner.id,
                at=at,
            )
        )


def _load_ranking(confirmed_by: User, today: date, at: datetime) -> None:
    """The one listed investor of the sample stands on last summer's Fortune list."""
    ranking = db.session.scalar(select(RankingList).where(RankingList.code == "fortune_global_500"))
    member = db.session.scalar(
        select(Enterprise).where(Enterprise.name == "样本电气（中国）投资有限公司")
    )
    if ranking is None or member is None:
        return
    year = today.year if today >= date(today.year, 8, 1) else today.year - 1
    edition = RankingEdition(
        list_id=ranking.id,
        year=year,
        published_on=date(year, 7, 29),
        document="《财富》官网榜单截图（示例）",
    )
    db.session.add(edition)
    db.session.flush()
    db.session.add(
        RankingEntry(
            edition_id=edition.id,
            enterprise_id=member.id,
            rank=196,
            name_on_list="样本电气",
            document="榜单第196位截图（示例）",
            confirmed_by_id=confirmed_by.id,
            confirmed_at=at,
        )
    )
