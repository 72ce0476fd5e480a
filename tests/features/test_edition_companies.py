"""Companies an edition prints taken into the base, confirmed only where a person says so."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.core.sheets import Sheet
from crm.enterprises import queries, services
from crm.enterprises.models import RankingList
from crm.enterprises.queries import Tab
from crm.enterprises.rules.ranking.columns import proposed_mapping
from crm.enterprises.services import ALL_ROWS, EditionEntry, EnterpriseEntry

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 26)
HEAD = ("排名", "公司名称", "英文名称", "国家", "营业收入（百万美元）", "信用代码")
ROWS = (
    (1, "甲山新材料集团有限公司", "Jiashan Group", "中国", 900, "913701007109260943"),
    (2, "乙水能源装备股份有限公司", "Yishui", "中国", 800),
    (3, None, "Example Instruments AG", "德国", 700),
)


@pytest.fixture
def edition(db_session, leader):
    list_id = db.session.scalar(
        select(RankingList.id).where(RankingList.code == "fortune_global_500")
    )
    sheet = Sheet("榜单", (HEAD, *ROWS))
    entry = EditionEntry(list_id, 2025, date(2025, 8, 1), "官网榜单")
    with transaction():
        return services.import_edition(
            leader, AT, sheet, proposed_mapping(sheet), entry, filename="x.xlsx", today=TODAY
        ).edition_id


@pytest.fixture
def register(edition, leader):
    def registering(rows, document=None):
        with transaction():
            return services.register_rows(leader, AT, edition, rows, document=document)

    return registering


def of_tab(edition, tab):
    return [row.rank for row in queries.rows_of_edition(edition, tab, None).rows]


def test_without_a_paper_the_registered_ones_wait_to_be_checked(edition, register):
    done = register(ALL_ROWS)
    assert (done.added, done.left) == (3, 0)
    assert of_tab(edition, Tab.WAITING) == [1, 2, 3]
    company = queries.by_name("Example Instruments AG")
    assert company is not None
    assert company.name_en == "Example Instruments AG"
    with pytest.raises(Refused):
        register(ALL_ROWS)  # nothing is left to register


def test_with_a_paper_they_are_confirmed_in_the_same_step(edition, register):
    first = queries.unmatched_rows(edition)[0]
    assert register({first.id}, "官网").added == 1
    assert of_tab(edition, Tab.MATCHED) == [1]
    (entry,) = queries.memberships_of(queries.by_name(first.name_zh).id)
    assert (entry.rank, entry.document) == (1, "官网")


def test_a_like_name_is_registered_only_where_its_row_is_named(edition, register, leader):
    with transaction():
        services.save(leader, AT, None, EnterpriseEntry("山东乙水能源装备有限公司"))
        services.save(
            leader, AT, None, EnterpriseEntry("甲山新材料集团有限公司")
        )  # since the import
    assert register(ALL_ROWS).left == 2
    alike = next(row for row in queries.unmatched_rows(edition) if row.rank == 2)
    assert register({alike.id}).added == 1


@pytest.mark.on("sqlite")
def test_the_page_lists_them_and_asks_for_the_paper(edition, sign_in):
    client = sign_in("unit_head", "投资促进局")
    path = f"/enterprises/rankings/{edition}/register"
    page = client.get(path)
    assert "乙水能源装备股份有限公司" in page.text
    refused = client.post(path, data={"takes_all": "y", "confirms": "y", "document": ""})
    assert (refused.status_code, "请写明依据" in refused.text) == (422, True)
    none = client.post(path, data={"document": ""})
    assert (none.status_code, "请勾选要登记的企业" in none.text) == (422, True)
    assert client.post(path, data={"pick": ["x"]}).status_code == 400
    done = client.post(path, data={"takes_all": "y", "confirms": "y", "document": "官网"})
    assert done.location.endswith("tab=matched")
    assert "已登记3家企业" in client.get(done.location).text
    assert sign_in("staff", "药山街道").get(path).status_code == 403


@pytest.mark.on("sqlite")
def test_a_company_registered_with_another_code_is_told_to_be_checked(edition, leader, sign_in):
    with transaction():
        services.save(
            leader, AT, None, EnterpriseEntry("甲山新材料集团有限公司", uscc="913100007109260945")
        )
    page = sign_in(leader).get(f"/enterprises/rankings/{edition}/register")
    assert "甲山新材料集团有限公司" not in page.text
    assert "另有1家与登记的企业名称或信用代码一致" in page.text
