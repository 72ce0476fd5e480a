"""水分体检 and 佐证包."""

from flask import Blueprint

bp = Blueprint("checkup", __name__, url_prefix="/checkup")
