"""How often is too often: a count by key over a sliding time, in this process's memory.

Each process counts for itself, so of W processes together W times as many may pass: a brake on whoever
floods a door, not the lock. The lock is what cannot be guessed, a signature or 256 random bits. What must
hold across processes, such as failed sign-ins, is counted in rows.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock

from crm.core.errors import TooOften

MOST_KEYS = 10_000
"""Keys remembered at a time; beyond it the one used longest ago is forgotten."""


class Limit:
    """At most `most` times within `within`, for each key."""

    def __init__(self, most: int, within: timedelta) -> None:
        self.most = most
        self.within = within
        self._times: OrderedDict[Hashable, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def count(self, key: Hashable, at: datetime) -> None:
        """Note one more time. Raises TooOften once the limit is reached, without noting it."""
        with self._lock:
            times = self._current(key, at)
            if len(times) >= self.most:
                wait = times[0] + self.within - at
                raise TooOften(max(int(wait.total_seconds()), 1))
            times.append(at)
            self._times[key] = times
            self._times.move_to_end(key)
            while len(self._times) > MOST_KEYS:
                self._times.popitem(last=False)

    def _current(self, key: Hashable, at: datetime) -> "deque[datetime]":
        times = self._times.get(key, deque())
        while times and times[0] <= at - self.within:
            times.popleft()
        return times
