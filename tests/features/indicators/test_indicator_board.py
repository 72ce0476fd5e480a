"""The board: every indicator of a year, beside what the year's report says."""

from sqlalchemy import delete

from crm.core import clock
from crm.core.db import db, transaction
from crm.quotas.models import YearFigure
from crm.quotas.queries import year_quotas
from crm.quotas.services import load_preset
from tests.features.indicators.cases import post, row_of, text_of
from tests.features.test_indicator_presets import TARGETS


def test_the_board_shows_every_indicator_and_leads_to_what_the_report_says_beside_them(
    app, sign_in
):
    director = sign_in("director")
    page = director.get("/quotas/?year=2026")
    with app.app_context():
        names = [quota.name for quota in year_quotas(2026) if quota.criteria is None]
    for name in names:
        assert row_of(page, name)
    assert 'href="/quotas/year-report?year=2026"' in page.text
    told = text_of(director.get("/quotas/year-report?year=2026"))
    for words in (
        "不能相加",
        "地区生产总值",
        "+6.5%",
        "133个",
        "1200亿元",
        "2,886亩",
        "小清河创新产业带",
    ):
        assert words in told


def test_a_year_without_figures_in_its_report_says_so(app, sign_in):
    with app.app_context(), transaction():
        db.session.execute(delete(YearFigure))
    assert "没有载入年度报告" in text_of(sign_in("director").get("/quotas/year-report"))


def test_a_base_of_another_year_is_never_told_as_last_year(app, sign_in):
    with app.app_context(), transaction():
        load_preset(TARGETS, 2024, at=clock.now())
    leader = sign_in("director")
    assert "全年2,886亩" in row_of(leader.get("/quotas/?year=2024"), "供地")
    assert "2,886" not in row_of(leader.get("/quotas/?year=2026"), "供地")


def test_the_pages_ask_the_same_of_the_database_however_much_was_reported(
    app, sign_in, count_queries, records
):
    leader = sign_in("director")

    def asked(address):
        leader.get(address)
        with count_queries() as seen:
            assert leader.get(address).status_code == 200
        return len(seen)

    addresses = ("/quotas/?year=2026", "/quotas/2026/land", "/quotas/reported")
    before = [asked(address) for address in addresses]
    for month in range(1, 11):
        post(
            leader, month=f"2026-{month:02d}", as_of=f"2026-{month:02d}-25", value=str(200 * month)
        )
    post(leader, seen="1", note="更正")
    assert [asked(address) for address in addresses] == before
    assert max(before) <= 14
