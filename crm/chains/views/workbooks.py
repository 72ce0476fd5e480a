"""Workbooks of the pages of chains."""

import io
from collections.abc import Iterable, Sequence

from crm.core.money import Unit, yuan_in
from crm.core.sheets import Value


def workbook(
    sheets: Iterable[tuple[str, Sequence[int], Iterable[Sequence[Value]]]],
) -> io.BytesIO:
    """An .xlsx of tables: name, widths of columns in characters, rows with their heading first."""
    from crm.core.sheets.writing import write_long_workbook  # openpyxl takes 0.2 s

    out = io.BytesIO()
    write_long_workbook(out, sheets)
    out.seek(0)
    return out


def wan(yuan: int) -> Value:
    """万元, whole where it is whole."""
    amount = yuan_in(yuan, Unit.WAN)
    return int(amount) if amount == int(amount) else float(amount)
