"""A real Chromium against the real application, on the SQLite database of this worker.

    live                    the address of the running product; CSRF on, as in production
    desk, phone             a window of 1440×900 and one of 390×844, signed out
    sign_in_browser         sign_in_browser(desk, actor) goes through the sign-in page
    open_window             another window with cookies of its own: the second person

A window watches itself: an error on its console, a violation of the content policy, a request that
failed or an answer of 400 and above that nobody announced fails the test when it ends. `look()` adds
what can only be seen on a page at rest: no sideways scrolling, nothing serious for axe.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from crm.accounts.models import User
from crm.accounts.rules import Actor
from crm.core.assets import FRONTEND
from crm.core.db import db, transaction
from tests.databases import Database
from tests.passwords import QUICK
from tests.servers import ROOT, find_chromium

AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "var" / "browser"
"""Where the last view of a failed test is kept."""

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PASSWORD = "Correct-Horse-9"
HASH = QUICK.hash(PASSWORD)
OF_THE_PAGE_ITSELF = "Failed to load resource"
"""How Chromium reports an answer of 400 and above; we watch the answers themselves."""


# ---------------------------------------------------------------- the product, running


class Quiet(WSGIRequestHandler):
    """Keeps the test run's output free of an access log; speaks HTTP/1.1 so that windows are quick."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        if type == "error":
            super().log(type, message, *args)


@dataclass
class Served:
    """The application behind its address, and how many requests it is answering just now."""

    app: Flask
    server: BaseWSGIServer
    busy: int = 0
    at_rest: threading.Condition = field(default_factory=threading.Condition)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def count(self, application: Any) -> Any:
        def counted(environ: Any, start_response: Any) -> Iterator[bytes]:
            with self.at_rest:
                self.busy += 1
            try:
                answer = application(environ, start_response)
                try:
                    yield from answer
                finally:
                    with contextlib.suppress(AttributeError):
                        answer.close()
            finally:
                with self.at_rest:
                    self.busy -= 1
                    self.at_rest.notify_all()

        return counted

    def settle(self) -> None:
        """Wait until nobody is being answered, then let go of the database."""
        with self.at_rest:
            assert self.at_rest.wait_for(lambda: not self.busy, timeout=20), "a request never ended"
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def served(database_of_worker: Database, app_of_worker: Flask) -> Iterator[Served]:
    """The WSGI application as production runs it, but for the number of sign-in failures."""
    app = database_of_worker.create_app(SESSION_IDLE_MINUTES="60")
    app.config.update(WTF_CSRF_ENABLED=True, TESTING=False, PROPAGATE_EXCEPTIONS=False)
    if not (FRONTEND / "dist" / "manifest.json").is_file() or not AXE.is_file():
        pytest.fail("the pages' styles and scripts are not built; run `make setup`")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    served = Served(app, server)
    server.app = served.count(app)
    thread = threading.Thread(target=server.serve_forever, name="live", daemon=True)
    thread.start()
    yield served
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def live(served: Served, database: Database) -> Iterator[str]:
    """The address of the product, on the database of this test."""
    yield served.address
    served.settle()


# ---------------------------------------------------------------- windows


