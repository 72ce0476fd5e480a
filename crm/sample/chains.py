"""Who stands where on the sample district's chains, and what its anchor firms need.

The anchors bear the names the taxonomy gives them with （示例） behind; every figure is invented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from flask import current_app
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.chains.models import Segment
from crm.chains.queries.chain_file import entry_of
from crm.chains.rules import NeedKind, PresenceRole, SegmentLayout, Strength
from crm.chains.rules.entries import SegmentEntry
from crm.chains.rules.presence import PresenceEntry
from crm.chains.rules.tree import Place
from crm.chains.services import examples, needs, presence, suggesting
from crm.chains.services.needs import NeedEntry
from crm.chains.services.reshaping import Reshaping
from crm.chains.services.segments import add_segment, edit_segment
from crm.core.db import db
from crm.coverage.services.reshaping import reshape
from crm.enterprises.services import EnterpriseEntry, save
from crm.places.models import Zone
from crm.places.queries import district_code

ANCHOR, SUPPLIER, RESEARCH, SERVICE = PresenceRole
WEAK, MEDIUM, STRONG = Strength
SUPPLY, CUSTOMER, PARTNER = NeedKind
WAN, YI = 10**4, 10**8

COLLOID, NANO, SHIELD = (
    "建邦胶体（示例）有限公司", "银丰纳米（示例）有限公司", "天诺光电（示例）有限公司",
)  # fmt: skip
ROBOT, GRID = "德晟机器人（示例）有限公司", "德源电力（示例）有限公司"
IMAGING = "示例医学影像设备有限公司"
PHARMA, ROADS, MARKET = (
    "上药控股山东总部（示例）", "示例交通工程检测有限公司", "泺口服装城运营（示例）有限公司",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm at a segment. `output`: yuan in the year before it was checked; `checked`: days ago."""

    name: str
    segment: str
    role: PresenceRole
    strength: Strength
    output: int | None = None
    zone: str | None = None
    since: int | None = None
    checked: int = 30
    left: int | None = None  # days ago


PARTS = {
    "IME-M6": (
        SegmentEntry(
            "IME-M6-1", "立体仓库与输送分拣", "Automated warehouses and sorting lines",
            keywords=("立体库", "堆垛机", "输送分拣"), industry_codes=("3434",),
        ),
        SegmentEntry(
            "IME-M6-2", "移动机器人", "Mobile robots",
            keywords=("移动机器人", "料箱机器人", "自动导引车"), industry_codes=("3491",),
        ),
    ),
}  # fmt: skip
"""What the bureau split a segment into."""

LEFT_OUT = ("IME-M13",)
"""What a city district without fields does not go for (不布局)."""

