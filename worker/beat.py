"""Beat that may run twice: whoever holds a lease in the database fires, the others stand by.

No schedule is kept on disk. Whoever begins to fire asks for everything once, which is safe: whether
something is to be done is asked of the rows, and what fell due while no beat was there is made up for.
"""

import logging
import os
import socket
import time
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from celery import Celery
from celery.beat import Scheduler

from crm.core import clock
from crm.core.db import db, transaction
from crm.outbox import services as outbox

log = logging.getLogger(__name__)

NAME = "beat"
LEASE = timedelta(seconds=30)
"""So long after the last sign of the beat that fires another one takes over."""
RENEWED_EVERY = timedelta(seconds=10)
LONG_AGO = timedelta(days=1)
SET_BACK = timedelta(seconds=2)
"""A clock that has lost more than this since the last look was put back."""


class LeaseScheduler(Scheduler):
    """Celery's scheduler behind a lease. `app.flask_app` is the product."""

    def __init__(self, app: Celery, **options: Any) -> None:
        self.holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{token_hex(4)}"
        self.holds = False
        self._asked_at = 0.0
        self._seen = clock.now()
        super().__init__(app=app, **options)

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Fire what is due if it is ours to fire; seconds until the next look."""
        if not self._is_ours():
            return RENEWED_EVERY.total_seconds()
        now = clock.now()
        if now < self._seen - SET_BACK:
            log.warning("the clock was put back from %s to %s", self._seen, now)
            self._begin_anew(now)
        self._seen = now
        wait: float = super().tick(*arguments, **options)
        return min(wait, RENEWED_EVERY.total_seconds())

    def close(self) -> None:
        """Let another one go on at once."""
        if self.holds:
            try:
                with self.app.flask_app.app_context(), transaction():
                    outbox.end_lease(NAME, self.holder, clock.now())
            except Exception:
                log.warning("the lease of beat could not be given back", exc_info=True)
        super().close()

    def _is_ours(self) -> bool:
        """Whether this beat fires, asked of the database every few seconds."""
        if self.holds and time.monotonic() - self._asked_at < RENEWED_EVERY.total_seconds():
            return True
        held = False
        try:
            with self.app.flask_app.app_context():
                try:
                    with transaction():
                        held = outbox.take_lease(NAME, self.holder, clock.now(), LEASE)
                finally:
                    db.session.remove()
        except Exception:  # the database is away: nobody could work anyway
            log.warning("beat cannot ask for its lease", exc_info=True)
        self._asked_at = time.monotonic()
        if held and not self.holds:
            log.info("beat %s fires from now on", self.holder)
            self._begin_anew(clock.now())
        self.holds = held
        return held

    def _begin_anew(self, now: datetime) -> None:
        """Everything is due now, whatever was noted of earlier runs."""
        for entry in self.schedule.values():
            entry.last_run_at = now - LONG_AGO
        self._heap = None

    @property
    def info(self) -> str:
        return "    . lease -> in the database"
