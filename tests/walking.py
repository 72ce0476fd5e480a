"""Every kind of page somebody comes to by following links, as fast as the product answers."""

import html
import re
from collections import Counter
from urllib.parse import urlsplit

from flask import Flask

from crm.accounts.queries import actor_by_login

LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
STARTS = ("/", "/leads/entry?q=样本", "/outbox/")
OF_ONE_KIND = 3
"""So many addresses that differ in a number only are asked for; the others are the same page."""


def followed(app: Flask, login: str) -> dict[str, str]:
    """One address of each kind of page; no answer may be that of a fault."""
    client = app.test_client()
    with client.session_transaction() as session, app.app_context():
        session["_user_id"] = actor_by_login(login).get_id()
        session["_fresh"] = True
    found: dict[str, str] = {}
    tried: Counter[str] = Counter()
    waiting = [*STARTS]
    while waiting:
        address = waiting.pop(0)
        name = page_name(address)
        if name in found or tried[name] == OF_ONE_KIND:
            continue
        tried[name] += 1
        answer = client.get(address, buffered=True)
        assert answer.status_code < 500, address
        if answer.status_code != 200:
            continue  # such as the search, which an administrator has not
        if answer.mimetype != "text/html" or answer.headers.get("Content-Disposition"):
            continue  # a file to save, no page
        found[name] = address
        waiting += [html.unescape(link) for link in LINK.findall(answer.text)]
    return found


def page_name(address: str) -> str:
    """What all addresses of one kind of page have in common: no numbers, no quota, no mail, no code,
    no fingerprint."""
    return re.sub(
        r"/(?:[0-9a-f]{32}|\d+|[^/]+\.eml|[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*(?=/|$))",
        "/0",
        re.sub(r"(/quotas(?:/criteria)?/\d+)/\w+", r"\1/0", urlsplit(address).path),
    )
