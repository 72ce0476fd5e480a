"""How a person wants to be told: kinds, language, mails a day. Services never commit, doors do."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from crm.accounts import services as accounts
from crm.accounts.rules import Actor, Way
from crm.accounts.wording import WAY
from crm.core.db import db
from crm.core.errors import Fault, Refused, Stale
from crm.history import queries as trail
from crm.history import services as history
from crm.reminders.models import Preference, Recipient
from crm.reminders.queries import facts
from crm.reminders.queries.choices import choices_of
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.telling import MOST_AT_ONCE, KindChoice, why_not_timing
from crm.reminders.wording import CHOICE_FIELD, choice_word, word

CHOSEN = "reminder_choices_made"


def save_choices(
    actor: Actor,
    chosen: Mapping[ReminderKind, KindChoice | None],
    most_at_once: int,
    locale: str,
    at: datetime,
    *,
    version: int | None,
    way: Way | None = None,
) -> None:
    """Keep how the actor wants to be told; a kind of None follows the office's setting.

    `way` None: as it was. Raises Refused (a kind that cannot be off), Stale. `version` None: nothing
    had been chosen when the page was opened.
    """
    row = _own(actor)
    if (row.version if row else None) != version:
        raise Stale(row, _missed(actor, row, version))
    settings = facts.settings()
    faults = {
        kind: fault
        for kind, choice in chosen.items()
        if (
            fault := why_not_timing(
                choice and choice.timing, may_be_off=settings.general(kind).may_be_off
            )
        )
    }
    if faults:
        raise Refused([Fault(kind.value, code, word(code)) for kind, code in faults.items()])
    before = choices_of(actor.id)
    had, way_before = before.chosen, before.reach.way
    way = way or way_before
    more = [(kind.value, _code(had.get(kind)), _code(new)) for kind, new in chosen.items()]
    more += [("locale", actor.locale, locale), ("way", way_before.value, way.value)]
    is_new = row is None
    if row is None:
        row = _begun(actor)
    row.most_at_once = most_at_once
    event = history.record_changes(actor, at, CHOSEN, row, more=more)
    if event is None:
        if is_new:  # nothing differs from the office's ways: nothing was chosen
            db.session.delete(row)
        return
    event.subject_id = actor.id
    if not is_new:
        row.version += 1
    accounts.set_locale(actor, locale)
    accounts.set_way(actor, way)
    changed = [kind for kind, choice in chosen.items() if choice != had.get(kind)]
    db.session.execute(
        delete(Preference)
        .where(Preference.user_id == actor.id, Preference.kind.in_(changed))
        .execution_options(synchronize_session=False)
    )
    db.session.add_all(
        Preference(user_id=actor.id, kind=kind, timing=choice.timing, way=choice.way)
        for kind in changed
        if (choice := chosen[kind]) is not None
    )


def _code(choice: KindChoice | None) -> str | None:
    return None if choice is None else choice.code


def _own(actor: Actor) -> Recipient | None:
    return db.session.scalar(
        select(Recipient).where(Recipient.user_id == actor.id).with_for_update()
    )


def _begun(actor: Actor) -> Recipient:
    row = Recipient(user_id=actor.id, most_at_once=MOST_AT_ONCE)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # another window of theirs was quicker by a moment
        other = _own(actor)
        raise Stale(other, _missed(actor, other, None)) from None
    return row


def _missed(actor: Actor, row: Recipient | None, version: int | None) -> list:  # type: ignore[type-arg]
    versions = (row.version if row else 0) - (version or 0)
    return trail.missed_changes(
        Recipient.__tablename__, actor.id, CHOSEN, versions, CHOICE_FIELD, _tell
    )


def _tell(name: str, value: object) -> object:
    if name in tuple(ReminderKind) and isinstance(value, str):
        return choice_word(KindChoice.of(value))
    if name == "way" and isinstance(value, str):
        return WAY[Way(value)]
    return value
