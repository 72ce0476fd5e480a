"""Setting what the checkup asks about, for bureau leaders."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import Actor, Role
from crm.checkup.models import KeptSettings
from crm.checkup.queries.settings import read
from crm.checkup.rules import BOUNDS, CheckupSettings, FindingCode, LimitName, outside
from crm.checkup.wording import FIELD
from crm.core.errors import Faults, NotFound
from crm.history.settings import row_to_set, tell_set

CHANGED = "checkup_set"


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
    defaults = {"limits": _limits(CheckupSettings()), "off": []}
    row = row_to_set(KeptSettings, version, defaults, CHANGED, FIELD)
    before, after = dict(read(row).told()), dict(wanted.told())
    if before != after:
        row.limits = _limits(wanted)
        row.off = [code.value for code in FindingCode if code in wanted.off]
        tell_set(actor, at, row, CHANGED, before, after)
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
