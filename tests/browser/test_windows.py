"""The watch every journey relies on: it must see what it promises to see."""

import pytest

pytestmark = pytest.mark.browser

BAD = """<!doctype html><html lang="zh-CN"><title>坏页</title><main><h1>坏页</h1>
<table><tr><td><img src="/nowhere.png" width="3000" height="9"></td></tr></table>
<script>console.log("never runs")</script><p style="color:red">红</p></main></html>"""


def test_a_window_reports_what_is_wrong_with_a_page(open_window):
    window = open_window()
    window.page.route(
        "**/bad",
        lambda route: route.fulfill(
            body=BAD,
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": "script-src 'self'; style-src 'self'"},
        ),
    )
    window.page.goto(window.address + "/bad")
    window.look()
    faults, window.faults = "\n".join(window.faults), []
    assert "scrolls sideways" in faults
    assert "because of table" in faults
    assert "axe image-alt" in faults
    assert "inline script" in faults
    assert "inline style" in faults
    assert "/nowhere.png answered 404" in faults


def test_a_window_says_nothing_about_a_sound_page(phone):
    phone.goto("/login")
    phone.look()
    assert phone.faults == []
