"""A workbook of chains: what its rows say, what taking it in would change, and every refusal by its row."""

from dataclasses import replace

import pytest

from crm.chains.rules import SegmentLayout, Tier
from crm.chains.rules.chain_file import (
    HEADS,
    LINK_COLUMNS,
    LINKS,
    SEGMENT_COLUMNS,
    SEGMENTS,
    Column,
    FileFault,
    read_file,
    segment_cells,
)
from crm.chains.rules.entries import EntryFault, SegmentEntry
from crm.chains.rules.planning import Known, KnownLink, KnownSegment, plan_of
from crm.chains.wording import FILE_NOTES
from crm.core.sheets import Sheet


def known():
    """X: A with its part B in the middle, C retired, D below on which two leads stand; A feeds B."""

    def one(code, number, parent="", tier=Tier.MID, retired=False, stands=0):
        entry = SegmentEntry(code, f"名{code}", keywords=("甲", "乙"))
        return KnownSegment(number, 3, entry, "X", parent, tier, retired, stands)

    return Known(
        {"X": 1, "Y": 2},
        {"群一": 7},
        {
            "A": one("A", 1),
            "B": one("B", 2, "A"),
            "C": one("C", 3, retired=True),
            "D": one("D", 4, tier=Tier.DOWN, stands=2),
        },
        {("A", "B"): KnownLink(9, 1, "料")},
    )


def segment(code, **more):
    """A row as an export writes it for a known segment, with what somebody changed."""
    row = {
        Column.CHAIN: "X", Column.CODE: code, Column.NAME: f"名{code}", Column.TIER: "中游",
        Column.LAYOUT: "重点招引", Column.IS_KEY: "否", Column.WEIGHT: 3,
        Column.KEYWORDS: "甲、乙", Column.VERSION: 3,
        **{Column(name): value for name, value in more.items()},
    }  # fmt: skip
    return [row.get(column) for column in SEGMENT_COLUMNS]


def plan(segments=(), links=()):
    sheets = [
        Sheet(SEGMENTS, (tuple(HEADS[c] for c in SEGMENT_COLUMNS), *map(tuple, segments))),
        Sheet(LINKS, (tuple(HEADS[c] for c in LINK_COLUMNS), *map(tuple, links))),
    ]
    return plan_of(read_file(sheets), known())


def new(code, **more):
    return segment(code, version=None, **more)


def test_what_was_exported_changes_nothing():
    found = plan([segment("A"), segment("B", parent="A")], [["A", "B", "料", None, 1]])
    assert not found.changes
    assert (found.faults, found.unchanged) == ([], 2)


def test_everything_a_file_can_change():
    found = plan(
        [
            new("F", parent="E", tier="上游"),  # the parent decides
            new("E", chain="Y", tier="不分层", group="群一", layout="外部协作", is_key="是"),
            segment("A", name="新名", weight="5", keywords="乙"),
            segment("B", parent="", tier="下游"),
        ],
        [["A", "B", "料", "是", 1], ["B", "A", "回收料", None, None], ["E", "A", None, None, None]],
    )
    assert found.faults == []
    assert [(each.row.code, each.chain, each.tier) for each in found.new] == [
        ("E", "Y", None),
        ("F", "Y", None),
    ]
    assert found.new[0].entry.group_id == 7
    assert found.new[0].entry.layout is SegmentLayout.EXTERNAL
    assert [each.changed for each in found.changed] == [("name", "weight", "keywords")]
    assert [(each.row.code, each.tier) for each in found.moved] == [("B", Tier.DOWN)]
    assert [row.need for row in found.new_links] == [
        "A",
        "A",
    ]  # turned round: first away, then added
    assert len(found.removed_links) == 1


