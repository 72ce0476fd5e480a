"""The invented projects of the sample district, as one would list them."""

from dataclasses import dataclass

from crm.leads.rules import (
    ChainRole,
    Origin,
    Path,
    Stage,
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
    role: ChainRole | None = None
    listed: bool = False
    referrer: str | None = None  # who recommended it: until one has met, nobody there is known


def projects() -> tuple[Project, ...]:
    """All of them, in the order they are entered."""
    s = Stage
    carrier, hq = Path.CARRIER, Path.HEADQUARTERS
    return (
        Project(
            "高纯硅溶胶抛光材料扩产项目",
            "样本硅材料（山东）有限公司",
            "NFM-M11",
            s.REGISTERED,
            "6.5亿",
            "staff",
            signed=200,
            registered=150,
            role=ChainRole.SUPPLIER,
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
            role=ChainRole.ANCHOR,
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
            role=ChainRole.ANCHOR,
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
            role=ChainRole.SUPPLIER,
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
            "IME-M6-2",
            s.SIGNED,
            "5亿",
            "staff2",
            signed=13,
            has_papers=False,
            role=ChainRole.SUPPLIER,
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
            role=ChainRole.RESEARCH,
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
            referrer="省网络文化协会孙秘书长",
        ),
        Project(
            "低空飞行器零部件项目",
            "样本航空零部件有限公司",
            "FA-8",
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
            "TRD-M8",
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
            role=ChainRole.SUPPLIER,
        ),
        Project(
            "储能变流器整机基地",
            "样本变流器科技有限公司",
            "IME-M9",
            s.REGISTERED,
            "50.5亿",
            "staff",
            signed=70,
            registered=35,
        ),
    )
