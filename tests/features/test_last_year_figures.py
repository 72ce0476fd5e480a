"""上年同期 as typed or as our own ledger holds it, and the sums of a divided year whatever the district."""

import random
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.rules.filters import CountedEvent
from crm.places.models import Zone
from crm.quotas import services
from crm.quotas.breakdown import Dimension, Span
from crm.quotas.models import PastFigure, Quota, QuotaShare, Verdict
from crm.quotas.services import PastFigures
from crm.quotas.services.dividing import share_field
from tests.features.division_cases import TODAY, UNITS, enter, taken, trail


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


# ---------------------------------------------------------------- last year


def past(**values):
    return {"document": "天招办通报〔2025〕12号", "version": 1, **values}


def last_year_cells(found, event=CountedEvent.REGISTERED):
    return {
        row.name: next(
            c for c in row.cells if (c.event, c.span) == (event, Span.LAST_YEAR)
        )
        for row in found.rows
    } | {
        "sum": next(c for c in found.sums if (c.event, c.span) == (event, Span.LAST_YEAR))
    }  # fmt: skip


def test_without_any_figure_last_year_is_unknown_and_not_zero(app, sign_in, units, quota_ids):
    leader = sign_in("director")
    for by in Dimension:
        cell = last_year_cells(taken(app, leader.actor, by))["sum"]
        assert (cell.number, cell.growth) == (None, None)
    assert "∞" not in leader.get("/quotas/breakdown?quota=B").text


def test_typed_figures_are_shown_as_typed_and_compared_by_whole_months(
    app, sign_in, units, quota_ids
):
    leader, b = sign_in("director"), quota_ids["B"]
    address = "/quotas/2026/B/last-year"
    data = past(past_2025_09="2", past_2025_10="4", past_2025_11="9")
    assert leader.post(address, data=data).status_code == 302
    of_unit = past(past_2025_10="3") | {"version": 2}
    assert leader.post(f"{address}?department={units[0]}", data=of_unit).status_code == 302
    with app.app_context(), transaction():
        for on in (date(2026, 5, 6), date(2026, 10, 31), date(2026, 11, 2)):
            enter(app, b, signed=on, registered=on, department_id=units[0])
    found = taken(app, leader.actor, Dimension.DEPARTMENT)
    cells = last_year_cells(found)
    # Two by the end of October against three; what November brought is not held against October.
    assert (cells["甲单位"].number, str(cells["甲单位"].growth)) == (3, "-33.3")
    assert cells["甲单位"].is_typed
    assert cells["甲单位"].by_month == date(2026, 10, 1)
    assert cells["乙单位"].number is None
    assert (cells[None].number, cells[None].is_rest) == (1, True)
    assert (cells["sum"].number, str(cells["sum"].growth)) == (4, "-50.0")
    page = leader.get("/quotas/breakdown?quota=B").text
    assert "录入，至10月" in page
    assert "天招办通报〔2025〕12号" in page
    assert "−50.0%" in page
    months = taken(app, leader.actor, Dimension.MONTH)
    told = {row.month: row.cells for row in months.rows}
    october = next(
        c for c in told[date(2026, 10, 1)]
        if (c.event, c.span) == (CountedEvent.REGISTERED, Span.LAST_YEAR)
    )  # fmt: skip
    assert (october.number, str(october.growth)) == (2, "-50.0")
    november = next(
        c for c in told[date(2026, 11, 1)]
        if (c.event, c.span) == (CountedEvent.REGISTERED, Span.LAST_YEAR)
    )  # fmt: skip
    assert november.number is None  # the month is not over
    event = trail(app, "last_year_typed")[0]
    assert event.after["2025-10"] == 4
    assert event.after["document"] == "天招办通报〔2025〕12号"


