"""The sample ledger is taken in."""

from functools import partial

import pytest

from tests.features.ledgers.cases import import_sample


@pytest.fixture
def take(app, tmp_path):
    """`take(data, actor)`: import in a transaction of its own, as the doors do."""
    return partial(import_sample, app, tmp_path)
