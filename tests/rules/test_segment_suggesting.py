"""Where a company belongs by its words and its code: explained, steady, and measured."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.chains.rules import FitBasis
from crm.chains.rules.suggesting import (
    CODE_MOST,
    LEAST_SCORE,
    NAME_MOST,
    SCOPE_MOST,
    CompanyText,
    FoundIn,
    Matcher,
    SegmentTerms,
    reworded,
)
from tests import suggestion_figures

ROOT = Path(__file__).resolve().parents[2]
CATHODES, BATTERIES, CATALYSTS = 1, 2, 3
SEGMENTS = (
    SegmentTerms(CATHODES, ("正极材料", "电池材料"), ("3985",)),
    SegmentTerms(BATTERIES, ("电池", "锂离子电池"), ("384",)),
    SegmentTerms(CATALYSTS, ("催化剂", "CT"), ("2661", "26")),
)


def told(name, scope=None, code=None, segments=SEGMENTS):
    """{segment: (score, words, code)} of what is suggested."""
    found = Matcher(segments).suggest(CompanyText(name, scope, code))
    return {each.segment_id: (each.score, each.words, each.code) for each in found}


def test_a_longer_word_hides_the_shorter_inside_it():
    assert set(told("华东电池材料有限公司")) == {CATHODES}
    assert set(told("华东电池有限公司")) == {BATTERIES}
    assert set(told("华东科技", "电池材料的研发；电池制造")) == {
        CATHODES
    }  # 电池 alone is too little
    assert set(told("华东科技", "锂离子电池制造；电池材料研发")) == {CATHODES, BATTERIES}


def test_the_name_says_more_than_the_scope_and_its_first_item_more_than_the_rest():
    name = told("正极材料公司")[CATHODES][0]
    first = told("某公司", "正极材料制造；其他制造")[CATHODES][0]
    later = told("某公司", "其他制造；正极材料制造")[CATHODES][0]
    assert name > first > later


@pytest.mark.parametrize(
    ("scope", "segments"),
    [
        ("其他制造；锂离子电池制造", {BATTERIES}),
        ("其他制造；锂离子电池销售", set()),  # sells what others make
        ("其他制造；锂离子电池的生产和销售", {BATTERIES}),
        ("其他制造（不含锂离子电池）", set()),
        ("一般项目：技术服务、技术开发；催化剂制造；货物进出口", {CATALYSTS}),
    ],
)
def test_a_scope_is_read_as_the_register_writes_it(scope, segments):
    assert set(told("某公司", scope)) == segments


def test_what_everybody_has_registered_counts_only_where_it_comes_first():
    software = (SegmentTerms(9, ("软件开发",)),)
    assert set(told("某公司", "软件开发；信息系统集成服务", segments=software)) == {9}
    assert told("某公司", "粮食收购；软件开发；物业管理", segments=software) == {}


def test_latin_words_stand_alone_and_width_or_case_does_not_matter():
    assert set(told("某公司", "ｃｔ设备制造")) == {CATALYSTS}
    assert told("某公司", "CTO催化") == {}


def test_a_code_tells_by_its_longest_beginning_and_less_where_many_share_it():
    assert told("某公司", code="C3985") == {CATHODES: (CODE_MOST, (), "3985")}
    assert told("某公司", code="3841") == {}  # three digits alone are too little
    assert told("某公司", "电池制造", "3841")[BATTERIES][2] == "384"
    shared = tuple(SegmentTerms(n, (), ("3985",)) for n in range(8))
    assert told("某公司", code="3985", segments=shared) == {}


def test_the_basis_says_whether_words_or_the_code_spoke():
    def basis(name, code):
        return Matcher(SEGMENTS).suggest(CompanyText(name, None, code))[0].basis

    assert basis("正极材料公司", None) is FitBasis.KEYWORD
    assert basis("某公司", "3985") is FitBasis.INDUSTRY_CODE
    assert basis("正极材料公司", "3985") is FitBasis.BOTH


LETTERS = st.text("电池材料正极催化剂CT公司制造销售；、（不含）A", max_size=24)
CODES = st.sampled_from([None, "", "3985", "C3985", "384", "3841", "26", "2661", "99"])
TERMS = st.lists(st.text("电池材料正极催化剂CT", min_size=1, max_size=5), max_size=4)
TREES = st.lists(st.tuples(TERMS, st.lists(CODES.filter(bool), max_size=2)), max_size=5).map(
    lambda parts: [
        SegmentTerms(n, tuple(words), tuple(codes)) for n, (words, codes) in enumerate(parts)
    ]
)


@given(LETTERS, LETTERS, CODES, TREES, st.randoms(use_true_random=False))
def test_every_point_rests_on_a_word_or_a_code_that_is_there(name, scope, code, segments, random):
    company = CompanyText(name, scope, code)
    found = Matcher(segments).suggest(company)
    assert list(found) == sorted(found, key=lambda each: (-each.score, each.segment_id))
    for each in found:
        limits = {FoundIn.NAME: NAME_MOST, FoundIn.SCOPE: SCOPE_MOST, FoundIn.CODE: CODE_MOST}
        for match in each.matches:
            limits[match.found_in] -= match.points
            where = {FoundIn.NAME: name, FoundIn.SCOPE: scope, FoundIn.CODE: code or ""}
            assert match.term in where[match.found_in].casefold()
            assert match.points > 0
        assert min(limits.values()) >= 0
        assert LEAST_SCORE <= each.score <= 100
    shuffled = [
        SegmentTerms(each.segment_id, tuple(reversed(each.keywords)), each.industry_codes[::-1])
        for each in segments
    ]
    random.shuffle(shuffled)
    assert Matcher(shuffled).suggest(company) == found


@given(LETTERS, LETTERS, CODES, TREES, TREES)
def test_whom_no_changed_word_concerns_has_the_same_suggestions(name, scope, code, one, other):
    """The quick look before looking again leaves nobody out."""
    company = CompanyText(name, scope, code)
    before, after = ({each.segment_id: each for each in segments} for segments in (one, other))
    changed = reworded(before, after)
    if not Matcher(changed).may_concern(company):
        was, now = (Matcher(each.values()).suggest(company) for each in (before, after))
        assert was == now


@given(LETTERS, LETTERS, LETTERS, CODES, TREES)
def test_one_more_item_in_the_scope_takes_nothing_away(name, scope, more, code, segments):
    before = Matcher(segments).suggest(CompanyText(name, f"甲；{scope}", code))
    after = Matcher(segments).suggest(CompanyText(name, f"甲；{scope}；{more}", code))
    scores = {each.segment_id: each.score for each in after}
    if "（" not in scope + more:  # a bracket may exclude what stands before the new item's own
        assert all(each.score <= scores.get(each.segment_id, 0) for each in before)


# ---------------------------------------------------------------- measured


def test_suggestions_are_as_good_as_reported():
    """Precision and recall stand in docs/chains.md as they are measured."""
    table = "\n".join(suggestion_figures.table())
    assert table in (ROOT / "docs" / "chains.md").read_text(encoding="utf-8"), table
