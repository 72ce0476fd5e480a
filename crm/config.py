"""Everything the environment may decide, read once, checked at once. The only reader of os.environ."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105  refused in production


class Mode(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"
    TEST = "test"


class SettingsError(ValueError):
    """Every fault of the environment at once, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail goes: an SMTP server, or a folder of .eml files (development)."""

    scheme: str  # smtp | smtps | smtp+starttls | file
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    folder: Path = Path()

    @property
    def is_folder(self) -> bool:
        return self.scheme == "file"


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. Durations are in the unit their name says."""

    mode: Mode
    secret_key: str
    database_url: str
    redis_url: str | None
    mail: Mail
    mail_sender: str
    mail_per_minute: int  # 0: as many as there are
    mail_timeout_seconds: int  # for any single answer of the server
    mail_lease_seconds: int  # after which the mails of a worker that died are taken over
    reminders_at: time  # of working days, at the office
    data_dir: Path
    base_url: str
    district_preset: str
    office_name: str
    office_name_en: str
    session_idle_minutes: int
    upload_limit_mb: int
    locked_minutes: int
    login_failures: int
    is_behind_proxy: bool
    metrics_token: str | None  # who brings it may read /metrics; None: nobody

    @property
    def preset_folder(self) -> Path:
        """What the district begins with: its chains, targets and streets."""
        return ROOT / "crm" / "presets" / self.district_preset

    @property
    def is_development(self) -> bool:
        return self.mode is not Mode.PRODUCTION

    @property
    def attachments_dir(self) -> Path:
        """Uploads stand here, outside the web root, under random names."""
        return self.data_dir / "attachments"

    @property
    def waiting_dir(self) -> Path:
        """Files sent but not yet taken in, a folder for each page; forgotten after an hour or two."""
        return self.data_dir / "waiting"

    @property
    def ledgers_dir(self) -> Path:
        """Imported ledger files, kept to write the ledger back in its own layout."""
        return self.data_dir / "ledgers"

    @property
    def outbox_dir(self) -> Path:
        return self.data_dir / "outbox"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check the environment.

        Raises SettingsError naming all missing or wrong variables together.
        """
        env = os.environ if environ is None else environ  # noqa: TID251
        faults: list[str] = []

        def whole(name: str, default: int, low: int, high: int) -> int:
            text = env.get(name, "").strip()
            if not text:
                return default
            if not text.isascii() or not text.isdigit() or not low <= int(text[:12]) <= high:
                faults.append(f"{name}={text!r}: a whole number from {low} to {high} is wanted")
                return default
            return int(text)

        mode_text = env.get("LIANZHAO_ENV", "").strip() or Mode.DEVELOPMENT
        if mode_text not in list(Mode):
            faults.append(f"LIANZHAO_ENV={mode_text!r}: use one of {', '.join(Mode)}")
            mode_text = Mode.PRODUCTION
        mode = Mode(mode_text)

        data_dir = Path(env.get("LIANZHAO_DATA", "").strip() or ROOT / "var").expanduser().resolve()
        database_url = (
            env.get("DATABASE_URL", "").strip() or f"sqlite:///{data_dir / 'lianzhao.db'}"
        )
        for prefix in ("postgres://", "postgresql://"):
            if database_url.startswith(prefix):
                database_url = "postgresql+psycopg://" + database_url.removeprefix(prefix)
        if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            faults.append(
                "DATABASE_URL: use postgresql://user:password@host/name or sqlite:///path"
            )

        redis_url = env.get("REDIS_URL", "").strip() or None
        if redis_url and urlsplit(redis_url).scheme not in {"redis", "rediss", "unix"}:
            faults.append("REDIS_URL: use redis://host:6379/0, rediss://… or unix:///path")
        if mode is Mode.PRODUCTION and not redis_url:
            faults.append("REDIS_URL is missing: production needs a Redis for its worker")

        reminders_at = time(8, 30)
        if clock_text := env.get("REMINDERS_AT", "").strip():
            try:
                reminders_at = time.fromisoformat(clock_text)
            except ValueError:
                faults.append(f"REMINDERS_AT={clock_text!r}: a time of day like 08:30 is wanted")

        secret_key = env.get("SECRET_KEY", "") or (
            DEVELOPMENT_SECRET if mode is not Mode.PRODUCTION else ""
        )
        if mode is Mode.PRODUCTION and (secret_key == DEVELOPMENT_SECRET or len(secret_key) < 32):
            faults.append(
                "SECRET_KEY is missing, the default or shorter than 32 characters; "
                f"for example SECRET_KEY={secrets.token_hex(8)}… (make one with: openssl rand -hex 32)"
            )

        metrics_token = env.get("METRICS_TOKEN", "").strip() or None
        if metrics_token and (len(metrics_token) < 16 or not metrics_token.isascii()):
            faults.append("METRICS_TOKEN: at least 16 ASCII characters, or leave it out")

        mail = _mail(env.get("MAIL_URL", "").strip(), data_dir, faults)
        if mode is Mode.PRODUCTION and mail.is_folder:
            faults.append("MAIL_URL is missing or a folder: production needs smtp://, smtps:// …")

        settings = cls(
            mode=mode,
            secret_key=secret_key,
            database_url=database_url,
            redis_url=redis_url,
            mail=mail,
            mail_sender=env.get("MAIL_SENDER", "").strip() or mail.username or "lianzhao@localhost",
            mail_per_minute=whole("MAIL_PER_MINUTE", 0, 0, 100_000),
            mail_timeout_seconds=whole("MAIL_TIMEOUT_SECONDS", 20, 1, 120),
            mail_lease_seconds=whole("MAIL_LEASE_SECONDS", 600, 5, 3600),
            reminders_at=reminders_at,
            data_dir=data_dir,
            base_url=(env.get("BASE_URL", "").strip() or "http://127.0.0.1:5000").rstrip("/"),
            district_preset=env.get("DISTRICT_PRESET", "").strip() or "tianqiao",
            office_name=env.get("OFFICE_NAME", "").strip() or "招商局",
            office_name_en=env.get("OFFICE_NAME_EN", "").strip() or "Investment Promotion Bureau",
            session_idle_minutes=whole("SESSION_IDLE_MINUTES", 30, 5, 24 * 60),
            upload_limit_mb=whole("UPLOAD_LIMIT_MB", 20, 1, 500),
            locked_minutes=whole("LOCKED_MINUTES", 30, 1, 24 * 60),
            login_failures=whole("LOGIN_FAILURES", 5, 3, 100),
            is_behind_proxy=env.get("BEHIND_PROXY", "").strip().lower() in {"1", "true", "yes"},
            metrics_token=metrics_token,
        )
        if urlsplit(settings.base_url).scheme not in {"http", "https"}:
            faults.append("BASE_URL: use http://host or https://host; links in mails start with it")
        if "@" not in settings.mail_sender:
            faults.append("MAIL_SENDER: an address is wanted, for example crm@example.gov.cn")
        if faults:
            raise SettingsError(faults)
        return settings


def _mail(url: str, data_dir: Path, faults: list[str]) -> Mail:
    if not url:
        return Mail("file", folder=data_dir / "outbox")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        faults.append("MAIL_URL: the port is not a number")
        return Mail("file", folder=data_dir / "outbox")
    if parts.scheme == "file":
        return Mail("file", folder=Path(parts.path))
    defaults = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
    if parts.scheme not in defaults or not parts.hostname:
        faults.append(
            "MAIL_URL: use smtp://host:25, smtp+starttls://user:password@host:587, "
            "smtps://user:password@host:465 or file:///folder"
        )
        return Mail("file", folder=data_dir / "outbox")
    from urllib.parse import unquote

    return Mail(
        parts.scheme,
        parts.hostname,
        port or defaults[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