def test_our_own_ledger_goes_before_what_was_typed_and_the_difference_is_told(
    app, sign_in, units, quota_ids
):
    leader = sign_in("director")
    data = past(past_2025_10="4")
    assert leader.post("/quotas/2026/B/last-year", data=data).status_code == 302
    with app.app_context(), transaction() as session:
        before = session.scalar(select(Quota.id).where(Quota.year == 2025, Quota.code == "B"))
        for on in (date(2025, 3, 1), date(2025, 11, 20)):
            enter(app, before, signed=on, registered=on, department_id=units[0])
        enter(app, quota_ids["B"], signed=TODAY, registered=TODAY, department_id=units[0])
    found = taken(app, leader.actor, Dimension.DEPARTMENT)
    cells = last_year_cells(found)
    assert (cells["sum"].number, cells["sum"].is_typed, str(cells["sum"].growth)) == (
        2, False, "-50.0",
    )  # fmt: skip
    assert (cells["乙单位"].number, cells["乙单位"].growth) == (0, None)
    assert [(d.name, d.computed, d.typed, d.document) for d in found.differences] == [
        (None, 1, 4, "天招办通报〔2025〕12号")
    ]
    page = leader.get("/quotas/breakdown?quota=B").text
    assert "上年同期两数不同" in page
    assert "+3" in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"past_2025_01": "-1"}, "past_2025_01"),
        ({"past_2025_01": str(10**18)}, "past_2025_01"),
        ({"past_2025_01": "三"}, "past_2025_01"),
        ({"past_2025_01": "1.5"}, "past_2025_01"),
        ({"past_2025_01": "5", "past_2025_02": "4"}, "past_2025_02"),
        ({"past_2025_01": "5", "document": ""}, "document"),
        ({"past_2025_01": "5", "document": "字" * 121}, "document"),
    ],
)
def test_a_wrong_figure_of_last_year_is_told_and_nothing_is_kept(app, sign_in, values, field):
    leader = sign_in("director")
    answer = leader.post("/quotas/2026/B/last-year", data=past() | values)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with app.app_context():
        assert db.session.scalar(select(PastFigure.id)) is None


def test_zero_is_a_figure_and_months_of_another_year_are_none(app, sign_in):
    leader = sign_in("director")
    data = past(past_2025_01="0", past_2024_01="7", past_2026_01="8")
    assert leader.post("/quotas/2026/B/last-year", data=data).status_code == 302
    with app.app_context():
        rows = db.session.execute(select(PastFigure.month, PastFigure.value)).all()
        assert [tuple(row) for row in rows] == [(date(2025, 1, 1), 0)]
    stale = leader.post("/quotas/2026/B/last-year", data=past(past_2025_01="3"))
    assert stale.status_code == 409
    assert "2025-01" in stale.text
    emptied = past(past_2025_01="") | {"version": 2, "document": ""}
    assert leader.post("/quotas/2026/B/last-year", data=emptied).status_code == 302
    with app.app_context():
        assert db.session.scalar(select(PastFigure.id)) is None


def test_units_never_have_more_than_the_district(app, sign_in, units):
    leader = sign_in("director")
    address = "/quotas/2026/B/last-year"
    leader.post(address, data=past(past_2025_10="4"))
    leader.post(f"{address}?department={units[0]}", data=past(past_2025_10="3") | {"version": 2})
    over = leader.post(
        f"{address}?department={units[1]}", data=past(past_2025_10="2") | {"version": 3}
    )
    assert over.status_code == 422
    assert "各单位合计5个，多于全区4个" in over.text
    less = leader.post(address, data=past(past_2025_10="2") | {"version": 3})
    assert less.status_code == 422


def test_the_auditor_reads_what_was_typed(sign_in):
    leader, auditor = sign_in("director"), sign_in("auditor")
    leader.post("/quotas/2026/B/last-year", data=past(past_2025_10="4"))
    page = auditor.get("/quotas/2026/B/last-year").text
    assert "天招办通报〔2025〕12号" in page
    assert '<form class="form"' not in page


# ---------------------------------------------------------------- it always adds up


def some(draw, choices):
    return draw.choice([*choices, None])


def a_district(app, draw, quota_ids, units, sponsors):
    """Random leads of two years, random shares, and random figures of the year before."""
    chains = list(db.session.scalars(select(Chain.id)))[:4]
    zones = list(db.session.scalars(select(Zone.id)))[:3]
    before = db.session.scalar(select(Quota.id).where(Quota.year == 2025, Quota.code == "B"))
    both = draw.random() < 0.5
    for _n in range(draw.randrange(0, 40)):
        is_past = both and draw.random() < 0.4
        signed = date(2025 if is_past else 2026, 1, 1) + timedelta(draw.randrange(0, 365))
        registered = some(draw, [signed + timedelta(draw.randrange(0, 200))])
        enter(
            app,
            before if is_past else quota_ids["B"],
            signed=signed,
            registered=registered,
            started=registered and some(draw, [registered + timedelta(draw.randrange(0, 99))]),
            department_id=some(draw, units),
            sponsor_id=some(draw, sponsors),
            chain_id=some(draw, chains),
            zone_id=some(draw, zones),
            is_sensitive=draw.random() < 0.2,
        )
    for key, ids in (("department_id", units), ("sponsor_id", sponsors)):
        for holder in ids:
            if draw.random() < 0.6:
                target = draw.randrange(1, 9)
                db.session.add(QuotaShare(quota_id=quota_ids["B"], target=target, **{key: holder}))


