"""Setting by what coverage is judged, for bureau leaders."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor, Role
from crm.core.errors import Faults, NotFound
from crm.coverage.models import KeptCoverageSettings
from crm.coverage.rules import (
    TERMS,
    CoverageSettings,
    Number,
    is_out_of_order,
    outside,
    settings_of,
)
from crm.coverage.wording import FIELD
from crm.history.settings import row_to_set, tell_set

CHANGED = "coverage_set"


def change_settings(
    actor: Actor, at: datetime, version: int | None, wanted: CoverageSettings
) -> KeptCoverageSettings:
    """Change by which numbers segments are judged and targets are scored.

    Raises NotFound for whoever is no bureau leader, Refused with every number outside its bounds,
    Stale where somebody changed the settings since `version`.
    """
    if actor.role is not Role.DIRECTOR:
        raise NotFound
    check(wanted)
    row = row_to_set(
        KeptCoverageSettings, version, {"numbers": dict(CoverageSettings().told())}, CHANGED, FIELD
    )
    before, after = dict(settings_of(row.numbers).told()), dict(wanted.told())
    if before != after:
        row.numbers = after
        tell_set(actor, at, row, CHANGED, before, after)
    return row


def check(wanted: CoverageSettings) -> None:
    """Raises Refused, with each number that lies outside its bounds or out of order."""
    faults = Faults()
    for name in outside(wanted):
        terms = TERMS[name]
        faults.add(
            name.value,
            "outside",
            _l("应在%(least)s到%(most)s之间", least=terms.least, most=terms.most),
        )
    if is_out_of_order(wanted):
        faults.add(Number.STRONG_POINTS.value, "order", _l("应大于“有”的分数"))
    faults.raise_if_any()
