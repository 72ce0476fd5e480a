"""Registering and moving leads through the pages, for tests of whatever builds on them."""

import io
import re
from html import unescape

PDF = b"%PDF-1.7\n%test\n"
USCC = "91370105MA3C4D5E6T"
FORM = re.compile(r'<form class="form".*?</form>', re.DOTALL)


def opened(client, address):
    """What the form at an address would send back unchanged."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return read_form(page)


def read_form(page):
    """The values of a page's form as a browser would send them: inputs, choices, texts."""
    text = FORM.search(page.get_data(as_text=True))[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if not name or name == "csrf_token" or kind == "file":
            continue
        if kind not in {"checkbox", "radio"} or re.search(r"\schecked\b", tag):
            value = unescape(attributes.get("value", "y" if kind == "checkbox" else ""))
            sent[name] = [*sent[name], value] if isinstance(sent.get(name), list) else value
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
    data = {"investor": "示例新材料有限公司", "title": "高纯硅项目", "source": "以商招商", **fields}
    answer = client.post("/leads/new", data=data)
    if answer.status_code == 422 and "选用" in answer.get_data(as_text=True):
        known = re.search(r'name="investor_id" value="(\d+)"', answer.get_data(as_text=True))[1]
        answer = client.post("/leads/new", data={**data, "investor_id": known})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return int(re.search(r"/leads/(\d+)/receipt", answer.location)[1])


def file(name="材料.pdf"):
    return io.BytesIO(PDF), name


def formal(**more):
    """The evidence of every stage up to signing, as the move page takes it."""
    return {
        "first_contact_on": "2026-03-01", "contact_person": "王经理", "total_investment": "6.5亿",
        "next_action": "签后跟进", "next_action_on": "2026-12-01", "review_result": "同意推进",
        "expected_sign_on": "2026-06-01", "signed_on": "2026-06-02", "agreement_type": "formal",
        "agreement_amount": "6亿", "review_minutes": file(), "agreement_draft": file(),
        "agreement_file": file(), **more,
    }  # fmt: skip