def typed_past(draw, actor, quota_id, units):
    """Every month of the district and of some units, none of which has more than its part."""
    version = 1
    for event in CountedEvent:
        parts = {unit: [] for unit in units if draw.random() < 0.7}
        whole, rest = [], 0
        for _month in range(12):
            for numbers in parts.values():
                numbers.append((numbers[-1] if numbers else 0) + draw.randrange(0, 3))
            own = (whole[-1] - rest if whole else 0) + draw.randrange(0, 3)
            rest = sum(numbers[-1] for numbers in parts.values())
            whole.append(rest + own)
        for unit, numbers in [(None, whole), *parts.items()]:
            typed = {date(2025, n + 1, 1): str(number) for n, number in enumerate(numbers)}
            figures = PastFigures(event, unit, typed, "通报")
            version = services.type_last_year(
                actor, clock.now(), quota_id, version, figures
            ).version


@pytest.mark.parametrize("seed", range(6))
def test_rows_and_what_is_nobody_s_add_up_whatever_the_district(
    app, person, units, quota_ids, seed
):
    draw = random.Random(seed)
    actor = person("director")
    sponsors = [person("district_leader").id, person("district_leader").id]
    with app.app_context(), transaction():
        a_district(app, draw, quota_ids, units, sponsors)
        if draw.random() < 0.7:
            typed_past(draw, actor, quota_ids["B"], units)
    with app.app_context():
        rows = list(db.session.scalars(select(Verdict).where(Verdict.quota_id == quota_ids["B"])))
    on = date(2026, draw.randrange(1, 13), 28)
    for by in Dimension:
        found = taken(app, actor, by, on=on)
        for event in CountedEvent:
            days = [getattr(row, f"{event.value}_from") for row in rows]
            total = sum(day is not None and day <= on for day in days)
            of_month = sum(
                day is not None and day <= on and day >= on.replace(day=1) for day in days
            )
            sums = {c.span: c for c in found.sums if c.event is event}
            cells = {
                span: [
                    next(c for c in row.cells if (c.event, c.span) == (event, span))
                    for row in found.rows
                ]
                for span in Span
            }
            is_by_month = by is Dimension.MONTH
            assert sums[Span.TOTAL].number == total
            assert sum(c.number for c in cells[Span.MONTH]) == (total if is_by_month else of_month)
            if not is_by_month:
                assert sum(c.number for c in cells[Span.TOTAL]) == total
            known = [c.number for c in cells[Span.LAST_YEAR] if c.number is not None]
            if sums[Span.LAST_YEAR].number is None:
                assert known == []
            else:
                assert sum(known) == sums[Span.LAST_YEAR].number
                assert min(known, default=0) >= 0
        if found.divided is None:
            continue
        tasks = [row.task for row in found.rows]
        assert sum(task.target or 0 for task in tasks) == found.task.target
        assert sum(task.reached for task in tasks) == found.task.reached
        ranked = found.by_completion()
        assert sorted(r.name or "" for r in ranked.rows) == sorted(r.name or "" for r in found.rows)
        assert ranked.sums == found.sums
        shown = [r.task.place for r in ranked.rows if r.task.place]
        assert shown == sorted(shown)


def test_the_page_asks_the_same_however_many_shares_and_figures_there_are(
    app, sign_in, units, quota_ids, count_queries
):
    leader = sign_in("director")

    def asked():
        leader.get("/quotas/breakdown?quota=B")
        with count_queries() as seen:
            assert leader.get("/quotas/breakdown?quota=B").status_code == 200
        return len(seen)

    data = {share_field(quota_ids["B"], units[0]): "2"}
    leader.post(UNITS, data=data)
    leader.post("/quotas/2026/B/last-year", data=past(past_2025_10="4"))
    before = asked()
    data |= {share_field(quota_ids["B"], unit): "3" for unit in units} | {"version": 1}
    assert leader.post(UNITS, data=data).status_code == 302
    more = past(**{f"past_2025_{n:02}": str(n) for n in range(1, 13)}) | {"version": 2}
    assert leader.post("/quotas/2026/B/last-year", data=more).status_code == 302
    assert asked() == before <= 12
