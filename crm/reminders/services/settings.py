"""Setting how the kinds are reminded of. Services never commit, doors do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale, TheirChange
from crm.history import queries as trail
from crm.history import services as history
from crm.reminders.models import ReminderSetting
from crm.reminders.queries import facts, settings
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import (
    Setting,
    SettingFault,
    steps_text,
    switched_on,
    why_not_setting,
)
from crm.reminders.wording import SETTING_FIELD, setting_value, word

FIELDS = (
    "stage", "is_headquarters", "at_least_yuan", "is_on", "steps", "in_working_days",
    "to_unit_head_after", "to_director_after", "timing", "may_be_off", "counts_from",
)  # fmt: skip
ADDED, CHANGED, REMOVED = (
    "reminder_setting_added", "reminder_setting_changed", "reminder_setting_removed",
)  # fmt: skip


def save_general(actor: Actor, setting: Setting, at: datetime, *, version: int | None) -> None:
    """Set a kind for all leads that no other setting is for. Raises Refused, Stale.

    `version` None: when the page was opened the kind stood as an office begins.
    """
    row = _row_of(setting.kind, "")
    seen, stands = version or 0, row.version if row is not None else 0
    if seen != stands:
        raise Stale(row, _missed(setting.kind, row, stands - seen))
    _refuse(why_not_setting(setting, is_general=True))
    before = settings.general_setting(setting.kind).setting
    setting = switched_on(before, setting, clock.office_day(at))
    if row is None:
        _add(actor, setting, at)
    else:
        _change(actor, row, setting, at)


def save_particular(
    actor: Actor,
    setting: Setting,
    at: datetime,
    *,
    setting_id: int | None = None,
    version: int | None = None,
) -> None:
    """Set a kind anew for some leads, or change such a setting. Raises Refused, Stale, NotFound."""
    row = None if setting_id is None else _to_change(setting_id, version)
    taken = settings.scopes(setting.kind, but=setting_id)
    _refuse(why_not_setting(setting, is_general=False, taken=taken))
    if row is None:
        _add(actor, setting, at)
    else:
        before = facts.setting_of(row)
        _change(actor, row, switched_on(before, setting, clock.office_day(at)), at)


def remove_particular(actor: Actor, setting_id: int, version: int | None, at: datetime) -> Setting:
    """Let a more general setting hold for these leads again. Raises Stale, NotFound."""
    row = _to_change(setting_id, version)
    return _remove(actor, row, at)


def as_begun(actor: Actor, kind: ReminderKind, version: int | None, at: datetime) -> None:
    """Set a kind back to what an office begins with; its particular settings stay. Raises Stale."""
    row = _row_of(kind, "")
    stands = row.version if row is not None else 0
    if (version or 0) != stands:
        raise Stale(row, _missed(kind, row, stands - (version or 0)))
    if row is not None:
        _remove(actor, row, at)


def _row_of(kind: ReminderKind, scope: str) -> ReminderSetting | None:
    return db.session.scalar(
        select(ReminderSetting)
        .where(ReminderSetting.kind == kind, ReminderSetting.scope_key == scope)
        .with_for_update()
    )


def _to_change(setting_id: int, version: int | None) -> ReminderSetting:
    row = db.session.scalar(
        select(ReminderSetting)
        .where(ReminderSetting.id == setting_id, ReminderSetting.scope_key != "")
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale(row, _missed(row.kind, row, row.version - version))
    return row


def told(faults: Mapping[str, SettingFault]) -> list[Fault]:
    """What is wrong with a setting, in words, by field."""
    return [Fault(field, code, word(code)) for field, code in faults.items()]


def _refuse(faults: Mapping[str, SettingFault]) -> None:
    if faults:
        raise Refused(told(faults))


def _values(setting: Setting) -> dict[str, Any]:
    said = {name: getattr(setting, name) for name in FIELDS}
    return {**said, "steps": steps_text(setting.steps)}


def _add(actor: Actor, setting: Setting, at: datetime) -> None:
    values = _values(setting)
    row = ReminderSetting(kind=setting.kind, scope_key=setting.scope_key, **values)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # somebody else was quicker by a moment
        other = _row_of(setting.kind, setting.scope_key)
        raise Stale(other, _missed(setting.kind, other, 1)) from None
    history.record(actor, at, ADDED, row, after={"kind": setting.kind, **values})


def _change(actor: Actor, row: ReminderSetting, setting: Setting, at: datetime) -> None:
    row.scope_key = setting.scope_key
    for name, value in _values(setting).items():
        setattr(row, name, value)
    event = history.record_changes(actor, at, CHANGED, row)
    if event is not None:
        event.after = {"kind": row.kind.value, **(event.after or {})}
        row.version += 1


def _remove(actor: Actor, row: ReminderSetting, at: datetime) -> Setting:
    before = {name: getattr(row, name) for name in ("kind", *FIELDS)}
    history.record(actor, at, REMOVED, row, before=before, after={"kind": row.kind})
    db.session.delete(row)
    return Setting(row.kind, (), row.stage, row.is_headquarters, row.at_least_yuan)


def _missed(kind: ReminderKind, row: ReminderSetting | None, versions: int) -> list[TheirChange]:
    """What others changed meanwhile, in words."""
    if row is None:
        return []
    events = trail.latest_of(
        ReminderSetting.__tablename__, row.id, (ADDED, CHANGED), limit=max(versions, 0)
    )
    return trail.their_changes(
        events, SETTING_FIELD, lambda name, value: setting_value(kind, name, value)
    )
