"""The pages of chains: the matrix, one chain's map with its filters, a segment, and the picture."""

import html
import re
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from crm.chains.models import Chain, Segment, SegmentLink
from crm.chains.rules import PresenceRole
from crm.core.db import db, transaction
from crm.leads.rules import Stage
from crm.places.models import Zone
from tests.features.chain_cases import (
    add_company,
    add_lead_at,
    add_need,
    add_presence,
    segment_id,
)

M1, M2 = "NFM-M1", "NFM-M2"


@pytest.fixture
def chain(app, person):
    """At M1 an anchor firm with a need, two leads in talks and a signed one, one of them sensitive."""
    staff = person("staff", "甲单位")
    with app.app_context(), transaction():
        zone = db.session.scalars(select(Zone.id).order_by(Zone.id)).first()
        anchor = add_company("建邦胶体材料有限公司")
        add_presence(M1, anchor, role=PresenceRole.ANCHOR, zone_id=zone)
        add_need(M1, anchor, description="高纯硅溶胶", amount_yuan=30_000_000)
        owned = {"owner_id": staff.id, "department_id": staff.department_id}
        add_lead_at(M1, "正极材料项目", Stage.NEGOTIATING, zone_id=zone, **owned)
        add_lead_at(M1, "绝密项目", Stage.NEGOTIATING, is_sensitive=True, **owned)
        add_lead_at(M1, "已签项目", Stage.SIGNED, **owned)
    return zone


def boxes(page):
    """By code: the status and whether the filter leaves it in the background."""
    found = re.findall(r'class="seg seg-(\w+) seg-w\d([^"]*)" data-segment="([^"]+)"', page)
    return {code: (status, "seg-out" in rest) for status, rest, code in found}


def test_the_matrix_has_every_segment_as_a_link_with_its_status_in_words(sign_in, chain):
    page = html.unescape(sign_in("district_leader").get("/chains/").text)
    tiles = re.findall(
        r'<a class="tile seg-(\w+)[^>]*href="([^"]+)">.*?hidden">([^<]+)</span>', page
    )
    assert len(tiles) >= 153
    by_address = {address: (status, word) for status, address, word in tiles}
    assert by_address["/chains/NFM/segments/NFM-M1"] == ("has", "有")
    assert by_address["/chains/NFM/segments/NFM-M2"] == ("gap", "空白")
    assert "非官方" in page
    row = page[page.index('href="/chains/NFM">') :].split("</tr>")[0]
    numbers = re.findall(r'href="/chains/NFM\?(\S+)">(\d+)<', row)
    assert dict(numbers) | {
        "kind=firms": "1",
        "stage=IN_TALKS": "2",
        "stage=FROM_SIGNING": "1",
    } == dict(numbers)


def test_everybody_is_told_the_same_status_and_who_may_not_see_a_lead_how_many_there_are(
    app, sign_in, chain
):
    for role, unit, seen in (("director", None, 2), ("staff", "乙单位", 0)):
        page = html.unescape(sign_in(role, unit).get(f"/chains/NFM/segments/{M1}").text)
        assert boxes(page)[M1] == ("has", False)
        assert "绝密项目" not in page
        assert ("正极材料项目" in page) is bool(seen)
        assert f"另有{3 - seen}个项目计入，不在您的查看范围内。" in page
        assert "建邦胶体材料有限公司" in page
        assert "高纯硅溶胶" in page
        for words in ("在谈2", "已签约1"):  # who sees none of them is not led to an empty list
            assert bool(re.search(rf'href="/leads/[^"]+">{words}</a>', page)) is bool(seen)
            assert words in page


def test_the_lists_of_a_segment_that_has_others_below_it_hold_theirs_too(app, sign_in, chain):
    client = sign_in("director")

    def behind(code):
        panel = html.unescape(client.get(f"/chains/NFM/segments/{code}").text)
        (link,) = re.findall(r'href="(/leads/[^"]*IN_TALKS[^"]*)">在谈2<', panel)
        return link

    assert "below" not in behind(M1)
    with app.app_context(), transaction() as session:
        child = session.scalars(select(Segment).where(Segment.code == M1)).one()
        child.parent_id = segment_id(M2)
    assert "正极材料项目" in client.get(behind(M2)).text


