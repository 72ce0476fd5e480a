"""What the quotas say, in both languages."""

import re
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import crm
from crm.leads.rules import Exclusion, FigureKind, FigureSource, Qualifier
from crm.quotas import rules
from crm.quotas.rules import (
    AllOf,
    AnyOf,
    CountedLead,
    CriteriaError,
    Not,
    Outcome,
    Reason,
    ReasonCode,
    judge,
    parse_criteria,
    standing,
    together,
)
from crm.quotas.wording import WORDS, criteria_text, day_text, one_line, reason_text
from tests.rules.quota_cases import (
    SIGNED,
    TODAY,
    UNSIGNED,
    YI,
    A,
    B,
    agreed,
    milestone,
    ranked,
    told,
)

CATALOGUES = Path(crm.__file__).parent / "locale"


@pytest.fixture(autouse=True)
def _speaking():
    """A request-less context in which texts come out in Chinese."""
    app = Flask(__name__)
    Babel(app, default_locale="zh", default_translation_directories=str(CATALOGUES))
    with app.app_context(), force_locale("zh"):
        yield


def texts(lead, terms=A) -> list[str]:
    return [reason_text(reason) for reason in judge(lead, terms, TODAY).reasons]


def test_every_code_has_a_word():
    codes = {
        value
        for value in vars(rules).values()
        if isinstance(value, type) and issubclass(value, StrEnum)
    }
    codes.remove(rules.Effect)  # no person ever reads it
    assert set(WORDS) == codes
    for code in codes:
        assert list(WORDS[code]) == list(code)


def test_a_near_miss_is_told_neutrally_in_one_unit():
    lead = replace(SIGNED, figures=(agreed(4_999_000_000),))
    assert texts(lead)[-1] == (
        "协议总投资49.99亿元，低于门槛0.01亿元，不计入；如有补充协议请上传复核"
    )


def test_a_lack_below_a_hundredth_of_a_yi_is_told_in_full():
    lead = replace(SIGNED, figures=(agreed(50 * YI - 1),))
    assert texts(lead)[-1].startswith("协议总投资49.99999999亿元，低于门槛1元，")


def test_a_talk_amount_below_the_threshold_mentions_no_agreement():
    assert texts(replace(UNSIGNED, figures=(told(30 * YI),)))[-1] == (
        "洽谈总投资30亿元，低于门槛20亿元，不计入"
    )


@pytest.mark.parametrize(
    ("lead", "text"),
    [
        (replace(SIGNED, figures=(agreed(52 * YI),)), "协议总投资52亿元，达到门槛50亿元"),
        (
            replace(SIGNED, figures=(agreed(50 * YI, qualifier=Qualifier.ABOUT),)),
            "协议总投资约50亿元，是否达到门槛50亿元待补佐证",
        ),
        (
            replace(SIGNED, figures=(agreed(52 * YI, source=FigureSource.FILING, document=None),)),
            "备案总投资52亿元尚无材料，待补佐证",
        ),
        (
            replace(SIGNED, rankings=(ranked(shareholding=Decimal("0.499")),)),
            "已列入中国企业500强2026年榜单，持股49.9%，低于50%，未满足",
        ),
        (
            replace(SIGNED, exclusion=Exclusion.REAL_ESTATE),
            "属于不计入类型：房地产",
        ),
    ],
)
def test_reasons_read_as_sentences(lead, text):
    assert text in texts(lead)


@pytest.mark.parametrize("code", ReasonCode)
def test_no_reason_leaves_a_placeholder_open(code):
    for locale in ("zh", "en"):
        with force_locale(locale):
            text = reason_text(Reason(code, passed=False))
        assert text
        assert "%(" not in text


def test_criteria_read_as_one_phrase():
    assert criteria_text(B.criteria) == (
        "实体项目且总投资5亿元以上（含），或总部项目且总部营业收入10亿元以上（含，口径：承诺、实际）"
    )
    assert criteria_text(A.criteria).startswith("列入世界500强、中国企业500强（持股不低于50%），或")