def test_the_order_of_rows_changes_nothing_as_the_notes_say():
    assert not plan([segment("D", tier="下游"), segment("B", parent="A"), segment("A")]).changes
    assert "次序" in FILE_NOTES[-1]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([new("N", name="名" * 200)], (Column.NAME, EntryFault.LONG_NAME)),
        ([new("N", name="")], (Column.NAME, EntryFault.NO_NAME)),
        ([new("小")], (Column.CODE, EntryFault.BAD_CODE)),
        ([new("N"), new("N")], (Column.CODE, EntryFault.SAME_CODE)),
        ([new("N", weight="重")], (Column.WEIGHT, EntryFault.BAD_WEIGHT)),
        ([new("N", industry_codes="39xx")], (Column.INDUSTRY_CODES, EntryFault.BAD_INDUSTRY_CODE)),
        ([new("N", tier="中上游")], (Column.TIER, FileFault.BAD_TIER)),
        ([new("N", layout="招")], (Column.LAYOUT, FileFault.BAD_LAYOUT)),
        ([new("N", is_key="Y")], (Column.IS_KEY, FileFault.BAD_YES)),
        ([new("N", chain="")], (Column.CHAIN, FileFault.NO_CHAIN)),
        ([new("N", chain="Z")], (Column.CHAIN, FileFault.UNKNOWN_CHAIN)),
        ([new("N", group="群二")], (Column.GROUP, FileFault.UNKNOWN_GROUP)),
        ([new("N", parent="Q")], (Column.PARENT, FileFault.UNKNOWN_PARENT)),
        ([new("N", parent="C")], (Column.PARENT, FileFault.UNKNOWN_PARENT)),
        ([new("N", parent="N")], (Column.PARENT, FileFault.CIRCLE)),
        ([segment("A", parent="B")], (Column.PARENT, FileFault.CIRCLE)),
        ([new("N", parent="M"), new("M", parent="N")], (Column.PARENT, FileFault.CIRCLE)),
        ([segment("A2")], (Column.CODE, FileFault.UNKNOWN_CODE)),
        ([new("C")], (Column.CODE, FileFault.CODE_RETIRED)),
        ([segment("D", tier="下游", retire="是")], (Column.RETIRE, FileFault.IS_STOOD_ON)),
        ([segment("A", retire="是")], (Column.RETIRE, FileFault.PARTS_IN_USE)),
        ([new("N", retire="是")], (Column.RETIRE, FileFault.NOT_THERE)),
        ([segment("A", name="改", version=None)], (Column.VERSION, FileFault.NO_VERSION)),
        ([segment("A", name="改", version=2)], (Column.VERSION, FileFault.CHANGED_SINCE)),
    ],
)
def test_a_segment_that_cannot_be_taken_in(rows, expected):
    found = plan(rows)
    assert expected in {(each.column, each.fault) for each in found.faults}
    assert {each.row for each in found.faults} <= {2, 3}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["A", "Q", None, None, None], (Column.NEED, FileFault.UNKNOWN_SEGMENT)),
        (["C", "A", None, None, None], (Column.SUPPLY, FileFault.UNKNOWN_SEGMENT)),
        (["A", "A", None, None, None], (Column.NEED, FileFault.LINK_ITSELF)),
        (["B", "A", None, None, None], (Column.NEED, FileFault.LINK_CIRCLE)),
        (["D", "A", None, "是", None], (Column.REMOVE, FileFault.NOT_THERE)),
        (["A", "B", "新料", None, None], (Column.VERSION, FileFault.NO_VERSION)),
        (["A", "B", "新料", None, 8], (Column.VERSION, FileFault.CHANGED_SINCE)),
        (["A", "B", "料" * 200, None, 1], (Column.PRODUCT, EntryFault.LONG_PRODUCT)),
    ],
)
def test_a_link_that_cannot_be_taken_in(row, expected):
    assert expected in {(each.column, each.fault) for each in plan(links=[row]).faults}


def test_what_a_sheet_has_no_column_for_stays_as_it_is():
    told = known()
    entry = SegmentEntry(
        "B", "名B", "Name", SegmentLayout.NONE, is_key=True, weight=5, keywords=("甲",),
        industry_codes=("39",), examples=("某公司",), group_id=7,
    )  # fmt: skip
    known_b = replace(told.segments["B"], entry=entry)
    told = replace(told, segments={**told.segments, "B": known_b})
    kept = (Column.CODE, Column.NAME, Column.VERSION)

    def planned(*rows):
        return plan_of(read_file([Sheet(SEGMENTS, (tuple(HEADS[c] for c in kept), *rows))]), told)

    same = planned(("B", "名B", 3), ("D", "名D", 3))
    assert (same.faults, same.changes, same.unchanged) == ([], False, 2)
    (renamed,) = planned(("B", "新名", 3)).changed
    assert renamed.entry == replace(entry, name="新名")
    links = read_file([Sheet(LINKS, ((HEADS[Column.SUPPLY], HEADS[Column.NEED]), ("A", "B")))])
    assert [each.fault for each in links.faults] == [FileFault.NO_COLUMN]


def test_numbers_are_read_as_people_type_them():
    for weight in ("４", "4.0", " 4 ", 4.0):
        (found,) = plan([segment("A", weight=weight, version="３")]).changed
        assert found.entry.weight == 4


def test_codes_are_read_in_any_width_and_case():
    (found,) = plan([segment(" ａ ", industry_codes="３９８５，26")]).changed
    assert (found.row.code, found.entry.industry_codes) == ("A", ("3985", "26"))


def test_a_sheet_that_is_read_for_nothing_is_told():
    heads = tuple(HEADS[c] for c in LINK_COLUMNS)
    read = read_file([Sheet("环节表", ()), Sheet(LINKS, (heads,)), Sheet("说明", ())])
    assert (read.faults, read.passed_over) == ([], ["环节表"])


def test_a_segment_goes_with_its_links_still_listed():
    found = plan([segment("B", parent="A", retire="是")], [["A", "B", "料", None, 1]])
    assert (found.faults, len(found.retired)) == ([], 1)


def test_a_file_that_is_none():
    assert [f.fault for f in read_file([Sheet("甲", ()), Sheet("乙", ())]).faults] == [
        FileFault.NO_SHEET
    ]
    assert [f.fault for f in read_file([Sheet(SEGMENTS, (("编码",),))]).faults] == [
        FileFault.NO_COLUMN
    ]


def test_a_row_goes_out_as_it_came_in():
    row = plan([new("N", layout="不布局", is_key="是", group="群一", parent="A")]).new[0].row
    out = segment_cells(replace(row, version=5), Tier.MID)
    (again,) = read_file(
        [Sheet(SEGMENTS, (tuple(HEADS[c] for c in SEGMENT_COLUMNS), out))]
    ).segments
    assert again == replace(row, version=5)
