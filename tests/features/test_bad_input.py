"""Whatever is typed into an address or a form, the answer is a page in plain words, never a 500."""

import io
import re

import pytest

from crm.accounts.rules import Role
from tests.features.test_permissions import department_of, routes

JUNK = (
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999999999",
    "1e309",
    "NaN",
    "\x00",
    "x\x00y",
    "💣" * 40,
    "亿" * 5_000,
    "' OR 1=1 --",
    "%_%",
    "<script>alert(1)</script>",
    "2026-13-45",
    "９９９９-９９-９９",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\ud7ff\uffff",
    "{{7*7}}",
)
PARAMETERS = (
    "q", "cursor", "sort", "order", "stage", "owner", "department", "chain", "segment", "due", "verdict",
    "amount_from", "amount_to", "year", "on", "week", "quota", "event", "page", "next", "action", "who",
    "enterprise", "lead", "kind", "tab",
)  # fmt: skip
NAMES = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"')


@pytest.fixture
def anybody(person, sign_in):
    """A browser per role, each with its unit."""
    return [
        sign_in(person(role, department_of(role)))
        for role in (Role.DIRECTOR, Role.STAFF, Role.ADMINISTRATOR)
    ]


def addresses(app, method):
    for rule, verb, _allowed in routes(app):
        if verb == method and rule.endpoint not in {"accounts.logout", "assets.file"}:
            yield rule.build(dict.fromkeys(rule.arguments - set(rule.defaults or ()), 1))[1]


def test_no_address_fails_on_junk_in_its_query(app, anybody):
    failed = []
    for client in anybody:
        for address in addresses(app, "GET"):
            for junk in JUNK:
                answer = client.get(address, query_string=dict.fromkeys(PARAMETERS, junk))
                if answer.status_code >= 500:
                    failed.append((address, junk[:20], answer.status_code))
    assert failed == []


@pytest.mark.parametrize("junk", ["x\x00y", "9" * 40, "\ud7ff亿%_"])
def test_no_address_fails_on_one_junk_parameter(app, person, sign_in, junk):
    """One at a time: a view that refuses the first parameter never reads the next."""
    failed = []
    for role in (Role.DIRECTOR, Role.ADMINISTRATOR):
        client = sign_in(person(role, department_of(role)))
        for address in addresses(app, "GET"):
            if client.get(address).status_code in {403, 404}:
                continue
            for parameter in PARAMETERS:
                answer = client.get(address, query_string={parameter: junk})
                if answer.status_code >= 500:
                    failed.append((address, parameter, answer.status_code))
    assert failed == []


def test_no_address_fails_on_bytes_that_are_no_text(app, anybody):
    failed = [
        address
        for client in anybody
        for address in addresses(app, "GET")
        if client.get(f"{address}?q=%ff%fe%00&cursor=%80&stage=%c3").status_code >= 500
    ]
    assert failed == []


def test_no_form_fails_on_junk_in_its_fields(app, anybody):
    failed = []
    for client in anybody:
        for address in addresses(app, "POST"):
            names = set(NAMES.findall(client.get(address).text)) or {"version", "title", "text"}
            for junk in JUNK:
                answer = client.post(address, data=dict.fromkeys(names, junk))
                if answer.status_code >= 500:
                    failed.append((address, junk[:20], answer.status_code))
            files = {name: (io.BytesIO(b"PK\x03\x04junk"), "x.xlsx") for name in names}
            answer = client.post(address, data=files, content_type="multipart/form-data")
            if answer.status_code >= 500:
                failed.append((address, "files", answer.status_code))
    assert failed == []


@pytest.mark.parametrize("number", ["0", "-5", "abc", "1" * 30, "9223372036854775808", "١"])
def test_an_impossible_record_number_is_not_found(app, anybody, number):
    for client in anybody:
        for path in ("/leads/", "/enterprises/", "/people/"):
            assert client.get(path + number).status_code in {403, 404, 308}
