"""No code of money, days and companies reaches the screen without a word."""

from enum import StrEnum

import pytest

from crm.core import days, money
from crm.core import wording as core_wording
from crm.enterprises import rules as enterprise_rules
from crm.enterprises import wording as enterprise_wording
from crm.enterprises.rules import (
    UsccFaultCode,
    check_character,
    roster,
    shareholding,
    signal_file,
    signals,
)
from crm.enterprises.rules.ranking import columns, companies, reading
from crm.enterprises.wording import uscc_warning, uscc_words

COMPANY_RULES = (roster, shareholding, signal_file, signals, companies, columns, reading)


def codes_of(module):
    return {
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    }


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({*codes_of(money), days.DayFault}, core_wording.WORDS),
        (
            {
                code
                for module in (enterprise_rules, *COMPANY_RULES)
                for code in codes_of(module)
                if code.__module__.startswith("crm.enterprises")
            },
            enterprise_wording.WORDS,
        ),
    ],
    ids=["core", "enterprises"],
)
def test_every_code_has_its_own_word(codes, words):
    assert set(words) == codes
    for code in codes:
        assert list(words[code]) == list(code)
        assert len({str(text._args) for text in words[code].values()}) == len(code)


def test_every_currency_an_amount_may_name_has_a_word():
    from crm.core.money.units import CURRENCY_MARKS, CURRENCY_UNITS

    assert set(core_wording.CURRENCY) == {*CURRENCY_UNITS.values(), *CURRENCY_MARKS.values()}


SOUND = "91110000710926094P"


def said(text):
    return [(words._args[0], words._kwargs) for words in uscc_words(text)]


def test_a_sound_code_needs_no_words():
    assert uscc_words(SOUND) == ()
    assert uscc_warning(SOUND) is None


def test_a_short_code_is_told_with_its_length():
    assert said(SOUND[:-1]) == [("统一社会信用代码应为18位，现在是%(n)s位", {"n": 17})]


def test_a_wrong_check_character_is_told_alone():
    (words,) = uscc_words(SOUND[:-1] + "A")
    assert words == enterprise_wording.word(UsccFaultCode.CHECK)


def test_a_slip_of_the_pen_is_told_with_what_was_meant():
    typed = "9111OOOO710926094P"
    texts = said(typed)
    assert texts[0][1] == {"n": 5, "char": "O"}
    assert texts[-1] == ("是否应为%(code)s？", {"code": SOUND})
    assert len(texts) == 2  # four letters O are one slip


def test_an_early_code_is_taken_with_a_warning():
    body = "911100007109260" + "95"  # the inner check of 71092609 is 4
    code = body + check_character(body)
    assert uscc_words(code) == ()
    assert uscc_warning(code) == enterprise_wording.word(UsccFaultCode.INNER_CHECK)
