"""What the quotas say, in both languages."""

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from crm.leads.rules import Exclusion, FigureKind, FigureSource, Qualifier
from crm.quotas import rules
from crm.quotas.rules import CountedLead, Outcome, Reason, ReasonCode, judge, standing, together
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


@pytest.fixture(autouse=True)
def _speaking():
    """A request-less context in which texts come out in Chinese."""
    app = Flask(__name__)
    Babel(app, default_locale="zh")
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
        "实体项目，且总投资5亿元以上（含），或总部项目，且总部营业收入10亿元以上（含，口径：承诺、实际）"
    )
    assert criteria_text(A.criteria).startswith("列入世界500强、中国企业500强（持股不低于50%），或")


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
