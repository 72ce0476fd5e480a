"""Ranking lists: an edition imported whole or not at all, matches proposed and confirmed by a person."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.enterprises import queries, services
from crm.enterprises.models import (
    Enterprise,
    RankingEdition,
    RankingEntry,
    RankingProposal,
    RankingRow,
)
from crm.enterprises.queries import Change, Tab
from crm.enterprises.rules.ranking import Basis
from crm.enterprises.services import EnterpriseEntry
from crm.history.models import AuditEvent
from crm.quotas.services import differences, rejudge
from tests.features.quota_leads import AT, add_signed, codes
from tests.features.rankings.cases import (
    CODE,
    FIRST,
    SECOND,
    count,
    csv_bytes,
    register_edition,
    row_of,
)

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


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
    edition = register_edition(leader, 2025, published=date(2025, 7, 29))
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
    edition = register_edition(leader, 2025)
    with transaction():
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
