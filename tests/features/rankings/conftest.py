"""A bureau leader who registers companies and imports editions."""

from functools import partial

import pytest

from tests.features.rankings.cases import import_edition, register


@pytest.fixture
def company(db_session, leader):
    """company("甲山集团有限公司") registers one; its id."""
    return partial(register, leader)


@pytest.fixture
def take_in(db_session, leader):
    """take_in(2025, FIRST) imports an edition of the list; what came of it."""
    return partial(import_edition, leader)
