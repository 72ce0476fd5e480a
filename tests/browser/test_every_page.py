"""Every page people reach by themselves, for every role, in both sizes and both languages."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import Text, select
from sqlalchemy.types import String

from crm import sample
from crm.accounts.models import User
from crm.accounts.queries import actor_by_login
from crm.core import clock
from crm.core.db import Base, db, transaction
from tests.browser.conftest import DESK, PHONE, fill_in_sign_in

pytestmark = pytest.mark.browser

LOGINS = [login for login, *_rest in sample.PEOPLE if login != "staff2"]
CHINESE = re.compile(r"[\u3400-\u9fff]+")
OF_ONE_KIND = 3
"""So many addresses that differ in a number only are asked for; the others are the same page."""

SAID = """() => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const inside = walker.currentNode.parentElement;
        if (!inside.closest('[lang],script,style')) found.push(walker.currentNode.data);
    }
    for (const e of document.querySelectorAll('body *'))
        for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
            if (e.hasAttribute(name)) found.push(e.getAttribute(name));
    return found;
}"""
LINKS = "[...document.querySelectorAll('a[href]')].map((a) => a.href)"


@pytest.fixture
def district(app):
    """The sample district in the database."""
    with app.app_context(), transaction():
        sample.load(clock.now(), clock.today())


@pytest.fixture
def data(app, district):
    """Every Chinese text the database holds, as one string to look words up in."""
    found: list[str] = []
    with app.app_context():
        for table in Base.metadata.tables.values():
            texts = [c for c in table.columns if isinstance(c.type, String | Text)]
            if texts:
                for row in db.session.execute(select(*texts)):
                    found += [str(value) for value in row if value]
    return "\n".join(found)


def speak(app, login: str, language: str) -> None:
    with app.app_context(), transaction() as session:
        actor = actor_by_login(login)
        session.get_one(User, actor.id).locale = language


def own_links(page: Page, address: str) -> list[str]:
    """The addresses of ours a page links to, each once, without what stands after #."""
    found = []
    for link in page.evaluate(LINKS):
        bare = link.partition("#")[0]
        if bare.startswith(address + "/") and bare not in found:
            found.append(bare)
    return found


def kind(link: str) -> str:
    """What two addresses of the same page have in common."""
    parts = urlsplit(link)
    names = sorted(pair.partition("=")[0] for pair in parts.query.split("&") if pair)
    return re.sub(r"\d+", "0", parts.path) + "?" + "&".join(names)


def pages_of(page: Page, address: str) -> list[str]:
    """The entries of the navigation."""
    links = page.evaluate("[...document.querySelectorAll('nav.nav a[href]')].map((a) => a.href)")
    return [link.removeprefix(address) for link in links]


@pytest.mark.parametrize("login", LOGINS)
def test_every_entry_of_the_navigation_works_at_the_desk_and_on_a_phone(
    app, open_window, district, data, login
):
    desk = open_window(DESK)
    fill_in_sign_in(desk, login, sample.PASSWORD)
    desk.page.wait_for_url(lambda url: "/login" not in url)
    entries = pages_of(desk.page, desk.address)
    assert entries, "nobody is left without a navigation"
    links: dict[str, list[str]] = {}
    for entry in entries:
        desk.goto(entry)
        desk.look()
        for link in own_links(desk.page, desk.address):
            links.setdefault(kind(link), []).append(link)
    phone = open_window(PHONE)
    phone.page.context.add_cookies(desk.page.context.cookies())
    for entry in entries:
        phone.goto(entry)
        phone.fits()
    speak(app, login, "en")
    for entry in entries:
        desk.goto(entry)
        desk.fits()
        speaks_english(desk.page, data)
        phone.goto(entry)
        phone.look()
    broken = [
        f"{answer.status} {link}"
        for alike in links.values()
        for link in alike[:OF_ONE_KIND]
        if (answer := desk.page.request.get(link)).status >= 400
    ]
    assert broken == []


@pytest.mark.parametrize("login", ["staff", "leader", "admin"])
def test_every_kind_of_page_one_click_further_is_sound(app, open_window, district, data, login):
    desk = open_window(DESK)
    fill_in_sign_in(desk, login, sample.PASSWORD)
    desk.page.wait_for_url(lambda url: "/login" not in url)
    seen: dict[str, str] = {}
    for entry in pages_of(desk.page, desk.address):
        desk.goto(entry)
        for link in own_links(desk.page, desk.address):
            path = urlsplit(link).path
            seen.setdefault(re.sub(r"\d+", "0", path), link.removeprefix(desk.address))
    phone = open_window(PHONE)
    phone.page.context.add_cookies(desk.page.context.cookies())
    for path in seen.values():
        if desk.page.request.get(desk.address + path).headers.get("content-disposition"):
            continue  # a file to save, no page
        desk.goto(path)
        desk.look()
    speak(app, login, "en")
    for path in seen.values():
        if phone.page.request.get(phone.address + path).headers.get("content-disposition"):
            continue
        phone.goto(path)
        phone.look()
        speaks_english(phone.page, data)


def speaks_english(page: Page, data: str) -> None:
    """Every Chinese word on an English page is data."""
    assert page.locator("html").get_attribute("lang") == "en"
    own = {
        word for text in page.evaluate(SAID) for word in CHINESE.findall(text) if word not in data
    }
    assert own == set(), urlsplit(page.url).path
