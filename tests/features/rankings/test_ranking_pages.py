"""The pages of ranking lists: a file looked at and imported, rows confirmed, long lists."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from crm.core.db import db, transaction
from crm.enterprises import queries, services
from crm.enterprises.models import (
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingRow,
)
from crm.enterprises.queries import Tab
from tests.features.quota_leads import AT
from tests.features.rankings.cases import (
    CODE,
    FIRST,
    HEAD,
    count,
    csv_bytes,
    row_of,
)


def upload(client, data, name="榜单.csv", **fields):
    list_id = db.session.scalar(select(RankingList.id).where(RankingList.code == CODE))
    form = {"list_id": list_id, "year": 2025, "published_on": "2025-08-01", **fields}
    return client.post(
        "/enterprises/rankings/import", data={**form, "file": (io.BytesIO(data), name)}
    )


def confirm(client, preview, **columns):
    mark = parse_qs(urlsplit(preview.location).query)["mark"][0]
    return client.post("/enterprises/rankings/import/confirm", data={"mark": mark, **columns})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_looked_at_and_then_imported_in_any_usual_encoding(db_session, sign_in, encoding):
    client = sign_in("director")
    sent = upload(client, csv_bytes(encoding=encoding))
    assert sent.status_code == 302
    shown = client.get(sent.location)
    assert "甲山集团有限公司" in shown.text
    assert count(RankingRow) == 0
    done = confirm(client, sent)
    assert "/rows" in done.location
    assert "甲山集团有限公司" in client.get(done.location).text
    assert count(RankingRow) == 3
    assert confirm(client, sent).location.endswith("/rankings/import")  # once only


def test_the_columns_can_be_changed_on_the_page(db_session, sign_in):
    client = sign_in("unit_head", "甲科")
    sent = upload(client, csv_bytes(head=("甲", "乙", "丙", "丁", "戊")))
    shown = client.get(sent.location)
    assert "没有指明哪一列是企业名称" in shown.text
    assert 'value="name_zh"' in shown.text
    asked = client.get(sent.location + "&head=1&c0=rank&c1=name_zh&unit=亿元")
    assert "还不能导入" not in asked.text
    done = confirm(client, sent, head="1", c0="rank", c1="name_zh", unit="亿元")
    assert done.status_code == 302
    db.session.rollback()
    assert db.session.scalar(select(RankingEdition.revenue_unit)) == "亿元"


def test_a_bad_file_is_refused_in_words_and_cannot_be_forced(db_session, sign_in):
    client = sign_in("director")
    rows = [*FIRST, (3, "丁土有限公司", "Dingtu", "中国", 650), ("合计", "", "", "", 3050)]
    sent = upload(client, csv_bytes(rows))
    shown = client.get(sent.location)
    assert "名次重复" in shown.text
    assert re.search(r'需要留意<span class="count">1<', shown.text), (
        "what is in the way is no remark"
    )
    assert "import/confirm" not in shown.text
    assert confirm(client, sent).status_code == 422
    assert count(RankingRow) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        ("排名,公司名称\n1,甲山集团有限公司\n".encode() * 30 + b"\xff\xfe\xff,\xe7", "编码"),
        (b"PK\x03\x04junk", "损坏"),
        (("排名,公司名称\n" + "1,甲公司\n" * 100_000).encode(), "超过20000行，不像一份榜单"),
    ],
)
def test_a_file_nobody_can_read_is_told_in_plain_words(db_session, sign_in, data, words):
    answer = upload(sign_in("director"), data)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_preview_is_for_whoever_sent_the_file(db_session, sign_in):
    sent = upload(sign_in("director"), csv_bytes())
    answer = sign_in("director").get(sent.location)
    assert answer.location.endswith("/enterprises/rankings/import")


def test_importing_and_confirming_are_for_unit_heads_and_bureau_leaders(
    db_session, sign_in, take_in, company
):
    company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    row = row_of(taken.edition_id, 1).id
    client = sign_in("staff", "甲科")
    shown = client.get(f"/enterprises/rankings/rows/{row}")
    assert "等待科室负责人或局领导核对" in shown.text
    for path in (
        "/enterprises/rankings/import",
        f"/enterprises/rankings/{taken.edition_id}/exact",
        f"/enterprises/rankings/rows/{row}/register",
    ):
        assert client.get(path).status_code in {403, 404}
    assert client.post(f"/enterprises/rankings/rows/{row}/confirm").status_code in {403, 404}


def test_the_exact_ones_are_listed_before_any_is_confirmed(db_session, sign_in, take_in, company):
    ours = company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    client, row = sign_in("director"), row_of(taken.edition_id, 1).id
    path = f"/enterprises/rankings/{taken.edition_id}/exact"
    assert f'value="{row}-{ours}"' in client.get(path).text
    assert "请勾选要确认的企业" in client.post(path, data={"document": "官网"}).text
    done = client.post(path, data={"document": "官网", "pick": [f"{row}-{ours}", "junk", "1-"]})
    assert done.location.endswith("tab=matched")
    assert count(RankingEntry) == 1


def test_the_next_row_that_waits_comes_up_by_itself(db_session, sign_in, take_in, company):
    company("甲山集团有限公司")
    company("乙水股份有限公司")
    taken = take_in(2025, FIRST)
    first, second = row_of(taken.edition_id, 1).id, row_of(taken.edition_id, 2).id
    client = sign_in("director")
    done = client.post(
        f"/enterprises/rankings/rows/{first}/confirm",
        data={"enterprise": "甲山集团有限公司", "document": "官网"},
    )
    assert done.location.endswith(f"/rankings/rows/{second}")


def test_a_company_nobody_registered_is_told_beside_the_field(db_session, sign_in, take_in):
    taken = take_in(2025, FIRST)
    row = row_of(taken.edition_id, 1).id
    answer = sign_in("director").post(
        f"/enterprises/rankings/rows/{row}/confirm",
        data={"enterprise": "没有这家公司", "document": "官网"},
    )
    assert (answer.status_code, "没有登记这家企业" in answer.text) == (422, True)


def test_registering_from_a_row_brings_its_names_along(db_session, sign_in, take_in):
    taken = take_in(2025, FIRST)
    row = row_of(taken.edition_id, 1).id
    client = sign_in("director")
    path = f"/enterprises/rankings/rows/{row}/register"
    shown = client.get(path)
    assert 'value="Jiashan Group"' in shown.text
    done = client.post(path, data={"name": "甲山集团有限公司", "document": "官网"})
    assert done.status_code == 302
    assert count(RankingEntry) == 1


def test_every_number_of_the_lists_page_leads_to_its_companies(
    db_session, sign_in, take_in, company, leader
):
    ours = company("甲山集团有限公司")
    company("乙水股份有限公司")
    taken = take_in(2025, FIRST)
    with transaction():
        services.confirm_match(leader, AT, row_of(taken.edition_id, 1).id, ours, "官网")
    client = sign_in("director")
    shown = client.get("/enterprises/rankings").text
    assert f"/enterprises/rankings/{taken.edition_id}/rows" in shown
    assert f"/enterprises/?edition={taken.edition_id}" in shown
    members = client.get(f"/enterprises/?edition={taken.edition_id}").text
    assert "甲山集团有限公司" in members
    assert "乙水股份有限公司" not in members


def test_the_pages_ask_the_database_the_same_number_of_times_for_a_long_list(
    db_session, sign_in, take_in, company, count_queries
):
    client = sign_in("director")

    def asked(size, year):
        rows = [
            (n, f"第{n}家{year}有限公司", f"Firm {n} {year}", "中国", 9) for n in range(1, size)
        ]
        for _rank, name, *_rest in rows[: size // 2]:
            company(name)
        take_in(year - 1, rows)
        edition = take_in(year, rows).edition_id
        paths = [
            f"/enterprises/rankings/{edition}/{page}"
            for page in ("rows", "rows?tab=waiting", "changes?kind=stayed", "exact")
        ]
        row = row_of(edition, 1).id
        counts = []
        for path in (*paths, f"/enterprises/rankings/rows/{row}", "/enterprises/rankings"):
            assert client.get(path).status_code == 200
            with count_queries() as seen:
                client.get(path)
            counts.append(len(seen))
        return counts

    few, many = asked(4, 2022), asked(45, 2025)
    assert few == many
    assert max(many) <= 14


def test_pages_of_a_long_list_follow_each_other_without_a_gap(db_session, sign_in, take_in):
    rows = [(n, f"第{n}家有限公司", "", "中国", 9) for n in range(1, 121)]
    edition = take_in(2025, rows).edition_id
    seen, cursor = [], None
    while True:
        page = queries.rows_of_edition(edition, Tab.ALL, cursor)
        seen += [row.rank for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(range(1, 121))
    assert sign_in("staff").get(f"/enterprises/rankings/{edition}/rows?cursor=x").status_code == 400


def test_of_very_many_faults_the_first_are_told_and_how_many_there_are(db_session, sign_in):
    client = sign_in("director")
    rows = [(n, f"第{n}家有限公司", "", "中国", 9, 2019) for n in range(1, 90)]
    sent = upload(client, csv_bytes(rows, (*HEAD, "年度")))
    shown = client.get(sent.location).text
    assert shown.count("不是所选年度的行") == 50
    assert "共89条" in shown


def test_the_sheet_with_the_list_is_found_in_a_workbook(db_session, sign_in):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["说明", "本表仅供参考"])
    sheet = book.create_sheet("榜单")
    sheet.append(["2025年度榜单"])
    for row in (HEAD, *FIRST):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    client = sign_in("director")
    sent = upload(client, file.getvalue(), "榜单.xlsx")
    assert confirm(client, sent).status_code == 302
    assert count(RankingRow) == 3


def test_two_editions_of_one_year_cannot_be_made_by_importing_twice(db_session, sign_in):
    client = sign_in("director")
    first, second = upload(client, csv_bytes()), upload(client, csv_bytes())
    assert confirm(client, first).status_code == confirm(client, second).status_code == 302
    assert (count(RankingEdition), count(RankingRow)) == (1, 3)
