"""三本账 by hand: a lead is dragged into another book, or moved by its link, always with a reason."""

import re
from datetime import date

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.rules import Confidence, Stage
from crm.outlook.models import BookMove
from crm.outlook.rules.books import Book
from crm.quotas.services import rejudge
from tests.features.quota_leads import YI, add_figure, add_lead

pytestmark = pytest.mark.browser


@pytest.fixture
def hoped(app, person):
    """A lead of a unit that the rule puts into 争取, and the unit's head."""
    owner, head = person(Role.STAFF, "药山街道"), person(Role.UNIT_HEAD, "药山街道")
    today = clock.today()
    with app.app_context(), transaction():
        lead = add_lead(
            "高端轴承项目", owner_id=owner.id, department_id=owner.department_id,
            stage=Stage.REVIEWED, expected_sign_on=date(today.year, 12, 31),
            confidence=Confidence.HIGH, confidence_on=today,
        )  # fmt: skip
        add_figure(lead, 6 * YI)
        rejudge([lead.id], today=today, at=clock.now())
        return lead.id, head


def moves(app) -> list[tuple[Book, Book | None, str]]:
    with app.app_context():
        rows = db.session.query(BookMove).order_by(BookMove.id).all()
        return [(row.from_book, row.book, row.reason) for row in rows]


def test_a_card_dropped_on_another_book_asks_for_the_reason_and_lies_there_then(
    app, desk, sign_in_browser, hoped
):
    lead_id, head = hoped
    sign_in_browser(desk, head, to="/outlook/")
    page = desk.page
    desk.look()
    card = page.locator(f'[data-move$="/leads/{lead_id}"]')
    card.drag_to(page.locator('[data-book="certain"]'))
    page.wait_for_url("**/outlook/*/leads/*?to=certain")
    assert page.get_by_label("确保").is_checked()
    desk.look()
    desk.expects(422)
    desk.follow(page.get_by_role("button", name="调整", exact=True))
    assert page.get_by_text("请写明调整理由").first.is_visible()
    assert moves(app) == []
    page.get_by_label("理由").fill("协议已会签")
    page.get_by_role("button", name="调整", exact=True).click()
    page.wait_for_url("**/outlook/?year=*")
    book = page.locator('[data-book="certain"]')
    assert "高端轴承项目" in book.inner_text()
    assert "协议已会签" in book.inner_text()
    desk.look()
    assert moves(app) == [(Book.STRIVE, Book.CERTAIN, "协议已会签")]


def test_a_card_dropped_where_it_lies_moves_nothing(app, desk, sign_in_browser, hoped):
    lead_id, head = hoped
    sign_in_browser(desk, head, to="/outlook/")
    page = desk.page
    page.locator(f'[data-move$="/leads/{lead_id}"]').drag_to(
        page.locator('[data-book="strive"] h2')
    )
    assert page.url.endswith("/outlook/")
    assert page.locator(".book-over").count() == 0
    assert moves(app) == []


def test_the_same_is_done_by_keyboard_alone(app, phone, sign_in_browser, hoped):
    """On a phone, too, where nothing is dragged."""
    _lead_id, head = hoped
    sign_in_browser(phone, head, to="/outlook/")
    page = phone.page
    phone.look()
    page.locator('[data-book="strive"]').get_by_role(
        "link", name=re.compile("调整.*高端轴承项目")
    ).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/outlook/*/leads/*")
    phone.look()
    chosen = page.get_by_label("争取")
    assert chosen.is_checked()
    chosen.focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("储备").is_checked()
    page.get_by_label("理由").focus()
    page.keyboard.type("资方暂缓")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="调整", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/outlook/?year=*")
    assert "资方暂缓" in page.locator('[data-book="reserve"]').inner_text()
    assert moves(app) == [(Book.STRIVE, Book.RESERVE, "资方暂缓")]
