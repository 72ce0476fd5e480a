"""Run web, workers, beat and Redis together until Ctrl-C; called by `make run`.

The environment decides as everywhere (see crm/config.py): with REDIS_URL set no Redis is started,
with LIANZHAO_ENV=production nothing reloads and no sample is loaded. Whatever ends first ends all.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from honcho.manager import SIGNALS, Manager

from scripts.redis_server import NoRedisError, configured

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FIRST_PAGE_WITHIN = 60.0
"""Seconds after which we stop waiting for the first page and let the log speak."""


class Everything(Manager):  # type: ignore[misc]
    """Honcho's manager, safe against a Ctrl-C that comes before all processes have started."""

    asked_to_end = False
    started: Callable[[], None] = staticmethod(lambda: None)

    def _start(self) -> None:
        super()._start()
        self.started()  # threads only now: the processes above were forked

    def terminate(self) -> None:
        self.asked_to_end = True
        if super()._all_started():
            super().terminate()

    def _all_started(self) -> bool:
        started = bool(super()._all_started())
        if started and self.asked_to_end:
            super().terminate()
        return started

    def end_groups(self) -> None:
        """Kill what a process left behind in its group when it died without its children."""
        for process in self._processes.values():
            try:
                os.killpg(process["pid"], signal.SIGKILL)
            except (KeyError, ProcessLookupError, PermissionError):
                continue


def commands(port: int, is_production: bool) -> dict[str, list[str]]:
    """The command line of each process that knows our code."""
    celery = [str(BIN / "celery"), "--quiet", "--app=worker.celery_app"]
    web = [
        str(BIN / "gunicorn"),
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--graceful-timeout=3",
        "--log-level=error",
        "--capture-output",
        "app:app",
    ]
    if not is_production:
        # A broken file shows its traceback in the browser and the next save loads it again.
        web.insert(1, "--reload")
    return {
        "web": web,
        "worker": [
            *celery, "worker", "--queues=mail,planning", "--concurrency=1", "--loglevel=WARNING",
            "--hostname=worker@%h",
        ],
        # By itself, so that what takes minutes delays no mail; solo is one process instead of two.
        "heavy": [
            *celery, "worker", "--queues=heavy", "--pool=solo", "--loglevel=WARNING",
            "--hostname=heavy@%h",
        ],
        "beat": [*celery, "beat", "--loglevel=WARNING", "--pidfile="],
    }  # fmt: skip


def flask(*words: str, capture: bool = False) -> str:
    """Run one flask command; what it prints when captured. Ends the program if it fails."""
    done = subprocess.run(
        [BIN / "flask", "--app", "app", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"LianZhao: `flask {' '.join(words)}` failed; the lines above say why")
    return done.stdout or ""


def first_page_answers(address: str) -> bool:
    """Whether the address serves a page now; any status but a server error will do."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False


def announce(address: str, accounts: str, has_ended: Callable[[], bool]) -> None:
    """Print the address and the sample accounts as soon as the first page is there."""
    until = time.monotonic() + FIRST_PAGE_WITHIN
    while not has_ended() and time.monotonic() < until:
        if first_page_answers(address):
            sys.stdout.write(f"\n  链招 LianZhao  {address}\n")
            sys.stdout.writelines(f"  {line}\n" for line in accounts.splitlines())
            sys.stdout.write("  Ctrl-C ends everything.\n\n")
            sys.stdout.flush()
            return
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=5000)
    port = parser.parse_args().port
    data = Path(os.environ.get("LIANZHAO_DATA") or ROOT / "var").resolve()
    is_production = os.environ.get("LIANZHAO_ENV") == "production"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "LIANZHAO_DATA": str(data)}
    # In a container everything runs as root; Celery's page of warning would bury the address.
    environment["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser"

    manager = Everything()
    redis = None
    if not os.environ.get("REDIS_URL"):
        try:
            redis = configured(data / "redis")
        except NoRedisError as problem:
            sys.exit(f"LianZhao: {problem}")
        environment["REDIS_URL"] = redis.url
        manager.add_process("redis", shell(redis.command), env=environment, cwd=str(ROOT))
    accounts = ""
    if not is_production:
        flask("sample", "load", "--if-empty")
        accounts = flask("sample", "accounts", capture=True)
    for name, command in commands(port, is_production).items():
        manager.add_process(name, shell(command), env=environment, cwd=str(ROOT))

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        manager.terminate()

    # The terminal may be closed instead: the same end, not an orphaned worker.
    signal.signal(signal.SIGHUP, hang_up)
    address = f"http://127.0.0.1:{port}/"
    herald = threading.Thread(
        target=announce, args=(address, accounts, lambda: manager.asked_to_end), daemon=True
    )
    manager.started = herald.start
    try:
        manager.loop()
    finally:
        manager.end_groups()
    if redis is not None and manager.returncode not in {rc["rc"] for rc in SIGNALS.values()}:
        sys.stderr.write(f"LianZhao: a process ended by itself; Redis logs to {redis.log}\n")
    return 0 if manager.returncode in {130, 143} else int(manager.returncode or 0)


def shell(command: list[str]) -> str:
    """For honcho, which starts a shell: `exec` makes the process we see the process we stop."""
    return f"exec {shlex.join(command)}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while the sample was being loaded: nothing runs yet
        sys.exit(130)