@dataclass
class Window:
    """One browser window with cookies of its own, and everything that went wrong in it."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    announced: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda fault: self.faults.append(f"script: {fault}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def goto(self, path: str, status: int = 200) -> Page:
        """Open an address of ours that answers with `status`."""
        if status >= 400:
            self.announced.add(status)
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        return self.page

    def follow(self, target: Locator) -> Page:
        """Click what loads a page, and wait until that page is there, at whatever address.

        Playwright's click returns as soon as the button is pressed, and the page just left would
        answer for the next one. Where htmx changes a part of the page, wait for what it shows.
        """
        with self.page.expect_navigation():
            target.click()
        return self.page

    def expects(self, *statuses: int) -> None:
        """From now on an answer of these is part of the journey (422 for a refused form …)."""
        self.announced.update(statuses)

    def fits(self) -> None:
        """Check that the page does not scroll sideways, once it is there."""
        self.page.wait_for_load_state()
        where = urlsplit(self.page.url).path
        too_wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if too_wide > 0:
            widest = self.page.evaluate(WIDEST)
            self.faults.append(f"{where}: scrolls sideways by {too_wide} px, because of {widest}")

    def look(self) -> None:
        """Check the page at rest: it fits its window, and axe finds nothing serious."""
        where = urlsplit(self.page.url).path
        self.fits()
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "(rules) => axe.run(document, {resultTypes: ['violations'], preload: false, rules})",
            MINOR,
        )
        for violation in found["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                nodes = "; ".join(
                    f"{node['target'][-1]} {_line(node['failureSummary'])}"
                    for node in violation["nodes"][:3]
                )
                self.faults.append(f"{where}: axe {violation['id']}: {violation['help']}: {nodes}")

    def fits_at(self, size: dict[str, int]) -> None:
        """Check that the page of a desk would fit a window of another size, too."""
        before = self.page.viewport_size
        self.page.set_viewport_size(size)  # type: ignore[arg-type]
        self.fits()
        if before is not None:
            self.page.set_viewport_size(before)

    def look_at_both_sizes(self) -> None:
        """The same as it stands, for answers to a form, which cannot be opened a second time."""
        before = self.page.viewport_size
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.look()
        if before is not None:
            self.page.set_viewport_size(before)

    def is_faultless(self) -> None:
        assert not self.faults, "\n".join(dict.fromkeys(self.faults))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(OF_THE_PAGE_ITSELF):
            self.faults.append(f"console at {urlsplit(self.page.url).path}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still loading, and a download ends its navigation.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.method} {request.url} failed: {request.failure}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400 and answer.status not in self.announced:
            self.faults.append(f"{answer.request.method} {answer.url} answered {answer.status}")


MINOR = {
    rule: {"enabled": False}
    for rule in (
        "aria-allowed-role", "empty-heading", "heading-order", "landmark-one-main", "landmark-unique",
        "page-has-heading-one", "region", "skip-link",
    )
}  # fmt: skip
"""What axe looks for in every element of a page and never holds for serious: a quarter of its time."""

WIDEST = """() => {
    const wide = document.documentElement.clientWidth;
    const inside = (e) => {
        for (let p = e.parentElement; p; p = p.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(p).overflowX)) return true;
        return false;
    };
    return [...document.querySelectorAll('body *')]
        .filter((e) => e.getBoundingClientRect().right > wide + 0.5 && !inside(e))
        .slice(0, 3)
        .map((e) => e.tagName.toLowerCase() + '.' + (e.getAttribute('class') || ''))
        .join(', ');
}"""


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:300]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium itself, once per worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            # Without a graphics card a process and a way of painting for one cost a third of a page.
            args=[
                *("--no-sandbox", "--disable-dev-shm-usage", "--lang=zh-CN"),
                *("--disable-gpu", "--in-process-gpu"),
            ],
            ignore_default_args=["--enable-gpu-rasterization"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_window(
    chromium: Browser, live: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Window]]:
    """`open_window(size)`: a window with cookies of its own, watched until the test ends."""
    windows: list[Window] = []

    def opened(size: dict[str, int] = DESK, **options: Any) -> Window:
        is_phone = size["width"] < 600
        context = chromium.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=is_phone,
            is_mobile=is_phone,
            **options,
        )
        context.set_default_timeout(10_000)
        windows.append(Window(context.new_page(), live))
        return windows[-1]

    yield opened
    failed = getattr(request.node, "has_failed", False) or any(w.faults for w in windows)
    for number, window in enumerate(windows):
        if failed:
            PICTURES.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^\w-]+", "-", request.node.name).strip("-")
            with contextlib.suppress(Exception):  # a picture must not hide the fault itself
                window.page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)
        window.page.context.close()
    for window in windows:
        window.is_faultless()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.has_failed = report.failed  # type: ignore[attr-defined]
    return report


@pytest.fixture
def desk(open_window: Callable[..., Window]) -> Window:
    return open_window(DESK)


@pytest.fixture
def phone(open_window: Callable[..., Window]) -> Window:
    return open_window(PHONE)


# ---------------------------------------------------------------- people


@pytest.fixture
def sign_in_browser(app: Flask, person: Callable[..., Actor]) -> Callable[..., Actor]:
    """`sign_in_browser(window, actor)` or `(window, role, department)`: through the sign-in page.

    `to` is the page asked for first. Returns who is signed in; the password becomes `PASSWORD`.
    """

    def signed_in(
        window: Window, who: Any, department: str | None = None, to: str | None = None
    ) -> Actor:
        actor = who if isinstance(who, Actor) else person(who, department)
        with app.app_context(), transaction() as session:
            user = session.get_one(User, actor.id)
            user.password_hash = user.password_hash or HASH
        if to is not None:
            window.page.goto(window.address + to)
        fill_in_sign_in(window, actor.login, PASSWORD)
        window.page.wait_for_url(lambda url: "/login" not in url)
        return actor

    return signed_in


def speak(app: Flask, actor: Actor, language: str) -> None:
    """From the next page on this person reads `zh` or `en`."""
    with app.app_context(), transaction() as session:
        session.get_one(User, actor.id).locale = language


def fill_in_sign_in(window: Window, login: str, password: str) -> None:
    page = window.page
    if not page.url.startswith(window.address) or "/login" not in page.url:
        page.goto(window.address + "/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    window.follow(page.get_by_role("button", name="登录", exact=True))
