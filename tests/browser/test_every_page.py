"""Every page people reach by themselves, for every role, in both sizes and both languages."""

import re
from datetime import time, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import Text, select
from sqlalchemy.types import String

from crm import sample
from crm.accounts.queries import actor_by_login
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import Base, db, transaction
from tests.browser.conftest import DESK, PHONE, fill_in_sign_in, speak
from tests.walking import OF_ONE_KIND, followed, page_name

pytestmark = pytest.mark.browser

ENTRIES = {
    "staff": {("desk", "zh"): True, ("phone", "en"): False},
    "head": {("desk", "en"): False, ("phone", "zh"): True},
    "leader": {("desk", "zh"): False, ("phone", "en"): True},
    "district": {("desk", "en"): True, ("phone", "zh"): False},
    "auditor": {("desk", "en"): False, ("phone", "zh"): False},
}
"""In which size and language somebody opens the entries, and whether axe looks. What several have is
looked at in every way by one of them."""
ALL = {("desk", "zh"): True, ("desk", "en"): False, ("phone", "zh"): False, ("phone", "en"): True}
"""Who is not named."""
BEHIND = {
    "staff": {("desk", "zh"): True},
    "leader": {("phone", "en"): True},
    "admin": {("phone", "en"): False},
}
"""The same for a page behind the entries that another has, too. What is opened in one size must fit the
other as well: a window that changes its size costs half of a page opened once more."""
ALONE = {("desk", "zh"): True, ("phone", "en"): False}
"""How one opens what nobody else has."""

LOGINS = [login for login, *_rest in sample.PEOPLE if login != "staff2"]
CHINESE = re.compile(r"[\u3400-\u9fff]+")
MUST_BE_SEEN = {
    "staff": {
        *("/leads/0", "/leads/0/edit", "/leads/0/advance", "/leads/0/history", "/leads/new"),
        *("/enterprises/0/contacts/new", "/quotas/0/0", "/outbox/0"),
    },
    "leader": {
        *("/enterprises/rankings/new", "/enterprises/rankings/0", "/leads/rates/new"),
        *("/enterprises/0/contacts/0", "/enterprises/0/rankings/confirm", "/leads/0/hand-over"),
        *(
            "/enterprises/rankings/import",
            "/enterprises/rankings/0/rows",
            "/enterprises/rankings/rows/0",
        ),
    },
    "admin": {"/people/0", "/people/new", "/departments/0", "/deliveries/"},
}
"""Not all of them: enough to notice when the links are no longer found."""
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
def district(app, database, run):
    """The sample district, and in its outbox the mails of the next working morning.

    Yields every Chinese text the database holds, as one string to look words up in.
    """
    yield database.become(run, "district", lambda: {"data": filled(app)})["data"]
    for file in app.extensions["settings"].outbox_dir.glob("*.eml"):
        file.unlink()


def filled(app) -> str:
    with app.app_context(), transaction(alone=True):
        sample.load(clock.now(), clock.today(), app.extensions["settings"].attachments_dir)
    with app.app_context():
        calendar, day = work_calendar(), clock.today()
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: clock.office_moment(day, time(9)))
        assert app.test_cli_runner().invoke(args=["reminders", "send"]).exit_code == 0
    assert list(app.extensions["settings"].outbox_dir.glob("*.eml"))
    found: list[str] = []
    with app.app_context():
        for table in Base.metadata.tables.values():
            texts = [c for c in table.columns if isinstance(c.type, String | Text)]
            if texts:
                for row in db.session.execute(select(*texts)):
                    found += [str(value) for value in row if value]
    return "\n".join(found)


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


def reached(app, run, login: str) -> dict[str, str]:
    """Every kind of page this person comes to by following links, with one address of each."""
    return run.shared(f"reached-{login}", lambda: followed(app, login))


@pytest.mark.parametrize("login", LOGINS)
def test_every_entry_of_the_navigation_works_at_the_desk_and_on_a_phone(
    app, open_window, district, login
):
    here = {"desk": open_window(DESK), "phone": open_window(PHONE)}
    with app.app_context():
        actor = actor_by_login(login)
    desk = here["desk"]
    fill_in_sign_in(desk, login, sample.PASSWORD)
    desk.page.wait_for_url(lambda url: "/login" not in url)
    here["phone"].page.context.add_cookies(desk.page.context.cookies())
    entries = pages_of(desk.page, desk.address)
    assert entries, "nobody is left without a navigation"
    links: dict[str, list[str]] = {}
    ways = ENTRIES.get(login, ALL)
    for language in ("zh", "en"):
        speak(app, actor, language)
        for size, window in here.items():
            for entry in entries if (size, language) in ways else ():
                window.goto(entry)
                window.look() if ways[size, language] else window.fits()
                if language == "en":
                    speaks_english(window.page, district)
                else:
                    for link in own_links(window.page, window.address):
                        links.setdefault(kind(link), []).append(link)
    broken = [
        f"{answer.status} {link}"
        for alike in links.values()
        for link in alike[:OF_ONE_KIND]
        if (answer := desk.page.request.get(link)).status >= 400
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("login", "other"), [("staff", "leader"), ("leader", "staff"), ("admin", "leader")]
)
def test_every_kind_of_page_behind_the_navigation_is_sound(
    app, open_window, run, district, login, other
):
    here = {"desk": open_window(DESK), "phone": open_window(PHONE)}
    with app.app_context():
        actor = actor_by_login(login)
    fill_in_sign_in(here["desk"], login, sample.PASSWORD)
    here["desk"].page.wait_for_url(lambda url: "/login" not in url)
    here["phone"].page.context.add_cookies(here["desk"].page.context.cookies())
    entries = {page_name(link) for link in pages_of(here["desk"].page, here["desk"].address)}
    behind = {n: a for n, a in reached(app, run, login).items() if n not in entries}
    assert behind.keys() >= MUST_BE_SEEN[login]
    both = reached(app, run, other).keys()
    for language in ("zh", "en"):
        speak(app, actor, language)
        for size, window in here.items():
            for name, address in behind.items():
                ways = BEHIND[login] if name in both else ALONE
                if (size, language) not in ways:
                    continue
                window.goto(address)
                window.look() if ways[size, language] else window.fits()
                window.fits_at(PHONE if size == "desk" else DESK)
                if language == "en" and not name.startswith(
                    "/outbox/0"
                ):  # a mail is in one language
                    speaks_english(window.page, district)


def speaks_english(page: Page, data: str) -> None:
    """Every Chinese word on an English page is data."""
    assert page.locator("html").get_attribute("lang") == "en"
    own = {
        word for text in page.evaluate(SAID) for word in CHINESE.findall(text) if word not in data
    }
    assert own == set(), urlsplit(page.url).path
