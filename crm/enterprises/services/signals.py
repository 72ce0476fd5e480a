"""Signs of expansion: logging, correcting and withdrawing what was read about a company."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core.clock import office_day
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.enterprises.access import may_change_signal
from crm.enterprises.models import Enterprise, ExpansionSignal
from crm.enterprises.rules.signals import SignalKind
from crm.enterprises.wording import SIGNAL_FIELD, tell
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

CORRECTED = "signal_corrected"


@dataclass(frozen=True, slots=True)
class SignalEntry:
    """A sign as typed. `source` is where it can be looked up; `amount_yuan` what the source names."""

    kind: SignalKind
    happened_on: date
    source: str
    note: str | None = None
    amount_yuan: int | None = None


TOLD = ("kind", "happened_on", "source", "amount_yuan", "note")


def log_signal(
    actor: Doer, at: datetime, enterprise_id: int, entry: SignalEntry
) -> ExpansionSignal:
    """Raises Refused (happened_on, source), NotFound for an unknown company."""
    company = db.session.get(Enterprise, enterprise_id)
    if company is None:
        raise NotFound
    _judge(entry, at)
    signal = ExpansionSignal(
        enterprise_id=enterprise_id,
        **_values(entry),
        by_id=actor.id or None,
        created_at=at,
        version=1,
    )
    _flush(signal)
    after = {key: value for key, value in _values(entry).items() if value is not None}
    history.record(actor, at, "signal_logged", company, after=after)
    return signal


def correct_signal(
    actor: Actor,
    at: datetime,
    enterprise_id: int,
    signal_id: int,
    entry: SignalEntry,
    *,
    version: int | None,
) -> ExpansionSignal:
    """Raises Refused as `log_signal`, Stale, NotFound (also for whoever may not change it)."""
    signal = _to_change(actor, enterprise_id, signal_id, version)
    _judge(entry, at)
    for key, value in _values(entry).items():
        setattr(signal, key, value)
    before, after = history.changed_fields(signal)
    if after:
        signal.version += 1
        _flush(signal)
        company = db.session.get(Enterprise, enterprise_id)
        history.record(
            actor, at, CORRECTED, company, before=before, after=after, note=signal.source
        )
    return signal


def withdraw_signal(
    actor: Actor, at: datetime, enterprise_id: int, signal_id: int, reason: str, *, version: int
) -> None:
    """Take back what was not so: it weighs nothing any more, the trail keeps it and says why.

    Raises Refused (reason), Stale, NotFound.
    """
    signal = _to_change(actor, enterprise_id, signal_id, version)
    if not reason.strip():
        raise Refused([Fault("reason", "reason_missing", _l("请说明撤回的原因"))])
    signal.withdrawn_at, signal.withdrawn_by_id = at, actor.id or None
    signal.version += 1
    before = {key: getattr(signal, key) for key in TOLD if getattr(signal, key) is not None}
    company = db.session.get(Enterprise, enterprise_id)
    history.record(actor, at, "signal_withdrawn", company, before=before, note=reason.strip())
    db.session.flush()


def _values(entry: SignalEntry) -> dict[str, object]:
    return {key: getattr(entry, key) for key in TOLD}


def _judge(entry: SignalEntry, at: datetime) -> None:
    faults = Faults()
    if entry.happened_on > office_day(at):
        faults.add("happened_on", "in_future", _l("日期晚于今天，发生以后再登记"))
    if not entry.source.strip():
        faults.add("source", "source_missing", _l("请写明来源"))
    faults.raise_if_any()


def _to_change(
    actor: Actor, enterprise_id: int, signal_id: int, version: int | None
) -> ExpansionSignal:
    signal = db.session.scalar(
        select(ExpansionSignal)
        .where(ExpansionSignal.id == signal_id, ExpansionSignal.enterprise_id == enterprise_id)
        .with_for_update()
    )
    if signal is None or not may_change_signal(actor, signal.by_id):
        raise NotFound
    if version is not None and signal.version != version:
        missed = trail.missed_changes(
            "enterprises", enterprise_id, CORRECTED, signal.version - version, SIGNAL_FIELD, tell
        )
        raise Stale(signal, missed)
    if signal.withdrawn_at is not None:
        raise Refused([Fault("", "withdrawn", _l("这条信号已撤回"))])
    return signal


def _flush(signal: ExpansionSignal) -> None:
    """One sign is logged once, also by two people in the same moment."""
    try:
        with db.session.begin_nested():
            db.session.add(signal)
            db.session.flush()
    except IntegrityError as error:
        if "expansion_signals" not in str(error.orig):
            raise
        text = _l("同一天、同一来源的这类信号已经登记过")
        raise Refused([Fault("source", "same_signal", text)]) from None
