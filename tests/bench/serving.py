"""The product under its web server, what a worker of it takes, and how many statements a page sends."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from crm.config import Settings
from tests.bench.cases import Case
from tests.bench.prepared import BIN, ROOT


@contextmanager
def gunicorn(app: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """An application under two workers: its port and the master's process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [BIN / "gunicorn", f"--bind=127.0.0.1:{port}", "--workers=2", "--log-level=error", app],
        cwd=ROOT,
        env=environment,
    )
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{app} does not start") from None
                time.sleep(0.05)  # a port tells nobody when it opens
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def memory_per_worker(master: int) -> dict[str, float]:
    """MB of the largest worker: PSS (its share of what workers share) and RSS."""
    found = {"pss": 0.0, "rss": 0.0}
    for children in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        rollup = Path(f"/proc/{children}/smaps_rollup").read_text()
        sizes = {
            name.rstrip(":").lower(): int(size) / 1024
            for name, size, *_unit in (line.split() for line in rollup.splitlines()[1:])
        }
        found = {name: max(found[name], sizes[name]) for name in found}
    return found


def query_counts(environment: dict[str, str], wanted: list[Case]) -> dict[str, int | None]:
    """How many statements each page sends, counted in this process."""
    from crm.core.db import db
    from crm.factory import create_app

    app = create_app(Settings.from_env(environment))
    counts: dict[str, int | None] = {}
    with app.app_context():
        seen: list[str] = []

        def note(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA")):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        users = dict(db.session.execute(db.text("SELECT login, id FROM users")).all())
        stamps = dict(db.session.execute(db.text("SELECT login, session_stamp FROM users")).all())
    for case in wanted:
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = f"{users[case.login]}:{stamps[case.login]}"
            session["_fresh"] = True
        if case.form_page:
            client.get(case.form_page)
            counts[case.name] = None
            continue
        _method, path, _form = case.request(1)
        seen.clear()
        answer = client.get(path)
        counts[case.name] = len(seen) if answer.status_code == case.expected else None
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return counts
