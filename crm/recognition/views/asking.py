"""What the pages of recognition are asked for: the year, and where a list goes on."""

from flask import abort, request

from crm.core import clock
from crm.quotas.queries import quota_years


def year_asked() -> tuple[int, list[int]]:
    """The year of the address, by default this one or the last with quotas, and all there are.

    404 for a year without quotas.
    """
    years, this_year = quota_years(), clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        return (this_year if this_year in years or not years else years[-1]), years
    if not text.isascii() or not text.isdigit() or int(text[:5]) not in years:
        abort(404)
    return int(text[:5]), years
