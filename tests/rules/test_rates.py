"""Exchange rates out of a CSV: all of them, or every line that cannot be taken."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.leads.rules.rates import MOST_LINES, QuotedRate, RateFault, read_file, read_rate

TODAY = date(2026, 11, 23)
CURRENCIES = {"USD", "HKD", "EUR"}


def read(text):
    return read_file(text, currencies=CURRENCIES, today=TODAY)


def codes(text):
    return [(fault.line, fault.code) for fault in read(text)[1]]


def test_a_file_is_read_with_its_byte_order_mark_blank_lines_and_chinese_headings():
    found, faults = read("\ufeff日期,币种,汇率\n2026-11-20,usd,7.0951\n\n2026年11月19日,HKD,0.9\n")
    assert faults == []
    assert found == [
        QuotedRate("USD", date(2026, 11, 20), Decimal("7.0951")),
        QuotedRate("HKD", date(2026, 11, 19), Decimal("0.9")),
    ]


def test_columns_may_stand_in_any_order_beside_others():
    found, _faults = read("cny_per_unit,note,currency,date\n7.1,x,USD,2026-11-20\n")
    assert found == [QuotedRate("USD", date(2026, 11, 20), Decimal("7.1"))]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("soon,USD,7.1", RateFault.DAY),
        ("2026-11-24,USD,7.1", RateFault.DAY_IN_FUTURE),
        ("2026-11-20,XXX,7.1", RateFault.CURRENCY),
        ("2026-11-20,CNY,1", RateFault.CURRENCY),
        ("2026-11-20,USD,0", RateFault.RATE),
        ("2026-11-20,USD,-7", RateFault.RATE),
        ("2026-11-20,USD,7.1234567", RateFault.RATE),
        ("2026-11-20,USD,NaN", RateFault.RATE),
        ("2026-11-20,USD", RateFault.RATE),
    ],
)
def test_each_fault_is_told_with_its_line(line, code):
    assert codes(f"date,currency,cny_per_unit\n2026-11-19,USD,7\n{line}\n") == [(3, code)]


def test_every_fault_is_told_at_once():
    text = "date,currency,cny_per_unit\n2026-11-20,USD,7\n2026-11-20,USD,7\nx,USD,7\n"
    assert codes(text) == [(3, RateFault.TWICE), (4, RateFault.DAY)]


def test_a_file_without_headings_or_with_too_many_lines_is_refused():
    assert codes("2026-11-20,USD,7.1") == [(1, RateFault.NO_HEADINGS)]
    assert codes("") == [(1, RateFault.NO_HEADINGS)]
    many = "\n".join(["date,currency,cny_per_unit"] + ["2026-11-20,USD,7"] * (MOST_LINES + 1))
    assert codes(many)[-1][1] is RateFault.TOO_MANY_LINES


@given(st.text(max_size=200))
def test_no_text_fails(text):
    found, faults = read(text)
    assert isinstance(found, list)
    read(f"date,currency,cny_per_unit\n{text}")
    assert read_rate(text) is None or read_rate(text) > 0
    assert faults or found or text.strip()


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 3000)),
        st.decimals("0.000001", 1000, places=6, allow_nan=False),
        max_size=30,
    )
)
def test_what_was_written_is_read_back(rates):
    lines = [
        f"{TODAY - timedelta(days=back)},{currency},{rate}"
        for (currency, back), rate in rates.items()
    ]
    found, faults = read("\n".join(["date,currency,cny_per_unit", *lines]))
    assert faults == []
    assert {
        (each.currency, (TODAY - each.quoted_on).days): each.cny_per_unit for each in found
    } == rates
