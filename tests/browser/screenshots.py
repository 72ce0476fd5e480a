"""Take the README's pictures anew from the real product with the sample district: `make pictures`.

    python -m tests.browser.screenshots [FOLDER]     default docs/screenshots

`--all` takes every entry of the navigation for every role instead, in both sizes and languages, into
var/pages, to look the whole product through.
"""

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from crm import sample
from crm.accounts.models import User
from crm.core.db import db, transaction
from crm.factory import create_app
from crm.leads.models import Lead
from tests.browser.conftest import DESK, PHONE, Quiet
from tests.databases import settings_for
from tests.servers import ROOT, find_chromium

README = (
    ("home", "leader", "zh", DESK, "/"),
    ("leads", "leader", "zh", DESK, "/leads/"),
    ("lead", "leader", "zh", DESK, "/leads/{lead}"),
    ("reminders", "staff", "zh", DESK, "/reminders/"),
    ("report", "leader", "zh", DESK, "/reports/"),
    ("phone-entry", "staff", "zh", PHONE, "/leads/entry?q=样本"),
    ("phone-lead", "staff", "zh", PHONE, "/leads/{lead}"),
    ("phone-english", "staff", "en", PHONE, "/leads/"),
)
LEAD = "高纯硅溶胶抛光材料扩产项目"


@contextmanager
def running() -> Iterator[tuple[Flask, str]]:
    """The product with its sample district, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(f"sqlite:///{folder}/lianzhao.db", Path(folder))
        app = create_app(settings)
        app.testing = False
        for words in (["prepare"], ["sample", "load"]):
            with app.app_context():
                done = app.test_cli_runner().invoke(args=words)
            if done.exit_code:
                raise RuntimeError(f"flask {words} failed: {done.output}") from done.exception
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield app, f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join(10)
            with app.app_context():
                db.engine.dispose()


def signed_in(
    browser: Browser, app: Flask, address: str, login: str, language: str, size: dict[str, int]
) -> Page:
    with app.app_context(), transaction() as session:
        user = session.scalars(select(User).where(User.login == login)).one()
        user.locale = language
    is_phone = size["width"] < 600
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        device_scale_factor=2 if is_phone else 1,
        is_mobile=is_phone,
        has_touch=is_phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    page.goto(address + "/login")
    page.locator("#login").fill(login)
    page.locator("#password").fill(sample.PASSWORD)
    page.locator("form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def keep(page: Page, target: Path, *, full: bool = False) -> None:
    """Save what the window shows."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelector('#toasts')?.replaceChildren()")
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target, full_page=full)


def take_readme(browser: Browser, app: Flask, address: str, folder: Path) -> None:
    with app.app_context():
        lead = db.session.scalar(select(Lead.id).where(Lead.title == LEAD))
    for name, login, language, size, path in README:
        page = signed_in(browser, app, address, login, language, size)
        page.goto(address + path.format(lead=lead))
        keep(page, folder / f"{name}.png")
        page.context.close()


def take_all(browser: Browser, app: Flask, address: str, folder: Path) -> None:
    for login, *_rest in sample.PEOPLE:
        for language in ("zh", "en"):
            for size, word in ((DESK, "desk"), (PHONE, "phone")):
                page = signed_in(browser, app, address, login, language, size)
                entries = page.evaluate(
                    "[...document.querySelectorAll('nav.nav a[href]')].map((a) => a.href)"
                )
                for entry in entries:
                    page.goto(entry)
                    name = entry.removeprefix(address).strip("/").replace("/", "-") or "home"
                    keep(page, folder / f"{name}-{login}-{language}-{word}.png", full=True)
                page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    with running() as (app, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        if given.all:
            take_all(browser, app, address, given.folder or ROOT / "var" / "pages")
        else:
            take_readme(browser, app, address, given.folder or ROOT / "docs" / "screenshots")
        browser.close()


if __name__ == "__main__":
    main()
