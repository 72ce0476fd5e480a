"""The year a page of 指标 shows, and the tabs to the others."""

from collections.abc import Sequence
from typing import Any

from flask import abort, request, url_for
from flask_babel import gettext as _

from crm.core import clock


def year_asked(years: Sequence[int]) -> int:
    """The year asked for; 404 for one without quotas."""
    this_year = clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        return this_year if this_year in years or not years else years[-1]
    if not text.isascii() or not text.isdigit() or int(text[:5]) not in years:
        abort(404)
    return int(text)


def year_tabs(
    endpoint: str, years: Sequence[int], year: int, **more: str | None
) -> list[dict[str, Any]]:
    return [
        {
            "label": _("%(year)s年", year=each),
            "href": url_for(endpoint, year=each, **more),
            "active": each == year,
        }
        for each in years
    ]
