"""Telephone numbers: one spelling each, and never shown in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enterprises.rules import mask_phone, normalise_phone


@pytest.mark.parametrize(
    ("text", "number", "masked"),
    [
        ("13800001001", "13800001001", "138****1001"),
        (13800001001, "13800001001", "138****1001"),
        ("１３８ ００００ １００１", "13800001001", "138****1001"),
        ("+86 138-0000-1001", "13800001001", "138****1001"),
        ("8613800001001", "13800001001", "138****1001"),
        ("0531-88881234", "0531-88881234", "0531-****1234"),
        ("（0531）8888 1234", "0531-88881234", "0531-****1234"),
        ("+86 531 88881234", "0531-88881234", "0531-****1234"),
        ("010 65551234", "010-65551234", "010-****1234"),
        ("0531-88881234-801", "0531-88881234-801", "0531-****1234"),
        ("0531-88881234转801", "0531-88881234-801", "0531-****1234"),
        ("400-800-1234", "400-8001234", "400-****1234"),
        ("88881234", "88881234", "****1234"),
        ("+49 89 123456", "+4989123456", "+49****3456"),
        ("0081 3 1234 5678", "+81312345678", "+81****5678"),
    ],
)
def test_a_number_has_one_spelling_and_is_masked(text: str | int, number: str, masked: str) -> None:
    assert normalise_phone(text) == number
    assert mask_phone(str(text)) == masked


@pytest.mark.parametrize(
    "text", ["", "无", "12345", "12800001001", "138000010011", "13800001001、13900001002", "1" * 41]
)
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    assert normalise_phone(text) is None


@given(st.text("0123456789+-() 转", max_size=24))
def test_a_spelling_is_stable_and_its_mask_hides_at_least_three_digits(text: str) -> None:
    number = normalise_phone(text)
    if number is None:
        assert sum(char.isdigit() for char in mask_phone(text)) <= 2
        return
    assert normalise_phone(number) == number
    shown = sum(char.isdigit() for char in mask_phone(text))
    assert shown <= sum(char.isdigit() for char in number) - 3
