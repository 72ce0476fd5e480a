"""Companies elsewhere that suit the sample district's segments: some about to invest, one put aside.

All are invented; those that an anchor firm names bear the names of `crm/sample/chains.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.chains.models import Segment, SegmentFit
from crm.chains.rules import FitBasis, FitState
from crm.core.db import db
from crm.coverage.services.dismissals import dismiss
from crm.enterprises.models import Enterprise, RankingEdition, RankingEntry, RankingList
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.services import EnterpriseEntry, SignalEntry, add_contact, log_signal, save
from crm.leads.models import Lead

YI = 10**8
EXPANSION, FUNDING, SUBSIDIARY, POLICY = SignalKind


@dataclass(frozen=True, slots=True)
class Suitor:
    """A company that suits a segment, and the newest sign of expansion. `ago`: days."""

    name: str
    segment: str
    region: str
    fit: int
    sign: SignalKind | None = None
    ago: int = 0
    source: str = ""
    yuan: int | None = None
    contact: str | None = None
    holder: str | None = None
    aside: str | None = None
    rank: int | None = None  # on the newest edition of LIST


SUITORS = (
    Suitor("示例传动（省外）", "IME-U1", "320500", 88, EXPANSION, 40, "上市公司公告（示例）", 6 * YI,
           "周经理"),
    Suitor("示例谐波减速器股份有限公司", "IME-U1", "330400", 82, FUNDING, 100, "融资报道（示例）"),
    Suitor("示例滚珠丝杠（青岛）有限公司", "IME-U1", "370200", 64),
    Suitor("示例伺服（省外）", "IME-U2", "440300", 90, SUBSIDIARY, 20, "工商登记（示例）", None,
           "何总监"),
    Suitor("示例运动控制有限公司", "IME-U2", "320100", 71, aside="产能已饱和，两年内不考虑新址"),
    Suitor("示例机器视觉股份有限公司", "IME-U4", "310000", 79, EXPANSION, 200, "年报（示例）", 3 * YI),
    Suitor("示例压力传感器有限公司", "IME-U4", "610100", 58),
    Suitor("示例功率半导体集团有限公司", "IME-U5", "330100", 86, EXPANSION, 15, "签约报道（示例）",
           52 * YI),
    Suitor("示例模块电源（烟台）有限公司", "IME-U5", "370600", 60,
           holder="示例功率半导体集团有限公司"),
    Suitor("示例电子树脂（省外）", "NFM-M8", "441900", 84, None, 0, "", None, "林经理"),
    Suitor("示例光刻材料股份有限公司", "NFM-M7", "310000", 77, FUNDING, 60, "融资报道（示例）"),
    Suitor("示例高纯试剂有限公司", "NFM-M7", "320600", 69, holder="样本半导体材料有限公司"),
    Suitor("示例正极材料股份有限公司", "NFM-M1", "430100", 81, EXPANSION, 75, "环评公示（示例）",
           12 * YI),
    Suitor("示例负极材料（淄博）有限公司", "NFM-M1", "370300", 66, POLICY, 30, "省级目录（示例）"),
    Suitor("示例探测器（省外）", "MED-U2", "310000", 83, SUBSIDIARY, 10, "工商登记（示例）", None,
           "顾经理"),
    Suitor("示例化学（中国）有限公司", "SVC-M2", "310000", 74, rank=287),
)  # fmt: skip
LIST = "fortune_global_500"


def load(users: Mapping[str, User], today: date, at: datetime) -> None:
    """Also the investors of the sample's leads suit the segment their lead stands at."""
    keeper = actor_by_id(users["staff"].id)
    assert keeper is not None
    segments = {row.code: row.id for row in db.session.execute(select(Segment.code, Segment.id))}
    companies = dict(iter(db.session.execute(select(Enterprise.name, Enterprise.id))))
    edition = db.session.scalar(
        select(RankingEdition.id)
        .join(RankingList, RankingList.id == RankingEdition.list_id)
        .where(RankingList.code == LIST)
        .order_by(RankingEdition.published_on.desc())
        .limit(1)
    )
    for each in SUITORS:
        if each.segment not in segments:
            continue
        entry = EnterpriseEntry(
            name=each.name, region_code=each.region,
            parent_id=companies.get(each.holder or ""),
        )  # fmt: skip
        company = companies[each.name] = save(keeper, at, None, entry).id
        if each.sign:
            sign = SignalEntry(
                each.sign, today - timedelta(days=each.ago), each.source, amount_yuan=each.yuan
            )
            log_signal(keeper, at, company, sign)
        if each.contact:
            add_contact(keeper, at, company, each.contact, "13800008000")
        if each.rank and edition is not None:
            db.session.add(
                RankingEntry(
                    edition_id=edition, enterprise_id=company, rank=each.rank, name_on_list=each.name,
                    document=f"榜单第{each.rank}位截图（示例）", confirmed_by_id=keeper.id,
                    confirmed_at=at,
                )
            )  # fmt: skip
        if each.aside:
            dismiss(keeper, at, company, [segments[each.segment]], each.aside, 90, today=today)
    fits = {
        (companies[each.name], segments[each.segment]): each.fit
        for each in SUITORS
        if each.segment in segments
    }
    leads = select(Lead.investor_id, Lead.segment_id).where(
        Lead.investor_id.is_not(None), Lead.segment_id.is_not(None)
    )
    fits |= {(row.investor_id, row.segment_id): 75 for row in db.session.execute(leads)}
    known = select(SegmentFit.enterprise_id, SegmentFit.segment_id)
    for company, segment in fits.keys() - {(row[0], row[1]) for row in db.session.execute(known)}:
        db.session.add(
            SegmentFit(
                enterprise_id=company, segment_id=segment, basis=FitBasis.PERSON,
                score=fits[company, segment], state=FitState.CONFIRMED, decided_by_id=keeper.id,
                decided_at=at,
            )
        )  # fmt: skip
