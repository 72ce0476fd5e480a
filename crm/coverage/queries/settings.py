"""The settings of coverage as they are kept."""

from sqlalchemy import select

from crm.core.db import db
from crm.coverage.models import KeptCoverageSettings
from crm.coverage.rules import CoverageSettings, settings_of


def settings_held() -> tuple[CoverageSettings, int]:
    """What holds now, and its version; the defaults and version 1 before anybody changed them."""
    row = db.session.scalar(select(KeptCoverageSettings))
    return (settings_of(row.numbers), row.version) if row else (CoverageSettings(), 1)
