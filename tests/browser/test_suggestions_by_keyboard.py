"""Suggested segments decided without a mouse: down a row, tick, belongs, does not belong."""

import pytest
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.chains.models import SegmentFit
from crm.chains.rules import FitState
from crm.chains.services.suggesting import suggest_for
from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.services import EnterpriseEntry, save

pytestmark = pytest.mark.browser


@pytest.fixture
def page(app, desk, sign_in_browser):
    """The list of suggestions, with those of three companies."""
    actor = sign_in_browser(desk, Role.STAFF, "药山街道")
    with app.app_context(), transaction():
        for name in ("北方机器人有限公司", "南方机器人有限公司", "东方机器人有限公司"):
            save(actor, clock.now(), None, EnterpriseEntry(name=name))
        suggest_for()
    return desk.goto("/chains/fits")


def test_suggestions_are_decided_by_keys(app, desk, page):
    desk.look_at_both_sizes()
    for key in "jjx":
        page.keyboard.press(key)
    assert page.locator("tr:has(:checked)").inner_text().strip().startswith("南方")
    for key in "xk":
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("y")  # the first row belongs
    with page.expect_navigation():
        page.keyboard.press("n")  # the focus is on the row that came up; it does not
    with app.app_context():
        states = db.session.scalars(select(SegmentFit.state).order_by(SegmentFit.state)).all()
    assert states == [FitState.CONFIRMED, FitState.REJECTED, FitState.SUGGESTED]


def test_what_is_ticked_is_decided_together(desk, page):
    for key in "jxjxj":
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("n")
    desk.look()
    assert page.locator("#toasts").inner_text().startswith("已记为不属于2条")
