"""Registering and moving leads through the pages, for tests of whatever builds on them."""

import io
import re
from html import unescape

PDF = b"%PDF-1.7\n%test\n"
USCC = "91370105MA3C4D5E6T"


def hidden(page):
    """The hidden inputs of a page: what a browser would send back."""
    found = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page.get_data(as_text=True)):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and name[1] in {"version", "base", "to", "kind"}:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def opened(client, address):
    """What the form at an address would send unchanged: hidden fields, inputs, choices, texts."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    text = page.get_data(as_text=True)
    sent = hidden(page)
    for tag in re.findall(r"<input[^>]*>", text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if not name or name in {"csrf_token", "language", "next", "q"} or kind == "file":
            continue
        if kind in {"checkbox", "radio"}:
            if re.search(r"\schecked\b", tag):
                sent[name] = unescape(attributes.get("value", "y"))
        elif kind != "hidden":
            sent[name] = unescape(attributes.get("value", ""))
    for name, inner in re.findall(
        r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL
    ):
        chosen = re.search(r'<option selected value="([^"]*)"', inner)
        sent[name] = unescape(chosen[1]) if chosen else ""
    for name, inner in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', text, re.DOTALL
    ):
        sent[name] = unescape(inner).strip("\r\n")
    return sent


def registered(client, **fields):
    """Register a lead by the quick form; its id."""
    answer = client.post(
        "/leads/new",
        data={
            "investor": "示例新材料有限公司",
            "title": "高纯硅项目",
            "source": "以商招商",
            **fields,
        },
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return int(re.search(r"/leads/(\d+)/receipt", answer.location)[1])


def formal(**more):
    """The evidence of every stage up to signing, as the move page takes it."""
    return {
        "first_contact_on": "2026-03-01", "contact_person": "王经理", "total_investment": "6.5亿",
        "next_action": "签后跟进", "next_action_on": "2026-12-01", "review_result": "同意推进",
        "expected_sign_on": "2026-06-01", "signed_on": "2026-06-02", "agreement_type": "formal",
        "agreement_amount": "6亿",
        "review_minutes": (io.BytesIO(PDF), "纪要.pdf"),
        "agreement_draft": (io.BytesIO(PDF), "草稿.pdf"),
        "agreement_file": (io.BytesIO(PDF), "合同.pdf"),
        **more,
    }  # fmt: skip