FIRMS = (
    Firm(COLLOID, "NFM-M11", ANCHOR, STRONG, 1260000000, "smart", 2008, 20),
    Firm(NANO, "NFM-M17", ANCHOR, MEDIUM, 4 * YI + 8000 * WAN, "smart", 2012, 45),
    Firm(SHIELD, "NFM-M10", ANCHOR, STRONG, 3 * YI + 9000 * WAN, "smart", 2010, 60),
    Firm("示例有机硅材料有限公司", "NFM-U2", SUPPLIER, WEAK, 4200 * WAN, "smart", 2017, 90),
    Firm("示例高纯粉体有限公司", "NFM-U4", SUPPLIER, MEDIUM, 9600 * WAN, "smart", 2015, 120),
    Firm("示例功能涂料有限公司", "NFM-M16", SUPPLIER, MEDIUM, 1 * YI + 3000 * WAN, "smart", 2011, 35),
    Firm("示例膜分离技术研究院", "NFM-M13", RESEARCH, WEAK, None, "tech", 2020, 75),
    Firm("示例轻量化部件有限公司", "NFM-D3", SUPPLIER, WEAK, 7800 * WAN, "smart", 2016, 430),
    Firm(ROBOT, "IME-M3", ANCHOR, STRONG, 5 * YI + 2000 * WAN, "smart", 2013, 15),
    Firm(ROBOT, "IME-M2", SUPPLIER, MEDIUM, 1 * YI + 6000 * WAN, "smart", 2018, 15),
    Firm(GRID, "IME-M7", ANCHOR, STRONG, 8 * YI + 4000 * WAN, "smart", 2006, 25),
    Firm(GRID, "IME-M8", SUPPLIER, MEDIUM, 2 * YI + 1000 * WAN, "smart", 2009, 25),
    Firm("示例精密减速机有限公司", "IME-U1", SUPPLIER, WEAK, 5100 * WAN, "smart", 2019, 50),
    Firm("示例铸造股份有限公司", "IME-U7", SUPPLIER, MEDIUM, 1 * YI + 1500 * WAN, "smart", 2004, 510),
    Firm("示例工业软件有限公司", "IME-U6", SUPPLIER, MEDIUM, 3300 * WAN, "tech", 2016, 80),
    Firm("示例智能仓储装备有限公司", "IME-M6-1", SUPPLIER, MEDIUM, 2 * YI + 4000 * WAN, "smart", 2014, 65),
    Firm("示例数控机床研究院", "IME-M1", RESEARCH, WEAK, None, "tech", 2021, 110),
    Firm("示例工程机械有限公司", "IME-M14", SUPPLIER, STRONG, 6 * YI + 5000 * WAN, "smart", 2001, 40),
    Firm("示例再制造有限公司", "IME-D4", SUPPLIER, WEAK, 2600 * WAN, "smart", 2018, 390),
    Firm(IMAGING, "MED-M1", ANCHOR, MEDIUM, 2 * YI + 9000 * WAN, "smart", 2015, 28),
    Firm("示例医用高分子材料有限公司", "MED-U1", SUPPLIER, MEDIUM, 8800 * WAN, "smart", 2013, 70),
    Firm("示例监护设备有限公司", "MED-M4", SUPPLIER, WEAK, 4700 * WAN, "smart", 2019, 95),
    Firm("示例体外诊断有限公司", "MED-M2", SUPPLIER, WEAK, 3900 * WAN, "smart", 2017, 470),
    Firm("示例医疗供应链有限公司", "MED-D1", SUPPLIER, STRONG, 11 * YI, "service", 2009, 55),
    Firm(ROADS, "TIC-M4", ANCHOR, STRONG, 3 * YI + 1000 * WAN, "tech", 2003, 33),
    Firm("示例计量检测有限公司", "TIC-M2", SUPPLIER, MEDIUM, 5600 * WAN, "tech", 2012, 85),
    Firm("示例环境监测有限公司", "TIC-M5", SUPPLIER, WEAK, 2900 * WAN, "tech", 2018, 140),
    Firm("示例实验室信息技术有限公司", "TIC-U6", SERVICE, WEAK, 1800 * WAN, "tech", 2020, 130),
    Firm(PHARMA, "HLT-D1", ANCHOR, STRONG, 36 * YI, "service", 2016, 22),
    Firm("御林医药（示例）有限公司", "HLT-D1", SUPPLIER, MEDIUM, 9 * YI + 2000 * WAN, "service", 2014, 48),
    Firm("示例中药饮片有限公司", "HLT-U1", SUPPLIER, MEDIUM, 1 * YI + 9000 * WAN, "service", 2010, 62),
    Firm("示例制药股份有限公司", "HLT-M1", SUPPLIER, MEDIUM, 4 * YI + 5000 * WAN, "service", 2002, 105),
    Firm(MARKET, "TRD-M1", ANCHOR, STRONG, 5 * YI + 6000 * WAN, "trade", 1998, 38),
    Firm("示例冷链物流有限公司", "TRD-M8", SUPPLIER, MEDIUM, 1 * YI + 2000 * WAN, "trade", 2015, 88),
    Firm("示例中央厨房有限公司", "TRD-M11", SUPPLIER, MEDIUM, 2 * YI + 2000 * WAN, "trade", 2019, 58),
    Firm("示例数码市场管理有限公司", "TRD-U2", SUPPLIER, WEAK, 6400 * WAN, "trade", 2005, 450),
    Firm("示例电竞文化有限公司", "SVC-M11", SUPPLIER, WEAK, 3100 * WAN, "service", 2021, 68),
    Firm("示例工程设计有限公司", "SVC-M7", SUPPLIER, STRONG, 4 * YI + 1000 * WAN, "service", 1999, 76),
    Firm("示例线路板材料有限公司", "NFM-M8", SUPPLIER, WEAK, 3700 * WAN, "smart", 2016, 320, 100),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Want:
    """An entry of an anchor's lists. `amount`: yuan a year; `noted` and `met`: days ago."""

    anchor: str
    segment: str
    kind: NeedKind
    description: str
    amount: int | None = None
    partner: str | None = None
    noted: int = 60
    met: int | None = None


WANTS = (
    Want(COLLOID, "NFM-U2", SUPPLY, "高纯硅溶胶用硅源，年用量约1.2万吨", 9000 * WAN, "示例硅业（省外）"),
    Want(COLLOID, "NFM-U4", SUPPLY, "亚微米二氧化硅前驱体", 6000 * WAN, "示例前驱体（省外）", 50),
    Want(COLLOID, "NFM-U5", SUPPLY, "离子交换与超滤成套装备及备件", 3500 * WAN, None, 40),
    Want(COLLOID, "NFM-D2", CUSTOMER, "晶圆粗抛、精抛用抛光液", 2 * YI + 2000 * WAN, "示例晶圆制造（省外）"),
    Want(COLLOID, "NFM-M7", PARTNER, "联合开发清洗液，共用洁净厂房", None, None, 30),
    Want(SHIELD, "NFM-M8", SUPPLY, "屏蔽膜用聚酰亚胺基材", 4800 * WAN, "示例电子树脂（省外）", 35),
    Want(SHIELD, "IME-M12", CUSTOMER, "车载显示屏屏蔽导热组件", 1 * YI + 1000 * WAN, None, 70),
    Want(NANO, "NFM-D1", CUSTOMER, "电池导电浆料", 7500 * WAN, "示例动力电池（省外）", 55),
    Want(ROBOT, "IME-U1", SUPPLY, "六轴机器人用精密减速器", 1 * YI + 3000 * WAN, "示例传动（省外）", 25),
    Want(ROBOT, "IME-U2", SUPPLY, "伺服电机与驱动器", 8000 * WAN, "示例伺服（省外）", 25),
    Want(ROBOT, "IME-U4", SUPPLY, "三维视觉传感器", 3000 * WAN, None, 45),
    Want(GRID, "IME-U5", SUPPLY, "功率器件与模块电源", 1 * YI + 6000 * WAN, "示例半导体（省外）", 33),
    Want(GRID, "IME-U6", PARTNER, "配电终端运维软件", 1200 * WAN, "示例工业软件有限公司", 300, 120),
    Want(IMAGING, "MED-U2", SUPPLY, "X射线球管与平板探测器", 7200 * WAN, "示例探测器（省外）", 28),
    Want(PHARMA, "HLT-D3", PARTNER, "处方流转平台合作", None, None, 42),
)  # fmt: skip


def arrange(users: Mapping[str, User], at: datetime) -> None:
    """The bureau changed its chains two months ago: one segment in parts, another left out."""
    leader = actor_by_id(users["leader"].id)
    assert leader is not None
    at -= timedelta(days=60)
    for segment in db.session.scalars(select(Segment).where(Segment.code.in_(PARTS))).all():
        place = Place(segment.chain_id, parent=segment.id)
        for entry in PARTS[segment.code]:
            reshape(leader, at, partial(add_segment, place=place, entry=entry))
    for segment in db.session.scalars(select(Segment).where(Segment.code.in_(LEFT_OUT))).all():
        reshape(leader, at, partial(_leave_out, segment=segment))


def _leave_out(change: Reshaping, segment: Segment) -> None:
    entry = replace(entry_of(segment), layout=SegmentLayout.NONE)
    edit_segment(change, segment.id, segment.version, entry)


def load(users: Mapping[str, User], today: date, at: datetime) -> None:
    """Firms, some of them not looked at for over a year, and the lists of the anchor firms."""
    keeper = actor_by_id(users["staff"].id)
    assert keeper is not None
    segments = {row.code: row.id for row in db.session.execute(select(Segment.code, Segment.id))}
    zones = {row.code: row.id for row in db.session.execute(select(Zone.code, Zone.id))}
    here = district_code()
    companies: dict[str, int] = {}
    for firm in FIRMS:
        if firm.segment not in segments:
            continue
        moment = at - timedelta(days=firm.checked)
        if firm.name not in companies:
            entry = EnterpriseEntry(name=firm.name, region_code=here)
            companies[firm.name] = save(keeper, moment, None, entry).id
        _stand(keeper, firm, companies[firm.name], segments, zones, today, at)
    for want in WANTS:
        if want.segment in segments and want.anchor in companies:
            _note(keeper, want, companies, segments, today, at)
    taxonomy = current_app.extensions["settings"].preset_folder / "chains.json"
    examples.take_examples(keeper, at, json.loads(taxonomy.read_text(encoding="utf-8")))
    suggesting.suggest_for()


def _stand(
    keeper: Actor,
    firm: Firm,
    company: int,
    segments: Mapping[str, int],
    zones: Mapping[str, int],
    today: date,
    at: datetime,
) -> None:
    checked = today - timedelta(days=firm.checked)
    told = PresenceEntry(
        firm.role,
        firm.strength,
        firm.output,
        checked.year - 1 if firm.output is not None else None,
        "走访企业时核实（示例）" if firm.output is None else "企业报送的年度产值表（示例）",
        zones.get(firm.zone or ""),
        date(firm.since, 6, 1) if firm.since else None,
    )
    stands = presence.stand(
        keeper, at - timedelta(days=firm.checked), company, segments[firm.segment], told,
        today=checked,
    )  # fmt: skip
    if firm.left is not None:
        presence.end(
            keeper, at - timedelta(days=firm.left), stands.id, stands.version,
            today - timedelta(days=firm.left), "迁往外地（示例）", today=today,
        )  # fmt: skip


def _note(
    keeper: Actor,
    want: Want,
    companies: Mapping[str, int],
    segments: Mapping[str, int],
    today: date,
    at: datetime,
) -> None:
    noted = today - timedelta(days=want.noted)
    entry = NeedEntry(
        segments[want.segment], want.kind, want.description, noted,
        companies.get(want.partner or ""), want.partner, want.amount,
    )  # fmt: skip
    need = needs.note(
        keeper, at - timedelta(days=want.noted), companies[want.anchor], entry, today=noted
    )
    if want.met is not None:
        needs.meet(
            keeper, at - timedelta(days=want.met), need.id, need.version,
            today - timedelta(days=want.met), today=today,
        )  # fmt: skip
