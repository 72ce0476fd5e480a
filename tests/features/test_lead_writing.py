"""Writing leads as people do it in the browser: register, edit, move, log, hand over, upload."""

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db
from crm.leads.models import (
    Lead,
)
from crm.leads.rules import Stage
from tests.leads import registered

TODAY = clock.today


def the(app, lead_id):
    with app.app_context():
        return db.session.get(Lead, lead_id)


def rows(app, model, **where):
    with app.app_context():
        return db.session.scalars(select(model).filter_by(**where).order_by(model.id)).all()


# ---------------------------------------------------------------- smoke of every page

PAGES = (
    "edit", "advance", "milestone", "milestone?kind=registered", "figures/new", "activities/new",
    "papers/new", "hand-over", "sensitivity", "screening", "receipt",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_writing_page_opens(sign_in, page):
    client = sign_in("staff", "药山街道")
    lead_id = registered(client)
    assert client.get(f"/leads/{lead_id}/{page}").status_code == 200


@pytest.mark.parametrize("to", [stage.value for stage in Stage])
def test_the_move_page_opens_for_every_stage(sign_in, to):
    client = sign_in("staff", "药山街道")
    lead_id = registered(client)
    assert client.get(f"/leads/{lead_id}/advance?to={to}").status_code == 200
