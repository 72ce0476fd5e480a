"""A few signs of expansion, old and new, so that the list and the recommendations have something to show."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.services import SignalEntry, log_signal

YI = 10**8
# Company, kind, days ago, source, amount in 亿元.
SIGNALS = (
    ("样本锂电材料股份有限公司", SignalKind.EXPANSION, 20, "上市公司公告（示例）2026-031", 12),
    ("样本锂电材料股份有限公司", SignalKind.FUNDING, 210, "交易所问询函回复（示例）", 8),
    (
        "样本风电装备集团有限公司",
        SignalKind.SUBSIDIARY,
        75,
        "国家企业信用信息公示系统（示例）",
        None,
    ),
    ("样本储能科技有限公司", SignalKind.POLICY, 150, "省新型储能行动方案（示例）", None),
)


def load(by: User, today: date, at: datetime) -> None:
    """Logged on the companies of these names that the sample has."""
    actor = actor_by_id(by.id)
    known = dict(iter(db.session.execute(select(Enterprise.name, Enterprise.id))))
    for company, kind, days, source, amount in SIGNALS:
        if actor is not None and company in known:
            entry = SignalEntry(
                kind, today - timedelta(days), source, amount_yuan=amount and amount * YI
            )
            log_signal(actor, at, known[company], entry)
