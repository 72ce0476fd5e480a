"""What the pages of closing read from an address, and the pages beside each other."""

from typing import Any

from flask import abort, request, url_for
from flask_babel import gettext as _

from crm.core import clock
from crm.navigation import may_use
from crm.quotas.queries import quota_years

LONGEST_NUMBER = 18


def asked_year() -> int:
    """The year asked for, else this one, else the last with quotas; 404 for one without."""
    years, this_year = quota_years(), clock.today().year
    text = request.args.get("year", "").strip()
    if not text:
        return this_year if this_year in years or not years else years[-1]
    if not (text.isascii() and text.isdigit()) or int(text[:5]) not in years:
        abort(404)
    return int(text)


def asked_number(name: str) -> int | None:
    """A record number in the address; 400 for what is none."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name=name, value=text[:60]))
    return int(text)


def asked_code(name: str, codes: Any, default: Any) -> Any:
    """A code in the address; 400 for one that is none of them."""
    text = request.args.get(name, "").strip()
    if not text:
        return default
    if text not in list(codes):
        abort(400, _("看不懂参数%(name)s的值“%(value)s”。", name=name, value=text[:60]))
    return codes(text)


def pages(year: int) -> list[dict[str, Any]]:
    """The pages of closing beside each other."""
    found = (
        ("closing.bridge", _("数字对账")),
        ("closing.known", _("截至某日口径")),
        ("closing.periods", _("封账与导出")),
    )
    return [
        {
            "label": label,
            "href": url_for(endpoint, year=year),
            "active": endpoint == request.endpoint,
        }
        for endpoint, label in found
        if may_use(endpoint)
    ]
