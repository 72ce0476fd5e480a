"""No code of the leads reaches the screen without a word."""

from enum import StrEnum

from crm.leads import rules
from crm.leads.wording import WORDS


def test_every_code_has_its_own_word():
    codes = [
        value
        for value in vars(rules).values()
        if isinstance(value, type) and issubclass(value, StrEnum)
    ]
    assert set(codes) <= set(WORDS)
    for code in WORDS:
        assert list(WORDS[code]) == list(code)
        assert len({str(text._args) for text in WORDS[code].values()}) == len(code)
