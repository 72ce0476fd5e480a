"""The storm of `make chaos` in its short form: every mail arrives, none is doubled without a reason."""

import pytest
from flask import Flask

from tests.chaos.storm import Event, Storm
from tests.servers import Run


@pytest.fixture
def storm(app: Flask, database, run: Run, tmp_path):
    """An office on the database of this test, with a Redis and a mail server of its own."""
    database.spoil()
    made = Storm(
        run,
        app,
        {
            "LIANZHAO_ENV": "test",
            "LIANZHAO_DATA": str(tmp_path),
            "DATABASE_URL": database.url,
            "SECRET_KEY": "test-only-secret-of-more-than-32-characters",
        },
        tmp_path / "storm",
    )
    yield made
    made.end()


def test_no_mail_is_lost_while_workers_die_redis_is_emptied_and_the_mail_server_fails(storm):
    storm.fill(80)
    counted = storm.blow(
        workers=1,
        beats=1,
        kills=[0.3, 1.0, 1.7],
        events=[Event(0.6, storm.restart_redis), Event(1.2, storm.stop_mail), Event(2.0, storm.start_mail)],
        patience=90,
    )  # fmt: skip
    assert counted.faults() == [], counted.told()
