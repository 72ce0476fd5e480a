"""The ranking lists a bureau may be asked about; editions and members are entered by people."""

from sqlalchemy import select

from crm.core.db import db
from crm.enterprises.models import RankingList

LISTS = (
    ("fortune_global_500", "《财富》世界500强", "Fortune Global 500", "《财富》"),
    ("china_500", "中国企业500强", "China Top 500 Enterprises", "中国企业联合会、中国企业家协会"),
    (
        "strategic_emerging_100",
        "中国战略性新兴产业领军企业100强",
        "China Top 100 Strategic Emerging Industry Leaders",
        "中国企业联合会、中国企业家协会",
    ),
    ("china_private_500", "中国民营企业500强", "China Top 500 Private Enterprises", "全国工商联"),
    (
        "china_services_500",
        "中国服务业企业500强",
        "China Top 500 Service Enterprises",
        "中国企业联合会、中国企业家协会",
    ),
)


def load_ranking_lists() -> int:
    """Idempotent by code; how many were new."""
    known = set(db.session.scalars(select(RankingList.code)))
    new = [
        RankingList(code=code, name=name, name_en=name_en, publisher=publisher, position=position)
        for position, (code, name, name_en, publisher) in enumerate(LISTS)
        if code not in known
    ]
    db.session.add_all(new)
    return len(new)
