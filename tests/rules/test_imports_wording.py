"""No code of ledger import or of a refused file reaches the screen without a word."""

from enum import StrEnum

import pytest

from crm.core.sheets import SheetFault
from crm.core.sheets.wording import WORDS as SHEET_WORDS
from crm.imports.rules import Field, Hint, MessageCode
from crm.imports.wording import WORDS


@pytest.mark.parametrize("code", [MessageCode, Hint, Field, SheetFault])
def test_every_code_has_its_own_word(code: type[StrEnum]) -> None:
    words = (WORDS | SHEET_WORDS)[code]
    assert set(words) == set(code)
    assert len({str(text._args) for text in words.values()}) == len(code)
