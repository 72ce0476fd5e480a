"""People of a subdistrict who record its firms, and the segments by code."""

import pytest
from sqlalchemy import select

from crm.chains.models import Segment
from crm.core.db import db


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", "药山街道")


@pytest.fixture
def head_of_unit(sign_in):
    return sign_in("unit_head", "药山街道")


@pytest.fixture
def segments(app):
    """Ids of segments by code."""
    with app.app_context():
        return {row.code: row.id for row in db.session.execute(select(Segment.code, Segment.id))}
