"""The frame, the style guide, the built files and the pages of failure."""

import json
import re
from pathlib import Path

import pytest
from flask import render_template_string
from flask_babel import force_locale
from sqlalchemy import event

from crm.core.assets import AssetsNotBuilt, asset_url, icon
from crm.core.db import db
from crm.core.web import stated_text

pytestmark = pytest.mark.on("sqlite")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def built(app, tmp_path, monkeypatch):
    """A small finished build instead of frontend/dist/."""
    (tmp_path / "app-AB12CD34.css").write_text("body{}", encoding="utf-8")
    (tmp_path / "app-AB12CD34.css.gz").write_bytes(b"packed")
    manifest = {"app.css": "app-AB12CD34.css", "icons.svg": "icons-AB12CD34.svg"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.setitem(app.config, "ASSETS_DIR", tmp_path)
    return tmp_path


def test_a_built_file_is_kept_for_a_year_and_sent_packed(app, client, built):
    with app.test_request_context():
        address = asset_url("app.css")
    plain = client.get(address, buffered=True)
    packed = client.get(address, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert plain.text == "body{}"
    assert packed.data == b"packed"
    assert packed.headers["Content-Encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer.mimetype == "text/css"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_files_outside_the_build_are_not_served(client, built):
    (built.parent / "secret.txt").write_text("secret", encoding="utf-8")
    assert client.get("/assets/../secret.txt").status_code == 404
    assert client.get("/assets/%2e%2e/secret.txt").status_code == 404


def test_a_missing_build_says_what_to_run(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "ASSETS_DIR", tmp_path)
    monkeypatch.setattr(app, "testing", False)
    with (
        app.test_request_context(),
        pytest.raises(AssetsNotBuilt, match=r"app\.css is not built; run `make setup`"),
    ):
        asset_url("app.css")


def test_an_unlisted_icon_is_named(app):
    with app.test_request_context(), pytest.raises(LookupError, match="no-such-icon"):
        icon("no-such-icon")


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("18亿", "CNY 1.8 billion"),
        ("50-60亿", "CNY 5–6 billion"),
        ("约6亿", "about CNY 600 million"),
        ("1亿美元", "USD 100 million"),
        ("待定", "待定"),
        (None, "CNY 500 million"),
    ],
)
def test_a_stated_amount_stays_as_typed_in_chinese_and_is_worded_in_english(app, text, english):
    with app.test_request_context(), force_locale("en"):
        assert stated_text(text, 500_000_000) == english
    with app.test_request_context(), force_locale("zh"):
        assert stated_text(text, 500_000_000) == (text or "5亿元")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", ["frame", "bare", "document"])
def test_the_style_guide_shows_every_macro(client, language, part):
    client.set_cookie("language", language)
    page = client.get(f"/styleguide?part={part}")
    assert page.status_code == 200
    ids = re.findall(r'\sid="([^"]+)"', page.text.split("<h2>表单</h2>")[0])
    assert len(ids) == len(set(ids))


def test_no_page_of_the_frame_carries_what_the_content_policy_forbids(client):
    answer = client.get("/styleguide")
    assert answer.status_code == 200
    page = answer.text
    assert " style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"\son[a-z]+=", page)


def test_a_field_reads_its_hint_and_its_error_to_those_who_cannot_see_them(app):
    page = app.test_client().get("/styleguide").text
    wrong = page.split("改正错误")[1]
    control = re.search(r'<input[^>]*id="amount"[^>]*>', wrong)
    assert control
    assert 'aria-describedby="amount-hint amount-error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert '<a href="#amount">协议总投资</a>：缺单位，请写成50亿或50亿元' in wrong


def test_what_people_typed_stays_text(app):
    source = """{% from "shared/macros/data.html" import badge, table, amount, chart %}
    {{ badge(evil) }}{{ amount(evil, note=evil) }}
    {% call(row, column) table([{"key": "a", "label": evil}], [evil], evil) %}{{ row }}{% endcall %}
    {{ chart(evil, "bar", [evil], [{"name": evil, "values": [1]}]) }}"""
    evil = "<script>'\"</script>"
    with app.test_request_context():
        page = render_template_string(source, evil=evil)
    assert "<script" not in page
    assert page.count("data-chart='") == 1
    assert "'" not in page.split("data-chart='")[1].split("'></div>")[0]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refusal_has_a_page_with_a_way_on(app, code, language):
    with app.test_request_context(headers={"Cookie": f"language={language}"}):
        page = app.jinja_env.get_template(f"errors/{code}.html").render(
            code=code, request=_request(), navigation=None, get_flashed_messages=lambda **_: []
        )
    assert re.search(r"<h1>[^<]+</h1>", page)
    assert 'class="button' in page


def test_an_unknown_address_is_told_in_plain_words(client):
    page = client.get("/no-such-page")
    assert page.status_code == 404
    assert "没有找到这一页" in page.text
    client.set_cookie("language", "en")
    assert "Page not found" in client.get("/no-such-page").text


def test_the_page_of_a_failing_server_needs_no_database(app, client, sign_in, monkeypatch):
    signed_in = sign_in("staff")

    def broken(*args, **kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(app, "testing", False)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", broken)
    try:
        page = signed_in.get("/account/password")
    finally:
        event.remove(engine, "before_cursor_execute", broken)
    assert page.status_code == 500
    assert "系统出了问题" in page.text
    assert "Something went wrong" in page.text


def test_the_lock_file_names_no_host():
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def _request():
    from flask import request

    return request
