"""Setting by what coverage is judged, for bureau leaders."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor, Role
from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
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
from crm.history import queries as trail
from crm.history import services as history

CHANGED = "coverage_set"
THE_ROW = 1


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
    # Before the first change there is no row to lock: two who begin at once both find this one.
    first = {"id": THE_ROW, "numbers": dict(CoverageSettings().told()), "version": 1}
    if db.session.get(KeptCoverageSettings, THE_ROW) is None:
        insert_rows(KeptCoverageSettings, [first], once=("id",))
    row = db.session.scalars(
        select(KeptCoverageSettings)
        .where(KeptCoverageSettings.id == THE_ROW)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.version != version:
        missed = trail.missed_changes(
            KeptCoverageSettings.__tablename__, row.id, CHANGED, row.version - (version or 0), FIELD
        )
        raise Stale(row, missed)
    before, after = dict(settings_of(row.numbers).told()), dict(wanted.told())
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        return row
    row.numbers = after
    row.version += 1
    history.record(
        actor,
        at,
        CHANGED,
        row,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    db.session.flush()
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
