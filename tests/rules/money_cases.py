"""Sums in whole yuan, and why a text is no amount."""

import pytest
from hypothesis import strategies as st

from crm.core.money import LARGEST, AmountError, AmountFault, Unit, parse_amount

YI = 10**8
WAN = 10**4
YUAN = st.integers(0, LARGEST)


def fault_of(text: object, bare_unit: Unit | None = Unit.YI) -> AmountFault:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, bare_unit=bare_unit)  # type: ignore[arg-type]
    return caught.value.code
