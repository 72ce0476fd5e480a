"""What feature tests share."""

import pytest

from crm.core import clock
from crm.quotas import services as quotas


@pytest.fixture
def verdicts_stay_true(app):
    """After the test, every stored verdict is what the facts say: no door forgot to rejudge.

    For tests that change leads through doors; one that fills tables by itself would differ.
    """
    yield
    with app.app_context():
        assert list(quotas.differences(today=clock.today())) == []
