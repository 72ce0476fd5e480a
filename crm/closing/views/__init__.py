"""数字对账: closed periods and the bridge between two standings."""

from flask import Blueprint

bp = Blueprint("closing", __name__, url_prefix="/closing")
