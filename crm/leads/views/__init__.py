"""The pages of leads: reading (lists, detail) and writing (entry, editing, moves, papers)."""

from functools import lru_cache
from urllib.parse import urlencode

from flask import Blueprint, g, url_for

from crm.leads.rules.filters import LeadFilter

bp = Blueprint("leads", __name__, url_prefix="/leads")


@bp.app_template_global()
def list_behind(wanted: LeadFilter) -> str:
    """The address of the list behind a number: what `url_for` makes of it, at a tenth of the time."""
    if "leads_address" not in g:
        g.leads_address = url_for("leads.index")
    query = _query(wanted)
    return f"{g.leads_address}?{query}" if query else str(g.leads_address)


@lru_cache(maxsize=4096)
def _query(wanted: LeadFilter) -> str:
    return urlencode(wanted.url_args())


# The pages hang themselves on the blueprint when they are imported.
from crm.leads.views import (  # noqa: E402, F401
    activities,
    agreed,
    detail,
    editing,
    entry,
    figures,
    lists,
    moves,
    papers,
    people,
    prospects,
    rates,
    trail,
)
