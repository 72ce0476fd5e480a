"""水分体检 and 佐证包."""

from flask import Blueprint

bp = Blueprint("checkup", __name__, url_prefix="/checkup")

# The pages hang themselves on the blueprint when they are imported.
from crm.checkup.views import evidence, findings, settings  # noqa: E402, F401
