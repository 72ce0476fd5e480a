"""Company and project names: one key however they are typed; pinyin and search."""

import re
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.core.pinyin import CHARACTERS
from crm.enterprises.rules import (
    loose_name,
    names,
    normalise_name,
    pieces,
    pinyin_full,
    pinyin_initials,
    search_text,
    similar,
    similarity,
    title_key,
    without_regions,
)

TRADE = st.text("建邦胶体材料示例物流科技智能装备氢能新电", min_size=2, max_size=8)
FORMS = st.sampled_from(["有限公司", "股份有限公司", "集团有限公司"])
REGIONS = st.sampled_from(["山东", "济南", "香港", "上海", "内蒙古", "青岛"])
MESSY = st.text("山东省济南市中区天桥（）()集团有限责任公司股份 ·-ＡbＢ国德州[]", max_size=16)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例物流科技 有限公司", "示例物流科技有限公司"),
        ("示例跨境（香港）有限公司", "示例跨境(香港)有限公司"),
        ("示例跨境（香港）有限公司", "示例跨境香港有限公司"),
        ("建邦胶体材料（山东省）有限公司", "建邦胶体材料（山东）有限公司"),
        ("山东建邦胶体材料有限责任公司", "山东省建邦胶体材料有限公司"),
        ("济南市天桥区示例建材有限公司", "济南天桥示例建材有限公司"),
        ("济南市市中区示例建材有限公司", "济南市中示例建材有限公司"),
        ("杭州市余杭区示例建材有限公司", "杭州余杭示例建材有限公司"),
        ("内蒙古自治区示例乳业有限公司", "内蒙古示例乳业有限公司"),
        ("示例（集团）股份有限公司", "示例集团股份有限公司"),
        ("濟南億達製藥有限公司", "济南亿达制药有限公司"),
        ("ＡＢＢ示例·电气有限公司", "abb示例电气有限公司"),
        ("Siemens A.G.", "SIEMENS AG"),
    ],
)
def test_two_spellings_of_one_company_have_one_key(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例材料有限公司", "示例材料股份有限公司"),
        ("山东示例材料有限公司", "上海示例材料有限公司"),
        ("示例材料有限公司", "示例材料有限公司济南分公司"),
    ],
)
def test_different_companies_keep_different_keys(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@pytest.mark.parametrize(
    ("name", "loose"),
    [
        ("山东建邦胶体材料有限公司", "建邦胶体材料"),
        ("建邦胶体材料（山东）有限公司", "建邦胶体材料"),
        ("山东省济南市天桥区甲乙丙有限责任公司", "甲乙丙"),
        ("示例检测认证集团股份有限公司", "示例检测认证"),
        ("示例电气（中国）投资有限公司", "示例电气投资"),
        ("济南二机床集团有限公司", "二机床"),
        ("阿里云计算有限公司", "阿里云计算"),
        ("北京示例投资管理中心（有限合伙）", "示例投资管理中心"),
        ("山东有限公司", "山东"),
        ("宁海县甲乙丙有限公司", "甲乙丙"),
        ("示例区块链科技有限公司", "示例区块链科技"),
        ("示例区域物流有限公司", "示例区域物流"),
        ("智慧社区服务有限公司", "智慧社区服务"),
        ("示例工业园区开发有限公司", "示例工业园区开发"),
        ("", ""),
    ],
)
def test_the_loose_key_is_trade_name_and_industry(name: str, loose: str) -> None:
    assert loose_name(name) == loose


@given(st.one_of(st.text(max_size=40), MESSY))
def test_keys_of_keys_are_themselves(name: str) -> None:
    assert normalise_name(normalise_name(name)) == normalise_name(name)
    assert loose_name(loose_name(name)) == loose_name(name)
    assert title_key(title_key(name)) == title_key(name)
    assert search_text(search_text(name)) == search_text(name)


@given(REGIONS, TRADE, FORMS, st.integers(0, 10))
def test_width_blanks_and_legal_wording_do_not_change_the_keys(
    region: str, trade: str, form: str, cut: int
) -> None:
    name = f"{trade}({region}){form}"
    spaced = f"{name[:cut]} 　{name[cut:]}"
    for variant in (
        f"{trade}（{region}）{form}",
        f"{trade}（{region}）{form.replace('有限公司', '有限责任公司')}"
        if "股份" not in form
        else name,
        spaced,
    ):
        assert normalise_name(variant) == normalise_name(name)
        assert loose_name(variant) == loose_name(name)
    assert loose_name(f"{region}{trade}{form}") == loose_name(name)


def test_alike_names_are_found_by_their_loose_keys() -> None:
    assert similar(
        loose_name("建邦胶体材料（山东）有限公司"), loose_name("山东建邦胶体材料有限公司")
    )
    assert similar("建邦胶体材料", "建邦胶体新材料")
    assert not similar("建邦胶体材料", "示例物流科技")
    assert not similar("", "")


@given(TRADE, TRADE)
def test_likeness_is_mutual_and_complete_only_for_equals(a: str, b: str) -> None:
    assert similarity(a, b) == similarity(b, a)
    assert (similarity(a, b) == 100) is (a == b)
    assert similar(a, b) is (similarity(a, b) >= 88)


def longest_common(a: str, b: str) -> int:
    """By definition: of the last characters both count, or one of them is left out."""

    @cache
    def of(i: int, j: int) -> int:
        if not i or not j:
            return 0
        return of(i - 1, j - 1) + 1 if a[i - 1] == b[j - 1] else max(of(i - 1, j), of(i, j - 1))

    return of(len(a), len(b))


@given(st.text("甲乙丙丁", max_size=9), st.text("甲乙丙戊", max_size=9))
def test_likeness_is_twice_the_longest_common_subsequence_by_both_lengths(a: str, b: str) -> None:
    expected = 200 * longest_common(a, b) // (len(a) + len(b)) if a or b else 100
    assert similarity(a, b) == expected


def test_a_title_is_recognised_with_and_without_the_word_project() -> None:
    assert title_key("智能仓储机器人项目") == title_key(" 智能仓储　机器人 ")
    assert title_key("“临界值”：49.99亿元项目") == title_key("临界值 49.99亿元")
    assert title_key("临界值49.99亿元") != title_key("临界值4999亿元")
    assert title_key("减速器一期") != title_key("减速器二期")
    assert title_key("项目") == "项目"


@pytest.mark.parametrize(
    ("text", "full", "initials"),
    [
        ("建邦胶体", "jianbangjiaoti", "jbjt"),
        ("重庆", "chongqing", "cq"),
        ("厦门", "xiamen", "xm"),
        ("单县化工", "shanxianhuagong", "sxhg"),
        ("齐鲁银行长清支行", "qiluyinhangchangqingzhihang", "qlyhcqzh"),
        ("长江空调模具", "changjiangkongtiaomuju", "cjktmj"),
        ("泺口街道", "luokoujiedao", "lkjd"),
        ("CDMO平台2号", "cdmopingtai2hao", "cdmopt2h"),
        ("（绿色）", "lvse", "ls"),
        ("", "", ""),
    ],
)
def test_pinyin_is_what_people_type(text: str, full: str, initials: str) -> None:
    assert (pinyin_full(text), pinyin_initials(text)) == (full, initials)


def test_a_surname_is_read_as_a_surname() -> None:
    assert pinyin_initials("单磊", is_person=True) == "sl"
    assert pinyin_full("曾敏", is_person=True) == "zengmin"


def test_a_character_alone_is_read_as_pypinyin_reads_it(monkeypatch) -> None:
    monkeypatch.setenv("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style, lazy_pinyin

    for character in map(chr, range(0x4E00, 0xA000, 7)):
        if character not in CHARACTERS:
            read = "".join(lazy_pinyin(character, style=Style.NORMAL, errors="ignore"))
            assert pinyin_full(character) == re.sub("[^a-z]", "", read.replace("ü", "v"))


@given(st.text(max_size=30))
def test_pinyin_of_anything_is_plain_ascii(text: str) -> None:
    assert pinyin_full(text) == "" or (pinyin_full(text).isascii() and pinyin_full(text).isalnum())
    assert len(pinyin_initials(text)) <= len(pinyin_full(text))


def test_a_search_finds_any_part_of_name_code_or_initials() -> None:
    stored = search_text("示例物流科技 （济南）有限公司", "9144030071526726XG", None, "slwlkj")
    for query in (
        "物流科技济南",
        "科技 有限"[:2],
        "7152",
        "SLWL",
        "物流　科技",
        "濟南",
        "（济南）",
    ):
        assert search_text(query) in stored
    assert search_text("xgsl") not in stored  # no hit across two parts


@given(
    st.text("示例物流AbＣ（）· 9", min_size=1, max_size=12), st.integers(0, 6), st.integers(1, 6)
)
def test_any_piece_of_a_stored_text_is_found(text: str, start: int, length: int) -> None:
    assert search_text(text[start : start + length]) in search_text("前", text, "后")


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=12))
@example("沈默的瞭望")
def test_skipping_the_converter_changes_no_name(text: str) -> None:
    assert names._simplified(text) == names._to_simplified().convert(text)


@given(
    st.text(alphabet="甲乙丙丁AB1", min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "戊", "甲"])), max_size=6),
)
def test_a_search_by_parts_misses_no_similar_name(loose, edits):
    other = loose
    for place, put in edits:  # a deletion, or an insertion
        at = place % (len(other) + 1)
        other = other[:at] + put + other[at + (not put) :]
    if other and similar(loose, other):
        assert any(part in other for part in pieces(loose))
        assert any(part in loose for part in pieces(other))


@given(st.text(alphabet="甲乙丙", max_size=60))
def test_the_parts_of_a_name_make_it_up(loose):
    assert "".join(pieces(loose)) == loose
    assert all(pieces(loose))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("山东省济南市天桥区无影山路1号", "无影山路1号"),
        ("杭州市余杭区文一西路969号", "文一西路969号"),
        ("无影山路1号", "无影山路1号"),
        ("示例区块链产业园3栋", "示例区块链产业园3栋"),
        ("山东省", ""),
    ],
)
def test_an_address_is_told_without_the_regions_it_begins_with(address: str, kept: str) -> None:
    assert without_regions(address) == kept
