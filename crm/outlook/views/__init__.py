"""三本账 and the forecast of the year's end."""

from flask import Blueprint

bp = Blueprint("outlook", __name__, url_prefix="/outlook")

# The pages hang themselves on the blueprint when they are imported.
from crm.outlook.views import books, ceremonies, forecasts, saying  # noqa: E402, F401
