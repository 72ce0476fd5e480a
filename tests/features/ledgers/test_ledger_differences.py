"""What a ledger says otherwise is decided by a person, and a ledger goes out again as it came in."""

import io
from datetime import date

import openpyxl
import pytest
from flask import has_app_context
from sqlalchemy import select

from crm.accounts.queries import system_actor
from crm.core.db import db, transaction
from crm.history import services as history
from crm.imports.models import LedgerDifference
from crm.imports.services import deciding as deciding_services
from crm.imports.services.exporting import export_ledger
from crm.leads.models import Figure, Lead, Milestone
from crm.leads.rules import FigureKind, Stage, StageSource
from tests.features.ledgers.cases import AT, LEDGER, TODAY, changed, count, lead

pytestmark = pytest.mark.usefixtures("verdicts_stay_true")


# ---------------------------------------------------------------- deciding


@pytest.fixture
def decide(app):
    """`decide(take or keep, …)`: every open difference at once, in a transaction of its own."""

    def deciding(verb, actor=None, seen=10**9):
        if has_app_context():
            db.session.rollback()
        with app.app_context(), transaction() as session:
            ids = session.scalars(select(LedgerDifference.id)).all()
            more = {"seen": seen, "today": TODAY} if verb is deciding_services.take else {}
            return verb(actor or system_actor(), AT, ids, **more)

    return deciding


def test_taking_a_difference_adds_a_dated_figure_and_keeps_the_old_one(take, decide, db_session):
    take()
    version = lead("高纯硅溶胶抛光材料项目").version
    take(changed(I4=7.5, AC4="已实地考察", J4=None))
    assert decide(deciding_services.take).settled == 2
    db_session.rollback()
    found = lead("高纯硅溶胶抛光材料项目")
    totals = db_session.scalars(
        select(Figure.stated_text)
        .where(Figure.lead_id == found.id, Figure.kind == FigureKind.TOTAL_INVESTMENT)
        .order_by(Figure.id)
    ).all()
    assert totals == ["6.5亿元", "7.5亿元"]
    assert (found.investment_yuan, found.remark) == (750_000_000, "已实地考察")
    assert found.version > version
    again = take(changed(I4=7.5, AC4="已实地考察", J4=None))
    assert again.differs == 0


def test_taking_a_stage_keeps_it_as_the_ledgers_word(take, decide, db_session):
    take()
    take(changed(V4="签约", AB4="2026-11-20"))
    decide(deciding_services.take)
    db_session.rollback()
    found = lead("高纯硅溶胶抛光材料项目")
    assert (found.stage, found.stage_source) == (Stage.SIGNED, StageSource.IMPORT)
    milestone = db_session.scalars(select(Milestone).where(Milestone.lead_id == found.id)).one()
    assert (milestone.happened_on, milestone.source) == (date(2026, 11, 20), StageSource.IMPORT)
    take(changed(V4="在谈"))
    decide(deciding_services.take)
    db_session.rollback()
    assert lead("高纯硅溶胶抛光材料项目").stage is Stage.NEGOTIATING
    assert count(Milestone, Milestone.lead_id == found.id) == 0


def test_keeping_ours_is_remembered_until_the_cell_changes_again(take, decide, db_session):
    take()
    take(changed(AC4="甲"))
    assert decide(deciding_services.keep).settled == 1
    assert take(changed(AC4="甲")).differs == 0
    assert take(changed(AC4="乙")).differs == 1


def test_what_was_changed_after_the_person_looked_is_left(take, decide, db_session):
    take()
    take(changed(AC4="甲"))
    someone = system_actor()
    with transaction():
        found = lead("高纯硅溶胶抛光材料项目")
        found.remark = "刚改过"
        history.record_changes(someone, AT, "lead_edited", found, lead_id=found.id)
    decided = decide(deciding_services.take, seen=0)
    assert (decided.settled, decided.left) == (0, 1)
    assert lead("高纯硅溶胶抛光材料项目").remark == "刚改过"


def test_others_differences_are_passed_over(take, decide, person, db_session):
    take()
    take(changed(AC4="甲"))
    assert decide(deciding_services.take, person("staff", "南村街道")).settled == 0


@pytest.mark.parametrize(
    "cells",
    [
        {"C4": "示例新材料集团有限公司"},
        {"F4": "智能制造装备", "G4": "储能/充换电装备"},
        {"Q4": "药山街道", "R4": "新来的人", "P4": "新单位", "T4": "新领导"},
        {"L4": "药山街道", "M4": "12亩", "U4": "2026-01-02", "Z4": None},
        {"B4": "高纯硅溶胶抛光材料二期项目", "V4": "搁置"},
    ],
)
def test_after_taking_everything_nothing_differs(take, decide, cells):
    take()
    assert take(changed(**cells)).differs == 1
    assert decide(deciding_services.take).settled >= 1
    again = take(changed(**cells))
    assert (again.added, again.differs) == (0, 0)


# ---------------------------------------------------------------- out again


def exported(app):
    with app.app_context(), transaction():
        return export_ledger(system_actor(), at=AT, today=TODAY)


def test_an_export_read_in_again_differs_from_nothing(app, take, db_session):
    take()
    db_session.rollback()
    again = take(exported(app))
    assert (again.added, again.differs, again.gone) == (0, 0, ())
    assert again.unchanged == count(Lead)


def test_the_export_has_the_layout_the_ledger_came_in(app, take, db_session):
    take()
    db_session.rollback()
    ours = openpyxl.load_workbook(io.BytesIO(exported(app))).active
    theirs = openpyxl.load_workbook(LEDGER).active
    for row in (1, 2, 3):
        assert [c.value for c in ours[row]] == [c.value for c in theirs[row]]
    assert ours["I4"].value == 6.5
    assert ours["I5"].value == 52
    assert ours["I7"].value == "3000万美元"
    assert ours["I8"].value == "约6亿"
    assert ours["AB5"].value.date() == date(2026, 10, 18)
    saved = count(Lead)
    total = 4 + saved
    assert ours.cell(total, 1).value == "合计"
    assert ours.cell(total, 9).value == f"=SUM(I4:I{total - 1})"
    assert str(ours.cell(total + 2, 1).value).startswith("注：")


def test_the_export_holds_no_formula_of_a_users_making(app, take, db_session):
    take(changed(W4="=cmd|' /C calc'!A0", AC5="+1-2"))
    db_session.rollback()
    ours = openpyxl.load_workbook(io.BytesIO(exported(app))).active
    formulas = [c.value for row in ours.iter_rows() for c in row if c.data_type == "f"]
    assert len(formulas) == 1
    assert formulas[0].startswith("=SUM(I4:")


def test_without_any_import_the_export_has_a_layout_of_its_own(app, take, db_session):
    ours = exported(app)
    again = take(ours)
    assert (again.added, again.refused) == (0, 0)


def test_the_export_command_writes_the_file(app, tmp_path, person):
    file = tmp_path / "out.xlsx"
    done = app.test_cli_runner().invoke(args=["ledger", "export", str(file)])
    assert done.exit_code == 0, done.output
    assert file.read_bytes().startswith(b"PK")
    person("staff", "药山街道", login="staff9")
    done = app.test_cli_runner().invoke(args=["ledger", "export", str(file), "--as", "staff9"])
    assert done.exit_code == 2
