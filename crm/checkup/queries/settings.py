"""The settings of the checkup as they are kept."""

from sqlalchemy import select

from crm.checkup.models import KeptSettings
from crm.checkup.rules import CheckupSettings, FindingCode, LimitName, settings_of
from crm.core.db import db


def settings_held() -> tuple[CheckupSettings, int]:
    """What holds now, and its version; the defaults and version 1 before anybody changed them."""
    row = db.session.scalar(select(KeptSettings))
    return (read(row), row.version) if row else (CheckupSettings(), 1)


def read(row: KeptSettings) -> CheckupSettings:
    """A kept row as the rules read it; a limit it does not name stands at its default."""
    limits = {LimitName(name): int(value) for name, value in row.limits.items()}
    return settings_of(limits, frozenset(FindingCode(code) for code in row.off))
