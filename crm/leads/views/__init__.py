"""The pages of leads: reading (lists, detail) and writing (entry, editing, moves, papers)."""

from flask import Blueprint

bp = Blueprint("leads", __name__, url_prefix="/leads")