CLAUSES: list[tuple[object, str, str]] = [
    (
        {
            "clause": "amount",
            "field": "total_investment",
            "at_least_yuan": 50 * YI,
            "sources": ["filing"],
        },
        "总投资50亿元以上（含，来源：备案）",
        "Total investment of CNY 5 billion or more (source: Filed)",
    ),
    (
        {
            "clause": "ranking",
            "lists": ["china_500", "own_list"],
            "min_shareholding": 0.5,
            "edition_policy": "signing_year",
            "min_investment_yuan": YI,
            "first_entry": True,
        },
        "列入中国企业500强、本市百强（持股不低于50%，签约年度的一版，总投资不低于1亿元，集团首次进入本区）",
        "",
    ),
    (
        {"not": {"clause": "nature", "of": ["phase_two", "relocation"]}},
        "不属于（项目性质为二期、迁建）",
        "",
    ),
    (
        {"clause": "is_headquarters", "types": ["scale", "regional"]},
        "总部项目（规模型总部、区域型总部）",
        "",
    ),
    ({"clause": "chain", "of": ["NFM"]}, "产业链为新型功能材料", ""),
    ({"clause": "ownership", "of": ["central"]}, "投资方所有制为央企", ""),
    (
        {"clause": "chain_role", "of": ["supplier", "services"]},
        "链上角色为配套、服务",
        "Role on the chain: Supplier, Services",
    ),
    (
        {
            "all": [
                {"clause": "is_physical"},
                {
                    "any_of": [
                        {"clause": "is_headquarters"},
                        {"clause": "origin", "of": ["overseas"]},
                    ]
                },
            ]
        },
        "实体项目且（总部项目，或投资方来源地为境外）",
        "",
    ),
]


@pytest.mark.parametrize(("data", "chinese", "english"), CLAUSES)
def test_every_clause_reads_as_a_sentence_in_both_languages(data, chinese, english):
    names = {"own_list": "本市百强", "NFM": "新型功能材料"}
    assert criteria_text(parse_criteria(data), names) == chinese
    with force_locale("en"):
        text = criteria_text(parse_criteria(data), {"own_list": "City 100", "NFM": "New materials"})
    if english:
        assert text == english
    assert not re.search("[\u4e00-\u9fff]", text), text


def flat(clause):
    """The tree without what makes no difference: groups of one, groups within a group alike."""
    if isinstance(clause, Not):
        return Not(flat(clause.of))
    if not isinstance(clause, AnyOf | AllOf):
        return clause
    parts = []
    for part in map(flat, clause.of):
        parts += part.of if isinstance(part, type(clause)) else [part]
    return parts[0] if len(parts) == 1 else type(clause)(tuple(parts))


LEAF = st.sampled_from([{"clause": "is_physical"}, {"clause": "is_headquarters"}])
TREES = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda of: {"any_of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"all": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"not": of}, inner),
    ),
    max_leaves=5,
)


@given(TREES, TREES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_criteria_that_differ_read_differently(one, other):
    try:
        trees = [flat(parse_criteria(tree)) for tree in (one, other)]
    except CriteriaError:
        return  # too deep
    for locale in ("zh", "en"):
        with force_locale(locale):
            texts = [criteria_text(tree) for tree in trees]
        assert (texts[0] == texts[1]) == (trees[0] == trees[1])


def test_one_line_to_read_out():
    signed = [
        CountedLead(n, Outcome.COUNTS if n else Outcome.PENDING, milestone()) for n in range(8)
    ]
    both = [standing(signed, A, TODAY), standing(signed[:2], B, TODAY)]
    line = one_line(both, TODAY, overlap=together(both).overlap, distinct=together(both).distinct)
    assert line == (
        "截至2026年11月23日，大项目已签约8个（目标10，应达9），其中待补佐证1个，已注册0个，已开工0个；"
        "实体总部已签约2个（目标12，应达11），其中待补佐证1个，已注册0个，已开工0个；"
        "重叠2个，去重合计8个。"
    )


def test_days_are_written_as_documents_write_them():
    assert day_text(TODAY) == "2026年11月23日"
    with force_locale("en"):
        assert day_text(TODAY) == "23 November 2026"


def test_a_shortfall_that_does_not_matter_says_nothing_of_counting():
    reason = Reason(
        code=ReasonCode.AMOUNT_BELOW, passed=False, field=FigureKind.TOTAL_INVESTMENT,
        value=212_400_000, threshold=5_000_000_000, lacks_yuan=4_787_600_000,
        source=FigureSource.AGREEMENT,
    )  # fmt: skip
    assert "不计入" in reason_text(reason)
    told = reason_text(reason, is_alternative=True)
    assert "不计入" not in told
    assert "低于门槛47.876亿元" in told
