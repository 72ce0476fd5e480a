"""The pages of leads: reading (lists, detail) and writing (entry, editing, moves, papers)."""

from flask import Blueprint

bp = Blueprint("leads", __name__, url_prefix="/leads")

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
