"""The district's work report, loaded whole as a year's preset."""

from datetime import date
from decimal import Decimal

import pytest
import yaml
from sqlalchemy import func, select

from crm.config import ROOT
from crm.core import clock
from crm.core.db import db, transaction
from crm.quotas.models import Quota, QuotaNode, YearFigure
from crm.quotas.rules import (
    Curve,
    Measure,
    Modality,
    Rounding,
    Source,
    Universe,
    YearSection,
)
from crm.quotas.services import load_preset

TARGETS = yaml.safe_load(
    (ROOT / "crm" / "presets" / "tianqiao" / "targets.yaml").read_text(encoding="utf-8")
)


@pytest.fixture
def found(db_session):
    return {quota.code: quota for quota in db_session.scalars(select(Quota).filter_by(year=2026))}


def test_every_quota_and_indicator_of_the_report_is_loaded_with_its_terms(found):
    entries = [*TARGETS["quotas"], *TARGETS["indicators"]]
    assert set(found) == {entry["code"] for entry in entries}
    for entry in entries:
        quota = found[entry["code"]]
        target = entry.get("target", entry.get("target_yuan", entry.get("target_usd")))
        assert quota.target == target
        assert (Measure(quota.measure), Modality(quota.modality)) == (
            entry["measure"],
            entry["modality"],
        )
        assert (Universe(quota.universe), Source(quota.source)) == (
            entry["universe"],
            entry["source"],
        )
        assert (quota.field, quota.named, quota.chain_codes, quota.role) == (
            entry.get("field"),
            entry.get("named"),
            entry.get("chains"),
            entry.get("role"),
        )
        assert (quota.opens, quota.closes) == (date(2026, 1, 1), date(2026, 12, 31))
        assert quota.monthly_cutoff_day == 25
        assert (quota.rounding, quota.curve) == (Rounding.HALF_UP, Curve.SEASONAL)
        assert quota.nodes == []
    assert (found["fdi"].unit, found["completed_investment"].unit, found["land"].unit) == (
        "美元",
        "元",
        "亩",
    )


def test_what_the_report_says_beside_the_indicators_is_loaded_too(db_session):
    of_year = select(YearFigure).where(YearFigure.year == 2026)
    rows = db_session.scalars(of_year.order_by(YearFigure.position)).all()

    def section(wanted):
        return [row for row in rows if row.section is wanted]

    growth = {row.name: row.percent for row in section(YearSection.GROWTH)}
    assert growth == {
        name: Decimal(str(percent)) for name, percent in TARGETS["headline_growth_percent"].items()
    }
    base = {row.name: (row.of_year, row.amount) for row in section(YearSection.BASE)}
    assert base == {name: (2023, amount) for name, amount in TARGETS["base_2023"].items()}
    for dimension, entries in TARGETS["key_projects"].items():
        assert [
            (row.name, row.zone, row.count, row.amount, row.named)
            for row in section(YearSection(dimension))
        ] == [
            (
                entry.get("level") or entry["state"],
                entry.get("zone"),
                entry["count"],
                entry.get("total_investment_yuan"),
                entry.get("named"),
            )
            for entry in entries
        ]
    assert [row.name for row in section(YearSection.LEADING)] == TARGETS["leading_industries"]
    assert [row.name for row in section(YearSection.FUTURE)] == TARGETS["future_tracks"]
    assert [row.name for row in section(YearSection.CHAIN_GROUPS)] == TARGETS[
        "official_chain_groups"
    ]
    assert [row.name for row in section(YearSection.AXES)] == [
        "黄河城市联动轴",
        "济泺路黄金经济带",
        "小清河创新产业带",
    ]


def test_loading_again_adds_nothing_and_leaves_what_a_bureau_changed(app):
    with app.app_context(), transaction() as session:
        land = session.query(Quota).filter_by(year=2026, code="land").one()
        land.target, land.is_example, land.field = 2500, False, None
        listings = session.query(Quota).filter_by(year=2026, code="listings").one()
        listings.named = None  # as an earlier version loaded it
        session.add(QuotaNode(quota_id=land.id, due_on=date(2026, 6, 25), count=900))
        before = session.scalar(select(func.count(YearFigure.id)))
    with app.app_context(), transaction() as session:
        assert load_preset(TARGETS, 2026, clock.now()) == 0
        assert session.scalar(select(func.count(YearFigure.id))) == before
    with app.app_context():
        land = db.session.query(Quota).filter_by(year=2026, code="land").one()
        assert (land.target, land.field, [node.count for node in land.nodes]) == (2500, None, [900])
        listings = db.session.query(Quota).filter_by(year=2026, code="listings").one()
        assert listings.named == ["建邦胶体"]
