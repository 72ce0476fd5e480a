"""Records of the sample district that the checkup asks about: an amount entered anew, a filing, one
person behind two companies."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from crm.core.clock import office_day
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.leads.models import Figure, Lead
from crm.leads.rules import FigureKind, FigureSource

YI = 100_000_000
LIFTED = "工业机器人谐波减速器项目"
FILED_LOWER = "配电物联终端产业园"
REPRESENTATIVES = {
    "高纯硅溶胶抛光材料扩产项目": "王建国",
    "配电物联终端产业园": "王建国",
    "磷酸铁锂正极材料基地": "李明远",
    "海上风电整机制造基地": "周海涛",
    "工业机器人谐波减速器项目": "陈立",
}
"""法定代表人 of some investors; one of them signs for two."""


def load(leads: Iterable[Lead], at: datetime) -> None:
    """An agreement amount of one project stood below the threshold before; another filed less."""
    by_title = {lead.title: lead for lead in leads}
    lifted = db.session.scalars(
        select(Figure).where(
            Figure.lead_id == by_title[LIFTED].id, Figure.source == FigureSource.AGREEMENT
        )
    ).one()
    db.session.add(
        Figure(
            lead_id=lifted.lead_id,
            kind=FigureKind.TOTAL_INVESTMENT,
            source=FigureSource.AGREEMENT,
            as_of=lifted.as_of,
            stated_text="4.8亿元",
            amount=48 * YI // 10,
            currency="CNY",
            document="投资协议第3条",
            is_withdrawn=True,
            recorded_by_id=lifted.recorded_by_id,
            recorded_at=at - timedelta(days=200),
        )
    )
    filed = by_title[FILED_LOWER]
    db.session.add(
        Figure(
            lead_id=filed.id,
            kind=FigureKind.TOTAL_INVESTMENT,
            source=FigureSource.FILING,
            as_of=office_day(at) - timedelta(days=30),
            stated_text="6.2亿元",
            amount=62 * YI // 10,
            currency="CNY",
            document="备案证明（示例）",
            recorded_by_id=filed.owner_id,
            recorded_at=at - timedelta(days=30),
        )
    )


def load_representatives(leads: Iterable[Lead]) -> None:
    """Names of the persons who sign for some investors: loaded after the approvals of the sample,
    since a pair nobody has ruled on would hold them back."""
    by_title = {lead.title: lead for lead in leads}
    for title, name in REPRESENTATIVES.items():
        investor = db.session.get_one(Enterprise, by_title[title].investor_id)
        investor.legal_representative = name
    db.session.flush()
