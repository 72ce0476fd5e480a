"""What is kept of a sheet, as plain JSON, so that the same sheet can be written again."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crm.core.sheets import Sheet
from crm.imports.rules.cells import storable
from crm.imports.rules.layout import SheetLayout
from crm.imports.rules.ledger import LedgerRow


def outline_of(layout: SheetLayout, sheet: Sheet) -> dict[str, Any]:
    """As much of a sheet as is needed to write it again: all rows but the projects."""
    projects = set(layout.rows)
    last = max((*layout.rows, *layout.totals, layout.header_bottom))
    return {
        "sheet": storable(layout.sheet),
        "header_top": layout.header_top,
        "header_bottom": layout.header_bottom,
        "labels": [storable(label) for label in layout.labels],
        "columns": [
            {
                "index": column.index,
                "field": column.field.value,
                "unit": column.unit.value if column.unit else None,
                "land_unit": column.land_unit.value if column.land_unit else None,
            }
            for column in layout.columns
        ],
        "above": [_plain_row(row) for row in sheet.rows[: layout.header_bottom + 1]],
        "totals": [
            {"cells": _plain_row(sheet.rows[row]), "sums": _sums(sheet, row)}
            for row in layout.totals[-1:]
        ],
        "below": [
            _plain_row(sheet.rows[row])
            for row in range(last + 1, len(sheet.rows))
            if row not in projects
        ],
        "merges": [
            [box.top, box.left, box.bottom, min(box.right, 199)]
            for box in sheet.merges
            if box.bottom <= layout.header_bottom
        ],
    }


def unread_columns(layout: SheetLayout) -> dict[int, str]:
    """Columns whose cells are only kept to be handed back, by position."""
    return {
        index: storable(layout.labels[index]) or str(index)
        for index in (*layout.unread, *layout.repeated)
    }


def handed_back(sheet: Sheet, row: LedgerRow, columns: Mapping[int, str]) -> dict[str, Any]:
    """The cells of these columns (as `unread_columns` names them), by label."""
    found = {}
    for index, label in columns.items():
        value = sheet.at(row.excel_row - 1, index)
        if value is not None:
            found[label] = _plain_value(value)
    return found


def _sums(sheet: Sheet, row: int) -> list[int]:
    """The columns of a total row that hold a sum."""
    return [
        index
        for index in range(200)
        if (row, index) in sheet.formulas
        or (
            isinstance(sheet.at(row, index), int | float)
            and not isinstance(sheet.at(row, index), bool)
        )
    ]


def _plain_row(row: Sequence[Any]) -> list[Any]:
    return [_plain_value(value) for value in row]


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return storable(value) if isinstance(value, str) else value
