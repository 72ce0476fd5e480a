"""How often is too often."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.core import limits
from crm.core.errors import TooOften
from crm.core.limits import Limit

AT = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_each_key_has_its_own_count_and_says_how_long_to_wait():
    limit = Limit(2, 10 * MINUTE)
    limit.count("a", AT)
    limit.count("a", AT + MINUTE)
    with pytest.raises(TooOften) as caught:
        limit.count("a", AT + 2 * MINUTE)
    assert caught.value.wait_seconds == 8 * 60
    limit.count("b", AT + 2 * MINUTE)


def test_what_was_refused_does_not_count_and_the_oldest_falls_out_of_the_window():
    limit = Limit(1, 10 * MINUTE)
    limit.count("a", AT)
    for n in range(1, 10):
        with pytest.raises(TooOften):
            limit.count("a", AT + n * MINUTE)
    limit.count("a", AT + 10 * MINUTE)


def test_memory_stays_bounded_however_many_come(monkeypatch):
    monkeypatch.setattr(limits, "MOST_KEYS", 3)
    limit = Limit(1, 10 * MINUTE)
    for key in range(10):
        limit.count(key, AT)
    limit.count(0, AT)
    with pytest.raises(TooOften):
        limit.count(9, AT)
