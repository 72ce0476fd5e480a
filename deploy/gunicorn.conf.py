"""gunicorn in production: `gunicorn --config deploy/gunicorn.conf.py app:app`.

What differs between two installations comes from the environment file, not from here.
"""

import multiprocessing
import os

bind = os.environ.get("GUNICORN_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or min(2 + multiprocessing.cpu_count(), 8))
threads = 2
"""A page takes milliseconds; the second thread keeps a worker answering during one long upload."""

preload_app = True
"""Loaded once and forked: less memory, and a wrong setting stops the start before a port is taken."""

timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm"  # noqa: S108  a heartbeat on a slow disk would look like a dead worker
forwarded_allow_ips = "127.0.0.1,::1"

limit_request_line = 8190
limit_request_fields = 60

accesslog = "-"
errorlog = "-"
# Method and path only. A query string holds what people searched for, and Referer repeats it.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'


def post_fork(server, worker):
    """A connection opened before the fork belongs to the parent: every worker opens its own."""
    from app import app
    from crm.core.db import db

    with app.app_context():
        db.engine.dispose(close=False)
