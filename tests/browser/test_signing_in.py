"""Coming in, going out, and reading in one's own language."""

import re

import pytest

from crm.accounts.rules import Role
from tests.browser.conftest import fill_in_sign_in

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u3400-\u9fff]")


def test_a_person_signs_in_and_out(desk, sign_in_browser):
    who = sign_in_browser(desk, Role.ADMINISTRATOR, to="/people")
    assert desk.page.url == f"{desk.address}/people", "the page asked for first"
    desk.look()
    desk.page.locator("summary", has_text=who.name).click()
    desk.page.get_by_role("button", name="退出登录").click()
    desk.page.wait_for_url("**/login")
    assert desk.page.get_by_text("已退出登录").is_visible()
    desk.look()
    desk.page.go_back()
    desk.page.wait_for_url("**/login**")


def test_a_wrong_password_is_refused_in_plain_words_and_keeps_the_login(
    desk, person, sign_in_browser
):
    who = person(Role.ADMINISTRATOR)
    desk.expects(422)
    fill_in_sign_in(desk, who.login, "wrong")
    alert = desk.page.get_by_role("alert")
    assert "登录名或密码不正确" in alert.inner_text()
    assert desk.page.get_by_label("登录名").input_value() == who.login
    assert desk.page.get_by_label("密码").input_value() == ""
    desk.look()
    sign_in_browser(desk, who, to="/people")
    assert desk.page.get_by_role("heading", level=1).is_visible()


def test_english_pages_hold_no_chinese_and_stay_english(desk):
    desk.goto("/login")
    desk.follow(desk.page.get_by_role("button", name="English"))
    assert not CHINESE.search(shown_words(desk.page))
    assert desk.page.locator("html").get_attribute("lang") == "en"
    desk.look()
    desk.follow(desk.page.get_by_role("button", name="中文"))
    assert desk.page.get_by_role("heading", name="登录").is_visible()


@pytest.mark.parametrize("language", ["中文", "English"])
def test_the_door_and_a_wrong_address_are_sound_in_both_sizes(desk, language):
    desk.goto("/login")
    if language == "English":
        desk.follow(desk.page.get_by_role("button", name=language))
    desk.look_at_both_sizes()
    desk.expects(422)
    desk.follow(desk.page.locator("form.form button[type=submit]"))
    assert desk.page.get_by_role("alert").is_visible()
    desk.look_at_both_sizes()
    desk.goto("/no/such/page", status=404)
    desk.look_at_both_sizes()


def shown_words(page) -> str:
    """What the page says itself: without data and without the other language's own name."""
    words: str = page.evaluate(
        """() => {
            const copy = document.body.cloneNode(true);
            copy.querySelectorAll('[lang]').forEach((e) => e.remove());
            return copy.innerText;
        }"""
    )
    return words
