"""What the pages of the outlook read from an address."""

from flask import abort, request, url_for
from flask_babel import gettext as _

from crm.core import clock
from crm.quotas.queries import quota_years


def asked_year() -> tuple[int, list[dict[str, object]]]:
    """The year asked for and the tabs of all years; 404 for one without quotas."""
    years = quota_years()
    this_year = clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        year = this_year if this_year in years or not years else years[-1]
    elif not text.isascii() or not text.isdigit() or int(text[:5]) not in years:
        abort(404)
    else:
        year = int(text)
    tabs: list[dict[str, object]] = [
        {
            "label": _("%(year)s年", year=each),
            "href": url_for(request.endpoint or "outlook.index", year=each),
            "active": each == year,
        }
        for each in years
    ]
    return year, tabs


def asked_number(name: str, *, largest: int = 2**62) -> int:
    """A whole number from the address, 0 where none stands there; 400 for anything else."""
    text = request.args.get(name, "0").strip() or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > largest:
        abort(400)
    return int(text)


def asked_of(name: str, choices: list[str]) -> str | None:
    """One of the choices, None where none is asked for; 400 for anything else."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if text not in choices:
        abort(400)
    return text
