"""A bureau leader arranges a chain by keyboard and by mouse, takes it back, and the map shows it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

pytestmark = pytest.mark.browser


def test_a_chain_is_arranged_by_keyboard_undone_and_shown_on_the_map(desk, person, sign_in_browser):
    sign_in_browser(desk, person("director", name="刘洋"), to="/chains/MED/edit")
    page = desk.page
    rows = page.locator("[data-tier=mid] [data-arranged]")
    first, second = (rows.nth(n).locator(".arrange-name").inner_text() for n in (0, 1))
    row = page.locator("[data-arranged]", has=page.get_by_role("link", name=first, exact=True))
    row.get_by_role("link", name=first).focus()

    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(1).locator(".arrange-name")).to_have_text(first)
    expect(row.get_by_role("link", name=first)).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(row).to_contain_text("第2级")
    expect(row.get_by_role("link", name=first)).to_be_focused()
    desk.look()
    desk.fits_at(PHONE)

    desk.goto("/chains/MED")
    below = page.locator(".chain-page .segs .segs", has_text=first)
    expect(below.first).to_be_visible()

    desk.goto("/chains/MED/edit")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("更早的1步")).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("还没有改动")).to_be_visible()
    expect(rows.nth(0).locator(".arrange-name")).to_have_text(first)

    # By mouse: let go on the middle of the second row, the first one stands inside it.
    rows.nth(0).drag_to(rows.nth(1))
    expect(row).to_contain_text("第2级")
    assert rows.nth(0).locator(".arrange-name").inner_text() == second
