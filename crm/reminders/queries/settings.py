"""Reading how the kinds are set, for the administrator's pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from crm.core.db import db
from crm.reminders.models import ReminderBeginning, ReminderSetting
from crm.reminders.queries import facts
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import Setting, as_begun


@dataclass(frozen=True, slots=True)
class Kept:
    """A setting with its row; without a row it is what an office begins with."""

    setting: Setting
    setting_id: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class KindSet:
    """How one kind is set: for all leads, and anew for some of them, the most particular first."""

    kind: ReminderKind
    general: Kept
    particular: tuple[Kept, ...]


def kinds_set() -> list[KindSet]:
    """Every kind in its order, in two SELECTs."""
    rows = db.session.scalars(select(ReminderSetting).order_by(ReminderSetting.id)).all()
    holding = facts.settings()
    return [
        _kind_set(holding.general(kind), [row for row in rows if row.kind is kind])
        for kind in ReminderKind
    ]


def _kind_set(holds: Setting, rows: Sequence[ReminderSetting]) -> KindSet:
    kept = [Kept(facts.setting_of(row), row.id, row.version) for row in rows]
    general = next((each for each in kept if each.setting.is_general), Kept(holds))
    particular = sorted(
        (each for each in kept if not each.setting.is_general),
        key=lambda each: each.setting.particularity,
        reverse=True,
    )
    return KindSet(holds.kind, general, tuple(particular))


def general_setting(kind: ReminderKind) -> Kept:
    """The setting of a kind for all leads no other is for."""
    row = db.session.scalar(
        select(ReminderSetting).where(ReminderSetting.kind == kind, ReminderSetting.scope_key == "")
    )
    return Kept(begun_setting(kind)) if row is None else _kept(row)


def begun_setting(kind: ReminderKind) -> Setting:
    """What this office began with."""
    return as_begun(
        kind,
        db.session.scalar(select(ReminderBeginning.began_on).where(ReminderBeginning.kind == kind)),
    )


def particular_setting(setting_id: int) -> Kept | None:
    """A setting for some leads only; None if there is none of that number."""
    row = db.session.get(ReminderSetting, setting_id)
    return None if row is None or not row.scope_key else _kept(row)


def _kept(row: ReminderSetting) -> Kept:
    return Kept(facts.setting_of(row), row.id, row.version)


def scopes(kind: ReminderKind, *, but: int | None = None) -> frozenset[str]:
    """For which leads a kind is set, each in one word; `but` leaves one setting out."""
    rows = db.session.execute(
        select(ReminderSetting.id, ReminderSetting.scope_key).where(ReminderSetting.kind == kind)
    )
    return frozenset(scope for key, scope in rows if key != but)
