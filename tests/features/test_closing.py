"""封账: a closed period stands still whatever happens later; exports are kept as they were handed in."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.closing.models import (
    ClosedFigure,
    ClosedMilestone,
    ClosedPeriod,
    ClosedVerdict,
    StandingExport,
)
from crm.closing.queries.closed import closed_until, frozen_quotas, papers_of, still_open
from crm.closing.queries.standings import hash_of, standing_document
from crm.closing.rules import (
    YEAR,
    CloseFault,
    CorrectionFault,
    CorrectionKind,
    CorrectionSaid,
    ExportFault,
    Number,
    corrected,
    cutoff,
    why_not_close,
    why_not_correct,
)
from crm.closing.services.closing import Correction, close_period, correct
from crm.closing.services.exporting import take_export
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import FigureSource, Stage
from crm.quotas.models import Quota, Verdict
from crm.quotas.services import rejudge, rejudge_all
from tests.features.district_story import District, moment
from tests.features.quota_leads import YI, add_figure, add_signed

OCTOBER, CUTOFF = 10, date(2026, 10, 25)
DAY = date(2026, 10, 28)


@pytest.fixture
def leader(person):
    return person("director", name="刘洋")


@pytest.fixture
def district(db_session):
    """Four leads known by the day of closing; by name their ids."""
    with transaction():
        leads = {
            name: add_signed(name, yuan, on=on).id
            for name, yuan, on in (
                ("甲", 60 * YI, date(2026, 10, 10)),
                ("乙", 6 * YI, date(2026, 10, 20)),
                ("差", 49 * YI, date(2026, 10, 12)),
                ("后", 70 * YI, date(2026, 10, 26)),
            )
        }
        rejudge(leads.values(), today=DAY, at=moment(DAY, 8))
    return leads


def close(leader, month=OCTOBER, today=DAY, hour=10):
    with transaction():
        return close_period(leader, moment(today, hour), 2026, month, None, today=today)


def faults_of(verb):
    with pytest.raises(Refused) as refused, transaction():
        verb()
    return {fault.code for fault in refused.value.faults}


def frozen(period):
    return {each.row.code: each for each in frozen_quotas(period.id)}


def names(leads, ids):
    return {name for name, lead_id in leads.items() if lead_id in ids}


def test_closing_freezes_numbers_names_terms_figures_and_papers(leader, district):
    period = close(leader)
    assert (period.closes_on, period.closed_at) == (CUTOFF, moment(DAY, 10))
    found = frozen(period)
    assert names(district, found["A"].frozen(Number.SIGNED)) == {"甲"}
    assert names(district, found["B"].frozen(Number.SIGNED)) == {"甲", "乙", "差"}
    assert (period.overlap, period.distinct_total) == (1, 3)
    row = found["A"].row
    assert (row.target, row.signed, row.registered, row.started) == (10, 1, 0, 0)
    assert row.criteria == db.session.scalar(
        select(Quota.criteria).where(Quota.year == 2026, Quota.code == "A")
    )
    [milestone, figure] = papers_of(period.id)[district["甲"]]
    assert (figure.amount, figure.source, figure.document) == (
        60 * YI, FigureSource.AGREEMENT, "投资协议第3条",
    )  # fmt: skip
    assert (milestone.happened_on, milestone.document) == (date(2026, 10, 10), "投资协议")
    assert closed_until(2026) == CUTOFF


def snapshot_of(period_id):
    tables = (ClosedVerdict, ClosedFigure, ClosedMilestone)
    return [
        db.session.execute(select(*table.__table__.c).order_by(table.id)).all() for table in tables
    ] + [(each.row, each.frozen(Number.SIGNED)) for each in frozen_quotas(period_id)]


def test_nothing_that_happens_later_moves_a_closed_number(leader, district):
    period = close(leader)
    before = snapshot_of(period.id)
    later = DAY + timedelta(days=3)
    with transaction() as session:
        backdated = add_signed("补", 80 * YI, on=date(2026, 10, 5))
        session.get_one(Lead, district["甲"]).stage = Stage.LOST
        session.get_one(Lead, district["乙"]).title = "改名"
        add_figure(
            session.get_one(Lead, district["差"]), 51 * YI,
            source=FigureSource.FILING, as_of=date(2026, 10, 1), document="备案证明",
        )  # fmt: skip
        session.query(Milestone).filter_by(lead_id=district["乙"]).update(
            {"happened_on": date(2026, 11, 9)}
        )
        session.query(Figure).filter_by(lead_id=district["甲"]).update({"amount": 1})
        quota = session.scalar(select(Quota).where(Quota.year == 2026, Quota.code == "A"))
        quota.target = 99
        clause = {"clause": "amount", "field": "total_investment", "at_least_yuan": 1}
        quota.criteria = {"any_of": [clause]}
        session.flush()
        rejudge_all(today=later, at=moment(later, 9))
    assert backdated.id
    assert snapshot_of(period.id) == before
    live = db.session.scalars(
        select(Verdict.lead_id)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == 2026, Quota.code == "A", Verdict.signed_from <= CUTOFF)
    )
    assert set(live) != frozen(period)["A"].frozen(Number.SIGNED)


@pytest.mark.parametrize("seed", range(2))
def test_months_closed_along_the_way_stay_as_their_evening_told_them(db_session, leader, seed):
    district, closed = District(leader, seed), {}
    for snapshot in district.live(50):
        month = snapshot.day.month
        if snapshot.day.day == 27:
            period = close(leader, month, snapshot.day, hour=23)
            closed[period.id] = (snapshot, period.closes_on)
    assert len(closed) == 2
    for period_id, (snapshot, closes_on) in closed.items():
        for quota in frozen_quotas(period_id):
            assert quota.row.target == snapshot.targets[quota.row.code]
            for number in (Number.SIGNED, Number.REGISTERED):
                expected = snapshot.ids(quota.row.code, number.value, on=closes_on)
                assert sorted(quota.frozen(number)) == expected


def test_a_period_closes_once_in_order_after_its_day_and_never_opens_again(leader, district):
    assert faults_of(lambda: close_period(
        leader, moment(CUTOFF, 9), 2026, OCTOBER, None, today=CUTOFF
    )) == {CloseFault.NOT_OVER}  # fmt: skip
    assert faults_of(lambda: close_period(
        leader, moment(DAY, 9), 1999, OCTOBER, None, today=DAY
    )) == {CloseFault.NO_QUOTAS}  # fmt: skip
    close(leader)
    assert faults_of(lambda: close_period(
        leader, moment(DAY, 11), 2026, OCTOBER, None, today=DAY
    )) == {CloseFault.CLOSED_ALREADY}  # fmt: skip
    assert faults_of(lambda: close_period(
        leader, moment(DAY, 11), 2026, 9, None, today=DAY
    )) == {CloseFault.LATER_CLOSED}  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(ClosedPeriod)) == 1


def test_a_closed_year_keeps_its_verdicts(leader, district):
    new_year = date(2027, 1, 5)
    period = close(leader, YEAR, new_year)
    assert period.closes_on == date(2026, 12, 31)
    frozen_at = db.session.scalars(select(Quota.frozen_at).where(Quota.year == 2026)).all()
    assert set(frozen_at) == {moment(new_year, 10)}
    with transaction() as session:
        session.get_one(Lead, district["甲"]).stage = Stage.LOST
        session.flush()
        rejudge([district["甲"]], today=new_year, at=moment(new_year, 12))
    kept = db.session.scalars(
        select(Verdict.signed_from)
        .join(Quota, Quota.id == Verdict.quota_id)
        .where(Quota.year == 2026, Verdict.lead_id == district["甲"])
    )
    assert set(kept) == {date(2026, 10, 10)}
    assert faults_of(lambda: close_period(
        leader, moment(new_year, 11), 2026, OCTOBER, None, today=new_year
    )) == {CloseFault.YEAR_CLOSED}  # fmt: skip


def said(leads, name, kind, number=Number.SIGNED, value=None, code="A"):
    return Correction(code, number, kind, leads[name], value, "天投促〔2026〕9号", "补充协议")


def test_a_correction_stands_beside_the_frozen_number(leader, district):
    period = close(leader)
    at = moment(DAY + timedelta(days=1), 9)
    with transaction():
        correct(leader, at, period.id, said(district, "差", CorrectionKind.ADD))
        correct(leader, at, period.id, said(district, "甲", CorrectionKind.TAKE))
        correct(leader, at, period.id, said(district, "差", CorrectionKind.VALUE, value=52 * YI))
    found = frozen(period)["A"]
    assert names(district, found.frozen(Number.SIGNED)) == {"甲"}
    assert names(district, found.with_corrections(Number.SIGNED)) == {"差"}
    assert found.row.signed == 1
    assert found.moved(Number.SIGNED) == (1, 1)
    first = found.corrections[0]
    assert (first.by_name, first.document_number, first.reason, first.title) == (
        "刘洋", "天投促〔2026〕9号", "补充协议", "差",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "value", "fault"),
    [
        ("甲", CorrectionKind.ADD, None, CorrectionFault.COUNTED_ALREADY),
        ("差", CorrectionKind.TAKE, None, CorrectionFault.NOT_COUNTED),
        ("差", CorrectionKind.VALUE, YI, CorrectionFault.NOT_COUNTED),
        ("甲", CorrectionKind.VALUE, None, CorrectionFault.VALUE_MISSING),
        ("甲", CorrectionKind.TAKE, YI, CorrectionFault.VALUE_UNASKED),
    ],
)
def test_a_correction_that_contradicts_the_list_is_refused(
    leader, district, name, kind, value, fault
):
    period = close(leader)
    wrong = said(district, name, kind, value=value)
    assert faults_of(lambda: correct(leader, moment(DAY, 12), period.id, wrong)) == {fault}


def test_a_correction_needs_a_period_a_quota_and_a_lead_that_are_there(leader, district):
    period = close(leader)
    good = said(district, "差", CorrectionKind.ADD)
    for period_id, wrong in (
        (period.id + 1, good),
        (period.id, said(district, "差", CorrectionKind.ADD, code="Z")),
        (period.id, said({"差": 10**9}, "差", CorrectionKind.ADD)),
    ):
        with pytest.raises(NotFound), transaction():
            correct(leader, moment(DAY, 12), period_id, wrong)


def test_what_is_still_open_is_told_by_name_and_owner_before_closing(leader, district, person):
    owner = person("staff", name="张伟")
    with transaction() as session:
        lead = add_signed("缺材料", 60 * YI, on=date(2026, 10, 20), owner_id=owner.id)
        session.query(Milestone).filter_by(lead_id=lead.id).update({"document": None})
        rejudge([lead.id], today=DAY, at=moment(DAY, 9))
    rows = still_open(leader, 2026, CUTOFF)
    assert {(row.title, row.owner, row.code) for row in rows} == {
        ("缺材料", "张伟", "A"),
        ("缺材料", "张伟", "B"),
    }


@pytest.mark.parametrize("seed", range(3))
def test_every_export_of_four_weeks_can_be_made_again_to_the_letter(db_session, leader, seed):
    exports = []
    for snapshot in District(leader, seed).live(28):
        with transaction():
            export = take_export(
                leader, moment(snapshot.day, 22), 2026, snapshot.day, today=snapshot.day
            )
        exports.append((export.id, snapshot))
    hashes = set()
    for export_id, snapshot in exports:
        export = db.session.get_one(StandingExport, export_id, populate_existing=True)
        remade = standing_document(2026, export.as_of, export.known_at)
        assert remade == export.content
        assert hash_of(remade) == export.content_hash == hash_of(export.content)
        for quota in remade["quotas"]:
            assert [each["lead_id"] for each in quota["leads"]] == sorted(
                snapshot.ids(quota["code"], "signed"),
                key=lambda lead_id: (
                    snapshot.verdicts[quota["code"], lead_id][2][0], lead_id
                ),
            )  # fmt: skip
        hashes.add(export.content_hash)
    assert len(hashes) > 10


def test_an_export_of_a_day_to_come_or_of_no_quotas_is_refused(leader, district):
    def take(year, day):
        return lambda: take_export(leader, moment(DAY, 12), year, day, today=DAY)

    assert faults_of(take(2026, DAY + timedelta(days=1))) == {ExportFault.NOT_YET}
    assert faults_of(take(1999, DAY)) == {ExportFault.NO_QUOTAS}


def test_the_cut_off_is_the_months_own_day_and_the_end_of_the_year_in_december():
    closes = date(2026, 12, 31)
    assert cutoff(2026, 2, 25, closes) == date(2026, 2, 25)
    assert cutoff(2026, 12, 25, closes) == closes
    assert cutoff(2026, YEAR, 25, closes) == closes


def test_everything_that_speaks_against_closing_is_told_at_once():
    day = date(2026, 11, 1)
    assert why_not_close(9, date(2026, 9, 25), (), day) == ()
    assert why_not_close(9, date(2026, 9, 25), (8,), day) == ()
    assert why_not_close(9, day, (9,), day) == (CloseFault.NOT_OVER, CloseFault.CLOSED_ALREADY)
    assert why_not_close(YEAR, date(2026, 10, 31), (1, 12), day) == ()


def test_corrections_follow_each_other():
    add = CorrectionSaid(CorrectionKind.ADD, 3)
    take = CorrectionSaid(CorrectionKind.TAKE, 3)
    assert corrected({1}, [add]) == {1, 3}
    assert corrected({1}, [add, take]) == {1}
    assert why_not_correct(take, {1}, [add]) == ()
    assert why_not_correct(add, {1}, [add]) == (CorrectionFault.COUNTED_ALREADY,)
