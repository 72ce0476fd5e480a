"""What lies on the table of a meeting: a chain's map on one sheet, and the call list of an anchor firm."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.rules import Role
from crm.chains.rules import PresenceRole, Strength
from crm.core.db import transaction
from crm.leads.rules import Stage
from tests.browser.conftest import speak
from tests.features.chain_cases import add_company, add_lead_at, add_need, add_presence

pytestmark = pytest.mark.browser

ANCHOR = "建邦胶体（示例）有限公司"
FRAME = (".topbar", ".nav", ".bottombar", ".filters", ".page-head-actions", ".back", ".frame-foot")
"""What belongs to the screen alone."""


@pytest.fixture
def on_the_chain(app):
    """A chain with a segment of every status, and an anchor firm with a need."""
    with app.app_context(), transaction():
        firm = add_company(ANCHOR)
        add_presence("NFM-M11", firm, role=PresenceRole.ANCHOR, strength=Strength.STRONG)
        add_presence("NFM-M13", "甲膜材料有限公司", strength=Strength.WEAK)
        for name in ("甲涂料有限公司", "乙涂料有限公司"):
            add_presence("NFM-M16", name, strength=Strength.STRONG)
        add_need("NFM-U2", firm, description="高纯硅源")
        add_lead_at("NFM-M7", "光刻胶项目", Stage.NEGOTIATING)


def sheets(page: Page) -> list[tuple[int, int]]:
    """The sheets the page is printed on, each by width and height in points."""
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    count = len(re.findall(rb"/Type\s*/Page\b", pdf))
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf)
    assert len(boxes) == count, "every sheet says how large it is"
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def goes_to_print(page: Page) -> None:
    """From now on the page looks as on paper, if the button just pressed asked for that."""
    assert page.evaluate("window.asked") == 1
    page.emulate_media(media="print")
    for part in FRAME:
        for found in page.locator(part).all():
            expect(found).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_map_is_printed_on_one_sheet_and_needs_no_colour(
    app, desk, person, sign_in_browser, on_the_chain, language
):
    actor = person(Role.STAFF, "药山街道")
    speak(app, actor, language)
    desk.page.add_init_script("window.asked = 0; window.print = () => { window.asked += 1 }")
    sign_in_browser(desk, actor, to="/chains/NFM")
    page = desk.page
    words = {"zh": ("导出", "打印", "空白"), "en": ("Export", "Print", "Gap")}[language]
    page.get_by_role("main").get_by_text(words[0], exact=True).click()
    page.get_by_role("button", name=words[1]).click()

    goes_to_print(page)
    assert sheets(page) == [(842, 595)]
    segments = page.locator("[data-segment]")
    assert segments.count() == 27
    for segment in segments.all():
        expect(segment.locator(".seg-word")).to_be_visible()
        expect(segment.locator(".seg-word")).not_to_be_empty()
        expect(segment.locator(".seg-name .icon")).to_be_visible()
    expect(page.locator("[data-segment=NFM-M2] .seg-word")).to_have_text(words[2])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".print-only", has_text="2026-11-26")).to_be_visible()


def test_a_filtered_map_says_on_paper_what_was_asked(desk, person, sign_in_browser, on_the_chain):
    sign_in_browser(desk, person(Role.STAFF, "药山街道"), to="/chains/NFM?status=weak")
    page = desk.page
    page.emulate_media(media="print")
    expect(page.get_by_text("薄弱：符合条件的环节")).to_be_visible()
    assert sheets(page) == [(842, 595)]


def test_all_chains_are_printed_on_one_sheet(desk, person, sign_in_browser, on_the_chain):
    desk.page.add_init_script("window.asked = 0; window.print = () => { window.asked += 1 }")
    sign_in_browser(desk, person(Role.STAFF, "药山街道"), to="/chains/")
    page = desk.page
    page.get_by_role("main").get_by_text("更多", exact=True).click()
    page.get_by_role("button", name="打印").click()

    goes_to_print(page)
    assert sheets(page) == [(842, 595)]
    expect(page.locator(".print-only", has_text="2026-11-26")).to_be_visible()
    expect(page.get_by_text("点开看")).to_be_hidden()


def test_an_anchor_firms_call_list_is_taken_along_on_paper(
    desk, person, sign_in_browser, on_the_chain
):
    desk.page.add_init_script("window.asked = 0; window.print = () => { window.asked += 1 }")
    sign_in_browser(desk, person(Role.STAFF, "药山街道"), to="/chains/anchors")
    page = desk.page
    desk.follow(page.get_by_role("link", name=ANCHOR))
    page.get_by_role("button", name="打印").click()

    goes_to_print(page)
    paper = page.locator(".document")
    expect(paper.get_by_role("heading", level=1)).to_have_text("以商招商走访提纲")
    expect(paper).to_contain_text("配套需求：高纯硅源")
    expect(paper.get_by_text("走访日期：")).to_be_visible()
    expect(paper.get_by_text("走访记录：").first).to_be_visible()
    for link in paper.get_by_text("看全部目标企业").all():
        expect(link).to_be_hidden()
    assert set(sheets(page)) == {(595, 842)}
