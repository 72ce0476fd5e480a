"""Somebody who is told, and leads that are due."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.features.reminders.cases import add_due_lead


@pytest.fixture
def lead(app) -> Callable[..., int]:
    """`lead(owner_id, due_on, title=…, **columns)`: a lead with a next action; its id."""
    return partial(add_due_lead, app)


@pytest.fixture
def owner(person):
    return person("staff", "药山街道", name="王芳", email="wangfang@example.gov.cn")
