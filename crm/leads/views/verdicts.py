"""What the quotas say of one lead, in words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from flask import url_for

from crm.quotas.queries import verdicts_of
from crm.quotas.telling import Told, told


def verdict_entries(lead_id: int, today: date) -> Iterator[Told]:
    """Each quota's verdict with all its reasons; another year's is marked with the year."""
    for row in verdicts_of(lead_id, today.year):
        each = told(row, url_for("quotas.detail", year=row.year, code=row.code))
        if row.year != today.year:
            each = replace(each, subject=f"{row.year} {each.subject}")
        yield each
