"""The picture of a chain: well-formed whatever the names, every segment and status in it."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.coverage.rules import Status
from crm.coverage.rules.drawing import WIDTH, Column, Drawn, draw, em_width, wrapped

SVG = "{http://www.w3.org/2000/svg}"
names = st.text(max_size=60)
boxes = st.builds(
    Drawn,
    st.text("ABCM-123", min_size=1, max_size=8),
    names,
    st.sampled_from(Status),
    st.sampled_from(["空白", "Gap"]),
    names,
    st.integers(1, 5),
    st.integers(0, 6),
    st.booleans(),
)
columns = st.lists(st.builds(Column, names, st.lists(boxes, max_size=6)), max_size=4)


@given(names, columns, st.data())
def test_any_name_gives_a_picture_that_holds_every_box_inside_it(title, found, data):
    codes = [box.code for column in found for box in column.boxes] or ["A"]
    links = data.draw(
        st.lists(st.tuples(st.sampled_from(codes), st.sampled_from(codes)), max_size=5)
    )
    picture = draw(title, "", found, links, [(Status.GAP, "空白", 3)])
    root = ElementTree.fromstring(picture)
    height = float(root.get("height"))
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.get("x", 0)) <= WIDTH - float(rect.get("width")) + 0.1
        assert float(rect.get("y", 0)) + float(rect.get("height")) <= height
    assert "style" not in picture


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60),
       st.integers(2, 30))  # fmt: skip
def test_lines_are_no_wider_than_asked_and_no_character_is_lost(text, ems):
    lines = wrapped(text, ems)
    assert "".join(lines) == text
    assert all(sum(map(em_width, line)) <= ems + 0.001 for line in lines)


def test_words_stay_whole_where_they_fit():
    assert wrapped("Precision reducers and guides", 12) == ["Precision reducers", "and guides"]
    assert wrapped("动力电池正极材料", 4) == ["动力电池", "正极材料"]
    picture = draw("<链>", "", [Column("上游", [Drawn("M1", "A&B", Status.STRONG, "强")])])
    assert "A&amp;B" in picture
    assert "&lt;链&gt;" in picture


@pytest.mark.parametrize("words", ["空白", "Not sought"])
@pytest.mark.parametrize(
    "title", ["新型功能材料", "链" * 60, "Advanced structural and functional materials " * 3]
)
def test_the_name_of_a_chain_stands_whole_left_of_the_legend(title, words):
    picture = draw(title[:120], "", [], [], [(status, words, 99) for status in Status])
    root = ElementTree.fromstring(picture)
    legend = min(float(rect.get("x")) for rect in root.iter(f"{SVG}rect") if rect.get("rx"))
    name = [each for each in root.iter(f"{SVG}text") if float(each.get("x")) < legend and each.text]
    assert "".join("".join(each.text for each in name).split()) == "".join(title[:120].split())
    for each in name:
        wide = sum(map(em_width, each.text)) * float(each.get("font-size"))
        assert float(each.get("x")) + wide <= legend
