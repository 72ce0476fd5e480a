"""Spreadsheets in and out: .xlsx and .csv read within hard limits, written safe from formulas."""

from crm.core.sheets.arithmetic import evaluate
from crm.core.sheets.grid import Box, Limits, Sheet, SheetFault, UnreadableFile, Value, address
from crm.core.sheets.reading import read_sheets
from crm.core.sheets.writing import csv_text, put, workbook_bytes, write_long_workbook

__all__ = [
    "Box",
    "Limits",
    "Sheet",
    "SheetFault",
    "UnreadableFile",
    "Value",
    "address",
    "csv_text",
    "evaluate",
    "put",
    "read_sheets",
    "workbook_bytes",
    "write_long_workbook",
]
