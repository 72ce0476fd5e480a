"""Ranking lists: an edition imported whole or not at all, matches proposed and confirmed by a person."""

import io
import json
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.core.sheets import Sheet
from crm.enterprises import queries, services
from crm.enterprises.models import (
    Enterprise,
    RankingEdition,
    RankingEntry,
    RankingList,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.queries import Change, Tab
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.rules.ranking.columns import proposed_mapping
from crm.enterprises.services import EditionEntry, EnterpriseEntry
from crm.history.models import AuditEvent
from crm.quotas.services import differences, rejudge
from tests.features.quota_leads import AT, TODAY, add_signed, codes

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
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


@pytest.fixture
def leader(db_session, person):
    return person("director")


@pytest.fixture
def company(db_session, leader):
    """company("甲山集团有限公司") registers one; its id."""

    def make(name, **columns):
        with transaction():
            return services.save(leader, AT, None, EnterpriseEntry(name, **columns)).id

    return make


@pytest.fixture
def take_in(db_session, leader):
    """take_in(2025, FIRST) imports an edition of the list; what came of it."""

    def take(year, rows, head=HEAD, published=None, code=CODE):
        list_id = db.session.scalar(select(RankingList.id).where(RankingList.code == code))
        sheet = Sheet("榜单", (head, *rows))
        entry = EditionEntry(list_id, year, published or date(year, 8, 1), "官网榜单")
        with transaction():
            return services.import_edition(
                leader, AT, sheet, proposed_mapping(sheet), entry, filename="榜单.xlsx", today=TODAY
            )

    return take


def row_of(edition_id, rank):
    return db.session.scalar(
        select(RankingRow).where(RankingRow.edition_id == edition_id, RankingRow.rank == rank)
    )


def proposed(edition_id):
    """{(rank, company name): basis} of the open proposals."""
    return {
        (rank, name): basis
        for rank, name, basis in db.session.execute(
            select(RankingRow.rank, Enterprise.name, RankingProposal.basis)
            .join(RankingProposal, RankingProposal.row_id == RankingRow.id)
            .join(Enterprise, Enterprise.id == RankingProposal.enterprise_id)
            .where(RankingRow.edition_id == edition_id, RankingProposal.rejected_at.is_(None))
        )
    }


def count(model):
    db.session.rollback()  # a request may have written since this session began to read
    return db.session.scalar(select(func.count()).select_from(model))


# ---------------------------------------------------------------- taking in


def test_an_edition_is_kept_whole_whoever_of_it_is_ours(take_in, company, leader):
    company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    edition = db.session.get(RankingEdition, taken.edition_id)
    assert (edition.revenue_unit, edition.source_file) == ("百万美元", "榜单.xlsx")
    assert (edition.imported_by_id, edition.document) == (leader.id, "官网榜单")
    rows = queries.rows_of_edition(edition.id, Tab.ALL, None).rows
    assert [(row.rank, row.name_zh, row.name_en, row.revenue) for row in rows] == [
        (1, "甲山集团有限公司", "Jiashan Group", 900),
        (2, "乙水股份有限公司", "Yishui", 800),
        (3, "脸书", "Facebook", 700),
    ]
    assert proposed(edition.id) == {(1, "甲山集团有限公司"): Basis.NAME}
    assert count(RankingEntry) == 0  # nothing is confirmed by itself


def test_a_file_with_duplicate_ranks_is_refused_and_nothing_of_it_is_kept(take_in):
    with pytest.raises(Refused) as refused:
        take_in(2025, [*FIRST, (3, "丁土有限公司", "Dingtu", "中国", 650)])
    assert {fault.code for fault in refused.value.faults} == {"rank_twice"}
    assert (count(RankingRow), count(RankingEdition)) == (0, 0)


def test_what_changed_since_the_edition_before_is_three_lists_and_their_counts(take_in):
    before = take_in(2025, FIRST)
    now = take_in(2026, SECOND)
    counts = queries.change_counts(now.edition_id, before.edition_id)
    names = {
        change: [
            row.name_zh
            for row in queries.changes_of(now.edition_id, before.edition_id, change, None).rows
        ]
        for change in Change
    }
    assert names == {
        Change.NEW: ["丙木有限公司"],
        Change.DROPPED: ["乙水股份有限公司"],
        Change.RENAMED: ["Meta平台公司"],
        Change.STAYED: ["甲山集团有限公司"],
    }
    assert {change: len(found) for change, found in names.items()} == counts


def test_an_edition_imported_between_two_others_is_compared_with_both(take_in):
    first, last = take_in(2024, FIRST), take_in(2026, SECOND)
    middle = take_in(2025, [*FIRST, (4, "丙木有限公司", "Bingmu", "中国", 600)])
    assert queries.change_counts(middle.edition_id, first.edition_id)[Change.NEW] == 1
    assert queries.change_counts(last.edition_id, middle.edition_id)[Change.NEW] == 0


def test_the_same_edition_again_changes_only_what_differs_and_keeps_the_matches(
    take_in, company, leader
):
    ours = company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    row = row_of(taken.edition_id, 1)
    with transaction():
        services.confirm_match(leader, AT, row.id, ours, "官网")
    again = take_in(2025, FIRST)
    assert (again.is_again, again.difference.new, again.changed) == (True, (), {})
    moved = take_in(
        2025,
        [(1, "丙木有限公司", "Bingmu", "中国", 950), (2, *FIRST[0][1:]), (3, *FIRST[1][1:])],
    )
    assert len(moved.difference.new) == len(moved.difference.dropped) == 1
    entry = db.session.scalar(select(RankingEntry))
    assert (entry.row_id, entry.rank, entry.confirmed_by_id) == (row.id, 2, leader.id)
    assert count(RankingRow) == 3


def test_a_confirmed_company_is_never_dropped_with_its_row(take_in, company, leader):
    ours = company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    with transaction():
        services.confirm_match(leader, AT, row_of(taken.edition_id, 1).id, ours, "官网")
    with pytest.raises(Refused) as refused:
        take_in(2025, [(1, *FIRST[1][1:]), (2, *FIRST[2][1:])])
    assert [fault.code for fault in refused.value.faults] == ["confirmed_gone"]
    assert "甲山集团有限公司" in str(refused.value.faults[0].text)
    assert count(RankingRow) == 3


@pytest.mark.parametrize(
    ("year", "published", "code"),
    [(2026, date(2026, 12, 1), "in_future"), (2023, date(2026, 8, 1), "year_far")],
)
def test_a_day_that_cannot_be_right_is_refused(take_in, year, published, code):
    with pytest.raises(Refused) as refused:
        take_in(year, FIRST, published=published)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_an_edition_registered_by_hand_takes_its_rows_on_its_own_day_only(take_in, leader):
    list_id = db.session.scalar(select(RankingList.id).where(RankingList.code == CODE))
    with transaction():
        edition = services.save_edition(
            leader, AT, None, list_id=list_id, year=2025, published_on=date(2025, 7, 29),
            document=None, today=TODAY,
        )  # fmt: skip
    with pytest.raises(Refused):
        take_in(2025, FIRST)
    taken = take_in(2025, FIRST, published=date(2025, 7, 29))
    assert taken.edition_id == edition.id


# ---------------------------------------------------------------- matching


def test_what_was_confirmed_last_time_is_only_proposed_this_time(take_in, company, leader):
    group, meta = company("甲山集团有限公司"), company("脸书公司")
    before = take_in(2025, FIRST)
    with transaction():
        services.confirm_match(leader, AT, row_of(before.edition_id, 1).id, group, "官网")
        services.confirm_match(leader, AT, row_of(before.edition_id, 3).id, meta, "官网")
    now = take_in(2026, SECOND)
    assert proposed(now.edition_id) == {
        (1, "甲山集团有限公司"): Basis.NAME,
        (2, "脸书公司"): Basis.CARRIED_RENAMED,
    }
    assert count(RankingEntry) == 2
    # A renamed one is looked at one by one.
    assert [row.enterprise for row in queries.exact_proposals(now.edition_id)] == [
        "甲山集团有限公司"
    ]


def test_a_rejected_proposal_does_not_come_back_this_year_or_next(take_in, company, leader):
    ours = company("甲山集团有限公司")
    before = take_in(2025, FIRST)
    with transaction():
        services.reject_match(leader, AT, row_of(before.edition_id, 1).id, ours, "同名的另一家")
        services.propose_matches(before.edition_id)
    assert proposed(before.edition_id) == {}
    now = take_in(2026, SECOND)
    assert proposed(now.edition_id) == {}
    told = queries.proposals_of([row_of(now.edition_id, 1).id])
    assert [(p.name, p.reason, p.rejected_by) for p in next(iter(told.values()))] == [
        ("甲山集团有限公司", "同名的另一家", leader.name)
    ]


def test_confirming_tells_who_when_and_on_what_paper(take_in, company, leader):
    ours = company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    with transaction():
        services.confirm_match(leader, AT, row_of(taken.edition_id, 1).id, ours, " 官网第1名 ")
    entry = db.session.scalar(select(RankingEntry))
    assert (entry.confirmed_by_id, entry.confirmed_at, entry.document) == (
        leader.id,
        AT,
        "官网第1名",
    )
    assert (entry.rank, entry.name_on_list) == (1, "甲山集团有限公司")
    events = set(db.session.scalars(select(AuditEvent.action)))
    assert {"edition_imported", "ranking_confirmed"} <= events


def test_a_match_without_a_paper_is_refused(take_in, company, leader):
    ours = company("甲山集团有限公司")
    taken = take_in(2025, FIRST)
    with pytest.raises(Refused) as refused, transaction():
        services.confirm_match(leader, AT, row_of(taken.edition_id, 1).id, ours, "  ")
    assert [fault.code for fault in refused.value.faults] == ["document_missing"]


def test_one_row_is_one_company_and_one_company_one_row(take_in, company, leader):
    one, other = company("甲山集团有限公司"), company("乙水股份有限公司")
    taken = take_in(2025, FIRST)
    first, second = row_of(taken.edition_id, 1).id, row_of(taken.edition_id, 2).id
    with transaction():
        services.confirm_match(leader, AT, first, one, "官网")
    for row, enterprise, code in ((first, other, "row_matched"), (second, one, "company_matched")):
        with pytest.raises(Refused) as refused, transaction():
            services.confirm_match(leader, AT, row, enterprise, "官网")
        assert [fault.code for fault in refused.value.faults] == [code]


def test_what_was_confirmed_by_hand_keeps_its_paper_when_it_finds_its_row(take_in, company, leader):
    ours = company("甲山集团有限公司")
    list_id = db.session.scalar(select(RankingList.id).where(RankingList.code == CODE))
    with transaction():
        edition = services.save_edition(
            leader, AT, None, list_id=list_id, year=2025, published_on=date(2025, 8, 1),
            document=None, today=TODAY,
        )  # fmt: skip
        services.confirm_membership(
            leader, AT, ours, services.Membership(edition.id, "截图", 7, "甲山")
        )
    taken = take_in(2025, FIRST)
    assert proposed(taken.edition_id) == {(1, "甲山集团有限公司"): Basis.NAME}
    with transaction():
        services.confirm_match(leader, AT, row_of(taken.edition_id, 1).id, ours, "官网")
    entry = db.session.scalar(select(RankingEntry))
    assert (entry.document, entry.rank, entry.row_id is not None) == ("截图", 1, True)


def test_exact_ones_are_confirmed_together_and_others_left(take_in, company, leader):
    exact, alike = (
        company("甲山集团有限公司"),
        company("旧水有限公司", short_name="乙水股份有限公司"),
    )
    taken = take_in(2025, FIRST)
    first, second = row_of(taken.edition_id, 1).id, row_of(taken.edition_id, 2).id
    assert proposed(taken.edition_id)[2, "旧水有限公司"] is Basis.ALIAS
    with transaction():
        done = services.confirm_exact(
            leader, AT, taken.edition_id, [(first, exact), (second, alike), (first, alike)], "官网"
        )
    assert (done.enterprise_ids, done.left) == ((exact,), 2)


def test_a_company_not_yet_ours_is_registered_and_confirmed_by_the_usual_rules(
    take_in, company, leader
):
    company("乙水股份有限公司")
    taken = take_in(2025, FIRST)
    row = row_of(taken.edition_id, 1)
    with pytest.raises(Refused) as refused, transaction():
        services.register_from_row(leader, AT, row.id, EnterpriseEntry("乙水股份有限公司"), "官网")
    assert [fault.code for fault in refused.value.faults] == ["same_name"]
    with transaction():
        entry = services.register_from_row(
            leader, AT, row.id, EnterpriseEntry("甲山集团有限公司", name_en="Jiashan Group"), "官网"
        )
    assert queries.name_of(entry.enterprise_id) == "甲山集团有限公司"


def test_a_confirmed_match_makes_the_lead_count(app, take_in, company, sign_in):
    ours = company("甲山集团有限公司")
    taken = take_in(2026, FIRST)
    with transaction():
        lead = add_signed("总部项目", yuan=600_000_000, investor_id=ours)
        rejudge([lead.id], today=clock.today(), at=AT)
    row = row_of(taken.edition_id, 1).id
    before = codes(lead, "A")
    answer = sign_in("director").post(
        f"/enterprises/rankings/rows/{row}/confirm",
        data={"enterprise_id": str(ours), "document": "官网第1名"},
    )
    assert answer.status_code == 302
    db.session.rollback()
    assert "ranking_none" in before
    assert "ranked" in codes(lead, "A")
    assert list(differences(today=clock.today())) == []


# ---------------------------------------------------------------- pages


def csv_bytes(rows=FIRST, head=HEAD, encoding="utf-8"):
    lines = [",".join(str(cell) for cell in row) for row in (head, *rows)]
    return "\n".join(lines).encode(encoding)


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
    sent = upload(client, csv_bytes([*FIRST, (3, "丁土有限公司", "Dingtu", "中国", 650)]))
    shown = client.get(sent.location)
    assert "名次重复" in shown.text
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


# ---------------------------------------------------------------- the command


@pytest.fixture
def command(app):
    return lambda *words: app.test_cli_runner().invoke(args=["rankings", "import", *words])


def options(year, published, *more):
    return ("--list", CODE, "--year", str(year), "--published", published, *more)


def test_the_command_imports_or_only_looks(command, db_session, tmp_path):
    file = tmp_path / "榜单.csv"
    file.write_bytes(csv_bytes(encoding="gb18030"))
    looked = command(str(file), *options(2025, "2025-08-01", "--dry-run", "--json"))
    assert looked.exit_code == 0, looked.stderr
    told = json.loads(looked.stdout)
    assert (told["imported"], told["rows"]) == (False, 3)
    assert count(RankingRow) == 0
    assert command(str(file), *options(2025, "2025-08-01")).exit_code == 0
    assert count(RankingRow) == 3


def test_the_command_saves_nothing_of_a_bad_file_and_says_why(command, db_session, tmp_path):
    file = tmp_path / "榜单.csv"
    file.write_bytes(csv_bytes([FIRST[0], (1, *FIRST[1][1:])]))
    answer = command(str(file), *options(2025, "2025-08-01", "--json"))
    assert answer.exit_code == 1
    assert {m["code"] for m in json.loads(answer.stdout)["messages"]} == {"rank_twice"}
    assert count(RankingRow) == 0
    file.write_bytes(b"")
    assert command(str(file), *options(2025, "2025-08-01")).exit_code == 2
    assert (
        command(str(file), "--list", "x", "--year", "2025", "--published", "2025-08-01").exit_code
        == 2
    )


def test_the_real_lists_import_and_differ_sensibly(command, db_session, company):
    old, new = (
        SHARED / "fortune_global_500_2021_zh.csv",
        SHARED / "fortune_global_500_2024.csv",
    )
    if not (old.is_file() and new.is_file()):
        pytest.skip("the lists of shared/data are not beside this checkout")
    for name in ("中国电信集团有限公司", "中国电子信息产业集团有限公司", "比亚迪股份有限公司"):
        company(name)
    first = command(str(old), *options(2021, "2021-08-02", "--json"))
    assert first.exit_code == 0, first.stderr
    answer = command(str(new), *options(2024, "2024-08-05", "--json"))
    assert answer.exit_code == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["rows"], told["against"], told["revenue_unit"]) == (500, 2021, "百万美元")
    assert len(told["new"]) == len(told["dropped"])
    assert ["Facebook公司", "Meta Platforms"] in told["renamed"]
    assert told["proposed"] == 3
    again = command(str(new), *options(2024, "2024-08-05", "--json", "--dry-run"))
    told = json.loads(again.stdout)
    assert (told["again"], told["new"], told["dropped"], told["changed"]) == (True, [], [], 0)


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
