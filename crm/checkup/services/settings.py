"""Setting what the checkup asks about, for bureau leaders."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.rules import Actor, Role
from crm.checkup.models import KeptSettings
from crm.checkup.queries.settings import read
from crm.checkup.rules import BOUNDS, CheckupSettings, FindingCode, LimitName, outside
from crm.checkup.wording import FIELD
from crm.core.bulk import insert_rows
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import queries as trail
from crm.history import services as history

CHANGED = "checkup_set"
THE_ROW = 1


def change_settings(
    actor: Actor, at: datetime, version: int | None, wanted: CheckupSettings
) -> KeptSettings:
    """Change which questions are asked and under which limits.

    Raises NotFound for whoever is no bureau leader, Refused with every limit outside its bounds,
    Stale where somebody changed the settings since `version`.
    """
    if actor.role is not Role.DIRECTOR:
        raise NotFound
    check(wanted)
    # Before the first change there is no row to lock: two who begin at once both find this one.
    first = {"id": THE_ROW, "limits": _limits(CheckupSettings()), "off": [], "version": 1}
    if db.session.get(KeptSettings, THE_ROW) is None:
        insert_rows(KeptSettings, [first], once=("id",))
    row = db.session.scalars(
        select(KeptSettings)
        .where(KeptSettings.id == THE_ROW)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.version != version:
        missed = trail.missed_changes(
            KeptSettings.__tablename__, row.id, CHANGED, row.version - (version or 0), FIELD
        )
        raise Stale(row, missed)
    before, after = dict(read(row).told()), dict(wanted.told())
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        return row
    row.limits = _limits(wanted)
    row.off = [code.value for code in FindingCode if code in wanted.off]
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


def check(wanted: CheckupSettings) -> None:
    """Raises Refused, with each limit that lies outside its bounds."""
    faults = Faults()
    for name in outside(wanted):
        bounds = BOUNDS[name]
        faults.add(
            name.value,
            "outside",
            _l("应在%(least)s到%(most)s之间", least=bounds.least, most=bounds.most),
        )
    faults.raise_if_any()


def _limits(settings: CheckupSettings) -> dict[str, int]:
    return {name.value: settings.limit(name) for name in LimitName}
