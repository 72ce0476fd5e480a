"""The pages of chains: the overview, and what is written about them."""

from flask import Blueprint

bp = Blueprint("chains", __name__, url_prefix="/chains")

# The pages hang themselves on the blueprint when they are imported.
from crm.chains.views import (  # noqa: E402, F401
    anchors,
    chain_files,
    chart,
    editing,
    firm_files,
    firms,
    fits,
    groups,
    needs,
    overview,
    past,
    picture,
    segments,
)
