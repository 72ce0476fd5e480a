"""The credit code: sound codes pass, every slip is named, a suggestion is never more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enterprises.rules import (
    UsccFault,
    UsccFaultCode,
    check_character,
    clean_uscc,
    is_uscc,
    suggest_uscc,
    why_not_uscc,
)
from crm.enterprises.rules.uscc import ALPHABET, LENGTH

REAL = ("914403001922038216", "9144030071526726XG", "91110000710926094P", "91330100799655058B")


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Any authority (A, N, Y too), six digits of region, any organisation code, the right check."""
    head = draw(st.text(ALPHABET, min_size=2, max_size=2))
    region = draw(st.text("0123456789", min_size=6, max_size=6))
    body = head + region + draw(st.text(ALPHABET, min_size=9, max_size=9))
    return body + check_character(body)


@pytest.mark.parametrize("code", REAL)
def test_real_codes_are_sound_with_both_checks(code: str) -> None:
    assert why_not_uscc(code) == ()


@given(codes())
def test_every_code_with_the_right_check_can_be_taken(code: str) -> None:
    assert is_uscc(code)
    assert suggest_uscc(code) is None
    assert {fault.code for fault in why_not_uscc(code)} <= {UsccFaultCode.INNER_CHECK}


@given(codes(), st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_no_single_wrong_character_goes_unnoticed(code: str, position: int, char: str) -> None:
    wrong = code[:position] + char + code[position + 1 :]
    assert is_uscc(wrong) is (wrong == code)


@given(st.text(max_size=30))
def test_any_text_is_judged_without_failing(text: str) -> None:
    assert is_uscc(text) is (clean_uscc(text) == clean_uscc(clean_uscc(text)) and is_uscc(text))
    suggestion = suggest_uscc(text)
    assert suggestion is None or is_uscc(suggestion)


@pytest.mark.parametrize(
    "text",
    [
        " 9144030071526726xg ",
        "9144 0300 7152 6726 XG",
        "914403-00-71526726XG",
        "９１４４０３００７１５２６７２６ＸＧ",
        "9144030071526726XG\u200b",
    ],
)
def test_blanks_case_and_width_do_not_matter(text: str) -> None:
    assert clean_uscc(text) == "9144030071526726XG"
    assert is_uscc(text)


def test_all_faults_are_told_at_once_with_their_place() -> None:
    assert why_not_uscc("") == (UsccFault(UsccFaultCode.LENGTH),)
    assert why_not_uscc("9144O3001922") == (
        UsccFault(UsccFaultCode.LENGTH),
        UsccFault(UsccFaultCode.ALPHABET, 5),
    )
    assert why_not_uscc("914403001922038217") == (UsccFault(UsccFaultCode.CHECK, 18),)
    assert UsccFault(UsccFaultCode.REGION, 4) in why_not_uscc("914A03001922038216")


def test_a_failing_organisation_code_only_warns() -> None:
    body = "91440300192203822"  # organisation code 19220382 asks for 1
    code = body + check_character(body)
    assert why_not_uscc(code) == (UsccFault(UsccFaultCode.INNER_CHECK, 17),)
    assert why_not_uscc(code)[0].is_warning
    assert is_uscc(code)


def test_letters_that_look_like_digits_give_a_suggestion_only() -> None:
    assert not is_uscc("9I44O3001922O38216")
    assert suggest_uscc("9I44O3001922O38216") == "914403001922038216"
    assert suggest_uscc("9144030071S2672 6XG") == "9144030071526726XG"
    assert suggest_uscc("914403001922038217") is None
    assert suggest_uscc("不详") is None
