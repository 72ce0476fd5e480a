"""Whatever is typed into an address or a form, the answer is a page in plain words, never a 500."""

import io
import re

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from crm.accounts.rules import Role
from tests.features.test_permissions import department_of, filled, routes

JUNK = (
    "",
    "-1",
    "9" * 40,
    "NaN",
    "x\x00y",
    "💣" * 40,
    "亿" * 5_000,
    "%_%' OR 1=1 --",
    "２０２６-13-45",
    "=cmd|' /C calc'!A0",
    "\ud7ff\uffff",
)
NAMES = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"')


@pytest.fixture
def pages(app, person, sign_in):
    """(browser of a role that may open it, address, method) of every route of the product."""
    browsers = {
        role: sign_in(person(role, department_of(role)))
        for role in (Role.DIRECTOR, Role.STAFF, Role.ADMINISTRATOR)
    }
    found = []
    for rule, method, allowed in routes(app):
        if rule.endpoint in {"accounts.logout", "assets.file"}:
            continue
        address = filled(rule, 1)
        role = next((role for role in browsers if role in allowed), Role.DIRECTOR)
        found.append((browsers[role], address, method))
    return found


@pytest.fixture
def names_read(app, monkeypatch):
    """The names of parameters a request looked up, whether they were there or not."""
    seen: set[str] = set()

    class Recording(ImmutableMultiDict):
        def __getitem__(self, name):
            seen.add(name)
            return super().__getitem__(name)

        def get(self, name, *rest, **options):
            seen.add(name)
            return super().get(name, *rest, **options)

        def getlist(self, name, *rest, **options):
            seen.add(name)
            return super().getlist(name, *rest, **options)

    class Request(app.request_class):
        parameter_storage_class = Recording

    monkeypatch.setattr(app, "request_class", Request)
    return seen


def test_no_address_fails_on_junk_in_its_query(pages, names_read):
    """One parameter at a time: a view that refuses the first never reads the next."""
    failed = []
    for client, address, method in pages:
        if method != "GET":
            continue
        names_read.clear()
        if client.get(address).status_code == 404:
            continue
        for name in sorted(names_read):
            for junk in JUNK:
                status = client.get(address, query_string={name: junk}).status_code
                if status >= 500:
                    failed.append((address, name, junk[:20], status))
    assert failed == []


def test_no_address_fails_on_bytes_that_are_no_text(pages):
    failed = [
        address
        for client, address, method in pages
        if method == "GET" and client.get(f"{address}?q=%ff%fe%00&cursor=%80").status_code >= 500
    ]
    assert failed == []


def test_no_form_fails_on_junk_in_its_fields(pages):
    failed = []
    for client, address, method in pages:
        if method != "POST":
            continue
        shown = client.get(address)
        names = set(NAMES.findall(shown.text)) if shown.status_code == 200 else set()
        names = names or {"version", "text"}
        for junk in JUNK if shown.status_code == 200 else JUNK[:5]:
            status = client.post(address, data=dict.fromkeys(names, junk)).status_code
            if status >= 500:
                failed.append((address, junk[:20], status))
        files = {name: (io.BytesIO(b"PK\x03\x04junk"), "x.xlsx") for name in names}
        status = client.post(address, data=files, content_type="multipart/form-data").status_code
        if status >= 500:
            failed.append((address, "files", status))
    assert failed == []


@pytest.mark.parametrize("number", ["0", "-5", "abc", "1" * 30, "9223372036854775808", "١"])
def test_an_impossible_record_number_is_not_found(sign_in, number):
    for role, path in (
        ("director", "/leads/"),
        ("staff", "/enterprises/"),
        ("administrator", "/people/"),
    ):
        assert sign_in(role).get(path + number).status_code in {403, 404, 308}
