"""三本账 and the forecast of the year's end."""

from flask import Blueprint

bp = Blueprint("outlook", __name__, url_prefix="/outlook")
