"""Every Monday the same ledger: in, in again with changes, and out."""

import io
import json

import openpyxl
import pytest
from sqlalchemy import func, select

from crm.accounts.rules import Role
from crm.core.db import db
from crm.leads.models import Lead
from tests.browser.conftest import speak
from tests.servers import FIXTURES

pytestmark = pytest.mark.browser

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEDGER = FIXTURES / "ledger_2026.xlsx"
TITLE = "高纯硅溶胶抛光材料项目"


def changed(cells: dict[str, object]) -> bytes:
    """The ledger with other values in these cells of its first sheet."""
    book = openpyxl.load_workbook(LEDGER)
    sheet = book.worksheets[0]
    for place, value in cells.items():
        sheet[place] = value
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def column(heading: str) -> str:
    """The letter of a column of the ledger by its heading."""
    sheet = openpyxl.load_workbook(LEDGER).worksheets[0]
    return next(cell.column_letter for cell in sheet[3] if cell.value == heading)


def upload(window, data: bytes) -> None:
    window.goto("/ledgers/")
    window.page.locator("input[type=file]").set_input_files(
        {"name": "ledger_2026.xlsx", "mimeType": XLSX, "buffer": data}
    )
    window.follow(window.page.locator("form:has(input[type=file]) button[type=submit]"))


def lead(app, title: str) -> Lead:
    with app.app_context():
        found = db.session.scalar(select(Lead).where(Lead.title == title))
    assert found is not None
    return found


def test_a_ledger_comes_in_comes_again_changed_and_one_difference_is_taken(
    app, desk, sign_in_browser
):
    expected = json.loads((FIXTURES / "ledger_2026.expected.json").read_text(encoding="utf-8"))
    saved = sum(row["saved"] for row in expected["rows"])
    actor = sign_in_browser(desk, Role.DIRECTOR, "区投资促进局", to="/ledgers/")
    page = desk.page
    desk.look()
    upload(desk, LEDGER.read_bytes())
    assert page.get_by_role("heading", name="导入前预览").is_visible()
    desk.look_at_both_sizes()
    with app.app_context():
        assert db.session.scalar(select(func.count(Lead.id))) == 0, "a preview saves nothing"
    page.get_by_role("button", name="确认导入").click()
    page.wait_for_url(lambda url: "/upload" not in url and "/confirm" not in url)
    desk.look()
    with app.app_context():
        assert db.session.scalar(select(func.count(Lead.id))) == saved
    first = lead(app, TITLE)
    assert first.investment_yuan == 650_000_000

    imported = page.url.removeprefix(desk.address)
    plan, progress = f"{column('下步计划')}4", f"{column('最新进展')}4"
    speak(app, actor, "en")
    upload(desk, changed({plan: "邀请来区考察", progress: "对方董事会已通过"}))
    desk.look_at_both_sizes()
    page.locator("form[action$=confirm] button[type=submit]").click()
    page.wait_for_url(lambda url: "/upload" not in url and "/confirm" not in url)
    for language in ("en", "zh"):
        speak(app, actor, language)
        for path in (imported, "/ledgers/", "/ledgers/questions", "/ledgers/differences"):
            desk.goto(path)
            desk.look_at_both_sizes()
    assert lead(app, TITLE).next_action == first.next_action, "nothing is taken silently"

    desk.goto("/ledgers/differences")
    row = page.locator("tr", has_text="邀请来区考察")
    assert "约谈投资方负责人" in row.inner_text()
    desk.follow(row.get_by_role("button", name="采用台账"))
    after = lead(app, TITLE)
    assert after.next_action == "邀请来区考察"
    assert after.latest_progress == first.latest_progress, "the other difference still waits"
    assert page.get_by_text("对方董事会已通过").is_visible()
    assert page.locator("tr", has_text="邀请来区考察").count() == 0

    desk.goto("/ledgers/")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出台账").click()
    written = io.BytesIO(download.value.path().read_bytes())
    out = openpyxl.load_workbook(written).worksheets[0]
    told = {cell.value for cells in out.iter_rows() for cell in cells}
    assert {TITLE, "邀请来区考察"} <= told


def test_a_file_that_is_no_ledger_is_refused_in_words_beside_the_field(desk, sign_in_browser):
    sign_in_browser(desk, Role.DIRECTOR, "区投资促进局", to="/ledgers/")
    desk.expects(422)
    desk.page.locator("input[type=file]").set_input_files(
        {"name": "ledger.xlsx", "mimeType": XLSX, "buffer": b"PK\x03\x04 no workbook"}
    )
    desk.follow(desk.page.get_by_role("button", name="查看会改什么"))
    assert desk.page.get_by_role("alert").is_visible()
    desk.look()
