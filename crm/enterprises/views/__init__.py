"""The pages of companies: finding one, its card, the people there, its places on rankings."""

from flask import Blueprint

bp = Blueprint("enterprises", __name__, url_prefix="/enterprises")

# The pages hang themselves on the blueprint when they are imported.
from crm.enterprises.views import (  # noqa: E402, F401
    cards,
    importing,
    matches,
    people,
    printed,
    rankings,
    roster,
    signal_files,
    signals,
)