def test_filters_narrow_what_is_counted_and_never_the_status(sign_in, chain):
    client = sign_in("director")
    everything = boxes(client.get("/chains/NFM").text)
    assert not any(out for _status, out in everything.values())
    for query, counted in (
        (f"zone={chain}", ["企业1", "在谈1", "需求1"]),
        ("stage=SIGNED", ["企业1", "已签约1", "需求1"]),
        ("stage=FROM_SIGNING", ["企业1", "已签约1", "需求1"]),
        ("kind=needs", ["企业1", "在谈2", "已签约1", "需求1"]),
        ("status=has", ["企业1", "在谈2", "已签约1", "需求1"]),
    ):
        page = client.get(f"/chains/NFM?{query}").text
        told = boxes(page)
        assert {code for code, (_status, out) in told.items() if not out} == {M1}
        assert {code: status for code, (status, _out) in told.items()} == {
            code: status for code, (status, _out) in everything.items()
        }
        assert re.findall(r'#(?:firms|leads|needs)">([^<]+)</a>', page) == counted
    for query in ("zone=x", f"zone={'9' * 5000}", "stage=LOST", "kind=all", "status=red"):
        assert client.get(f"/chains/NFM?{query}").status_code == 400


def test_the_sums_above_the_map_are_those_of_its_segments_however_it_is_narrowed(sign_in, chain):
    client = sign_in("director")
    for query, told in (
        ("", "本地企业1家次 · 在谈2个 · 已签约1个 · 链主需求1项"),
        (f"?zone={chain}", "本地企业1家次 · 在谈1个 · 已签约0个 · 链主需求1项"),
        ("?stage=FROM_SIGNING", "本地企业1家次 · 在谈0个 · 已签约1个 · 链主需求1项"),
    ):
        assert told in client.get(f"/chains/NFM{query}").text


def test_a_first_tip_is_counted_on_the_map_as_in_its_panel(app, sign_in, chain):
    with app.app_context(), transaction():
        add_lead_at(M1, "新线索", Stage.LEAD)
    client = sign_in("director")
    page = client.get(f"/chains/NFM/segments/{M1}").text
    assert f'href="/chains/NFM/segments/{M1}#leads">线索1</a>' in page
    assert "本地企业1家次 · 线索1个 · 在谈2个" in page
    assert re.search(r'href="/leads/[^"]*stage=LEAD[^"]*">线索1<', page)
    assert "企业1 · 线索1 · 在谈2" in client.get("/chains/NFM/picture.svg").text


def test_a_closed_panel_leads_back_to_the_map_as_it_was_narrowed(sign_in, chain):
    client = sign_in("director")
    for query in ("", "?stage=IN_TALKS"):
        page = client.get(f"/chains/NFM/segments/{M1}{query}").text
        back = re.search(r'href="([^"]+)">(?:<svg.*?</svg>)?关闭', page)[1]
        assert back == f"/chains/NFM{query}#at-{M1}"
        assert f'id="at-{M1}"' in client.get(back).text
        assert ("不随图上的筛选改变" in page) is bool(query)


def test_both_pictures_of_a_day_have_one_name(sign_in, chain):
    client = sign_in("director")
    (name,) = re.findall(r'data-name="([^"]+)\.png"', client.get("/chains/NFM").text)
    picture = client.get("/chains/NFM/picture.svg")
    assert f'filename="{name}.svg"' in picture.headers["Content-Disposition"]
    assert "企业1 · 在谈2 · 已签约1 · 需求1" in "".join(
        ElementTree.fromstring(picture.text).itertext()
    )


def test_everybody_who_reads_a_map_takes_its_workbook_along(sign_in, chain):
    client = sign_in("district_leader")
    for page, book in (("/chains/", "/chains/export"), ("/chains/NFM", "/chains/NFM/export.xlsx")):
        assert f'href="{book}"' in client.get(page).text
        assert client.get(book).status_code == 200


