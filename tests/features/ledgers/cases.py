"""The sample ledger, imported as the doors do it, and the sample with other values."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
from flask import has_app_context
from sqlalchemy import func, select

from crm.accounts.queries import system_actor
from crm.core.db import db, transaction
from crm.imports.services.importing import import_ledger
from crm.leads.models import Lead

FIXTURES = Path(__file__).parents[2] / "fixtures"
LEDGER = FIXTURES / "ledger_2026.xlsx"
TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def import_sample(app, folder, data=None, actor=None, *, dry_run=False, today=TODAY):
    """Import the sample, or `data`, in a transaction of its own."""
    if has_app_context():
        db.session.rollback()  # on SQLite the test reads a snapshot until it ends its own
    with app.app_context(), transaction():
        return import_ledger(
            actor or system_actor(),
            LEDGER.read_bytes() if data is None else data,
            "ledger_2026.xlsx",
            at=AT,
            today=today,
            folder=folder,
            dry_run=dry_run,
        )


def changed(**cells):
    """The sample with other values: changed(I4=7.5, Z9=None)."""
    workbook = openpyxl.load_workbook(LEDGER)
    for cell, value in cells.items():
        workbook.active[cell] = value
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def lead(title):
    return db.session.scalars(select(Lead).where(Lead.title == title)).one()


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))
