"""Two invented editions of a list: some of the sample's companies stand on it, one changed its name."""

from datetime import date, datetime

from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.sheets import Sheet
from crm.enterprises.models import (
    Enterprise,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.rules.ranking.columns import proposed_mapping
from crm.enterprises.services import (
    EditionEntry,
    confirm_match,
    import_edition,
    reject_match,
)

LIST = "china_private_500"
HEAD = ("名次", "企业名称", "省份（所在地）", "营业收入（亿元）")
BEFORE = (
    (1, "示例云网控股集团有限公司", "广东", 8123.4),
    (2, "示例重工集团有限公司", "江苏", 6120),
    (3, "样本建设集团有限公司", "浙江", 4310.5),
    (4, "示例家电股份有限公司", "广东", 3920.8),
    (5, "样本风电装备集团", "江苏", 2210.6),
    (6, "示例地产控股有限公司", "福建", 1988),
    (7, "样本锂电材料股份有限公司", "福建", 1502.3),
    (8, "示例纺织实业集团有限公司", "山东", 1403.1),
    (9, "示例零售连锁股份有限公司", "上海", 1220.9),
    (10, "样本食品股份有限公司", "内蒙古", 1105.5),
    (11, "示例钢铁集团有限公司", "河北", 998.7),
    (12, "样本检测认证集团股份有限公司", "北京", 903.2),
)
NOW = (
    (1, "示例云网控股集团有限公司", "广东", 8790.1),
    (2, "示例家电股份有限公司", "广东", 4388.6),
    (3, "样本建设集团有限公司", "浙江", 4102),
    (4, "样本锂电材料股份有限公司", "福建", 3120.4),
    (5, "示例高端装备集团有限公司", "江苏", 2980.3),
    (6, "样本风电装备集团有限公司", "江苏", 2544.9),
    (7, "示例新能源汽车股份有限公司", "安徽", 2301),
    (8, "样本储能科技集团有限公司", "广东", 1610.2),
    (9, "示例零售连锁集团股份有限公司", "上海", 1255.7),
    (10, "样本食品股份有限公司", "内蒙古", 1180.8),
    (11, "示例钢铁集团有限公司", "河北", 930.5),
    (12, "样本传动机械有限公司", "山东", 912.6),
)


def load_editions(confirmed_by: User, today: date, at: datetime) -> None:
    """Last year's edition with its matches confirmed, and this year's, where they wait to be checked."""
    ranking = db.session.scalar(select(RankingList).where(RankingList.code == LIST))
    if ranking is None:
        return
    year = today.year if today >= date(today.year, 9, 12) else today.year - 1
    actor = Actor(
        confirmed_by.id,
        confirmed_by.login,
        confirmed_by.name,
        confirmed_by.role,
        confirmed_by.department_id,
    )
    for which, rows in ((year - 1, BEFORE), (year, NOW)):
        sheet = Sheet("示例榜单", (HEAD, *rows))
        entry = EditionEntry(ranking.id, which, date(which, 9, 12), "全国工商联发布会名单（示例）")
        import_edition(
            actor, at, sheet, proposed_mapping(sheet), entry,
            filename=f"示例榜单{which}.xlsx", today=today,
        )  # fmt: skip
        if which == year - 1:
            _confirm_all(actor, at)


def _confirm_all(actor: Actor, at: datetime) -> None:
    """Every proposal of the first edition, but one that a person found to be another company."""
    for row_id, company, name in db.session.execute(
        select(RankingProposal.row_id, RankingProposal.enterprise_id, Enterprise.name)
        .join(RankingRow, RankingRow.id == RankingProposal.row_id)
        .join(Enterprise, Enterprise.id == RankingProposal.enterprise_id)
        .order_by(RankingRow.position)
    ).all():
        if name == "样本食品股份有限公司":
            reject_match(actor, at, row_id, company, "榜上是集团，本区登记的是同名的另一家")
        else:
            confirm_match(actor, at, row_id, company, "全国工商联发布会名单（示例）")


def load_member(confirmed_by: User, today: date, at: datetime) -> None:
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