def test_the_page_says_how_many_segments_a_filter_finds_and_when_none(sign_in, chain):
    client = sign_in("staff", "甲单位")
    page = client.get("/chains/NFM?status=gap").text
    found = sum(not is_out for _status, is_out in boxes(page).values())
    assert found > 1
    assert f"符合条件的环节{found}个" in page
    assert "符合条件的环节0个" in client.get("/chains/NFM?status=strong").text
    assert "符合条件的环节" not in client.get("/chains/NFM").text


def test_a_chain_without_segments_leads_to_its_first_one_and_to_no_empty_list(app, sign_in):
    with app.app_context(), transaction() as session:
        session.add(Chain(code="LOW", name="低空经济", position=99))
    for role, unit, is_asked in (("director", None, True), ("staff", "甲单位", False)):
        page = sign_in(role, unit).get("/chains/LOW").text
        assert "这条链还没有环节" in page
        assert ("/chains/LOW/edit/new" in page) is is_asked
        assert "/coverage/targets?chain=LOW" not in page


def test_a_segment_comes_alone_to_a_script_and_with_its_map_to_everybody_else(app, sign_in, chain):
    with app.app_context(), transaction() as session:
        session.add(SegmentLink(from_id=segment_id(M1), to_id=segment_id("IME-M2"), product="隔膜"))
    client = sign_in("director")
    part = client.get(f"/chains/NFM/segments/{M1}", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<section")
    assert "/chains/IME/segments/IME-M2" in part
    assert "隔膜" in part
    assert "<html" in client.get(f"/chains/NFM/segments/{M1}").text
    assert client.get(f"/chains/nfm/segments/{M1.lower()}").status_code == 200
    for unknown in ("/chains/NONE", "/chains/NFM/segments/IME-M2", "/chains/NONE/picture.svg"):
        assert client.get(unknown).status_code == 404


def test_a_lead_moved_elsewhere_shows_on_the_next_load(app, sign_in):
    client = sign_in("director")
    with app.app_context(), transaction():
        lead = add_lead_at(M1, "落户项目", Stage.REGISTERED)
    assert boxes(client.get("/chains/NFM").text)[M1][0] == "has"
    with app.app_context(), transaction() as session:
        session.merge(lead).segment_id = segment_id(M2)
    told = boxes(client.get("/chains/NFM").text)
    assert (told[M1][0], told[M2][0]) == ("gap", "has")


def test_the_longest_names_of_both_languages_and_a_deep_tree_break_nothing(app, sign_in):
    with app.app_context(), transaction() as session:
        first, second = (
            session.scalars(select(Segment).where(Segment.code == code)).one() for code in (M1, M2)
        )
        first.name, first.name_en = "很" * 60, "Unbreakable" * 10
        second.parent_id = first.id
        chain = session.scalars(select(Chain).where(Chain.code == "NFM")).one()
        chain.name = "<b>" + "长" * 50
    client = sign_in("director")
    page = client.get("/chains/NFM").text
    assert "&lt;b&gt;长" in page
    assert page.index(f'data-segment="{M1}"') < page.index(f'data-segment="{M2}"')
    answer = client.get("/chains/NFM/picture.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "attachment" in answer.headers["Content-Disposition"]
    words = "".join(ElementTree.fromstring(answer.text).itertext())
    assert words.count("很") == 60
    assert "空白" in words


def test_the_pages_take_the_same_statements_however_much_stands_there(app, sign_in, count_queries):
    client = sign_in("director")

    def statements(path):
        with count_queries() as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = ("/chains/", "/chains/NFM?stage=IN_TALKS&zone=1", f"/chains/NFM/segments/{M1}")
    before = [statements(path) for path in paths]
    with app.app_context(), transaction():
        for n, code in enumerate((M1, M1, M2, "NFM-U1")):
            company = add_company(f"{n}号公司")
            add_presence(code, company)
            add_need(code, company)
            add_lead_at(code, f"{n}号项目", Stage.NEGOTIATING)
    assert [statements(path) for path in paths] == before
    assert before[0] <= 10
    assert before[2] <= 18
