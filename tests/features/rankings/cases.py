"""Editions of a ranking list to import, and who does it."""

from datetime import date

from sqlalchemy import func, select

from crm.core.db import db, transaction
from crm.core.sheets import Sheet
from crm.enterprises import services
from crm.enterprises.models import (
    RankingList,
    RankingRow,
)
from crm.enterprises.rules.ranking.columns import proposed_mapping
from crm.enterprises.services import EditionEntry, EnterpriseEntry
from tests.features.quota_leads import AT, TODAY

CODE = "fortune_global_500"
HEAD = ("排名", "公司名称", "英文名称", "国家", "营业收入（百万美元）")
FIRST = (
    (1, "甲山集团有限公司", "Jiashan Group", "中国", 900),
    (2, "乙水股份有限公司", "Yishui", "中国", 800),
    (3, "脸书", "Facebook", "美国", 700),
)
SECOND = (
    (1, "甲山集团有限公司", "Jiashan Group", "中国", 950),
    (2, "Meta平台公司", "Meta Platforms", "美国", 720),
    (3, "丙木有限公司", "Bingmu", "中国", 610),
)


def register(by, name, **columns):
    """A company of ours; its id."""
    with transaction():
        return services.save(by, AT, None, EnterpriseEntry(name, **columns)).id


def list_of(code):
    return db.session.scalar(select(RankingList.id).where(RankingList.code == code))


def register_edition(by, year, published=None):
    """An edition of the list known by hand, without its rows."""
    with transaction():
        return services.save_edition(
            by, AT, None, list_id=list_of(CODE), year=year,
            published_on=published or date(year, 8, 1), document=None, today=TODAY,
        )  # fmt: skip


def import_edition(by, year, rows, head=HEAD, published=None, code=CODE):
    """What came of importing an edition of the list."""
    sheet = Sheet("榜单", (head, *rows))
    entry = EditionEntry(list_of(code), year, published or date(year, 8, 1), "官网榜单")
    with transaction():
        return services.import_edition(
            by, AT, sheet, proposed_mapping(sheet), entry, filename="榜单.xlsx", today=TODAY
        )


def row_of(edition_id, rank):
    return db.session.scalar(
        select(RankingRow).where(RankingRow.edition_id == edition_id, RankingRow.rank == rank)
    )


def count(model):
    db.session.rollback()  # a request may have written since this session began to read
    return db.session.scalar(select(func.count()).select_from(model))


def csv_bytes(rows=FIRST, head=HEAD, encoding="utf-8"):
    lines = [",".join(str(cell) for cell in row) for row in (head, *rows)]
    return "\n".join(lines).encode(encoding)
